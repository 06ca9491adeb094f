//! What came of the pipeline files in a commit of a built-in repository.

use crate::store::db::values;
use crate::store::{Connection, Result, Row, Tx};
use andon_pipelines::document::{Diagnostic, render};
use andon_pipelines::event::Event;
use andon_pipelines::ids::{PipelineId, WorkspaceId};
use std::collections::BTreeMap;

/// More diagnostics are not told in an event.
const TOLD: usize = 20;

/// A file of a commit.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub workspace: WorkspaceId,
    pub repository: &'a str,
    pub commit: &'a str,
    /// `andon.yml`, `.andon/deploy.yml`.
    pub file: &'a str,
}

/// What came of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitReport {
    pub commit: String,
    pub file: String,
    /// Absent where the file could not be understood so far.
    pub pipeline: Option<String>,
    /// Whether the file could be used.
    pub ok: bool,
    /// What was wrong, as text with the lines of the file; or which revision it is.
    pub detail: Option<String>,
    pub at: i64,
}

/// The file is the pipeline's text by now.
///
/// # Errors
/// Whatever the database says.
pub async fn set_good(tx: &mut Tx, place: Place<'_>, (pipeline, name, revision): (PipelineId, &str, i64)) -> Result<()> {
    put(tx, place, (Some(name), "set", format!("revision {revision}"))).await?;
    let event = Event::PipelineSynced {
        pipeline,
        repository: place.repository.to_owned(),
        commit: place.commit.to_owned(),
        file: place.file.to_owned(),
        revision,
    };
    tx.emit(Some(place.workspace), event);
    Ok(())
}

/// The file cannot be used. `pipeline` is the one that is set from it, where there is one already.
///
/// # Errors
/// Whatever the database says.
pub async fn set_bad(tx: &mut Tx, place: Place<'_>, pipeline: Option<(PipelineId, &str)>, diagnostics: &[Diagnostic]) -> Result<()> {
    put(tx, place, (pipeline.map(|(_, name)| name), "failed", render(diagnostics))).await?;
    let event = Event::SyncFailed {
        pipeline: pipeline.map(|(id, _)| id),
        repository: place.repository.to_owned(),
        commit: place.commit.to_owned(),
        file: place.file.to_owned(),
        diagnostics: diagnostics.iter().take(TOLD).cloned().collect(),
    };
    tx.emit(Some(place.workspace), event);
    Ok(())
}

async fn put(tx: &mut Tx, place: Place<'_>, (pipeline, state, detail): (Option<&str>, &str, String)) -> Result<()> {
    let at = tx.at();
    let sql = "INSERT INTO commit_reports (workspace_id, repository, commit_id, file, pipeline, state, detail, at) VALUES ($1, $2, $3, $4, $5, \
               $6, $7, $8) ON CONFLICT (workspace_id, repository, commit_id, file) DO UPDATE SET pipeline = excluded.pipeline, state = \
               excluded.state, detail = excluded.detail, at = excluded.at";
    let values = values![place.workspace, place.repository, place.commit, place.file, pipeline, state, detail, at];
    tx.connection().execute_exactly(1, sql, values).await
}

/// What came of these commits' files, by commit, then by file.
///
/// # Errors
/// Whatever the database says.
pub async fn list(
    connection: &mut Connection<'_>,
    (workspace, repository): (WorkspaceId, &str),
    commits: &[String],
) -> Result<BTreeMap<String, Vec<CommitReport>>> {
    let mut found: BTreeMap<String, Vec<CommitReport>> = BTreeMap::new();
    if commits.is_empty() {
        return Ok(found);
    }
    let places: Vec<_> = (3..commits.len() + 3).map(|place| format!("${place}")).collect();
    let sql = format!(
        "SELECT commit_id, file, pipeline, state, detail, at FROM commit_reports WHERE workspace_id = $1 AND repository = $2 AND commit_id IN \
         ({}) ORDER BY commit_id, file",
        places.join(", ")
    );
    let mut values = values![workspace, repository];
    values.extend(commits.iter().map(|commit| commit.clone().into()));
    for row in connection.list_built(sql, values).await? {
        let report = report(&row)?;
        found.entry(report.commit.clone()).or_default().push(report);
    }
    Ok(found)
}

fn report(row: &Row) -> Result<CommitReport> {
    Ok(CommitReport {
        commit: row.get("commit_id")?,
        file: row.get("file")?,
        pipeline: row.get("pipeline")?,
        ok: row.get::<String>("state")? == "set",
        detail: row.get("detail")?,
        at: row.get("at")?,
    })
}
