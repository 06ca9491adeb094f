//! Modules of a workspace, and those that revisions of pipelines were read with.

use crate::store::db::values;
use crate::store::{Connection, Result, Row, StoreError, Tx};
use andon_pipelines::event::Event;
use andon_pipelines::ids::{ModuleId, PipelineId, WorkspaceId};
use std::collections::BTreeMap;

/// A module's newest revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    pub id: ModuleId,
    pub name: String,
    pub text: String,
    pub revision: i64,
    pub actor: String,
    pub message: Option<String>,
    pub created_at: i64,
    /// Its revisions are kept, but no new file can use it.
    pub removed: bool,
}

const COLUMNS: &str = "SELECT m.id, m.name, m.removed, r.number, r.text, r.actor, r.message, r.created_at FROM modules m JOIN \
                       module_revisions r ON r.module_id = m.id";

/// The modules of a workspace that can be used, by name.
///
/// # Errors
/// Whatever the database says.
pub async fn list(connection: &mut Connection<'_>, workspace: WorkspaceId) -> Result<Vec<Module>> {
    let sql = format!("{COLUMNS} AND r.number = m.revision WHERE m.workspace_id = $1 AND m.removed = $2 ORDER BY m.name");
    connection.list_built(sql, values![workspace, false]).await?.iter().map(module).collect()
}

/// The newest revision of a module, also of a removed one.
///
/// # Errors
/// Whatever the database says.
pub async fn find(connection: &mut Connection<'_>, workspace: WorkspaceId, name: &str) -> Result<Option<Module>> {
    let sql = format!("{COLUMNS} AND r.number = m.revision WHERE m.workspace_id = $1 AND m.name = $2");
    connection.list_built(sql, values![workspace, name]).await?.first().map(module).transpose()
}

/// The revisions of a module, newest first.
///
/// # Errors
/// Whatever the database says.
pub async fn list_revisions(connection: &mut Connection<'_>, id: ModuleId) -> Result<Vec<Module>> {
    let sql = format!("{COLUMNS} WHERE m.id = $1 ORDER BY r.number DESC LIMIT 1000");
    connection.list_built(sql, values![id]).await?.iter().map(module).collect()
}

/// Sets the next revision of a module, or makes the module. `known` is what [`find`] found in the same transaction.
///
/// # Errors
/// [`StoreError::WrongCount`] when somebody set another revision meanwhile.
pub async fn set(tx: &mut Tx, workspace: WorkspaceId, known: Option<&Module>, new: &NewModule<'_>) -> Result<i64> {
    let (id, number) = match known {
        Some(known) => {
            let sql = "UPDATE modules SET revision = $1, removed = $2 WHERE id = $3 AND revision = $4";
            tx.connection().execute_exactly(1, sql, values![known.revision + 1, false, known.id, known.revision]).await?;
            (known.id, known.revision + 1)
        }
        None => {
            let id: ModuleId = tx.new_id();
            let sql = "INSERT INTO modules (id, workspace_id, name, revision, removed) VALUES ($1, $2, $3, 1, $4)";
            tx.connection().execute_exactly(1, sql, values![id, workspace, new.name, false]).await?;
            (id, 1)
        }
    };
    let (at, actor) = (tx.at(), tx.actor().to_owned());
    let sql = "INSERT INTO module_revisions (module_id, number, text, actor, message, created_at) VALUES ($1, $2, $3, $4, $5, $6)";
    tx.connection().execute_exactly(1, sql, values![id, number, new.text, actor, new.message, at]).await?;
    tx.emit(Some(workspace), Event::ModuleChanged { name: new.name.to_owned(), revision: number, removed: false });
    Ok(number)
}

/// A module's next revision.
#[derive(Clone, Copy, Debug)]
pub struct NewModule<'a> {
    pub name: &'a str,
    pub text: &'a str,
    pub message: Option<&'a str>,
}

/// Takes a module away. Pipelines that use it keep what they were read with.
///
/// # Errors
/// [`StoreError::NotFound`] when there is none of this name.
pub async fn remove(tx: &mut Tx, workspace: WorkspaceId, name: &str) -> Result<()> {
    let known = find(&mut tx.connection(), workspace, name).await?.filter(|module| !module.removed);
    let known = known.ok_or(StoreError::NotFound { what: "the module" })?;
    tx.connection().execute_exactly(1, "UPDATE modules SET removed = $1 WHERE id = $2", values![true, known.id]).await?;
    tx.emit(Some(workspace), Event::ModuleChanged { name: name.to_owned(), revision: known.revision, removed: true });
    Ok(())
}

/// Keeps what a revision of a pipeline was read with. The event is the revision's own.
pub(super) async fn keep(tx: &mut Tx, (pipeline, number): (PipelineId, i64), texts: &BTreeMap<String, String>) -> Result<()> {
    let rows: Vec<_> = texts.iter().map(|(name, text)| values![pipeline, number, name, text]).collect();
    let expected = rows.len() as u64;
    let head = "INSERT INTO revision_modules (pipeline_id, number, name, text) VALUES";
    let touched = tx.connection().insert_many(head, rows, "").await?;
    if touched == expected { Ok(()) } else { Err(StoreError::Corrupt(format!("{touched} of {expected} modules were kept"))) }
}

/// What a revision of a pipeline was read with, by full name.
///
/// # Errors
/// Whatever the database says.
pub async fn list_kept(connection: &mut Connection<'_>, pipeline: PipelineId, number: i64) -> Result<BTreeMap<String, String>> {
    let sql = "SELECT name, text FROM revision_modules WHERE pipeline_id = $1 AND number = $2 ORDER BY name";
    let rows = connection.list(sql, values![pipeline, number]).await?;
    rows.iter().map(|row| Ok((row.get("name")?, row.get("text")?))).collect()
}

fn module(row: &Row) -> Result<Module> {
    Ok(Module {
        id: row.id("id")?,
        name: row.get("name")?,
        text: row.get("text")?,
        revision: row.get("number")?,
        actor: row.get("actor")?,
        message: row.get("message")?,
        created_at: row.get("created_at")?,
        removed: row.get("removed")?,
    })
}
