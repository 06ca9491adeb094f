//! Figures and last results for monitors that are not ours.

use crate::store::db::values;
use crate::store::{Connection, Result};
use andon_pipelines::ids::{JobId, WorkspaceId};
use andon_pipelines::state::JobRunStatus;

/// How many there are of something in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    pub state: String,
    pub count: i64,
}

/// Job runs that have not ended, by status.
///
/// # Errors
/// Whatever the database says.
pub async fn count_active_job_runs(connection: &mut Connection<'_>) -> Result<Vec<Count>> {
    let sql = "SELECT status AS state, COUNT(*) AS count FROM job_runs WHERE ended_at IS NULL AND status IN ('waiting', 'queued', \
               'running', 'awaiting', 'stopping') GROUP BY status ORDER BY status";
    list_counts(connection, sql).await
}

/// Runners by state.
///
/// # Errors
/// Whatever the database says.
pub async fn count_runners(connection: &mut Connection<'_>) -> Result<Vec<Count>> {
    list_counts(connection, "SELECT state, COUNT(*) AS count FROM runners GROUP BY state ORDER BY state").await
}

/// Deliveries that are still to be made.
///
/// # Errors
/// Whatever the database says.
pub async fn count_pending_deliveries(connection: &mut Connection<'_>) -> Result<i64> {
    connection.get("the deliveries", "SELECT COUNT(*) AS count FROM deliveries WHERE state = 'pending'", Vec::new()).await?.get("count")
}

async fn list_counts(connection: &mut Connection<'_>, sql: &'static str) -> Result<Vec<Count>> {
    let rows = connection.list(sql, Vec::new()).await?;
    rows.iter().map(|row| Ok(Count { state: row.get("state")?, count: row.get("count")? })).collect()
}

/// One of the two newest job runs of a job.
#[derive(Clone, Debug)]
pub struct Latest {
    pub job: JobId,
    pub pipeline_name: String,
    pub job_name: String,
    pub number: i64,
    pub attempt: i64,
    pub status: JobRunStatus,
    pub ended_at: Option<i64>,
}

/// The job runs with the two newest numbers of each job of a workspace: by pipeline and job, newest first.
///
/// # Errors
/// Whatever the database says.
pub async fn list_latest(connection: &mut Connection<'_>, workspace: WorkspaceId) -> Result<Vec<Latest>> {
    let sql = "SELECT j.id, p.name AS pipeline_name, j.name AS job_name, r.number, r.attempt, r.status, r.ended_at FROM pipelines p JOIN jobs j \
               ON j.pipeline_id = p.id JOIN job_runs r ON r.job_id = j.id AND r.number >= j.next_number - 2 WHERE p.workspace_id = $1 AND \
               j.current = $2 ORDER BY p.name, j.name, r.number DESC, r.attempt DESC";
    let rows = connection.list(sql, values![workspace, true]).await?;
    let latest = rows.iter().map(|row| {
        Ok(Latest {
            job: row.id("id")?,
            pipeline_name: row.get("pipeline_name")?,
            job_name: row.get("job_name")?,
            number: row.get("number")?,
            attempt: row.get("attempt")?,
            status: row.word("status", JobRunStatus::from_name)?,
            ended_at: row.get("ended_at")?,
        })
    });
    latest.collect()
}
