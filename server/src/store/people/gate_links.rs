//! Links of mails that lead to a gate: each is used once.

use crate::store::db::values;
use crate::store::{Connection, Result, Tx};
use andon_pipelines::ids::{GateId, UserId};

/// Uses a link up. Answers whether it had not been used before; of several that try at once, one succeeds.
///
/// # Errors
/// Whatever the database says.
pub async fn take(tx: &mut Tx, token_hash: &str, gate: GateId, user: UserId) -> Result<bool> {
    let at = tx.at();
    let sql =
        "INSERT INTO gate_link_uses (token_hash, gate_id, user_id, used_at) VALUES ($1, $2, $3, $4) ON CONFLICT (token_hash) DO NOTHING";
    Ok(tx.connection().execute(sql, values![token_hash, gate, user, at]).await? == 1)
}

/// Gives a link back whose decision was refused, so that it led to nothing.
///
/// # Errors
/// [`crate::store::StoreError::WrongCount`] when it was not used.
pub async fn give_back(tx: &mut Tx, token_hash: &str) -> Result<()> {
    tx.connection().execute_exactly(1, "DELETE FROM gate_link_uses WHERE token_hash = $1", values![token_hash]).await
}

/// Whether a link was used.
///
/// # Errors
/// Whatever the database says.
pub async fn is_used(connection: &mut Connection<'_>, token_hash: &str) -> Result<bool> {
    Ok(connection.find("SELECT used_at FROM gate_link_uses WHERE token_hash = $1", values![token_hash]).await?.is_some())
}
