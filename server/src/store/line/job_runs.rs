//! Job runs: their rows; how they are made is in `creation`, how they move is in `moves`, what is looked at where they end in `ends`. What each took, made, followed and vouches for is in `sets`.

mod creation;
mod ends;
mod moves;
mod sets;

pub use creation::*;
pub use ends::*;
pub use moves::*;
pub use sets::*;

use crate::store::db::{places, values};
use crate::store::{Connection, Result, Row, StoreError, Tx};
use andon_pipelines::event::{Event, JobRunFacts};
use andon_pipelines::ids::{JobId, JobRunId, PipelineId, ResourceId, RunId, VersionId, WorkspaceId};
use andon_pipelines::state::JobRunStatus;
use std::collections::{BTreeMap, HashMap};

#[derive(Clone, Debug)]
pub struct JobRun {
    pub id: JobRunId,
    pub run: RunId,
    pub workspace: WorkspaceId,
    pub pipeline: PipelineId,
    pub job: JobId,
    /// What the job is called in `revision`.
    pub job_name: String,
    /// What it is called now.
    pub current_name: String,
    /// The job's last good key-values, whichever job run wrote them.
    pub job_state: BTreeMap<String, String>,
    pub revision: i64,
    pub sequence: i64,
    pub number: i64,
    /// 0 for the first, 1 for the first rerun.
    pub attempt: i64,
    pub rerun_of: Option<JobRunId>,
    pub automatic: bool,
    pub status: JobRunStatus,
    pub reason: Option<String>,
    pub detail: Option<String>,
    /// How many newer sets took the place of its inputs while it waited.
    pub superseded: i64,
    pub actor: String,
    /// Why there is this job run, where its run does not say it.
    pub cause: Option<String>,
    pub params: serde_json::Map<String, serde_json::Value>,
    /// What its steps wrote into `ANDON_STATE`, on top of the job's last good state.
    pub state: BTreeMap<String, String>,
    pub created_at: i64,
    pub started_at: Option<i64>,
    pub ended_at: Option<i64>,
}

impl JobRun {
    /// `12`, or `12.1` for a rerun.
    #[must_use]
    pub fn label(&self) -> String {
        label(self.number, self.attempt)
    }
}

/// How people call the number of a job run.
#[must_use]
pub fn label(number: i64, attempt: i64) -> String {
    if attempt == 0 { number.to_string() } else { format!("{number}.{attempt}") }
}

/// A job run to be.
#[derive(Clone, Debug)]
pub struct NewJobRun {
    pub workspace: WorkspaceId,
    pub pipeline: PipelineId,
    pub run: RunId,
    pub job: JobId,
    pub revision: i64,
    pub number: i64,
    pub attempt: i64,
    pub rerun_of: Option<JobRunId>,
    /// For automatic ones.
    pub set_digest: Option<String>,
    pub params: serde_json::Map<String, serde_json::Value>,
    pub inputs: Vec<NewInput>,
    pub follows: Vec<JobRunId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewInput {
    pub name: String,
    pub resource: ResourceId,
    pub version: VersionId,
}

pub(super) const COLUMNS: &str = "SELECT j.id, j.run_id, p.workspace_id, j.pipeline_id, j.job_id, COALESCE(j.job_name, o.name) AS job_name, o.name AS \
                       current_name, o.state AS job_state, j.revision, j.sequence, j.number, j.attempt, j.rerun_of, j.set_digest, j.status, \
                       j.reason, j.detail, j.superseded, j.actor, j.cause, j.params, j.state, j.created_at, j.started_at, j.ended_at";
pub(super) const SOURCES: &str = "FROM job_runs j JOIN jobs o ON o.id = j.job_id JOIN pipelines p ON p.id = j.pipeline_id";

/// Gives a job run that has not begun a newer set.
///
/// # Errors
/// [`StoreError::WrongCount`] when it has begun meanwhile.
pub async fn supersede(tx: &mut Tx, old: &JobRun, new: &NewJobRun) -> Result<()> {
    tx.connection()
        .execute_exactly(
            1,
            "UPDATE job_runs SET run_id = $1, set_digest = $2, revision = $3, superseded = superseded + 1, job_name = (SELECT n.name FROM jobs \
             n WHERE n.id = job_runs.job_id) WHERE id = $4 AND status = $5 AND started_at IS NULL",
            values![new.run, &new.set_digest, new.revision, old.id, old.status.name()],
        )
        .await?;
    tx.connection().execute("DELETE FROM job_run_inputs WHERE job_run_id = $1", values![old.id]).await?;
    tx.connection().execute("DELETE FROM job_run_follows WHERE job_run_id = $1", values![old.id]).await?;
    insert_set(tx, old.id, new).await?;
    tx.emit(Some(new.workspace), Event::JobRunSuperseded(facts(old.id, old.sequence, new)));
    Ok(())
}

/// Takes the set away from an automatic job run that comes to nothing: its job counts as never having had it, and may start on it again.
///
/// # Errors
/// [`StoreError::WrongCount`] when it has moved on meanwhile.
pub async fn give_set_back(tx: &mut Tx, workspace: WorkspaceId, old: &JobRun) -> Result<()> {
    let sql = "UPDATE job_runs SET set_digest = NULL WHERE id = $1 AND status = $2";
    tx.connection().execute_exactly(1, sql, values![old.id, old.status.name()]).await?;
    tx.connection().execute("DELETE FROM job_run_inputs WHERE job_run_id = $1", values![old.id]).await?;
    tx.connection().execute("DELETE FROM job_run_follows WHERE job_run_id = $1", values![old.id]).await?;
    let facts = JobRunFacts {
        job_run: old.id,
        run: old.run,
        pipeline: old.pipeline,
        job: old.job,
        sequence: old.sequence,
        number: old.label(),
        rerun_of: old.rerun_of,
        inputs: BTreeMap::new(),
        automatic: false,
        follows: Vec::new(),
    };
    tx.emit(Some(workspace), Event::JobRunSuperseded(facts));
    Ok(())
}

async fn insert_set(tx: &mut Tx, id: JobRunId, new: &NewJobRun) -> Result<()> {
    let inputs = new.inputs.iter().map(|input| values![id, &input.name, input.resource, input.version]).collect();
    tx.connection().put_many(("INSERT INTO job_run_inputs (job_run_id, name, resource_id, version_id) VALUES", ""), inputs, None).await?;
    let follows = new.follows.iter().map(|upstream| values![id, *upstream]).collect();
    tx.connection().put_many(("INSERT INTO job_run_follows (job_run_id, upstream_id) VALUES", ""), follows, None).await
}

fn facts(id: JobRunId, sequence: i64, new: &NewJobRun) -> JobRunFacts {
    JobRunFacts {
        job_run: id,
        run: new.run,
        pipeline: new.pipeline,
        job: new.job,
        sequence,
        number: label(new.number, new.attempt),
        rerun_of: new.rerun_of,
        inputs: new.inputs.iter().map(|input| (input.name.clone(), input.version)).collect(),
        automatic: new.set_digest.is_some(),
        follows: new.follows.clone(),
    }
}

/// Records what a job run wrote into its state.
///
/// # Errors
/// Whatever the database says.
pub async fn set_state(tx: &mut Tx, id: JobRunId, state: &BTreeMap<String, String>) -> Result<()> {
    let text = serde_json::to_string(state).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    tx.connection().execute_exactly(1, "UPDATE job_runs SET state = $1 WHERE id = $2", values![text, id]).await
}

/// Records why there is this job run.
///
/// # Errors
/// Whatever the database says.
pub async fn set_cause(tx: &mut Tx, id: JobRunId, cause: &str) -> Result<()> {
    tx.connection().execute_exactly(1, "UPDATE job_runs SET cause = $1 WHERE id = $2", values![cause, id]).await
}

/// The newest job runs of a job that have ended, the newest first.
///
/// # Errors
/// Whatever the database says.
pub async fn list_ended(connection: &mut Connection<'_>, job: JobId, limit: i64) -> Result<Vec<JobRun>> {
    let sql = format!("{COLUMNS} {SOURCES} WHERE j.job_id = $1 AND j.ended_at IS NOT NULL ORDER BY j.number DESC, j.attempt DESC LIMIT $2");
    connection.list_built(sql, values![job, limit]).await?.iter().map(job_run).collect()
}

/// # Errors
/// [`StoreError::NotFound`] when there is none.
pub async fn get(connection: &mut Connection<'_>, id: JobRunId) -> Result<JobRun> {
    let rows = connection.list_built(format!("{COLUMNS} {SOURCES} WHERE j.id = $1"), values![id]).await?;
    rows.first().map(job_run).transpose()?.ok_or(StoreError::NotFound { what: "the job run" })
}

/// The job runs of a run, in the order they were made.
///
/// # Errors
/// Whatever the database says.
pub async fn list_of_run(connection: &mut Connection<'_>, run: RunId) -> Result<Vec<JobRun>> {
    connection
        .list_built(format!("{COLUMNS} {SOURCES} WHERE j.run_id = $1 ORDER BY j.sequence"), values![run])
        .await?
        .iter()
        .map(job_run)
        .collect()
}

/// The job runs of a pipeline that have not ended, oldest first.
///
/// # Errors
/// Whatever the database says.
pub async fn list_unfinished(connection: &mut Connection<'_>, pipeline: PipelineId) -> Result<Vec<JobRunId>> {
    let sql = "SELECT id FROM job_runs WHERE pipeline_id = $1 AND ended_at IS NULL ORDER BY sequence";
    connection.list(sql, values![pipeline]).await?.iter().map(|row| row.id("id")).collect()
}

/// The statuses of the job runs of several runs.
///
/// # Errors
/// Whatever the database says.
pub async fn list_statuses(connection: &mut Connection<'_>, of: &[RunId]) -> Result<HashMap<RunId, Vec<JobRunStatus>>> {
    let mut found: HashMap<RunId, Vec<JobRunStatus>> = HashMap::new();
    if of.is_empty() {
        return Ok(found);
    }
    let sql = format!("SELECT run_id, status FROM job_runs WHERE run_id IN {}", places(1, of.len()));
    for row in connection.list_built(sql, of.iter().map(|run| (*run).into()).collect()).await? {
        found.entry(row.id("run_id")?).or_default().push(row.word("status", JobRunStatus::from_name)?);
    }
    Ok(found)
}

/// How the job's last run before this one that succeeded or failed did.
///
/// # Errors
/// Whatever the database says.
pub async fn find_previous_verdict(connection: &mut Connection<'_>, of: &JobRun) -> Result<Option<JobRunStatus>> {
    let sql = "SELECT status FROM job_runs WHERE job_id = $1 AND (number < $2 OR (number = $2 AND attempt < $3)) AND status IN ('succeeded', \
               'failed') ORDER BY number DESC, attempt DESC LIMIT 1";
    let row = connection.find(sql, values![of.job, of.number, of.attempt]).await?;
    row.map(|row| row.word("status", JobRunStatus::from_name)).transpose()
}

/// The job's last run before this one that has begun; a rerun is compared with what stands before its original.
///
/// # Errors
/// Whatever the database says.
pub async fn find_before(connection: &mut Connection<'_>, of: &JobRun) -> Result<Option<JobRun>> {
    let sql = format!(
        "{COLUMNS} {SOURCES} WHERE j.job_id = $1 AND j.number < $2 AND j.started_at IS NOT NULL ORDER BY j.number DESC, j.attempt DESC LIMIT 1"
    );
    connection.list_built(sql, values![of.job, of.number]).await?.first().map(job_run).transpose()
}

/// Whether the line has made a job run of this set already.
///
/// # Errors
/// Whatever the database says.
pub async fn exists_for_set(connection: &mut Connection<'_>, job: JobId, set_digest: &str) -> Result<bool> {
    let sql = "SELECT id FROM job_runs WHERE job_id = $1 AND set_digest = $2";
    Ok(connection.find(sql, values![job, set_digest]).await?.is_some())
}

/// The job run of a job with this number and attempt.
///
/// # Errors
/// Whatever the database says.
pub async fn find_by_number(connection: &mut Connection<'_>, job: JobId, number: (i64, i64)) -> Result<Option<JobRun>> {
    let sql = format!("{COLUMNS} {SOURCES} WHERE j.job_id = $1 AND j.number = $2 AND j.attempt = $3");
    connection.list_built(sql, values![job, number.0, number.1]).await?.first().map(job_run).transpose()
}

/// The highest attempt of a number.
///
/// # Errors
/// Whatever the database says.
pub async fn get_last_attempt(connection: &mut Connection<'_>, job: JobId, number: i64) -> Result<i64> {
    let sql = "SELECT MAX(attempt) AS attempt FROM job_runs WHERE job_id = $1 AND number = $2";
    let row = connection.get("the job run", sql, values![job, number]).await?;
    Ok(row.get::<Option<i64>>("attempt")?.unwrap_or(0))
}

/// The job runs that the line itself has made of a job after a moment, newest first, with their sequence: at most 2,000.
///
/// # Errors
/// Whatever the database says.
pub async fn list_automatic_since(connection: &mut Connection<'_>, job: JobId, after_ms: i64) -> Result<Vec<(JobRunId, i64)>> {
    let sql = "SELECT id, sequence FROM job_runs WHERE job_id = $1 AND created_at > $2 AND set_digest IS NOT NULL ORDER BY sequence DESC \
               LIMIT 2000";
    connection.list(sql, values![job, after_ms]).await?.iter().map(|row| Ok((row.id("id")?, row.get("sequence")?))).collect()
}

pub(super) fn job_run(row: &Row) -> Result<JobRun> {
    Ok(JobRun {
        id: row.id("id")?,
        run: row.id("run_id")?,
        workspace: row.id("workspace_id")?,
        pipeline: row.id("pipeline_id")?,
        job: row.id("job_id")?,
        job_name: row.get("job_name")?,
        current_name: row.get("current_name")?,
        job_state: row.json("job_state")?,
        revision: row.get("revision")?,
        sequence: row.get("sequence")?,
        number: row.get("number")?,
        attempt: row.get("attempt")?,
        rerun_of: row.find_id("rerun_of")?,
        automatic: row.get::<Option<String>>("set_digest")?.is_some(),
        status: row.word("status", JobRunStatus::from_name)?,
        reason: row.get("reason")?,
        detail: row.get("detail")?,
        superseded: row.get("superseded")?,
        actor: row.get("actor")?,
        cause: row.get("cause")?,
        params: row.json("params")?,
        state: row.json("state")?,
        created_at: row.get("created_at")?,
        started_at: row.get("started_at")?,
        ended_at: row.get("ended_at")?,
    })
}
