//! Locks of environments: at most one stands for each; those that were released stay as history.

use super::resources::Resource;
use crate::store::db::values;
use crate::store::{Connection, Result, Row, Tx};
use andon_pipelines::decide::Lock;
use andon_pipelines::event::Event;
use andon_pipelines::ids::{GateId, PipelineId, ResourceId, WorkspaceId};
use std::collections::BTreeMap;

/// Locks an environment, in the transaction's actor's name.
///
/// # Errors
/// [`crate::store::StoreError::Conflict`] when it is locked already.
pub async fn create(tx: &mut Tx, workspace: WorkspaceId, environment: &Resource, (reason, until): (&str, Option<i64>)) -> Result<()> {
    let (id, at, actor) = (tx.new_id::<GateId>(), tx.at(), tx.actor().to_owned());
    let sql = "INSERT INTO environment_locks (id, resource_id, locked_by, reason, locked_at, until_at) VALUES ($1, $2, $3, $4, $5, $6)";
    tx.connection().execute_exactly(1, sql, values![id, environment.id, actor, reason, at, until]).await?;
    let (pipeline, reason) = (environment.pipeline, Some(reason.to_owned()));
    tx.emit(Some(workspace), Event::EnvironmentLocked { pipeline, environment: environment.id, locked: true, reason, until });
    Ok(())
}

/// Releases the lock that stands.
///
/// # Errors
/// [`crate::store::StoreError::WrongCount`] when none does.
pub async fn release(tx: &mut Tx, workspace: WorkspaceId, environment: &Resource, reason: Option<&str>) -> Result<()> {
    let (at, actor) = (tx.at(), tx.actor().to_owned());
    let sql = "UPDATE environment_locks SET released_by = $1, released_at = $2 WHERE resource_id = $3 AND released_at IS NULL";
    tx.connection().execute_exactly(1, sql, values![actor, at, environment.id]).await?;
    let (pipeline, reason) = (environment.pipeline, reason.map(str::to_owned));
    tx.emit(Some(workspace), Event::EnvironmentLocked { pipeline, environment: environment.id, locked: false, reason, until: None });
    Ok(())
}

/// The lock that stands for an environment.
///
/// # Errors
/// Whatever the database says.
pub async fn find(connection: &mut Connection<'_>, environment: ResourceId) -> Result<Option<Lock>> {
    let sql = "SELECT locked_by, reason, locked_at, until_at FROM environment_locks WHERE resource_id = $1 AND released_at IS NULL";
    connection.find(sql, values![environment]).await?.as_ref().map(lock).transpose()
}

/// The locks of a pipeline's environments.
///
/// # Errors
/// Whatever the database says.
pub async fn list_of_pipeline(connection: &mut Connection<'_>, pipeline: PipelineId) -> Result<BTreeMap<ResourceId, Lock>> {
    let sql = "SELECT l.resource_id, l.locked_by, l.reason, l.locked_at, l.until_at FROM environment_locks l JOIN resources r ON r.id = \
               l.resource_id WHERE r.pipeline_id = $1 AND l.released_at IS NULL";
    let rows = connection.list(sql, values![pipeline]).await?;
    rows.iter().map(|row| Ok((row.id("resource_id")?, lock(row)?))).collect()
}

/// The environments whose locks have come to their end.
///
/// # Errors
/// Whatever the database says.
pub async fn list_due(connection: &mut Connection<'_>, now_ms: i64) -> Result<Vec<ResourceId>> {
    let sql = "SELECT resource_id FROM environment_locks WHERE released_at IS NULL AND until_at <= $1 ORDER BY until_at, id LIMIT 1000";
    connection.list(sql, values![now_ms]).await?.iter().map(|row| row.id("resource_id")).collect()
}

/// When the next lock comes to its end.
///
/// # Errors
/// Whatever the database says.
pub async fn next_due(connection: &mut Connection<'_>) -> Result<Option<i64>> {
    let sql = "SELECT MIN(until_at) AS at FROM environment_locks WHERE released_at IS NULL";
    connection.get("the next lock", sql, Vec::new()).await?.get("at")
}

fn lock(row: &Row) -> Result<Lock> {
    Ok(Lock { by: row.get("locked_by")?, reason: row.get("reason")?, at: row.get("locked_at")?, until: row.get("until_at")? })
}
