//! What changed since a job ran last.

use super::gates::{ChangeView, show_change};
use super::job_runs::find_job_run;
use super::routes::{Routes, routes};
use super::{Problem, Result, enter};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::engine;
use crate::store::line::job_runs::JobRun;
use andon_pipelines::ids::{JobRunId, RunId};
use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};

/// A job run beside its job's run before.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SinceBeforeView {
    /// Absent where the job had never run.
    pub before: Option<JobRunBefore>,
    /// What the job run took or inherited in another version, with the commits between.
    pub changes: Vec<ChangeView>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobRunBefore {
    pub job_run: JobRunId,
    pub run: RunId,
    /// `12`, or `12.1` for a rerun.
    pub number: String,
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(get))
}

/// What changed since the job ran last, with the commits between the two versions of each repository.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/job-runs/{job_run}/changes", operation_id = "getJobRunChanges", tag = "runs",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = SinceBeforeView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn get(State(app): State<App>, caller: Caller, Path((workspace, job_run)): Path<(String, String)>) -> Result<Json<SinceBeforeView>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let job_run = find_job_run(&app, &workspace, &job_run).await?;
    let mut reader = app.db.read().await?;
    let found = engine::compare_with_before(&app, &mut reader.connection(), &job_run).await?;
    Ok(Json(SinceBeforeView {
        before: found.before.map(|before: JobRun| JobRunBefore { job_run: before.id, run: before.run, number: before.label() }),
        changes: found.changes.iter().map(show_change).collect(),
    }))
}
