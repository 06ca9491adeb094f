//! Notifications on their way. A row is written in the transaction of what it tells about, and sent later, outside of any.

use crate::store::db::values;
use crate::store::{Connection, Result, Row, Tx};
use andon_pipelines::event::Event;
use andon_pipelines::ids::{DeliveryId, JobRunId, UserId, WorkspaceId};

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
    /// The channel from whose list the address came.
    pub channel: Option<String>,
    /// The person whom it is for, where a rule or their own preferences named them rather than an address.
    pub user: Option<UserId>,
    /// Waits to go with others to the same receiver in one mail.
    pub collected: bool,
}

const COLUMNS: &str = "SELECT id, workspace_id, target, event, job_run_id, message, state, attempts, next_at, answer, created_at, ended_at, \
                       channel, user_id, collected FROM deliveries";

/// A paused channel's deliveries are held, but for tests, which may show that it works again.
const NOT_HELD: &str = "(d.event = 'test' OR NOT EXISTS (SELECT 1 FROM channels c WHERE c.workspace_id = d.workspace_id AND \
                        c.paused_at IS NOT NULL AND d.target = 'channel:' || c.name))";

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

impl Outcome {
    /// The word in the log of attempts.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Retry { .. } => "retry",
            Self::Failed => "failed",
        }
    }
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
                it.ended_at,
                &it.channel,
                it.user,
                it.collected
            ]
        })
        .collect();
    tx.connection()
        .insert_many(
            "INSERT INTO deliveries \
             (id, workspace_id, target, event, job_run_id, message, state, attempts, next_at, answer, created_at, ended_at, channel, user_id, \
             collected) VALUES",
            rows,
            "",
        )
        .await?;
    for it in deliveries {
        tx.emit(Some(it.workspace), Event::DeliveryMoved { delivery: it.id, state: it.state.name().to_owned() });
    }
    Ok(())
}

/// At most `limit` deliveries that are due, one per target, and none for a target that another is being sent to. Needs no transaction:
/// [`claim`] decides.
///
/// # Errors
/// Whatever the database says.
pub async fn list_due(connection: &mut Connection<'_>, now_ms: i64, limit: i64) -> Result<Vec<DeliveryId>> {
    let sql = format!(
        "SELECT id FROM (SELECT d.id, d.workspace_id, d.target, d.next_at, \
         ROW_NUMBER() OVER (PARTITION BY d.workspace_id, d.target ORDER BY d.next_at, d.id) AS place \
         FROM deliveries d WHERE d.state = 'pending' AND d.next_at <= $1 AND {NOT_HELD}) due \
         WHERE place = 1 AND NOT EXISTS (SELECT 1 FROM deliveries busy WHERE busy.state = 'pending' AND busy.claimed_until > $1 \
         AND busy.workspace_id = due.workspace_id AND busy.target = due.target) ORDER BY next_at, id LIMIT $2"
    );
    connection.list_built(sql, values![now_ms, limit]).await?.iter().map(|row| row.id("id")).collect()
}

/// Takes due deliveries to be sent now, unless somebody was faster. Each is due again when the lease ends, should this server go away
/// meanwhile.
///
/// # Errors
/// Whatever the database says.
pub async fn claim(tx: &mut Tx, due: &[DeliveryId], lease_ms: i64) -> Result<Vec<Delivery>> {
    let now = tx.at();
    let mut claimed = Vec::with_capacity(due.len());
    for id in due {
        // Whoever was faster has moved `next_at` ahead, or sends to the same target.
        let taken = tx
            .connection()
            .execute(
                "UPDATE deliveries SET next_at = $1, claimed_until = $1, attempts = attempts + 1 \
                 WHERE id = $2 AND state = 'pending' AND next_at <= $3 AND NOT EXISTS (SELECT 1 FROM deliveries busy \
                 WHERE busy.state = 'pending' AND busy.claimed_until > $3 AND busy.workspace_id = deliveries.workspace_id \
                 AND busy.target = deliveries.target)",
                values![now + lease_ms, *id, now],
            )
            .await?;
        if taken == 1 {
            let rows = tx.connection().list_built(format!("{COLUMNS} WHERE id = $1"), values![*id]).await?;
            claimed.extend(rows.first().map(read).transpose()?);
        }
    }
    Ok(claimed)
}

/// At most `limit` others that wait to go in one mail with this one, oldest first.
///
/// # Errors
/// Whatever the database says.
pub async fn list_companions(connection: &mut Connection<'_>, lead: &Delivery, now_ms: i64, limit: i64) -> Result<Vec<Delivery>> {
    let sql = format!(
        "{COLUMNS} WHERE workspace_id = $1 AND target = $2 AND state = 'pending' AND collected = $3 AND next_at <= $4 AND id <> $5 \
         ORDER BY id LIMIT $6"
    );
    let rows = connection.list_built(sql, values![lead.workspace, &lead.target, true, now_ms, lead.id, limit]).await?;
    rows.iter().map(read).collect()
}

/// When a mail of collected messages leaves that waits for this receiver already.
///
/// # Errors
/// Whatever the database says.
pub async fn find_collection(connection: &mut Connection<'_>, workspace: WorkspaceId, target: &str) -> Result<Option<i64>> {
    let sql = "SELECT MIN(next_at) AS at FROM deliveries WHERE workspace_id = $1 AND target = $2 AND state = 'pending' AND collected = $3 AND \
               claimed_until IS NULL";
    connection.get("the minimum", sql, values![workspace, target, true]).await?.get("at")
}

/// Whether a delivery of this text waits for its first attempt already.
///
/// # Errors
/// Whatever the database says.
pub async fn is_waiting(connection: &mut Connection<'_>, workspace: WorkspaceId, target: &str, message: &str) -> Result<bool> {
    let sql =
        "SELECT id FROM deliveries WHERE workspace_id = $1 AND target = $2 AND state = 'pending' AND attempts = 0 AND message = $3 LIMIT 1";
    Ok(connection.find(sql, values![workspace, target, message]).await?.is_some())
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

/// Gives one that went in the mail of another the same end: delivered with it, tried again with it, or given up with it.
///
/// # Errors
/// [`crate::store::StoreError::WrongCount`] when somebody else took it meanwhile.
pub async fn finish_companion(tx: &mut Tx, companion: &Delivery, outcome: &Outcome, answer: &str) -> Result<()> {
    let now = tx.at();
    let (state, next_at, ended_at) = match outcome {
        Outcome::Delivered => (DeliveryState::Delivered, companion.next_at, Some(now)),
        Outcome::Retry { at } => (DeliveryState::Pending, *at, None),
        Outcome::Failed => (DeliveryState::Failed, companion.next_at, Some(now)),
    };
    let sql = "UPDATE deliveries SET state = $1, next_at = $2, ended_at = $3, answer = $4, attempts = attempts + 1 \
               WHERE id = $5 AND state = 'pending' AND claimed_until IS NULL";
    tx.connection().execute_exactly(1, sql, values![state.name(), next_at, ended_at, answer, companion.id]).await?;
    tx.emit(Some(companion.workspace), Event::DeliveryMoved { delivery: companion.id, state: state.name().to_owned() });
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
            "UPDATE deliveries SET state = 'pending', attempts = 0, next_at = $1, ended_at = NULL, claimed_until = NULL, \
             collected = $3 WHERE id = $2 AND state <> 'pending'",
            values![at, id, false],
        )
        .await?;
    delivery = Delivery { state: DeliveryState::Pending, attempts: 0, next_at: at, ended_at: None, collected: false, ..delivery };
    tx.emit(Some(workspace), Event::DeliveryMoved { delivery: id, state: delivery.state.name().to_owned() });
    Ok(delivery)
}

/// A delivery of a workspace.
///
/// # Errors
/// [`crate::store::StoreError::NotFound`] when it has none of this identifier.
pub async fn get(connection: &mut Connection<'_>, workspace: WorkspaceId, id: DeliveryId) -> Result<Delivery> {
    let rows = connection.list_built(format!("{COLUMNS} WHERE workspace_id = $1 AND id = $2"), values![workspace, id]).await?;
    rows.first().map(read).transpose()?.ok_or(crate::store::StoreError::NotFound { what: "the delivery" })
}

/// Which deliveries a list shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub state: Option<DeliveryState>,
    /// `email:ADDRESS` or `channel:NAME`.
    pub target: Option<String>,
    pub after: Option<DeliveryId>,
    pub limit: i64,
}

/// A page of a workspace's deliveries, newest first.
///
/// # Errors
/// Whatever the database says.
pub async fn list(connection: &mut Connection<'_>, workspace: WorkspaceId, filter: &Filter) -> Result<Vec<Delivery>> {
    // No identifier is greater than one of letters only.
    let before = filter.after.map_or_else(|| "~".to_owned(), |id| id.to_string());
    let (state, target) = (filter.state.map(DeliveryState::name), filter.target.as_deref());
    let sql = format!(
        "{COLUMNS} WHERE workspace_id = $1 AND id < $2 AND state = COALESCE($3, state) AND target = COALESCE($4, target) \
         ORDER BY id DESC LIMIT $5"
    );
    let rows = connection.list_built(sql, values![workspace, before, state, target, filter.limit]).await?;
    rows.iter().map(read).collect()
}

/// When the next delivery is due.
///
/// # Errors
/// Whatever the database says.
pub async fn find_next_due(connection: &mut Connection<'_>) -> Result<Option<i64>> {
    let sql = format!("SELECT MIN(d.next_at) AS at FROM deliveries d WHERE d.state = 'pending' AND {NOT_HELD}");
    match connection.list_built(sql, values![]).await?.first() {
        Some(row) => row.get("at"),
        None => Ok(None),
    }
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
        channel: row.get("channel")?,
        user: row.find_id("user_id")?,
        collected: row.get("collected")?,
    })
}
