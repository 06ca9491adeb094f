//! Sessions of browsers. Only the digests of their tokens are kept.

use super::users::{self, User};
use crate::audit::{Act, Object};
use crate::store::db::values;
use crate::store::{Result, Tx};
use andon_pipelines::event::Event;

/// Begins a session, and takes those away that are over.
///
/// # Errors
/// Whatever the database says.
pub async fn create(tx: &mut Tx, user: &User, digest: &str, expires_at: i64) -> Result<()> {
    let at = tx.at();
    tx.connection().execute("DELETE FROM sessions WHERE expires_at <= $1", values![at]).await?;
    tx.connection()
        .execute_exactly(
            1,
            "INSERT INTO sessions (token_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
            values![digest, user.id, at, expires_at],
        )
        .await?;
    let act = Act::new("session.started", users::object(user));
    tx.emit_as(None, Event::AccessChanged { what: format!("user {} signed in", user.name) }, act);
    Ok(())
}

/// Ends a session; answers whether there was one.
///
/// # Errors
/// Whatever the database says.
pub async fn end(tx: &mut Tx, digest: &str) -> Result<bool> {
    let ended = tx.connection().execute("DELETE FROM sessions WHERE token_hash = $1", values![digest]).await? > 0;
    if ended {
        let what = format!("{} signed out", tx.actor());
        let name = tx.actor().split_once(':').map_or_else(|| tx.actor().to_owned(), |(_, name)| name.to_owned());
        tx.emit_as(None, Event::AccessChanged { what }, Act::new("session.ended", Object::named("user", &name)));
    }
    Ok(ended)
}
