//! Stopping what has been started.

use super::finish::{self, Ending};
use super::start::step;
use crate::app::App;
use crate::audit::{Act, Object};
use crate::http;
use crate::store::line::job_runs::{JobRun, Move};
use crate::store::line::runs::Run;
use crate::store::line::{executions, job_runs, pipelines, runs};
use crate::store::{Result, Tx};
use andon_pipelines::ids::{JobRunId, RunId};
use andon_pipelines::state::{GateStatus, JobRunEvent, JobRunStatus};
use serde_json::json;

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
    let before = json!({ "status": job_run.status });
    let act = Act::new("job-run.stopped", Object::row("job-run", id)).before(before).after(json!({ "reason": reason }));
    tx.record(Some(job_run.workspace), act);
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
    let after = json!({ "reason": reason, "job_runs": active.len() });
    tx.record(active.first().map(|job_run| job_run.workspace), Act::new("run.stopped", Object::row("run", id)).after(after));
    tx.commit().await?;
    Ok(active.len())
}

/// Closes a run by hand: stops what is active of it and keeps the reason. `reason` is one of the pipeline's `closing_reasons`, or any words
/// where it names none. Answers how many job runs were stopped.
///
/// # Errors
/// 400 when the pipeline does not know the reason, 409 when the run has ended or somebody has closed it.
pub async fn close_run(app: &App, actor: &str, run: &Run, reason: &str) -> http::Result<usize> {
    let mut tx = app.db.begin(actor).await?;
    let pipeline = pipelines::get(&mut tx.connection(), run.pipeline).await?;
    let document = app.documents.get(&mut tx.connection(), run.pipeline, pipeline.revision).await?;
    let known = &document.closing_reasons;
    if !known.is_empty() && !known.iter().any(|known| known == reason) {
        return Err(http::Error::invalid(format!(
            "The pipeline {} closes runs for one of these reasons: {}",
            pipeline.name,
            known.join(", ")
        )));
    }
    if !runs::close(&mut tx, run, reason).await? {
        let now = runs::get(&mut tx.connection(), run.id).await?;
        let by =
            now.closing.filter(|_| now.outcome.is_none()).map(|closing| format!("It was closed by {}: {}.", closing.by, closing.reason));
        return Err(http::Error::conflict(by.unwrap_or_else(|| "The run has ended already.".to_owned())));
    }
    let all = job_runs::list_of_run(&mut tx.connection(), run.id).await?;
    let active: Vec<_> = all.into_iter().filter(|job_run| !job_run.status.is_terminal()).collect();
    for job_run in &active {
        let detail = format!("the run was closed by {actor}: {reason}");
        end(app, &mut tx, job_run, ("closed", detail)).await?;
    }
    tx.commit().await?;
    Ok(active.len())
}

async fn stop(app: &App, tx: &mut Tx, job_run: &JobRun, reason: Option<&str>) -> Result<()> {
    let detail = match reason {
        Some(reason) => format!("stopped by {}: {reason}", tx.actor()),
        None => format!("stopped by {}", tx.actor()),
    };
    end(app, tx, job_run, ("stopped", detail)).await
}

/// Stops what the line has started, or people work on, because a newer set has come. What has ended, or was not begun, is left alone.
pub(super) async fn supersede_running(app: &App, tx: &mut Tx, id: JobRunId) -> Result<()> {
    let job_run = job_runs::get(&mut tx.connection(), id).await?;
    match job_run.status {
        JobRunStatus::Running | JobRunStatus::Awaiting => {
            end(app, tx, &job_run, ("superseded", "a newer set of versions takes its place".to_owned())).await
        }
        _ => Ok(()),
    }
}

async fn end(app: &App, tx: &mut Tx, job_run: &JobRun, (reason, detail): (&str, String)) -> Result<()> {
    let ended = Ending { detail: Some(detail.clone()), ..Ending::new(JobRunStatus::Stopped, Some(reason)) };
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
            // What a runner says of the end of a stopped job run does not tell why; this does.
            let kept = Some(reason).filter(|reason| *reason != "stopped");
            job_runs::set_status(tx, job_run, Move { reason: kept, detail: Some(&detail), ..Move::to(status) }).await?;
            if held > 0 {
                return Ok(());
            }
            let stopping = job_runs::get_locked(tx, app.db.row_lock(), job_run.id).await?;
            finish::finish_executions(app, tx, &stopping).await
        }
    }
}
