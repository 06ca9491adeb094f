//! Gates: what they are bound to, when they are due, and how they closed.

use super::gate_approvers;
use crate::store::db::values;
use crate::store::{Connection, Result, Row, StoreError, Tx};
use andon_pipelines::event::Event;
use andon_pipelines::ids::{GateId, JobId, JobRunId, PipelineId, UserId, WorkspaceId};
use andon_pipelines::state::GateStatus;
use serde_json::Value as Json;

#[derive(Clone, Debug)]
pub struct Gate {
    pub id: GateId,
    pub job_run: JobRunId,
    /// The revision whose rules it asks by.
    pub revision: i64,
    /// What the gate is bound to: input versions, lineage, the job's definition, parameters.
    pub digest: String,
    pub status: GateStatus,
    pub deadline_at: Option<i64>,
    pub next_at: Option<i64>,
    pub opened_at: i64,
    pub closed_at: Option<i64>,
    /// `people`, `timeout`, `break-glass`, `newer-set`, `stop`.
    pub closed_how: Option<String>,
    pub reminded_at: Option<i64>,
    pub escalated_at: Option<i64>,
    /// Its time ran out and it counts as approved.
    pub timed_out_at: Option<i64>,
    pub claimed_by: Option<UserId>,
    pub claimed_at: Option<i64>,
    /// What its checks said last, as the engine wrote it.
    pub checks: Json,
    pub checked_at: Option<i64>,
    pub check_at: Option<i64>,
    pub carried_from: Option<GateId>,
    pub broken_by: Option<UserId>,
    pub broken_reason: Option<String>,
    pub reviewed_by: Option<UserId>,
    pub reviewed_at: Option<i64>,
    pub review_comment: Option<String>,
    /// Whether it leaves somebody's approval out; absent where it has not been listed yet whom it asks.
    pub excludes: Option<bool>,
}

impl Gate {
    /// What it waits for as it is.
    #[must_use]
    pub fn timers(&self) -> Timers {
        Timers {
            deadline_at: self.deadline_at,
            next_at: self.next_at,
            reminded_at: self.reminded_at,
            escalated_at: self.escalated_at,
            timed_out_at: self.timed_out_at,
            check_at: self.check_at,
        }
    }
}

const COLUMNS: &str = "SELECT id, job_run_id, revision, digest, status, deadline_at, next_at, opened_at, closed_at, closed_how, reminded_at, \
                       escalated_at, timed_out_at, claimed_by, claimed_at, checks, checked_at, check_at, carried_from, broken_by, broken_reason, \
                       reviewed_by, reviewed_at, review_comment, excludes FROM gates";

/// A gate to be.
#[derive(Clone, Debug)]
pub struct NewGate<'a> {
    pub workspace: WorkspaceId,
    pub pipeline: PipelineId,
    pub job_run: JobRunId,
    pub revision: i64,
    pub digest: &'a str,
    pub carried_from: Option<GateId>,
    pub timers: Timers,
    /// Whether the ends of other job runs may change what its checks say.
    pub watches: bool,
}

/// What an open gate waits for, milliseconds since 1970 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timers {
    pub deadline_at: Option<i64>,
    pub next_at: Option<i64>,
    pub reminded_at: Option<i64>,
    pub escalated_at: Option<i64>,
    pub timed_out_at: Option<i64>,
    pub check_at: Option<i64>,
}

/// Opens a gate.
///
/// # Errors
/// Whatever the database says.
pub async fn open(tx: &mut Tx, new: &NewGate<'_>) -> Result<GateId> {
    let (id, at) = (tx.new_id::<GateId>(), tx.at());
    let watches = new.watches.then_some(new.pipeline);
    let sql = "INSERT INTO gates (id, job_run_id, revision, digest, status, deadline_at, next_at, opened_at, watches, carried_from) VALUES ($1, \
               $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let (deadline, next) = (new.timers.deadline_at, new.timers.next_at);
    let open = GateStatus::Open.name();
    let values = values![id, new.job_run, new.revision, new.digest, open, deadline, next, at, watches, new.carried_from];
    tx.connection().execute_exactly(1, sql, values).await?;
    tx.emit(Some(new.workspace), Event::GateOpened { gate: id, job_run: new.job_run, pipeline: new.pipeline });
    Ok(id)
}

/// Closes an open gate. `how` is one of the words of [`Gate::closed_how`].
///
/// # Errors
/// [`StoreError::WrongCount`] when it is closed already.
pub async fn close(tx: &mut Tx, workspace: WorkspaceId, gate: &Gate, (status, how): (GateStatus, &str)) -> Result<()> {
    let at = tx.at();
    let sql = "UPDATE gates SET status = $1, closed_at = $2, closed_how = $3, next_at = NULL, check_at = NULL, watches = NULL WHERE id = $4 AND \
               status = $5";
    tx.connection().execute_exactly(1, sql, values![status.name(), at, how, gate.id, GateStatus::Open.name()]).await?;
    gate_approvers::clear(tx, gate.id).await?;
    tx.emit(Some(workspace), Event::GateClosed { gate: gate.id, job_run: gate.job_run, status });
    Ok(())
}

/// Binds an open gate to something else; what was decided before is revoked by the caller.
///
/// # Errors
/// [`StoreError::WrongCount`] when it is closed.
pub async fn rebind(tx: &mut Tx, workspace: WorkspaceId, gate: &Gate, (revision, digest): (i64, &str)) -> Result<()> {
    let at = tx.at();
    let sql = "UPDATE gates SET revision = $1, digest = $2, opened_at = $3, carried_from = NULL, claimed_by = NULL, claimed_at = NULL WHERE id = \
               $4 AND status = $5";
    tx.connection().execute_exactly(1, sql, values![revision, digest, at, gate.id, GateStatus::Open.name()]).await?;
    tx.emit(Some(workspace), Event::GateRebound { gate: gate.id, job_run: gate.job_run, digest: digest.to_owned() });
    Ok(())
}

/// Sets what an open gate waits for.
///
/// # Errors
/// [`StoreError::WrongCount`] when it is closed.
pub async fn set_timers(tx: &mut Tx, gate: GateId, timers: &Timers) -> Result<()> {
    let Timers { deadline_at, next_at, reminded_at, escalated_at, timed_out_at, check_at } = *timers;
    let sql = "UPDATE gates SET deadline_at = $1, next_at = $2, reminded_at = $3, escalated_at = $4, timed_out_at = $5, check_at = $6 WHERE id = \
               $7 AND status = $8";
    let open = GateStatus::Open.name();
    let values = values![deadline_at, next_at, reminded_at, escalated_at, timed_out_at, check_at, gate, open];
    tx.connection().execute_exactly(1, sql, values).await
}

/// Sets the pipeline whose job runs, when they end, may change what the checks of an open gate say.
///
/// # Errors
/// [`StoreError::WrongCount`] when it is closed.
pub async fn set_watches(tx: &mut Tx, gate: GateId, watches: Option<PipelineId>) -> Result<()> {
    let sql = "UPDATE gates SET watches = $1 WHERE id = $2 AND status = $3";
    tx.connection().execute_exactly(1, sql, values![watches, gate, GateStatus::Open.name()]).await
}

/// Records what the checks said.
///
/// # Errors
/// [`StoreError::WrongCount`] when it is closed.
pub async fn set_checks(tx: &mut Tx, gate: GateId, checks: &Json) -> Result<()> {
    let at = tx.at();
    let sql = "UPDATE gates SET checks = $1, checked_at = $2 WHERE id = $3 AND status = $4";
    tx.connection().execute_exactly(1, sql, values![checks.to_string(), at, gate, GateStatus::Open.name()]).await
}

/// Somebody looks after an open gate, or nobody any more.
///
/// # Errors
/// [`StoreError::WrongCount`] when it is closed.
pub async fn set_claimed(tx: &mut Tx, workspace: WorkspaceId, gate: &Gate, user: Option<UserId>) -> Result<()> {
    let at = user.is_some().then_some(tx.at());
    let sql = "UPDATE gates SET claimed_by = $1, claimed_at = $2 WHERE id = $3 AND status = $4";
    tx.connection().execute_exactly(1, sql, values![user, at, gate.id, GateStatus::Open.name()]).await?;
    tx.emit(Some(workspace), Event::GateClaimed { gate: gate.id, job_run: gate.job_run, user });
    Ok(())
}

/// Records who opened the gate alone, and why.
///
/// # Errors
/// [`StoreError::WrongCount`] when it is closed.
pub async fn set_broken(tx: &mut Tx, workspace: WorkspaceId, gate: &Gate, (user, reason): (UserId, &str)) -> Result<()> {
    let sql = "UPDATE gates SET broken_by = $1, broken_reason = $2 WHERE id = $3 AND status = $4";
    tx.connection().execute_exactly(1, sql, values![user, reason, gate.id, GateStatus::Open.name()]).await?;
    let event = Event::GateBroken { gate: gate.id, job_run: gate.job_run, user, reason: reason.to_owned() };
    tx.emit(Some(workspace), event);
    Ok(())
}

/// Records who has looked at why the gate was opened alone.
///
/// # Errors
/// [`StoreError::WrongCount`] when somebody has already, or it was not opened alone.
pub async fn set_reviewed(tx: &mut Tx, workspace: WorkspaceId, gate: &Gate, (user, comment): (UserId, Option<&str>)) -> Result<()> {
    let at = tx.at();
    let sql = "UPDATE gates SET reviewed_by = $1, reviewed_at = $2, review_comment = $3 WHERE id = $4 AND broken_by IS NOT NULL AND reviewed_at \
               IS NULL";
    tx.connection().execute_exactly(1, sql, values![user, at, comment, gate.id]).await?;
    tx.emit(Some(workspace), Event::GateReviewed { gate: gate.id, job_run: gate.job_run, user });
    Ok(())
}

/// Keeps others from deciding at the gate until this transaction ends: each decision is judged with all that were made before it.
///
/// # Errors
/// [`crate::store::StoreError::NotFound`] when there is none.
pub async fn lock(tx: &mut Tx, id: GateId) -> Result<()> {
    match tx.connection().execute("UPDATE gates SET status = status WHERE id = $1", values![id]).await? {
        0 => Err(crate::store::StoreError::NotFound { what: "the gate" }),
        _ => Ok(()),
    }
}

/// # Errors
/// [`StoreError::NotFound`] when there is none.
pub async fn get(connection: &mut Connection<'_>, id: GateId) -> Result<Gate> {
    let rows = connection.list_built(format!("{COLUMNS} WHERE id = $1"), values![id]).await?;
    rows.first().map(gate).transpose()?.ok_or(StoreError::NotFound { what: "the gate" })
}

/// The gate of a job run, if it is one.
///
/// # Errors
/// Whatever the database says.
pub async fn find_by_job_run(connection: &mut Connection<'_>, job_run: JobRunId) -> Result<Option<Gate>> {
    connection.list_built(format!("{COLUMNS} WHERE job_run_id = $1"), values![job_run]).await?.first().map(gate).transpose()
}

/// The newest gate of a job that was bound to this.
///
/// # Errors
/// Whatever the database says.
pub async fn find_by_digest(connection: &mut Connection<'_>, job: JobId, digest: &str) -> Result<Option<Gate>> {
    let sql = format!(
        "{COLUMNS} WHERE digest = $1 AND job_run_id IN (SELECT id FROM job_runs WHERE job_id = $2) ORDER BY opened_at DESC, id DESC LIMIT 1"
    );
    connection.list_built(sql, values![digest, job]).await?.first().map(gate).transpose()
}

/// The newest gate of a job that people opened for this very thing.
///
/// # Errors
/// Whatever the database says.
pub async fn find_approved(connection: &mut Connection<'_>, job: JobId, digest: &str) -> Result<Option<Gate>> {
    let sql = format!(
        "{COLUMNS} WHERE digest = $1 AND status = $2 AND closed_how = 'people' AND job_run_id IN (SELECT id FROM job_runs WHERE job_id = $3) \
         ORDER BY closed_at DESC, id DESC LIMIT 1"
    );
    connection.list_built(sql, values![digest, GateStatus::Approved.name(), job]).await?.first().map(gate).transpose()
}

/// The open gates of a workspace, oldest first; `after` is when the last one of the page before was opened, and that gate.
///
/// # Errors
/// Whatever the database says.
pub async fn list_open(
    connection: &mut Connection<'_>,
    workspace: WorkspaceId,
    after: Option<(i64, GateId)>,
    limit: i64,
) -> Result<Vec<Gate>> {
    let sql = format!(
        "{COLUMNS} WHERE status = $1 AND job_run_id IN (SELECT j.id FROM job_runs j JOIN pipelines p ON p.id = j.pipeline_id WHERE \
         j.status = 'awaiting' AND p.workspace_id = $2) AND (opened_at > $3 OR (opened_at = $3 AND id > $4)) ORDER BY opened_at, id LIMIT $5"
    );
    let (at, id) = after.map_or((i64::MIN, String::new()), |(at, id)| (at, id.to_string()));
    connection.list_built(sql, values![GateStatus::Open.name(), workspace, at, id, limit]).await?.iter().map(gate).collect()
}

/// The open gates of a pipeline.
///
/// # Errors
/// Whatever the database says.
pub async fn list_open_of_pipeline(connection: &mut Connection<'_>, pipeline: PipelineId) -> Result<Vec<Gate>> {
    let sql = format!(
        "{COLUMNS} WHERE status = $1 AND job_run_id IN (SELECT id FROM job_runs WHERE status = 'awaiting' AND ended_at IS NULL AND pipeline_id = $2) ORDER BY \
         opened_at, id"
    );
    connection.list_built(sql, values![GateStatus::Open.name(), pipeline]).await?.iter().map(gate).collect()
}

/// Gates of a workspace that were opened alone and have not been reviewed, newest first.
///
/// # Errors
/// Whatever the database says.
pub async fn list_unreviewed(connection: &mut Connection<'_>, workspace: WorkspaceId) -> Result<Vec<Gate>> {
    let sql = format!(
        "{COLUMNS} WHERE broken_by IS NOT NULL AND reviewed_at IS NULL AND job_run_id IN (SELECT j.id FROM job_runs j JOIN pipelines p ON \
         p.id = j.pipeline_id WHERE p.workspace_id = $1) ORDER BY opened_at DESC, id LIMIT 1000"
    );
    connection.list_built(sql, values![workspace]).await?.iter().map(gate).collect()
}

/// Open gates that have to be looked at by now, the longest overdue first.
///
/// # Errors
/// Whatever the database says.
pub async fn list_due(connection: &mut Connection<'_>, now_ms: i64, limit: i64) -> Result<Vec<Gate>> {
    let sql = format!("{COLUMNS} WHERE status = $1 AND next_at <= $2 ORDER BY next_at, id LIMIT $3");
    connection.list_built(sql, values![GateStatus::Open.name(), now_ms, limit]).await?.iter().map(gate).collect()
}

/// When the next gate has to be looked at, and whether any gate is open at all.
///
/// # Errors
/// Whatever the database says.
pub async fn next_due(connection: &mut Connection<'_>) -> Result<(Option<i64>, bool)> {
    let sql = "SELECT MIN(next_at) AS at, EXISTS (SELECT 1 FROM gates WHERE status = $1) AS any_open FROM gates WHERE status = $1 AND next_at IS \
               NOT NULL";
    let row = connection.get("the next gate", sql, values![GateStatus::Open.name()]).await?;
    Ok((row.get("at")?, row.get("any_open")?))
}

/// Something has ended that may change what checks say: the open gates of the pipeline that have some are due now. Answers how many.
///
/// # Errors
/// Whatever the database says.
pub async fn touch_watching(tx: &mut Tx, pipeline: PipelineId) -> Result<u64> {
    let at = tx.at();
    let sql = "UPDATE gates SET next_at = $1, check_at = $1 WHERE watches = $2 AND (next_at IS NULL OR next_at > $1)";
    tx.connection().execute(sql, values![at, pipeline]).await
}

/// Something has changed that may hold gates of the pipeline: the open ones are due now. Answers how many.
///
/// # Errors
/// Whatever the database says.
pub async fn touch_open(tx: &mut Tx, pipeline: PipelineId) -> Result<u64> {
    let at = tx.at();
    let sql = "UPDATE gates SET next_at = $1 WHERE status = 'open' AND (next_at IS NULL OR next_at > $1) AND job_run_id IN (SELECT id FROM \
               job_runs WHERE pipeline_id = $2)";
    tx.connection().execute(sql, values![at, pipeline]).await
}

fn gate(row: &Row) -> Result<Gate> {
    let checks: Option<String> = row.get("checks")?;
    Ok(Gate {
        id: row.id("id")?,
        job_run: row.id("job_run_id")?,
        revision: row.get::<Option<i64>>("revision")?.unwrap_or_default(),
        digest: row.get("digest")?,
        status: row.word("status", GateStatus::from_name)?,
        deadline_at: row.get("deadline_at")?,
        next_at: row.get("next_at")?,
        opened_at: row.get("opened_at")?,
        closed_at: row.get("closed_at")?,
        closed_how: row.get("closed_how")?,
        reminded_at: row.get("reminded_at")?,
        escalated_at: row.get("escalated_at")?,
        timed_out_at: row.get("timed_out_at")?,
        claimed_by: row.find_id("claimed_by")?,
        claimed_at: row.get("claimed_at")?,
        checks: checks
            .map_or(Ok(Json::Null), |text| serde_json::from_str(&text))
            .map_err(|error| StoreError::Corrupt(error.to_string()))?,
        checked_at: row.get("checked_at")?,
        check_at: row.get("check_at")?,
        carried_from: row.find_id("carried_from")?,
        broken_by: row.find_id("broken_by")?,
        broken_reason: row.get("broken_reason")?,
        reviewed_by: row.find_id("reviewed_by")?,
        reviewed_at: row.get("reviewed_at")?,
        review_comment: row.get("review_comment")?,
        excludes: row.get("excludes")?,
    })
}
