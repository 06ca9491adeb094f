//! Who belongs to a workspace, in which role.

use super::access::role_in;
use super::users::{self, User};
use crate::accounts::role_name;
use crate::audit::Act;
use crate::store::db::values;
use crate::store::{Connection, Result, StoreError, Tx};
use andon_pipelines::document::Role;
use andon_pipelines::event::Event;
use andon_pipelines::ids::{UserId, WorkspaceId};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// A member of a workspace, as its gates see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub user: UserId,
    pub name: String,
    pub email: Option<String>,
    pub role: Role,
    /// The names of the workspace's groups that they are in.
    pub groups: BTreeSet<String>,
}

/// The members of a workspace, by name. Disabled people are not among them; administrators of the installation are, as admins, where
/// `everyone` is set.
///
/// # Errors
/// Whatever the database says.
pub async fn list(connection: &mut Connection<'_>, workspace: WorkspaceId, everyone: bool) -> Result<Vec<Member>> {
    let rows = connection
        .list(
            "SELECT u.id, u.name, u.email, u.administrator, m.role FROM users u \
             LEFT JOIN members m ON m.user_id = u.id AND m.workspace_id = $1 \
             WHERE u.disabled = $2 AND (m.role IS NOT NULL OR (u.administrator = $3 AND $4 = $3)) ORDER BY u.name",
            values![workspace, false, true, everyone],
        )
        .await?;
    let mut groups = groups_by_user(connection, workspace).await?;
    let mut members = Vec::with_capacity(rows.len());
    for row in &rows {
        let user = row.id("id")?;
        let above = everyone && row.get::<bool>("administrator")?;
        let role = if above { Role::Admin } else { role_in(row, "role")? };
        let groups = groups.remove(&user).unwrap_or_default();
        members.push(Member { user, name: row.get("name")?, email: row.get("email")?, role, groups });
    }
    Ok(members)
}

/// Gives somebody a role in a workspace, or another one.
///
/// # Errors
/// Whatever the database says.
pub async fn set_role(tx: &mut Tx, (workspace, workspace_name): (WorkspaceId, &str), user: &User, role: Role) -> Result<()> {
    let before = find_role(&mut tx.connection(), workspace, user.id).await?;
    tx.connection()
        .execute_exactly(
            1,
            "INSERT INTO members (workspace_id, user_id, role) VALUES ($1, $2, $3) \
             ON CONFLICT (workspace_id, user_id) DO UPDATE SET role = excluded.role",
            values![workspace, user.id, role_name(role)],
        )
        .await?;
    let what = format!("user {} is {} of {workspace_name}", user.name, role_name(role));
    let act = Act::new("role.changed", users::object(user)).before(json!({ "role": before })).after(json!({ "role": role_name(role) }));
    tx.emit_as(Some(workspace), Event::AccessChanged { what }, act);
    Ok(())
}

async fn find_role(connection: &mut Connection<'_>, workspace: WorkspaceId, user: UserId) -> Result<Option<String>> {
    let sql = "SELECT role FROM members WHERE workspace_id = $1 AND user_id = $2";
    connection.find(sql, values![workspace, user]).await?.map(|row| row.get("role")).transpose()
}

/// Takes somebody out of a workspace and out of its groups.
///
/// # Errors
/// [`StoreError::NotFound`] when they are no member.
pub async fn remove(tx: &mut Tx, (workspace, workspace_name): (WorkspaceId, &str), user: &str) -> Result<()> {
    let Some((user, _)) = users::find_by_name(&mut tx.connection(), user).await? else {
        return Err(StoreError::NotFound { what: "the member" });
    };
    let before = find_role(&mut tx.connection(), workspace, user.id).await?;
    let removed =
        tx.connection().execute("DELETE FROM members WHERE workspace_id = $1 AND user_id = $2", values![workspace, user.id]).await?;
    if removed == 0 {
        return Err(StoreError::NotFound { what: "the member" });
    }
    tx.connection()
        .execute(
            "DELETE FROM user_group_members WHERE user_id = $1 AND group_id IN (SELECT id FROM user_groups WHERE workspace_id = $2)",
            values![user.id, workspace],
        )
        .await?;
    let act = Act::new("member.removed", users::object(&user)).before(json!({ "role": before }));
    tx.emit_as(Some(workspace), Event::AccessChanged { what: format!("user {} left {workspace_name}", user.name) }, act);
    Ok(())
}

async fn groups_by_user(connection: &mut Connection<'_>, workspace: WorkspaceId) -> Result<BTreeMap<UserId, BTreeSet<String>>> {
    let rows = connection
        .list(
            "SELECT gm.user_id, g.name FROM user_group_members gm JOIN user_groups g ON g.id = gm.group_id WHERE g.workspace_id = $1",
            values![workspace],
        )
        .await?;
    let mut groups: BTreeMap<UserId, BTreeSet<String>> = BTreeMap::new();
    for row in rows {
        groups.entry(row.id("user_id")?).or_default().insert(row.get("name")?);
    }
    Ok(groups)
}
