//! The language as editors want it: a JSON Schema.

use super::Problem;
use super::routes::{Routes, routes};
use crate::accounts::Caller;
use andon_pipelines::document;
use axum::Json;
use serde_json::Value;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(get))
}

/// The JSON Schema (2020-12) of a pipeline's file, made from the same declarations as the reader.
#[utoipa::path(get, path = "/api/v1/schema", operation_id = "getSchema", tag = "pipelines", security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Object), (status = 401, body = Problem)))]
async fn get(_: Caller) -> Json<Value> {
    Json(document::schema())
}

#[cfg(test)]
mod tests {
    use crate::http::testing::{World, call};
    use crate::store::testing::on_engine;

    #[tokio::test]
    async fn who_signs_in_gets_the_schema_that_the_command_line_prints() {
        on_engine(async |store| {
            let world = World::new(store).await;
            world.expect(401, call("GET", "/schema")).await;
            let root = world.administrator().await;
            let schema = world.expect(200, call("GET", "/schema").token(&root)).await.json();
            assert_eq!(schema, andon_pipelines::document::schema());
            assert!(schema["$defs"]["JobFile"]["properties"]["steps"].is_object(), "{schema}");
        })
        .await;
    }
}
