//! How job runs move from one status to the next.

use super::JobRun;
use crate::store::db::values;
use crate::store::{Result, Tx};
use andon_pipelines::event::Event;
use andon_pipelines::ids::{JobId, JobRunId, PipelineId, RunId, VersionId, WorkspaceId};
use andon_pipelines::state::JobRunStatus;

/// A move from one status to the next, decided by `state::apply`.
#[derive(Clone, Debug)]
pub struct Move<'a> {
    pub to: JobRunStatus,
    pub reason: Option<&'a str>,
    pub detail: Option<&'a str>,
    /// Versions it made; only with a terminal status.
    pub outputs: Vec<VersionId>,
}

impl Move<'_> {
    /// A move without anything to say about it.
    #[must_use]
    pub const fn to(to: JobRunStatus) -> Self {
        Self { to, reason: None, detail: None, outputs: Vec::new() }
    }
}

/// A job run as it stands, as far as a move depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Stand {
    pub id: JobRunId,
    pub run: RunId,
    pub workspace: WorkspaceId,
    pub pipeline: PipelineId,
    pub job: JobId,
    pub status: JobRunStatus,
}

impl From<&JobRun> for Stand {
    fn from(of: &JobRun) -> Self {
        Self { id: of.id, run: of.run, workspace: of.workspace, pipeline: of.pipeline, job: of.job, status: of.status }
    }
}

/// Moves a job run on.
///
/// # Errors
/// [`crate::store::StoreError::WrongCount`] when its status is not `old.status` any more.
pub async fn set_status(tx: &mut Tx, old: impl Into<Stand>, step: Move<'_>) -> Result<()> {
    let old = old.into();
    let at = tx.at();
    let started = (step.to == JobRunStatus::Running || step.to == JobRunStatus::Awaiting).then_some(at);
    let ended = step.to.is_terminal().then_some(at);
    tx.connection()
        .put_row(
            old.id,
            "UPDATE job_runs SET status = $1, reason = $2, detail = $3, started_at = COALESCE(started_at, $4), ended_at = $5 WHERE id = $6 AND \
             status = $7",
            values![step.to.name(), step.reason, step.detail, started, ended, old.id, old.status.name()],
        )
        .await?;
    tell_moved(tx, old, step);
    Ok(())
}

/// Says that a runner has begun with a queued job run, unless another of its cells was begun before: on PostgreSQL that may have happened since
/// `old` was read. Where there is but one cell, `is_alone`, nobody waits for the answer.
///
/// # Errors
/// [`crate::store::StoreError::WrongCount`] when the one cell is not queued any more.
pub async fn set_running(tx: &mut Tx, old: Stand, is_alone: bool) -> Result<()> {
    let (at, running) = (tx.at(), JobRunStatus::Running);
    let sql = "UPDATE job_runs SET status = $1, started_at = COALESCE(started_at, $2) WHERE id = $3 AND status = $4";
    let values = values![running.name(), at, old.id, old.status.name()];
    if is_alone {
        tx.connection().put_row(old.id, sql, values).await?;
    } else if tx.connection().execute(sql, values).await? == 0 {
        return Ok(());
    }
    tell_moved(tx, old, Move::to(running));
    Ok(())
}

/// Says that a job run waits for a runner again, as if none had had it.
///
/// # Errors
/// [`crate::store::StoreError::WrongCount`] when its status is not `old.status` any more.
pub async fn set_queued_again(tx: &mut Tx, old: impl Into<Stand>) -> Result<()> {
    let old = old.into();
    let sql = "UPDATE job_runs SET status = $1, started_at = NULL WHERE id = $2 AND status = $3";
    tx.connection().put_row(old.id, sql, values![JobRunStatus::Queued.name(), old.id, old.status.name()]).await?;
    tell_moved(tx, old, Move::to(JobRunStatus::Queued));
    Ok(())
}

pub(super) fn tell_moved(tx: &mut Tx, job_run: Stand, step: Move<'_>) {
    let moved = Event::JobRunMoved {
        job_run: job_run.id,
        run: job_run.run,
        pipeline: job_run.pipeline,
        job: job_run.job,
        status: step.to,
        reason: step.reason.map(str::to_owned),
        outputs: step.outputs,
    };
    tx.emit(Some(job_run.workspace), moved);
}
