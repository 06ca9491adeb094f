//! What lost runners leave behind.

use super::finish::finish_executions;
use super::start::step;
use crate::app::App;
use crate::store::line::executions::{End, Execution, NewExecution};
use crate::store::line::{executions, job_runs, runners};
use crate::store::{Result, Tx};
use andon_pipelines::document::JobBody;
use andon_pipelines::state::JobRunEvent;
use andon_pipelines::wire::Outcome;

/// Ends, or gives to another runner, what lost runners held; marks silent runners as lost. Answers how many executions were reaped.
///
/// # Errors
/// Whatever the database says; the next tick goes on.
pub async fn tick(app: &App) -> Result<usize> {
    let now = app.clock.now_ms();
    let (lost, silent) = {
        let mut reader = app.db.read().await?;
        let lost = executions::list_lost(&mut reader.connection(), now).await?;
        (lost, runners::list_silent(&mut reader.connection(), now - app.settings.lease_ms).await?)
    };
    let count = lost.len();
    for execution in lost {
        match reap(app, &execution).await {
            // The runner came back, or reported the end, at the last moment.
            Err(error) if super::schedule::is_race(&error) => {}
            other => other?,
        }
    }
    for runner in silent {
        let mut tx = app.db.begin("andon").await?;
        runners::set_lost(&mut tx, &runner).await?;
        tx.commit().await?;
    }
    Ok(count)
}

async fn reap(app: &App, execution: &Execution) -> Result<()> {
    let mut tx = app.db.begin("andon").await?;
    lose(app, &mut tx, execution).await?;
    tx.commit().await
}

/// What becomes of an execution whose runner was lost: another one takes its place, once, if it had not begun its first step or may be
/// repeated; else it ends.
pub(super) async fn lose(app: &App, tx: &mut Tx, execution: &Execution) -> Result<()> {
    let job_run = job_runs::get_locked(tx, app.db.row_lock(), execution.job_run).await?;
    let document = app.documents.get(&mut tx.connection(), job_run.pipeline, job_run.revision).await?;
    let job = document.jobs.iter().find(|job| job.name == job_run.job_name);
    let idempotent = matches!(job.map(|job| &job.body), Some(JobBody::Steps(body)) if body.idempotent);
    let again = execution.attempt == 0 && !execution.stop_requested && (!execution.steps_begun || idempotent);
    if again {
        executions::replace(tx, execution.id, "runner-lost").await?;
        let attempt = execution.attempt + 1;
        let new = NewExecution { attempt, ..again_of(execution) };
        executions::create(tx, job_run.workspace, execution.job_run, vec![new]).await?;
    } else {
        let outcome = if execution.stop_requested { Outcome::Stopped } else { Outcome::Errored };
        let detail = "its runner was not heard from any more";
        let end = End { outcome, reason: Some("runner-lost"), detail: Some(detail) };
        executions::end(tx, job_run.workspace, execution, end).await?;
        finish_executions(app, tx, &job_run).await?;
    }
    Ok(())
}

/// A runner gives an execution back that it has not begun: another one takes its place, and its place among those that wait.
pub(super) async fn take_back(app: &App, tx: &mut Tx, execution: &Execution) -> Result<()> {
    if execution.stop_requested {
        return lose(app, tx, execution).await;
    }
    let job_run = job_runs::get_locked(tx, app.db.row_lock(), execution.job_run).await?;
    executions::replace(tx, execution.id, "returned").await?;
    // Of several cells others may run.
    if execution.cell.is_none() {
        step(job_run.status, JobRunEvent::Requeue)?;
        job_runs::set_queued_again(tx, &job_run).await?;
    }
    // It was given before others that came with it.
    let new = NewExecution { queued_at: Some(execution.queued_at - 1), ..again_of(execution) };
    executions::create(tx, job_run.workspace, execution.job_run, vec![new]).await.map(drop)
}

fn again_of(execution: &Execution) -> NewExecution {
    NewExecution {
        cell: execution.cell.clone(),
        matrix: execution.matrix.clone(),
        labels: execution.labels.clone(),
        attempt: execution.attempt,
        priority: i32::try_from(-execution.claim_rank).unwrap_or(0),
        queued_at: None,
    }
}
