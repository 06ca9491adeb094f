//! What the scheduler reads at its start: every version and every job run. Row by row, and of each only what it needs: these are the only
//! statements whose cost grows with the whole history.

use crate::store::db::RowRef;
use crate::store::{Connection, Result, StoreError};
use andon_pipelines::decide::JobRunFact;
use andon_pipelines::ids::JobRunId;
use andon_pipelines::resolve::{RunPart, RunStatus, Version};
use andon_pipelines::state::JobRunStatus;

/// What the scheduler needs to know of every version: identifier, resource, order, whether it is enabled.
///
/// # Errors
/// Whatever the database says.
pub async fn list_versions(connection: &mut Connection<'_>) -> Result<Vec<Version>> {
    let mut versions = Vec::new();
    let read = |row: RowRef<'_>| {
        versions.push(Version { id: row.id(0)?, resource: row.id(1)?, order: row.int(2)?, disabled: !row.truth(3)? });
        Ok(())
    };
    connection.read_each("SELECT id, resource_id, ordinal, enabled FROM versions", read).await?;
    Ok(versions)
}

/// The job runs that have not ended.
///
/// # Errors
/// Whatever the database says.
pub async fn list_active(connection: &mut Connection<'_>) -> Result<Vec<(JobRunId, JobRunFact)>> {
    let sql = "SELECT id, run_id, job_id, sequence, set_digest, status FROM job_runs WHERE status IN ('waiting', 'queued', 'running', 'awaiting', \
               'stopping') ORDER BY sequence";
    let rows = connection.list(sql, Vec::new()).await?;
    rows.iter()
        .map(|row| {
            let status = row.word("status", JobRunStatus::from_name)?;
            let automatic = row.get::<Option<String>>("set_digest")?.is_some();
            Ok((
                row.id("id")?,
                JobRunFact { job: row.id("job_id")?, run: row.id("run_id")?, sequence: row.get("sequence")?, status, automatic },
            ))
        })
        .collect()
}

/// About how many job runs there are; never fewer.
///
/// # Errors
/// Whatever the database says.
pub async fn count_job_runs(connection: &mut Connection<'_>) -> Result<usize> {
    let row = connection.get("job runs", "SELECT MAX(sequence) AS newest FROM job_runs", Vec::new()).await?;
    Ok(row.get::<Option<i64>>("newest")?.and_then(|newest| usize::try_from(newest).ok()).unwrap_or_default())
}

/// Every job run as the scheduler needs it, part by part: the runs, then what they name. Of one that is made meanwhile, what it names may come
/// alone.
///
/// # Errors
/// Whatever the database says.
pub async fn read_job_runs(connection: &mut Connection<'_>, mut take: impl FnMut(RunPart<'_>) + Send) -> Result<()> {
    let read = |row: RowRef<'_>| {
        let word = row.text(4)?;
        let status = JobRunStatus::from_name(word).ok_or_else(|| StoreError::Corrupt(format!("status holds the unknown word {word:?}")))?;
        let (rerun_of, status) = (row.find_id(3)?, RunStatus::from(status));
        take(RunPart::Run { id: row.id(0)?, job: row.id(1)?, sequence: row.int(2)?, rerun_of, status });
        Ok(())
    };
    connection.read_each("SELECT id, job_id, sequence, rerun_of, status FROM job_runs", read).await?;
    let read = |row: RowRef<'_>| {
        take(RunPart::Input { run: row.id(0)?, name: row.text(1)?, version: row.id(2)? });
        Ok(())
    };
    connection.read_each("SELECT job_run_id, name, version_id FROM job_run_inputs", read).await?;
    let read = |row: RowRef<'_>| {
        take(RunPart::Output { run: row.id(0)?, version: row.id(1)? });
        Ok(())
    };
    connection.read_each("SELECT job_run_id, version_id FROM job_run_outputs", read).await?;
    let read = |row: RowRef<'_>| {
        take(RunPart::Followed { run: row.id(0)?, upstream: row.id(1)? });
        Ok(())
    };
    connection.read_each("SELECT job_run_id, upstream_id FROM job_run_follows", read).await
}
