//! What runs where, since when, by whom, by which job run.

use super::promotions::PromotionKind;
use crate::store::db::values;
use crate::store::{Connection, Result, Row, StoreError, Tx};
use andon_pipelines::event::Event;
use andon_pipelines::ids::{JobId, JobRunId, PipelineId, ResourceId, RunId, VersionId, WorkspaceId};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub struct Deployment {
    pub pipeline: PipelineId,
    pub pipeline_name: String,
    pub environment: String,
    pub resource: ResourceId,
    pub version: VersionId,
    pub map: BTreeMap<String, String>,
    pub job_run: JobRunId,
    pub job: JobId,
    pub job_name: String,
    /// `12`, or `12.1` for a rerun.
    pub number: String,
    pub run: RunId,
    pub run_number: i64,
    pub actor: String,
    pub at: i64,
    /// Somebody asked for exactly this, and how.
    pub kind: Option<PromotionKind>,
    /// Why, in their words.
    pub note: Option<String>,
}

/// Records that a job run put a version into an environment of its pipeline.
///
/// # Errors
/// Whatever the database says.
pub async fn create(
    tx: &mut Tx,
    (workspace, pipeline): (WorkspaceId, PipelineId),
    job_run: JobRunId,
    place: (ResourceId, VersionId),
    actor: &str,
) -> Result<()> {
    let at = tx.at();
    let sql = "INSERT INTO deployments (job_run_id, resource_id, version_id, actor, at) VALUES ($1, $2, $3, $4, $5)";
    tx.connection().execute_exactly(1, sql, values![job_run, place.0, place.1, actor, at]).await?;
    tx.emit(Some(workspace), Event::EnvironmentDeployed { pipeline, environment: place.0, version: place.1, job_run });
    Ok(())
}

const COLUMNS: &str = "SELECT p.id AS pipeline_id, p.name AS pipeline_name, r.name, d.resource_id, d.version_id, v.map, d.job_run_id, d.actor, \
                       d.at, j.job_id, o.name AS job_name, j.number, j.attempt, j.run_id, u.number AS run_number, m.kind, COALESCE(m.note, \
                       u.note) AS note FROM deployments d JOIN resources r ON r.id = d.resource_id JOIN pipelines p ON p.id = r.pipeline_id \
                       JOIN versions v ON v.id = d.version_id JOIN job_runs j ON j.id = d.job_run_id JOIN jobs o ON o.id = j.job_id JOIN runs \
                       u ON u.id = j.run_id LEFT JOIN promotions m ON m.started_id = d.job_run_id";

/// What each environment of a workspace runs now.
///
/// # Errors
/// Whatever the database says.
pub async fn list_current(connection: &mut Connection<'_>, workspace: WorkspaceId) -> Result<Vec<Deployment>> {
    let sql = format!(
        "{COLUMNS} WHERE p.workspace_id = $1 AND r.current = $2 AND d.job_run_id = (SELECT l.job_run_id FROM deployments l WHERE l.resource_id = \
         d.resource_id ORDER BY l.at DESC, l.job_run_id DESC LIMIT 1) ORDER BY p.name, r.name"
    );
    connection.list_built(sql, values![workspace, true]).await?.iter().map(deployment).collect()
}

/// What one environment runs now.
///
/// # Errors
/// Whatever the database says.
pub async fn find_current(connection: &mut Connection<'_>, environment: ResourceId) -> Result<Option<Deployment>> {
    Ok(list(connection, environment, None, 1).await?.into_iter().next())
}

/// What an environment has run, the newest first; `before` is a deployment that the list goes on from.
///
/// # Errors
/// Whatever the database says.
pub async fn list(
    connection: &mut Connection<'_>,
    environment: ResourceId,
    before: Option<(i64, JobRunId)>,
    limit: i64,
) -> Result<Vec<Deployment>> {
    let rows = match before {
        Some((at, job_run)) => {
            let sql = format!(
                "{COLUMNS} WHERE d.resource_id = $1 AND (d.at < $2 OR (d.at = $2 AND d.job_run_id < $3)) ORDER BY d.at DESC, d.job_run_id DESC LIMIT $4"
            );
            connection.list_built(sql, values![environment, at, job_run, limit]).await?
        }
        None => {
            let sql = format!("{COLUMNS} WHERE d.resource_id = $1 ORDER BY d.at DESC, d.job_run_id DESC LIMIT $2");
            connection.list_built(sql, values![environment, limit]).await?
        }
    };
    rows.iter().map(deployment).collect()
}

/// The deployment that a job run made there.
///
/// # Errors
/// [`StoreError::NotFound`] when it made none.
pub async fn get(connection: &mut Connection<'_>, environment: ResourceId, job_run: JobRunId) -> Result<Deployment> {
    let sql = format!("{COLUMNS} WHERE d.resource_id = $1 AND d.job_run_id = $2");
    let rows = connection.list_built(sql, values![environment, job_run]).await?;
    rows.first().map(deployment).transpose()?.ok_or(StoreError::NotFound { what: "the deployment" })
}

/// Since when an environment runs what it runs now without a break: deploying the same again is none.
///
/// # Errors
/// Whatever the database says.
pub async fn find_since(connection: &mut Connection<'_>, current: &Deployment) -> Result<i64> {
    let sql = "SELECT MIN(at) AS at FROM deployments WHERE resource_id = $1 AND at > COALESCE((SELECT MAX(o.at) FROM deployments o WHERE \
               o.resource_id = $1 AND o.version_id <> $2), -1)";
    let row = connection.get("the deployments", sql, values![current.resource, current.version]).await?;
    Ok(row.get::<Option<i64>>("at")?.unwrap_or(current.at))
}

fn deployment(row: &Row) -> Result<Deployment> {
    Ok(Deployment {
        pipeline: row.id("pipeline_id")?,
        pipeline_name: row.get("pipeline_name")?,
        environment: row.get("name")?,
        resource: row.id("resource_id")?,
        version: row.id("version_id")?,
        map: row.json("map")?,
        job_run: row.id("job_run_id")?,
        job: row.id("job_id")?,
        job_name: row.get("job_name")?,
        number: match row.get::<i64>("attempt")? {
            0 => row.get::<i64>("number")?.to_string(),
            attempt => format!("{}.{attempt}", row.get::<i64>("number")?),
        },
        run: row.id("run_id")?,
        run_number: row.get("run_number")?,
        actor: row.get("actor")?,
        at: row.get("at")?,
        kind: row.get::<Option<String>>("kind")?.as_deref().and_then(PromotionKind::from_name),
        note: row.get("note")?,
    })
}
