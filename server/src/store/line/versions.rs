//! Versions. A version's identity is the digest of its map within its resource; history is never edited.

use crate::store::db::values;
use crate::store::{Connection, Result, Row, Tx};
use andon_pipelines::event::Event;
use andon_pipelines::ids::{JobRunId, PipelineId, ResourceId, VersionId, WorkspaceId};
use andon_pipelines::wire::Blob;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub struct Version {
    pub id: VersionId,
    pub resource: ResourceId,
    pub order: i64,
    pub map: BTreeMap<String, String>,
    /// For people: author, message, date.
    pub metadata: BTreeMap<String, String>,
    pub archive: Option<Blob>,
    pub origin: String,
    pub actor: String,
    pub made_by: Option<JobRunId>,
    pub enabled: bool,
    pub disabled_reason: Option<String>,
    pub created_at: i64,
}

/// A version to be.
#[derive(Clone, Debug)]
pub struct NewVersion {
    pub workspace: WorkspaceId,
    pub pipeline: PipelineId,
    pub resource: ResourceId,
    pub map: BTreeMap<String, String>,
    pub metadata: BTreeMap<String, String>,
    pub archive: Option<Blob>,
    /// `push`, `webhook`, `check`, `cron`, `edit`, `job`, `publish`, `trigger`.
    pub origin: &'static str,
    pub made_by: Option<JobRunId>,
}

const COLUMNS: &str = "SELECT id, resource_id, ordinal, map, metadata, archive_digest, archive_size, origin, actor, job_run_id, enabled, \
                       disabled_reason, created_at FROM versions";

/// Hex SHA-256 of a version's map: keys in order, each length-prefixed.
#[must_use]
pub fn digest(map: &BTreeMap<String, String>) -> String {
    let mut hash = Sha256::new();
    for (key, value) in map {
        for part in [key, value] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
    }
    hex::encode(hash.finalize())
}

/// Makes a version, unless the resource has it already. Answers its identifier, and whether it is new.
///
/// # Errors
/// Whatever the database says.
pub async fn create(tx: &mut Tx, new: NewVersion) -> Result<(VersionId, bool)> {
    let digest = digest(&new.map);
    let sql = "SELECT id FROM versions WHERE resource_id = $1 AND digest = $2";
    if let Some(row) = tx.connection().find(sql, values![new.resource, &digest]).await? {
        return Ok((row.id("id")?, false));
    }
    let sql = "UPDATE resources SET next_order = next_order + 1 WHERE id = $1 RETURNING next_order";
    let order = tx.connection().get("the resource", sql, values![new.resource]).await?.get::<i64>("next_order")? - 1;
    let (id, at, actor): (VersionId, _, _) = (tx.new_id(), tx.at(), tx.actor().to_owned());
    let (archive_digest, archive_size) = match &new.archive {
        Some(blob) => (Some(blob.digest.clone()), i64::try_from(blob.size).ok()),
        None => (None, None),
    };
    tx.connection()
        .execute_exactly(
            1,
            "INSERT INTO versions (id, resource_id, ordinal, digest, map, metadata, archive_digest, archive_size, origin, actor, job_run_id, \
             enabled, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            values![
                id,
                new.resource,
                order,
                digest,
                json(&new.map)?,
                json(&new.metadata)?,
                archive_digest,
                archive_size,
                new.origin,
                actor,
                new.made_by,
                true,
                at
            ],
        )
        .await?;
    let event =
        Event::VersionCreated { pipeline: new.pipeline, resource: new.resource, version: id, order, values: new.map, made_by: new.made_by };
    tx.emit(Some(new.workspace), event);
    Ok((id, true))
}

/// Makes a version, or makes the one that the resource has already its newest.
///
/// # Errors
/// Whatever the database says.
pub async fn create_or_move_up(tx: &mut Tx, new: NewVersion) -> Result<VersionId> {
    let (workspace, resource) = (new.workspace, new.resource);
    let (id, is_new) = create(tx, new).await?;
    if !is_new && find_newest(&mut tx.connection(), resource).await?.is_some_and(|newest| newest.id != id) {
        let sql = "UPDATE resources SET next_order = next_order + 1 WHERE id = $1 RETURNING next_order";
        let order = tx.connection().get("the resource", sql, values![resource]).await?.get::<i64>("next_order")? - 1;
        tx.connection().execute_exactly(1, "UPDATE versions SET ordinal = $1 WHERE id = $2", values![order, id]).await?;
        tx.emit(Some(workspace), Event::VersionsReordered { resource, orders: vec![(id, order)] });
    }
    Ok(id)
}

/// Allows a version to be chosen automatically, or forbids it with a reason.
///
/// # Errors
/// Whatever the database says.
pub async fn set_enabled(tx: &mut Tx, workspace: WorkspaceId, version: &Version, enabled: (bool, Option<&str>)) -> Result<()> {
    let (enabled, reason) = enabled;
    let sql = "UPDATE versions SET enabled = $1, disabled_reason = $2 WHERE id = $3";
    tx.connection().execute_exactly(1, sql, values![enabled, reason, version.id]).await?;
    let event = Event::VersionEnabled { resource: version.resource, version: version.id, enabled, reason: reason.map(str::to_owned) };
    tx.emit(Some(workspace), event);
    tx.note(serde_json::json!({ "enabled": version.enabled, "reason": version.disabled_reason }), serde_json::Value::Null);
    Ok(())
}

/// # Errors
/// [`crate::store::StoreError::NotFound`] when there is none.
pub async fn get(connection: &mut Connection<'_>, id: VersionId) -> Result<Version> {
    let rows = connection.list_built(format!("{COLUMNS} WHERE id = $1"), values![id]).await?;
    rows.first().map(version).transpose()?.ok_or(crate::store::StoreError::NotFound { what: "the version" })
}

/// Newest first: at most `limit` whose order is below `before`.
///
/// # Errors
/// Whatever the database says.
pub async fn list(connection: &mut Connection<'_>, resource: ResourceId, before: i64, limit: i64) -> Result<Vec<Version>> {
    let sql = format!("{COLUMNS} WHERE resource_id = $1 AND ordinal < $2 ORDER BY ordinal DESC LIMIT $3");
    connection.list_built(sql, values![resource, before, limit]).await?.iter().map(version).collect()
}

/// Versions of a resource whose order lies above `after` and not above `to`, newest first, at most `limit`.
///
/// # Errors
/// Whatever the database says.
pub async fn list_between(
    connection: &mut Connection<'_>,
    resource: ResourceId,
    (after, to): (i64, i64),
    limit: i64,
) -> Result<Vec<Version>> {
    let sql = format!("{COLUMNS} WHERE resource_id = $1 AND ordinal > $2 AND ordinal <= $3 ORDER BY ordinal DESC LIMIT $4");
    connection.list_built(sql, values![resource, after, to, limit]).await?.iter().map(version).collect()
}

/// The newest version of a resource.
///
/// # Errors
/// Whatever the database says.
pub async fn find_newest(connection: &mut Connection<'_>, resource: ResourceId) -> Result<Option<Version>> {
    Ok(list(connection, resource, i64::MAX, 1).await?.into_iter().next())
}

/// The newest version of a resource that may be chosen automatically.
///
/// # Errors
/// Whatever the database says.
pub async fn find_newest_enabled(connection: &mut Connection<'_>, resource: ResourceId) -> Result<Option<Version>> {
    let sql = format!("{COLUMNS} WHERE resource_id = $1 AND enabled = $2 ORDER BY ordinal DESC LIMIT 1");
    connection.list_built(sql, values![resource, true]).await?.first().map(version).transpose()
}

/// The version of a resource that has exactly this map.
///
/// # Errors
/// Whatever the database says.
pub async fn find_by_map(connection: &mut Connection<'_>, resource: ResourceId, map: &BTreeMap<String, String>) -> Result<Option<Version>> {
    let sql = format!("{COLUMNS} WHERE resource_id = $1 AND digest = $2");
    connection.list_built(sql, values![resource, digest(map)]).await?.first().map(version).transpose()
}

/// The newest version whose map holds all of these entries, among the newest 10,000.
///
/// # Errors
/// Whatever the database says.
pub async fn find_matching(
    connection: &mut Connection<'_>,
    resource: ResourceId,
    entries: &BTreeMap<String, String>,
) -> Result<Option<Version>> {
    let newest = list(connection, resource, i64::MAX, 10_000).await?;
    Ok(newest.into_iter().find(|version| entries.iter().all(|(key, value)| version.map.get(key) == Some(value))))
}

/// The versions that a job run consumes, by input name.
///
/// # Errors
/// Whatever the database says.
pub async fn list_inputs_of(connection: &mut Connection<'_>, job_run: JobRunId) -> Result<Vec<(String, Version)>> {
    let sql = "SELECT i.name, v.id, v.resource_id, v.ordinal, v.map, v.metadata, v.archive_digest, v.archive_size, v.origin, v.actor, \
               v.job_run_id, v.enabled, v.disabled_reason, v.created_at FROM job_run_inputs i JOIN versions v ON v.id = i.version_id WHERE \
               i.job_run_id = $1 ORDER BY i.name";
    let rows = connection.list(sql, values![job_run]).await?;
    rows.iter().map(|row| Ok((row.get("name")?, version(row)?))).collect()
}

/// The versions that the runs it follows, and the makers of its inputs, vouch for: what a job run stands on, nearest first.
///
/// # Errors
/// Whatever the database says.
pub async fn list_inherited_of(connection: &mut Connection<'_>, job_run: JobRunId) -> Result<Vec<Version>> {
    let sql = "SELECT v.id, v.resource_id, v.ordinal, v.map, v.metadata, v.archive_digest, v.archive_size, v.origin, v.actor, v.job_run_id, \
               v.enabled, v.disabled_reason, v.created_at FROM vouchers o JOIN versions v ON v.id = o.version_id WHERE o.job_run_id IN \
               (SELECT upstream_id FROM job_run_follows WHERE job_run_id = $1 UNION SELECT m.job_run_id FROM job_run_inputs i JOIN versions \
               m ON m.id = i.version_id WHERE i.job_run_id = $1) ORDER BY o.distance, v.id";
    connection.list(sql, values![job_run]).await?.iter().map(version).collect()
}

fn json(map: &BTreeMap<String, String>) -> Result<String> {
    serde_json::to_string(map).map_err(|error| crate::store::StoreError::Corrupt(error.to_string()))
}

/// The two columns of a blob, under the names that every table gives them.
pub(super) fn archive(row: &Row) -> Result<Option<Blob>> {
    let (digest, size): (Option<String>, Option<i64>) = (row.get("archive_digest")?, row.get("archive_size")?);
    Ok(digest.map(|digest| Blob { digest, size: size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default() }))
}

fn version(row: &Row) -> Result<Version> {
    Ok(Version {
        id: row.id("id")?,
        resource: row.id("resource_id")?,
        order: row.get("ordinal")?,
        map: row.json("map")?,
        metadata: row.json("metadata")?,
        archive: archive(row)?,
        origin: row.get("origin")?,
        actor: row.get("actor")?,
        made_by: row.find_id("job_run_id")?,
        enabled: row.get("enabled")?,
        disabled_reason: row.get("disabled_reason")?,
        created_at: row.get("created_at")?,
    })
}
