//! What runs where, since when, by whom, by which job run.

use crate::store::db::values;
use crate::store::{Connection, Result, Row, Tx};
use andon_pipelines::ids::{JobRunId, PipelineId, ResourceId, VersionId, WorkspaceId};
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
    pub actor: String,
    pub at: i64,
}

/// Records that a job run put a version into an environment.
///
/// # Errors
/// Whatever the database says.
pub async fn create(tx: &mut Tx, job_run: JobRunId, place: (ResourceId, VersionId), actor: &str) -> Result<()> {
    let at = tx.at();
    let sql = "INSERT INTO deployments (job_run_id, resource_id, version_id, actor, at) VALUES ($1, $2, $3, $4, $5)";
    tx.connection().execute_exactly(1, sql, values![job_run, place.0, place.1, actor, at]).await
}

/// What each environment of a workspace runs now.
///
/// # Errors
/// Whatever the database says.
pub async fn list_current(connection: &mut Connection<'_>, workspace: WorkspaceId) -> Result<Vec<Deployment>> {
    let sql = "SELECT p.id AS pipeline_id, p.name AS pipeline_name, r.name, d.resource_id, d.version_id, v.map, d.job_run_id, d.actor, d.at \
               FROM deployments d JOIN resources r ON r.id = d.resource_id JOIN pipelines p ON p.id = r.pipeline_id JOIN versions v ON v.id = \
               d.version_id WHERE p.workspace_id = $1 AND r.current = $2 AND d.job_run_id = (SELECT l.job_run_id FROM deployments l WHERE \
               l.resource_id = d.resource_id ORDER BY l.at DESC, l.job_run_id DESC LIMIT 1) ORDER BY p.name, r.name";
    connection.list(sql, values![workspace, true]).await?.iter().map(deployment).collect()
}

/// What one environment runs now.
///
/// # Errors
/// Whatever the database says.
pub async fn find_current(connection: &mut Connection<'_>, environment: ResourceId) -> Result<Option<Deployment>> {
    let sql = "SELECT p.id AS pipeline_id, p.name AS pipeline_name, r.name, d.resource_id, d.version_id, v.map, d.job_run_id, d.actor, d.at \
               FROM deployments d JOIN resources r ON r.id = d.resource_id JOIN pipelines p ON p.id = r.pipeline_id JOIN versions v ON v.id = \
               d.version_id WHERE d.resource_id = $1 ORDER BY d.at DESC, d.job_run_id DESC LIMIT 1";
    connection.find(sql, values![environment]).await?.as_ref().map(deployment).transpose()
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
        actor: row.get("actor")?,
        at: row.get("at")?,
    })
}
