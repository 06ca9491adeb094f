//! Links that let somebody set a password, once.

use crate::audit::{Act, Object};
use crate::store::db::values;
use crate::store::{Connection, Result, Tx};
use andon_pipelines::event::Event;
use andon_pipelines::ids::UserId;
use serde_json::json;

/// Stores a link under its token's digest. It replaces those that were made for the same person before.
///
/// `user` is absent for the link of the first administrator.
///
/// # Errors
/// Whatever the database says.
pub async fn create(tx: &mut Tx, digest: &str, user: Option<UserId>, expires_at: i64) -> Result<()> {
    let at = tx.at();
    tx.connection()
        .execute(
            "DELETE FROM signin_links WHERE expires_at <= $1 OR (used_at IS NULL AND (user_id = $2 OR (user_id IS NULL AND $2 IS NULL)))",
            values![at, user],
        )
        .await?;
    tx.connection()
        .execute_exactly(
            1,
            "INSERT INTO signin_links (token_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
            values![digest, user, at, expires_at],
        )
        .await?;
    let act = Act::new("signin-link.created", object(user)).after(json!({ "expires_at": expires_at }));
    tx.emit_as(None, Event::AccessChanged { what: "sign-in link made".to_owned() }, act);
    Ok(())
}

fn object(user: Option<UserId>) -> Object {
    user.map_or_else(|| Object::named("user", "first-administrator"), |id| Object::row("user", id))
}

/// Uses a link up; of several that try at once, one succeeds. `Some(None)` is the link of the first administrator.
///
/// # Errors
/// Whatever the database says.
pub async fn take(tx: &mut Tx, digest: &str) -> Result<Option<Option<UserId>>> {
    let at = tx.at();
    // One statement, so that the database itself lets only one in.
    let row = tx
        .connection()
        .find(
            "UPDATE signin_links SET used_at = $1 WHERE token_hash = $2 AND used_at IS NULL AND expires_at > $1 RETURNING user_id",
            values![at, digest],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let user = row.find_id("user_id")?;
    let act = Act::new("signin-link.used", object(user));
    tx.emit_as(None, Event::AccessChanged { what: "sign-in link used".to_owned() }, act);
    Ok(Some(user))
}

/// For whom a link that still works is; [`take`] decides.
///
/// # Errors
/// Whatever the database says.
pub async fn find_open(connection: &mut Connection<'_>, digest: &str, now_ms: i64) -> Result<Option<Option<UserId>>> {
    let row = connection
        .find("SELECT user_id FROM signin_links WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2", values![digest, now_ms])
        .await?;
    row.map(|row| row.find_id("user_id")).transpose()
}
