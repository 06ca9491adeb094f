//! How a gate opens, and how it asks anew when what it is bound to has changed.

use super::binding::{Rules, digest_of, rules_in};
use super::given::find_given;
use super::settle;
use crate::app::App;
use crate::engine::finish::{self, Ending};
use crate::engine::notices::{self, About, Notice};
use crate::engine::start::step;
use crate::store::line::gates::{Gate, NewGate, Timers};
use crate::store::line::job_runs::{JobRun, Move};
use crate::store::line::runs::Run;
use crate::store::line::{gate_approvers, gate_decisions, gates, job_runs, runs};
use crate::store::{Result, Tx};
use andon_pipelines::document::{CarryOver, Document, Exclusion, JobBody, NotifyEvent};
use andon_pipelines::gate::{Times, deadline, next_due};
use andon_pipelines::ids::PipelineId;
use andon_pipelines::state::{GateStatus, JobRunEvent, JobRunStatus};
use std::sync::Arc;

/// Brings a job run before people.
pub(in crate::engine) async fn open_gate(app: &App, tx: &mut Tx, (job_run, run): (&JobRun, &Run), rules: &Rules) -> Result<()> {
    let status = step(job_run.status, JobRunEvent::OpenGate)?;
    job_runs::set_status(tx, job_run, Move::to(status)).await?;
    let digest = digest_of(&mut tx.connection(), (job_run, run), rules).await?;
    let carried = match rules.approval.carry_over {
        CarryOver::SameDigest => gates::find_approved(&mut tx.connection(), job_run.job, &digest).await?,
        CarryOver::Never => None,
    };
    let carried = match carried {
        Some(carried) => Some(carried),
        None => find_given(app, &mut tx.connection(), (job_run, run), rules).await?,
    };
    let new = NewGate {
        workspace: run.workspace,
        pipeline: job_run.pipeline,
        job_run: job_run.id,
        revision: rules.revision,
        digest: &digest,
        carried_from: carried.as_ref().map(|gate| gate.id),
        timers: first_timers(rules, tx.at()),
        watches: !rules.approval.checks.is_empty(),
    };
    let id = gates::open(tx, &new).await?;
    gate_approvers::set(tx, (run.workspace, id), &rules.approval).await?;
    if let Some(carried) = &carried {
        gate_decisions::copy(tx, carried, (id, &digest)).await?;
        // Who the authors are is found out by the loop, outside of this transaction.
        let released = !rules.approval.exclude.contains(&Exclusion::Authors) && settle::settle_plainly(app, tx, id).await?;
        if released {
            return Ok(());
        }
        let now = tx.at();
        gates::set_timers(tx, id, &Timers { next_at: Some(now), ..new.timers }).await?;
    }
    let now_awaiting = job_runs::get(&mut tx.connection(), job_run.id).await?;
    let notice = Notice { event: NotifyEvent::AwaitingApproval, about: Some(About::Gate(id, &rules.approval)) };
    notices::notify(app, tx, &rules.document, (&now_awaiting, run), notice).await
}

/// The timers of a gate that opens now; its checks are asked at once.
fn first_timers(rules: &Rules, now_ms: i64) -> Timers {
    let check_at = (!rules.approval.checks.is_empty()).then_some(now_ms);
    let times = Times { opened_at: now_ms, reminded_at: None, escalated_at: None, approved: false, check_at };
    let deadline_at = deadline(&rules.approval, now_ms, None);
    Timers { deadline_at, next_at: next_due(&rules.approval, &times, now_ms), check_at, ..Timers::default() }
}

/// After a new revision: every open gate of the pipeline whose definition has changed asks anew, by the new rules. A gate whose job is gone
/// is withdrawn.
pub(in crate::engine) async fn rebind_open(
    app: &App,
    tx: &mut Tx,
    (pipeline, revision): (PipelineId, i64),
    document: &Arc<Document>,
) -> Result<()> {
    for gate in gates::list_open_of_pipeline(&mut tx.connection(), pipeline).await? {
        gates::lock(tx, gate.id).await?;
        let job_run = job_runs::get(&mut tx.connection(), gate.job_run).await?;
        match rules_in(app, &mut tx.connection(), &job_run, (revision, document)).await? {
            Some(rules) => rebind(app, tx, &gate, &rules).await.map(drop)?,
            None if is_gate(app, tx, &job_run).await? => {
                let detail = Some(format!("revision {revision} of the pipeline has no such gate"));
                let ended = Ending { detail, gate: Some(GateStatus::Withdrawn), ..Ending::new(JobRunStatus::Stopped, Some("withdrawn")) };
                finish::finish(app, tx, &job_run, ended).await?;
            }
            // The environment asks for nothing any more; what was asked before that is still to be answered.
            None => {}
        }
    }
    Ok(())
}

async fn is_gate(app: &App, tx: &mut Tx, job_run: &JobRun) -> Result<bool> {
    let document = app.documents.get(&mut tx.connection(), job_run.pipeline, job_run.revision).await?;
    let job = document.jobs.iter().find(|job| job.name == job_run.job_name);
    Ok(job.is_some_and(|job| matches!(job.body, JobBody::Approval(_))))
}

/// Asks anew if the gate is bound to something else than the job run now is. Answers whether it does.
pub(super) async fn rebind(app: &App, tx: &mut Tx, gate: &Gate, rules: &Rules) -> Result<bool> {
    let job_run = job_runs::get(&mut tx.connection(), gate.job_run).await?;
    let run = runs::get(&mut tx.connection(), job_run.run).await?;
    let digest = digest_of(&mut tx.connection(), (&job_run, &run), rules).await?;
    if digest == gate.digest {
        return Ok(false);
    }
    gate_decisions::revoke_all(tx, gate.id).await?;
    gates::rebind(tx, run.workspace, gate, (rules.revision, &digest)).await?;
    gate_approvers::set(tx, (run.workspace, gate.id), &rules.approval).await?;
    let timers = first_timers(rules, tx.at());
    gates::set_timers(tx, gate.id, &timers).await?;
    let watches = (!rules.approval.checks.is_empty()).then_some(job_run.pipeline);
    gates::set_watches(tx, gate.id, watches).await?;
    let notice = Notice { event: NotifyEvent::AwaitingApproval, about: Some(About::Gate(gate.id, &rules.approval)) };
    notices::notify(app, tx, &rules.document, (&job_run, &run), notice).await?;
    Ok(true)
}
