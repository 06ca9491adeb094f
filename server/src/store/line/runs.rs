//! Runs: waves through a pipeline. How they are made is in `creation`, their job runs with them are in `parts`.

mod creation;
mod parts;

pub use creation::*;
pub use parts::*;

use crate::store::db::values;
use crate::store::{Connection, Result, Row, StoreError, Tx, Value};
use andon_pipelines::event::Event;
use andon_pipelines::ids::{PipelineId, RunId, VersionId, WorkspaceId};
use andon_pipelines::state::RunOutcome;
use serde_json::Value as Json;

#[derive(Clone, Debug)]
pub struct Run {
    pub id: RunId,
    pub workspace: WorkspaceId,
    pub workspace_name: String,
    pub pipeline: PipelineId,
    pub pipeline_name: String,
    pub revision: i64,
    pub number: i64,
    pub name: Option<String>,
    /// `push`, `webhook`, `check`, `cron`, `edit`, `publish`, `trigger`, `manual`, `api`, `job`, `upstream`.
    pub cause: String,
    /// What exactly, for people: a version in short form.
    pub cause_detail: Option<String>,
    pub actor: String,
    /// Who wrote what the run carries.
    pub author: Option<String>,
    pub note: Option<String>,
    pub params: serde_json::Map<String, Json>,
    /// `None` while something of it is active.
    pub outcome: Option<RunOutcome>,
    pub created_at: i64,
    pub ended_at: Option<i64>,
    /// Shown nowhere any more; it stays for the lineage.
    pub deleted: bool,
    /// Somebody closed it by hand.
    pub closing: Option<Closing>,
}

/// Who closed a run by hand, why, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    pub reason: String,
    /// As an actor: `user:ada`.
    pub by: String,
    pub at: i64,
}

const COLUMNS: &str = "SELECT r.id, r.workspace_id, w.name AS workspace_name, r.pipeline_id, p.name AS pipeline_name, r.revision, r.number, \
                       r.name, r.cause, r.cause_detail, r.actor, r.author, r.note, r.params, r.outcome, r.created_at, r.ended_at, \
                       r.deleted_at, r.closing_reason, r.closed_by, r.closed_at FROM runs r JOIN pipelines p ON p.id = r.pipeline_id JOIN workspaces w ON w.id = r.workspace_id";

/// # Errors
/// [`StoreError::NotFound`] when there is none.
pub async fn get(connection: &mut Connection<'_>, id: RunId) -> Result<Run> {
    let rows = connection.list_built(format!("{COLUMNS} WHERE r.id = $1"), values![id]).await?;
    rows.first().map(run).transpose()?.ok_or(StoreError::NotFound { what: "the run" })
}

/// # Errors
/// Whatever the database says.
pub async fn find_by_number(connection: &mut Connection<'_>, pipeline: PipelineId, number: i64) -> Result<Option<Run>> {
    let sql = format!("{COLUMNS} WHERE r.pipeline_id = $1 AND r.number = $2 AND r.deleted_at IS NULL");
    connection.list_built(sql, values![pipeline, number]).await?.first().map(run).transpose()
}

/// The run of the pipeline that a version has caused, if it has caused one.
///
/// # Errors
/// Whatever the database says.
pub async fn find_by_cause(connection: &mut Connection<'_>, pipeline: PipelineId, version: VersionId) -> Result<Option<RunId>> {
    let sql = "SELECT id FROM runs WHERE pipeline_id = $1 AND cause_version_id = $2 ORDER BY number DESC LIMIT 1";
    connection.find(sql, values![pipeline, version]).await?.map(|row| row.id("id")).transpose()
}

/// The run of the pipeline that goes on from a run of another pipeline, if there is one.
///
/// # Errors
/// Whatever the database says.
pub async fn find_by_upstream(connection: &mut Connection<'_>, pipeline: PipelineId, upstream: RunId) -> Result<Option<RunId>> {
    let sql = "SELECT id FROM runs WHERE pipeline_id = $1 AND cause_run_id = $2 ORDER BY number DESC LIMIT 1";
    connection.find(sql, values![pipeline, upstream]).await?.map(|row| row.id("id")).transpose()
}

/// Remembers which run of another pipeline a new run goes on from.
///
/// # Errors
/// Whatever the database says.
pub async fn set_upstream(tx: &mut Tx, run: RunId, upstream: RunId) -> Result<()> {
    tx.connection().execute_exactly(1, "UPDATE runs SET cause_run_id = $1 WHERE id = $2", values![upstream, run]).await
}

/// Takes an end back: something of the run is active again. One that was deleted is shown again.
///
/// # Errors
/// Whatever the database says.
pub async fn reopen(tx: &mut Tx, workspace: WorkspaceId, pipeline: PipelineId, run: RunId) -> Result<()> {
    let sql = "UPDATE runs SET outcome = NULL, ended_at = NULL, deleted_at = NULL, deleted_by = NULL, closing_reason = NULL, closed_by = NULL, \
               closed_at = NULL WHERE id = $1 AND outcome IS NOT NULL";
    if tx.connection().execute(sql, values![run]).await? == 1 {
        tx.emit(Some(workspace), Event::RunReopened { run, pipeline });
    }
    Ok(())
}

/// Records that somebody closes a run that has not ended, and why; what is active of it is stopped by the caller. Answers whether it was
/// there to be closed.
///
/// # Errors
/// Whatever the database says.
pub async fn close(tx: &mut Tx, run: &Run, reason: &str) -> Result<bool> {
    let (at, actor) = (tx.at(), tx.actor().to_owned());
    let sql =
        "UPDATE runs SET closing_reason = $1, closed_by = $2, closed_at = $3 WHERE id = $4 AND outcome IS NULL AND closing_reason IS NULL";
    if tx.connection().execute(sql, values![reason, actor, at, run.id]).await? == 0 {
        return Ok(false);
    }
    tx.emit(Some(run.workspace), Event::RunClosed { run: run.id, pipeline: run.pipeline, reason: reason.to_owned() });
    Ok(true)
}

/// Gives a run a name, or takes its name away.
///
/// # Errors
/// Whatever the database says.
pub async fn rename(tx: &mut Tx, run: &Run, name: Option<&str>) -> Result<()> {
    tx.connection().execute_exactly(1, "UPDATE runs SET name = $1 WHERE id = $2", values![name, run.id]).await?;
    tx.emit(Some(run.workspace), Event::RunRenamed { run: run.id, pipeline: run.pipeline, name: name.map(str::to_owned) });
    tx.note(serde_json::json!({ "name": run.name }), serde_json::Value::Null);
    Ok(())
}

/// Takes a run that has ended out of sight, with its logs, artifacts, tests and annotations. What its job runs vouch for stays, because the
/// line would run the same versions again without it. Answers whether it had ended and was there.
///
/// # Errors
/// Whatever the database says.
pub async fn delete(tx: &mut Tx, run: &Run) -> Result<bool> {
    let (at, actor) = (tx.at(), tx.actor().to_owned());
    let sql = "UPDATE runs SET deleted_at = $1, deleted_by = $2 WHERE id = $3 AND outcome IS NOT NULL AND deleted_at IS NULL";
    if tx.connection().execute(sql, values![at, actor, run.id]).await? == 0 {
        return Ok(false);
    }
    for sql in EMPTYING {
        tx.connection().execute(sql, values![run.id]).await?;
    }
    let sql = "UPDATE executions SET log_size = 0, log_sealed = $1, log_blob = NULL, log_blob_size = NULL, summary = NULL WHERE job_run_id IN \
               (SELECT id FROM job_runs WHERE run_id = $2)";
    tx.connection().execute(sql, values![true, run.id]).await?;
    tx.emit(Some(run.workspace), Event::RunDeleted { run: run.id, pipeline: run.pipeline });
    let outcome = run.outcome.map(|outcome| outcome.name());
    tx.note(serde_json::json!({ "name": run.name, "cause": run.cause, "outcome": outcome }), serde_json::Value::Null);
    Ok(true)
}

/// What a deleted run loses.
const EMPTYING: [&str; 4] = [
    "DELETE FROM log_chunks WHERE execution_id IN (SELECT e.id FROM executions e JOIN job_runs j ON j.id = e.job_run_id WHERE j.run_id = $1)",
    "DELETE FROM artifacts WHERE execution_id IN (SELECT e.id FROM executions e JOIN job_runs j ON j.id = e.job_run_id WHERE j.run_id = $1)",
    "DELETE FROM test_cases WHERE execution_id IN (SELECT e.id FROM executions e JOIN job_runs j ON j.id = e.job_run_id WHERE j.run_id = $1)",
    "DELETE FROM annotations WHERE execution_id IN (SELECT e.id FROM executions e JOIN job_runs j ON j.id = e.job_run_id WHERE j.run_id = $1)",
];

/// Runs that have not ended although nothing of them is active: what a crash between two steps leaves.
///
/// # Errors
/// Whatever the database says.
pub async fn list_settled(connection: &mut Connection<'_>) -> Result<Vec<RunId>> {
    let sql = "SELECT r.id FROM runs r WHERE r.outcome IS NULL AND NOT EXISTS (SELECT 1 FROM job_runs j WHERE j.run_id = r.id AND j.ended_at \
               IS NULL) ORDER BY r.id LIMIT 1000";
    connection.list(sql, Vec::new()).await?.iter().map(|row| row.id("id")).collect()
}

/// Which runs a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// `active`, or the name of an outcome; absent shows all.
    pub status: Option<String>,
    pub pipeline: Option<PipelineId>,
    /// Of every pipeline of this project.
    pub project: Option<String>,
    pub cause: Option<String>,
    pub author: Option<String>,
    /// Those that began then or later, and those that began before; milliseconds since 1970 UTC.
    pub from: Option<i64>,
    pub to: Option<i64>,
    /// Those that ended and took at least so long.
    pub lasting_ms: Option<i64>,
    /// Those of which something waited at least so long for a runner.
    pub queued_ms: Option<i64>,
    /// Only these.
    pub among: Option<Vec<RunId>>,
    pub oldest_first: bool,
    /// Where the page before this one ended.
    pub after: Option<(i64, RunId)>,
    pub limit: i64,
}

/// A page of a workspace's runs.
///
/// # Errors
/// Whatever the database says.
pub async fn list(connection: &mut Connection<'_>, workspace: WorkspaceId, filter: &Filter) -> Result<Vec<Run>> {
    list_among(connection, &[workspace], filter).await
}

/// A page of the runs of several workspaces; empty without one.
///
/// # Errors
/// Whatever the database says.
pub async fn list_among(connection: &mut Connection<'_>, workspaces: &[WorkspaceId], filter: &Filter) -> Result<Vec<Run>> {
    if workspaces.is_empty() || filter.among.as_ref().is_some_and(Vec::is_empty) {
        return Ok(Vec::new());
    }
    let mut values: Vec<Value> = workspaces.iter().map(|id| (*id).into()).collect();
    let places: Vec<_> = (1..=values.len()).map(|at| format!("${at}")).collect();
    let mut sql = format!("{COLUMNS} WHERE r.workspace_id IN ({}) AND r.deleted_at IS NULL", places.join(", "));
    let bind = |values: &mut Vec<Value>, value: Value| {
        values.push(value);
        format!("${}", values.len())
    };
    match filter.status.as_deref() {
        None => {}
        Some("active") => sql.push_str(" AND r.outcome IS NULL"),
        Some(outcome) => sql.push_str(&format!(" AND r.outcome = {}", bind(&mut values, outcome.into()))),
    }
    if let Some(pipeline) = filter.pipeline {
        sql.push_str(&format!(" AND r.pipeline_id = {}", bind(&mut values, pipeline.into())));
    }
    if let Some(project) = &filter.project {
        sql.push_str(&format!(" AND p.project = {}", bind(&mut values, project.into())));
    }
    if let Some(cause) = &filter.cause {
        sql.push_str(&format!(" AND r.cause = {}", bind(&mut values, cause.into())));
    }
    if let Some(author) = &filter.author {
        sql.push_str(&format!(" AND r.author = {}", bind(&mut values, author.into())));
    }
    if let Some(from) = filter.from {
        sql.push_str(&format!(" AND r.created_at >= {}", bind(&mut values, from.into())));
    }
    if let Some(to) = filter.to {
        sql.push_str(&format!(" AND r.created_at < {}", bind(&mut values, to.into())));
    }
    if let Some(lasting) = filter.lasting_ms {
        sql.push_str(&format!(" AND r.ended_at - r.created_at >= {}", bind(&mut values, lasting.into())));
    }
    if let Some(queued) = filter.queued_ms {
        let queued = bind(&mut values, queued.into());
        sql.push_str(&format!(
            " AND EXISTS (SELECT 1 FROM job_runs j JOIN executions e ON e.job_run_id = j.id WHERE j.run_id = r.id AND e.started_at - e.queued_at \
             >= {queued})"
        ));
    }
    if let Some(among) = &filter.among {
        let ids: Vec<_> = among.iter().map(|id| bind(&mut values, (*id).into())).collect();
        sql.push_str(&format!(" AND r.id IN ({})", ids.join(", ")));
    }
    let (comparison, direction) = if filter.oldest_first { (">", "ASC") } else { ("<", "DESC") };
    if let Some((at, id)) = filter.after {
        let (at, id) = (bind(&mut values, at.into()), bind(&mut values, id.into()));
        sql.push_str(&format!(" AND (r.created_at, r.id) {comparison} ({at}, {id})"));
    }
    let limit = bind(&mut values, filter.limit.into());
    sql.push_str(&format!(" ORDER BY r.created_at {direction}, r.id {direction} LIMIT {limit}"));
    connection.list_built(sql, values).await?.iter().map(run).collect()
}

/// The newest run of each pipeline of a workspace.
///
/// # Errors
/// Whatever the database says.
pub async fn list_newest(connection: &mut Connection<'_>, workspace: WorkspaceId) -> Result<Vec<Run>> {
    // From the pipelines to their newest runs: SQLite would look at every run of the workspace. CROSS JOIN keeps the order.
    let sql = format!(
        "{COLUMNS} WHERE r.deleted_at IS NULL AND r.id IN (SELECT n.id FROM pipelines q CROSS JOIN runs n WHERE q.workspace_id = $1 AND \
         n.pipeline_id = q.id AND n.number = q.next_run - 1)"
    );
    connection.list_built(sql, values![workspace]).await?.iter().map(run).collect()
}

fn run(row: &Row) -> Result<Run> {
    run_under(row, "")
}

/// A run whose columns stand under names with a prefix.
fn run_under(row: &Row, prefix: &str) -> Result<Run> {
    let name = |column: &str| format!("{prefix}{column}");
    let outcome: Option<String> = row.get(&name("outcome"))?;
    Ok(Run {
        id: row.id(&name("id"))?,
        workspace: row.id(&name("workspace_id"))?,
        workspace_name: row.get(&name("workspace_name"))?,
        pipeline: row.id(&name("pipeline_id"))?,
        pipeline_name: row.get(&name("pipeline_name"))?,
        revision: row.get(&name("revision"))?,
        number: row.get(&name("number"))?,
        name: row.get(&name("name"))?,
        cause: row.get(&name("cause"))?,
        cause_detail: row.get(&name("cause_detail"))?,
        actor: row.get(&name("actor"))?,
        author: row.get(&name("author"))?,
        note: row.get(&name("note"))?,
        params: row.json(&name("params"))?,
        outcome: outcome
            .map(|word| RunOutcome::from_name(&word).ok_or_else(|| StoreError::Corrupt(format!("unknown outcome {word:?}"))))
            .transpose()?,
        created_at: row.get(&name("created_at"))?,
        ended_at: row.get(&name("ended_at"))?,
        deleted: row.get::<Option<i64>>(&name("deleted_at"))?.is_some(),
        closing: closing(row, name)?,
    })
}

fn closing(row: &Row, name: impl Fn(&str) -> String) -> Result<Option<Closing>> {
    let (reason, by): (Option<String>, Option<String>) = (row.get(&name("closing_reason"))?, row.get(&name("closed_by"))?);
    let at: Option<i64> = row.get(&name("closed_at"))?;
    Ok(reason.zip(by).zip(at).map(|((reason, by), at)| Closing { reason, by, at }))
}
