//! The one code path by which people decide at a gate, whichever way they come in.

use super::finish::{self, Ending};
use super::notices;
use crate::accounts::Caller;
use crate::app::App;
use crate::http;
use crate::store::line::gates::{Gate, GateDecision};
use crate::store::line::job_runs::JobRun;
use crate::store::line::runs::Run;
use crate::store::line::{gates, job_runs, runs};
use crate::store::people::members;
use crate::store::{Connection, Result, StoreError, Tx};
use andon_pipelines::document::{Approval, Document, JobBody, NotifyEvent};
use andon_pipelines::gate::{self, Decision, DecisionKind, Member, Verdict, VerdictStatus};
use andon_pipelines::ids::{GateId, UserId, WorkspaceId};
use andon_pipelines::state::{GateStatus, JobRunStatus};
use std::sync::Arc;

/// A gate with everything that judging it needs.
#[derive(Debug)]
pub struct GateView {
    pub gate: Gate,
    pub job_run: JobRun,
    pub run: Run,
    pub document: Arc<Document>,
    pub approval: Approval,
    pub decisions: Vec<GateDecision>,
    /// Everybody of the workspace.
    pub members: Vec<Member>,
    pub verdict: Verdict,
}

impl GateView {
    /// Why this person may not decide; `None` when they may.
    #[must_use]
    pub fn why_not(&self, user: Option<UserId>) -> Option<String> {
        let Some(user) = user else { return Some("only people decide at gates; this token belongs to nobody".to_owned()) };
        let Some(member) = self.members.iter().find(|member| member.user == user) else {
            return Some("you are not a member of this workspace".to_owned());
        };
        gate::may_decide(&self.approval, member, &facts(&self.decisions), self.gate.status).err().map(|why| why.to_string())
    }
}

fn facts(decisions: &[GateDecision]) -> Vec<Decision> {
    decisions.iter().map(|decision| Decision { user: decision.user, kind: decision.kind, at: decision.at }).collect()
}

/// Reads a gate.
///
/// # Errors
/// [`StoreError::NotFound`] when there is none.
pub async fn view_gate(app: &App, connection: &mut Connection<'_>, id: GateId) -> Result<GateView> {
    let gate = gates::get(connection, id).await?;
    let job_run = job_runs::get(connection, gate.job_run).await?;
    let run = runs::get(connection, job_run.run).await?;
    let document = app.documents.get(connection, job_run.pipeline, job_run.revision).await?;
    let approval = approval_of(&document, &job_run)?;
    let decisions = gates::list_decisions(connection, id).await?;
    let members = members::list(connection, run.workspace, true).await?.iter().map(notices::as_gate_member).collect::<Vec<_>>();
    let verdict = gate::judge(&approval, &members, &facts(&decisions));
    Ok(GateView { gate, job_run, run, document, approval, decisions, members, verdict })
}

pub(super) fn approval_of(document: &Document, job_run: &JobRun) -> Result<Approval> {
    let job = document.jobs.iter().find(|job| job.name == job_run.job_name);
    match job.map(|job| &job.body) {
        Some(JobBody::Approval(approval)) => Ok(approval.clone()),
        _ => Err(StoreError::Corrupt(format!("{} has a gate, but its revision defines none", job_run.job_name))),
    }
}

/// Takes a person's decision, and opens or closes the way if that settles it. Answers the gate as it is afterwards.
///
/// # Errors
/// 403 with the reason when the person may not decide, 409 when the gate is closed or they have decided already.
pub async fn decide_gate(
    app: &App,
    caller: &Caller,
    (workspace, id): (WorkspaceId, GateId),
    (kind, comment): (DecisionKind, Option<&str>),
) -> http::Result<GateView> {
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    gates::lock(&mut tx, id).await?;
    let view = view_gate(app, &mut tx.connection(), id).await?;
    if view.run.workspace != workspace {
        return Err(http::Error::not_found("the gate does not exist"));
    }
    if view.gate.status != GateStatus::Open {
        return Err(http::Error::conflict(format!("The gate is closed: it was {}.", view.gate.status.name())));
    }
    let user = caller.actor.user();
    if let Some(why) = view.why_not(user) {
        let again = view.decisions.iter().any(|decision| Some(decision.user) == user);
        return Err(if again { http::Error::conflict(why) } else { http::Error::forbidden(why) });
    }
    let Some(user) = user else { return Err(http::Error::forbidden("only people decide at gates")) };
    gates::decide(&mut tx, workspace, &view.gate, (user, kind, comment)).await?;
    settle(app, &mut tx, &view).await?;
    tx.commit().await?;
    let mut reader = app.db.read().await?;
    Ok(view_gate(app, &mut reader.connection(), id).await?)
}

/// Judges the gate anew after a decision, and ends its job run if the verdict is final.
async fn settle(app: &App, tx: &mut Tx, before: &GateView) -> Result<()> {
    let decisions = gates::list_decisions(&mut tx.connection(), before.gate.id).await?;
    let verdict = gate::judge(&before.approval, &before.members, &facts(&decisions));
    let (status, event) = match verdict.status {
        VerdictStatus::Open => return Ok(()),
        VerdictStatus::Approved => (JobRunStatus::Succeeded, NotifyEvent::Approved),
        VerdictStatus::Rejected => (JobRunStatus::Failed, NotifyEvent::Rejected),
    };
    let closed = verdict.status.gate_status();
    let last = decisions.last().and_then(|decision| {
        let comment = decision.comment.as_deref().filter(|comment| !comment.is_empty())?;
        Some(format!("{}: {comment}", decision.user_name))
    });
    let reason = (status == JobRunStatus::Failed).then_some("rejected");
    let ending = Ending { status, reason, detail: last, gate: Some(closed) };
    let notice = notices::Notice { event, gate: Some((before.gate.id, &before.approval)) };
    finish::finish(app, tx, &before.job_run, ending).await?;
    notices::notify(app, tx, &before.document, (&before.job_run, &before.run), notice).await
}
