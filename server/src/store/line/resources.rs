//! Resources. A row is one history of versions: when the source fields change, the row is retired and another takes its name.

use crate::store::db::values;
use crate::store::{Connection, Result, Row, Tx};
use andon_pipelines::document::ResourceKind;
use andon_pipelines::event::Event;
use andon_pipelines::ids::{PipelineId, ResourceId, VersionId, WorkspaceId};
use serde_json::json;

#[derive(Clone, Debug)]
pub struct Resource {
    pub id: ResourceId,
    pub pipeline: PipelineId,
    pub name: String,
    pub kind: String,
    pub source: ResourceKind,
    pub pin: Option<VersionId>,
    pub pinned_by: Option<String>,
    pub pinned_comment: Option<String>,
    /// When it is checked next, for kinds that are polled.
    pub check_at: Option<i64>,
    pub check_failures: i64,
    pub check_error: Option<String>,
    pub checked_at: Option<i64>,
    /// How far the check has come: the last commit seen, the last tick.
    pub cursor: Option<String>,
}

const COLUMNS: &str = "SELECT id, pipeline_id, name, kind, source, pinned_version_id, pinned_by, pinned_comment, check_at, check_failures, \
                       check_error, checked_at, cursor FROM resources";

/// The current resources of a pipeline, by name.
///
/// # Errors
/// Whatever the database says.
pub async fn list(connection: &mut Connection<'_>, pipeline: PipelineId) -> Result<Vec<Resource>> {
    let sql = format!("{COLUMNS} WHERE pipeline_id = $1 AND current = $2 ORDER BY name");
    connection.list_built(sql, values![pipeline, true]).await?.iter().map(resource).collect()
}

/// The current resources of one kind in a workspace.
///
/// # Errors
/// Whatever the database says.
pub async fn list_in_workspace(connection: &mut Connection<'_>, workspace: WorkspaceId, kind: &str) -> Result<Vec<Resource>> {
    let sql = format!(
        "{COLUMNS} WHERE kind = $1 AND current = $2 AND pipeline_id IN (SELECT id FROM pipelines WHERE workspace_id = $3) ORDER BY id"
    );
    connection.list_built(sql, values![kind, true, workspace]).await?.iter().map(resource).collect()
}

/// Polled resources whose time has come, the longest overdue first.
///
/// # Errors
/// Whatever the database says.
pub async fn list_due(connection: &mut Connection<'_>, now_ms: i64, limit: i64) -> Result<Vec<Resource>> {
    let sql = format!("{COLUMNS} WHERE check_at <= $1 AND current = $2 ORDER BY check_at LIMIT $3");
    connection.list_built(sql, values![now_ms, true, limit]).await?.iter().map(resource).collect()
}

/// When the next check is due.
///
/// # Errors
/// Whatever the database says.
pub async fn next_check_at(connection: &mut Connection<'_>) -> Result<Option<i64>> {
    let sql = "SELECT MIN(check_at) AS at FROM resources WHERE current = $1";
    connection.get("the next check", sql, values![true]).await?.get("at")
}

/// # Errors
/// [`crate::store::StoreError::NotFound`] when there is none.
pub async fn get(connection: &mut Connection<'_>, id: ResourceId) -> Result<Resource> {
    let rows = connection.list_built(format!("{COLUMNS} WHERE id = $1"), values![id]).await?;
    rows.first().map(resource).transpose()?.ok_or(crate::store::StoreError::NotFound { what: "the resource" })
}

/// The current resource of this name.
///
/// # Errors
/// Whatever the database says.
pub async fn find_by_name(connection: &mut Connection<'_>, pipeline: PipelineId, name: &str) -> Result<Option<Resource>> {
    let sql = format!("{COLUMNS} WHERE pipeline_id = $1 AND name = $2 AND current = $3");
    connection.list_built(sql, values![pipeline, name, true]).await?.first().map(resource).transpose()
}

/// Every history of this name, in force or not, the one in force first, then the newest.
///
/// # Errors
/// Whatever the database says.
pub async fn list_named(connection: &mut Connection<'_>, pipeline: PipelineId, name: &str) -> Result<Vec<ResourceId>> {
    let sql =
        "SELECT id FROM resources WHERE pipeline_id = $1 AND name = $2 ORDER BY CASE WHEN current = $3 THEN 0 ELSE 1 END, created_at DESC";
    connection.list(sql, values![pipeline, name, true]).await?.iter().map(|row| row.id("id")).collect()
}

/// Gives a history another name.
///
/// # Errors
/// Whatever the database says.
pub async fn rename(tx: &mut Tx, id: ResourceId, name: &str) -> Result<()> {
    tx.connection().execute_exactly(1, "UPDATE resources SET name = $1 WHERE id = $2", values![name, id]).await
}

/// Starts a history. `check_at` for kinds that are polled.
///
/// # Errors
/// Whatever the database says.
pub async fn create(tx: &mut Tx, pipeline: PipelineId, name: &str, source: &ResourceKind, check_at: Option<i64>) -> Result<ResourceId> {
    let id: ResourceId = tx.new_id();
    let at = tx.at();
    tx.connection()
        .execute_exactly(
            1,
            "INSERT INTO resources (id, pipeline_id, name, kind, source, current, next_order, check_at, check_failures, created_at) VALUES \
             ($1, $2, $3, $4, $5, $6, 1, $7, 0, $8)",
            values![id, pipeline, name, source.name(), text(source)?, true, check_at, at],
        )
        .await?;
    Ok(id)
}

/// Ends a history: the name is free for another one.
///
/// # Errors
/// Whatever the database says.
pub async fn retire(tx: &mut Tx, id: ResourceId) -> Result<()> {
    tx.connection().execute_exactly(1, "UPDATE resources SET current = $1, check_at = NULL WHERE id = $2", values![false, id]).await
}

/// The retired history of this name and source, if there was one: going back to a source goes on with its versions.
///
/// # Errors
/// Whatever the database says.
pub async fn find_retired(
    connection: &mut Connection<'_>,
    pipeline: PipelineId,
    name: &str,
    source: &ResourceKind,
) -> Result<Option<ResourceId>> {
    let sql =
        "SELECT id FROM resources WHERE pipeline_id = $1 AND name = $2 AND source = $3 AND current = $4 ORDER BY created_at DESC LIMIT 1";
    let row = connection.find(sql, values![pipeline, name, text(source)?, false]).await?;
    row.map(|row| row.id("id")).transpose()
}

/// Goes on with a history.
///
/// # Errors
/// Whatever the database says.
pub async fn revive(tx: &mut Tx, id: ResourceId, check_at: Option<i64>) -> Result<()> {
    let sql = "UPDATE resources SET current = $1, check_at = $2, check_failures = 0 WHERE id = $3";
    tx.connection().execute_exactly(1, sql, values![true, check_at, id]).await
}

/// Changes what does not touch the identity of the history (the values of a `params` resource, how often it is polled).
///
/// # Errors
/// Whatever the database says.
pub async fn set_source(tx: &mut Tx, id: ResourceId, source: &ResourceKind, check_at: Option<i64>) -> Result<()> {
    let sql = "UPDATE resources SET source = $1, check_at = $2 WHERE id = $3";
    tx.connection().execute_exactly(1, sql, values![text(source)?, check_at, id]).await
}

/// What came of a check.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    pub next_at: Option<i64>,
    pub failures: i64,
    pub error: Option<String>,
    pub cursor: Option<String>,
}

/// Records a check. An event says so when it began to fail, or works again.
///
/// # Errors
/// Whatever the database says.
pub async fn set_checked(tx: &mut Tx, workspace: WorkspaceId, resource: &Resource, checked: &Checked) -> Result<()> {
    let at = tx.at();
    tx.connection()
        .execute_exactly(
            1,
            "UPDATE resources SET check_at = $1, check_failures = $2, check_error = $3, checked_at = $4, cursor = $5 WHERE id = $6",
            values![checked.next_at, checked.failures, &checked.error, at, &checked.cursor, resource.id],
        )
        .await?;
    if resource.check_error != checked.error {
        tx.emit(Some(workspace), Event::ResourceChecked { resource: resource.id, error: checked.error.clone() });
    }
    Ok(())
}

/// Pins the resource to a version, or lets it go.
///
/// # Errors
/// Whatever the database says.
pub async fn set_pin(tx: &mut Tx, workspace: WorkspaceId, id: ResourceId, pin: (Option<VersionId>, Option<&str>)) -> Result<()> {
    let (version, comment) = pin;
    let by = version.map(|_| tx.actor().to_owned());
    let before = get(&mut tx.connection(), id).await?;
    let sql = "UPDATE resources SET pinned_version_id = $1, pinned_by = $2, pinned_comment = $3 WHERE id = $4";
    tx.connection().execute_exactly(1, sql, values![version, by, comment, id]).await?;
    tx.emit(Some(workspace), Event::ResourcePinned { resource: id, version, comment: comment.map(str::to_owned) });
    let pinned = |version| json!({ "version": version, "comment": before.pinned_comment, "by": before.pinned_by });
    tx.note(before.pin.map(pinned).unwrap_or_default(), serde_json::Value::Null);
    Ok(())
}

fn text(source: &ResourceKind) -> Result<String> {
    serde_json::to_string(source).map_err(|error| crate::store::StoreError::Corrupt(error.to_string()))
}

fn resource(row: &Row) -> Result<Resource> {
    Ok(Resource {
        id: row.id("id")?,
        pipeline: row.id("pipeline_id")?,
        name: row.get("name")?,
        kind: row.get("kind")?,
        source: row.json("source")?,
        pin: row.find_id("pinned_version_id")?,
        pinned_by: row.get("pinned_by")?,
        pinned_comment: row.get("pinned_comment")?,
        check_at: row.get("check_at")?,
        check_failures: row.get("check_failures")?,
        check_error: row.get("check_error")?,
        checked_at: row.get("checked_at")?,
        cursor: row.get("cursor")?,
    })
}

/// Keeps others from making versions of the resource until this transaction ends.
///
/// # Errors
/// [`crate::store::StoreError::WrongCount`] when there is none.
pub async fn lock(tx: &mut Tx, id: ResourceId) -> Result<()> {
    tx.connection().execute_exactly(1, "UPDATE resources SET next_order = next_order WHERE id = $1", values![id]).await
}
