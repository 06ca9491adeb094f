//! The event stream on disk.

use super::db::values;
use super::{Connection, Result, Row};
use andon_pipelines::event::Recorded;

/// The sequence of the newest event; 0 before the first.
///
/// # Errors
/// Whatever the database says.
pub async fn newest_sequence(connection: &mut Connection<'_>) -> Result<i64> {
    connection.get("the event counter", "SELECT value FROM counters WHERE name = $1", values!["events"]).await?.get("value")
}

/// At most `limit` events after `sequence`, in order.
///
/// # Errors
/// Whatever the database says.
pub async fn list_after(connection: &mut Connection<'_>, sequence: i64, limit: i64) -> Result<Vec<Recorded>> {
    let rows = connection
        .list(
            "SELECT sequence, at, workspace_id, actor, body FROM events WHERE sequence > $1 ORDER BY sequence LIMIT $2",
            values![sequence, limit],
        )
        .await?;
    rows.iter().map(recorded).collect()
}

/// The events from one sequence to another, in order.
///
/// # Errors
/// Whatever the database says.
pub async fn list_between(connection: &mut Connection<'_>, first: i64, last: i64) -> Result<Vec<Recorded>> {
    let sql = "SELECT sequence, at, workspace_id, actor, body FROM events WHERE sequence >= $1 AND sequence <= $2 ORDER BY sequence";
    connection.list(sql, values![first, last]).await?.iter().map(recorded).collect()
}

fn recorded(row: &Row) -> Result<Recorded> {
    Ok(Recorded {
        sequence: row.get("sequence")?,
        at: row.get("at")?,
        workspace: row.find_id("workspace_id")?,
        actor: row.get("actor")?,
        event: row.json("body")?,
    })
}
