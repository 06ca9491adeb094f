//! Who presents a token or a session, with every right they have, in one read.

use crate::accounts::{Actor, Caller, Scope, role_from_name};
use crate::store::db::values;
use crate::store::{Connection, Result, Row, StoreError};
use andon_pipelines::document::Role;
use andon_pipelines::ids::{TokenId, UserId, WorkspaceId};
use std::collections::{BTreeMap, BTreeSet};

/// Somebody known, and until when.
#[derive(Clone, Debug)]
pub struct Known {
    pub caller: Caller,
    /// Milliseconds since 1970 UTC; absent means that it does not expire.
    pub expires_at: Option<i64>,
    /// Where it is a token: which one, and when it was last noted as used.
    pub token: Option<(TokenId, Option<i64>)>,
}

/// Who has the token with this digest. Revoked tokens and those of disabled people belong to nobody; expiry is the caller's question.
///
/// # Errors
/// Whatever the database says.
pub async fn find_token_owner(connection: &mut Connection<'_>, digest: &str) -> Result<Option<Known>> {
    let rows = connection
        .list(
            "SELECT t.id, t.name, t.user_id, t.workspace_id, t.role, t.scopes, t.expires_at, t.used_at, \
             u.administrator, u.disabled, m.workspace_id AS member_of, m.role AS member_role \
             FROM tokens t LEFT JOIN users u ON u.id = t.user_id LEFT JOIN members m ON m.user_id = t.user_id \
             WHERE t.token_hash = $1 AND t.revoked_at IS NULL",
            values![digest],
        )
        .await?;
    let Some(first) = rows.first() else { return Ok(None) };
    if first.get::<Option<bool>>("disabled")? == Some(true) {
        return Ok(None);
    }
    let (id, user) = (first.id("id")?, first.find_id::<UserId>("user_id")?);
    let (role, workspace) = (role_in(first, "role")?, first.find_id::<WorkspaceId>("workspace_id")?);
    let owner = if user.is_some() { Some((memberships(&rows)?, everywhere(first)?)) } else { None };
    let (roles, everywhere) = narrow(role, workspace, owner);
    let actor = Actor::Token { id, name: first.get("name")?, user };
    let caller = Caller { actor, roles, everywhere, scopes: scopes(first)? };
    Ok(Some(Known { caller, expires_at: first.get("expires_at")?, token: Some((id, first.get("used_at")?)) }))
}

/// Whose session has this digest; nobody's if they are disabled.
///
/// # Errors
/// Whatever the database says.
pub async fn find_session_owner(connection: &mut Connection<'_>, digest: &str) -> Result<Option<Known>> {
    let rows = connection
        .list(
            "SELECT s.expires_at, u.id, u.name, u.administrator, u.disabled, m.workspace_id AS member_of, m.role AS member_role \
             FROM sessions s JOIN users u ON u.id = s.user_id LEFT JOIN members m ON m.user_id = u.id WHERE s.token_hash = $1",
            values![digest],
        )
        .await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let expires_at = Some(first.get("expires_at")?);
    Ok(person(&rows)?.map(|caller| Known { caller, expires_at, token: None }))
}

/// A person as a caller, without asking for their password; absent if unknown or disabled.
///
/// # Errors
/// Whatever the database says.
pub async fn find_person(connection: &mut Connection<'_>, user: UserId) -> Result<Option<Caller>> {
    let rows = connection
        .list(
            "SELECT u.id, u.name, u.administrator, u.disabled, m.workspace_id AS member_of, m.role AS member_role \
             FROM users u LEFT JOIN members m ON m.user_id = u.id WHERE u.id = $1",
            values![user],
        )
        .await?;
    person(&rows)
}

fn person(rows: &[Row]) -> Result<Option<Caller>> {
    let Some(first) = rows.first() else { return Ok(None) };
    if first.get::<bool>("disabled")? {
        return Ok(None);
    }
    let actor = Actor::User { id: first.id("id")?, name: first.get("name")? };
    Ok(Some(Caller { actor, roles: memberships(rows)?, everywhere: everywhere(first)?, scopes: None }))
}

fn memberships(rows: &[Row]) -> Result<BTreeMap<WorkspaceId, Role>> {
    let mut roles = BTreeMap::new();
    for row in rows {
        if let Some(workspace) = row.find_id("member_of")? {
            roles.insert(workspace, role_in(row, "member_role")?);
        }
    }
    Ok(roles)
}

fn everywhere(row: &Row) -> Result<Option<Role>> {
    Ok((row.get::<Option<bool>>("administrator")? == Some(true)).then_some(Role::Admin))
}

/// What a token may do: its own role where it holds, and never more than its owner.
fn narrow(
    role: Role,
    workspace: Option<WorkspaceId>,
    owner: Option<(BTreeMap<WorkspaceId, Role>, Option<Role>)>,
) -> (BTreeMap<WorkspaceId, Role>, Option<Role>) {
    match (workspace, owner) {
        (None, None) => (BTreeMap::new(), Some(role)),
        (Some(workspace), None) => (BTreeMap::from([(workspace, role)]), None),
        (None, Some((roles, everywhere))) => {
            (roles.into_iter().map(|(workspace, own)| (workspace, own.min(role))).collect(), everywhere.map(|own| own.min(role)))
        }
        (Some(workspace), Some((roles, everywhere))) => {
            let own = roles.get(&workspace).copied().max(everywhere);
            (own.map(|own| (workspace, own.min(role))).into_iter().collect(), None)
        }
    }
}

pub(super) fn role_in(row: &Row, column: &str) -> Result<Role> {
    row.word(column, role_from_name)
}

/// Scopes stand in their column as a JSON list of words, or as `null` for all.
pub(super) fn scopes(row: &Row) -> Result<Option<BTreeSet<Scope>>> {
    let words: Option<Vec<String>> = row.json("scopes")?;
    words
        .map(|words| words.iter().map(|word| word.parse().map_err(|error| StoreError::Corrupt(format!("scopes: {error}")))).collect())
        .transpose()
}
