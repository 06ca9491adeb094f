//! Where a version came from, and where it has got to.

use super::routes::{Routes, routes};
use super::view::VersionView;
use super::{Error, Problem, Result, enter};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::engine;
use crate::store::Connection;
use crate::store::line::trace;
pub use crate::store::line::trace::{Lineage as LineageView, LineageRun, LineageVersion, ReachedEnvironment};
use crate::store::line::{notes, pipelines, resources, versions};
use andon_pipelines::ids::{VersionId, WorkspaceId};
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};

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

pub fn routes() -> Routes {
    Routes::new().routes(routes!(trace_version))
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
    let asked = query.at.as_deref().map(read_instant).transpose()?;
    let at = asked.unwrap_or_else(|| app.clock.now_ms());
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let id = find_version(&mut connection, workspace.id, &version).await?;
    let version = versions::get(&mut connection, id).await?;
    let resource = resources::get(&mut connection, version.resource).await?;
    let pipeline = pipelines::get(&mut connection, resource.pipeline).await?;
    if pipeline.workspace != workspace.id {
        return Err(Error::not_found("the version does not exist"));
    }
    if asked.is_some_and(|at| version.created_at > at) {
        return Err(Error::invalid("The version did not exist yet at that time."));
    }
    // Without an instant everything that is known counts, also where the clock was set back.
    let until = asked.unwrap_or(i64::MAX);
    let up = if up { Some(trace::trace_up(&mut connection, id, until).await?) } else { None };
    let down = if down { Some(trace::trace_down(&mut connection, id, until).await?) } else { None };
    Ok(Json(TraceView { pipeline: pipeline.name, resource: resource.name, version: version.into(), at, up, down }))
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
