//! How people decide, take a decision back, and say that they look after a gate: the same for the page, the command line, the API and the
//! link in a message.

use super::changes::{self, Known};
use super::settle::settle;
use super::view::{GateView, view_gate, view_known};
use crate::accounts::Caller;
use crate::app::App;
use crate::http;
use crate::store::line::gate_decisions::{self, NewDecision};
use crate::store::line::gates::{self, Gate};
use crate::store::line::{resources, versions};
use crate::store::{Connection, Result, StoreError, Tx};
use andon_pipelines::gate::{DecisionKind, check_answers, form_schema};
use andon_pipelines::ids::{GateId, UserId, WorkspaceId};
use andon_pipelines::state::GateStatus;
use serde_json::{Map, Value};

/// How often a decision is tried while the environment changes under it.
const ATTEMPTS: usize = 5;

/// What somebody decides.
#[derive(Clone, Copy, Debug)]
pub struct Ballot<'a> {
    pub kind: DecisionKind,
    pub comment: Option<&'a str>,
    /// Answers to the gate's form.
    pub answers: Option<&'a Map<String, Value>>,
    /// What the person saw; another one is refused.
    pub digest: Option<&'a str>,
}

impl<'a> From<(DecisionKind, Option<&'a str>)> for Ballot<'a> {
    fn from((kind, comment): (DecisionKind, Option<&'a str>)) -> Self {
        Self { kind, comment, answers: None, digest: None }
    }
}

/// Takes a person's decision, and opens or closes the way if that settles it. Answers the gate as it is afterwards.
///
/// # Errors
/// 400 for answers that the form does not take, 403 with the reason when the person may not decide, 409 when the gate is closed, its
/// time has run out, they have decided already, or it is bound to something else than they saw.
pub async fn decide_gate<'a>(
    app: &App,
    caller: &Caller,
    (workspace, id): (WorkspaceId, GateId),
    ballot: impl Into<Ballot<'a>>,
) -> http::Result<GateView> {
    let ballot = ballot.into();
    for _ in 0..ATTEMPTS {
        let known = learn(app, id).await?;
        let mut tx = app.db.begin(&caller.actor.to_string()).await?;
        let Some(view) = lock_open(app, &mut tx, (workspace, id), &known).await? else { continue };
        check_digest(&mut tx.connection(), &view, ballot.digest).await?;
        let user = check_person(&view, caller, ballot.kind)?;
        let answers = check_form(&view, &ballot)?;
        if view.standing().any(|decision| decision.user == user) {
            // They asked for changes before.
            gate_decisions::revoke(&mut tx, workspace, &view.gate, user).await?;
        }
        let new = NewDecision { user, kind: ballot.kind, comment: ballot.comment, answers: &answers };
        gate_decisions::create(&mut tx, workspace, &view.gate, new).await?;
        return finish(app, tx, (id, &known)).await;
    }
    Err(http::Error::conflict("What the environment runs keeps changing; look at the gate again."))
}

/// Takes the caller's own decision back; possible until the gate closes.
///
/// # Errors
/// 409 when the gate is closed, or nothing of theirs stands.
pub async fn revoke_decision(app: &App, caller: &Caller, (workspace, id): (WorkspaceId, GateId)) -> http::Result<GateView> {
    for _ in 0..ATTEMPTS {
        let known = learn(app, id).await?;
        let mut tx = app.db.begin(&caller.actor.to_string()).await?;
        let Some(view) = lock_open(app, &mut tx, (workspace, id), &known).await? else { continue };
        let Some(user) = caller.actor.user() else { return Err(http::Error::forbidden("only people decide at gates")) };
        if !view.standing().any(|decision| decision.user == user) {
            return Err(http::Error::conflict("You have not decided here, so there is nothing to take back."));
        }
        gate_decisions::revoke(&mut tx, workspace, &view.gate, user).await?;
        return finish(app, tx, (id, &known)).await;
    }
    Err(http::Error::conflict("What the environment runs keeps changing; look at the gate again."))
}

/// Says that the caller looks after the gate. Others may decide all the same.
///
/// # Errors
/// 403 when they may not decide there anyway, 409 when it is closed or somebody else does.
pub async fn claim_gate(app: &App, caller: &Caller, (workspace, id): (WorkspaceId, GateId)) -> http::Result<GateView> {
    let known = learn(app, id).await?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    let Some(view) = lock_open(app, &mut tx, (workspace, id), &known).await? else {
        return Err(http::Error::conflict("The gate has changed meanwhile; look at it again."));
    };
    let user = caller.actor.user();
    let may = [DecisionKind::Approve, DecisionKind::Reject].into_iter().map(|kind| view.why_not_so(user, kind));
    let refusals: Vec<String> = may.flatten().collect();
    let (Some(user), true) = (user, refusals.len() < 2) else {
        return Err(http::Error::forbidden(refusals.into_iter().next().unwrap_or_else(|| "only people decide at gates".to_owned())));
    };
    match view.gate.claimed_by {
        Some(other) if other == user => return Ok(view),
        Some(other) => return Err(http::Error::conflict(format!("{} looks after this gate.", view.name_of(other)))),
        None => gates::set_claimed(&mut tx, workspace, &view.gate, Some(user)).await?,
    }
    tx.commit().await?;
    reread(app, id).await
}

/// Says that nobody looks after the gate any more. An administrator may say so for others.
///
/// # Errors
/// 403 when somebody else does, 409 when nobody does.
pub async fn unclaim_gate(app: &App, caller: &Caller, (workspace, id): (WorkspaceId, GateId)) -> http::Result<GateView> {
    let known = learn(app, id).await?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    let Some(view) = lock_open(app, &mut tx, (workspace, id), &known).await? else {
        return Err(http::Error::conflict("The gate has changed meanwhile; look at it again."));
    };
    let Some(holder) = view.gate.claimed_by else { return Err(http::Error::conflict("Nobody looks after this gate.")) };
    if caller.actor.user() != Some(holder) && caller.may(crate::accounts::Permission::Administer, workspace).is_err() {
        return Err(http::Error::forbidden(format!(
            "{} looks after this gate; they or an administrator can let go of it.",
            view.name_of(holder)
        )));
    }
    gates::set_claimed(&mut tx, workspace, &view.gate, None).await?;
    tx.commit().await?;
    reread(app, id).await
}

/// Finds out who wrote what the gate lets through, before the transaction.
pub(super) async fn learn(app: &App, id: GateId) -> Result<Known> {
    changes::learn_authors(app, &mut app.db.read().await?.connection(), id).await
}

/// The gate, open and kept from others; `None` when what was found out about it is not so any more.
///
/// # Errors
/// 404 in another workspace, 409 when it is closed or its time has run out.
pub(super) async fn lock_open(
    app: &App,
    tx: &mut Tx,
    (workspace, id): (WorkspaceId, GateId),
    known: &Known,
) -> http::Result<Option<GateView>> {
    gates::lock(tx, id).await?;
    let view = match view_known(app, &mut tx.connection(), id, known).await {
        Err(StoreError::Conflict(_)) => return Ok(None),
        other => other?,
    };
    if view.run.workspace != workspace {
        return Err(http::Error::not_found("the gate does not exist"));
    }
    if view.gate.status != GateStatus::Open {
        return Err(http::Error::conflict(format!("The gate is closed: it was {}.", view.gate.status.name())));
    }
    // The loop has not been here yet; what its time running out means is its business.
    let late = view.gate.deadline_at.is_some_and(|deadline| deadline <= tx.at()) && !view.is_approved();
    if late {
        app.wake.gates.notify_one();
        return Err(http::Error::conflict("The gate's time has run out."));
    }
    Ok(Some(view))
}

fn check_person(view: &GateView, caller: &Caller, kind: DecisionKind) -> http::Result<UserId> {
    let user = caller.actor.user();
    if let Some(why) = view.why_not_so(user, kind) {
        let again = view.standing().any(|decision| Some(decision.user) == user);
        return Err(if again { http::Error::conflict(why) } else { http::Error::forbidden(why) });
    }
    user.ok_or_else(|| http::Error::forbidden("only people decide at gates"))
}

/// The answers that the ballot carries. An approval has to answer what nobody else has.
fn check_form(view: &GateView, ballot: &Ballot<'_>) -> http::Result<Map<String, Value>> {
    let own = ballot.answers.cloned().unwrap_or_default();
    let schema = form_schema(&view.approval.form);
    let mut whole = if ballot.kind == DecisionKind::Approve { view.answers() } else { Map::new() };
    whole.extend(own.clone());
    match check_answers(&schema, &whole, ballot.kind == DecisionKind::Approve) {
        Ok(()) => Ok(own),
        Err(wrong) => Err(http::Error::invalid(format!("The form does not take these answers: {}.", wrong.join("; ")))),
    }
}

/// Whether the person saw what the gate is bound to.
async fn check_digest(connection: &mut Connection<'_>, view: &GateView, seen: Option<&str>) -> http::Result<()> {
    let Some(seen) = seen.filter(|seen| *seen != view.gate.digest) else { return Ok(()) };
    let detail = match gates::find_by_digest(connection, view.job_run.job, seen).await? {
        Some(other) if other.id != view.gate.id => tell_difference(connection, &other, &view.gate).await?,
        _ => "its definition, its parameters or its versions have changed since".to_owned(),
    };
    Err(http::Error::conflict(format!("The gate is bound to something else than you saw: {detail}. Look at it again.")))
}

async fn tell_difference(connection: &mut Connection<'_>, seen: &Gate, now: &Gate) -> Result<String> {
    let old = versions::list_inputs_of(connection, seen.job_run).await?;
    let mut parts = Vec::new();
    for (name, version) in versions::list_inputs_of(connection, now.job_run).await? {
        let was = old.iter().find(|(known, _)| *known == name).map(|(_, was)| was);
        if was.is_none_or(|was| was.id != version.id) {
            let short = |version: &versions::Version| crate::engine::names::short(&version.map);
            let resource = resources::get(connection, version.resource).await?.name;
            parts.push(format!("{resource} was {} and is {}", was.map_or_else(|| "absent".to_owned(), short), short(&version)));
        }
    }
    Ok(if parts.is_empty() { "its definition or its parameters have changed".to_owned() } else { parts.join(", ") })
}

/// Judges the gate after what has been written, and commits.
pub(super) async fn finish(app: &App, mut tx: Tx, (id, known): (GateId, &Known)) -> http::Result<GateView> {
    let after = view_known(app, &mut tx.connection(), id, known).await?;
    settle(app, &mut tx, &after, None).await?;
    tx.commit().await?;
    reread(app, id).await
}

pub(super) async fn reread(app: &App, id: GateId) -> http::Result<GateView> {
    let mut reader = app.db.read().await?;
    Ok(view_gate(app, &mut reader.connection(), id).await?)
}
