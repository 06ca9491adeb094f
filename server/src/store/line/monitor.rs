//! Figures over the runs of a stretch of time, and what deliveries are judged by. The database counts and ranks; a handful of statements
//! answer, however many runs there were.

use crate::store::db::values;
use crate::store::{Connection, Result, Row, Value};
use andon_pipelines::ids::{JobRunId, PipelineId, ResourceId, RunId, VersionId, WorkspaceId};
use andon_pipelines::state::RunOutcome;
use std::collections::BTreeMap;

/// Which runs are looked at: those that began in `[from, to)`, milliseconds since 1970 UTC.
#[derive(Clone, Debug)]
pub struct Scope {
    pub workspace: WorkspaceId,
    pub from: i64,
    pub to: i64,
    /// How long each of the equal pieces of that time is.
    pub piece_ms: i64,
    pub pipeline: Option<PipelineId>,
    pub project: Option<String>,
}

/// How many runs of a pipeline that began in one piece of the time came to one end.
#[derive(Clone, Debug)]
pub struct Count {
    pub pipeline: PipelineId,
    pub piece: i64,
    /// `None` for those that are still active.
    pub outcome: Option<RunOutcome>,
    pub count: i64,
}

/// Nearest-rank percentiles: of `count` lengths, the shortest one that so many of a hundred do not exceed. Milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percentiles {
    pub count: i64,
    pub p50: i64,
    pub p90: i64,
    pub p99: i64,
}

/// What percentiles are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Whole,
    Piece(i64),
    Pipeline(PipelineId),
}

/// An environment in force.
#[derive(Clone, Debug)]
pub struct Environment {
    pub id: ResourceId,
    pub pipeline: PipelineId,
    pub pipeline_name: String,
    pub name: String,
    /// The pipeline's revision in force.
    pub revision: i64,
}

/// Something was put into an environment.
#[derive(Clone, Debug)]
pub struct Deployed {
    pub environment: ResourceId,
    pub job_run: JobRunId,
    pub run: RunId,
    /// The environment's version.
    pub version: VersionId,
    pub at: i64,
    /// The git versions in its lineage, as their places in the order of their resource.
    pub commits: BTreeMap<ResourceId, i64>,
}

/// A job run that a program of a job failed.
#[derive(Clone, Debug)]
pub struct Failure {
    pub job_run: JobRunId,
    pub run: RunId,
    pub pipeline: PipelineId,
    /// The job's name now.
    pub job: String,
    pub at: i64,
    /// The versions of environments in its lineage, with their distance.
    pub environments: Vec<(ResourceId, VersionId, i64)>,
}

/// A version that a commit made.
#[derive(Clone, Debug)]
pub struct Commit {
    pub resource: ResourceId,
    pub order: i64,
    /// When it was committed; where nobody said, when it arrived.
    pub at: i64,
}

/// A stretch of a resource's versions: after the first place, up to the second one.
pub type Stretch = (ResourceId, i64, i64);

/// At most so many stretches stand in one statement.
const BATCH: usize = 200;

impl Scope {
    /// The conditions on `runs r` and `pipelines p`, and their values; `$4` is the length of a piece.
    fn conditions(&self) -> (String, Vec<Value>) {
        let (narrowed, values) = self.narrow(values![self.workspace, self.from, self.to, self.piece_ms]);
        (format!("r.workspace_id = $1 AND r.created_at >= $2 AND r.created_at < $3 AND r.deleted_at IS NULL{narrowed}"), values)
    }

    /// The conditions on `pipelines p` alone, behind what has values already.
    fn narrow(&self, mut values: Vec<Value>) -> (String, Vec<Value>) {
        let mut narrowed = String::new();
        if let Some(pipeline) = self.pipeline {
            values.push(pipeline.into());
            narrowed.push_str(&format!(" AND p.id = ${}", values.len()));
        }
        if let Some(project) = &self.project {
            values.push(project.into());
            narrowed.push_str(&format!(" AND p.project = ${}", values.len()));
        }
        (narrowed, values)
    }
}

/// How the runs of the scope ended, by pipeline and piece of time.
///
/// # Errors
/// Whatever the database says.
pub async fn count_runs(connection: &mut Connection<'_>, scope: &Scope) -> Result<Vec<Count>> {
    let (conditions, values) = scope.conditions();
    let sql = format!(
        "WITH counted AS (SELECT r.pipeline_id, (r.created_at - $2) / $4 AS piece, r.outcome FROM runs r JOIN pipelines p ON p.id = \
         r.pipeline_id WHERE {conditions}) SELECT pipeline_id, piece, outcome, COUNT(*) AS count FROM counted GROUP BY pipeline_id, piece, \
         outcome"
    );
    let rows = connection.list_built(sql, values).await?;
    let count = |row: &Row| {
        let outcome = match row.get::<Option<String>>("outcome")? {
            Some(_) => Some(row.word("outcome", RunOutcome::from_name)?),
            None => None,
        };
        Ok(Count { pipeline: row.id("pipeline_id")?, piece: row.get("piece")?, outcome, count: row.get("count")? })
    };
    rows.iter().map(count).collect()
}

/// How long the runs of the scope took that have ended, from their beginning to their end.
///
/// # Errors
/// Whatever the database says.
pub async fn rank_durations(connection: &mut Connection<'_>, scope: &Scope) -> Result<BTreeMap<Part, Percentiles>> {
    let (conditions, values) = scope.conditions();
    let timed = format!(
        "SELECT r.pipeline_id, (r.created_at - $2) / $4 AS piece, r.ended_at - r.created_at AS ms FROM runs r JOIN pipelines p ON p.id = \
         r.pipeline_id WHERE {conditions} AND r.ended_at IS NOT NULL"
    );
    rank(connection, &timed, values).await
}

/// How long the executions in the scope's runs waited for a runner, of those that got one.
///
/// # Errors
/// Whatever the database says.
pub async fn rank_queueing(connection: &mut Connection<'_>, scope: &Scope) -> Result<BTreeMap<Part, Percentiles>> {
    let (conditions, values) = scope.conditions();
    let timed = format!(
        "SELECT r.pipeline_id, (r.created_at - $2) / $4 AS piece, e.started_at - e.queued_at AS ms FROM runs r JOIN pipelines p ON p.id = \
         r.pipeline_id JOIN job_runs j ON j.run_id = r.id JOIN executions e ON e.job_run_id = j.id WHERE {conditions} AND e.started_at IS NOT \
         NULL"
    );
    rank(connection, &timed, values).await
}

/// The percentiles of `ms`, of everything, of each piece and of each pipeline.
async fn rank(connection: &mut Connection<'_>, timed: &str, values: Vec<Value>) -> Result<BTreeMap<Part, Percentiles>> {
    let sql = format!(
        "WITH timed AS ({timed}), parts AS (SELECT 'whole' AS part, ms FROM timed UNION ALL SELECT 'piece ' || CAST(piece AS TEXT), ms FROM \
         timed UNION ALL SELECT pipeline_id, ms FROM timed), ranked AS (SELECT part, ms, ROW_NUMBER() OVER (PARTITION BY part ORDER BY ms) AS \
         place, COUNT(*) OVER (PARTITION BY part) AS size FROM parts) SELECT part, size, MAX(CASE WHEN place = (size * 50 + 99) / 100 THEN ms \
         END) AS p50, MAX(CASE WHEN place = (size * 90 + 99) / 100 THEN ms END) AS p90, MAX(CASE WHEN place = (size * 99 + 99) / 100 THEN ms \
         END) AS p99 FROM ranked GROUP BY part, size"
    );
    let rows = connection.list_built(sql, values).await?;
    let ranked = |row: &Row| {
        let part: String = row.get("part")?;
        let part = match part.strip_prefix("piece ").map(str::parse) {
            Some(Ok(piece)) => Part::Piece(piece),
            _ if part == "whole" => Part::Whole,
            _ => Part::Pipeline(row.id("part")?),
        };
        Ok((part, Percentiles { count: row.get("size")?, p50: row.get("p50")?, p90: row.get("p90")?, p99: row.get("p99")? }))
    };
    rows.iter().map(ranked).collect()
}

/// The environments in force of the scope's pipelines, by pipeline and name.
///
/// # Errors
/// Whatever the database says.
pub async fn list_environments(connection: &mut Connection<'_>, scope: &Scope) -> Result<Vec<Environment>> {
    let (narrowed, values) = scope.narrow(values![scope.workspace, true]);
    let sql = format!(
        "SELECT e.id, e.name, e.pipeline_id, p.name AS pipeline_name, p.revision FROM resources e JOIN pipelines p ON p.id = e.pipeline_id \
         WHERE p.workspace_id = $1 AND e.kind = 'environment' AND e.current = $2{narrowed} ORDER BY p.name, e.name"
    );
    let rows = connection.list_built(sql, values).await?;
    let environment = |row: &Row| {
        Ok(Environment {
            id: row.id("id")?,
            pipeline: row.id("pipeline_id")?,
            pipeline_name: row.get("pipeline_name")?,
            name: row.get("name")?,
            revision: row.get("revision")?,
        })
    };
    rows.iter().map(environment).collect()
}

/// `$1` is the workspace, `$2` and `$3` the time. Of each environment also what was there when the time began.
const DEPLOYED: &str = "deployments d JOIN resources e ON e.id = d.resource_id JOIN pipelines p ON p.id = e.pipeline_id WHERE p.workspace_id = $1 \
                        AND d.at < $3 AND d.at >= COALESCE((SELECT MAX(l.at) FROM deployments l WHERE l.resource_id = d.resource_id AND \
                        l.at < $2), $2)";

/// What was put into the environments of the workspace in `[from, to)`, and the last thing before, by time.
///
/// # Errors
/// Whatever the database says.
pub async fn list_deployed(connection: &mut Connection<'_>, scope: &Scope) -> Result<Vec<Deployed>> {
    let sql = format!(
        "SELECT d.resource_id, d.job_run_id, (SELECT j.run_id FROM job_runs j WHERE j.id = d.job_run_id) AS run_id, d.version_id, d.at FROM \
         {DEPLOYED} ORDER BY d.at, d.job_run_id, d.resource_id"
    );
    let rows = connection.list_built(sql, values![scope.workspace, scope.from, scope.to]).await?;
    let sql = format!(
        "SELECT DISTINCT o.job_run_id, o.resource_id, v.ordinal FROM vouchers o JOIN resources s ON s.id = o.resource_id JOIN versions v ON \
         v.id = o.version_id WHERE s.kind = 'git' AND o.job_run_id IN (SELECT d.job_run_id FROM {DEPLOYED})"
    );
    let mut commits: BTreeMap<JobRunId, BTreeMap<ResourceId, i64>> = BTreeMap::new();
    for row in connection.list_built(sql, values![scope.workspace, scope.from, scope.to]).await? {
        commits.entry(row.id("job_run_id")?).or_default().insert(row.id("resource_id")?, row.get("ordinal")?);
    }
    let mut found: Vec<Deployed> = Vec::with_capacity(rows.len());
    for row in &rows {
        let job_run: JobRunId = row.id("job_run_id")?;
        found.push(Deployed {
            environment: row.id("resource_id")?,
            job_run,
            run: row.id("run_id")?,
            version: row.id("version_id")?,
            at: row.get("at")?,
            commits: commits.entry(job_run).or_default().clone(),
        });
    }
    Ok(found)
}

/// `$1` is the workspace, `$2` and `$3` the time, `$4` the status. What people refuse is no failure of a program.
const FAILED: &str = "job_runs j JOIN pipelines p ON p.id = j.pipeline_id WHERE p.workspace_id = $1 AND j.ended_at >= $2 AND j.ended_at < $3 AND \
                      j.status = $4 AND EXISTS (SELECT 1 FROM executions x WHERE x.job_run_id = j.id)";

/// The job runs of the workspace that failed in `[from, to)`, by time.
///
/// # Errors
/// Whatever the database says.
pub async fn list_failures(connection: &mut Connection<'_>, scope: &Scope) -> Result<Vec<Failure>> {
    let values = || values![scope.workspace, scope.from, scope.to, "failed"];
    let sql = format!(
        "SELECT j.id, j.run_id, j.pipeline_id, j.ended_at, (SELECT o.name FROM jobs o WHERE o.id = j.job_id) AS job FROM {FAILED} ORDER BY \
         j.ended_at, j.id"
    );
    let rows = connection.list_built(sql, values()).await?;
    let sql = format!(
        "SELECT o.job_run_id, o.resource_id, o.version_id, o.distance FROM vouchers o JOIN resources s ON s.id = o.resource_id WHERE s.kind = \
         'environment' AND o.job_run_id IN (SELECT j.id FROM {FAILED})"
    );
    let mut environments: BTreeMap<JobRunId, Vec<_>> = BTreeMap::new();
    for row in connection.list_built(sql, values()).await? {
        let on = (row.id("resource_id")?, row.id("version_id")?, row.get("distance")?);
        environments.entry(row.id("job_run_id")?).or_default().push(on);
    }
    let failure = |row: &Row| {
        let id: JobRunId = row.id("id")?;
        Ok(Failure {
            job_run: id,
            run: row.id("run_id")?,
            pipeline: row.id("pipeline_id")?,
            job: row.get("job")?,
            at: row.get("ended_at")?,
            environments: environments.remove(&id).unwrap_or_default(),
        })
    };
    rows.iter().map(failure).collect()
}

/// The versions in stretches of git resources, but for disabled ones, in no order.
///
/// # Errors
/// Whatever the database says.
pub async fn list_commits(connection: &mut Connection<'_>, stretches: &[Stretch]) -> Result<Vec<Commit>> {
    let mut found = Vec::new();
    for batch in stretches.chunks(BATCH) {
        let mut values = values![true];
        let mut places = Vec::with_capacity(batch.len());
        for (resource, after, until) in batch {
            let first = values.len() + 1;
            values.extend(values![*resource, *after, *until]);
            places.push(format!("(resource_id = ${first} AND ordinal > ${} AND ordinal <= ${})", first + 1, first + 2));
        }
        let sql =
            format!("SELECT resource_id, ordinal, metadata, created_at FROM versions WHERE enabled = $1 AND ({})", places.join(" OR "));
        for row in connection.list_built(sql, values).await? {
            let metadata: BTreeMap<String, String> = row.json("metadata")?;
            let arrived: i64 = row.get("created_at")?;
            let committed = metadata.get("date").and_then(|date| date.parse().ok());
            found.push(Commit { resource: row.id("resource_id")?, order: row.get("ordinal")?, at: committed.unwrap_or(arrived) });
        }
    }
    Ok(found)
}
