//! The handles of operators: stop, rerun, pause.

use super::finish::{self, Ending};
use super::start::{self, step};
use crate::app::App;
use crate::http;
use crate::store::line::job_runs::{JobRun, Move, NewJobRun};
use crate::store::line::pipelines::Pipeline;
use crate::store::line::{executions, job_runs, pipelines, runs};
use crate::store::{Result, Tx};
use andon_pipelines::ids::{JobId, JobRunId, RunId};
use andon_pipelines::state::{GateStatus, JobRunEvent, JobRunStatus};

/// Stops a job run. Answers its status afterwards: `stopping` while a runner ends it, else `stopped`.
///
/// # Errors
/// 409 when it has ended already.
pub async fn stop_job_run(app: &App, actor: &str, id: JobRunId, reason: Option<&str>) -> http::Result<JobRunStatus> {
    let mut tx = app.db.begin(actor).await?;
    let job_run = job_runs::get(&mut tx.connection(), id).await?;
    if job_run.status.is_terminal() {
        return Err(http::Error::conflict(format!("It has ended already: {}.", job_run.status)));
    }
    stop(app, &mut tx, &job_run, reason).await?;
    tx.commit().await?;
    let after = job_runs::get(&mut app.db.read().await?.connection(), id).await?;
    Ok(after.status)
}

/// Stops everything of a run that has not ended. Answers how many job runs that were.
///
/// # Errors
/// 409 when nothing of it is active.
pub async fn stop_run(app: &App, actor: &str, id: RunId, reason: Option<&str>) -> http::Result<usize> {
    let mut tx = app.db.begin(actor).await?;
    let active: Vec<_> =
        job_runs::list_of_run(&mut tx.connection(), id).await?.into_iter().filter(|job_run| !job_run.status.is_terminal()).collect();
    if active.is_empty() {
        return Err(http::Error::conflict("Nothing of this run is active."));
    }
    for job_run in &active {
        stop(app, &mut tx, job_run, reason).await?;
    }
    tx.commit().await?;
    Ok(active.len())
}

async fn stop(app: &App, tx: &mut Tx, job_run: &JobRun, reason: Option<&str>) -> Result<()> {
    let detail = match reason {
        Some(reason) => format!("stopped by {}: {reason}", tx.actor()),
        None => format!("stopped by {}", tx.actor()),
    };
    let ended = Ending { detail: Some(detail.clone()), ..Ending::new(JobRunStatus::Stopped, Some("stopped")) };
    match job_run.status {
        JobRunStatus::Stopping => Ok(()),
        JobRunStatus::Awaiting => finish::finish(app, tx, job_run, Ending { gate: Some(GateStatus::Withdrawn), ..ended }).await,
        JobRunStatus::Waiting | JobRunStatus::Queued => {
            executions::request_stop(tx, job_run.id).await?;
            finish::finish(app, tx, job_run, ended).await
        }
        _ => {
            let status = step(job_run.status, JobRunEvent::Stop)?;
            let held = executions::request_stop(tx, job_run.id).await?;
            job_runs::set_status(tx, job_run.workspace, job_run, Move { detail: Some(&detail), ..Move::to(status) }).await?;
            if held > 0 {
                return Ok(());
            }
            let stopping = job_runs::get_locked(tx, app.db.row_lock(), job_run.id).await?;
            finish::finish_executions(app, tx, &stopping).await
        }
    }
}

/// Runs a job run again, on the same set.
///
/// # Errors
/// 409 while it has not ended.
pub async fn rerun_job_run(app: &App, actor: &str, id: JobRunId) -> http::Result<JobRunId> {
    let turn = app.scheduler.turn(app).await?;
    let mut tx = app.db.begin(actor).await?;
    let original = job_runs::get(&mut tx.connection(), id).await?;
    let has_slot = turn.line.free_slots(original.job).is_none_or(|(_, free)| free > 0);
    let rerun = rerun(app, &mut tx, &original, has_slot).await?;
    tx.commit().await?;
    Ok(rerun)
}

/// Runs the failed job runs of a run again. Answers the new ones.
///
/// # Errors
/// 409 when none has failed.
pub async fn rerun_failed(app: &App, actor: &str, id: RunId) -> http::Result<Vec<JobRunId>> {
    let turn = app.scheduler.turn(app).await?;
    let mut tx = app.db.begin(actor).await?;
    let all = job_runs::list_of_run(&mut tx.connection(), id).await?;
    let replaced: Vec<_> = all.iter().filter_map(|job_run| job_run.rerun_of).collect();
    let failed = |job_run: &&JobRun| {
        matches!(job_run.status, JobRunStatus::Failed | JobRunStatus::Errored | JobRunStatus::Stopped)
            && !replaced.contains(&job_run.id)
            && job_run.reason.as_deref() != Some("superseded")
    };
    let mut slots = super::schedule::Slots::default();
    let mut made = Vec::new();
    for job_run in all.iter().filter(failed) {
        let has_slot = slots.take(&turn.line, job_run.job);
        made.push(rerun(app, &mut tx, job_run, has_slot).await?);
    }
    if made.is_empty() {
        return Err(http::Error::conflict("Nothing of this run has failed."));
    }
    tx.commit().await?;
    Ok(made)
}

/// Runs a whole run again on the versions it began with: the job runs that followed nothing within it. The others follow by themselves.
///
/// # Errors
/// 409 while something of it is active.
pub async fn rerun_run(app: &App, actor: &str, id: RunId) -> http::Result<Vec<JobRunId>> {
    let turn = app.scheduler.turn(app).await?;
    let mut tx = app.db.begin(actor).await?;
    let all = job_runs::list_of_run(&mut tx.connection(), id).await?;
    let mut slots = super::schedule::Slots::default();
    let mut made = Vec::new();
    for job_run in all.iter().filter(|job_run| job_run.rerun_of.is_none()) {
        let upstream = job_runs::list_follows(&mut tx.connection(), job_run.id).await?;
        if upstream.iter().all(|upstream| upstream.run != id) {
            let has_slot = slots.take(&turn.line, job_run.job);
            made.push(rerun(app, &mut tx, job_run, has_slot).await?);
        }
    }
    if made.is_empty() {
        return Err(http::Error::conflict("The run has no job runs to run again."));
    }
    tx.commit().await?;
    Ok(made)
}

async fn rerun(app: &App, tx: &mut Tx, original: &JobRun, has_slot: bool) -> http::Result<JobRunId> {
    if !original.status.is_terminal() {
        return Err(http::Error::conflict(format!("It has not ended yet: {}. Stop it first, or wait.", original.status)));
    }
    let workspace = original.workspace;
    let attempt = job_runs::get_last_attempt(&mut tx.connection(), original.job, original.number).await? + 1;
    let inputs = job_runs::list_inputs(&mut tx.connection(), original.id).await?;
    let follows = job_runs::list_follows(&mut tx.connection(), original.id).await?.into_iter().map(|job_run| job_run.id).collect();
    let new = NewJobRun {
        workspace,
        pipeline: original.pipeline,
        run: original.run,
        job: original.job,
        revision: original.revision,
        number: original.number,
        attempt,
        rerun_of: Some(original.id),
        set_digest: None,
        params: original.params.clone(),
        inputs,
        follows,
    };
    let id = job_runs::create(tx, &new).await?;
    runs::reopen(tx, workspace, original.pipeline, original.run).await?;
    start::begin(app, tx, id, has_slot).await?;
    Ok(id)
}

/// Pulls the cord on a pipeline, or lets it go.
///
/// # Errors
/// Whatever the database says.
pub async fn pause_pipeline(app: &App, actor: &str, pipeline: &Pipeline, pause: (bool, Option<&str>)) -> Result<()> {
    let mut tx = app.db.begin(actor).await?;
    pipelines::set_paused(&mut tx, pipeline, pause.0, pause.1).await?;
    tx.commit().await
}

/// Pulls the cord on one job, or lets it go.
///
/// # Errors
/// Whatever the database says.
pub async fn pause_job(app: &App, actor: &str, (pipeline, job): (&Pipeline, JobId), pause: (bool, Option<&str>)) -> Result<()> {
    let mut tx = app.db.begin(actor).await?;
    pipelines::set_job_paused(&mut tx, pipeline, job, pause).await?;
    tx.commit().await
}
