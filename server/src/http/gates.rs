//! Gates and the inbox.

use super::extract::{Body, Page, parse_id};
use super::view::{DecisionView, GateView, RequirementView, UsedVersion};
use super::{Error, Problem, Result, enter};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::engine;
use crate::store::Connection;
use crate::store::line::{gates, resources, versions};
use andon_pipelines::document::Approver;
use andon_pipelines::gate::DecisionKind;
use andon_pipelines::ids::JobRunId;
use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

/// The longest comment.
const LONGEST_COMMENT: usize = 10_000;

/// A person's decision.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decide {
    /// `approve` or `reject`.
    pub decision: String,
    /// At most 10,000 characters.
    pub comment: Option<String>,
}

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(inbox)).routes(routes!(get)).routes(routes!(decide))
}

/// What waits for the caller: open gates that they may decide.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/inbox", operation_id = "getInbox", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<GateView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn inbox(State(app): State<App>, caller: Caller, Path(workspace): Path<String>) -> Result<Json<Page<GateView>>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let mut items = Vec::new();
    for gate in gates::list_open(&mut connection, workspace.id).await? {
        let view = engine::view_gate(&app, &mut connection, gate.id).await?;
        if view.why_not(caller.actor.user()).is_none() {
            items.push(show(&mut connection, &caller, view).await?);
        }
    }
    Ok(Json(Page::whole(items)))
}

/// A gate with who decided what, who may still decide, and whether the caller may.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/gates/{gate}", operation_id = "getGate", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = GateView), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get(State(app): State<App>, caller: Caller, Path((workspace, gate)): Path<(String, String)>) -> Result<Json<GateView>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let view = engine::view_gate(&app, &mut connection, parse_id("the gate", &gate)?).await?;
    if view.run.workspace != workspace.id {
        return Err(Error::not_found("the gate does not exist"));
    }
    Ok(Json(show(&mut connection, &caller, view).await?))
}

/// Approves or rejects.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/gates/{gate}/decisions", operation_id = "decideGate", tag = "people",
    request_body = Decide, security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = GateView), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn decide(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, gate)): Path<(String, String)>,
    Body(body): Body<Decide>,
) -> Result<Json<GateView>> {
    let workspace = enter(&app, &caller, &workspace, Permission::Decide).await?;
    let (kind, comment) = read_decision(&body)?;
    let id = parse_id("the gate", &gate)?;
    let view = engine::decide_gate(&app, &caller, (workspace.id, id), (kind, comment)).await?;
    let mut reader = app.db.read().await?;
    Ok(Json(show(&mut reader.connection(), &caller, view).await?))
}

/// What somebody decided, and why, as the engine takes it.
pub(super) fn read_decision(body: &Decide) -> Result<(DecisionKind, Option<&str>)> {
    let kind = DecisionKind::from_name(&body.decision);
    let kind = kind.ok_or_else(|| Error::invalid(format!("A decision is approve or reject, not {:?}", body.decision)))?;
    if body.comment.as_ref().is_some_and(|comment| comment.chars().count() > LONGEST_COMMENT) {
        return Err(Error::invalid(format!("A comment has at most {LONGEST_COMMENT} characters")));
    }
    Ok((kind, body.comment.as_deref().map(str::trim).filter(|comment| !comment.is_empty())))
}

/// A gate as the caller sees it.
pub(super) async fn show(connection: &mut Connection<'_>, caller: &Caller, view: engine::GateView) -> Result<GateView> {
    let why_not = view.why_not(caller.actor.user());
    let name =
        |user| view.members.iter().find(|member| member.user == user).map_or_else(|| "a former member".to_owned(), |m| m.name.clone());
    let requirements = view.verdict.requirements.iter().map(|requirement| RequirementView {
        from: requirement.from.iter().map(approver_name).collect(),
        needed: requirement.needed,
        have: requirement.have.iter().map(|user| name(*user)).collect(),
    });
    let decisions = view.decisions.iter().map(|decision| DecisionView {
        user: decision.user_name.clone(),
        decision: decision.kind.name().to_owned(),
        comment: decision.comment.clone(),
        at: decision.at,
    });
    Ok(GateView {
        id: view.gate.id,
        status: view.gate.status,
        pipeline: view.run.pipeline_name.clone(),
        job: view.job_run.job_name.clone(),
        number: view.job_run.label(),
        run: view.run.id,
        run_number: view.run.number,
        job_run: view.job_run.id,
        digest: view.gate.digest.clone(),
        opened_at: view.gate.opened_at,
        closed_at: view.gate.closed_at,
        deadline_at: view.gate.deadline_at,
        requirements: requirements.collect(),
        decisions: decisions.collect(),
        may_decide: why_not.is_none(),
        why_not,
        inputs: list_inputs(connection, view.job_run.id).await?,
    })
}

fn approver_name(approver: &Approver) -> String {
    match approver {
        Approver::User(name) => format!("user:{name}"),
        Approver::Group(name) => format!("group:{name}"),
        Approver::Role(role) => format!("role:{}", crate::accounts::role_name(*role)),
    }
}

/// The inputs of a job run, as the API shows them.
pub(super) async fn list_inputs(connection: &mut Connection<'_>, job_run: JobRunId) -> Result<Vec<UsedVersion>> {
    let mut used = Vec::new();
    for (name, version) in versions::list_inputs_of(connection, job_run).await? {
        let resource = resources::get(connection, version.resource).await?.name;
        used.push(UsedVersion { name, resource, version: version.into() });
    }
    Ok(used)
}
