//! Whether the server lives, and whether it can work.

use super::routes::{Routes, routes};
use super::{Error, Result};
use crate::app::App;
use crate::store::db::ping;
use axum::extract::State;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(live)).routes(routes!(ready))
}

/// The process answers.
#[utoipa::path(get, path = "/healthz", operation_id = "getHealth", tag = "health", responses((status = 200, body = String)))]
async fn live() -> &'static str {
    "ok"
}

/// The store answers too.
#[utoipa::path(get, path = "/readyz", operation_id = "getReadiness", tag = "health", responses((status = 200, body = String), (status = 503)))]
async fn ready(State(app): State<App>) -> Result<&'static str> {
    ping(&app.db).await.map_err(|error| Error::unavailable(error.to_string()))?;
    Ok("ok")
}
