//! Explanation and prediction: why a job or a version stands where it does, what a person may choose, what would happen.

use super::extract::Body;
use super::pipelines::find;
use super::routes::{Routes, routes};
use super::{Error, Problem, Result, enter};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::engine::{self, Edit, Simulated, Wish};
use crate::store::line::pipelines::Pipeline;
use crate::store::line::{jobs, pipelines};
use andon_pipelines::decide::{Decision, Reason};
use andon_pipelines::document::{Document, Plan};
use andon_pipelines::ids::{VersionId, WorkspaceId};
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most versions that one simulation begins with.
const MOST_PUBLISHED: usize = 100;
const DEFAULT_SETS: usize = 10;
const MOST_SETS: usize = 100;

/// Why a job, or a version on its way to the job, stands where it does: as things are now.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Why {
    pub pipeline: String,
    pub job: String,
    /// The version that was asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionId>,
    pub decision: Option<Decision>,
    /// When the scheduler came to the conclusion about the job that stands, milliseconds since 1970 UTC.
    pub decided_at: Option<i64>,
}

#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct WhyQuery {
    /// Why has this version got to the job, or not: its identifier, `RESOURCE@BEGINNING`, or the beginning of its main value.
    pub version: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SetsQuery {
    /// How many sets: 1 to 100, 10 by default.
    pub limit: Option<usize>,
}

/// The sets of versions that a job may be run on by hand.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Sets {
    pub pipeline: String,
    pub job: String,
    /// Newest first.
    pub sets: Vec<SetView>,
    /// Newer versions that are not in the first set, and what keeps them away.
    pub held: Vec<HeldView>,
    /// Why there is no set at all.
    pub decision: Option<Decision>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SetView {
    pub inputs: Vec<ChosenView>,
    /// Upstream job runs, as `lint #4`.
    pub follows: Vec<String>,
    /// The job has had it: a run of it would be a repetition.
    pub had: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ChosenView {
    pub name: String,
    /// `source@3f2a1c9`.
    pub version: String,
    pub id: VersionId,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HeldView {
    pub input: String,
    pub version: String,
    pub id: VersionId,
    pub reasons: Vec<Reason>,
}

/// Versions that do not exist yet, and a text that is not in force.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Simulate {
    #[serde(default)]
    pub publish: Vec<PublishWish>,
    /// YAML; absent for the text in force.
    pub text: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishWish {
    pub resource: String,
    #[serde(default)]
    pub version: BTreeMap<String, String>,
    /// In place of `version`: its main value, as a commit.
    pub value: Option<String>,
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(why)).routes(routes!(list_sets)).routes(routes!(simulate))
}

/// Why a job did or did not run; with `version`, why that version has or has not got to the job.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/pipelines/{pipeline}/jobs/{job}/why", operation_id = "explainJob",
    tag = "explanation", params(WhyQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Why), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn why(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, name, job)): Path<(String, String, String)>,
    Query(query): Query<WhyQuery>,
) -> Result<Json<Why>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let pipeline = find(&app, &workspace, &name).await?;
    let job = find_job(&app, &pipeline, &job).await?;
    let version = match &query.version {
        Some(text) => Some(engine::find_version_for(&app, &pipeline, &job.name, text).await?),
        None => None,
    };
    let decision = match version {
        Some(version) => engine::explain_version(&app, job.id, version).await?,
        None => engine::explain_job(&app, job.id).await?,
    };
    Ok(Json(Why { pipeline: pipeline.name, job: job.name, version, decision, decided_at: job.decided_at }))
}

/// The sets of versions that a job may be run on, newest first, and what keeps newer versions away.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/pipelines/{pipeline}/jobs/{job}/sets", operation_id = "listSets",
    tag = "explanation", params(SetsQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Sets), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn list_sets(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, name, job)): Path<(String, String, String)>,
    Query(query): Query<SetsQuery>,
) -> Result<Json<Sets>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let pipeline = find(&app, &workspace, &name).await?;
    let job = find_job(&app, &pipeline, &job).await?;
    let limit = query.limit.unwrap_or(DEFAULT_SETS);
    if !(1..=MOST_SETS).contains(&limit) {
        return Err(Error::invalid(format!("limit is a number from 1 to {MOST_SETS}")));
    }
    let found = engine::list_sets(&app, job.id, limit).await?;
    let chosen = |(name, version, id): (String, String, VersionId)| ChosenView { name, version, id };
    let sets = found.sets.into_iter().map(|set| SetView {
        inputs: set.inputs.into_iter().map(chosen).collect(),
        follows: set.follows,
        had: set.had,
    });
    let sets: Vec<SetView> = sets.collect();
    let mut held = Vec::new();
    for (input, version, id) in found.held {
        let reasons = engine::explain_version(&app, job.id, id).await?.map(|decision| decision.reasons).unwrap_or_default();
        held.push(HeldView { input, version, id, reasons });
    }
    let decision = if sets.is_empty() { engine::explain_job(&app, job.id).await? } else { None };
    Ok(Json(Sets { pipeline: pipeline.name, job: job.name, sets, held, decision }))
}

/// What would start, on what, which gates it would meet, and what would not run. Changes nothing.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/pipelines/{pipeline}/simulate", operation_id = "simulatePipeline",
    tag = "explanation", request_body = Simulate, security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Simulated), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn simulate(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, name)): Path<(String, String)>,
    Body(body): Body<Simulate>,
) -> Result<Json<Simulated>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    if body.publish.len() > MOST_PUBLISHED {
        return Err(Error::invalid(format!(
            "A simulation begins with at most {MOST_PUBLISHED} versions; these are {}.",
            body.publish.len()
        )));
    }
    let existing = pipelines::find_by_name(&mut app.db.read().await?.connection(), workspace.id, &name).await?;
    let edited = match &body.text {
        Some(text) => Some(read_edit(&app, (workspace.id, existing.as_ref()), (&name, text)).await?),
        None if existing.is_none() => return Err(Error::not_found(format!("there is no pipeline {name}"))),
        None => None,
    };
    let edit = edited.as_ref().map(|(document, plan)| Edit { document, plan });
    let wishes: Vec<Wish> =
        body.publish.into_iter().map(|wish| Wish { resource: wish.resource, map: wish.version, value: wish.value }).collect();
    Ok(Json(engine::simulate(&app, workspace.id, existing.as_ref(), (edit, &wishes)).await?))
}

/// A text that would be set, and what that would change.
pub(super) async fn read_edit(
    app: &App,
    (workspace, existing): (WorkspaceId, Option<&Pipeline>),
    (name, text): (&str, &str),
) -> Result<(Document, Plan)> {
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let modules = engine::get_modules(&mut connection, workspace).await?;
    let reading = engine::read_definition(app, &mut connection, (workspace, &modules), (text, "andon.yml")).await?;
    let Some(new) = reading.document else {
        let count = reading.diagnostics.len();
        return Err(Error::document(format!("The file cannot be used: {count} findings."), reading.diagnostics));
    };
    if new.pipeline != name {
        return Err(Error::invalid(format!("The file defines the pipeline {}, not {name}.", new.pipeline)));
    }
    let plan = engine::plan_change(app, &mut connection, existing, &new).await?;
    Ok((new, plan))
}

async fn find_job(app: &App, pipeline: &Pipeline, name: &str) -> Result<jobs::Job> {
    let known = jobs::list(&mut app.db.read().await?.connection(), pipeline.id).await?;
    let found = known.into_iter().find(|job| job.current && job.name == name);
    found.ok_or_else(|| Error::not_found(format!("{} has no job {name}", pipeline.name)))
}
