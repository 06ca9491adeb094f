//! What job runs took and made, what they followed, and what they vouch for.

use super::{COLUMNS, JobRun, NewInput, SOURCES, job_run};
use crate::store::db::values;
use crate::store::{Connection, Result, Tx};
use andon_pipelines::ids::{JobId, JobRunId, ResourceId, RunId, VersionId};
use std::collections::BTreeMap;

/// Records the versions that a job run made.
///
/// # Errors
/// Whatever the database says.
pub async fn insert_outputs(tx: &mut Tx, id: JobRunId, outputs: &[(ResourceId, VersionId)]) -> Result<()> {
    let rows = outputs.iter().map(|(resource, version)| values![id, *resource, *version]).collect();
    let sql = "INSERT INTO job_run_outputs (job_run_id, resource_id, version_id) VALUES";
    tx.connection().put_many((sql, "ON CONFLICT DO NOTHING"), rows, None).await
}

/// Records what a job run vouches for: `(resource, version, distance)`.
///
/// # Errors
/// Whatever the database says.
pub async fn insert_vouchers(tx: &mut Tx, id: JobRunId, vouchers: &[(ResourceId, VersionId, i64)]) -> Result<()> {
    let rows = vouchers.iter().map(|(resource, version, distance)| values![id, *resource, *version, *distance]).collect();
    let sql = "INSERT INTO vouchers (job_run_id, resource_id, version_id, distance) VALUES";
    tx.connection().put_many((sql, "ON CONFLICT DO NOTHING"), rows, None).await
}

/// What the makers of a job run's inputs, and the runs it follows, vouch for: `(resource, version, distance)`, nearest first.
///
/// # Errors
/// Whatever the database says.
pub async fn list_inherited(connection: &mut Connection<'_>, id: JobRunId) -> Result<Vec<(ResourceId, VersionId, i64)>> {
    let sql = "SELECT o.resource_id, o.version_id, o.distance FROM vouchers o JOIN job_runs j ON j.id = o.job_run_id WHERE o.job_run_id IN \
               (SELECT upstream_id FROM job_run_follows WHERE job_run_id = $1 UNION SELECT v.job_run_id FROM job_run_inputs i JOIN versions \
               v ON v.id = i.version_id WHERE i.job_run_id = $1) ORDER BY o.distance, j.sequence DESC";
    let rows = connection.list(sql, values![id]).await?;
    rows.iter().map(|row| Ok((row.id("resource_id")?, row.id("version_id")?, row.get("distance")?))).collect()
}

/// What a job run stands on: its inputs by name, then what it inherits, nearest first: `(resource, version, distance)`, its inputs at 1.
///
/// # Errors
/// Whatever the database says.
pub async fn list_foundations(connection: &mut Connection<'_>, id: JobRunId) -> Result<Vec<(ResourceId, VersionId, i64)>> {
    let sql = "SELECT resource_id, version_id, 0 AS distance, 0 AS place, name FROM job_run_inputs WHERE job_run_id = $1 UNION ALL SELECT \
               o.resource_id, o.version_id, o.distance + 1 AS distance, -j.sequence AS place, '' AS name FROM vouchers o JOIN job_runs j ON j.id = \
               o.job_run_id WHERE o.job_run_id IN (SELECT upstream_id FROM job_run_follows WHERE job_run_id = $1 UNION SELECT v.job_run_id FROM \
               job_run_inputs i JOIN versions v ON v.id = i.version_id WHERE i.job_run_id = $1) ORDER BY distance, place, name";
    let rows = connection.list(sql, values![id]).await?;
    rows.iter().map(|row| Ok((row.id("resource_id")?, row.id("version_id")?, row.get::<i64>("distance")?.max(1)))).collect()
}

/// What a job run vouches for.
///
/// # Errors
/// Whatever the database says.
pub async fn list_vouchers(connection: &mut Connection<'_>, id: JobRunId) -> Result<BTreeMap<ResourceId, VersionId>> {
    let sql = "SELECT resource_id, version_id FROM vouchers WHERE job_run_id = $1";
    let rows = connection.list(sql, values![id]).await?;
    rows.iter().map(|row| Ok((row.id("resource_id")?, row.id("version_id")?))).collect()
}

/// Every job run upstream of one, at any distance, in the order in which they were made.
///
/// # Errors
/// Whatever the database says.
pub async fn list_upstream(connection: &mut Connection<'_>, id: JobRunId) -> Result<Vec<JobRun>> {
    let sql = format!(
        "WITH RECURSIVE upstream (id) AS (SELECT upstream_id FROM job_run_follows WHERE job_run_id = $1 UNION SELECT v.job_run_id FROM \
         job_run_inputs i JOIN versions v ON v.id = i.version_id WHERE i.job_run_id = $1 AND v.job_run_id IS NOT NULL UNION SELECT \
         f.upstream_id FROM job_run_follows f JOIN upstream u ON f.job_run_id = u.id) {COLUMNS} {SOURCES} JOIN upstream u ON u.id = j.id ORDER BY \
         j.sequence"
    );
    connection.list_built(sql, values![id]).await?.iter().map(job_run).collect()
}

/// The job runs of a job that stand on another job run, at any distance.
///
/// # Errors
/// Whatever the database says.
pub async fn list_of_job_behind(connection: &mut Connection<'_>, job: JobId, upstream: JobRunId) -> Result<Vec<JobRunId>> {
    let sql = "WITH RECURSIVE behind (id) AS (SELECT job_run_id FROM job_run_follows WHERE upstream_id = $1 UNION SELECT f.job_run_id FROM \
               job_run_follows f JOIN behind b ON f.upstream_id = b.id) SELECT j.id FROM job_runs j JOIN behind b ON b.id = j.id WHERE j.job_id = \
               $2 ORDER BY j.sequence";
    connection.list(sql, values![upstream, job]).await?.iter().map(|row| row.id("id")).collect()
}

/// The job runs that a job run follows.
///
/// # Errors
/// Whatever the database says.
pub async fn list_follows(connection: &mut Connection<'_>, id: JobRunId) -> Result<Vec<JobRun>> {
    let sql = format!("{COLUMNS} {SOURCES} JOIN job_run_follows f ON f.upstream_id = j.id WHERE f.job_run_id = $1 ORDER BY j.sequence");
    connection.list_built(sql, values![id]).await?.iter().map(job_run).collect()
}

/// The same, each with the name that its pipeline has now.
///
/// # Errors
/// Whatever the database says.
pub async fn list_follows_with_pipelines(connection: &mut Connection<'_>, id: JobRunId) -> Result<Vec<(JobRun, String)>> {
    let sql = format!(
        "{COLUMNS}, p.name AS pipeline_name {SOURCES} JOIN job_run_follows f ON f.upstream_id = j.id WHERE f.job_run_id = $1 ORDER BY j.sequence"
    );
    connection.list_built(sql, values![id]).await?.iter().map(|row| Ok((job_run(row)?, row.get("pipeline_name")?))).collect()
}

/// Git versions that are the same commit as what a job run put out under another resource, and that job run: of job runs from a sequence on.
///
/// # Errors
/// Whatever the database says.
pub async fn list_twins_since(connection: &mut Connection<'_>, sequence: i64) -> Result<Vec<(VersionId, JobRunId)>> {
    let sql = "SELECT t.id, o.job_run_id FROM job_runs j JOIN job_run_outputs o ON o.job_run_id = j.id JOIN versions v ON v.id = o.version_id \
               JOIN resources r ON r.id = v.resource_id JOIN versions t ON t.digest = v.digest JOIN resources s ON s.id = t.resource_id WHERE \
               j.sequence >= $1 AND r.kind = $2 AND s.kind = $2 AND t.id <> v.id ORDER BY t.id";
    let rows = connection.list(sql, values![sequence, "git"]).await?;
    rows.iter().map(|row| Ok((row.id("id")?, row.id("job_run_id")?))).collect()
}

/// For the job runs of a run, what they stand on: `(job run, upstream job run)`, by what they follow and by who made their inputs.
///
/// # Errors
/// Whatever the database says.
pub async fn list_edges_of_run(connection: &mut Connection<'_>, run: RunId) -> Result<Vec<(JobRunId, JobRunId)>> {
    let sql = "SELECT f.job_run_id, f.upstream_id FROM job_run_follows f JOIN job_runs j ON j.id = f.job_run_id WHERE j.run_id = $1 UNION SELECT \
               i.job_run_id, o.job_run_id AS upstream_id FROM job_run_inputs i JOIN job_run_outputs o ON o.version_id = i.version_id JOIN \
               job_runs j ON j.id = i.job_run_id JOIN job_runs u ON u.id = o.job_run_id WHERE j.run_id = $1 AND u.sequence < j.sequence";
    let rows = connection.list(sql, values![run]).await?;
    rows.iter().map(|row| Ok((row.id("job_run_id")?, row.id("upstream_id")?))).collect()
}

/// The inputs of a job run, by name.
///
/// # Errors
/// Whatever the database says.
pub async fn list_inputs(connection: &mut Connection<'_>, id: JobRunId) -> Result<Vec<NewInput>> {
    let rows = connection
        .list("SELECT name, resource_id, version_id FROM job_run_inputs WHERE job_run_id = $1 ORDER BY name", values![id])
        .await?;
    rows.iter()
        .map(|row| Ok(NewInput { name: row.get("name")?, resource: row.id("resource_id")?, version: row.id("version_id")? }))
        .collect()
}

/// The versions that a job run made.
///
/// # Errors
/// Whatever the database says.
pub async fn list_outputs(connection: &mut Connection<'_>, id: JobRunId) -> Result<Vec<(ResourceId, VersionId)>> {
    let rows = connection.list("SELECT resource_id, version_id FROM job_run_outputs WHERE job_run_id = $1", values![id]).await?;
    rows.iter().map(|row| Ok((row.id("resource_id")?, row.id("version_id")?))).collect()
}
