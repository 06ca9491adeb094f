//! A workspace as a whole: the cord that holds everything in it.

use super::extract::Body;
use super::pipelines::Hold;
use super::routes::{Routes, routes};
use super::runs::given;
use super::view::PauseView;
use super::{Problem, Result, enter};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::engine;
use crate::store::line::workspaces;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

/// A workspace.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WorkspaceView {
    pub name: String,
    /// Who holds everything in it, if somebody does.
    pub paused: Option<PauseView>,
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(get)).routes(routes!(pause)).routes(routes!(resume))
}

/// A workspace, and whether it is held.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}", operation_id = "getWorkspace", tag = "pipelines",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = WorkspaceView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get(State(app): State<App>, caller: Caller, Path(workspace): Path<String>) -> Result<Json<WorkspaceView>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let paused = workspaces::find_pause(&mut app.db.read().await?.connection(), workspace.id).await?;
    Ok(Json(WorkspaceView { name: workspace.name, paused: paused.map(PauseView::from) }))
}

/// Holds everything in a workspace: nothing starts, nothing is lost, and what is queued or runs already goes on.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/pause", operation_id = "pauseWorkspace", tag = "pipelines",
    request_body = Hold, security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn pause(State(app): State<App>, caller: Caller, Path(workspace): Path<String>, Body(hold): Body<Hold>) -> Result<StatusCode> {
    hold_workspace(&app, &caller, &workspace, (true, given(hold.reason.as_deref()))).await
}

/// Lets a workspace go on: the newest set of each job runs.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/resume", operation_id = "resumeWorkspace", tag = "pipelines",
    request_body = Hold, security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn resume(State(app): State<App>, caller: Caller, Path(workspace): Path<String>, Body(hold): Body<Hold>) -> Result<StatusCode> {
    hold_workspace(&app, &caller, &workspace, (false, given(hold.reason.as_deref()))).await
}

async fn hold_workspace(app: &App, caller: &Caller, name: &str, hold: (bool, Option<&str>)) -> Result<StatusCode> {
    let workspace = enter(app, caller, name, Permission::Operate).await?;
    engine::pause_workspace(app, &caller.actor.to_string(), &workspace, hold).await?;
    Ok(StatusCode::NO_CONTENT)
}
