//! The runners, for people.

use super::extract::Page;
use super::{Problem, Result, enter};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::store::line::{executions, runners};
use andon_pipelines::ids::RunnerId;
use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

/// A runner.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RunnerView {
    pub id: RunnerId,
    pub name: String,
    pub labels: Vec<String>,
    pub slots: i64,
    /// How many of them are taken.
    pub busy: i64,
    pub executor: String,
    pub isolation: String,
    /// What people should know about it: why it isolates nothing, for example.
    pub notice: Option<String>,
    pub version: String,
    pub address: Option<String>,
    /// `active`, `draining` or `lost`.
    pub state: String,
    pub registered_at: i64,
    pub last_seen_at: i64,
}

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// The runners of the installation, by name.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/runners", operation_id = "listRunners", tag = "runners",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<RunnerView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn list(State(app): State<App>, caller: Caller, Path(workspace): Path<String>) -> Result<Json<Page<RunnerView>>> {
    enter(&app, &caller, &workspace, Permission::View).await?;
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let held = executions::count_by_runner(&mut connection).await?;
    let view = |runner: runners::Runner| RunnerView {
        busy: held.get(&runner.id).copied().unwrap_or(0),
        id: runner.id,
        name: runner.name,
        labels: runner.labels,
        slots: runner.slots,
        executor: runner.executor,
        isolation: runner.isolation,
        notice: runner.notice,
        version: runner.version,
        address: runner.address,
        state: runner.state,
        registered_at: runner.registered_at,
        last_seen_at: runner.seen_at,
    };
    Ok(Json(Page::whole(runners::list(&mut connection).await?.into_iter().map(view).collect())))
}
