//! Gates and what people decided at them.

use crate::store::db::values;
use crate::store::{Connection, Result, Row, StoreError, Tx};
use andon_pipelines::event::Event;
use andon_pipelines::gate::DecisionKind;
use andon_pipelines::ids::{GateId, JobRunId, PipelineId, UserId, WorkspaceId};
use andon_pipelines::state::GateStatus;

#[derive(Clone, Debug)]
pub struct Gate {
    pub id: GateId,
    pub job_run: JobRunId,
    /// What the gate is bound to: input versions, the job's definition, parameters.
    pub digest: String,
    pub status: GateStatus,
    pub deadline_at: Option<i64>,
    pub opened_at: i64,
    pub closed_at: Option<i64>,
}

/// What somebody decided.
#[derive(Clone, Debug)]
pub struct GateDecision {
    pub user: UserId,
    pub user_name: String,
    pub kind: DecisionKind,
    pub comment: Option<String>,
    pub at: i64,
}

const COLUMNS: &str = "SELECT id, job_run_id, digest, status, deadline_at, opened_at, closed_at FROM gates";

/// Opens a gate.
///
/// # Errors
/// Whatever the database says.
pub async fn open(tx: &mut Tx, place: (WorkspaceId, PipelineId, JobRunId), digest: &str, deadline_at: Option<i64>) -> Result<GateId> {
    let ((workspace, pipeline, job_run), id, at) = (place, tx.new_id::<GateId>(), tx.at());
    let sql = "INSERT INTO gates (id, job_run_id, digest, status, deadline_at, opened_at) VALUES ($1, $2, $3, $4, $5, $6)";
    tx.connection().execute_exactly(1, sql, values![id, job_run, digest, GateStatus::Open.name(), deadline_at, at]).await?;
    tx.emit(Some(workspace), Event::GateOpened { gate: id, job_run, pipeline });
    Ok(id)
}

/// Closes an open gate.
///
/// # Errors
/// [`StoreError::WrongCount`] when it is closed already.
pub async fn close(tx: &mut Tx, workspace: WorkspaceId, gate: &Gate, status: GateStatus) -> Result<()> {
    let at = tx.at();
    let sql = "UPDATE gates SET status = $1, closed_at = $2 WHERE id = $3 AND status = $4";
    tx.connection().execute_exactly(1, sql, values![status.name(), at, gate.id, GateStatus::Open.name()]).await?;
    tx.emit(Some(workspace), Event::GateClosed { gate: gate.id, job_run: gate.job_run, status });
    Ok(())
}

/// Records a decision. Everybody has one; it is final.
///
/// # Errors
/// [`StoreError::Conflict`] when this person has decided already.
pub async fn decide(tx: &mut Tx, workspace: WorkspaceId, gate: &Gate, decision: (UserId, DecisionKind, Option<&str>)) -> Result<()> {
    let ((user, kind, comment), at, id) = (decision, tx.at(), tx.new_id::<GateId>());
    let sql = "INSERT INTO gate_decisions (id, gate_id, user_id, decision, comment, at) VALUES ($1, $2, $3, $4, $5, $6)";
    tx.connection().execute_exactly(1, sql, values![id, gate.id, user, kind.name(), comment, at]).await?;
    let event = Event::GateDecided { gate: gate.id, job_run: gate.job_run, user: Some(user), decision: kind.name().to_owned() };
    tx.emit(Some(workspace), event);
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

/// What was decided at a gate, in order.
///
/// # Errors
/// Whatever the database says.
pub async fn list_decisions(connection: &mut Connection<'_>, gate: GateId) -> Result<Vec<GateDecision>> {
    let sql = "SELECT d.user_id, u.name, d.decision, d.comment, d.at FROM gate_decisions d JOIN users u ON u.id = d.user_id WHERE d.gate_id = \
               $1 ORDER BY d.at, d.id";
    let rows = connection.list(sql, values![gate]).await?;
    rows.iter()
        .map(|row| {
            Ok(GateDecision {
                user: row.id("user_id")?,
                user_name: row.get("name")?,
                kind: row.word("decision", DecisionKind::from_name)?,
                comment: row.get("comment")?,
                at: row.get("at")?,
            })
        })
        .collect()
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

/// The open gates of a workspace, oldest first.
///
/// # Errors
/// Whatever the database says.
pub async fn list_open(connection: &mut Connection<'_>, workspace: WorkspaceId) -> Result<Vec<Gate>> {
    let sql = format!(
        "{COLUMNS} WHERE status = $1 AND job_run_id IN (SELECT j.id FROM job_runs j JOIN pipelines p ON p.id = j.pipeline_id WHERE \
         j.status = 'awaiting' AND p.workspace_id = $2) ORDER BY opened_at, id"
    );
    connection.list_built(sql, values![GateStatus::Open.name(), workspace]).await?.iter().map(gate).collect()
}

/// Open gates whose time has run out.
///
/// # Errors
/// Whatever the database says.
pub async fn list_expired(connection: &mut Connection<'_>, now_ms: i64) -> Result<Vec<Gate>> {
    let sql = format!("{COLUMNS} WHERE status = $1 AND deadline_at <= $2 ORDER BY deadline_at LIMIT 1000");
    connection.list_built(sql, values![GateStatus::Open.name(), now_ms]).await?.iter().map(gate).collect()
}

/// When the next gate runs out of time.
///
/// # Errors
/// Whatever the database says.
pub async fn next_deadline(connection: &mut Connection<'_>) -> Result<Option<i64>> {
    let sql = "SELECT MIN(deadline_at) AS at FROM gates WHERE status = $1";
    connection.get("the next deadline", sql, values![GateStatus::Open.name()]).await?.get("at")
}

fn gate(row: &Row) -> Result<Gate> {
    Ok(Gate {
        id: row.id("id")?,
        job_run: row.id("job_run_id")?,
        digest: row.get("digest")?,
        status: row.word("status", GateStatus::from_name)?,
        deadline_at: row.get("deadline_at")?,
        opened_at: row.get("opened_at")?,
        closed_at: row.get("closed_at")?,
    })
}
