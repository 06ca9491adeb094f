//! Pipelines and their revisions.

use super::modules;
use crate::store::db::values;
use crate::store::{Connection, Result, Row, Tx};
use andon_pipelines::document::Document;
use andon_pipelines::event::Event;
use andon_pipelines::ids::{JobId, PipelineId, WorkspaceId};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub struct Pipeline {
    pub id: PipelineId,
    pub workspace: WorkspaceId,
    pub name: String,
    pub project: Option<String>,
    pub description: Option<String>,
    pub revision: i64,
    pub paused: Option<Pause>,
    /// The repository whose pushes set it, as `repository:path`, if any.
    pub synced_from: Option<String>,
    /// What was wrong with the file at the last push.
    pub sync_error: Option<String>,
}

pub use andon_pipelines::decide::Pause;

#[derive(Clone, Debug)]
pub struct Revision {
    pub number: i64,
    pub actor: String,
    pub message: Option<String>,
    pub created_at: i64,
}

const COLUMNS: &str = "SELECT id, workspace_id, name, project, description, revision, paused_by, paused_reason, paused_at, synced_from, \
                       sync_error FROM pipelines";

/// # Errors
/// Whatever the database says.
pub async fn find_by_name(connection: &mut Connection<'_>, workspace: WorkspaceId, name: &str) -> Result<Option<Pipeline>> {
    let sql = format!("{COLUMNS} WHERE workspace_id = $1 AND name = $2");
    connection.list_built(sql, values![workspace, name]).await?.first().map(pipeline).transpose()
}

/// # Errors
/// [`crate::store::StoreError::NotFound`] when there is none.
pub async fn get(connection: &mut Connection<'_>, id: PipelineId) -> Result<Pipeline> {
    let rows = connection.list_built(format!("{COLUMNS} WHERE id = $1"), values![id]).await?;
    rows.first().map(pipeline).transpose()?.ok_or(crate::store::StoreError::NotFound { what: "the pipeline" })
}

/// All pipelines of a workspace, by name.
///
/// # Errors
/// Whatever the database says.
pub async fn list(connection: &mut Connection<'_>, workspace: WorkspaceId) -> Result<Vec<Pipeline>> {
    connection
        .list_built(format!("{COLUMNS} WHERE workspace_id = $1 ORDER BY name"), values![workspace])
        .await?
        .iter()
        .map(pipeline)
        .collect()
}

/// Every pipeline of the installation.
///
/// # Errors
/// Whatever the database says.
pub async fn list_all(connection: &mut Connection<'_>) -> Result<Vec<Pipeline>> {
    connection.list_built(format!("{COLUMNS} ORDER BY id"), Vec::new()).await?.iter().map(pipeline).collect()
}

/// The text of a revision.
///
/// # Errors
/// [`crate::store::StoreError::NotFound`] when there is none of this number.
pub async fn get_text(connection: &mut Connection<'_>, pipeline: PipelineId, number: i64) -> Result<String> {
    let sql = "SELECT text FROM revisions WHERE pipeline_id = $1 AND number = $2";
    connection.get("the revision", sql, values![pipeline, number]).await?.get("text")
}

/// The newest revisions first.
///
/// # Errors
/// Whatever the database says.
pub async fn list_revisions(connection: &mut Connection<'_>, pipeline: PipelineId) -> Result<Vec<Revision>> {
    let sql = "SELECT number, actor, message, created_at FROM revisions WHERE pipeline_id = $1 ORDER BY number DESC LIMIT 1000";
    let rows = connection.list(sql, values![pipeline]).await?;
    rows.iter()
        .map(|row| {
            Ok(Revision {
                number: row.get("number")?,
                actor: row.get("actor")?,
                message: row.get("message")?,
                created_at: row.get("created_at")?,
            })
        })
        .collect()
}

/// What a new revision is made of.
#[derive(Debug)]
pub struct NewRevision<'a> {
    pub document: &'a Document,
    pub text: &'a str,
    /// The texts of the modules that it uses, by full name.
    pub modules: &'a BTreeMap<String, String>,
    pub message: Option<&'a str>,
    pub synced_from: Option<&'a str>,
}

/// Makes the pipeline, with revision 1.
///
/// # Errors
/// [`crate::store::StoreError::Conflict`] when the name is taken.
pub async fn create(tx: &mut Tx, workspace: WorkspaceId, new: &NewRevision<'_>) -> Result<(PipelineId, i64)> {
    let id: PipelineId = tx.new_id();
    let (at, document) = (tx.at(), new.document);
    tx.connection()
        .execute_exactly(
            1,
            "INSERT INTO pipelines (id, workspace_id, name, project, description, revision, next_run, synced_from, created_at) VALUES ($1, \
             $2, $3, $4, $5, 1, 1, $6, $7)",
            values![id, workspace, &document.pipeline, &document.project, &document.description, new.synced_from, at],
        )
        .await?;
    insert_revision(tx, id, 1, new).await?;
    tx.emit(Some(workspace), Event::PipelineSet { pipeline: id, name: document.pipeline.clone(), revision: 1 });
    tx.note(serde_json::Value::Null, noted(1, new));
    Ok((id, 1))
}

/// Sets the next revision of a pipeline whose newest one is `old`.
///
/// # Errors
/// [`crate::store::StoreError::WrongCount`] when `old` is not the newest any more.
pub async fn revise(tx: &mut Tx, old: &Pipeline, new: &NewRevision<'_>) -> Result<i64> {
    let (number, document) = (old.revision + 1, new.document);
    tx.connection()
        .execute_exactly(
            1,
            "UPDATE pipelines SET revision = $1, project = $2, description = $3, synced_from = $4, sync_error = NULL WHERE id = $5 AND \
             revision = $6",
            values![number, &document.project, &document.description, new.synced_from, old.id, old.revision],
        )
        .await?;
    insert_revision(tx, old.id, number, new).await?;
    tx.emit(Some(old.workspace), Event::PipelineSet { pipeline: old.id, name: old.name.clone(), revision: number });
    tx.note(serde_json::Value::Null, noted(number, new));
    Ok(number)
}

/// A revision in the audit trail. Its text stands with the revisions.
fn noted(number: i64, new: &NewRevision<'_>) -> serde_json::Value {
    serde_json::json!({ "revision": number, "message": new.message, "synced_from": new.synced_from })
}

async fn insert_revision(tx: &mut Tx, pipeline: PipelineId, number: i64, new: &NewRevision<'_>) -> Result<()> {
    let (at, actor) = (tx.at(), tx.actor().to_owned());
    tx.connection()
        .execute_exactly(
            1,
            "INSERT INTO revisions (pipeline_id, number, text, actor, message, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
            values![pipeline, number, new.text, actor, new.message, at],
        )
        .await?;
    modules::keep(tx, (pipeline, number), new.modules).await
}

/// Remembers what was wrong with the pipeline's file at a push; the revision in force stays.
///
/// # Errors
/// Whatever the database says.
pub async fn set_sync_error(tx: &mut Tx, pipeline: &Pipeline, error: &str) -> Result<()> {
    tx.connection().execute_exactly(1, "UPDATE pipelines SET sync_error = $1 WHERE id = $2", values![error, pipeline.id]).await
}

/// The pipeline's file is all right, and is the text in force already: it is set from there from now on.
///
/// # Errors
/// Whatever the database says.
pub async fn set_synced(tx: &mut Tx, pipeline: &Pipeline, synced_from: Option<&str>) -> Result<()> {
    let source = synced_from.or(pipeline.synced_from.as_deref());
    let sql = "UPDATE pipelines SET synced_from = $1, sync_error = NULL WHERE id = $2";
    tx.connection().execute_exactly(1, sql, values![source, pipeline.id]).await
}

/// Pulls the cord on a whole pipeline, or lets it go.
///
/// # Errors
/// Whatever the database says.
pub async fn set_paused(tx: &mut Tx, pipeline: &Pipeline, paused: bool, reason: Option<&str>) -> Result<()> {
    let (by, at) = (tx.actor().to_owned(), tx.at());
    tx.connection()
        .execute_exactly(
            1,
            "UPDATE pipelines SET paused_by = $1, paused_reason = $2, paused_at = $3 WHERE id = $4",
            values![paused.then_some(by), reason.filter(|_| paused), paused.then_some(at), pipeline.id],
        )
        .await?;
    tx.emit(Some(pipeline.workspace), Event::PipelinePaused { pipeline: pipeline.id, paused, reason: reason.map(str::to_owned) });
    let held = |pause: &Pause| serde_json::json!({ "paused": true, "by": pause.by, "reason": pause.reason, "since": pause.at });
    tx.note(pipeline.paused.as_ref().map(held).unwrap_or_default(), serde_json::Value::Null);
    Ok(())
}

/// Pulls the cord on one job, or lets it go.
///
/// # Errors
/// Whatever the database says.
pub async fn set_job_paused(tx: &mut Tx, pipeline: &Pipeline, job: JobId, pause: (bool, Option<&str>)) -> Result<()> {
    let (by, at, (paused, reason)) = (tx.actor().to_owned(), tx.at(), pause);
    tx.connection()
        .execute_exactly(
            1,
            "UPDATE jobs SET paused_by = $1, paused_reason = $2, paused_at = $3, resumed_at = COALESCE($4, resumed_at) WHERE id = $5",
            values![paused.then_some(by), reason.filter(|_| paused), paused.then_some(at), (!paused).then_some(at), job],
        )
        .await?;
    tx.emit(Some(pipeline.workspace), Event::JobPaused { pipeline: pipeline.id, job, paused, reason: reason.map(str::to_owned) });
    Ok(())
}

/// Reads the three columns of a pause.
pub(super) fn pause(row: &Row) -> Result<Option<Pause>> {
    let (by, at): (Option<String>, Option<i64>) = (row.get("paused_by")?, row.get("paused_at")?);
    Ok(match (by, at) {
        (Some(by), Some(at)) => Some(Pause { by, reason: row.get("paused_reason")?, at }),
        _ => None,
    })
}

fn pipeline(row: &Row) -> Result<Pipeline> {
    Ok(Pipeline {
        id: row.id("id")?,
        workspace: row.id("workspace_id")?,
        name: row.get("name")?,
        project: row.get("project")?,
        description: row.get("description")?,
        revision: row.get("revision")?,
        paused: pause(row)?,
        synced_from: row.get("synced_from")?,
        sync_error: row.get("sync_error")?,
    })
}
