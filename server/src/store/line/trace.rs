//! Lineage of a version, up and down, as of any instant: one statement each, however long the line.
//!
//! Downwards it reads the vouchers, which hold the whole lineage of every ended job run; job runs that vouch for nothing (yet) are found
//! through what they consume and follow. Upwards it goes from makers to what they consumed and followed.

use super::job_runs::label;
use crate::store::db::values;
use crate::store::{Connection, Result, Row};
use andon_pipelines::ids::{JobRunId, VersionId};
use andon_pipelines::state::JobRunStatus;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// More job runs than this are not listed: the newest are.
pub const MOST_RUNS: usize = 300;

/// The job runs on one side of a version.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = LineageView)]
pub struct Lineage {
    /// In the order they were made.
    pub job_runs: Vec<LineageRun>,
    pub environments: Vec<ReachedEnvironment>,
    /// There are more job runs than are listed: only the newest are.
    pub truncated: bool,
}

/// A job run as it stood at that instant.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LineageRun {
    pub id: JobRunId,
    pub pipeline: String,
    pub job: String,
    /// `12`, or `12.1` for a rerun.
    pub number: String,
    pub status: JobRunStatus,
    pub reason: Option<String>,
    pub created_at: i64,
    /// Absent where it had not ended.
    pub ended_at: Option<i64>,
    /// Job runs that it followed.
    pub follows: Vec<JobRunId>,
    pub inputs: Vec<LineageVersion>,
    /// What it had made by then.
    pub outputs: Vec<LineageVersion>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LineageVersion {
    pub id: VersionId,
    pub pipeline: String,
    pub resource: String,
    pub values: BTreeMap<String, String>,
}

/// An environment that ran the version, or what was made of it.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReachedEnvironment {
    pub pipeline: String,
    pub name: String,
    pub job_run: JobRunId,
    pub version: VersionId,
    pub actor: String,
    #[serde(rename = "since_at")]
    pub since: i64,
    /// Absent where it still ran that.
    #[serde(rename = "until_at")]
    pub until: Option<i64>,
}

/// `$1` is the version, `$2` the instant, `$3` how many job runs. Identifiers grow with time, so those of job runs from before the first one
/// after the instant are a range: what came since is not gone through. `CROSS JOIN` keeps SQLite
/// from reading whole tables to have them in order.
const DOWN: &str = "WITH later AS (SELECT COALESCE(MIN(f.first), 'g') AS id FROM (SELECT (SELECT j.id FROM job_runs j WHERE j.job_id = \
                    o.id AND j.created_at > $2 ORDER BY j.created_at LIMIT 1) AS first FROM jobs o) f), \
                    vouching AS (SELECT o.job_run_id AS id FROM vouchers o JOIN job_runs j ON j.id = o.job_run_id WHERE o.version_id = \
                    $1 AND o.job_run_id < (SELECT id FROM later) AND j.created_at <= $2 ORDER BY o.job_run_id DESC LIMIT $3), \
                    touching AS (SELECT id FROM (SELECT job_run_id AS id FROM job_run_inputs WHERE version_id = $1 AND job_run_id < \
                    (SELECT id FROM later) ORDER BY job_run_id DESC LIMIT $3) d UNION SELECT f.job_run_id FROM vouching r CROSS JOIN \
                    job_run_follows f WHERE f.upstream_id = r.id UNION SELECT i.job_run_id FROM vouching r CROSS JOIN job_run_outputs p \
                    CROSS JOIN job_run_inputs i WHERE p.job_run_id = r.id AND i.version_id = p.version_id), \
                    unvouched AS (SELECT t.id FROM touching t CROSS JOIN job_runs j WHERE j.id = t.id AND j.created_at <= $2 AND \
                    j.status NOT IN ('succeeded', 'failed', 'skipped') AND NOT EXISTS (SELECT 1 FROM job_run_inputs n JOIN versions v ON \
                    v.id = $1 WHERE n.job_run_id = j.id AND n.resource_id = v.resource_id AND n.version_id <> $1) ORDER BY t.id DESC \
                    LIMIT $3), \
                    reached AS (SELECT c.id FROM (SELECT id FROM vouching UNION SELECT id FROM unvouched) c WHERE NOT EXISTS (SELECT 1 \
                    FROM job_run_outputs m WHERE m.job_run_id = c.id AND m.version_id = $1))";

/// The walk ends after so many steps: a line that feeds itself goes back to its beginning.
const UP: &str = "WITH RECURSIVE ancestors (id, depth) AS (SELECT v.job_run_id, 1 FROM versions v WHERE v.id = $1 AND v.job_run_id IS \
                  NOT NULL UNION SELECT CASE k.way WHEN 0 THEN f.upstream_id ELSE v.job_run_id END, a.depth + 1 FROM ancestors a CROSS \
                  JOIN (SELECT 0 AS way UNION ALL SELECT 1) k LEFT JOIN job_run_follows f ON k.way = 0 AND f.job_run_id = a.id LEFT JOIN \
                  job_run_inputs i ON k.way = 1 AND i.job_run_id = a.id LEFT JOIN versions v ON v.id = i.version_id WHERE a.depth < 40 \
                  AND COALESCE(f.upstream_id, v.job_run_id) IS NOT NULL), \
                  reached AS (SELECT j.id FROM (SELECT DISTINCT id FROM ancestors) c CROSS JOIN job_runs j WHERE j.id = c.id AND \
                  j.created_at <= $2 ORDER BY j.id DESC LIMIT $3)";

const ROWS: &str = " SELECT 'run' AS kind, j.id AS job_run, g.id AS other, o.name AS name, p.name AS place, j.status AS word, j.reason \
                    AS extra, j.number AS number, j.attempt AS attempt, j.created_at AS created_at, j.started_at AS started_at, \
                    j.ended_at AS ended_at FROM reached r CROSS JOIN job_runs j JOIN jobs o ON o.id = j.job_id JOIN pipelines p ON p.id \
                    = j.pipeline_id LEFT JOIN gates g ON g.job_run_id = j.id WHERE j.id = r.id \
                    UNION ALL SELECT 'follow', f.job_run_id, f.upstream_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM \
                    reached r CROSS JOIN job_run_follows f WHERE f.job_run_id = r.id \
                    UNION ALL SELECT 'input', i.job_run_id, i.version_id, s.name, p.name, v.map, NULL, NULL, NULL, NULL, NULL, NULL FROM \
                    reached r CROSS JOIN job_run_inputs i JOIN versions v ON v.id = i.version_id JOIN resources s ON s.id = \
                    v.resource_id JOIN pipelines p ON p.id = s.pipeline_id WHERE i.job_run_id = r.id \
                    UNION ALL SELECT 'output', q.job_run_id, q.version_id, s.name, p.name, v.map, NULL, NULL, NULL, v.created_at, NULL, \
                    NULL FROM reached r CROSS JOIN job_run_outputs q JOIN versions v ON v.id = q.version_id JOIN resources s ON s.id = \
                    v.resource_id JOIN pipelines p ON p.id = s.pipeline_id WHERE q.job_run_id = r.id \
                    UNION ALL SELECT 'deployment', d.job_run_id, d.version_id, s.name, p.name, v.map, d.actor, NULL, NULL, d.at, NULL, \
                    (SELECT l.at FROM deployments l WHERE l.resource_id = d.resource_id AND l.at > d.at AND l.at <= $2 ORDER BY l.at \
                    LIMIT 1) FROM reached r CROSS JOIN deployments d JOIN versions v ON v.id = d.version_id JOIN resources s ON s.id = \
                    d.resource_id JOIN pipelines p ON p.id = s.pipeline_id WHERE d.job_run_id = r.id AND d.at <= $2";

/// Where the version had got to at `at_ms`: every job run that stands on it, and the environments that they wrote.
///
/// # Errors
/// Whatever the database says.
pub async fn trace_down(connection: &mut Connection<'_>, version: VersionId, at_ms: i64) -> Result<Lineage> {
    trace(connection, DOWN, version, at_ms).await
}

/// Where the version came from: the job run that made it, and everything that that one stands on.
///
/// # Errors
/// Whatever the database says.
pub async fn trace_up(connection: &mut Connection<'_>, version: VersionId, at_ms: i64) -> Result<Lineage> {
    trace(connection, UP, version, at_ms).await
}

async fn trace(connection: &mut Connection<'_>, head: &'static str, version: VersionId, at_ms: i64) -> Result<Lineage> {
    let most = i64::try_from(MOST_RUNS).unwrap_or(i64::MAX) + 1;
    let rows = connection.list_built(format!("{head}{ROWS}"), values![version, at_ms, most]).await?;
    let mut found = Lineage::default();
    let mut places: BTreeMap<JobRunId, usize> = BTreeMap::new();
    let (own, others): (Vec<&Row>, Vec<&Row>) = {
        let mut parts = (Vec::new(), Vec::new());
        for row in &rows {
            if row.get::<String>("kind")? == "run" { parts.0.push(row) } else { parts.1.push(row) }
        }
        parts
    };
    for row in own {
        found.job_runs.push(read_run(row, at_ms)?);
    }
    found.job_runs.sort_by_key(|run| (run.created_at, run.id));
    let beyond = found.job_runs.len().saturating_sub(MOST_RUNS);
    found.truncated = beyond > 0;
    found.job_runs.drain(..beyond);
    places.extend(found.job_runs.iter().enumerate().map(|(place, run)| (run.id, place)));
    for row in others {
        let id: JobRunId = row.id("job_run")?;
        let Some(run) = places.get(&id).map(|place| &mut found.job_runs[*place]) else { continue };
        match row.get::<String>("kind")?.as_str() {
            "follow" => run.follows.push(row.id("other")?),
            "input" => run.inputs.push(read_version(row)?),
            "output" if run.ended_at.is_some() => run.outputs.push(read_version(row)?),
            "deployment" => found.environments.push(read_environment(row, id)?),
            _ => {}
        }
    }
    found.environments.sort_by_key(|environment| (environment.since, environment.version));
    Ok(found)
}

fn read_run(row: &Row, at_ms: i64) -> Result<LineageRun> {
    let now = row.word("word", JobRunStatus::from_name)?;
    let (started, ended): (Option<i64>, Option<i64>) = (row.get("started_at")?, row.get("ended_at")?);
    let had_ended = ended.filter(|ended| *ended <= at_ms);
    let had_begun = started.is_some_and(|started| started <= at_ms);
    let is_gate = row.get::<Option<String>>("other")?.is_some();
    let status = match (had_begun, is_gate) {
        _ if had_ended.is_some() => now,
        // It is still what it was then.
        (true, _) if ended.is_none() => now,
        (false, _) if ended.is_none() && started.is_none() => now,
        (true, true) => JobRunStatus::Awaiting,
        (true, false) => JobRunStatus::Running,
        (false, _) => JobRunStatus::Waiting,
    };
    Ok(LineageRun {
        id: row.id("job_run")?,
        pipeline: row.get("place")?,
        job: row.get("name")?,
        number: label(row.get("number")?, row.get("attempt")?),
        status,
        reason: had_ended.map_or(Ok(None), |_| row.get("extra"))?,
        created_at: row.get("created_at")?,
        ended_at: had_ended,
        follows: Vec::new(),
        inputs: Vec::new(),
        outputs: Vec::new(),
    })
}

fn read_version(row: &Row) -> Result<LineageVersion> {
    Ok(LineageVersion { id: row.id("other")?, pipeline: row.get("place")?, resource: row.get("name")?, values: row.json("word")? })
}

fn read_environment(row: &Row, job_run: JobRunId) -> Result<ReachedEnvironment> {
    Ok(ReachedEnvironment {
        pipeline: row.get("place")?,
        name: row.get("name")?,
        job_run,
        version: row.id("other")?,
        actor: row.get::<Option<String>>("extra")?.unwrap_or_default(),
        since: row.get("created_at")?,
        until: row.get("ended_at")?,
    })
}
