//! Runs together with their job runs: several job runs each with its run, and a run with all of its job runs, as far as its end depends on
//! them.

use super::super::job_runs::{self, JobRun};
use super::{Run, run_under};
use crate::store::db::{places, values};
use crate::store::{Connection, Result, Row, Tx};
use andon_pipelines::event::Event;
use andon_pipelines::ids::{JobRunId, PipelineId, RunId, WorkspaceId};
use andon_pipelines::state::{JobRunStatus, RunOutcome};

const UNDER_JOB_RUN: &str = "r.id AS run_id, r.workspace_id AS run_workspace_id, w.name AS run_workspace_name, r.pipeline_id AS run_pipeline_id, \
                             q.name AS run_pipeline_name, r.revision AS run_revision, r.number AS run_number, r.name AS run_name, r.cause AS \
                             run_cause, r.cause_detail AS run_cause_detail, r.actor AS run_actor, r.author AS run_author, r.note AS run_note, \
                             r.params AS run_params, r.outcome AS run_outcome, r.created_at AS run_created_at, r.ended_at AS run_ended_at, \
                             r.deleted_at AS run_deleted_at, r.closing_reason AS run_closing_reason, r.closed_by AS run_closed_by, r.closed_at \
                             AS run_closed_at";

/// Several job runs, each with its run, in no order.
///
/// # Errors
/// Whatever the database says.
pub async fn list_of_job_runs(connection: &mut Connection<'_>, ids: &[JobRunId]) -> Result<Vec<(JobRun, Run)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!(
        "{}, {UNDER_JOB_RUN} {} JOIN runs r ON r.id = j.run_id JOIN pipelines q ON q.id = r.pipeline_id JOIN workspaces w ON w.id = \
         r.workspace_id WHERE j.id IN {}",
        job_runs::COLUMNS,
        job_runs::SOURCES,
        places(1, ids.len())
    );
    let rows = connection.list_built(sql, ids.iter().map(|id| (*id).into()).collect()).await?;
    rows.iter().map(|row| Ok((job_runs::job_run(row)?, run_under(row, "run_")?))).collect()
}

/// What the end of a run depends on besides its parts.
#[derive(Clone, Copy, Debug)]
pub struct Whole {
    pub id: RunId,
    pub workspace: WorkspaceId,
    pub pipeline: PipelineId,
    pub revision: i64,
}

/// A job run, as far as its run's end depends on it.
#[derive(Clone, Debug)]
pub struct Part {
    pub id: JobRunId,
    /// In its revision.
    pub job_name: String,
    pub rerun_of: Option<JobRunId>,
    pub status: JobRunStatus,
    pub reason: Option<String>,
}

/// Those of the runs that have not ended, each with its job runs, as far as its end depends on them.
///
/// # Errors
/// Whatever the database says.
pub async fn list_parts(connection: &mut Connection<'_>, ids: &[RunId]) -> Result<Vec<(Whole, Vec<Part>)>> {
    let mut found: Vec<(Whole, Vec<Part>)> = Vec::with_capacity(ids.len());
    for batch in ids.chunks(100) {
        let sql = format!(
            "SELECT r.id AS run_id, r.workspace_id, r.pipeline_id, r.revision, j.id, COALESCE(j.job_name, o.name) AS job_name, j.rerun_of, \
             j.status, j.reason FROM runs r LEFT JOIN job_runs j ON j.run_id = r.id LEFT JOIN jobs o ON o.id = j.job_id WHERE r.id IN {} AND \
             r.outcome IS NULL ORDER BY r.id, j.sequence",
            places(1, batch.len())
        );
        for row in connection.list_built(sql, batch.iter().map(|id| (*id).into()).collect()).await? {
            let id: RunId = row.id("run_id")?;
            if found.last().is_none_or(|(whole, _)| whole.id != id) {
                found.push((whole(&row, id)?, Vec::new()));
            }
            if let (Some((_, parts)), Some(id)) = (found.last_mut(), row.find_id("id")?) {
                parts.push(part(&row, id)?);
            }
        }
    }
    Ok(found)
}

fn whole(row: &Row, id: RunId) -> Result<Whole> {
    Ok(Whole { id, workspace: row.id("workspace_id")?, pipeline: row.id("pipeline_id")?, revision: row.get("revision")? })
}

fn part(row: &Row, id: JobRunId) -> Result<Part> {
    Ok(Part {
        id,
        job_name: row.get("job_name")?,
        rerun_of: row.find_id("rerun_of")?,
        status: row.word("status", JobRunStatus::from_name)?,
        reason: row.get("reason")?,
    })
}

/// Records how a run ended that had not ended in this transaction.
///
/// # Errors
/// [`crate::store::StoreError::WrongCount`] when it has ended meanwhile.
pub async fn end(tx: &mut Tx, run: &Whole, outcome: RunOutcome) -> Result<()> {
    let at = tx.at();
    let sql = "UPDATE runs SET outcome = $1, ended_at = $2 WHERE id = $3 AND outcome IS NULL";
    tx.connection().put_row(run.id, sql, values![outcome.name(), at, run.id]).await?;
    tx.emit(Some(run.workspace), Event::RunEnded { run: run.id, pipeline: run.pipeline, outcome });
    Ok(())
}
