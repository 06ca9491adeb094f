//! What the scheduler reads at its start: every version and every job run.

use crate::store::{Connection, Result};
use andon_pipelines::decide::JobRunFact;
use andon_pipelines::ids::{JobRunId, VersionId};
use andon_pipelines::resolve::{Run as ResolveRun, RunInput, RunStatus, Version};
use andon_pipelines::state::JobRunStatus;
use std::collections::HashMap;

/// What the scheduler needs to know of every version: identifier, resource, order, whether it is enabled.
///
/// # Errors
/// Whatever the database says.
pub async fn list_versions(connection: &mut Connection<'_>) -> Result<Vec<Version>> {
    let rows = connection.list("SELECT id, resource_id, ordinal, enabled FROM versions", Vec::new()).await?;
    rows.iter()
        .map(|row| {
            Ok(Version {
                id: row.id("id")?,
                resource: row.id("resource_id")?,
                order: row.get("ordinal")?,
                disabled: !row.get::<bool>("enabled")?,
            })
        })
        .collect()
}

/// Every job run as the scheduler needs it, with the fact of those that have not ended.
///
/// # Errors
/// Whatever the database says.
pub async fn list_job_runs(connection: &mut Connection<'_>) -> Result<Vec<(ResolveRun, Option<JobRunFact>)>> {
    let mut inputs: HashMap<JobRunId, Vec<RunInput>> = HashMap::new();
    for row in connection.list("SELECT job_run_id, name, version_id FROM job_run_inputs", Vec::new()).await? {
        inputs.entry(row.id("job_run_id")?).or_default().push(RunInput { name: row.get("name")?, version: row.id("version_id")? });
    }
    let mut outputs: HashMap<JobRunId, Vec<VersionId>> = HashMap::new();
    for row in connection.list("SELECT job_run_id, version_id FROM job_run_outputs", Vec::new()).await? {
        outputs.entry(row.id("job_run_id")?).or_default().push(row.id("version_id")?);
    }
    let mut follows: HashMap<JobRunId, Vec<JobRunId>> = HashMap::new();
    for row in connection.list("SELECT job_run_id, upstream_id FROM job_run_follows", Vec::new()).await? {
        follows.entry(row.id("job_run_id")?).or_default().push(row.id("upstream_id")?);
    }
    let sql = "SELECT id, run_id, job_id, sequence, rerun_of, set_digest, status FROM job_runs ORDER BY sequence";
    let rows = connection.list(sql, Vec::new()).await?;
    rows.iter()
        .map(|row| {
            let id: JobRunId = row.id("id")?;
            let status = row.word("status", JobRunStatus::from_name)?;
            let (job, sequence) = (row.id("job_id")?, row.get("sequence")?);
            let automatic = row.get::<Option<String>>("set_digest")?.is_some();
            let fact = (!status.is_terminal()).then_some(JobRunFact { job, run: row.id("run_id")?, sequence, status, automatic });
            let run = ResolveRun {
                id,
                job,
                sequence,
                rerun_of: row.find_id("rerun_of")?,
                status: RunStatus::from(status),
                inputs: inputs.remove(&id).unwrap_or_default(),
                outputs: outputs.remove(&id).unwrap_or_default(),
                consumed_runs: follows.remove(&id).unwrap_or_default(),
            };
            Ok((run, fact))
        })
        .collect()
}
