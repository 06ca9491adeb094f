//! What people decided at gates. Nothing is deleted: what was taken back says when and by whom.

use super::gates::Gate;
use crate::store::db::values;
use crate::store::{Connection, Result, StoreError, Tx};
use andon_pipelines::event::Event;
use andon_pipelines::gate::DecisionKind;
use andon_pipelines::ids::{GateId, JobId, JobRunId, RunId, UserId, WorkspaceId};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// What somebody decided.
#[derive(Clone, Debug)]
pub struct GateDecision {
    pub user: UserId,
    pub user_name: String,
    pub kind: DecisionKind,
    pub comment: Option<String>,
    /// Answers to the form.
    pub answers: Map<String, Json>,
    /// What was decided about.
    pub digest: String,
    pub at: i64,
    pub revoked_at: Option<i64>,
    /// Who took it back: `user:ada`, or `andon` because what it was about has changed.
    pub revoked_by: Option<String>,
}

/// A decision to be.
#[derive(Clone, Copy, Debug)]
pub struct NewDecision<'a> {
    pub user: UserId,
    pub kind: DecisionKind,
    pub comment: Option<&'a str>,
    pub answers: &'a Map<String, Json>,
}

/// Records a decision about what the gate is bound to. One per person stands.
///
/// # Errors
/// [`StoreError::Conflict`] when one of this person stands already.
pub async fn create(tx: &mut Tx, workspace: WorkspaceId, gate: &Gate, new: NewDecision<'_>) -> Result<()> {
    let (at, id) = (tx.at(), tx.new_id::<GateId>());
    let sql =
        "INSERT INTO gate_decisions (id, gate_id, user_id, decision, comment, answers, digest, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let answers = Json::Object(new.answers.clone()).to_string();
    let values = values![id, gate.id, new.user, new.kind.name(), new.comment, answers, &gate.digest, at];
    tx.connection().execute_exactly(1, sql, values).await?;
    let (user, decision) = (Some(new.user), new.kind.name().to_owned());
    tx.emit(Some(workspace), Event::GateDecided { gate: gate.id, job_run: gate.job_run, user, decision });
    let after = serde_json::json!({ "decision": new.kind.name(), "comment": new.comment, "answers": new.answers, "digest": gate.digest });
    tx.note(Json::Null, after);
    Ok(())
}

/// Takes a person's decision back.
///
/// # Errors
/// [`StoreError::WrongCount`] when none of theirs stands.
pub async fn revoke(tx: &mut Tx, workspace: WorkspaceId, gate: &Gate, user: UserId) -> Result<()> {
    let (at, actor) = (tx.at(), tx.actor().to_owned());
    let sql = "UPDATE gate_decisions SET revoked_at = $1, revoked_by = $2 WHERE gate_id = $3 AND user_id = $4 AND revoked_at IS NULL";
    tx.connection().execute_exactly(1, sql, values![at, actor, gate.id, user]).await?;
    let decision = "revoke".to_owned();
    tx.emit(Some(workspace), Event::GateDecided { gate: gate.id, job_run: gate.job_run, user: Some(user), decision });
    Ok(())
}

/// Takes back everything that stands at a gate, because what it was about has changed. Answers how many.
///
/// # Errors
/// Whatever the database says.
pub async fn revoke_all(tx: &mut Tx, gate: GateId) -> Result<u64> {
    let at = tx.at();
    let sql = "UPDATE gate_decisions SET revoked_at = $1, revoked_by = 'andon' WHERE gate_id = $2 AND revoked_at IS NULL";
    tx.connection().execute(sql, values![at, gate]).await
}

/// Makes what stands at one gate stand at another, under what that one is bound to.
///
/// # Errors
/// Whatever the database says.
pub async fn copy(tx: &mut Tx, from: &Gate, (to, digest): (GateId, &str)) -> Result<()> {
    let stands = |decision: &&GateDecision| decision.revoked_at.is_none() && decision.digest == from.digest;
    for decision in list(&mut tx.connection(), from.id).await?.iter().filter(stands) {
        let id = tx.new_id::<GateId>();
        let sql = "INSERT INTO gate_decisions (id, gate_id, user_id, decision, comment, answers, digest, at) VALUES ($1, $2, $3, $4, $5, $6, $7, \
                   $8)";
        let answers = Json::Object(decision.answers.clone()).to_string();
        let kind = decision.kind.name();
        let values = values![id, to, decision.user, kind, &decision.comment, answers, digest, decision.at];
        tx.connection().execute_exactly(1, sql, values).await?;
    }
    Ok(())
}

/// What was decided at a gate, in order, what was taken back included.
///
/// # Errors
/// Whatever the database says.
pub async fn list(connection: &mut Connection<'_>, gate: GateId) -> Result<Vec<GateDecision>> {
    let sql = "SELECT d.user_id, u.name, d.decision, d.comment, d.answers, d.digest, d.at, d.revoked_at, d.revoked_by FROM gate_decisions d JOIN \
               users u ON u.id = d.user_id WHERE d.gate_id = $1 ORDER BY d.at, d.id";
    let rows = connection.list(sql, values![gate]).await?;
    rows.iter()
        .map(|row| {
            Ok(GateDecision {
                user: row.id("user_id")?,
                user_name: row.get("name")?,
                kind: row.word("decision", DecisionKind::from_name)?,
                comment: row.get("comment")?,
                answers: row.json("answers")?,
                digest: row.get("digest")?,
                at: row.get("at")?,
                revoked_at: row.get("revoked_at")?,
                revoked_by: row.get("revoked_by")?,
            })
        })
        .collect()
}

/// The gates at which a decision of somebody stands, and when they made it, the newest first; `before` is the last one of the page before.
///
/// # Errors
/// Whatever the database says.
pub async fn list_by(
    connection: &mut Connection<'_>,
    (workspace, user): (WorkspaceId, UserId),
    before: Option<(i64, GateId)>,
    limit: i64,
) -> Result<Vec<(GateId, i64)>> {
    // No identifier is greater than this.
    let (at, id) = before.map_or((i64::MAX, "g".to_owned()), |(at, id)| (at, id.to_string()));
    let sql = "SELECT d.gate_id, d.at FROM gate_decisions d JOIN gates g ON g.id = d.gate_id JOIN job_runs j ON j.id = g.job_run_id JOIN \
               pipelines p ON p.id = j.pipeline_id WHERE d.user_id = $1 AND p.workspace_id = $2 AND d.revoked_at IS NULL AND (d.at < $3 OR \
               (d.at = $3 AND d.gate_id < $4)) ORDER BY d.at DESC, d.gate_id DESC LIMIT $5";
    let rows = connection.list(sql, values![user, workspace, at, id, limit]).await?;
    rows.iter().map(|row| Ok((row.id("gate_id")?, row.get("at")?))).collect()
}

/// Who approved at gates of other jobs of a run, and which one: `sign-off #3`.
///
/// # Errors
/// Whatever the database says.
pub async fn list_previous(connection: &mut Connection<'_>, run: RunId, job: JobId) -> Result<BTreeMap<UserId, String>> {
    let sql = "SELECT d.user_id, o.name, j.number FROM gate_decisions d JOIN gates g ON g.id = d.gate_id JOIN job_runs j ON j.id = g.job_run_id \
               JOIN jobs o ON o.id = j.job_id WHERE j.run_id = $1 AND j.job_id <> $2 AND d.decision = $3 AND d.revoked_at IS NULL ORDER BY \
               d.at, d.id";
    let rows = connection.list(sql, values![run, job, DecisionKind::Approve.name()]).await?;
    rows.iter().map(|row| Ok((row.id("user_id")?, format!("{} #{}", row.get::<String>("name")?, row.get::<i64>("number")?)))).collect()
}

/// The answers that stand at the gate of a job run, those of later approvals on top.
///
/// # Errors
/// Whatever the database says.
pub async fn get_output(connection: &mut Connection<'_>, job_run: JobRunId) -> Result<Map<String, Json>> {
    let sql = "SELECT d.answers FROM gate_decisions d JOIN gates g ON g.id = d.gate_id WHERE g.job_run_id = $1 AND d.decision = $2 AND \
               d.revoked_at IS NULL AND d.digest = g.digest ORDER BY d.at, d.id";
    let mut output = Map::new();
    for row in connection.list(sql, values![job_run, DecisionKind::Approve.name()]).await? {
        let answers: Map<String, Json> = row.json("answers")?;
        output.extend(answers);
    }
    Ok(output)
}

/// Names of the people behind the tokens that are called so.
///
/// # Errors
/// Whatever the database says.
pub async fn list_token_owners(connection: &mut Connection<'_>, token: &str) -> Result<Vec<String>> {
    let sql = "SELECT u.name FROM tokens t JOIN users u ON u.id = t.user_id WHERE t.name = $1 ORDER BY u.name";
    connection.list(sql, values![token]).await?.iter().map(|row| row.get("name")).collect::<Result<_, StoreError>>()
}
