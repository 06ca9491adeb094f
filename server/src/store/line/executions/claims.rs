//! How runners take executions.

use super::super::job_runs::Stand;
use super::{COLUMNS, Execution, ExecutionStatus, execution};
use crate::store::db::{places, values};
use crate::store::{Connection, Result, Row, Tx, Value};
use andon_pipelines::ids::{ExecutionId, RunnerId};
use andon_pipelines::state::JobRunStatus;

/// Queued executions with how their job runs stand, those of the highest priority first, then the oldest, from behind `after` on. Others that
/// claim at the same time on another server wait, and do not see those that were taken.
///
/// # Errors
/// Whatever the database says.
pub async fn list_queued(tx: &mut Tx, lock: &'static str, after: Option<&Execution>, limit: usize) -> Result<Vec<(Execution, Stand)>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let (rank, at, id) = after.map_or((i64::MIN, i64::MIN, String::new()), |last| (last.claim_rank, last.queued_at, last.id.to_string()));
    let sql = format!(
        "SELECT e.*, j.run_id, p.workspace_id, j.pipeline_id, j.job_id, j.status AS job_run_status FROM ({COLUMNS} WHERE status = 'queued' \
         AND (claim_rank, queued_at, id) > ($1, $2, $3) ORDER BY claim_rank, queued_at, id LIMIT $4 {lock}) e JOIN job_runs j ON j.id = e.job_run_id \
         JOIN pipelines p ON p.id = j.pipeline_id ORDER BY e.claim_rank, e.queued_at, e.id"
    );
    let rows = tx.connection().list_built(sql, values![rank, at, id, limit]).await?;
    rows.iter().map(|row| Ok((execution(row)?, stand(row)?))).collect()
}

fn stand(row: &Row) -> Result<Stand> {
    Ok(Stand {
        id: row.id("job_run_id")?,
        run: row.id("run_id")?,
        workspace: row.id("workspace_id")?,
        pipeline: row.id("pipeline_id")?,
        job: row.id("job_id")?,
        status: row.word("job_run_status", JobRunStatus::from_name)?,
    })
}

/// Gives queued executions to a runner.
///
/// # Errors
/// [`StoreError::WrongCount`] when one of them is not queued any more.
pub async fn claim(tx: &mut Tx, claimed: &[ExecutionId], runner: RunnerId, lease_until: i64) -> Result<()> {
    let at = tx.at();
    let sql = format!(
        "UPDATE executions SET status = $1, runner_id = $2, lease_until = $3, started_at = $4 WHERE status = $5 AND id IN {}",
        places(6, claimed.len())
    );
    let mut values = values!["running", runner, lease_until, at, "queued"];
    values.extend(claimed.iter().map(|id| Value::from(*id)));
    tx.connection().put_built(claimed.len() as u64, sql, values).await
}

/// What a runner holds, and, where it asks for work, whether anything is queued at all.
///
/// # Errors
/// Whatever the database says.
pub async fn list_for_claim(connection: &mut Connection<'_>, runner: RunnerId, asks_for_work: bool) -> Result<(Vec<Execution>, bool)> {
    let of_runner = format!("{COLUMNS} WHERE runner_id = $1 AND status = 'running'");
    let rows = if asks_for_work {
        let queued = format!("{COLUMNS} WHERE id = (SELECT q.id FROM executions q WHERE q.status = 'queued' LIMIT 1)");
        connection.list_built(format!("{of_runner} UNION ALL {queued}"), values![runner]).await?
    } else {
        connection.list_built(of_runner, values![runner]).await?
    };
    let mut held = rows.iter().map(execution).collect::<Result<Vec<_>>>()?;
    let all = held.len();
    held.retain(|execution| execution.status == ExecutionStatus::Running);
    let any_queued = held.len() < all;
    Ok((held, any_queued))
}
