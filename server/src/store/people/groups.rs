//! Groups of a workspace's people, which gates name.

use crate::audit::{Act, Object};
use crate::store::db::values;
use crate::store::{Connection, Result, StoreError, Tx};
use andon_pipelines::event::Event;
use andon_pipelines::ids::{GroupId, UserId, WorkspaceId};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Every group of a workspace with the names of its members, by name.
///
/// # Errors
/// Whatever the database says.
pub async fn list(connection: &mut Connection<'_>, workspace: WorkspaceId) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let rows = connection
        .list(
            "SELECT g.name, u.name AS member FROM user_groups g LEFT JOIN user_group_members gm ON gm.group_id = g.id \
             LEFT JOIN users u ON u.id = gm.user_id WHERE g.workspace_id = $1 ORDER BY g.name",
            values![workspace],
        )
        .await?;
    let mut groups: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows {
        groups.entry(row.get("name")?).or_default().extend(row.get::<Option<String>>("member")?);
    }
    Ok(groups)
}

/// Creates a group, or replaces its members.
///
/// # Errors
/// Whatever the database says.
pub async fn set_members(tx: &mut Tx, workspace: WorkspaceId, name: &str, users: &[UserId]) -> Result<()> {
    let (at, new_id) = (tx.at(), tx.new_id::<GroupId>());
    let row = tx
        .connection()
        .get(
            "the group",
            "INSERT INTO user_groups (id, workspace_id, name, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (workspace_id, name) DO UPDATE SET name = excluded.name RETURNING id",
            values![new_id, workspace, name, at],
        )
        .await?;
    let id: GroupId = row.id("id")?;
    let before = list_names(&mut tx.connection(), workspace, name).await?;
    tx.connection().execute("DELETE FROM user_group_members WHERE group_id = $1", values![id]).await?;
    let rows = users.iter().map(|user| values![id, *user]).collect();
    tx.connection().insert_many("INSERT INTO user_group_members (group_id, user_id) VALUES", rows, "").await?;
    let after = list_names(&mut tx.connection(), workspace, name).await?;
    let act = Act::new("group.set", Object::named("group", name).with_id(id));
    let act = act.before(json!({ "members": before })).after(json!({ "members": after }));
    tx.emit_as(Some(workspace), Event::AccessChanged { what: format!("group {name} set") }, act);
    Ok(())
}

async fn list_names(connection: &mut Connection<'_>, workspace: WorkspaceId, group: &str) -> Result<Vec<String>> {
    let sql = "SELECT u.name FROM user_groups g JOIN user_group_members gm ON gm.group_id = g.id JOIN users u ON u.id = gm.user_id \
               WHERE g.workspace_id = $1 AND g.name = $2 ORDER BY u.name";
    let rows = connection.list(sql, values![workspace, group]).await?;
    rows.iter().map(|row| row.get("name")).collect()
}

/// Takes a group away.
///
/// # Errors
/// [`StoreError::NotFound`] when there is none of this name.
pub async fn delete(tx: &mut Tx, workspace: WorkspaceId, name: &str) -> Result<()> {
    let before = list_names(&mut tx.connection(), workspace, name).await?;
    tx.connection()
        .execute(
            "DELETE FROM user_group_members WHERE group_id IN (SELECT id FROM user_groups WHERE workspace_id = $1 AND name = $2)",
            values![workspace, name],
        )
        .await?;
    let deleted =
        tx.connection().execute("DELETE FROM user_groups WHERE workspace_id = $1 AND name = $2", values![workspace, name]).await?;
    if deleted == 0 {
        return Err(StoreError::NotFound { what: "the group" });
    }
    let act = Act::new("group.deleted", Object::named("group", name)).before(json!({ "members": before }));
    tx.emit_as(Some(workspace), Event::AccessChanged { what: format!("group {name} deleted") }, act);
    Ok(())
}
