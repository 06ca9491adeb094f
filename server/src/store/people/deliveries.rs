//! Notifications on their way. A row is written in the transaction of what it tells about, and sent later, outside of any.

use crate::store::db::values;
use crate::store::{Connection, Result, Row, Tx};
use andon_pipelines::event::Event;
use andon_pipelines::ids::{DeliveryId, JobRunId, WorkspaceId};

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryState {
    Pending,
    Delivered,
    /// Given up; it can be replayed.
    Failed,
}

impl DeliveryState {
    /// The word in the store and in events.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Pending, Self::Delivered, Self::Failed].into_iter().find(|state| state.name() == name)
    }
}

/// One notification for one receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub id: DeliveryId,
    pub workspace: WorkspaceId,
    /// `email:ADDRESS` or `channel:NAME`; whoever cannot be reached at all stands here as `user:NAME` or `approvers`.
    pub target: String,
    /// The event's word: `failed`, `awaiting-approval`, …
    pub event: String,
    pub job_run: Option<JobRunId>,
    /// What it says, as JSON.
    pub message: String,
    pub state: DeliveryState,
    /// Attempts begun.
    pub attempts: i64,
    /// When it is due, or when its lease ends if it is being sent.
    pub next_at: i64,
    /// What the receiver said last, or why it cannot be sent.
    pub answer: Option<String>,
    pub created_at: i64,
    pub ended_at: Option<i64>,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Delivered,
    /// Another attempt is due then.
    Retry {
        at: i64,
    },
    Failed,
}

/// Writes deliveries, and an event for each.
///
/// # Errors
/// Whatever the database says.
pub async fn create(tx: &mut Tx, deliveries: &[Delivery]) -> Result<()> {
    let rows = deliveries
        .iter()
        .map(|it| {
            values![
                it.id,
                it.workspace,
                &it.target,
                &it.event,
                it.job_run,
                &it.message,
                it.state.name(),
                it.attempts,
                it.next_at,
                &it.answer,
                it.created_at,
                it.ended_at
            ]
        })
        .collect();
    tx.connection()
        .insert_many(
            "INSERT INTO deliveries \
             (id, workspace_id, target, event, job_run_id, message, state, attempts, next_at, answer, created_at, ended_at) VALUES",
            rows,
            "",
        )
        .await?;
    for it in deliveries {
        tx.emit(Some(it.workspace), Event::DeliveryMoved { delivery: it.id, state: it.state.name().to_owned() });
    }
    Ok(())
}

/// Takes at most `limit` due deliveries to be sent now, one per target, and none for a target that another is being sent to. Each is
/// due again when the lease ends, should this server go away meanwhile.
///
/// # Errors
/// Whatever the database says.
pub async fn claim(tx: &mut Tx, limit: i64, lease_ms: i64) -> Result<Vec<Delivery>> {
    let now = tx.at();
    let rows = tx
        .connection()
        .list(
            "SELECT id, workspace_id, target, event, job_run_id, message, state, attempts, next_at, answer, created_at, ended_at FROM (\
             SELECT d.*, ROW_NUMBER() OVER (PARTITION BY workspace_id, target ORDER BY next_at, id) AS place \
             FROM deliveries d WHERE state = 'pending' AND next_at <= $1) due \
             WHERE place = 1 AND NOT EXISTS (SELECT 1 FROM deliveries busy WHERE busy.state = 'pending' AND busy.claimed_until > $1 \
             AND busy.workspace_id = due.workspace_id AND busy.target = due.target) ORDER BY next_at, id LIMIT $2",
            values![now, limit],
        )
        .await?;
    let mut claimed = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut delivery = read(row)?;
        // Whoever was faster has moved `next_at` ahead.
        let taken = tx
            .connection()
            .execute(
                "UPDATE deliveries SET next_at = $1, claimed_until = $1, attempts = attempts + 1 \
                 WHERE id = $2 AND state = 'pending' AND next_at <= $3",
                values![now + lease_ms, delivery.id, now],
            )
            .await?;
        if taken == 1 {
            delivery.attempts += 1;
            delivery.next_at = now + lease_ms;
            claimed.push(delivery);
        }
    }
    Ok(claimed)
}

/// Notes what came of the attempt that [`claim`] began.
///
/// # Errors
/// [`crate::store::StoreError::WrongCount`] when the lease had ended and somebody else took the delivery meanwhile.
pub async fn finish_attempt(tx: &mut Tx, delivery: &Delivery, outcome: &Outcome, answer: &str) -> Result<()> {
    let now = tx.at();
    let (state, next_at, ended_at) = match outcome {
        Outcome::Delivered => (DeliveryState::Delivered, delivery.next_at, Some(now)),
        Outcome::Retry { at } => (DeliveryState::Pending, *at, None),
        Outcome::Failed => (DeliveryState::Failed, delivery.next_at, Some(now)),
    };
    tx.connection()
        .execute_exactly(
            1,
            "UPDATE deliveries SET state = $1, next_at = $2, ended_at = $3, answer = $4, claimed_until = NULL \
             WHERE id = $5 AND state = 'pending' AND claimed_until = $6",
            values![state.name(), next_at, ended_at, answer, delivery.id, delivery.next_at],
        )
        .await?;
    tx.emit(Some(delivery.workspace), Event::DeliveryMoved { delivery: delivery.id, state: state.name().to_owned() });
    Ok(())
}

/// Sends a delivery that has ended once more, from the first attempt.
///
/// # Errors
/// [`crate::store::StoreError::NotFound`], and [`crate::store::StoreError::WrongCount`] when it is still on its way.
pub async fn replay(tx: &mut Tx, workspace: WorkspaceId, id: DeliveryId) -> Result<Delivery> {
    let mut delivery = get(&mut tx.connection(), workspace, id).await?;
    let at = tx.at();
    tx.connection()
        .execute_exactly(
            1,
            "UPDATE deliveries SET state = 'pending', attempts = 0, next_at = $1, ended_at = NULL, claimed_until = NULL \
             WHERE id = $2 AND state <> 'pending'",
            values![at, id],
        )
        .await?;
    delivery = Delivery { state: DeliveryState::Pending, attempts: 0, next_at: at, ended_at: None, ..delivery };
    tx.emit(Some(workspace), Event::DeliveryMoved { delivery: id, state: delivery.state.name().to_owned() });
    Ok(delivery)
}

/// A delivery of a workspace.
///
/// # Errors
/// [`crate::store::StoreError::NotFound`] when it has none of this identifier.
pub async fn get(connection: &mut Connection<'_>, workspace: WorkspaceId, id: DeliveryId) -> Result<Delivery> {
    let row = connection
        .get(
            "the delivery",
            "SELECT id, workspace_id, target, event, job_run_id, message, state, attempts, next_at, answer, created_at, ended_at \
             FROM deliveries WHERE workspace_id = $1 AND id = $2",
            values![workspace, id],
        )
        .await?;
    read(&row)
}

/// At most `limit` deliveries of a workspace, newest first, from the one before `after`.
///
/// # Errors
/// Whatever the database says.
pub async fn list(connection: &mut Connection<'_>, workspace: WorkspaceId, after: Option<DeliveryId>, limit: i64) -> Result<Vec<Delivery>> {
    // No identifier is greater than one of letters only.
    let before = after.map_or_else(|| "~".to_owned(), |id| id.to_string());
    let rows = connection
        .list(
            "SELECT id, workspace_id, target, event, job_run_id, message, state, attempts, next_at, answer, created_at, ended_at \
             FROM deliveries WHERE workspace_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
            values![workspace, before, limit],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// When the next delivery is due.
///
/// # Errors
/// Whatever the database says.
pub async fn find_next_due(connection: &mut Connection<'_>) -> Result<Option<i64>> {
    let row = connection.get("the minimum", "SELECT MIN(next_at) AS at FROM deliveries WHERE state = 'pending'", values![]).await?;
    row.get("at")
}

fn read(row: &Row) -> Result<Delivery> {
    Ok(Delivery {
        id: row.id("id")?,
        workspace: row.id("workspace_id")?,
        target: row.get("target")?,
        event: row.get("event")?,
        job_run: row.find_id("job_run_id")?,
        message: row.get("message")?,
        state: row.word("state", DeliveryState::from_name)?,
        attempts: row.get("attempts")?,
        next_at: row.get("next_at")?,
        answer: row.get("answer")?,
        created_at: row.get("created_at")?,
        ended_at: row.get("ended_at")?,
    })
}
