//! Runs together with their job runs: several job runs each with its run, and a run with all of its job runs, as far as its end depends on
//! them.

use super::super::job_runs::{self, JobRun};
use super::{Run, run_under};
use crate::store::db::{places, values};
use crate::store::{Connection, Result, StoreError, Tx};
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

/// A run with its job runs, as far as its end depends on them.
///
/// # Errors
/// [`StoreError::NotFound`] when there is none.
pub async fn get_parts(connection: &mut Connection<'_>, id: RunId) -> Result<(Whole, Vec<Part>)> {
    let sql = "SELECT r.workspace_id, r.pipeline_id, r.revision, j.id, COALESCE(j.job_name, o.name) AS job_name, j.rerun_of, j.status, j.reason \
               FROM runs r LEFT JOIN job_runs j ON j.run_id = r.id LEFT JOIN jobs o ON o.id = j.job_id WHERE r.id = $1 ORDER BY j.sequence";
    let rows = connection.list(sql, values![id]).await?;
    let first = rows.first().ok_or(StoreError::NotFound { what: "the run" })?;
    let whole = Whole { id, workspace: first.id("workspace_id")?, pipeline: first.id("pipeline_id")?, revision: first.get("revision")? };
    let mut parts = Vec::with_capacity(rows.len());
    for row in &rows {
        let Some(id) = row.find_id("id")? else { continue };
        parts.push(Part {
            id,
            job_name: row.get("job_name")?,
            rerun_of: row.find_id("rerun_of")?,
            status: row.word("status", JobRunStatus::from_name)?,
            reason: row.get("reason")?,
        });
    }
    Ok((whole, parts))
}

/// Records how a run ended. Answers whether it was still active.
///
/// # Errors
/// Whatever the database says.
pub async fn end(tx: &mut Tx, run: &Whole, outcome: RunOutcome) -> Result<bool> {
    let at = tx.at();
    let sql = "UPDATE runs SET outcome = $1, ended_at = $2 WHERE id = $3 AND outcome IS NULL";
    let touched = tx.connection().execute(sql, values![outcome.name(), at, run.id]).await?;
    if touched == 1 {
        tx.emit(Some(run.workspace), Event::RunEnded { run: run.id, pipeline: run.pipeline, outcome });
    }
    Ok(touched == 1)
}
