//! Job runs: what ran, on what, how it went.

use super::extract::{Body, Page, parse_id};
use super::gates;
use super::routes::{Routes, routes};
use super::runs::{Stop, given};
use super::tasks::progress_of;
use super::view::{ExecutionView, JobRunView, UsedVersion};
use super::{Error, Problem, Result, Workspace, enter};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::engine;
use crate::store::Connection;
use crate::store::line::job_runs::JobRun;
use crate::store::line::{executions, gates as gate_rows, job_runs, jobs, pipelines, reports, resources, runners, runs, versions};
use andon_pipelines::ids::{ExecutionId, JobRunId};
use andon_pipelines::wire::{Annotation, StepReport};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

/// A job run with its steps and annotations.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobRunDetail {
    #[serde(flatten)]
    pub job_run: JobRunView,
    /// The steps of each execution.
    pub steps: Vec<ExecutionSteps>,
    pub annotations: Vec<Annotation>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ExecutionSteps {
    pub execution: ExecutionId,
    pub steps: Vec<StepReport>,
}

/// A kept file.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ArtifactView {
    pub execution: ExecutionId,
    pub path: String,
    pub size: i64,
    pub digest: String,
}

/// The job run that takes another one's place.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RerunJobRun {
    pub job_run: JobRunId,
    /// The job runs that are run again behind it: `deploy #3`.
    #[serde(default)]
    pub downstream: Vec<String>,
}

/// What a rerun takes along.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RerunOptions {
    /// Also every job run of the same run that stood on it, each once what it stands on has passed again, on what came of that.
    #[serde(default)]
    pub downstream: bool,
}

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(get))
        .routes(routes!(stop))
        .routes(routes!(rerun))
        .routes(routes!(list_artifacts))
        .routes(routes!(get_artifact))
}

/// A job run. The identifier, or `PIPELINE:JOB:NUMBER`.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/job-runs/{job_run}", operation_id = "getJobRun", tag = "runs",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = JobRunDetail), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn get(State(app): State<App>, caller: Caller, Path((workspace, job_run)): Path<(String, String)>) -> Result<Json<JobRunDetail>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let job_run = find_job_run(&app, &workspace, &job_run).await?;
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let annotations = reports::list_annotations(&mut connection, job_run.id).await?;
    let view = show_job_run(&app, &mut connection, &caller, job_run).await?;
    let mut steps = Vec::new();
    for execution in &view.executions {
        steps.push(ExecutionSteps { execution: execution.id, steps: reports::list_steps(&mut connection, execution.id).await? });
    }
    Ok(Json(JobRunDetail { job_run: view, steps, annotations }))
}

/// Stops a job run.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/job-runs/{job_run}/stop", operation_id = "stopJobRun", tag = "runs",
    request_body = Stop, security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn stop(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, job_run)): Path<(String, String)>,
    Body(body): Body<Stop>,
) -> Result<StatusCode> {
    let workspace = enter(&app, &caller, &workspace, Permission::Operate).await?;
    let job_run = find_job_run(&app, &workspace, &job_run).await?;
    engine::stop_job_run(&app, &caller.actor.to_string(), job_run.id, given(body.reason.as_deref())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Runs a job run again, on the same versions.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/job-runs/{job_run}/rerun", operation_id = "rerunJobRun", tag = "runs",
    request_body(content = Option<RerunOptions>), security(("bearer" = []), ("session" = [])),
    responses((status = 201, body = RerunJobRun), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn rerun(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, job_run)): Path<(String, String)>,
    options: Option<Body<RerunOptions>>,
) -> Result<(StatusCode, Json<RerunJobRun>)> {
    let workspace = enter(&app, &caller, &workspace, Permission::Operate).await?;
    let job_run = find_job_run(&app, &workspace, &job_run).await?;
    let with_downstream = options.is_some_and(|Body(options)| options.downstream);
    let made = engine::rerun_job_run(&app, &caller.actor.to_string(), job_run.id, with_downstream).await?;
    Ok((StatusCode::CREATED, Json(RerunJobRun { job_run: made.job_run, downstream: made.downstream })))
}

/// The files that a job run kept.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/job-runs/{job_run}/artifacts", operation_id = "listArtifacts", tag = "runs",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<ArtifactView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn list_artifacts(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, job_run)): Path<(String, String)>,
) -> Result<Json<Page<ArtifactView>>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let job_run = find_job_run(&app, &workspace, &job_run).await?;
    let found = reports::list_artifacts(&mut app.db.read().await?.connection(), job_run.id).await?;
    let view = |artifact: reports::Artifact| ArtifactView {
        execution: artifact.execution,
        path: artifact.path,
        size: artifact.size,
        digest: artifact.blob_digest,
    };
    Ok(Json(Page::whole(found.into_iter().map(view).collect())))
}

/// One kept file, as it was (`Content-Encoding: zstd` is undone here).
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/job-runs/{job_run}/artifacts/{digest}", operation_id = "getArtifact", tag = "runs",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, content_type = "application/octet-stream"), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn get_artifact(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, job_run, digest)): Path<(String, String, String)>,
) -> Result<Response> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let job_run = find_job_run(&app, &workspace, &job_run).await?;
    let found = reports::list_artifacts(&mut app.db.read().await?.connection(), job_run.id).await?;
    let missing = || Error::not_found("the artifact does not exist");
    let artifact = found.into_iter().find(|artifact| artifact.blob_digest == digest).ok_or_else(missing)?;
    let limit = u64::try_from(app.settings.output_limit_bytes).unwrap_or(u64::MAX);
    let packed = app.blobs.get_bytes(&digest, limit).await.map_err(|error| Error::internal(error.to_string()))?.ok_or_else(missing)?;
    let unpacked = tokio::task::spawn_blocking(move || zstd::stream::decode_all(packed.as_ref()))
        .await
        .map_err(|error| Error::internal(error.to_string()))?
        .map_err(|error| Error::internal(format!("the artifact {} does not unpack: {error}", artifact.path)))?;
    let name = artifact.path.rsplit('/').next().unwrap_or("artifact").replace(['"', '\\', '\r', '\n'], "_");
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, unpacked).into_response())
}

/// A job run by its identifier, or by pipeline, job and number.
pub(super) async fn find_job_run(app: &App, workspace: &Workspace, text: &str) -> Result<JobRun> {
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let missing = || Error::not_found("the job run does not exist");
    let parts: Vec<&str> = text.split(':').collect();
    let job_run = match parts.as_slice() {
        [pipeline, job, number] => {
            let pipeline = pipelines::find_by_name(&mut connection, workspace.id, pipeline).await?.ok_or_else(missing)?;
            let job = jobs::find_by_any_name(&mut connection, pipeline.id, job).await?.ok_or_else(missing)?;
            let (number, attempt) = number.split_once('.').unwrap_or((number, "0"));
            let number = (number.parse().map_err(|_| missing())?, attempt.parse().map_err(|_| missing())?);
            job_runs::find_by_number(&mut connection, job.id, number).await?.ok_or_else(missing)?
        }
        _ => job_runs::get(&mut connection, parse_id("the job run", text)?).await?,
    };
    let run = runs::get(&mut connection, job_run.run).await?;
    if run.workspace == workspace.id && !run.deleted { Ok(job_run) } else { Err(missing()) }
}

/// A job run as the caller sees it.
pub(super) async fn show_job_run(app: &App, connection: &mut Connection<'_>, caller: &Caller, job_run: JobRun) -> Result<JobRunView> {
    let pipeline = pipelines::get(connection, job_run.pipeline).await?.name;
    let id = job_run.id;
    let mut view = JobRunView::new(job_run, pipeline);
    view.inputs = gates::list_inputs(connection, id).await?;
    for (resource, version) in job_runs::list_outputs(connection, id).await? {
        let resource = resources::get(connection, resource).await?.name;
        let version = versions::get(connection, version).await?;
        view.outputs.push(UsedVersion { name: resource.clone(), resource, version: version.into() });
    }
    if let Some(gate) = gate_rows::find_by_job_run(connection, id).await? {
        let gate = engine::view_gate(app, connection, gate.id).await?;
        view.gate = Some(gates::show(connection, caller, gate).await?);
    }
    for execution in executions::list_of_job_run(connection, id).await? {
        let runner = match execution.runner {
            Some(runner) => runners::find(connection, runner).await?.map(|runner| runner.name),
            None => None,
        };
        view.executions.push(ExecutionView::new(execution, runner));
    }
    view.tasks = progress_of(connection, id).await?;
    view.follows = job_runs::list_follows(connection, id).await?.into_iter().map(|upstream| upstream.id).collect();
    Ok(view)
}
