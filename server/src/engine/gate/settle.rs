//! Judges a gate after anything has happened to it, and closes it or says when it is to be looked at again. The only way through.

use super::binding::rules_at;
use super::changes::Known;
use super::checks::{self, CheckResult, CheckStatus};
use super::open::rebind;
use super::view::{GateView, view_known};
use crate::app::App;
use crate::engine::environments::find_lock_before;
use crate::engine::finish::{self, Ending};
use crate::engine::notices::{self, About, Notice};
use crate::engine::start;
use crate::store::line::gates::Timers;
use crate::store::line::{gates, job_runs};
use crate::store::{Result, StoreError, Tx};
use andon_pipelines::document::{Approval, JobBody, NotifyEvent};
use andon_pipelines::gate::{VerdictStatus, check_answers, form_schema, is_open, next_due};
use andon_pipelines::ids::GateId;
use andon_pipelines::state::{GateStatus, JobRunStatus};

/// A failing probe is asked again after a minute, where its check does not say when.
const USUAL_CHECK_MS: i64 = 60_000;

/// What one look at a gate came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    /// It is closed.
    Closed,
    /// It waits for people, for a window, or for a check.
    Waits,
    /// People have approved, and checks have to be asked outside of this transaction.
    NeedsChecks,
}

/// Judges a gate whose rules exclude no authors. Answers whether it is closed.
pub(super) async fn settle_plainly(app: &App, tx: &mut Tx, id: GateId) -> Result<bool> {
    let view = view_known(app, &mut tx.connection(), id, &Known::default()).await?;
    Ok(settle(app, tx, &view, None).await? == Settled::Closed)
}

/// Judges the gate as it was read in this transaction. `fresh` are the results of checks that were asked for this very look.
pub(super) async fn settle(app: &App, tx: &mut Tx, view: &GateView, fresh: Option<&[CheckResult]>) -> Result<Settled> {
    if view.verdict.status == VerdictStatus::Rejected {
        return reject(app, tx, view).await;
    }
    if !view.is_approved() {
        let check_at = fresh.map_or(view.gate.check_at, |fresh| next_check(view, fresh, tx.at()));
        return wait(tx, view, check_at).await;
    }
    if !is_open(&view.approval.windows, tx.at()) {
        return wait(tx, view, None).await;
    }
    // What waits for the lock of an environment is looked at again when that goes.
    if find_lock_before(&mut tx.connection(), &view.job_run, &view.document).await?.is_some() {
        return wait(tx, view, None).await;
    }
    let asked;
    let results = match fresh {
        Some(fresh) => fresh,
        None if view.approval.checks.is_empty() => &[],
        None if view.approval.has_probes() => {
            let now = tx.at();
            wait(tx, view, Some(now)).await?;
            return Ok(Settled::NeedsChecks);
        }
        None => {
            let now = tx.at();
            asked = checks::ask_inside(&mut tx.connection(), view, now).await?;
            checks::keep(tx, view, &asked).await?;
            &asked
        }
    };
    if results.iter().any(|result| result.status != CheckStatus::Passed) {
        let check_at = next_check(view, results, tx.at());
        return wait(tx, view, check_at).await;
    }
    if !has_whole_form(view) {
        return wait(tx, view, None).await;
    }
    release(app, tx, view).await
}

/// The approvals that stand have answered everything that the form asks for; what timed out has nobody to answer.
fn has_whole_form(view: &GateView) -> bool {
    view.gate.timed_out_at.is_some() || check_answers(&form_schema(&view.approval.form), &view.answers(), true).is_ok()
}

/// When the checks that do not pass are asked again.
fn next_check(view: &GateView, results: &[CheckResult], now_ms: i64) -> Option<i64> {
    let pairs = view.approval.checks.iter().zip(results).filter(|(_, result)| result.status != CheckStatus::Passed);
    let again = pairs.filter_map(|(check, result)| {
        let every = check.every.and_then(|every| i64::try_from(every).ok()).map(|every| now_ms + every);
        let usual = (result.kind == "http" && view.is_approved()).then_some(now_ms + USUAL_CHECK_MS);
        [every, result.next_at, usual.filter(|_| every.is_none())].into_iter().flatten().min()
    });
    again.min()
}

async fn wait(tx: &mut Tx, view: &GateView, check_at: Option<i64>) -> Result<Settled> {
    let times = andon_pipelines::gate::Times { check_at, ..view.times() };
    let timers = Timers { check_at, next_at: next_due(&view.approval, &times, tx.at()), ..view.gate.timers() };
    if timers != view.gate.timers() {
        gates::set_timers(tx, view.gate.id, &timers).await?;
    }
    Ok(Settled::Waits)
}

async fn reject(app: &App, tx: &mut Tx, view: &GateView) -> Result<Settled> {
    let ending =
        Ending { detail: last_words(view), gate: Some(GateStatus::Rejected), ..Ending::new(JobRunStatus::Failed, Some("rejected")) };
    finish::finish(app, tx, &view.job_run, ending).await?;
    tell(app, tx, view, NotifyEvent::Rejected).await?;
    Ok(Settled::Closed)
}

/// What the last person who decided said.
fn last_words(view: &GateView) -> Option<String> {
    let last = view.standing().last()?;
    let comment = last.comment.as_deref().filter(|comment| !comment.is_empty())?;
    Some(format!("{}: {comment}", last.user_name))
}

/// Lets the job run through, if it still is what was approved; else the gate asks anew.
async fn release(app: &App, tx: &mut Tx, view: &GateView) -> Result<Settled> {
    let rules = rules_at(app, &mut tx.connection(), &view.job_run, view.gate.revision).await?;
    let rules = rules.ok_or_else(|| StoreError::Corrupt(format!("{} has a gate without rules", view.job_run.job_name)))?;
    if rebind(app, tx, &view.gate, &rules).await? {
        return Ok(Settled::Waits);
    }
    let timed_out = view.gate.timed_out_at.is_some() && view.verdict.status != VerdictStatus::Approved;
    let (how, reason) = if timed_out { ("timeout", Some("approved-by-timeout")) } else { ("people", None) };
    let detail = if timed_out { None } else { last_words(view) };
    let_through(app, tx, view, (how, reason, detail)).await?;
    tell(app, tx, view, if timed_out { NotifyEvent::Expired } else { NotifyEvent::Approved }).await?;
    Ok(Settled::Closed)
}

/// Closes the gate as approved: a gate's job run has succeeded, a deployment goes to the runners.
pub(super) async fn let_through(
    app: &App,
    tx: &mut Tx,
    view: &GateView,
    (how, reason, detail): (&str, Option<&str>, Option<String>),
) -> Result<()> {
    gates::close(tx, view.run.workspace, &view.gate, (GateStatus::Approved, how)).await?;
    let document = app.documents.get(&mut tx.connection(), view.job_run.pipeline, view.job_run.revision).await?;
    let job = document.jobs.iter().find(|job| job.name == view.job_run.job_name);
    match job.map(|job| (job, &job.body)) {
        Some((job, JobBody::Steps(body))) => {
            let job_run = job_runs::get(&mut tx.connection(), view.job_run.id).await?;
            start::queue(tx, &job_run, (job, body)).await
        }
        _ => {
            let ending = Ending { detail, gate: Some(GateStatus::Approved), ..Ending::new(JobRunStatus::Succeeded, reason) };
            finish::finish(app, tx, &view.job_run, ending).await
        }
    }
}

/// Tells those whom the pipeline's rules name.
pub(super) async fn tell(app: &App, tx: &mut Tx, view: &GateView, event: NotifyEvent) -> Result<()> {
    tell_of(app, tx, view, (event, &view.approval_for(view.gate.escalated_at.is_some()))).await
}

/// Tells everybody who may decide once the gate has escalated.
pub(super) async fn tell_widely(app: &App, tx: &mut Tx, view: &GateView) -> Result<()> {
    tell_of(app, tx, view, (NotifyEvent::AwaitingApproval, &view.approval_for(true))).await
}

async fn tell_of(app: &App, tx: &mut Tx, view: &GateView, (event, approval): (NotifyEvent, &Approval)) -> Result<()> {
    let notice = Notice { event, about: Some(About::Gate(view.gate.id, approval)) };
    notices::notify(app, tx, &view.document, (&view.job_run, &view.run), notice).await
}
