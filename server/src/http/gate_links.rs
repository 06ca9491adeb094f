//! Links of mails that lead to a gate. A link says for whom it is, for which gate, on which inputs, and until when; it works once, and only
//! for that person after sign-in. The decision itself is the same as everywhere.

use super::extract::Body;
use super::gates::{Decide, read_ballot, show};
use super::routes::{Routes, routes};
use super::view::GateView;
use super::{Error, Problem, Result};
use crate::accounts::Caller;
use crate::app::App;
use crate::engine::{self, Ballot};
use crate::notify::GateLink;
use crate::store::line::workspaces;
use crate::store::people::gate_links;
use andon_pipelines::ids::{GateId, RunId, WorkspaceId};
use andon_pipelines::state::GateStatus;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

/// The token of a link. It stands in the body, because addresses are written into logs.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenLink {
    pub token: String,
}

/// A decision with the token of a link.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideByLink {
    pub token: String,
    pub decision: Decide,
}

/// Where a link leads.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LinkView {
    pub workspace: String,
    pub gate: GateId,
    pub run: RunId,
    pub expires_at: i64,
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(open)).routes(routes!(decide))
}

/// Where a link leads, for the person for whom it was made. Does not use it up.
#[utoipa::path(post, path = "/api/v1/gate-links/open", operation_id = "openGateLink", tag = "people", request_body = OpenLink,
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = LinkView), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn open(State(app): State<App>, caller: Caller, Body(body): Body<OpenLink>) -> Result<Json<LinkView>> {
    let (link, place) = check(&app, &caller, &body.token).await?;
    if gate_links::is_used(&mut app.db.read().await?.connection(), &GateLink::hash(&body.token)).await? {
        return Err(used());
    }
    Ok(Json(LinkView { workspace: place.name, gate: link.gate, run: place.run, expires_at: link.expires_at }))
}

/// Decides at the gate that a link leads to: only its person, once, on what the mail was about, before it expires.
#[utoipa::path(post, path = "/api/v1/gate-links/decide", operation_id = "decideByGateLink", tag = "people", request_body = DecideByLink,
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = GateView), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn decide(State(app): State<App>, caller: Caller, Body(body): Body<DecideByLink>) -> Result<Json<GateView>> {
    if body.decision.decision == "revoke" {
        return Err(Error::invalid("A link approves, rejects or asks for changes. Take a decision back in the inbox."));
    }
    let ballot = read_ballot(&body.decision)?;
    let (link, place) = check(&app, &caller, &body.token).await?;
    // What the mail was about, also if the gate is bound to something else a moment later.
    let ballot = Ballot { digest: ballot.digest.or(Some(&place.digest)), ..ballot };
    let hash = GateLink::hash(&body.token);
    let actor = caller.actor.to_string();
    let mut tx = app.db.begin(&actor).await?;
    let is_first = gate_links::take(&mut tx, &hash, link.gate, link.user).await?;
    tx.commit().await?;
    if !is_first {
        return Err(used());
    }
    match engine::decide_gate(&app, &caller, (place.workspace, link.gate), ballot).await {
        Ok(view) => {
            let mut reader = app.db.read().await?;
            Ok(Json(show(&mut reader.connection(), &caller, view).await?))
        }
        Err(refusal) => {
            // It led to nothing, so it may be tried again.
            let mut tx = app.db.begin(&actor).await?;
            gate_links::give_back(&mut tx, &hash).await?;
            tx.commit().await?;
            Err(refusal)
        }
    }
}

/// Where the gate of a link is.
struct Place {
    workspace: WorkspaceId,
    name: String,
    run: RunId,
    digest: String,
}

/// Everything about a link but whether it was used.
async fn check(app: &App, caller: &Caller, token: &str) -> Result<(GateLink, Place)> {
    let whole = || {
        Error::invalid(
            "This link is not one that the server made, or a part of it is missing. Open it from the mail again, or use the inbox.",
        )
    };
    let link = GateLink::verify(token, &app.vault).ok_or_else(whole)?;
    if caller.actor.user() != Some(link.user) {
        return Err(Error::forbidden(format!(
            "This link was made for another person; you are {}. Your own gates are in the inbox.",
            caller.actor
        )));
    }
    if app.clock.now_ms() >= link.expires_at {
        return Err(Error::conflict("This link has expired. If the gate is still open, it is in your inbox."));
    }
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let view = engine::view_gate(app, &mut connection, link.gate).await?;
    let workspace = workspaces::get(&mut connection, view.run.workspace).await?;
    caller.may(crate::accounts::Permission::Decide, workspace.id)?;
    if !link.is_for(&view.gate.digest) {
        return Err(Error::conflict(
            "What this gate asks about has changed since the mail was sent. Look at it in your inbox and decide there.",
        ));
    }
    if view.gate.status != GateStatus::Open {
        return Err(Error::conflict(format!("The gate is closed: it was {}.", view.gate.status.name())));
    }
    Ok((link, Place { workspace: workspace.id, name: workspace.name, run: view.run.id, digest: view.gate.digest }))
}

fn used() -> Error {
    Error::conflict("This link was used already; each works once.")
}
