//! Workspaces.

use super::pipelines::{Pause, pause};
use crate::store::db::values;
use crate::store::{Connection, Result, Row, Tx};
use andon_pipelines::event::Event;
use andon_pipelines::ids::WorkspaceId;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    pub id: WorkspaceId,
    pub name: String,
}

/// # Errors
/// Whatever the database says.
pub async fn find_by_name(connection: &mut Connection<'_>, name: &str) -> Result<Option<Workspace>> {
    let row = connection.find("SELECT id, name FROM workspaces WHERE name = $1", values![name]).await?;
    row.as_ref().map(workspace).transpose()
}

/// # Errors
/// Whatever the database says.
pub async fn get(connection: &mut Connection<'_>, id: WorkspaceId) -> Result<Workspace> {
    workspace(&connection.get("the workspace", "SELECT id, name FROM workspaces WHERE id = $1", values![id]).await?)
}

/// All of them, by name.
///
/// # Errors
/// Whatever the database says.
pub async fn list(connection: &mut Connection<'_>) -> Result<Vec<Workspace>> {
    connection.list("SELECT id, name FROM workspaces ORDER BY name", Vec::new()).await?.iter().map(workspace).collect()
}

/// The workspace of this name, made now if there is none.
///
/// # Errors
/// Whatever the database says.
pub async fn ensure(tx: &mut Tx, name: &str) -> Result<Workspace> {
    if let Some(found) = find_by_name(&mut tx.connection(), name).await? {
        return Ok(found);
    }
    let id: WorkspaceId = tx.new_id();
    let at = tx.at();
    tx.connection().execute_exactly(1, "INSERT INTO workspaces (id, name, created_at) VALUES ($1, $2, $3)", values![id, name, at]).await?;
    tx.emit(Some(id), Event::WorkspaceCreated { name: name.to_owned() });
    Ok(Workspace { id, name: name.to_owned() })
}

/// Who holds the whole workspace, if somebody does.
///
/// # Errors
/// [`crate::store::StoreError::NotFound`] when there is no such workspace.
pub async fn find_pause(connection: &mut Connection<'_>, id: WorkspaceId) -> Result<Option<Pause>> {
    let sql = "SELECT paused_by, paused_reason, paused_at FROM workspaces WHERE id = $1";
    pause(&connection.get("the workspace", sql, values![id]).await?)
}

/// Pulls the cord on a whole workspace, or lets it go.
///
/// # Errors
/// Whatever the database says.
pub async fn set_paused(tx: &mut Tx, workspace: &Workspace, paused: bool, reason: Option<&str>) -> Result<()> {
    let (by, at) = (tx.actor().to_owned(), tx.at());
    let sql = "UPDATE workspaces SET paused_by = $1, paused_reason = $2, paused_at = $3 WHERE id = $4";
    let held = reason.filter(|_| paused);
    tx.connection().execute_exactly(1, sql, values![paused.then_some(by), held, paused.then_some(at), workspace.id]).await?;
    let event = Event::WorkspacePaused { name: workspace.name.clone(), paused, reason: reason.map(str::to_owned) };
    tx.emit(Some(workspace.id), event);
    Ok(())
}

fn workspace(row: &Row) -> Result<Workspace> {
    Ok(Workspace { id: row.id("id")?, name: row.get("name")? })
}
