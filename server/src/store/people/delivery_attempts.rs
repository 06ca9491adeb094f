//! What each attempt at a delivery sent and heard, and how long all of it is kept.

use crate::store::db::values;
use crate::store::{Connection, Result, Row, Tx};
use andon_pipelines::ids::DeliveryId;

/// One attempt. Texts are cut and hold no secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub started_at: i64,
    pub ended_at: i64,
    /// `delivered`, `retry` or `failed`.
    pub outcome: String,
    /// Absent where it did not come to sending.
    pub request: Option<String>,
    pub answer: String,
}

/// Writes an attempt down, after those before it.
///
/// # Errors
/// Whatever the database says.
pub async fn create(tx: &mut Tx, delivery: DeliveryId, attempt: &Attempt) -> Result<()> {
    tx.connection()
        .execute_exactly(
            1,
            "INSERT INTO delivery_attempts (delivery_id, position, started_at, ended_at, outcome, request, answer) \
             SELECT $1, COALESCE(MAX(position), 0) + 1, CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS TEXT), CAST($5 AS TEXT), \
             CAST($6 AS TEXT) FROM delivery_attempts WHERE delivery_id = $1",
            values![delivery, attempt.started_at, attempt.ended_at, &attempt.outcome, attempt.request.clone(), &attempt.answer],
        )
        .await
}

/// The newest 100 attempts of a delivery, in order.
///
/// # Errors
/// Whatever the database says.
pub async fn list(connection: &mut Connection<'_>, delivery: DeliveryId) -> Result<Vec<Attempt>> {
    let sql = "SELECT started_at, ended_at, outcome, request, answer FROM delivery_attempts WHERE delivery_id = $1 \
               ORDER BY position DESC LIMIT 100";
    let rows = connection.list(sql, values![delivery]).await?;
    rows.iter().rev().map(read).collect()
}

/// Deletes at most `limit` deliveries that ended before `before_ms`, with their attempts. Answers how many.
///
/// # Errors
/// Whatever the database says.
pub async fn delete_ended(tx: &mut Tx, before_ms: i64, limit: i64) -> Result<u64> {
    let sql = "SELECT id FROM deliveries WHERE ended_at < $1 ORDER BY ended_at LIMIT $2";
    let old: Vec<DeliveryId> =
        tx.connection().list(sql, values![before_ms, limit]).await?.iter().map(|row| row.id("id")).collect::<Result<_>>()?;
    let mut deleted = 0;
    for id in old {
        tx.connection().execute("DELETE FROM delivery_attempts WHERE delivery_id = $1", values![id]).await?;
        // Nothing of it where somebody replayed it a moment ago.
        deleted += tx.connection().execute("DELETE FROM deliveries WHERE id = $1 AND ended_at < $2", values![id, before_ms]).await?;
    }
    Ok(deleted)
}

/// When the delivery ended that is the last to be kept, where no more than `most` are; `None` where there are fewer.
///
/// # Errors
/// Whatever the database says.
pub async fn find_cut(connection: &mut Connection<'_>, most: i64) -> Result<Option<i64>> {
    let sql = "SELECT ended_at FROM deliveries WHERE ended_at IS NOT NULL ORDER BY ended_at DESC LIMIT 1 OFFSET $1";
    connection.find(sql, values![most]).await?.map(|row| row.get("ended_at")).transpose()
}

fn read(row: &Row) -> Result<Attempt> {
    Ok(Attempt {
        started_at: row.get("started_at")?,
        ended_at: row.get("ended_at")?,
        outcome: row.get("outcome")?,
        request: row.get("request")?,
        answer: row.get("answer")?,
    })
}
