//! Answers to requests that carried an `Idempotency-Key`.

use crate::store::db::values;
use crate::store::{Result, StoreError, Tx};

/// A key and its answer are kept this long.
pub const KEPT_MS: i64 = 24 * 60 * 60_000;

/// A stored answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: i64,
    pub content_type: Option<String>,
    /// Sealed by the vault.
    pub sealed_body: Vec<u8>,
}

/// What a key stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reservation {
    /// New: the request may go ahead.
    Fresh,
    /// The same request has been answered.
    Answered(Answer),
    /// The same request is being worked on, or was when its server went away.
    Unanswered,
    /// Another request had the key.
    OtherRequest,
}

/// Takes a key for a request, unless it is taken. Keys that are too old are forgotten.
///
/// # Errors
/// Whatever the database says.
pub async fn reserve(tx: &mut Tx, caller: &str, key: &str, request_digest: &str) -> Result<Reservation> {
    let at = tx.at();
    tx.connection().execute("DELETE FROM idempotency WHERE created_at <= $1", values![at - KEPT_MS]).await?;
    let added = tx
        .connection()
        .execute(
            "INSERT INTO idempotency (caller, name, request_digest, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (caller, name) DO NOTHING",
            values![caller, key, request_digest, at],
        )
        .await?;
    if added == 1 {
        return Ok(Reservation::Fresh);
    }
    let row = tx
        .connection()
        .get(
            "the idempotency key",
            "SELECT request_digest, status, content_type, sealed_body FROM idempotency WHERE caller = $1 AND name = $2",
            values![caller, key],
        )
        .await?;
    if row.get::<String>("request_digest")? != request_digest {
        return Ok(Reservation::OtherRequest);
    }
    let Some(status) = row.get::<Option<i64>>("status")? else { return Ok(Reservation::Unanswered) };
    let sealed_body = row
        .get::<Option<Vec<u8>>>("sealed_body")?
        .ok_or_else(|| StoreError::Corrupt("an answer without a body stands under an idempotency key".to_owned()))?;
    Ok(Reservation::Answered(Answer { status, content_type: row.get("content_type")?, sealed_body }))
}

/// Stores the answer under a reserved key.
///
/// # Errors
/// [`StoreError::WrongCount`] when the key is not reserved.
pub async fn answer(tx: &mut Tx, caller: &str, key: &str, answer: Answer) -> Result<()> {
    tx.connection()
        .execute_exactly(
            1,
            "UPDATE idempotency SET status = $1, content_type = $2, sealed_body = $3 WHERE caller = $4 AND name = $5 AND status IS NULL",
            values![answer.status, answer.content_type, answer.sealed_body, caller, key],
        )
        .await
}

/// Gives a reserved key back, because its request changed nothing.
///
/// # Errors
/// Whatever the database says.
pub async fn release(tx: &mut Tx, caller: &str, key: &str) -> Result<()> {
    tx.connection()
        .execute("DELETE FROM idempotency WHERE caller = $1 AND name = $2 AND status IS NULL", values![caller, key])
        .await
        .map(drop)
}
