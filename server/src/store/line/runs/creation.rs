//! How runs are made.

use crate::store::db::{Answers, Taking, values};
use crate::store::{Result, Tx};
use andon_pipelines::event::Event;
use andon_pipelines::ids::{PipelineId, RunId, VersionId, WorkspaceId};
use serde_json::Value as Json;

/// A run to be.
#[derive(Clone, Debug)]
pub struct NewRun {
    pub workspace: WorkspaceId,
    pub pipeline: PipelineId,
    pub revision: i64,
    pub cause: String,
    pub cause_version: Option<VersionId>,
    pub cause_detail: Option<String>,
    /// Who brought the cause about, where that is not who acts now.
    pub actor: Option<String>,
    pub author: Option<String>,
    pub note: Option<String>,
    pub params: serde_json::Map<String, Json>,
}

/// Takes the next number of a run of the pipeline.
pub(in crate::store) fn taking(pipeline: PipelineId) -> Taking {
    let sql = "UPDATE pipelines SET next_run = next_run + 1 WHERE id = $1 RETURNING next_run - 1 AS run_number, name AS pipeline_name";
    Taking { what: "the pipeline", sql, columns: &["run_number", "pipeline_name"], values: values![pipeline] }
}

/// Makes a run.
///
/// # Errors
/// Whatever the database says.
pub async fn create(tx: &mut Tx, new: &NewRun) -> Result<RunId> {
    let number = Number::of(&tx.connection().take(vec![taking(new.pipeline)]).await?)?;
    create_numbered(tx, new, number).await
}

/// The number of a run to be.
#[derive(Clone, Debug)]
pub struct Number {
    number: i64,
    pipeline_name: String,
}

impl Number {
    pub(in crate::store) fn of(answers: &Answers) -> Result<Self> {
        Ok(Self { number: answers.get("run_number")?, pipeline_name: answers.get("pipeline_name")? })
    }
}

/// Makes a run of a number that was taken.
///
/// # Errors
/// Whatever the database says.
pub async fn create_numbered(tx: &mut Tx, new: &NewRun, Number { number, pipeline_name }: Number) -> Result<RunId> {
    let (id, at): (RunId, _) = (tx.new_id(), tx.at());
    let actor = new.actor.clone().unwrap_or_else(|| tx.actor().to_owned());
    let params = Json::Object(new.params.clone()).to_string();
    tx.connection()
        .put(
            1,
            "INSERT INTO runs (id, workspace_id, pipeline_id, revision, number, cause, cause_version_id, cause_detail, actor, author, note, \
             params, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            values![
                id,
                new.workspace,
                new.pipeline,
                new.revision,
                number,
                &new.cause,
                new.cause_version,
                &new.cause_detail,
                actor,
                &new.author,
                &new.note,
                params,
                at
            ],
        )
        .await?;
    let created = Event::RunCreated { run: id, pipeline: new.pipeline, number, cause: new.cause.clone() };
    tx.emit_called(Some(new.workspace), created, format!("{pipeline_name}#{number}"));
    Ok(id)
}
