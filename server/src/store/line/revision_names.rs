//! What names mean: those of a revision when it came into force, and those that jobs and resources had before.

use crate::store::db::values;
use crate::store::{Connection, Result, Tx};
use andon_pipelines::ids::{JobId, PipelineId, ResourceId};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The names of a revision, beyond those of its own jobs.
#[derive(Clone, Debug, Default)]
pub struct RevisionNames {
    /// The pipeline's resources.
    pub resources: BTreeMap<String, ResourceId>,
    /// `pipeline/name`.
    pub foreign_resources: BTreeMap<String, ResourceId>,
    /// `pipeline/name`.
    pub foreign_jobs: BTreeMap<String, JobId>,
}

/// Remembers what the names of a new revision mean.
///
/// # Errors
/// Whatever the database says.
pub async fn insert(tx: &mut Tx, (pipeline, revision): (PipelineId, i64), names: &RevisionNames) -> Result<()> {
    let own = names.resources.iter().map(|(name, id)| ("resource", name, id.uuid()));
    let foreign = names.foreign_resources.iter().map(|(name, id)| ("foreign-resource", name, id.uuid()));
    let jobs = names.foreign_jobs.iter().map(|(name, id)| ("foreign-job", name, id.uuid()));
    let rows = own.chain(foreign).chain(jobs);
    let rows = rows.map(|(kind, name, id)| values![pipeline, revision, kind, name, id.to_string()]).collect();
    let sql = "INSERT INTO revision_names (pipeline_id, revision, kind, name, target_id) VALUES";
    tx.connection().insert_many(sql, rows, "").await.map(drop)
}

/// What the names of a revision meant when it came into force.
///
/// # Errors
/// Whatever the database says.
pub async fn get(connection: &mut Connection<'_>, pipeline: PipelineId, revision: i64) -> Result<RevisionNames> {
    let sql = "SELECT kind, name, target_id FROM revision_names WHERE pipeline_id = $1 AND revision = $2";
    let mut names = RevisionNames::default();
    for row in connection.list(sql, values![pipeline, revision]).await? {
        let (kind, name): (String, String) = (row.get("kind")?, row.get("name")?);
        match kind.as_str() {
            "resource" => drop(names.resources.insert(name, row.id("target_id")?)),
            "foreign-resource" => drop(names.foreign_resources.insert(name, row.id("target_id")?)),
            _ => drop(names.foreign_jobs.insert(name, row.id("target_id")?)),
        }
    }
    Ok(names)
}

/// Remembers what a job or resource was called until now.
///
/// # Errors
/// Whatever the database says.
pub async fn insert_former(tx: &mut Tx, pipeline: PipelineId, target: Uuid, name: &str) -> Result<()> {
    let at = tx.at();
    let sql = "INSERT INTO renames (target_id, name, pipeline_id, at) VALUES ($1, $2, $3, $4) ON CONFLICT (target_id, name) DO UPDATE SET at = \
               excluded.at";
    tx.connection().execute_exactly(1, sql, values![target.to_string(), name, pipeline, at]).await
}

/// The former names of a pipeline's jobs and resources.
///
/// # Errors
/// Whatever the database says.
pub async fn list_former(connection: &mut Connection<'_>, pipeline: PipelineId) -> Result<Vec<(Uuid, String)>> {
    let sql = "SELECT target_id, name FROM renames WHERE pipeline_id = $1 ORDER BY at DESC, target_id";
    let rows = connection.list(sql, values![pipeline]).await?;
    rows.iter().map(|row| Ok((row.id("target_id")?, row.get("name")?))).collect()
}
