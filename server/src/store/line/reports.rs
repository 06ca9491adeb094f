//! What runners reported about executions, apart from the log: steps, outputs, state, artifacts, tests, annotations.

use super::versions::archive;
use crate::store::db::values;
use crate::store::{Connection, Result, StoreError, Tx};
use andon_pipelines::ids::{ExecutionId, JobRunId};
use andon_pipelines::wire::{Annotation, Blob, StepReport, TestCase, TestStatus, TestSuite};
use std::collections::BTreeMap;

/// # Errors
/// Whatever the database says.
pub async fn set_summary(tx: &mut Tx, id: ExecutionId, markdown: &str) -> Result<()> {
    tx.connection().execute_exactly(1, "UPDATE executions SET summary = $1 WHERE id = $2", values![markdown, id]).await
}

/// The newest report of a step replaces the earlier ones; of several reports of one step the last one counts.
///
/// # Errors
/// [`StoreError::WrongCount`] when a step is not there afterwards.
pub async fn set_steps(tx: &mut Tx, id: ExecutionId, steps: &[&StepReport]) -> Result<()> {
    let newest: BTreeMap<_, _> = steps.iter().map(|step| (step.index, *step)).collect();
    let mut rows = Vec::with_capacity(newest.len());
    for (index, step) in newest {
        let body = serde_json::to_string(step).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        rows.push(values![id, i64::from(index), body]);
    }
    let expected = rows.len() as u64;
    let sql = "INSERT INTO execution_steps (execution_id, position, body) VALUES";
    let tail = "ON CONFLICT (execution_id, position) DO UPDATE SET body = excluded.body";
    tx.connection().put_many_of(Some(id.to_string()), (sql, tail), rows, Some(expected)).await
}

/// The steps of an execution, in order.
///
/// # Errors
/// Whatever the database says.
pub async fn list_steps(connection: &mut Connection<'_>, id: ExecutionId) -> Result<Vec<StepReport>> {
    let rows = connection.list("SELECT body FROM execution_steps WHERE execution_id = $1 ORDER BY position", values![id]).await?;
    rows.iter().map(|row| row.json("body")).collect()
}

/// What an execution made of one resource.
#[derive(Clone, Debug)]
pub struct Output {
    pub resource: String,
    pub map: BTreeMap<String, String>,
    pub archive: Option<Blob>,
}

/// # Errors
/// Whatever the database says.
pub async fn set_output(tx: &mut Tx, id: ExecutionId, output: &Output) -> Result<()> {
    let map = serde_json::to_string(&output.map).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    let (digest, size) = match &output.archive {
        Some(blob) => (Some(blob.digest.clone()), i64::try_from(blob.size).ok()),
        None => (None, None),
    };
    let sql = "INSERT INTO execution_outputs (execution_id, resource, map, archive_digest, archive_size) VALUES ($1, $2, $3, $4, $5) ON \
               CONFLICT (execution_id, resource) DO UPDATE SET map = excluded.map, archive_digest = excluded.archive_digest, archive_size = \
               excluded.archive_size";
    tx.connection().execute_exactly(1, sql, values![id, &output.resource, map, digest, size]).await
}

/// What the executions of a job run made, cell by cell.
///
/// # Errors
/// Whatever the database says.
pub async fn list_outputs(connection: &mut Connection<'_>, job_run: JobRunId) -> Result<Vec<Output>> {
    let sql = "SELECT o.resource, o.map, o.archive_digest, o.archive_size FROM execution_outputs o JOIN executions e ON e.id = \
               o.execution_id WHERE e.job_run_id = $1 AND e.status = 'ended' ORDER BY e.id, o.resource";
    let rows = connection.list(sql, values![job_run]).await?;
    rows.iter().map(|row| Ok(Output { resource: row.get("resource")?, map: row.json("map")?, archive: archive(row)? })).collect()
}

/// # Errors
/// Whatever the database says.
pub async fn set_state(tx: &mut Tx, id: ExecutionId, state: &BTreeMap<String, String>) -> Result<()> {
    let rows = state.iter().map(|(name, value)| values![id, name, value]).collect();
    let sql = "INSERT INTO execution_state (execution_id, name, value) VALUES";
    let tail = "ON CONFLICT (execution_id, name) DO UPDATE SET value = excluded.value";
    tx.connection().insert_many(sql, rows, tail).await.map(drop)
}

/// What the executions of a job run wrote into their state; later cells win.
///
/// # Errors
/// Whatever the database says.
pub async fn get_state(connection: &mut Connection<'_>, job_run: JobRunId) -> Result<BTreeMap<String, String>> {
    let sql = "SELECT s.name, s.value FROM execution_state s JOIN executions e ON e.id = s.execution_id WHERE e.job_run_id = $1 AND e.status \
               = 'ended' ORDER BY e.id, s.name";
    let rows = connection.list(sql, values![job_run]).await?;
    rows.iter().map(|row| Ok((row.get("name")?, row.get("value")?))).collect()
}

/// A kept file.
#[derive(Clone, Debug)]
pub struct Artifact {
    pub execution: ExecutionId,
    pub path: String,
    pub size: i64,
    pub blob_digest: String,
    pub blob_size: i64,
}

/// # Errors
/// Whatever the database says.
pub async fn set_artifact(tx: &mut Tx, artifact: &Artifact) -> Result<()> {
    let sql = "INSERT INTO artifacts (execution_id, path, size, blob_digest, blob_size) VALUES ($1, $2, $3, $4, $5) ON CONFLICT \
               (execution_id, path) DO UPDATE SET size = excluded.size, blob_digest = excluded.blob_digest, blob_size = excluded.blob_size";
    let values = values![artifact.execution, &artifact.path, artifact.size, &artifact.blob_digest, artifact.blob_size];
    tx.connection().execute_exactly(1, sql, values).await
}

/// The artifacts of a job run.
///
/// # Errors
/// Whatever the database says.
pub async fn list_artifacts(connection: &mut Connection<'_>, job_run: JobRunId) -> Result<Vec<Artifact>> {
    let sql = "SELECT a.execution_id, a.path, a.size, a.blob_digest, a.blob_size FROM artifacts a JOIN executions e ON e.id = a.execution_id \
               WHERE e.job_run_id = $1 ORDER BY a.path, a.execution_id";
    let rows = connection.list(sql, values![job_run]).await?;
    rows.iter()
        .map(|row| {
            Ok(Artifact {
                execution: row.id("execution_id")?,
                path: row.get("path")?,
                size: row.get("size")?,
                blob_digest: row.get("blob_digest")?,
                blob_size: row.get("blob_size")?,
            })
        })
        .collect()
}

/// Adds test results behind those that the execution has already.
///
/// # Errors
/// Whatever the database says.
pub async fn add_tests(tx: &mut Tx, id: ExecutionId, suites: &[TestSuite]) -> Result<()> {
    let sql = "SELECT COUNT(*) AS known FROM test_cases WHERE execution_id = $1";
    let known: i64 = tx.connection().get("the tests", sql, values![id]).await?.get("known")?;
    let cases = suites.iter().flat_map(|suite| suite.cases.iter().map(move |case| (suite, case)));
    let rows = (known..)
        .zip(cases)
        .map(|(position, (suite, case))| {
            let duration = case.duration_ms.and_then(|ms| i64::try_from(ms).ok());
            values![id, position, &suite.name, &case.class, &case.name, test_status_name(case.status), duration, &case.detail]
        })
        .collect();
    let sql = "INSERT INTO test_cases (execution_id, position, suite, class, name, status, duration_ms, detail) VALUES";
    tx.connection().insert_many(sql, rows, "").await.map(drop)
}

/// The test results of a job run: `(suite, case)`, failed ones first.
///
/// # Errors
/// Whatever the database says.
pub async fn list_tests(connection: &mut Connection<'_>, job_run: JobRunId) -> Result<Vec<(String, TestCase)>> {
    let sql = "SELECT t.suite, t.class, t.name, t.status, t.duration_ms, t.detail FROM test_cases t JOIN executions e ON e.id = \
               t.execution_id WHERE e.job_run_id = $1 ORDER BY CASE t.status WHEN 'failed' THEN 0 WHEN 'errored' THEN 0 ELSE 1 END, \
               t.execution_id, t.position LIMIT 100000";
    let rows = connection.list(sql, values![job_run]).await?;
    rows.iter()
        .map(|row| {
            let case = TestCase {
                name: row.get("name")?,
                class: row.get("class")?,
                status: row.word("status", test_status_from_name)?,
                duration_ms: row.get::<Option<i64>>("duration_ms")?.and_then(|ms| u64::try_from(ms).ok()),
                detail: row.get("detail")?,
            };
            Ok((row.get("suite")?, case))
        })
        .collect()
}

/// # Errors
/// Whatever the database says.
pub async fn add_annotation(tx: &mut Tx, id: ExecutionId, position: i64, annotation: &Annotation) -> Result<()> {
    let body = serde_json::to_string(annotation).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    let sql = "INSERT INTO annotations (execution_id, position, body) VALUES ($1, $2, $3)";
    tx.connection().execute_exactly(1, sql, values![id, position, body]).await
}

/// The annotations of a job run.
///
/// # Errors
/// Whatever the database says.
pub async fn list_annotations(connection: &mut Connection<'_>, job_run: JobRunId) -> Result<Vec<Annotation>> {
    let sql = "SELECT a.body FROM annotations a JOIN executions e ON e.id = a.execution_id WHERE e.job_run_id = $1 ORDER BY e.id, a.position \
               LIMIT 1000";
    connection.list(sql, values![job_run]).await?.iter().map(|row| row.json("body")).collect()
}

const fn test_status_name(status: TestStatus) -> &'static str {
    match status {
        TestStatus::Passed => "passed",
        TestStatus::Failed => "failed",
        TestStatus::Errored => "errored",
        TestStatus::Skipped => "skipped",
    }
}

pub(super) fn test_status_from_name(name: &str) -> Option<TestStatus> {
    [TestStatus::Passed, TestStatus::Failed, TestStatus::Errored, TestStatus::Skipped]
        .into_iter()
        .find(|status| test_status_name(*status) == name)
}
