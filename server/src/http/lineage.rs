//! Where a version came from, and where it has got to.

use super::view::VersionView;
use super::{Error, Problem, Result, enter};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::engine;
use crate::store::Connection;
use crate::store::line::trace::{self, Trace};
use crate::store::line::{notes, pipelines, resources, versions};
use andon_pipelines::ids::{JobRunId, VersionId, WorkspaceId};
use andon_pipelines::state::JobRunStatus;
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa_axum::{router::OpenApiRouter, routes};

#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TraceQuery {
    /// `up` (where it came from) or `down` (where it has got to); both when absent.
    pub direction: Option<String>,
    /// As of this instant: milliseconds since 1970 UTC, or a time as in `2026-11-21T12:04:00Z`. Now when absent.
    pub at: Option<String>,
}

/// The lineage of a version as of an instant.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TraceView {
    pub pipeline: String,
    pub resource: String,
    pub version: VersionView,
    /// Milliseconds since 1970 UTC.
    pub at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up: Option<LineageView>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down: Option<LineageView>,
}

/// The job runs on one side of a version.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LineageView {
    /// In the order they were made.
    pub job_runs: Vec<LineageRun>,
    pub environments: Vec<ReachedEnvironment>,
    /// There are more job runs than are listed.
    pub truncated: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LineageRun {
    pub id: JobRunId,
    pub pipeline: String,
    pub job: String,
    pub number: String,
    pub status: JobRunStatus,
    pub reason: Option<String>,
    pub created_at: i64,
    pub ended_at: Option<i64>,
    /// Job runs that it followed.
    pub follows: Vec<JobRunId>,
    pub inputs: Vec<LineageVersion>,
    pub outputs: Vec<LineageVersion>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LineageVersion {
    pub id: VersionId,
    pub pipeline: String,
    pub resource: String,
    pub values: BTreeMap<String, String>,
}

/// An environment that ran the version, or what was made of it.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReachedEnvironment {
    pub pipeline: String,
    pub name: String,
    pub job_run: JobRunId,
    pub version: VersionId,
    pub actor: String,
    #[serde(rename = "since_at")]
    pub since: i64,
    /// Absent where it still ran that.
    #[serde(rename = "until_at")]
    pub until: Option<i64>,
}

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(trace_version))
}

/// Where a version came from and where it had got to, as of any instant. It is named by its identifier, or as
/// `PIPELINE:RESOURCE:BEGINNING` of its main value.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/versions/{version}/trace", operation_id = "traceVersion", tag = "explanation",
    params(TraceQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = TraceView), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn trace_version(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, version)): Path<(String, String)>,
    Query(query): Query<TraceQuery>,
) -> Result<Json<TraceView>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let (up, down) = match query.direction.as_deref() {
        None => (true, true),
        Some("up") => (true, false),
        Some("down") => (false, true),
        Some(other) => return Err(Error::invalid(format!("direction is up or down, not {other:?}"))),
    };
    let at = query.at.as_deref().map_or(Ok(app.clock.now_ms()), read_instant)?;
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let id = find_version(&mut connection, workspace.id, &version).await?;
    let version = versions::get(&mut connection, id).await?;
    let resource = resources::get(&mut connection, version.resource).await?;
    let pipeline = pipelines::get(&mut connection, resource.pipeline).await?;
    if pipeline.workspace != workspace.id {
        return Err(Error::not_found("the version does not exist"));
    }
    if version.created_at > at {
        return Err(Error::invalid("The version did not exist yet at that time."));
    }
    let up = if up { Some(trace::trace_up(&mut connection, id, at).await?) } else { None };
    let down = if down { Some(trace::trace_down(&mut connection, id, at).await?) } else { None };
    Ok(Json(TraceView {
        pipeline: pipeline.name,
        resource: resource.name,
        version: version.into(),
        at,
        up: up.map(LineageView::from),
        down: down.map(LineageView::from),
    }))
}

pub fn read_instant(text: &str) -> Result<i64> {
    let parsed = text.parse::<i64>().ok().or_else(|| chrono::DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_millis()));
    parsed.ok_or_else(|| Error::invalid("at is milliseconds since 1970 UTC, or a time as in 2026-11-21T12:04:00Z"))
}

async fn find_version(connection: &mut Connection<'_>, workspace: WorkspaceId, text: &str) -> Result<VersionId> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let mut parts = text.splitn(3, ':');
    let (Some(pipeline), Some(resource), Some(beginning)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(Error::invalid("A version is named by its identifier, or as PIPELINE:RESOURCE:BEGINNING of its main value"));
    };
    let found = pipelines::find_by_name(connection, workspace, pipeline).await?;
    let found = found.ok_or_else(|| Error::not_found(format!("there is no pipeline {pipeline}")))?;
    let histories = notes::list_histories(connection, found.id, resource).await?;
    if histories.is_empty() {
        return Err(Error::not_found(format!("{pipeline} has no resource {resource}")));
    }
    let mut refused = None;
    for history in histories {
        match engine::find_version(connection, (resource, history.resource), beginning).await {
            Ok(version) => return Ok(version),
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    Err(refused.unwrap_or_else(|| Error::not_found("the version does not exist")))
}

impl From<Trace> for LineageView {
    fn from(trace: Trace) -> Self {
        let job_runs = trace.runs.into_iter().map(|run| LineageRun {
            id: run.id,
            pipeline: run.pipeline,
            job: run.job,
            number: run.number,
            status: run.status,
            reason: run.reason,
            created_at: run.created_at,
            ended_at: run.ended_at,
            follows: run.follows,
            inputs: run.inputs.into_iter().map(LineageVersion::from).collect(),
            outputs: run.outputs.into_iter().map(LineageVersion::from).collect(),
        });
        let environments = trace.deployments.into_iter().map(|deployment| ReachedEnvironment {
            pipeline: deployment.environment.pipeline,
            name: deployment.environment.resource,
            job_run: deployment.job_run,
            version: deployment.environment.id,
            actor: deployment.actor,
            since: deployment.since,
            until: deployment.until,
        });
        Self { job_runs: job_runs.collect(), environments: environments.collect(), truncated: trace.truncated }
    }
}

impl From<trace::TracedVersion> for LineageVersion {
    fn from(version: trace::TracedVersion) -> Self {
        Self { id: version.id, pipeline: version.pipeline, resource: version.resource, values: version.map }
    }
}
