//! Runs.

use super::extract::{Body, Page, parse_id};
use super::job_runs::show_job_run;
use super::monitor::{DeliveryQuery, find_delivering};
use super::routes::{Routes, routes};
use super::view::{JobRunView, RunView};
use super::{Error, Problem, Result, Workspace, enter};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::engine;
use crate::store::Connection;
use crate::store::line::{job_runs, pipelines, runs, workspaces};
use andon_pipelines::ids::{JobRunId, RunId, WorkspaceId};
use andon_pipelines::state::RunOutcome;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Which runs to list, and in which order.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct RunQuery {
    /// `active`, `completed`, `partial-success`, `failed`, `stopped` or `error`.
    pub status: Option<String>,
    /// A pipeline's name.
    pub pipeline: Option<String>,
    /// The project that pipelines name as theirs.
    pub project: Option<String>,
    pub cause: Option<String>,
    pub author: Option<String>,
    /// Runs that began then or later, milliseconds since 1970 UTC. With `environment`: what was delivered then or later.
    pub from: Option<i64>,
    /// Runs that began before that, milliseconds since 1970 UTC. With `environment`: what was delivered before.
    pub to: Option<i64>,
    /// Runs that ended and took at least so many milliseconds.
    pub lasting_ms: Option<i64>,
    /// Runs of which something waited at least so many milliseconds for a runner.
    pub queued_ms: Option<i64>,
    /// `PIPELINE/ENVIRONMENT`: runs that tried to deliver something there, in the last 30 days unless `from` and `to` say otherwise.
    pub environment: Option<String>,
    /// With `environment`: only runs that `deployed`, whose change `failed`, that were a `rollback`, or that ended an incident: `restored`.
    pub change: Option<String>,
    /// `newest` (default) or `oldest` first.
    pub sort: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// 1 to 200, 50 by default.
    pub limit: Option<i64>,
}

/// A run with its job runs.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RunDetail {
    #[serde(flatten)]
    pub run: RunView,
    /// In the order they were made.
    #[serde(rename = "job_run_list")]
    pub job_runs: Vec<JobRunView>,
    /// From which whoever closes it by hand chooses one; empty means any words.
    #[serde(default)]
    pub closing_reasons: Vec<String>,
}

/// A run among those of all workspaces.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InstallationRun {
    /// The workspace's name.
    pub workspace: String,
    #[serde(flatten)]
    pub run: RunView,
}

/// Why something is stopped.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    pub reason: Option<String>,
}

/// Why a run is closed.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Close {
    /// One of the pipeline's `closing_reasons`; where it names none, one line of at most 200 characters.
    pub reason: String,
}

/// How much of a run is run again.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rerun {
    /// Only what has failed; else everything that the run began with.
    #[serde(default)]
    pub failed: bool,
}

/// What a run is to be called.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rename {
    /// At most 200 characters on one line; absent or empty takes the name away.
    pub name: Option<String>,
}

/// The longest name of a run, in characters.
const LONGEST_NAME: usize = 200;

/// What a rerun made.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Rerunning {
    pub job_runs: Vec<JobRunId>,
}

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list))
        .routes(routes!(list_all))
        .routes(routes!(get, delete))
        .routes(routes!(rename))
        .routes(routes!(stop))
        .routes(routes!(close))
        .routes(routes!(rerun))
}

/// A page of the workspace's runs.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/runs", operation_id = "listRuns", tag = "runs", params(RunQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<RunView>), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(workspace): Path<String>,
    query: Query<RunQuery>,
) -> Result<Json<Page<RunView>>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let mut filter = read_filter(&query)?;
    if let Some(name) = &query.pipeline {
        let found = pipelines::find_by_name(&mut connection, workspace.id, name).await?;
        filter.pipeline = Some(found.ok_or_else(|| Error::not_found(format!("there is no pipeline {name}")))?.id);
    }
    if let Some(environment) = &query.environment {
        let delivery = DeliveryQuery { environment, change: query.change.as_deref(), from: filter.from.take(), to: filter.to.take() };
        filter.among = Some(find_delivering(&app, &mut connection, &workspace, delivery).await?);
    }
    let found = runs::list(&mut connection, workspace.id, &filter).await?;
    let items = show_all(&mut connection, found, |_, run| run).await?;
    Ok(Json(Page::cut(items, filter.limit - 1, cursor_of)))
}

/// A page of the runs of every workspace that the caller is a member of. A pipeline is named within a workspace, so none is taken here.
#[utoipa::path(get, path = "/api/v1/runs", operation_id = "listAllRuns", tag = "runs", params(RunQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<InstallationRun>), (status = 400, body = Problem), (status = 401, body = Problem)))]
async fn list_all(State(app): State<App>, caller: Caller, query: Query<RunQuery>) -> Result<Json<Page<InstallationRun>>> {
    let filter = read_filter(&query)?;
    if query.environment.is_some() {
        return Err(Error::invalid(
            "environment is asked of one workspace: /api/v1/workspaces/WORKSPACE/runs?environment=PIPELINE/ENVIRONMENT",
        ));
    }
    if query.pipeline.is_some() {
        return Err(Error::invalid("pipeline is asked of one workspace: /api/v1/workspaces/WORKSPACE/runs?pipeline=NAME"));
    }
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let all = workspaces::list(&mut connection).await?;
    let names: HashMap<_, _> =
        all.into_iter().filter(|it| caller.may(Permission::View, it.id).is_ok()).map(|it| (it.id, it.name)).collect();
    let seen: Vec<_> = names.keys().copied().collect();
    let found = runs::list_among(&mut connection, &seen, &filter).await?;
    let name = |id: WorkspaceId| names.get(&id).cloned().unwrap_or_default();
    let items = show_all(&mut connection, found, |id, run| InstallationRun { workspace: name(id), run }).await?;
    Ok(Json(Page::cut(items, filter.limit - 1, |item| cursor_of(&item.run))))
}

/// What a query asks of the store, but for the pipeline; one more than a page, to know whether another follows.
fn read_filter(query: &RunQuery) -> Result<runs::Filter> {
    let limit = query.limit.unwrap_or(50);
    if !(1..=200).contains(&limit) {
        return Err(Error::invalid("limit is a number from 1 to 200"));
    }
    check_status(query.status.as_deref())?;
    if query.change.is_some() && query.environment.is_none() {
        return Err(Error::invalid("change goes with environment"));
    }
    Ok(runs::Filter {
        status: query.status.clone(),
        project: query.project.clone(),
        cause: query.cause.clone(),
        author: query.author.clone(),
        from: query.from,
        to: query.to,
        lasting_ms: query.lasting_ms,
        queued_ms: query.queued_ms,
        among: None,
        oldest_first: oldest_first(query.sort.as_deref())?,
        after: query.after.as_deref().map(read_cursor).transpose()?,
        limit: limit + 1,
        pipeline: None,
    })
}

/// The runs as they are shown, with the states of their job runs from one question.
async fn show_all<T>(connection: &mut Connection<'_>, found: Vec<runs::Run>, show: impl Fn(WorkspaceId, RunView) -> T) -> Result<Vec<T>> {
    let ids: Vec<_> = found.iter().map(|run| run.id).collect();
    let mut statuses = job_runs::list_statuses(connection, &ids).await?;
    let items = found.into_iter().map(|run| {
        let of_run = statuses.remove(&run.id).unwrap_or_default();
        show(run.workspace, RunView::new(run, &of_run))
    });
    Ok(items.collect())
}

fn cursor_of(run: &RunView) -> String {
    format!("{}_{}", run.created_at, run.id)
}

fn oldest_first(sort: Option<&str>) -> Result<bool> {
    match sort {
        None | Some("newest") => Ok(false),
        Some("oldest") => Ok(true),
        Some(other) => Err(Error::invalid(format!("sort is newest or oldest, not {other:?}"))),
    }
}

fn check_status(status: Option<&str>) -> Result<()> {
    match status {
        None | Some("active") => Ok(()),
        Some(name) if RunOutcome::from_name(name).is_some() => Ok(()),
        Some(name) => {
            let known: Vec<_> = RunOutcome::ALL.iter().map(|outcome| outcome.name()).collect();
            Err(Error::invalid(format!("status is active, {}; not {name:?}", known.join(", "))))
        }
    }
}

fn read_cursor(text: &str) -> Result<(i64, RunId)> {
    let parts = text.split_once('_').and_then(|(at, id)| Some((at.parse().ok()?, id.parse().ok()?)));
    parts.ok_or_else(|| Error::invalid("after is the `next` of the page before"))
}

/// A run with its job runs. The identifier, or `PIPELINE#NUMBER` with the `#` as `%23`.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/runs/{run}", operation_id = "getRun", tag = "runs",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = RunDetail), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get(State(app): State<App>, caller: Caller, Path((workspace, run)): Path<(String, String)>) -> Result<Json<RunDetail>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let run = find(&app, &workspace, &run).await?;
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let found = job_runs::list_of_run(&mut connection, run.id).await?;
    let statuses: Vec<_> = found.iter().map(|job_run| job_run.status).collect();
    let mut shown = Vec::with_capacity(found.len());
    for job_run in found {
        shown.push(show_job_run(&app, &mut connection, &caller, job_run).await?);
    }
    let revision = pipelines::get(&mut connection, run.pipeline).await?.revision;
    let closing_reasons = app.documents.get(&mut connection, run.pipeline, revision).await?.closing_reasons.clone();
    Ok(Json(RunDetail { run: RunView::new(run, &statuses), job_runs: shown, closing_reasons }))
}

/// Stops everything of the run that has not ended.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/runs/{run}/stop", operation_id = "stopRun", tag = "runs", request_body = Stop,
    security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn stop(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, run)): Path<(String, String)>,
    Body(body): Body<Stop>,
) -> Result<StatusCode> {
    let workspace = enter(&app, &caller, &workspace, Permission::Operate).await?;
    let run = find(&app, &workspace, &run).await?;
    engine::stop_run(&app, &caller.actor.to_string(), run.id, given(body.reason.as_deref())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Closes a run by hand: stops what is active of it, and keeps the reason.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/runs/{run}/close", operation_id = "closeRun", tag = "runs", request_body = Close,
    security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn close(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, run)): Path<(String, String)>,
    Body(body): Body<Close>,
) -> Result<StatusCode> {
    let workspace = enter(&app, &caller, &workspace, Permission::Operate).await?;
    let run = find(&app, &workspace, &run).await?;
    let reason = body.reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_NAME || reason.contains(char::is_control) {
        return Err(Error::invalid(format!("A reason is one line of 1 to {LONGEST_NAME} characters.")));
    }
    engine::close_run(&app, &caller.actor.to_string(), &run, reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Runs the failed job runs again, or the whole run on the same versions.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/runs/{run}/rerun", operation_id = "rerunRun", tag = "runs",
    request_body = Rerun, security(("bearer" = []), ("session" = [])),
    responses((status = 201, body = Rerunning), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn rerun(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, run)): Path<(String, String)>,
    Body(body): Body<Rerun>,
) -> Result<(StatusCode, Json<Rerunning>)> {
    let workspace = enter(&app, &caller, &workspace, Permission::Operate).await?;
    let run = find(&app, &workspace, &run).await?;
    let actor = caller.actor.to_string();
    let job_runs =
        if body.failed { engine::rerun_failed(&app, &actor, run.id).await? } else { engine::rerun_run(&app, &actor, run.id).await? };
    Ok((StatusCode::CREATED, Json(Rerunning { job_runs })))
}

/// Gives a run a name.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/runs/{run}/rename", operation_id = "renameRun", tag = "runs",
    request_body = Rename, security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn rename(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, run)): Path<(String, String)>,
    Body(body): Body<Rename>,
) -> Result<StatusCode> {
    let workspace = enter(&app, &caller, &workspace, Permission::Operate).await?;
    let run = find(&app, &workspace, &run).await?;
    let name = given(body.name.as_deref());
    if name.is_some_and(|name| name.chars().count() > LONGEST_NAME || name.contains(char::is_control)) {
        return Err(Error::invalid(format!("A run's name is one line of at most {LONGEST_NAME} characters.")));
    }
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    runs::rename(&mut tx, &run, name).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a run that has ended out of sight, with its logs and artifacts. Its versions stay where they have got to.
#[utoipa::path(delete, path = "/api/v1/workspaces/{workspace}/runs/{run}", operation_id = "deleteRun", tag = "runs",
    security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn delete(State(app): State<App>, caller: Caller, Path((workspace, run)): Path<(String, String)>) -> Result<StatusCode> {
    let workspace = enter(&app, &caller, &workspace, Permission::Edit).await?;
    let run = find(&app, &workspace, &run).await?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    if !runs::delete(&mut tx, &run).await? {
        return Err(Error::conflict("The run has not ended; stop it first."));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Text that says something, or nothing.
pub(super) fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

pub(super) async fn find(app: &App, workspace: &Workspace, text: &str) -> Result<runs::Run> {
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let missing = || Error::not_found("the run does not exist");
    let run = match text.split_once('#') {
        Some((pipeline, number)) => {
            let pipeline = pipelines::find_by_name(&mut connection, workspace.id, pipeline).await?.ok_or_else(missing)?;
            runs::find_by_number(&mut connection, pipeline.id, number.parse().map_err(|_| missing())?).await?.ok_or_else(missing)?
        }
        None => runs::get(&mut connection, parse_id("the run", text)?).await?,
    };
    if run.workspace == workspace.id && !run.deleted { Ok(run) } else { Err(missing()) }
}
