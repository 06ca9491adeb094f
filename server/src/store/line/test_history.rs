//! How tests went in a job's runs before.

use super::job_runs::{JobRun, label};
use super::reports::test_status_from_name;
use crate::store::db::values;
use crate::store::{Connection, Result};
use andon_pipelines::ids::{JobRunId, RunId};
use andon_pipelines::wire::TestStatus;
use std::collections::BTreeSet;

/// So many numbers of a job are looked at, reruns counted with their originals.
const NUMBERS: i64 = 50;
/// Most results of one test.
const MOST: i64 = 100;

/// What makes a test the same one in another job run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TestName {
    pub suite: String,
    pub class: Option<String>,
    pub name: String,
}

/// How a test went once.
#[derive(Clone, Debug)]
pub struct PastTest {
    pub run: RunId,
    pub job_run: JobRunId,
    /// `12`, or `12.1` for a rerun.
    pub number: String,
    pub cell: Option<String>,
    /// Of the cell within its job run.
    pub attempt: i64,
    pub status: TestStatus,
    pub duration_ms: Option<u64>,
    pub created_at: i64,
}

/// The tests that passed in one execution and failed in another one of the same cell on the same versions: in retries and reruns of one number,
/// among the newest 50 numbers up to this job run's.
///
/// # Errors
/// Whatever the database says.
pub async fn list_flaky(connection: &mut Connection<'_>, job_run: &JobRun) -> Result<BTreeSet<TestName>> {
    // Nearly every number has one execution for each cell; the results of those are not read.
    let sql = "SELECT s.suite, s.class, s.name FROM (SELECT j.number, e.cell, e.id, t.suite, t.class, t.name, MAX(CASE WHEN t.status =                'passed' THEN 0 ELSE 1 END) AS broke FROM job_runs j JOIN executions e ON e.job_run_id = j.id JOIN test_cases t ON                t.execution_id = e.id WHERE j.job_id = $1 AND t.status <> 'skipped' AND j.number IN (SELECT a.number FROM job_runs a JOIN                executions b ON b.job_run_id = a.id WHERE a.job_id = $1 AND a.number > $2 AND a.number <= $3 GROUP BY a.number, b.cell HAVING                COUNT(*) > 1) GROUP BY j.number, e.cell, e.id, t.suite, t.class, t.name) s GROUP BY s.number, s.cell, s.suite, s.class, s.name                HAVING MIN(s.broke) = 0 AND MAX(s.broke) = 1 LIMIT 100000";
    let rows = connection.list(sql, values![job_run.job, job_run.number - NUMBERS, job_run.number]).await?;
    rows.iter().map(|row| Ok(TestName { suite: row.get("suite")?, class: row.get("class")?, name: row.get("name")? })).collect()
}

/// How a test went in the newest 50 numbers up to this job run's, newest first: at most 100 results.
///
/// # Errors
/// Whatever the database says.
pub async fn list(connection: &mut Connection<'_>, job_run: &JobRun, test: &TestName) -> Result<Vec<PastTest>> {
    let sql = "SELECT j.run_id, j.id, j.number, j.attempt, j.created_at, e.cell, e.attempt AS try, t.status, t.duration_ms FROM job_runs j JOIN                executions e ON e.job_run_id = j.id JOIN test_cases t ON t.execution_id = e.id WHERE j.job_id = $1 AND j.number > $2 AND                j.number <= $3 AND t.suite = $4 AND COALESCE(t.class, '') = $5 AND t.name = $6 ORDER BY j.number DESC, j.attempt DESC, e.id                DESC, t.position LIMIT $7";
    let class = test.class.as_deref().unwrap_or_default();
    let values = values![job_run.job, job_run.number - NUMBERS, job_run.number, &test.suite, class, &test.name, MOST];
    let rows = connection.list(sql, values).await?;
    rows.iter()
        .map(|row| {
            Ok(PastTest {
                run: row.id("run_id")?,
                job_run: row.id("id")?,
                number: label(row.get("number")?, row.get("attempt")?),
                cell: row.get("cell")?,
                attempt: row.get("try")?,
                status: row.word("status", test_status_from_name)?,
                duration_ms: row.get::<Option<i64>>("duration_ms")?.and_then(|ms| u64::try_from(ms).ok()),
                created_at: row.get("created_at")?,
            })
        })
        .collect()
}
