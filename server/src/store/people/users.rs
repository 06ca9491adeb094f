//! Accounts of people.

use crate::audit::{Act, Object};
use crate::store::db::values;
use crate::store::{Connection, Result, Row, Tx};
use andon_pipelines::event::Event;
use andon_pipelines::ids::UserId;

/// An account, without its password's hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub name: String,
    pub email: Option<String>,
    /// Administrator of the installation: admin of every workspace.
    pub administrator: bool,
    pub disabled: bool,
    pub created_at: i64,
}

/// Stores an account. Without a hash nobody can sign in to it until a link has set a password.
///
/// # Errors
/// [`crate::store::StoreError::Conflict`] when the name is taken.
pub async fn create(tx: &mut Tx, user: &User, password_hash: Option<&str>) -> Result<()> {
    tx.connection()
        .execute_exactly(
            1,
            "INSERT INTO users (id, name, email, password_hash, administrator, disabled, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            values![user.id, &user.name, &user.email, password_hash, user.administrator, user.disabled, user.created_at],
        )
        .await?;
    let act = Act::new("user.created", object(user)).after(profile(user));
    tx.emit_as(None, Event::AccessChanged { what: format!("user {} created", user.name) }, act);
    Ok(())
}

/// The account of this name, and the hash of its password if it has one.
///
/// # Errors
/// Whatever the database says.
pub async fn find_by_name(connection: &mut Connection<'_>, name: &str) -> Result<Option<(User, Option<String>)>> {
    let row = connection
        .find("SELECT id, name, email, administrator, disabled, created_at, password_hash FROM users WHERE name = $1", values![name])
        .await?;
    row.map(|row| Ok((read(&row)?, row.get("password_hash")?))).transpose()
}

/// The account with this identifier.
///
/// # Errors
/// [`crate::store::StoreError::NotFound`] when there is none.
pub async fn get(connection: &mut Connection<'_>, id: UserId) -> Result<User> {
    let row = connection
        .get("the user", "SELECT id, name, email, administrator, disabled, created_at FROM users WHERE id = $1", values![id])
        .await?;
    read(&row)
}

/// At most `limit` accounts whose names come after `after`, by name.
///
/// # Errors
/// Whatever the database says.
pub async fn list(connection: &mut Connection<'_>, after: &str, limit: i64) -> Result<Vec<User>> {
    let rows = connection
        .list(
            "SELECT id, name, email, administrator, disabled, created_at FROM users WHERE name > $1 ORDER BY name LIMIT $2",
            values![after, limit],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// Closes or opens an account. A closed one loses its sessions; its tokens rest until it is opened again.
///
/// # Errors
/// [`crate::store::StoreError::WrongCount`] when there is no such account.
pub async fn set_disabled(tx: &mut Tx, user: &User, disabled: bool) -> Result<()> {
    tx.connection().execute_exactly(1, "UPDATE users SET disabled = $1 WHERE id = $2", values![disabled, user.id]).await?;
    if disabled {
        tx.connection().execute("DELETE FROM sessions WHERE user_id = $1", values![user.id]).await?;
    }
    let what = if disabled { "disabled" } else { "enabled" };
    let act = Act::new(format!("user.{what}"), object(user));
    tx.emit_as(None, Event::AccessChanged { what: format!("user {} {what}", user.name) }, act);
    Ok(())
}

/// Changes what an account is: e-mail address, administrator or not.
///
/// # Errors
/// [`crate::store::StoreError::WrongCount`] when there is no such account.
pub async fn set_profile(tx: &mut Tx, user: &User) -> Result<()> {
    let before = get(&mut tx.connection(), user.id).await?;
    tx.connection()
        .execute_exactly(
            1,
            "UPDATE users SET email = $1, administrator = $2 WHERE id = $3",
            values![&user.email, user.administrator, user.id],
        )
        .await?;
    let act = Act::new("user.changed", object(user)).before(profile(&before)).after(profile(user));
    tx.emit_as(None, Event::AccessChanged { what: format!("user {} changed", user.name) }, act);
    Ok(())
}

/// Gives an account a new password and ends its sessions.
///
/// # Errors
/// [`crate::store::StoreError::WrongCount`] when there is no such account.
pub async fn set_password(tx: &mut Tx, user: &User, password_hash: &str) -> Result<()> {
    tx.connection().execute_exactly(1, "UPDATE users SET password_hash = $1 WHERE id = $2", values![password_hash, user.id]).await?;
    tx.connection().execute("DELETE FROM sessions WHERE user_id = $1", values![user.id]).await?;
    let act = Act::new("user.password-set", object(user));
    tx.emit_as(None, Event::AccessChanged { what: format!("user {} got a new password", user.name) }, act);
    Ok(())
}

/// Lets one transaction at a time change who administers the installation, so that two cannot each take the other away.
///
/// # Errors
/// Whatever the database says.
pub async fn lock_administrators(tx: &mut Tx) -> Result<()> {
    // A write to the rows holds them on every engine.
    tx.connection().execute("UPDATE users SET disabled = disabled WHERE administrator = $1", values![true]).await.map(drop)
}

/// How many accounts administer the installation and are not disabled.
///
/// # Errors
/// Whatever the database says.
pub async fn count_administrators(connection: &mut Connection<'_>) -> Result<i64> {
    let row = connection
        .get("the count", "SELECT COUNT(*) AS count FROM users WHERE administrator = $1 AND disabled = $2", values![true, false])
        .await?;
    row.get("count")
}

/// An account in the audit trail.
pub(crate) fn object(user: &User) -> Object {
    Object::named("user", &user.name).with_id(user.id)
}

fn profile(user: &User) -> serde_json::Value {
    serde_json::json!({ "email": user.email, "administrator": user.administrator })
}

pub(super) fn read(row: &Row) -> Result<User> {
    Ok(User {
        id: row.id("id")?,
        name: row.get("name")?,
        email: row.get("email")?,
        administrator: row.get("administrator")?,
        disabled: row.get("disabled")?,
        created_at: row.get("created_at")?,
    })
}
