//! One revision of a pipeline, with its text.

use super::{Error, Problem, Result, enter, pipelines as pipeline_routes};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::store::line::pipelines;
use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

/// A revision as it was written.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RevisionDetail {
    pub number: i64,
    pub text: String,
}

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get))
}

/// The text of a revision.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/pipelines/{pipeline}/revisions/{number}", operation_id = "getRevision",
    tag = "pipelines", security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = RevisionDetail), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn get(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, name, number)): Path<(String, String, String)>,
) -> Result<Json<RevisionDetail>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let pipeline = pipeline_routes::find(&app, &workspace, &name).await?;
    let number: i64 = number.parse().map_err(|_| Error::not_found("the revision does not exist"))?;
    let text = pipelines::get_text(&mut app.db.read().await?.connection(), pipeline.id, number).await?;
    Ok(Json(RevisionDetail { number, text }))
}
