//! What is looked at where a job run ends, and where the line goes on from it: each by one statement.

use super::{COLUMNS, JobRun, SOURCES, job_run};
use crate::store::db::{places, values};
use crate::store::{Connection, Result, Row, StoreError, Tx};
use andon_pipelines::ids::{JobRunId, PipelineId, RunId};

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

/// Job runs as [`get_locked`] answers them, each with what its end has to look at: as it was before others let go of them.
///
/// # Errors
/// Whatever the database says.
pub async fn list_ending(tx: &mut Tx, lock: &'static str, ids: &[JobRunId]) -> Result<Vec<(JobRun, Traces)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let of_job_runs = if lock.is_empty() { "" } else { "OF j" };
    let sql = format!(
        "{COLUMNS}, EXISTS (SELECT 1 FROM executions e JOIN execution_state s ON s.execution_id = e.id WHERE e.job_run_id = j.id) AS has_state, \
         EXISTS (SELECT 1 FROM gates g WHERE g.job_run_id = j.id) AS has_gate, EXISTS (SELECT 1 FROM gates g WHERE g.watches = j.pipeline_id) \
         AS is_watched, EXISTS (SELECT 1 FROM notification_rules n WHERE n.workspace_id = p.workspace_id) OR EXISTS (SELECT 1 FROM \
         notification_preferences) AS has_wishes {SOURCES} WHERE j.id IN {} ORDER BY j.id {lock} {of_job_runs}",
        places(1, ids.len())
    );
    let rows = tx.connection().list_built(sql, ids.iter().map(|id| (*id).into()).collect()).await?;
    let traces = |row: &Row| -> Result<Traces> {
        Ok(Traces {
            state: row.get("has_state")?,
            gate: row.get("has_gate")?,
            watched: row.get("is_watched")?,
            wishes: row.get("has_wishes")?,
        })
    };
    rows.iter().map(|row| Ok((job_run(row)?, traces(row)?))).collect()
}

/// Where a set goes on from: what has to be known of an upstream job run.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    pub run: RunId,
    pub pipeline: PipelineId,
    pub run_has_ended: bool,
}

/// # Errors
/// [`StoreError::NotFound`] when there is no such job run.
pub async fn get_origin(connection: &mut Connection<'_>, upstream: JobRunId) -> Result<Origin> {
    let sql = "SELECT j.run_id, j.pipeline_id, r.outcome FROM job_runs j JOIN runs r ON r.id = j.run_id WHERE j.id = $1";
    let row = connection.get("the job run", sql, values![upstream]).await?;
    let run_has_ended = row.get::<Option<String>>("outcome")?.is_some();
    Ok(Origin { run: row.id("run_id")?, pipeline: row.id("pipeline_id")?, run_has_ended })
}
