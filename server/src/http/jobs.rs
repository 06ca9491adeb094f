//! The jobs of a pipeline: started by hand, held, explained.

use super::extract::Body;
use super::pipelines::{Hold, find};
use super::routes::{Routes, routes};
use super::runs::given;
use super::{Error, Problem, Result, enter};
use crate::accounts::{Actor, Caller, Permission};
use crate::app::App;
use crate::engine::{self, ManualStart};
use crate::store::line::pipelines::Pipeline;
use crate::store::line::{job_runs, jobs};
use andon_pipelines::ids::{JobRunId, RunId};
use andon_pipelines::state::JobRunStatus;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The longest time that a start waits for the end.
const LONGEST_WAIT_SECONDS: i64 = 60;

/// A job to be run by hand.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartJob {
    /// Input → a version: its identifier, or the beginning of its main value. Others take the newest that satisfy.
    #[serde(default)]
    pub inputs: BTreeMap<String, String>,
    #[serde(default)]
    #[schema(value_type = Object)]
    pub params: serde_json::Map<String, serde_json::Value>,
    pub note: Option<String>,
    /// Take the named versions even where `passed` is not satisfied.
    #[serde(default)]
    pub force: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Started {
    pub run: RunId,
    pub job_run: JobRunId,
    /// How far it had come when this was answered.
    pub status: JobRunStatus,
}

/// Whether the caller waits for the end.
#[derive(Clone, Copy, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct StartQuery {
    /// Answer when the job run has ended (200, with how), or after this many seconds (202): 1 to 60.
    pub wait: Option<i64>,
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(start_job)).routes(routes!(pause_job)).routes(routes!(resume_job))
}

/// Holds one job.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/pipelines/{pipeline}/jobs/{job}/pause", operation_id = "pauseJob",
    tag = "pipelines", request_body = Hold, security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn pause_job(
    State(app): State<App>,
    caller: Caller,
    Path(place): Path<(String, String, String)>,
    Body(hold): Body<Hold>,
) -> Result<StatusCode> {
    hold_job(&app, &caller, place, (true, given(hold.reason.as_deref()))).await
}

/// Lets one job go on.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/pipelines/{pipeline}/jobs/{job}/resume", operation_id = "resumeJob",
    tag = "pipelines", request_body = Hold, security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn resume_job(
    State(app): State<App>,
    caller: Caller,
    Path(place): Path<(String, String, String)>,
    Body(hold): Body<Hold>,
) -> Result<StatusCode> {
    hold_job(&app, &caller, place, (false, given(hold.reason.as_deref()))).await
}

async fn hold_job(
    app: &App,
    caller: &Caller,
    (workspace, name, job): (String, String, String),
    hold: (bool, Option<&str>),
) -> Result<StatusCode> {
    let workspace = enter(app, caller, &workspace, Permission::Operate).await?;
    let pipeline = find(app, &workspace, &name).await?;
    let job = find_job(app, &pipeline, &job).await?;
    engine::pause_job(app, &caller.actor.to_string(), (&pipeline, job.id), hold).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Starts a job by hand, and waits for its end if asked to.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/pipelines/{pipeline}/jobs/{job}/runs", operation_id = "startJob",
    tag = "runs", params(StartQuery), request_body = StartJob, security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Started), (status = 201, body = Started), (status = 202, body = Started), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn start_job(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, name, job)): Path<(String, String, String)>,
    Query(query): Query<StartQuery>,
    Body(body): Body<StartJob>,
) -> Result<(StatusCode, Json<Started>)> {
    let workspace = enter(&app, &caller, &workspace, Permission::Operate).await?;
    let pipeline = find(&app, &workspace, &name).await?;
    if query.wait.is_some_and(|seconds| !(1..=LONGEST_WAIT_SECONDS).contains(&seconds)) {
        return Err(Error::invalid(format!("wait is a number of seconds from 1 to {LONGEST_WAIT_SECONDS}")));
    }
    let asked = ManualStart {
        inputs: body.inputs,
        params: body.params,
        note: given(body.note.as_deref()).map(str::to_owned),
        force: body.force,
        cause: if matches!(caller.actor, Actor::Token { user: None, .. }) { "api" } else { "manual" },
    };
    let (run, job_run, status) = engine::start_manual(&app, &caller.actor.to_string(), (pipeline.id, &job), asked).await?;
    let status = match query.wait {
        Some(seconds) => wait_for_end(&app, job_run, seconds).await?,
        None => status,
    };
    let code = match query.wait {
        None => StatusCode::CREATED,
        Some(_) if status.is_terminal() => StatusCode::OK,
        Some(_) => StatusCode::ACCEPTED,
    };
    Ok((code, Json(Started { run, job_run, status })))
}

/// The job run's status once it has ended, or as it is after so many seconds.
async fn wait_for_end(app: &App, job_run: JobRunId, seconds: i64) -> Result<JobRunStatus> {
    let until = app.clock.now_ms() + seconds * 1_000;
    let mut newest = app.db.events().watch();
    loop {
        newest.borrow_and_update();
        let status = job_runs::get(&mut app.db.read().await?.connection(), job_run).await?.status;
        if status.is_terminal() {
            return Ok(status);
        }
        tokio::select! {
            changed = newest.changed() => changed.map_err(|_| Error::unavailable("the event stream has ended"))?,
            () = app.stopping.cancelled() => return Ok(status),
            () = app.clock.sleep_until(until) => return Ok(status),
        }
    }
}

async fn find_job(app: &App, pipeline: &Pipeline, name: &str) -> Result<jobs::Job> {
    let known = jobs::list(&mut app.db.read().await?.connection(), pipeline.id).await?;
    let found = known.into_iter().find(|job| job.current && job.name == name);
    found.ok_or_else(|| Error::not_found(format!("{} has no job {name}", pipeline.name)))
}
