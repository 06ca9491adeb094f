//! What time does to gates: deadlines, reminders, windows that open, and checks that are asked again. A gate says in one column when it
//! is to be looked at next, so that one that waits costs nothing.

use super::changes::Known;
use super::checks::{self, CheckResult};
use super::decide::learn;
use super::settle::{Settled, settle, tell, tell_widely};
use super::view::{GateView, view_gate, view_known};
use crate::app::App;
use crate::engine::finish::{self, Ending};
use crate::store::line::gate_approvers;
use crate::store::line::gates::{self, Gate, Timers};
use crate::store::{Result, Tx};
use andon_pipelines::document::NotifyEvent;
use andon_pipelines::event::Event;
use andon_pipelines::gate::{TimeoutOutcome, deadline, next_reminder, timeout_outcome};
use andon_pipelines::state::GateStatus;
use futures::StreamExt;

/// Most gates that one pass looks at; the next pass follows at once.
const PASS: i64 = 1_000;
/// How many gates are looked at side by side: probes of one must not hold the others up.
const ABREAST: usize = 8;

/// Looks at every gate whose time has come. Answers how many.
///
/// # Errors
/// What went wrong first; the others have been looked at all the same, and the next tick goes on.
pub async fn tick(app: &App) -> Result<usize> {
    let now = app.clock.now_ms();
    let due = gates::list_due(&mut app.db.read().await?.connection(), now, PASS).await?;
    let looks = futures::stream::iter(due).map(|gate| async move { look(app, &gate).await }).buffer_unordered(ABREAST);
    let outcomes: Vec<Result<()>> = looks.collect().await;
    let count = outcomes.len();
    for outcome in outcomes {
        match outcome {
            // Somebody decided at the same moment.
            Err(error) if crate::engine::schedule::is_race(&error) => {}
            other => other?,
        }
    }
    Ok(count)
}

async fn look(app: &App, gate: &Gate) -> Result<()> {
    let known = learn(app, gate.id).await?;
    let before = view_gate(app, &mut app.db.read().await?.connection(), gate.id).await?;
    if before.gate.status != GateStatus::Open {
        return Ok(());
    }
    let fresh = match wants_checks(&before, app.clock.now_ms()) {
        true => Some(checks::ask(app, &before).await?),
        false => None,
    };
    let mut tx = app.db.begin("andon").await?;
    gates::lock(&mut tx, gate.id).await?;
    let view = view_known(app, &mut tx.connection(), gate.id, &known).await?;
    if view.gate.status != GateStatus::Open || view.gate.digest != before.gate.digest {
        return Ok(());
    }
    if view.gate.excludes.is_none() {
        gate_approvers::set(&mut tx, (view.run.workspace, gate.id), &view.approval).await?;
    }
    if let Some(fresh) = &fresh {
        checks::keep(&mut tx, &view, fresh).await?;
    }
    if pass_time(app, &mut tx, &view).await? {
        return tx.commit().await;
    }
    settle_again(app, &mut tx, (&known, gate), fresh.as_deref()).await?;
    tx.commit().await
}

/// Judges the gate as it is after what time has done to it.
async fn settle_again(app: &App, tx: &mut Tx, (known, gate): (&Known, &Gate), fresh: Option<&[CheckResult]>) -> Result<()> {
    let view = view_known(app, &mut tx.connection(), gate.id, known).await?;
    if settle(app, tx, &view, fresh).await? == Settled::NeedsChecks {
        // People have approved since the checks were last asked: it is due now, and the next look asks.
        app.wake.gates.notify_one();
    }
    Ok(())
}

/// Checks are asked when they are due, and for every look at a gate that people have approved.
fn wants_checks(view: &GateView, now_ms: i64) -> bool {
    let due = view.gate.checked_at.is_none() || view.gate.check_at.is_some_and(|at| at <= now_ms);
    let timed_out = view.gate.deadline_at.is_some_and(|at| at <= now_ms);
    !view.approval.checks.is_empty() && (due || view.is_approved() || timed_out)
}

/// Does what the deadline and the reminders ask for. Answers whether the gate is closed.
async fn pass_time(app: &App, tx: &mut Tx, view: &GateView) -> Result<bool> {
    if view.is_approved() {
        return Ok(false);
    }
    let now = tx.at();
    if view.gate.deadline_at.is_some_and(|deadline| deadline <= now) {
        return run_out(app, tx, view).await;
    }
    if next_reminder(&view.approval, &view.times()).is_some_and(|reminder| reminder <= now) {
        gates::set_timers(tx, view.gate.id, &Timers { reminded_at: Some(now), ..view.gate.timers() }).await?;
        tx.emit(Some(view.run.workspace), Event::GateReminded { gate: view.gate.id, job_run: view.job_run.id });
        tell(app, tx, view, NotifyEvent::AwaitingApproval).await?;
    }
    Ok(false)
}

async fn run_out(app: &App, tx: &mut Tx, view: &GateView) -> Result<bool> {
    let now = tx.at();
    match timeout_outcome(view.approval.on_timeout, view.gate.escalated_at.is_some()) {
        TimeoutOutcome::Close { gate, job_run, reason } => {
            let ending = Ending { gate: Some(gate), ..Ending::new(job_run, Some(reason)) };
            finish::finish(app, tx, &view.job_run, ending).await?;
            tell(app, tx, view, NotifyEvent::Expired).await?;
            Ok(true)
        }
        TimeoutOutcome::Approve => {
            let timers = Timers { timed_out_at: Some(now), deadline_at: None, ..view.gate.timers() };
            gates::set_timers(tx, view.gate.id, &timers).await?;
            Ok(false)
        }
        TimeoutOutcome::Escalate => {
            let deadline_at = deadline(&view.approval, view.gate.opened_at, Some(now));
            let timers = Timers { escalated_at: Some(now), reminded_at: Some(now), deadline_at, ..view.gate.timers() };
            gates::set_timers(tx, view.gate.id, &timers).await?;
            tx.emit(Some(view.run.workspace), Event::GateEscalated { gate: view.gate.id, job_run: view.job_run.id });
            tell_widely(app, tx, view).await?;
            Ok(false)
        }
    }
}
