//! What reruns take along: job runs that are run again once everything before them that is run again has passed.

use crate::store::db::values;
use crate::store::{Connection, Result, Tx};
use andon_pipelines::event::Event;
use andon_pipelines::ids::{JobRunId, RunId, WorkspaceId};

/// A job run that is to be run again.
#[derive(Clone, Debug)]
pub struct PlannedRerun {
    /// The rerun that takes it along.
    pub root: JobRunId,
    pub original: JobRunId,
    /// Who asked for it.
    pub actor: String,
}

/// What became of a planned rerun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Started,
    /// The line started the job by itself.
    Flowed,
    /// What it would have run on did not pass.
    Dropped,
}

impl Fate {
    const fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Flowed => "flowed",
            Self::Dropped => "dropped",
        }
    }
}

/// Plans to run these again behind the rerun `root`, in the transaction's actor's name.
///
/// # Errors
/// Whatever the database says.
pub async fn create(tx: &mut Tx, (workspace, run): (WorkspaceId, RunId), root: JobRunId, originals: &[JobRunId]) -> Result<()> {
    let (actor, at) = (tx.actor().to_owned(), tx.at());
    let rows = originals.iter().map(|original| values![root, *original, &actor, at]).collect();
    let sql = "INSERT INTO planned_reruns (root_id, original_id, actor, planned_at) VALUES";
    tx.connection().insert_many(sql, rows, "").await?;
    tx.emit(Some(workspace), Event::RerunPlanned { run, job_run: root, originals: originals.to_vec() });
    Ok(())
}

/// Those that wait, in the order in which the originals ran.
///
/// # Errors
/// Whatever the database says.
pub async fn list_open(connection: &mut Connection<'_>) -> Result<Vec<PlannedRerun>> {
    let sql = "SELECT p.root_id, p.original_id, p.actor FROM planned_reruns p JOIN job_runs j ON j.id = p.original_id WHERE p.outcome IS NULL \
               ORDER BY p.root_id, j.sequence LIMIT 10000";
    let rows = connection.list(sql, Vec::new()).await?;
    rows.iter()
        .map(|row| Ok(PlannedRerun { root: row.id("root_id")?, original: row.id("original_id")?, actor: row.get("actor")? }))
        .collect()
}

/// Every job run that a rerun takes along, whatever has become of it.
///
/// # Errors
/// Whatever the database says.
pub async fn list_originals(connection: &mut Connection<'_>, root: JobRunId) -> Result<Vec<JobRunId>> {
    let rows = connection.list("SELECT original_id FROM planned_reruns WHERE root_id = $1", values![root]).await?;
    rows.iter().map(|row| row.id("original_id")).collect()
}

/// Records what became of one that waited.
///
/// # Errors
/// [`crate::store::StoreError::WrongCount`] when it does not wait any more.
pub async fn close(tx: &mut Tx, planned: &PlannedRerun, fate: Fate) -> Result<()> {
    let sql = "UPDATE planned_reruns SET outcome = $1 WHERE root_id = $2 AND original_id = $3 AND outcome IS NULL";
    tx.connection().execute_exactly(1, sql, values![fate.name(), planned.root, planned.original]).await
}
