//! What is looked at where a job run ends, and where the line goes on from it: each by one statement.

use super::{COLUMNS, JobRun, SOURCES, job_run};
use crate::store::db::values;
use crate::store::{Connection, Result, StoreError, Tx};
use andon_pipelines::ids::{JobId, JobRunId};

/// A job run that nobody else changes until this transaction ends: of executions that end at once, the last one sees them all.
///
/// # Errors
/// [`StoreError::NotFound`] when there is none.
pub async fn get_locked(tx: &mut Tx, lock: &'static str, id: JobRunId) -> Result<JobRun> {
    let of_job_runs = if lock.is_empty() { "" } else { "OF j" };
    let rows = tx.connection().list_built(format!("{COLUMNS} {SOURCES} WHERE j.id = $1 {lock} {of_job_runs}"), values![id]).await?;
    rows.first().map(job_run).transpose()?.ok_or(StoreError::NotFound { what: "the job run" })
}

/// What there is that the end of a job run has to look at.
#[derive(Clone, Copy, Debug)]
pub struct Traces {
    /// One or more of its steps wrote a state.
    pub state: bool,
    /// It had a gate.
    pub gate: bool,
    /// Gates have checks that its end may change.
    pub watched: bool,
    /// Its workspace has rules for notifications, or somebody has preferences.
    pub wishes: bool,
}

impl Traces {
    /// Where nobody has looked, there may be all of it.
    pub const UNKNOWN: Self = Self { state: true, gate: true, watched: true, wishes: true };
}

/// The same as [`get_locked`], with what its end has to look at: as it was before others let go of the job run.
///
/// # Errors
/// [`StoreError::NotFound`] when there is none.
pub async fn get_ending(tx: &mut Tx, lock: &'static str, id: JobRunId) -> Result<(JobRun, Traces)> {
    let of_job_runs = if lock.is_empty() { "" } else { "OF j" };
    let sql = format!(
        "{COLUMNS}, EXISTS (SELECT 1 FROM executions e JOIN execution_state s ON s.execution_id = e.id WHERE e.job_run_id = j.id) AS has_state, \
         EXISTS (SELECT 1 FROM gates g WHERE g.job_run_id = j.id) AS has_gate, EXISTS (SELECT 1 FROM gates g WHERE g.watches = j.pipeline_id) \
         AS is_watched, EXISTS (SELECT 1 FROM notification_rules n WHERE n.workspace_id = p.workspace_id) OR EXISTS (SELECT 1 FROM \
         notification_preferences) AS has_wishes {SOURCES} WHERE j.id = $1 {lock} {of_job_runs}"
    );
    let rows = tx.connection().list_built(sql, values![id]).await?;
    let row = rows.first().ok_or(StoreError::NotFound { what: "the job run" })?;
    let traces = Traces {
        state: row.get("has_state")?,
        gate: row.get("has_gate")?,
        watched: row.get("is_watched")?,
        wishes: row.get("has_wishes")?,
    };
    Ok((job_run(row)?, traces))
}

/// An upstream job run, and what has to be known of it to go on from there.
#[derive(Clone, Debug)]
pub struct Origin {
    pub job_run: JobRun,
    /// Its run has come to an end.
    pub run_has_ended: bool,
    /// The line has made a job run of this set already.
    pub exists: bool,
}

/// What a set of a job goes on from, and whether the line has made a job run of that set already.
///
/// # Errors
/// [`StoreError::NotFound`] when there is no such upstream job run.
pub async fn get_origin(connection: &mut Connection<'_>, upstream: JobRunId, (job, set_digest): (JobId, &str)) -> Result<Origin> {
    let sql = format!(
        "{COLUMNS}, EXISTS (SELECT 1 FROM runs r WHERE r.id = j.run_id AND r.outcome IS NOT NULL) AS run_has_ended, EXISTS (SELECT 1 FROM \
         job_runs t WHERE t.job_id = $2 AND t.set_digest = $3) AS set_exists {SOURCES} WHERE j.id = $1"
    );
    let rows = connection.list_built(sql, values![upstream, job, set_digest]).await?;
    let row = rows.first().ok_or(StoreError::NotFound { what: "the job run" })?;
    Ok(Origin { job_run: job_run(row)?, run_has_ended: row.get("run_has_ended")?, exists: row.get("set_exists")? })
}
