//! The jobs in the form that build monitors read: `cc.xml`, as CCTray made it common.

use super::routes::{Routes, routes};
use super::{Problem, Result, enter};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::store::line::job_runs::label;
use crate::store::line::overview::{self, Latest};
use andon_pipelines::state::JobRunStatus;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use quick_xml::events::{BytesEnd, BytesStart, Event};
use serde::Deserialize;

#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct FeedQuery {
    /// `main` by default.
    pub workspace: Option<String>,
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(feed))
}

/// Every job of a workspace: what it does, and how it ended last.
#[utoipa::path(get, path = "/cc.xml", operation_id = "getFeed", tag = "ecosystem", params(FeedQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = String, content_type = "application/xml"), (status = 401, body = Problem), (status = 404, body = Problem)))]
async fn feed(State(app): State<App>, caller: Caller, Query(query): Query<FeedQuery>) -> Result<Response> {
    let workspace = enter(&app, &caller, query.workspace.as_deref().unwrap_or("main"), Permission::View).await?;
    let latest = overview::list_latest(&mut app.db.read().await?.connection(), workspace.id).await?;
    let base = format!("{}/w/{}/pipelines", app.public_url(), workspace.name);
    let text = write(&latest, &base).map_err(|error| super::Error::internal(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, "application/xml; charset=utf-8")], text).into_response())
}

fn write(latest: &[Latest], base: &str) -> std::io::Result<Vec<u8>> {
    let mut xml = quick_xml::Writer::new(Vec::new());
    xml.write_event(Event::Start(BytesStart::new("Projects")))?;
    for of_job in latest.chunk_by(|one, other| one.job == other.job) {
        let building = matches!(of_job[0].status, JobRunStatus::Running | JobRunStatus::Stopping);
        let ended = of_job.iter().find(|run| run.ended_at.is_some());
        let mut project = BytesStart::new("Project");
        let name = format!("{}/{}", of_job[0].pipeline_name, of_job[0].job_name);
        project.push_attribute(("name", name.as_str()));
        project.push_attribute(("activity", if building { "Building" } else { "Sleeping" }));
        project.push_attribute(("lastBuildStatus", ended.map_or("Unknown", |run| result_of(run.status))));
        if let Some(ended) = ended {
            project.push_attribute(("lastBuildLabel", label(ended.number, ended.attempt).as_str()));
            let at = ended.ended_at.and_then(chrono::DateTime::from_timestamp_millis);
            project.push_attribute(("lastBuildTime", at.map(|at| at.to_rfc3339()).unwrap_or_default().as_str()));
        }
        project.push_attribute(("webUrl", format!("{base}/{}", of_job[0].pipeline_name).as_str()));
        xml.write_event(Event::Empty(project))?;
    }
    xml.write_event(Event::End(BytesEnd::new("Projects")))?;
    Ok(xml.into_inner())
}

fn result_of(status: JobRunStatus) -> &'static str {
    match status {
        JobRunStatus::Succeeded | JobRunStatus::Skipped => "Success",
        JobRunStatus::Failed => "Failure",
        JobRunStatus::Errored => "Exception",
        _ => "Unknown",
    }
}
