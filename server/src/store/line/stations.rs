//! What the picture of a line shows at each of its stations: the newest runs of every job, the newest version of every
//! resource. A few statements for the whole pipeline, however many jobs it has.

use crate::store::db::{Value, values};
use crate::store::{Connection, Result, Row};
use andon_pipelines::ids::{ExecutionId, JobId, JobRunId, PipelineId, RunId, VersionId};
use andon_pipelines::state::JobRunStatus;
use andon_pipelines::wire::StepReport;
use std::collections::BTreeMap;

/// How many of a job's newest numbers are looked at.
const RECENT: i64 = 10;
/// How many identifiers one statement names.
const NAMED: usize = 500;

/// A job run, as far as the picture shows it.
#[derive(Clone, Debug)]
pub struct StationRun {
    pub id: JobRunId,
    pub run: RunId,
    pub job: String,
    pub number: i64,
    pub attempt: i64,
    pub status: JobRunStatus,
    pub reason: Option<String>,
    pub detail: Option<String>,
    pub created_at: i64,
    pub started_at: Option<i64>,
    pub ended_at: Option<i64>,
}

/// A version at a station.
#[derive(Clone, Debug)]
pub struct StationVersion {
    pub id: VersionId,
    pub resource: String,
    pub map: BTreeMap<String, String>,
    pub made_by: Option<JobRunId>,
    pub created_at: i64,
}

/// A resource with its newest version.
#[derive(Clone, Debug)]
pub struct StationResource {
    pub name: String,
    pub pinned: bool,
    pub check_error: Option<String>,
    pub newest: Option<StationVersion>,
}

/// When one execution of a job run was queued, began, had fetched, ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExecutionTimes {
    pub queued_at: i64,
    pub started_at: Option<i64>,
    pub fetched_at: Option<i64>,
    pub ended_at: Option<i64>,
}

const RUN_COLUMNS: &str = "SELECT j.id, j.run_id, o.name AS job_name, j.number, j.attempt, j.status, j.reason, j.detail, j.created_at, \
                           j.started_at, j.ended_at FROM jobs o JOIN job_runs j ON j.job_id = o.id";

/// The job runs of each job's newest ten numbers, oldest first.
///
/// # Errors
/// Whatever the database says.
pub async fn list_recent_runs(connection: &mut Connection<'_>, pipeline: PipelineId) -> Result<Vec<StationRun>> {
    let sql = format!("{RUN_COLUMNS} WHERE o.pipeline_id = $1 AND j.number >= o.next_number - $2 ORDER BY j.number, j.attempt");
    connection.list_built(sql, values![pipeline, RECENT]).await?.iter().map(station_run).collect()
}

/// The job runs of a pipeline that have not ended, oldest first.
///
/// # Errors
/// Whatever the database says.
pub async fn list_active_runs(connection: &mut Connection<'_>, pipeline: PipelineId) -> Result<Vec<StationRun>> {
    let sql = format!("{RUN_COLUMNS} WHERE j.pipeline_id = $1 AND j.ended_at IS NULL ORDER BY j.sequence");
    connection.list_built(sql, values![pipeline]).await?.iter().map(station_run).collect()
}

/// The job runs of one run, oldest first.
///
/// # Errors
/// Whatever the database says.
pub async fn list_runs_of(connection: &mut Connection<'_>, run: RunId) -> Result<Vec<StationRun>> {
    let sql = format!("{RUN_COLUMNS} WHERE j.run_id = $1 ORDER BY j.sequence");
    connection.list_built(sql, values![run]).await?.iter().map(station_run).collect()
}

/// The newest job runs of a job, newest first.
///
/// # Errors
/// Whatever the database says.
pub async fn list_runs_of_job(connection: &mut Connection<'_>, job: JobId, limit: i64) -> Result<Vec<StationRun>> {
    let sql = format!("{RUN_COLUMNS} WHERE j.job_id = $1 ORDER BY j.number DESC, j.attempt DESC LIMIT $2");
    connection.list_built(sql, values![job, limit]).await?.iter().map(station_run).collect()
}

/// The versions that job runs consumed and made.
///
/// # Errors
/// Whatever the database says.
pub async fn list_versions_of(connection: &mut Connection<'_>, of: &[JobRunId]) -> Result<Vec<(JobRunId, StationVersion)>> {
    let mut found = Vec::new();
    for named in of.chunks(NAMED) {
        let places: Vec<_> = (1..=named.len()).map(|place| format!("${place}")).collect();
        let places = places.join(", ");
        // What it made stands behind what it took: of one resource, the later one counts.
        let sql = format!(
            "SELECT u.job_run_id, u.made, r.name AS resource, v.id, v.map, v.job_run_id AS made_by, v.created_at FROM (SELECT job_run_id, version_id, 0 AS made FROM \
             job_run_inputs WHERE job_run_id IN ({places}) UNION ALL SELECT job_run_id, version_id, 1 AS made FROM job_run_outputs WHERE \
             job_run_id IN ({places})) u JOIN versions v ON v.id = u.version_id JOIN resources r ON r.id = v.resource_id ORDER BY \
             u.job_run_id, u.made, r.name"
        );
        let rows = connection.list_built(sql, named.iter().map(|id| Value::from(*id)).collect()).await?;
        for row in &rows {
            found.push((row.id("job_run_id")?, version(row)?));
        }
    }
    Ok(found)
}

/// The current resources of a pipeline, each with its newest version.
///
/// # Errors
/// Whatever the database says.
pub async fn list_resources(connection: &mut Connection<'_>, pipeline: PipelineId) -> Result<Vec<StationResource>> {
    let sql = "SELECT r.name AS resource, r.pinned_version_id, r.check_error, v.id, v.map, v.job_run_id AS made_by, v.created_at FROM resources r LEFT JOIN versions v \
               ON v.id = (SELECT l.id FROM versions l WHERE l.resource_id = r.id ORDER BY l.ordinal DESC LIMIT 1) WHERE r.pipeline_id = $1 \
               AND r.current = $2 ORDER BY r.name";
    let rows = connection.list(sql, values![pipeline, true]).await?;
    rows.iter()
        .map(|row| {
            let newest: Option<VersionId> = row.find_id("id")?;
            Ok(StationResource {
                name: row.get("resource")?,
                pinned: row.find_id::<VersionId>("pinned_version_id")?.is_some(),
                check_error: row.get("check_error")?,
                newest: newest.map(|_| version(row)).transpose()?,
            })
        })
        .collect()
}

/// When the executions of a run's job runs moved on.
///
/// # Errors
/// Whatever the database says.
pub async fn list_execution_times(connection: &mut Connection<'_>, run: RunId) -> Result<Vec<(JobRunId, ExecutionTimes)>> {
    let sql = "SELECT e.id, e.job_run_id, e.queued_at, e.started_at, e.ended_at FROM executions e JOIN job_runs j ON j.id = e.job_run_id \
               WHERE j.run_id = $1 ORDER BY e.queued_at, e.id";
    let rows = connection.list(sql, values![run]).await?;
    let sql = "SELECT s.execution_id, s.body FROM execution_steps s JOIN executions e ON e.id = s.execution_id JOIN job_runs j ON j.id = \
               e.job_run_id WHERE j.run_id = $1 ORDER BY s.execution_id, s.position";
    let mut fetched: BTreeMap<ExecutionId, i64> = BTreeMap::new();
    for row in connection.list(sql, values![run]).await? {
        let step: StepReport = row.json("body")?;
        if let (andon_pipelines::wire::Phase::Fetch, Some(at)) = (step.phase, step.ended_at) {
            let latest = fetched.entry(row.id("execution_id")?).or_insert(at);
            *latest = at.max(*latest);
        }
    }
    rows.iter()
        .map(|row| {
            let times = ExecutionTimes {
                queued_at: row.get("queued_at")?,
                started_at: row.get("started_at")?,
                fetched_at: fetched.get(&row.id("id")?).copied(),
                ended_at: row.get("ended_at")?,
            };
            Ok((row.id("job_run_id")?, times))
        })
        .collect()
}

fn station_run(row: &Row) -> Result<StationRun> {
    Ok(StationRun {
        id: row.id("id")?,
        run: row.id("run_id")?,
        job: row.get("job_name")?,
        number: row.get("number")?,
        attempt: row.get("attempt")?,
        status: row.word("status", JobRunStatus::from_name)?,
        reason: row.get("reason")?,
        detail: row.get("detail")?,
        created_at: row.get("created_at")?,
        started_at: row.get("started_at")?,
        ended_at: row.get("ended_at")?,
    })
}

fn version(row: &Row) -> Result<StationVersion> {
    Ok(StationVersion {
        id: row.id("id")?,
        resource: row.get("resource")?,
        map: row.json("map")?,
        made_by: row.find_id("made_by")?,
        created_at: row.get("created_at")?,
    })
}
