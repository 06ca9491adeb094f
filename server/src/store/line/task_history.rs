//! What happened to a task: who did what, when, and what they said. Nothing of it is deleted.

use crate::store::db::values;
use crate::store::{Connection, Result, Tx};
use andon_pipelines::ids::TaskId;

/// Something that happened to a task.
#[derive(Clone, Debug)]
pub struct Entry {
    pub at: i64,
    pub actor: String,
    /// `created`, `status`, `assigned`, `claimed`, `released`, `note`, `title`, `description`, `due`.
    pub kind: String,
    pub before: Option<String>,
    pub now: Option<String>,
    pub note: Option<String>,
}

/// Something that happens now.
#[derive(Clone, Debug, Default)]
pub struct NewEntry<'a> {
    pub kind: &'a str,
    pub before: Option<String>,
    pub now: Option<String>,
    pub note: Option<&'a str>,
}

/// Records what the transaction's actor does to a task.
///
/// # Errors
/// Whatever the database says.
pub async fn create(tx: &mut Tx, task: TaskId, new: &NewEntry<'_>) -> Result<()> {
    let (id, at, actor) = (tx.new_id::<TaskId>(), tx.at(), tx.actor().to_owned());
    let sql = "INSERT INTO task_history (id, task_id, at, actor, kind, before, now, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    tx.connection().execute_exactly(1, sql, values![id, task, at, actor, new.kind, &new.before, &new.now, new.note]).await
}

/// What happened to a task, in order.
///
/// # Errors
/// Whatever the database says.
pub async fn list(connection: &mut Connection<'_>, task: TaskId) -> Result<Vec<Entry>> {
    let sql = "SELECT at, actor, kind, before, now, note FROM task_history WHERE task_id = $1 ORDER BY at, id";
    connection
        .list(sql, values![task])
        .await?
        .iter()
        .map(|row| {
            Ok(Entry {
                at: row.get("at")?,
                actor: row.get("actor")?,
                kind: row.get("kind")?,
                before: row.get("before")?,
                now: row.get("now")?,
                note: row.get("note")?,
            })
        })
        .collect()
}

/// How much has happened to a task.
///
/// # Errors
/// Whatever the database says.
pub async fn count(connection: &mut Connection<'_>, task: TaskId) -> Result<i64> {
    connection.get("the history", "SELECT COUNT(*) AS n FROM task_history WHERE task_id = $1", values![task]).await?.get("n")
}
