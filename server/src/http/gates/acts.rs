//! What people do at gates.

use super::show::show;
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::engine::{self, Ballot};
use crate::http::extract::{Body, parse_id};
use crate::http::view::GateView;
use crate::http::{Error, Problem, Result, enter};
use andon_pipelines::gate::DecisionKind;
use andon_pipelines::ids::{GateId, WorkspaceId};
use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The longest comment.
const LONGEST_COMMENT: usize = 10_000;

/// A person's decision.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decide {
    /// `approve`, `reject`, `request-changes`, or `revoke` to take back what was decided.
    pub decision: String,
    /// At most 10,000 characters.
    pub comment: Option<String>,
    /// Answers to the gate's form, as its schema says; at most 64 KiB.
    #[schema(value_type = Option<Object>)]
    pub form: Option<Map<String, Value>>,
    /// The `digest` that the person saw. A gate that is bound to something else by now refuses the decision.
    pub digest: Option<String>,
}

/// Why something is done.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GivenReason)]
pub struct Reason {
    /// 1 to 10,000 characters.
    pub reason: String,
}

/// What somebody has to say.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Remark {
    /// At most 10,000 characters.
    pub comment: Option<String>,
}

/// The workspace and the gate of a path, for somebody who may decide there.
async fn place(app: &App, caller: &Caller, (workspace, gate): (&str, &str)) -> Result<(WorkspaceId, GateId)> {
    let workspace = enter(app, caller, workspace, Permission::Decide).await?;
    Ok((workspace.id, parse_id("the gate", gate)?))
}

fn check_length(text: Option<&str>) -> Result<Option<&str>> {
    if text.is_some_and(|text| text.chars().count() > LONGEST_COMMENT) {
        return Err(Error::invalid(format!("A comment has at most {LONGEST_COMMENT} characters")));
    }
    Ok(text.map(str::trim).filter(|text| !text.is_empty()))
}

async fn answer(app: &App, caller: &Caller, view: engine::GateView) -> Result<Json<GateView>> {
    let mut reader = app.db.read().await?;
    Ok(Json(show(&mut reader.connection(), caller, view).await?))
}

/// A body that is too large says what the limit is for.
fn body_of<T>(body: Result<Body<T>>) -> Result<T> {
    match body {
        Ok(Body(body)) => Ok(body),
        Err(error) if error.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE => {
            Err(Error::too_large("The decision is too large; the answers to a form have at most 64 KiB, a comment 10,000 characters"))
        }
        Err(error) => Err(error),
    }
}

/// What somebody decided, and why, as the engine takes it.
pub(in crate::http) fn read_ballot(body: &Decide) -> Result<Ballot<'_>> {
    let kind = DecisionKind::from_name(&body.decision);
    let kind = kind.ok_or_else(|| {
        let shown: String = body.decision.chars().take(40).collect();
        Error::invalid(format!("A decision is approve, reject, request-changes or revoke, not {shown:?}"))
    })?;
    let comment = check_length(body.comment.as_deref())?;
    Ok(Ballot { kind, comment, answers: body.form.as_ref(), digest: body.digest.as_deref() })
}

/// Approves, rejects, asks for changes, or takes that back.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/gates/{gate}/decisions", operation_id = "decideGate", tag = "people",
    request_body = Decide, security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = GateView), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem)))]
pub async fn decide(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, gate)): Path<(String, String)>,
    body: Result<Body<Decide>>,
) -> Result<Json<GateView>> {
    let place = place(&app, &caller, (&workspace, &gate)).await?;
    let body = body_of(body)?;
    if body.decision == "revoke" {
        let view = engine::revoke_decision(&app, &caller, place).await?;
        return answer(&app, &caller, view).await;
    }
    let ballot = read_ballot(&body)?;
    let view = engine::decide_gate(&app, &caller, place, ballot).await?;
    answer(&app, &caller, view).await
}

/// Says that the caller looks after the gate.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/gates/{gate}/claim", operation_id = "claimGate", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = GateView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn claim(State(app): State<App>, caller: Caller, Path((workspace, gate)): Path<(String, String)>) -> Result<Json<GateView>> {
    let place = place(&app, &caller, (&workspace, &gate)).await?;
    let view = engine::claim_gate(&app, &caller, place).await?;
    answer(&app, &caller, view).await
}

/// Says that nobody looks after the gate any more.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/gates/{gate}/unclaim", operation_id = "unclaimGate", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = GateView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn unclaim(State(app): State<App>, caller: Caller, Path((workspace, gate)): Path<(String, String)>) -> Result<Json<GateView>> {
    let place = place(&app, &caller, (&workspace, &gate)).await?;
    let view = engine::unclaim_gate(&app, &caller, place).await?;
    answer(&app, &caller, view).await
}

/// Opens a gate alone, in an emergency; somebody else reviews it later.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/gates/{gate}/break-glass", operation_id = "breakGate", tag = "people",
    request_body = Reason, security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = GateView), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn break_glass(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, gate)): Path<(String, String)>,
    body: Result<Body<Reason>>,
) -> Result<Json<GateView>> {
    let place = place(&app, &caller, (&workspace, &gate)).await?;
    let body = body_of(body)?;
    let reason = check_length(Some(&body.reason))?.unwrap_or_default();
    let view = engine::break_gate(&app, &caller, place, reason).await?;
    answer(&app, &caller, view).await
}

/// Notes that the caller has looked at why a gate was opened alone.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/gates/{gate}/review", operation_id = "reviewGate", tag = "people",
    request_body = Remark, security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = GateView), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn review(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, gate)): Path<(String, String)>,
    body: Result<Body<Remark>>,
) -> Result<Json<GateView>> {
    let place = place(&app, &caller, (&workspace, &gate)).await?;
    let body = body_of(body)?;
    let comment = check_length(body.comment.as_deref())?;
    let view = engine::review_gate(&app, &caller, place, comment).await?;
    answer(&app, &caller, view).await
}
