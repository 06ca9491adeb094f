//! Jobs: names with a number to count and a state to keep, across revisions.

use super::pipelines::{Pause, pause};
use super::{job_runs, runs};
use crate::store::db::{Taking, values};
use crate::store::{Connection, Result, Row, StoreError, Tx};
use andon_pipelines::decide::Decision;
use andon_pipelines::ids::{JobId, PipelineId};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub struct Job {
    pub id: JobId,
    pub pipeline: PipelineId,
    pub name: String,
    /// Still in the pipeline's newest revision.
    pub current: bool,
    pub paused: Option<Pause>,
    /// When it was let go last.
    pub resumed_at: Option<i64>,
    /// Its last good key-values.
    pub state: BTreeMap<String, String>,
    pub decision: Option<Decision>,
    pub decided_at: Option<i64>,
}

const COLUMNS: &str = "SELECT id, pipeline_id, name, current, paused_by, paused_reason, paused_at, resumed_at, state, decision, decided_at FROM \
                       jobs";

/// All jobs that a pipeline ever had.
///
/// # Errors
/// Whatever the database says.
pub async fn list(connection: &mut Connection<'_>, pipeline: PipelineId) -> Result<Vec<Job>> {
    connection.list_built(format!("{COLUMNS} WHERE pipeline_id = $1 ORDER BY name"), values![pipeline]).await?.iter().map(job).collect()
}

/// # Errors
/// [`crate::store::StoreError::NotFound`] when there is none.
pub async fn get(connection: &mut Connection<'_>, id: JobId) -> Result<Job> {
    let rows = connection.list_built(format!("{COLUMNS} WHERE id = $1"), values![id]).await?;
    rows.first().map(job).transpose()?.ok_or(StoreError::NotFound { what: "the job" })
}

/// The job of this name, in force or not.
///
/// # Errors
/// Whatever the database says.
pub async fn find_by_name(connection: &mut Connection<'_>, pipeline: PipelineId, name: &str) -> Result<Option<Job>> {
    let sql = format!("{COLUMNS} WHERE pipeline_id = $1 AND name = $2");
    connection.list_built(sql, values![pipeline, name]).await?.first().map(job).transpose()
}

/// The job of this name; else the one that had it last before it was renamed.
///
/// # Errors
/// Whatever the database says.
pub async fn find_by_any_name(connection: &mut Connection<'_>, pipeline: PipelineId, name: &str) -> Result<Option<Job>> {
    if let Some(job) = find_by_name(connection, pipeline, name).await? {
        return Ok(Some(job));
    }
    let sql =
        "SELECT j.id FROM renames n JOIN jobs j ON j.id = n.target_id WHERE n.pipeline_id = $1 AND n.name = $2 ORDER BY n.at DESC LIMIT 1";
    match connection.find(sql, values![pipeline, name]).await? {
        Some(row) => get(connection, row.id("id")?).await.map(Some),
        None => Ok(None),
    }
}

/// Gives a job another name. Its job runs keep the one that they ran under.
///
/// # Errors
/// [`crate::store::StoreError::Conflict`] when the name is taken.
pub async fn rename(tx: &mut Tx, id: JobId, name: &str) -> Result<()> {
    tx.connection().execute_exactly(1, "UPDATE jobs SET name = $1 WHERE id = $2", values![name, id]).await
}

/// # Errors
/// Whatever the database says.
pub async fn create(tx: &mut Tx, pipeline: PipelineId, name: &str) -> Result<JobId> {
    let id: JobId = tx.new_id();
    let at = tx.at();
    tx.connection()
        .execute_exactly(
            1,
            "INSERT INTO jobs (id, pipeline_id, name, current, next_number, state, created_at) VALUES ($1, $2, $3, $4, 1, '{}', $5)",
            values![id, pipeline, name, true, at],
        )
        .await?;
    Ok(id)
}

/// Says whether the newest revision has the job.
///
/// # Errors
/// Whatever the database says.
pub async fn set_current(tx: &mut Tx, id: JobId, current: bool) -> Result<()> {
    tx.connection().execute_exactly(1, "UPDATE jobs SET current = $1 WHERE id = $2", values![current, id]).await
}

/// A number that was taken, and what its job and its pipeline are like at this moment.
#[derive(Clone, Debug)]
pub struct Numbered {
    pub number: i64,
    /// The job run's place among all.
    pub sequence: i64,
    pub name: String,
    pub state: BTreeMap<String, String>,
    /// The pipeline's revision in force.
    pub revision: i64,
}

/// The next job run's place among all, and the job's next number. See [`job_runs::take_sequence`].
///
/// # Errors
/// Whatever the database says.
pub async fn take_number(tx: &mut Tx, id: JobId) -> Result<Numbered> {
    let answers = tx.connection().take(vec![Tx::taking(job_runs::COUNTER, 1), taking(id)]).await?;
    numbered(answers.row("next_number")?, answers.get("value")?)
}

/// The same, with the next number of a run of the pipeline.
///
/// # Errors
/// Whatever the database says.
pub async fn take_number_with_run(tx: &mut Tx, id: JobId, pipeline: PipelineId) -> Result<(Numbered, runs::Number)> {
    let answers = tx.connection().take(vec![Tx::taking(job_runs::COUNTER, 1), taking(id), runs::taking(pipeline)]).await?;
    Ok((numbered(answers.row("next_number")?, answers.get("value")?)?, runs::Number::of(&answers)?))
}

/// The job's next number, for the job run of a place that was taken before; `None` when the line has made a job run of this set already.
///
/// # Errors
/// Whatever the database says.
pub async fn take_number_for_set(tx: &mut Tx, id: JobId, sequence: i64, set_digest: &str) -> Result<Option<Numbered>> {
    let sql = "UPDATE jobs SET next_number = next_number + 1 WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM job_runs t WHERE t.job_id = $1 AND \
               t.set_digest = $2) RETURNING next_number, name, state, (SELECT p.revision FROM pipelines p WHERE p.id = jobs.pipeline_id) AS \
               revision";
    let row = tx.connection().find(sql, values![id, set_digest]).await?;
    row.map(|row| numbered(&row, sequence)).transpose()
}

fn taking(id: JobId) -> Taking {
    let sql = "UPDATE jobs SET next_number = next_number + 1 WHERE id = $1 RETURNING next_number, name, state, (SELECT p.revision FROM \
               pipelines p WHERE p.id = jobs.pipeline_id) AS revision";
    Taking { what: "the job", sql, columns: &["next_number", "name", "state", "revision"], values: values![id] }
}

fn numbered(row: &Row, sequence: i64) -> Result<Numbered> {
    Ok(Numbered {
        number: row.get::<i64>("next_number")? - 1,
        sequence,
        name: row.get("name")?,
        state: row.json("state")?,
        revision: row.get("revision")?,
    })
}

/// Remembers what the scheduler concluded; each job stands there once.
///
/// # Errors
/// Whatever the database says.
pub async fn set_decisions(tx: &mut Tx, decisions: &[(JobId, Decision)]) -> Result<()> {
    for batch in decisions.chunks(100) {
        let mut values = values![tx.at()];
        let mut cases = String::new();
        for (id, decision) in batch {
            let text = serde_json::to_string(decision).map_err(|error| StoreError::Corrupt(error.to_string()))?;
            cases.push_str(&format!(" WHEN ${} THEN ${}", values.len() + 1, values.len() + 2));
            values.extend(values![*id, text]);
        }
        let ids: Vec<_> = (0..batch.len()).map(|row| format!("${}", 2 * row + 2)).collect();
        let sql = format!("UPDATE jobs SET decided_at = $1, decision = CASE id{cases} END WHERE id IN ({})", ids.join(", "));
        tx.connection().put_built(batch.len() as u64, sql, values).await?;
    }
    Ok(())
}

/// Keeps the key-values of the last good run.
///
/// # Errors
/// Whatever the database says.
pub async fn set_state(tx: &mut Tx, id: JobId, state: &BTreeMap<String, String>) -> Result<()> {
    let text = serde_json::to_string(state).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    tx.connection().execute_exactly(1, "UPDATE jobs SET state = $1 WHERE id = $2", values![text, id]).await
}

fn job(row: &Row) -> Result<Job> {
    let decision: Option<String> = row.get("decision")?;
    Ok(Job {
        id: row.id("id")?,
        pipeline: row.id("pipeline_id")?,
        name: row.get("name")?,
        current: row.get("current")?,
        paused: pause(row)?,
        resumed_at: row.get("resumed_at")?,
        state: row.json("state")?,
        decision: decision.and_then(|text| serde_json::from_str(&text).ok()),
        decided_at: row.get("decided_at")?,
    })
}
