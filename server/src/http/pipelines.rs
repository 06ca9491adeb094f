//! Pipelines: their definition, their revisions, their jobs.

use super::extract::{Body, Page};
use super::routes::{Routes, routes};
use super::runs::given;
use super::view::{PauseView, RunView};
use super::{Error, Problem, Result, Stale, Workspace, enter};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::engine::{self, Defined, Definition, Edit, Simulated, Staleness};
use crate::store::line::pipelines::Pipeline;
use crate::store::line::{job_runs, jobs, pipelines, runs};
use andon_pipelines::decide::Decision;
use andon_pipelines::document::{self, Diagnostic, Modules, Plan};
use andon_pipelines::ids::{JobId, PipelineId};
use axum::Json;
use axum::extract::{FromRequest, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A pipeline in a list.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PipelineView {
    pub id: PipelineId,
    pub name: String,
    pub project: Option<String>,
    pub description: Option<String>,
    pub revision: i64,
    pub paused: Option<PauseView>,
    /// How many jobs its newest revision has.
    pub jobs: usize,
    /// The push that sets it, as `repository:path`.
    pub synced_from: Option<String>,
    /// What was wrong with the file at the last push.
    pub sync_error: Option<String>,
    pub last_run: Option<RunView>,
}

/// A pipeline with its text and its jobs.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PipelineDetail {
    #[serde(flatten)]
    pub pipeline: PipelineView,
    pub text: String,
    #[serde(rename = "job_list")]
    pub jobs: Vec<JobView>,
}

/// A job of a pipeline.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobView {
    pub id: JobId,
    pub name: String,
    pub paused: Option<PauseView>,
    /// What the scheduler concluded last.
    pub decision: Option<Decision>,
    pub decided_at: Option<i64>,
    /// Its last good key-values.
    pub state: BTreeMap<String, String>,
}

/// What came of setting a text.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SetPipeline {
    pub pipeline: String,
    pub revision: i64,
    /// False when the very same text was in force already.
    pub changed: bool,
    pub plan: Plan,
    /// What is not wrong, and should be known: other limits for a concurrency group elsewhere in the workspace.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// What setting a text would change.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Planned {
    pub plan: Plan,
    /// The revision in force; absent for a new pipeline.
    pub revision: Option<i64>,
    /// Jobs that would start by themselves at once.
    pub starts: Vec<String>,
    /// What is not wrong, and should be known: other limits for a concurrency group elsewhere in the workspace.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// What would follow, on the history as it is.
    pub simulation: Simulated,
}

/// What is wrong with a text.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Checked {
    /// It can be used.
    pub ok: bool,
    pub diagnostics: Vec<Diagnostic>,
}

#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct SetQuery {
    /// Why it is changed.
    pub message: Option<String>,
    /// The revision that the text was based on; when another one is in force by now, nothing is changed.
    pub expect: Option<i64>,
}

/// Where a text is meant for.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CheckQuery {
    /// The workspace whose other pipelines the text may use.
    pub workspace: Option<String>,
}

/// Why something is held.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    pub reason: Option<String>,
}

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list))
        .routes(routes!(get, set))
        .routes(routes!(plan))
        .routes(routes!(pause))
        .routes(routes!(resume))
        .routes(routes!(check))
}

/// The pipelines of a workspace.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/pipelines", operation_id = "listPipelines", tag = "pipelines",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<PipelineView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn list(State(app): State<App>, caller: Caller, Path(workspace): Path<String>) -> Result<Json<Page<PipelineView>>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let found = pipelines::list(&mut connection, workspace.id).await?;
    let newest = runs::list_newest(&mut connection, workspace.id).await?;
    let ids: Vec<_> = newest.iter().map(|run| run.id).collect();
    let mut statuses = job_runs::list_statuses(&mut connection, &ids).await?;
    let mut last: BTreeMap<PipelineId, RunView> = BTreeMap::new();
    for run in newest {
        let of_run = statuses.remove(&run.id).unwrap_or_default();
        last.insert(run.pipeline, RunView::new(run, &of_run));
    }
    let mut items = Vec::with_capacity(found.len());
    for pipeline in found {
        let document = app.documents.get(&mut connection, pipeline.id, pipeline.revision).await?;
        let last_run = last.remove(&pipeline.id);
        items.push(view(pipeline, document.jobs.len(), last_run));
    }
    Ok(Json(Page::whole(items)))
}

fn view(pipeline: Pipeline, jobs: usize, last_run: Option<RunView>) -> PipelineView {
    PipelineView {
        id: pipeline.id,
        name: pipeline.name,
        project: pipeline.project,
        description: pipeline.description,
        revision: pipeline.revision,
        paused: pipeline.paused.map(PauseView::from),
        jobs,
        synced_from: pipeline.synced_from,
        sync_error: pipeline.sync_error,
        last_run,
    }
}

/// A pipeline with its text and its jobs.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/pipelines/{pipeline}", operation_id = "getPipeline", tag = "pipelines",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = PipelineDetail), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn get(State(app): State<App>, caller: Caller, Path((workspace, name)): Path<(String, String)>) -> Result<Json<PipelineDetail>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let pipeline = find(&app, &workspace, &name).await?;
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let text = pipelines::get_text(&mut connection, pipeline.id, pipeline.revision).await?;
    let known = jobs::list(&mut connection, pipeline.id).await?;
    let shown: Vec<JobView> = known
        .into_iter()
        .filter(|job| job.current)
        .map(|job| JobView {
            id: job.id,
            name: job.name,
            paused: job.paused.map(PauseView::from),
            decision: job.decision,
            decided_at: job.decided_at,
            state: job.state,
        })
        .collect();
    Ok(Json(PipelineDetail { pipeline: view(pipeline, shown.len(), None), text, jobs: shown }))
}

/// Sets the next revision of a pipeline, or makes the pipeline. The body is the YAML text.
#[utoipa::path(put, path = "/api/v1/workspaces/{workspace}/pipelines/{pipeline}", operation_id = "setPipeline", tag = "pipelines",
    params(SetQuery), request_body(content = String, content_type = "application/yaml"), security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = SetPipeline), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem)))]
async fn set(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, name)): Path<(String, String)>,
    Query(mut query): Query<SetQuery>,
    revised: Revised,
) -> Result<Json<SetPipeline>> {
    let workspace = enter(&app, &caller, &workspace, Permission::Edit).await?;
    query.expect = query.expect.or(revised.expect);
    set_text(&app, &caller, (&workspace, &name), (query, &revised.text, None)).await
}

/// A text, and the revision that `If-Match` says it was based on.
struct Revised {
    expect: Option<i64>,
    text: String,
}

impl FromRequest<App> for Revised {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> std::result::Result<Self, Response> {
        let expect = expected_by(request.headers()).map_err(IntoResponse::into_response)?;
        let text = String::from_request(request, app).await.map_err(IntoResponse::into_response)?;
        Ok(Self { expect, text })
    }
}

/// The revision that `If-Match` names: `"3"`.
fn expected_by(headers: &HeaderMap) -> Result<Option<i64>> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().ok().map(|text| text.trim().trim_start_matches("W/").trim_matches('"'));
    let number = text.and_then(|text| text.parse().ok());
    number.map(Some).ok_or_else(|| Error::invalid("If-Match names the revision that the text was based on: \"3\""))
}

pub(super) async fn set_text(
    app: &App,
    caller: &Caller,
    (workspace, name): (&Workspace, &str),
    (query, text, modules): (SetQuery, &str, Option<&Modules>),
) -> Result<Json<SetPipeline>> {
    let definition = Definition {
        workspace: workspace.id,
        text,
        file: "andon.yml",
        name: Some(name),
        message: given(query.message.as_deref()),
        expect: query.expect,
        synced_from: None,
        modules,
        actor: &caller.actor.to_string(),
    };
    match engine::set_pipeline(app, &definition).await? {
        Defined::Set { name, revision, changed, plan, .. } => {
            // Resources may follow repositories that have commits already.
            engine::reconcile(app, workspace).await?;
            let document = document::read(text, "andon.yml").document;
            let warnings = match &document {
                Some(document) => engine::list_disagreements(app, workspace.id, document).await?,
                None => Vec::new(),
            };
            Ok(Json(SetPipeline { pipeline: name, revision, changed, plan, warnings }))
        }
        Defined::Invalid { diagnostics, .. } => {
            Err(Error::document(format!("The file cannot be used: {} findings. Nothing was changed.", diagnostics.len()), diagnostics))
        }
        Defined::Stale(staleness) => Err(stale(name, *staleness)),
        Defined::OtherName { name: other } => {
            Err(Error::invalid(format!("The file defines the pipeline {other}, not {name}. Nothing was changed.")))
        }
    }
}

/// Why the text was not set, and what happened since the revision that it was based on.
fn stale(name: &str, staleness: Staleness) -> Error {
    let Staleness { base, current, change } = staleness;
    let detail = match (current, &change) {
        (None, _) => format!("There is no pipeline {name}, so no revision {base} of it is in force. Nothing was changed."),
        (Some(current), None) if base == 0 => {
            format!("The pipeline {name} is there already, at revision {current}. Nothing was changed; set it on top of that revision.")
        }
        (Some(current), None) => {
            format!("The pipeline {name} has no revision {base}; revision {current} is in force. Nothing was changed.")
        }
        (Some(current), Some(_)) => format!(
            "The text is based on revision {base} of {name}, but revision {current} is in force by now. Nothing was changed; bring what \
             happened in between into the text, and set it on top of revision {current}."
        ),
    };
    let (diff, plan) = change.map(|change| (change.diff, change.plan)).unzip();
    Error::stale(detail, Stale { base, current, diff, plan })
}

/// What setting a text would change. Changes nothing.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/pipelines/{pipeline}/plan", operation_id = "planPipeline", tag = "pipelines",
    request_body(content = String, content_type = "application/yaml"), security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Planned), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn plan(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, name)): Path<(String, String)>,
    text: String,
) -> Result<Json<Planned>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let existing = pipelines::find_by_name(&mut app.db.read().await?.connection(), workspace.id, &name).await?;
    let (document, plan) = super::explanation::read_edit(&app, (workspace.id, existing.as_ref()), (&name, &text)).await?;
    let edit = Edit { document: &document, plan: &plan };
    let simulation = engine::simulate(&app, workspace.id, existing.as_ref(), (Some(edit), &[])).await?;
    let at_once = simulation.starts.iter().filter(|start| start.wave == 1 && start.pipeline == name);
    let mut starts: Vec<String> = at_once.map(|start| start.job.clone()).collect();
    starts.sort();
    let warnings = engine::list_disagreements(&app, workspace.id, &document).await?;
    Ok(Json(Planned { plan, revision: existing.map(|existing| existing.revision), starts, warnings, simulation }))
}

/// Holds a pipeline: nothing of it starts, nothing is lost.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/pipelines/{pipeline}/pause", operation_id = "pausePipeline", tag = "pipelines",
    request_body = Hold, security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn pause(State(app): State<App>, caller: Caller, Path(place): Path<(String, String)>, Body(hold): Body<Hold>) -> Result<StatusCode> {
    hold_pipeline(&app, &caller, place, (true, given(hold.reason.as_deref()))).await
}

/// Lets a pipeline go on: the newest set of each job runs.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/pipelines/{pipeline}/resume", operation_id = "resumePipeline", tag = "pipelines",
    request_body = Hold, security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
async fn resume(State(app): State<App>, caller: Caller, Path(place): Path<(String, String)>, Body(hold): Body<Hold>) -> Result<StatusCode> {
    hold_pipeline(&app, &caller, place, (false, given(hold.reason.as_deref()))).await
}

async fn hold_pipeline(app: &App, caller: &Caller, (workspace, name): (String, String), hold: (bool, Option<&str>)) -> Result<StatusCode> {
    let workspace = enter(app, caller, &workspace, Permission::Operate).await?;
    let pipeline = find(app, &workspace, &name).await?;
    engine::pause_pipeline(app, &caller.actor.to_string(), &pipeline, hold).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Checks a text. The body is YAML. With a `workspace`, what it uses of its modules and of other pipelines is checked too; else the first are
/// unknown, and the second is noted as unchecked.
#[utoipa::path(post, path = "/api/v1/check", operation_id = "check", tag = "pipelines", params(CheckQuery),
    request_body(content = String, content_type = "application/yaml"), security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Checked), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn check(State(app): State<App>, caller: Caller, Query(query): Query<CheckQuery>, text: String) -> Result<Json<Checked>> {
    let reading = match &query.workspace {
        Some(workspace) => {
            let workspace = enter(&app, &caller, workspace, Permission::View).await?;
            let mut reader = app.db.read().await?;
            let modules = engine::get_modules(&mut reader.connection(), workspace.id).await?;
            engine::read_definition(&app, &mut reader.connection(), (workspace.id, &modules), (&text, "andon.yml")).await?
        }
        None => document::read(&text, "andon.yml"),
    };
    Ok(Json(Checked { ok: reading.document.is_some(), diagnostics: reading.diagnostics }))
}

/// The pipeline of this name.
pub(super) async fn find(app: &App, workspace: &Workspace, name: &str) -> Result<Pipeline> {
    let found = pipelines::find_by_name(&mut app.db.read().await?.connection(), workspace.id, name).await?;
    found.ok_or_else(|| Error::not_found(format!("there is no pipeline {name}")))
}
