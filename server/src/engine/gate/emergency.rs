//! Break-glass: somebody opens a gate alone, in an emergency, and somebody else looks at it later.

use super::decide::{learn, lock_open, reread};
use super::settle::{let_through, tell};
use super::view::{GateView, view_gate};
use crate::accounts::Caller;
use crate::app::App;
use crate::engine::environments::find_lock_before;
use crate::http;
use crate::store::line::gates;
use andon_pipelines::document::{NotifyEvent, Role};
use andon_pipelines::gate::describe_approver;
use andon_pipelines::ids::{GateId, WorkspaceId};

/// Opens a gate alone: neither rules nor exclusions, windows or checks hold it. It is flagged until somebody else has reviewed it.
///
/// # Errors
/// 400 without a reason, 403 when the gate does not allow it to the caller, 409 when it is closed.
pub async fn break_gate(app: &App, caller: &Caller, (workspace, id): (WorkspaceId, GateId), reason: &str) -> http::Result<GateView> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(http::Error::invalid("Say why the gate has to be opened; somebody will review it."));
    }
    let known = learn(app, id).await?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    let Some(view) = lock_open(app, &mut tx, (workspace, id), &known).await? else {
        return Err(http::Error::conflict("The gate has changed meanwhile; look at it again."));
    };
    let decisions = view.facts();
    let case = view.case(&decisions);
    let member = caller.actor.user().and_then(|user| view.members.iter().find(|member| member.user == user));
    let Some(member) = member.filter(|member| case.may_break(member)) else {
        let who: Vec<String> = view.approval.break_glass.iter().map(describe_approver).collect();
        let who = if who.is_empty() { "nobody may".to_owned() } else { format!("only {} may", who.join(" or ")) };
        return Err(http::Error::forbidden(format!("This gate cannot be opened alone by you: {who}.")));
    };
    // A lock is not a rule of the gate: somebody has said so for a reason of their own.
    if let Some(locked) = find_lock_before(&mut tx.connection(), &view.job_run, &view.document).await? {
        return Err(http::Error::conflict(format!("Nothing goes through while {locked}. Unlock it first.")));
    }
    gates::set_broken(&mut tx, workspace, &view.gate, (member.user, reason)).await?;
    let detail = format!("opened alone by {}: {reason}", member.name);
    let_through(app, &mut tx, &view, ("break-glass", Some("break-glass"), Some(detail))).await?;
    tell(app, &mut tx, &view, NotifyEvent::Approved).await?;
    tx.commit().await?;
    reread(app, id).await
}

/// Notes that the caller has looked at why a gate was opened alone.
///
/// # Errors
/// 403 for whoever opened it, and for those who neither administer the workspace nor are named by the gate; 409 when there is nothing to
/// review.
pub async fn review_gate(
    app: &App,
    caller: &Caller,
    (workspace, id): (WorkspaceId, GateId),
    comment: Option<&str>,
) -> http::Result<GateView> {
    let view = view_gate(app, &mut app.db.read().await?.connection(), id).await?;
    if view.run.workspace != workspace {
        return Err(http::Error::not_found("the gate does not exist"));
    }
    if view.gate.broken_by.is_none() {
        return Err(http::Error::conflict("The gate was not opened alone, so there is nothing to review."));
    }
    if view.gate.reviewed_at.is_some() {
        return Err(http::Error::conflict("Somebody has reviewed it already."));
    }
    let member = caller.actor.user().and_then(|user| view.members.iter().find(|member| member.user == user));
    let Some(member) = member else { return Err(http::Error::forbidden("only members of the workspace review")) };
    if view.gate.broken_by == Some(member.user) {
        return Err(http::Error::forbidden("You opened it; somebody else has to review that."));
    }
    let named = view.approval.require.iter().flat_map(|rule| &rule.from).any(|approver| member.fits(approver));
    if !named && member.role < Some(Role::Admin) {
        return Err(http::Error::forbidden("Those who may approve at this gate review it, or an administrator."));
    }
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    gates::set_reviewed(&mut tx, workspace, &view.gate, (member.user, comment)).await?;
    tx.commit().await?;
    reread(app, id).await
}
