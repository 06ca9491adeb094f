//! The runners, for people.

use super::extract::{Page, parse_id};
use super::routes::{Routes, routes};
use super::{Error, Problem, Result, enter};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::store::Tx;
use crate::store::line::{executions, runners};
use andon_pipelines::ids::RunnerId;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

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
    /// Who drained it, and when; absent where nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drained: Option<DrainView>,
}

/// Who wants a runner to take no more work.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DrainView {
    pub by: String,
    pub at: i64,
}

impl RunnerView {
    fn new(runner: runners::Runner, busy: i64) -> Self {
        let drained = runner.drained.map(|(by, at)| DrainView { by, at });
        // One that is lost holds nothing that it could end.
        let state = if drained.is_some() && runner.state == "active" { "draining".to_owned() } else { runner.state };
        Self {
            busy,
            state,
            drained,
            id: runner.id,
            name: runner.name,
            labels: runner.labels,
            slots: runner.slots,
            executor: runner.executor,
            isolation: runner.isolation,
            notice: runner.notice,
            version: runner.version,
            address: runner.address,
            registered_at: runner.registered_at,
            last_seen_at: runner.seen_at,
        }
    }
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(drain)).routes(routes!(resume))
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
    let view = |runner: runners::Runner| {
        let busy = held.get(&runner.id).copied().unwrap_or(0);
        RunnerView::new(runner, busy)
    };
    Ok(Json(Page::whole(runners::list(&mut connection).await?.into_iter().map(view).collect())))
}

/// Lets a runner end what it holds and take nothing new, also after it comes back. Runners are the installation's, and so is this.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/runners/{runner}/drain", operation_id = "drainRunner", tag = "runners",
    security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn drain(State(app): State<App>, caller: Caller, Path((workspace, runner)): Path<(String, String)>) -> Result<StatusCode> {
    let mut tx = begin(&app, &caller, &workspace).await?;
    let found = find(&mut tx, &runner).await?;
    if !runners::drain(&mut tx, &found).await? {
        return Err(Error::conflict(format!("{} is drained already.", found.name)));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets a drained runner take work again.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/runners/{runner}/resume", operation_id = "resumeRunner", tag = "runners",
    security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn resume(State(app): State<App>, caller: Caller, Path((workspace, runner)): Path<(String, String)>) -> Result<StatusCode> {
    let mut tx = begin(&app, &caller, &workspace).await?;
    let found = find(&mut tx, &runner).await?;
    if !runners::resume(&mut tx, &found).await? {
        return Err(Error::conflict(format!("{} is not drained.", found.name)));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn begin(app: &App, caller: &Caller, workspace: &str) -> Result<Tx> {
    enter(app, caller, workspace, Permission::Administer).await?;
    caller.may_everywhere(Permission::Administer)?;
    Ok(app.db.begin(&caller.actor.to_string()).await?)
}

async fn find(tx: &mut Tx, runner: &str) -> Result<runners::Runner> {
    let missing = || Error::not_found("the runner does not exist");
    runners::find(&mut tx.connection(), parse_id("the runner", runner)?).await?.ok_or_else(missing)
}
