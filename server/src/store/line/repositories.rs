//! Repositories of the built-in git server, and deliveries of webhooks that were taken already.

use crate::store::db::values;
use crate::store::{Connection, Result, Tx};
use andon_pipelines::ids::{RepositoryId, WorkspaceId};

/// Remembers a repository; does nothing for a known one.
///
/// # Errors
/// Whatever the database says.
pub async fn ensure(tx: &mut Tx, workspace: WorkspaceId, name: &str) -> Result<()> {
    let (id, at): (RepositoryId, _) = (tx.new_id(), tx.at());
    let sql = "INSERT INTO repositories (id, workspace_id, name, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    tx.connection().execute(sql, values![id, workspace, name, at]).await.map(drop)
}

/// The names of a workspace's repositories.
///
/// # Errors
/// Whatever the database says.
pub async fn list(connection: &mut Connection<'_>, workspace: WorkspaceId) -> Result<Vec<String>> {
    let rows = connection.list("SELECT name FROM repositories WHERE workspace_id = $1 ORDER BY name", values![workspace]).await?;
    rows.iter().map(|row| row.get("name")).collect()
}

/// Whether a webhook's delivery was taken already.
///
/// # Errors
/// Whatever the database says.
pub async fn knows_hook(connection: &mut Connection<'_>, delivery: &str) -> Result<bool> {
    Ok(!connection.list("SELECT id FROM hook_deliveries WHERE id = $1", values![delivery]).await?.is_empty())
}

/// Remembers a webhook's delivery. Answers whether it is the first time; old ones are forgotten.
///
/// # Errors
/// Whatever the database says.
pub async fn take_hook(tx: &mut Tx, delivery: &str, keep_ms: i64) -> Result<bool> {
    let at = tx.at();
    tx.connection().execute("DELETE FROM hook_deliveries WHERE received_at < $1", values![at - keep_ms]).await?;
    let sql = "INSERT INTO hook_deliveries (id, received_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    Ok(tx.connection().execute(sql, values![delivery, at]).await? == 1)
}
