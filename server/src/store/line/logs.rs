//! Logs: chunks while an execution runs, afterwards one compressed blob. Short ones stay chunks, which take less room and time than a blob.

use crate::store::db::values;
use crate::store::{Connection, Result, Tx};
use andon_pipelines::ids::ExecutionId;

/// A log of an ended execution that is no longer than this stays as it is, bytes.
pub const SHORT: i64 = 4 * 1024;

/// A piece of a log: where it begins, when it was written, its bytes.
#[derive(Clone, Debug)]
pub struct Chunk {
    pub position: i64,
    pub at: i64,
    pub bytes: Vec<u8>,
}

/// Appends chunks; who reports them says how long the log is then.
///
/// # Errors
/// Whatever the database says.
pub async fn append(tx: &mut Tx, id: ExecutionId, chunks: Vec<Chunk>) -> Result<()> {
    let rows = chunks.into_iter().map(|chunk| values![id, chunk.position, chunk.at, chunk.bytes]).collect();
    let sql = "INSERT INTO log_chunks (execution_id, position, at, bytes) VALUES";
    tx.connection().insert_many(sql, rows, "ON CONFLICT DO NOTHING").await.map(drop)
}

/// At most `limit` chunks that hold bytes at or after `offset`, in order.
///
/// # Errors
/// Whatever the database says.
pub async fn list_from(connection: &mut Connection<'_>, id: ExecutionId, offset: i64, limit: i64) -> Result<Vec<Chunk>> {
    // The chunk that `offset` lies in begins before it.
    let sql = "SELECT position, at, bytes FROM log_chunks WHERE execution_id = $1 AND position >= COALESCE((SELECT MAX(position) FROM \
               log_chunks WHERE execution_id = $1 AND position <= $2), 0) ORDER BY position LIMIT $3";
    let rows = connection.list(sql, values![id, offset, limit]).await?;
    rows.iter().map(|row| Ok(Chunk { position: row.get("position")?, at: row.get("at")?, bytes: row.get("bytes")? })).collect()
}

/// Where each chunk begins and when it was written, in order.
///
/// # Errors
/// Whatever the database says.
pub async fn list_times(connection: &mut Connection<'_>, id: ExecutionId) -> Result<Vec<(i64, i64)>> {
    let sql = "SELECT position, at FROM log_chunks WHERE execution_id = $1 ORDER BY position";
    connection.list(sql, values![id]).await?.iter().map(|row| Ok((row.get("position")?, row.get("at")?))).collect()
}

/// The log is in a blob from now on; its chunks are dropped.
///
/// # Errors
/// [`crate::store::StoreError::WrongCount`] when it has been sealed meanwhile.
pub async fn seal(tx: &mut Tx, id: ExecutionId, blob: Option<(&str, i64)>) -> Result<()> {
    let sql = "UPDATE executions SET log_sealed = $1, log_blob = $2, log_blob_size = $3 WHERE id = $4 AND log_sealed = $5";
    let values = values![true, blob.map(|(digest, _)| digest), blob.map(|(_, size)| size), id, false];
    tx.connection().execute_exactly(1, sql, values).await?;
    tx.connection().execute("DELETE FROM log_chunks WHERE execution_id = $1", values![id]).await.map(drop)
}
