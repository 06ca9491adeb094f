//! What people asked to bring into environments, and what has come of it.

use crate::store::db::values;
use crate::store::{Connection, Result, Row, StoreError, Tx};
use andon_pipelines::event::Event;
use andon_pipelines::ids::{JobId, JobRunId, PipelineId, PromotionId, ResourceId, VersionId, WorkspaceId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PromotionKind {
    Promote,
    Rollback,
}

impl PromotionKind {
    /// `promote`, `rollback`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Promote => "promote",
            Self::Rollback => "rollback",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Promote, Self::Rollback].into_iter().find(|kind| kind.name() == name)
    }
}

/// Where something is to be deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    pub workspace: WorkspaceId,
    pub pipeline: PipelineId,
    pub environment: ResourceId,
}

/// A promotion that waits for its gates.
#[derive(Clone, Debug)]
pub struct Promotion {
    pub id: PromotionId,
    pub target: Target,
    /// The job that deploys.
    pub job: JobId,
    pub kind: PromotionKind,
    /// Input of that job → version.
    pub pins: BTreeMap<String, VersionId>,
    pub note: Option<String>,
    /// Who asked for it.
    pub actor: String,
    pub asked_at: i64,
    /// What people decide first.
    pub gates: Vec<JobRunId>,
}

/// A promotion to be.
#[derive(Clone, Debug)]
pub struct NewPromotion<'a> {
    pub target: Target,
    pub job: JobId,
    pub kind: PromotionKind,
    pub pins: &'a BTreeMap<String, VersionId>,
    pub note: Option<&'a str>,
    pub gates: &'a [JobRunId],
}

/// Writes a promotion down, in the transaction's actor's name.
///
/// # Errors
/// Whatever the database says.
pub async fn create(tx: &mut Tx, new: &NewPromotion<'_>) -> Result<PromotionId> {
    let (id, at, actor) = (tx.new_id::<PromotionId>(), tx.at(), tx.actor().to_owned());
    let pins = serde_json::to_string(new.pins).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    let sql = "INSERT INTO promotions (id, resource_id, job_id, kind, pins, note, actor, asked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let values = values![id, new.target.environment, new.job, new.kind.name(), pins, new.note, actor, at];
    tx.connection().execute_exactly(1, sql, values).await?;
    let rows: Vec<_> = new.gates.iter().map(|gate| values![id, *gate]).collect();
    if !rows.is_empty() {
        tx.connection().insert_many("INSERT INTO promotion_gates (promotion_id, job_run_id) VALUES", rows, "").await?;
    }
    let Target { workspace, pipeline, environment } = new.target;
    let (kind, gates) = (new.kind.name().to_owned(), new.gates.to_vec());
    tx.emit(Some(workspace), Event::PromotionOpened { promotion: id, pipeline, environment, kind, gates });
    Ok(id)
}

/// Says what came of a promotion that waits: the job run that deploys, or nothing.
///
/// # Errors
/// [`StoreError::WrongCount`] when it does not wait any more.
pub async fn close(tx: &mut Tx, (promotion, target): (PromotionId, Target), started: Option<JobRunId>) -> Result<()> {
    let outcome = if started.is_some() { "started" } else { "dropped" };
    let sql = "UPDATE promotions SET outcome = $1, started_id = $2 WHERE id = $3 AND outcome IS NULL";
    tx.connection().execute_exactly(1, sql, values![outcome, started, promotion]).await?;
    let Target { workspace, pipeline, environment } = target;
    let event = Event::PromotionClosed { promotion, pipeline, environment, outcome: outcome.to_owned(), job_run: started };
    tx.emit(Some(workspace), event);
    Ok(())
}

const COLUMNS: &str = "SELECT m.id, m.resource_id, m.job_id, m.kind, m.pins, m.note, m.actor, m.asked_at, p.id AS pipeline_id, p.workspace_id \
                       FROM promotions m JOIN resources r ON r.id = m.resource_id JOIN pipelines p ON p.id = r.pipeline_id";

/// Those that wait for their gates, the oldest first.
///
/// # Errors
/// Whatever the database says.
pub async fn list_open(connection: &mut Connection<'_>) -> Result<Vec<Promotion>> {
    let rows =
        connection.list_built(format!("{COLUMNS} WHERE m.outcome IS NULL ORDER BY m.asked_at, m.id LIMIT 10000"), Vec::new()).await?;
    let mut found = rows.iter().map(promotion).collect::<Result<Vec<_>>>()?;
    for promotion in &mut found {
        let sql = "SELECT job_run_id FROM promotion_gates WHERE promotion_id = $1 ORDER BY job_run_id";
        let gates = connection.list(sql, values![promotion.id]).await?;
        promotion.gates = gates.iter().map(|row| row.id("job_run_id")).collect::<Result<_>>()?;
    }
    Ok(found)
}

fn promotion(row: &Row) -> Result<Promotion> {
    let target = Target { workspace: row.id("workspace_id")?, pipeline: row.id("pipeline_id")?, environment: row.id("resource_id")? };
    Ok(Promotion {
        id: row.id("id")?,
        target,
        job: row.id("job_id")?,
        kind: row.word("kind", PromotionKind::from_name)?,
        pins: row.json("pins")?,
        note: row.get("note")?,
        actor: row.get("actor")?,
        asked_at: row.get("asked_at")?,
        gates: Vec::new(),
    })
}
