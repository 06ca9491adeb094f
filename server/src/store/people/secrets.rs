//! Secrets: sealed values under names. This room never sees a value.

use crate::store::db::values;
use crate::store::{Connection, Result, StoreError, Tx};
use crate::vault::Sealed;
use andon_pipelines::event::Event;
use andon_pipelines::ids::{SecretId, WorkspaceId};
use serde_json::json;

/// What may be shown of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretName {
    pub name: String,
    pub updated_by: String,
    pub updated_at: i64,
}

/// What the vault seals a secret for: opened under another name or in another workspace, it is of no use.
#[must_use]
pub fn context(workspace: WorkspaceId, name: &str) -> String {
    format!("{workspace}/secret/{name}")
}

/// The secrets of a workspace, by name.
///
/// # Errors
/// Whatever the database says.
pub async fn list(connection: &mut Connection<'_>, workspace: WorkspaceId) -> Result<Vec<SecretName>> {
    let rows = connection
        .list("SELECT name, updated_by, updated_at FROM secrets WHERE workspace_id = $1 ORDER BY name", values![workspace])
        .await?;
    rows.iter()
        .map(|row| Ok(SecretName { name: row.get("name")?, updated_by: row.get("updated_by")?, updated_at: row.get("updated_at")? }))
        .collect()
}

/// The sealed value of a secret; the vault opens it with [`context`].
///
/// # Errors
/// [`StoreError::Corrupt`] when the column holds no sealed value.
pub async fn find(connection: &mut Connection<'_>, workspace: WorkspaceId, name: &str) -> Result<Option<Sealed>> {
    let row = connection.find("SELECT sealed FROM secrets WHERE workspace_id = $1 AND name = $2", values![workspace, name]).await?;
    row.map(|row| unsealed(&row.get::<Vec<u8>>("sealed")?)).transpose()
}

/// Sets a secret.
///
/// # Errors
/// Whatever the database says.
pub async fn set(tx: &mut Tx, workspace: WorkspaceId, name: &str, sealed: &Sealed) -> Result<()> {
    let (at, actor, new_id) = (tx.at(), tx.actor().to_owned(), tx.new_id::<SecretId>());
    let known = "SELECT updated_by, updated_at FROM secrets WHERE workspace_id = $1 AND name = $2";
    let before = match tx.connection().find(known, values![workspace, name]).await? {
        Some(row) => json!({ "set_by": row.get::<String>("updated_by")?, "set_at": row.get::<i64>("updated_at")? }),
        None => serde_json::Value::Null,
    };
    tx.connection()
        .execute_exactly(
            1,
            "INSERT INTO secrets (id, workspace_id, name, sealed, updated_by, updated_at) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (workspace_id, name) \
             DO UPDATE SET sealed = excluded.sealed, updated_by = excluded.updated_by, updated_at = excluded.updated_at",
            values![new_id, workspace, name, sealed.to_bytes(), actor, at],
        )
        .await?;
    tx.emit(Some(workspace), Event::SecretChanged { name: name.to_owned(), deleted: false });
    tx.note(before, serde_json::Value::Null);
    Ok(())
}

/// Takes a secret away.
///
/// # Errors
/// [`StoreError::NotFound`] when there is none of this name.
pub async fn delete(tx: &mut Tx, workspace: WorkspaceId, name: &str) -> Result<()> {
    let deleted = tx.connection().execute("DELETE FROM secrets WHERE workspace_id = $1 AND name = $2", values![workspace, name]).await?;
    if deleted == 0 {
        return Err(StoreError::NotFound { what: "the secret" });
    }
    tx.emit(Some(workspace), Event::SecretChanged { name: name.to_owned(), deleted: true });
    Ok(())
}

/// A column's bytes as a sealed value.
pub(super) fn unsealed(bytes: &[u8]) -> Result<Sealed> {
    Sealed::from_bytes(bytes).map_err(|error| StoreError::Corrupt(error.to_string()))
}
