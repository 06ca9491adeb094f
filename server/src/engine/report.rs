//! What runners report is put on disk, once, in order.

use super::assign::Assigner;
use super::desk;
use super::dispatch::{assign_all, give};
use super::finish::{finish_executions, finish_single};
use super::reap::{lose, take_back};
use super::schedule::{Follower, is_race};
use crate::app::App;
use crate::store::line::executions::{End, Execution, ExecutionStatus, Progress};
use crate::store::line::job_runs::{JobRun, Traces};
use crate::store::line::logs::Chunk;
use crate::store::line::runners::Runner;
use crate::store::line::{executions, job_runs, logs, reports, runners};
use crate::store::{Result, StoreError, Tx};
use andon_pipelines::ids::{ExecutionId, JobRunId};
use andon_pipelines::wire::{Acknowledgement, Outcome, Report, ReportAnswer, ReportBatch, ReportBody};
use std::collections::BTreeMap;

/// Takes a batch of reports; also the runner's heartbeat. Where executions end, the same commit decides what follows and
/// fills their slots.
///
/// # Errors
/// [`StoreError::NotFound`] when the runner is unknown: it has to register. Nothing of the batch is on disk then.
pub async fn take_reports(app: &App, assigner: &Assigner, batch: &ReportBatch) -> Result<ReportAnswer> {
    if batch.reports.iter().any(|report| matches!(report.body, ReportBody::Finished { .. })) {
        match take_ends(app, assigner, batch).await {
            Ok(answer) => return Ok(answer),
            Err(error @ StoreError::NotFound { .. }) => return Err(error),
            // What the line makes of it must not keep what happened from the disk; the scheduler's loop tries again.
            Err(error) if is_race(&error) => tracing::debug!(%error, "the line cannot follow a report at once"),
            Err(error) => tracing::warn!(%error, "the line cannot follow a report at once"),
        }
    }
    let mut tx = app.db.begin("andon").await?;
    let (taken, _) = take_batch(app, &mut tx, batch).await?;
    tx.commit().await?;
    Ok(taken.answer(app))
}

async fn take_ends(app: &App, assigner: &Assigner, batch: &ReportBatch) -> Result<ReportAnswer> {
    let mut follower = Follower::begin(app).await?;
    let mut tx = app.db.begin("andon").await?;
    let (taken, runner) = take_batch(app, &mut tx, batch).await?;
    follower.follow(app, &mut tx).await?;
    // Where its answer got lost, an end has been answered already.
    let takes = if taken.any_ended { batch.takes } else { 0 };
    let given = give(app, &mut tx, &runner, takes as usize).await?;
    let served = desk::serve(app, &mut tx).await?;
    follower.commit(tx).await?;
    served.hand_over();
    let mut answer = taken.answer(app);
    answer.assignments = assign_all(app, assigner, given).await?;
    Ok(answer)
}

/// What came of a batch.
#[derive(Default)]
struct TakenBatch {
    answer: ReportAnswer,
    /// The logs that have grown, and how far.
    grown: Vec<(ExecutionId, i64)>,
    /// Some executions ended.
    any_ended: bool,
    /// Some of them left a log that is too long to stay as it is.
    is_to_seal: bool,
}

impl TakenBatch {
    fn add(&mut self, id: ExecutionId, taken: &Taken) {
        self.any_ended |= taken.ended;
        self.is_to_seal |= taken.is_to_seal;
        self.grown.extend(taken.grown_to.map(|size| (id, size)));
        taken.tell(id, &mut self.answer);
    }

    /// Once it is on disk.
    fn answer(self, app: &App) -> ReportAnswer {
        for (id, size) in self.grown {
            app.live_logs.grow(id, size);
        }
        if self.is_to_seal {
            app.wake.seal.notify_one();
        }
        self.answer
    }
}

async fn take_batch(app: &App, tx: &mut Tx, batch: &ReportBatch) -> Result<(TakenBatch, Runner)> {
    let mut by_execution: BTreeMap<ExecutionId, Vec<&Report>> = batch.running.iter().map(|id| (*id, Vec::new())).collect();
    for report in &batch.reports {
        by_execution.entry(report.execution).or_default().push(report);
    }
    let told: Vec<_> = by_execution.keys().copied().collect();
    let found = executions::list_with_runner(&mut tx.connection(), batch.runner, &told).await?;
    let (runner, known) = found.ok_or(StoreError::NotFound { what: "the runner" })?;
    let state = if batch.draining { "draining" } else { "active" };
    // A heartbeat is written at most every third of its interval: reports may come by the hundred a second.
    if runner.state != state || tx.at() - runner.seen_at > app.settings.heartbeat_ms / 3 {
        runners::set_seen(tx, &runner, state).await?;
        let lease_until = tx.at() + app.settings.lease_ms;
        // Only of what it says it holds: what got lost on its way to it must run out.
        executions::renew(tx, &told, runner.id, lease_until).await?;
    }
    let mut ending = list_ending(app, tx, &known, &by_execution).await?;
    let mut known: BTreeMap<_, _> = known.into_iter().map(|execution| (execution.id, execution)).collect();
    let mut all = TakenBatch::default();
    for (id, list) in by_execution {
        let known = known.remove(&id).map(|execution| (ending.remove(&execution.job_run), execution));
        all.add(id, &take_one(app, tx, &runner, (known, list)).await?);
    }
    Ok((all, runner))
}

/// A job run that ends with its only execution.
type EndingJobRun = (JobRun, Traces);

/// The job runs that end with a batch, as far as that is sure before it is taken.
async fn list_ending(
    app: &App,
    tx: &mut Tx,
    known: &[Execution],
    told: &BTreeMap<ExecutionId, Vec<&Report>>,
) -> Result<BTreeMap<JobRunId, EndingJobRun>> {
    let says = |execution: &Execution, is: fn(&ReportBody) -> bool| {
        told.get(&execution.id).is_some_and(|reports| reports.iter().any(|report| is(&report.body)))
    };
    let ends = |execution: &&Execution| {
        let is_only = execution.cell.is_none() && execution.status == ExecutionStatus::Running;
        is_only && says(execution, |body| matches!(body, ReportBody::Finished { .. }))
    };
    let ending: Vec<_> = known.iter().filter(ends).collect();
    let ids: Vec<_> = ending.iter().map(|execution| execution.job_run).collect();
    let mut found = BTreeMap::new();
    for (job_run, mut traces) in job_runs::list_ending(tx, app.db.row_lock(), &ids).await? {
        // A state that comes with the batch is not on disk yet.
        let of_it = |execution: &&&Execution| execution.job_run == job_run.id;
        traces.state |= ending.iter().filter(of_it).any(|execution| says(execution, |body| matches!(body, ReportBody::State { .. })));
        found.insert(job_run.id, (job_run, traces));
    }
    Ok(found)
}

/// What came of one execution's reports.
#[derive(Default)]
struct Taken {
    acknowledged: Option<u64>,
    stop: bool,
    abandon: bool,
    grown_to: Option<i64>,
    ended: bool,
    is_to_seal: bool,
}

impl Taken {
    fn tell(&self, execution: ExecutionId, answer: &mut ReportAnswer) {
        if let Some(sequence) = self.acknowledged {
            answer.acknowledged.push(Acknowledgement { execution, sequence });
        }
        if self.stop {
            answer.stop.push(execution);
        }
        if self.abandon {
            answer.abandon.push(execution);
        }
    }
}

/// What is known of an execution: itself, and its job run, where that ends with it.
type Known = (Option<EndingJobRun>, Execution);

async fn take_one(app: &App, tx: &mut Tx, runner: &Runner, (known, list): (Option<Known>, Vec<&Report>)) -> Result<Taken> {
    let Some((ending, execution)) = known else { return Ok(Taken { abandon: true, ..Taken::default() }) };
    let id = execution.id;
    let known = u64::try_from(execution.reported).unwrap_or(0);
    if execution.status != ExecutionStatus::Running || execution.runner != Some(runner.id) {
        // Its end is on disk already (an acknowledgement was lost), or it was given to another runner.
        let ended_here = execution.status == ExecutionStatus::Ended && execution.runner == Some(runner.id);
        let acknowledged = ended_here.then(|| list.last().map_or(known, |report| report.sequence.max(known)));
        return Ok(Taken { acknowledged, abandon: !ended_here, ..Taken::default() });
    }
    let fresh: Vec<_> = list.into_iter().filter(|report| report.sequence > known).collect();
    let in_order = fresh.iter().zip(known + 1..).take_while(|(report, expected)| report.sequence == *expected).count();
    let newest = known + in_order as u64;
    let mut taken = Taken { acknowledged: Some(newest), stop: execution.stop_requested, ..Taken::default() };
    if in_order == 0 {
        return Ok(taken);
    }
    let reported = i64::try_from(newest).unwrap_or(i64::MAX);
    let mut progress = Progress { reported, steps_begun: execution.steps_begun, log_size: execution.log_size, end: None };
    let mut finished = None;
    let mut chunks = Vec::new();
    let mut steps = Vec::new();
    for report in fresh.into_iter().take(in_order) {
        match &report.body {
            ReportBody::Started => {}
            ReportBody::StepsBegun => progress.steps_begun = true,
            ReportBody::Log { offset, bytes } => {
                let position = i64::try_from(*offset).unwrap_or(i64::MAX);
                progress.log_size = position.saturating_add(i64::try_from(bytes.len()).unwrap_or(0));
                chunks.push(Chunk { position, at: report.at, bytes: bytes.clone() });
            }
            ReportBody::Step(step) => steps.push(step),
            ReportBody::Finished { outcome, reason, detail } => {
                finished = Some((*outcome, reason, detail));
                break;
            }
            ReportBody::Returned => {
                // Where it says so after something else, it may have begun.
                if report.sequence == 1 {
                    take_back(app, tx, &execution).await?;
                } else {
                    lose(app, tx, &Execution { steps_begun: progress.steps_begun, ..execution }).await?;
                }
                return Ok(taken);
            }
            _ => take_body(tx, id, report.clone()).await?,
        }
    }
    reports::set_steps(tx, id, &steps).await?;
    if !chunks.is_empty() {
        logs::append(tx, id, chunks).await?;
        taken.grown_to = Some(progress.log_size);
    }
    match finished {
        None => executions::advance(tx, None, &execution, progress).await?,
        Some((outcome, reason, detail)) => {
            taken.grown_to = Some(i64::MAX);
            taken.ended = true;
            taken.is_to_seal = progress.log_size > logs::SHORT;
            let end = End { outcome, reason: reason.as_deref(), detail: detail.as_deref() };
            take_end(app, tx, (ending, &execution), Progress { end: Some(end), ..progress }).await?;
        }
    }
    Ok(taken)
}

async fn take_end(app: &App, tx: &mut Tx, (ending, execution): (Option<EndingJobRun>, &Execution), progress: Progress<'_>) -> Result<()> {
    // The runner died, and says so in its next life.
    if progress.end.is_some_and(|end| end.reason == Some("runner-lost")) {
        executions::advance(tx, None, execution, Progress { end: None, ..progress }).await?;
        let current = executions::get(&mut tx.connection(), execution.id).await?;
        return lose(app, tx, &current).await;
    }
    // One cell of several: the last of them to end finds what all of them have left.
    let Some((job_run, traces)) = ending else {
        let job_run = job_runs::get_locked(tx, app.db.row_lock(), execution.job_run).await?;
        executions::advance(tx, Some(job_run.workspace), execution, progress).await?;
        return finish_executions(app, tx, &job_run).await;
    };
    executions::advance(tx, Some(job_run.workspace), execution, progress).await?;
    let text = |text: Option<&str>| text.map(str::to_owned);
    let ended = Execution {
        status: ExecutionStatus::Ended,
        outcome: progress.end.map(|end| end.outcome),
        reason: progress.end.and_then(|end| text(end.reason)),
        detail: progress.end.and_then(|end| text(end.detail)),
        ..execution.clone()
    };
    finish_single(app, tx, (&job_run, traces), ended).await
}

/// Takes what stands in tables of its own.
async fn take_body(tx: &mut Tx, id: ExecutionId, report: Report) -> Result<()> {
    match report.body {
        ReportBody::Output { resource, values, archive } => {
            reports::set_output(tx, id, &reports::Output { resource, map: values, archive }).await?;
        }
        ReportBody::State { values } => reports::set_state(tx, id, &values).await?,
        ReportBody::Summary { markdown } => reports::set_summary(tx, id, &markdown).await?,
        ReportBody::Artifact { path, size, blob } => {
            let number = |size: u64| i64::try_from(size).unwrap_or(i64::MAX);
            let artifact =
                reports::Artifact { execution: id, path, size: number(size), blob_digest: blob.digest, blob_size: number(blob.size) };
            reports::set_artifact(tx, &artifact).await?;
        }
        ReportBody::Tests { suites } => reports::add_tests(tx, id, &suites).await?,
        ReportBody::Annotation(annotation) => {
            let position = i64::try_from(report.sequence).unwrap_or(i64::MAX);
            reports::add_annotation(tx, id, position, &annotation).await?;
        }
        ReportBody::Started
        | ReportBody::StepsBegun
        | ReportBody::Step(_)
        | ReportBody::Log { .. }
        | ReportBody::Returned
        | ReportBody::Finished { .. } => {}
    }
    Ok(())
}

/// Ends an execution that could not be put together (a secret is missing, a version's blob is gone).
pub(super) async fn fail_assignment(app: &App, execution: &Execution, why: &str) -> Result<()> {
    let mut tx = app.db.begin("andon").await?;
    let job_run = job_runs::get_locked(&mut tx, app.db.row_lock(), execution.job_run).await?;
    let end = End { outcome: Outcome::Errored, reason: Some("not-assignable"), detail: Some(why) };
    executions::end(&mut tx, job_run.workspace, execution, end).await?;
    finish_executions(app, &mut tx, &job_run).await?;
    tx.commit().await
}
