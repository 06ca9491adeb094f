//! Executions: what runners take, hold by a lease, and bring to an end. How they take it is in `claims`.

mod claims;

pub use claims::*;

use super::runners::Runner;
use super::{logs, runners};
use crate::store::db::{places, values};
use crate::store::{Connection, Result, Row, StoreError, Tx, Value};
use andon_pipelines::event::Event;
use andon_pipelines::ids::{ExecutionId, JobRunId, RunnerId, WorkspaceId};
use andon_pipelines::wire::Outcome;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub struct Execution {
    pub id: ExecutionId,
    pub job_run: JobRunId,
    /// The matrix cell as people read it: `suite=unit`.
    pub cell: Option<String>,
    pub matrix: BTreeMap<String, String>,
    pub labels: Vec<String>,
    pub attempt: i64,
    pub status: ExecutionStatus,
    pub outcome: Option<Outcome>,
    pub reason: Option<String>,
    pub detail: Option<String>,
    pub runner: Option<RunnerId>,
    pub lease_until: Option<i64>,
    pub stop_requested: bool,
    pub steps_begun: bool,
    /// The highest sequence of the runner's reports that is on disk.
    pub reported: i64,
    pub log_size: i64,
    /// The blob of the whole log and its size in bytes, once sealed.
    pub log_blob: Option<(String, i64)>,
    pub log_sealed: bool,
    pub summary: Option<String>,
    /// Its place in the order of claims, before the time: the job's priority with its sign turned.
    pub claim_rank: i64,
    pub queued_at: i64,
    pub started_at: Option<i64>,
    pub ended_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutionStatus {
    Queued,
    Running,
    Ended,
    /// Its runner was lost, and another execution took its place.
    Replaced,
}

impl ExecutionStatus {
    /// The word in the store and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Ended => "ended",
            Self::Replaced => "replaced",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Queued, Self::Running, Self::Ended, Self::Replaced].into_iter().find(|status| status.name() == name)
    }
}

/// The word of an outcome in the store and in JSON.
#[must_use]
pub const fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Succeeded => "succeeded",
        Outcome::Failed => "failed",
        Outcome::Errored => "errored",
        Outcome::Stopped => "stopped",
    }
}

fn outcome_from_name(name: &str) -> Option<Outcome> {
    [Outcome::Succeeded, Outcome::Failed, Outcome::Errored, Outcome::Stopped].into_iter().find(|outcome| outcome_name(*outcome) == name)
}

/// An execution to be.
#[derive(Clone, Debug)]
pub struct NewExecution {
    pub cell: Option<String>,
    pub matrix: BTreeMap<String, String>,
    pub labels: Vec<String>,
    pub attempt: i64,
    /// Of its job: higher ones are claimed first.
    pub priority: i32,
    /// Since when it waits, where that is not now.
    pub queued_at: Option<i64>,
}

const COLUMNS: &str = "SELECT id, job_run_id, cell, matrix, labels, attempt, status, outcome, reason, detail, runner_id, lease_until, \
                       stop_requested, steps_begun, reported, log_size, log_blob, log_blob_size, log_sealed, summary, claim_rank, queued_at, \
                       started_at, ended_at FROM \
                       executions";

/// Queues executions of a job run.
///
/// # Errors
/// Whatever the database says.
pub async fn create(tx: &mut Tx, workspace: WorkspaceId, job_run: JobRunId, new: Vec<NewExecution>) -> Result<Vec<ExecutionId>> {
    let at = tx.at();
    let mut ids = Vec::with_capacity(new.len());
    let mut rows = Vec::with_capacity(new.len());
    for execution in new {
        let id: ExecutionId = tx.new_id();
        let matrix = serde_json::to_string(&execution.matrix).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let labels = serde_json::to_string(&execution.labels).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let (rank, none) = (-i64::from(execution.priority), 0_i64);
        rows.push(values![
            id,
            job_run,
            execution.cell,
            matrix,
            labels,
            execution.attempt,
            "queued",
            false,
            false,
            none,
            none,
            false,
            rank,
            execution.queued_at.unwrap_or(at)
        ]);
        tx.emit(Some(workspace), Event::ExecutionQueued { execution: id, job_run });
        ids.push(id);
    }
    let sql = "INSERT INTO executions (id, job_run_id, cell, matrix, labels, attempt, status, stop_requested, steps_begun, reported, \
               log_size, log_sealed, claim_rank, queued_at) VALUES";
    tx.connection().put_many((sql, ""), rows, None).await?;
    Ok(ids)
}

/// Whether the blob belongs to a version that the execution's job run consumes.
///
/// # Errors
/// Whatever the database says.
pub async fn names_blob(connection: &mut Connection<'_>, id: ExecutionId, digest: &str) -> Result<bool> {
    let sql = "SELECT v.id FROM executions e JOIN job_run_inputs i ON i.job_run_id = e.job_run_id JOIN versions v ON v.id = i.version_id \
               WHERE e.id = $1 AND v.archive_digest = $2 LIMIT 1";
    Ok(connection.find(sql, values![id, digest]).await?.is_some())
}

/// Renews the leases of executions, as far as they are this runner's. Answers how many.
///
/// # Errors
/// Whatever the database says.
pub async fn renew(tx: &mut Tx, held: &[ExecutionId], runner: RunnerId, lease_until: i64) -> Result<u64> {
    let mut renewed = 0;
    for batch in held.chunks(500) {
        let sql = format!(
            "UPDATE executions SET lease_until = $1 WHERE runner_id = $2 AND status = $3 AND id IN {} RETURNING id",
            places(4, batch.len())
        );
        let mut values = values![lease_until, runner, "running"];
        values.extend(batch.iter().map(|id| Value::from(*id)));
        renewed += tx.connection().list_built(sql, values).await?.len() as u64;
    }
    Ok(renewed)
}

/// Gives every runner time to be heard again: after a start of the server nobody is lost for the time that the server was away.
///
/// # Errors
/// Whatever the database says.
pub async fn extend_leases(tx: &mut Tx, lease_until: i64) -> Result<u64> {
    let sql = "UPDATE executions SET lease_until = $1 WHERE status = 'running' AND lease_until < $1";
    tx.connection().execute(sql, values![lease_until]).await
}

/// Running executions whose runner has been silent for too long.
///
/// # Errors
/// Whatever the database says.
pub async fn list_lost(connection: &mut Connection<'_>, now_ms: i64) -> Result<Vec<Execution>> {
    let sql = format!("{COLUMNS} WHERE status = 'running' AND lease_until < $1 ORDER BY lease_until LIMIT 1000");
    connection.list_built(sql, values![now_ms]).await?.iter().map(execution).collect()
}

/// How many executions each runner holds.
///
/// # Errors
/// Whatever the database says.
pub async fn count_by_runner(connection: &mut Connection<'_>) -> Result<BTreeMap<RunnerId, i64>> {
    let sql = "SELECT runner_id, COUNT(*) AS held FROM executions WHERE status = 'running' AND runner_id IS NOT NULL GROUP BY runner_id";
    let rows = connection.list(sql, Vec::new()).await?;
    rows.iter().map(|row| Ok((row.id("runner_id")?, row.get("held")?))).collect()
}

/// The executions of a job run, cell by cell, the newest attempt of each last.
///
/// # Errors
/// Whatever the database says.
pub async fn list_of_job_run(connection: &mut Connection<'_>, job_run: JobRunId) -> Result<Vec<Execution>> {
    let sql = format!("{COLUMNS} WHERE job_run_id = $1 ORDER BY id");
    connection.list_built(sql, values![job_run]).await?.iter().map(execution).collect()
}

/// # Errors
/// [`StoreError::NotFound`] when there is none.
pub async fn get(connection: &mut Connection<'_>, id: ExecutionId) -> Result<Execution> {
    find(connection, id).await?.ok_or(StoreError::NotFound { what: "the execution" })
}

/// # Errors
/// Whatever the database says.
pub async fn find(connection: &mut Connection<'_>, id: ExecutionId) -> Result<Option<Execution>> {
    connection.list_built(format!("{COLUMNS} WHERE id = $1"), values![id]).await?.first().map(execution).transpose()
}

/// A runner, and several executions in no order, whoever has them; `None` when there is no such runner.
///
/// # Errors
/// Whatever the database says.
pub async fn list_with_runner(
    connection: &mut Connection<'_>,
    runner: RunnerId,
    ids: &[ExecutionId],
) -> Result<Option<(Runner, Vec<Execution>)>> {
    if ids.is_empty() {
        return Ok(runners::find(connection, runner).await?.map(|runner| (runner, Vec::new())));
    }
    let mut known = None;
    let mut found = Vec::with_capacity(ids.len());
    for batch in ids.chunks(500) {
        let sql = format!(
            "SELECT e.*, {} FROM runners u LEFT JOIN ({COLUMNS} WHERE id IN {}) e ON 1 = 1 WHERE u.id = $1",
            runners::UNDER_ANOTHER,
            places(2, batch.len())
        );
        let mut values = values![runner];
        values.extend(batch.iter().map(|id| Value::from(*id)));
        for row in connection.list_built(sql, values).await? {
            if known.is_none() {
                known = Some(runners::runner_under(&row, "u_")?);
            }
            if row.get::<Option<String>>("id")?.is_some() {
                found.push(execution(&row)?);
            }
        }
    }
    Ok(known.map(|runner| (runner, found)))
}

/// Asks for the end of what runs, and takes back what is still queued. Answers how many are still with a runner.
///
/// # Errors
/// Whatever the database says.
pub async fn request_stop(tx: &mut Tx, job_run: JobRunId) -> Result<u64> {
    let at = tx.at();
    let sql = "UPDATE executions SET status = $1, outcome = $2, reason = $3, ended_at = $4 WHERE job_run_id = $5 AND status = $6";
    tx.connection().execute(sql, values!["ended", "stopped", "stopped", at, job_run, "queued"]).await?;
    let sql = "UPDATE executions SET stop_requested = $1 WHERE job_run_id = $2 AND status = $3";
    tx.connection().execute(sql, values![true, job_run, "running"]).await
}

/// How an execution ended.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    pub outcome: Outcome,
    pub reason: Option<&'a str>,
    pub detail: Option<&'a str>,
}

/// What a batch of reports changes in an execution's own row.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// The highest sequence on disk afterwards.
    pub reported: i64,
    pub steps_begun: bool,
    pub log_size: i64,
    pub end: Option<End<'a>>,
}

/// Writes down how far a running execution has come.
///
/// # Errors
/// [`StoreError::WrongCount`] when it is not running any more, or somebody else took reports after `old` was read.
pub async fn advance(tx: &mut Tx, workspace: Option<WorkspaceId>, old: &Execution, progress: Progress<'_>) -> Result<()> {
    let at = tx.at();
    let (status, outcome, reason, detail, ended_at) = match progress.end {
        Some(end) => ("ended", Some(outcome_name(end.outcome)), end.reason, end.detail, Some(at)),
        None => ("running", None, None, None, None),
    };
    let sql = "UPDATE executions SET reported = $1, steps_begun = $2, log_size = $3, status = $4, outcome = $5, reason = $6, detail = $7, ended_at \
               = $8, log_sealed = $12 WHERE id = $9 AND status = $10 AND reported = $11";
    let values = values![
        progress.reported,
        progress.steps_begun,
        progress.log_size,
        status,
        outcome,
        reason,
        detail,
        ended_at,
        old.id,
        "running",
        old.reported,
        progress.end.is_some() && progress.log_size <= logs::SHORT
    ];
    tx.connection().put_row(old.id, sql, values).await?;
    if progress.end.is_some() {
        tx.emit(workspace, Event::ExecutionEnded { execution: old.id, job_run: old.job_run });
    }
    Ok(())
}

/// Ends a running execution without a word from its runner.
///
/// # Errors
/// [`StoreError::WrongCount`] when it is not running any more.
pub async fn end(tx: &mut Tx, workspace: WorkspaceId, old: &Execution, end: End<'_>) -> Result<()> {
    let progress = Progress { reported: old.reported, steps_begun: old.steps_begun, log_size: old.log_size, end: Some(end) };
    advance(tx, Some(workspace), old, progress).await
}

/// Takes an execution from its runner; another one takes its place.
///
/// # Errors
/// [`StoreError::WrongCount`] when it is not running any more.
pub async fn replace(tx: &mut Tx, id: ExecutionId, reason: &str) -> Result<()> {
    let at = tx.at();
    let sql = "UPDATE executions SET status = $1, reason = $2, ended_at = $3 WHERE id = $4 AND status = $5";
    tx.connection().execute_exactly(1, sql, values!["replaced", reason, at, id, "running"]).await
}

/// Ended executions whose log is not sealed yet.
///
/// # Errors
/// Whatever the database says.
pub async fn list_unsealed(connection: &mut Connection<'_>, limit: i64) -> Result<Vec<Execution>> {
    let sql = format!("{COLUMNS} WHERE log_sealed = FALSE AND status IN ('ended', 'replaced') ORDER BY id LIMIT $1");
    connection.list_built(sql, values![limit]).await?.iter().map(execution).collect()
}

fn execution(row: &Row) -> Result<Execution> {
    let outcome: Option<String> = row.get("outcome")?;
    Ok(Execution {
        id: row.id("id")?,
        job_run: row.id("job_run_id")?,
        cell: row.get("cell")?,
        matrix: row.json("matrix")?,
        labels: row.json("labels")?,
        attempt: row.get("attempt")?,
        status: row.word("status", ExecutionStatus::from_name)?,
        outcome: outcome
            .map(|word| outcome_from_name(&word).ok_or_else(|| StoreError::Corrupt(format!("unknown outcome {word:?}"))))
            .transpose()?,
        reason: row.get("reason")?,
        detail: row.get("detail")?,
        runner: row.find_id("runner_id")?,
        lease_until: row.get("lease_until")?,
        stop_requested: row.get("stop_requested")?,
        steps_begun: row.get("steps_begun")?,
        reported: row.get("reported")?,
        log_size: row.get("log_size")?,
        log_blob: row.get::<Option<String>>("log_blob")?.zip(row.get("log_blob_size")?),
        log_sealed: row.get("log_sealed")?,
        summary: row.get("summary")?,
        claim_rank: row.get("claim_rank")?,
        queued_at: row.get("queued_at")?,
        started_at: row.get("started_at")?,
        ended_at: row.get("ended_at")?,
    })
}
