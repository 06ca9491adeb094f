//! API tokens. Only their digests are kept.

use super::access::{role_in, scopes};
use crate::accounts::{Scope, role_name};
use crate::audit::{Act, Object};
use crate::store::db::values;
use crate::store::{Connection, Result, Row, StoreError, Tx};
use andon_pipelines::document::Role;
use andon_pipelines::event::Event;
use andon_pipelines::ids::{TokenId, UserId, WorkspaceId};
use serde_json::json;
use std::collections::BTreeSet;

/// A token without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub id: TokenId,
    pub name: String,
    /// The last characters of its secret, so that people can tell their tokens apart.
    pub hint: String,
    pub user: Option<UserId>,
    /// Absent: every workspace.
    pub workspace: Option<WorkspaceId>,
    pub role: Role,
    /// Absent: all that the role may.
    pub scopes: Option<BTreeSet<Scope>>,
    pub created_by: String,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub used_at: Option<i64>,
}

/// Stores a token under its digest.
///
/// # Errors
/// [`StoreError::Conflict`] when a token that still works has the name in the same place.
pub async fn create(tx: &mut Tx, token: &Token, digest: &str) -> Result<()> {
    let taken = tx
        .connection()
        .find(
            "SELECT id FROM tokens WHERE name = $1 AND (workspace_id = $2 OR (workspace_id IS NULL AND $2 IS NULL)) \
             AND (user_id = $3 OR (user_id IS NULL AND $3 IS NULL)) AND revoked_at IS NULL",
            values![&token.name, token.workspace, token.user],
        )
        .await?;
    if taken.is_some() {
        return Err(StoreError::Conflict(format!("a token named {} exists already", token.name)));
    }
    let scopes = token.scopes.as_ref().map(|scopes| scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>());
    let scopes = serde_json::to_string(&scopes).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    tx.connection()
        .execute_exactly(
            1,
            "INSERT INTO tokens (id, name, token_hash, hint, user_id, workspace_id, role, scopes, created_by, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            values![
                token.id,
                &token.name,
                digest,
                &token.hint,
                token.user,
                token.workspace,
                role_name(token.role),
                &scopes,
                &token.created_by,
                token.created_at,
                token.expires_at
            ],
        )
        .await?;
    let scopes: serde_json::Value = serde_json::from_str(&scopes).unwrap_or_default();
    let after =
        json!({ "role": role_name(token.role), "scopes": scopes, "personal": token.user.is_some(), "expires_at": token.expires_at });
    let act = Act::new("token.created", Object::named("token", &token.name).with_id(token.id)).after(after);
    tx.emit_as(token.workspace, Event::AccessChanged { what: format!("token {} created", token.name) }, act);
    Ok(())
}

/// Whose a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Workspace(WorkspaceId),
    User(UserId),
}

/// The tokens of a workspace that are not revoked, by name. Those of the whole installation and of persons are not among them.
///
/// # Errors
/// Whatever the database says.
pub async fn list(connection: &mut Connection<'_>, workspace: WorkspaceId) -> Result<Vec<Token>> {
    let rows = connection
        .list(
            "SELECT id, name, hint, user_id, workspace_id, role, scopes, created_by, created_at, expires_at, used_at \
             FROM tokens WHERE workspace_id = $1 AND revoked_at IS NULL ORDER BY name",
            values![workspace],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// The tokens of a person that are not revoked, by name.
///
/// # Errors
/// Whatever the database says.
pub async fn list_of_user(connection: &mut Connection<'_>, user: UserId) -> Result<Vec<Token>> {
    let rows = connection
        .list(
            "SELECT id, name, hint, user_id, workspace_id, role, scopes, created_by, created_at, expires_at, used_at \
             FROM tokens WHERE user_id = $1 AND revoked_at IS NULL ORDER BY name",
            values![user],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// Ends a token of a workspace or a person.
///
/// # Errors
/// [`StoreError::NotFound`] when they have no such token, or it is revoked already.
pub async fn revoke(tx: &mut Tx, owner: Owner, id: TokenId) -> Result<()> {
    let row = tx
        .connection()
        .get("the token", "SELECT name, workspace_id, user_id FROM tokens WHERE id = $1 AND revoked_at IS NULL", values![id])
        .await?;
    let (workspace, user) = (row.find_id("workspace_id")?, row.find_id("user_id")?);
    let owned = match owner {
        Owner::Workspace(owner) => workspace == Some(owner),
        Owner::User(owner) => user == Some(owner),
    };
    if !owned {
        return Err(StoreError::NotFound { what: "the token" });
    }
    let (name, at) = (row.get::<String>("name")?, tx.at());
    tx.connection().execute_exactly(1, "UPDATE tokens SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL", values![at, id]).await?;
    let act = Act::new("token.revoked", Object::named("token", &name).with_id(id));
    tx.emit_as(workspace, Event::AccessChanged { what: format!("token {name} revoked") }, act);
    Ok(())
}

/// Notes that a token was used now. No event: it changes nothing for anybody.
///
/// # Errors
/// Whatever the database says.
pub async fn note_use(tx: &mut Tx, id: TokenId) -> Result<()> {
    let at = tx.at();
    tx.connection().execute_exactly(1, "UPDATE tokens SET used_at = $1 WHERE id = $2", values![at, id]).await
}

fn read(row: &Row) -> Result<Token> {
    Ok(Token {
        id: row.id("id")?,
        name: row.get("name")?,
        hint: row.get("hint")?,
        user: row.find_id("user_id")?,
        workspace: row.find_id("workspace_id")?,
        role: role_in(row, "role")?,
        scopes: scopes(row)?,
        created_by: row.get("created_by")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        used_at: row.get("used_at")?,
    })
}
