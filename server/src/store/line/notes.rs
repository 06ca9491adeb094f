//! What explanations say about many things at once: versions and job runs by name, with what people wrote about them.

use super::job_runs::label;
use crate::store::{Connection, Result, Row};
use andon_pipelines::ids::{JobRunId, ResourceId, VersionId};
use andon_pipelines::state::JobRunStatus;
use std::collections::BTreeMap;

/// At most so many values stand in one statement.
const BATCH: usize = 500;

#[derive(Clone, Debug)]
pub struct VersionNote {
    pub id: VersionId,
    pub map: BTreeMap<String, String>,
    pub disabled_reason: Option<String>,
}

#[derive(Clone, Debug)]
pub struct JobRunNote {
    pub id: JobRunId,
    /// `12`, or `12.1` for a rerun.
    pub number: String,
    pub status: JobRunStatus,
    pub reason: Option<String>,
    pub detail: Option<String>,
    pub superseded: i64,
    pub created_at: i64,
    pub started_at: Option<i64>,
    pub ended_at: Option<i64>,
}

/// A resource that was found in another way once.
#[derive(Clone, Debug)]
pub struct History {
    pub resource: ResourceId,
    pub current: bool,
}

/// The versions, as far as they exist.
///
/// # Errors
/// Whatever the database says.
pub async fn list_versions(connection: &mut Connection<'_>, ids: &[VersionId]) -> Result<Vec<VersionNote>> {
    let mut found = Vec::with_capacity(ids.len());
    for batch in ids.chunks(BATCH) {
        let sql = format!("SELECT id, map, disabled_reason FROM versions WHERE id IN ({})", places(batch.len()));
        for row in connection.list_built(sql, batch.iter().map(|id| (*id).into()).collect()).await? {
            found.push(VersionNote { id: row.id("id")?, map: row.json("map")?, disabled_reason: row.get("disabled_reason")? });
        }
    }
    Ok(found)
}

/// The job runs, as far as they exist.
///
/// # Errors
/// Whatever the database says.
pub async fn list_job_runs(connection: &mut Connection<'_>, ids: &[JobRunId]) -> Result<Vec<JobRunNote>> {
    let mut found = Vec::with_capacity(ids.len());
    for batch in ids.chunks(BATCH) {
        let sql = format!(
            "SELECT id, number, attempt, status, reason, detail, superseded, created_at, started_at, ended_at FROM job_runs WHERE id IN ({})",
            places(batch.len())
        );
        for row in connection.list_built(sql, batch.iter().map(|id| (*id).into()).collect()).await? {
            found.push(job_run(&row)?);
        }
    }
    Ok(found)
}

/// All histories that a resource of this name has in a pipeline, the current one first, then the newest.
///
/// # Errors
/// Whatever the database says.
pub async fn list_histories(
    connection: &mut Connection<'_>,
    pipeline: andon_pipelines::ids::PipelineId,
    name: &str,
) -> Result<Vec<History>> {
    let sql = "SELECT id, current FROM resources WHERE pipeline_id = $1 AND name = $2 ORDER BY current DESC, created_at DESC, id DESC";
    let rows = connection.list(sql, crate::store::db::values![pipeline, name]).await?;
    rows.iter().map(|row| Ok(History { resource: row.id("id")?, current: row.get("current")? })).collect()
}

/// `$1, $2, …`.
fn places(count: usize) -> String {
    (1..=count).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ")
}

fn job_run(row: &Row) -> Result<JobRunNote> {
    Ok(JobRunNote {
        id: row.id("id")?,
        number: label(row.get("number")?, row.get("attempt")?),
        status: row.word("status", JobRunStatus::from_name)?,
        reason: row.get("reason")?,
        detail: row.get("detail")?,
        superseded: row.get("superseded")?,
        created_at: row.get("created_at")?,
        started_at: row.get("started_at")?,
        ended_at: row.get("ended_at")?,
    })
}
