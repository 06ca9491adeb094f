//! What a person and a workspace want to be told.

use crate::store::db::values;
use crate::store::{Connection, Result, Tx};
use andon_pipelines::document::NotifyRule;
use andon_pipelines::event::Event;
use andon_pipelines::ids::{UserId, WorkspaceId};
use std::collections::BTreeMap;

/// A workspace's own rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkspaceRules {
    /// As somebody wrote them.
    pub text: String,
    pub rules: Vec<NotifyRule>,
    pub updated_by: String,
    pub updated_at: i64,
}

/// The rules of a workspace; `None` where it never had any.
///
/// # Errors
/// Whatever the database says.
pub async fn find_rules(connection: &mut Connection<'_>, workspace: WorkspaceId) -> Result<Option<WorkspaceRules>> {
    let sql = "SELECT text, rules, updated_by, updated_at FROM notification_rules WHERE workspace_id = $1";
    let row = connection.find(sql, values![workspace]).await?;
    row.map(|row| {
        Ok(WorkspaceRules {
            text: row.get("text")?,
            rules: row.json("rules")?,
            updated_by: row.get("updated_by")?,
            updated_at: row.get("updated_at")?,
        })
    })
    .transpose()
}

/// Sets the rules of a workspace.
///
/// # Errors
/// Whatever the database says.
pub async fn set_rules(tx: &mut Tx, workspace: WorkspaceId, text: &str, rules: &[NotifyRule]) -> Result<()> {
    let (by, at) = (tx.actor().to_owned(), tx.at());
    let json = serde_json::to_string(rules).map_err(|error| crate::store::StoreError::Corrupt(error.to_string()))?;
    tx.connection()
        .execute_exactly(
            1,
            "INSERT INTO notification_rules (workspace_id, text, rules, updated_by, updated_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (workspace_id) DO UPDATE SET text = excluded.text, rules = excluded.rules, updated_by = excluded.updated_by, \
             updated_at = excluded.updated_at",
            values![workspace, text, json, by, at],
        )
        .await?;
    tx.emit(Some(workspace), Event::NotificationsChanged { rules: i64::try_from(rules.len()).unwrap_or(i64::MAX) });
    Ok(())
}

/// A person's preferences, as JSON; `None` where they never set any.
///
/// # Errors
/// Whatever the database says.
pub async fn find(connection: &mut Connection<'_>, user: UserId) -> Result<Option<String>> {
    let row = connection.find("SELECT body FROM notification_preferences WHERE user_id = $1", values![user]).await?;
    row.map(|row| row.get("body")).transpose()
}

/// Everybody's preferences, as JSON. Who never set any is not among them.
///
/// # Errors
/// Whatever the database says.
pub async fn list(connection: &mut Connection<'_>) -> Result<BTreeMap<UserId, String>> {
    let rows = connection.list("SELECT user_id, body FROM notification_preferences", values![]).await?;
    rows.iter().map(|row| Ok((row.id("user_id")?, row.get("body")?))).collect()
}

/// Sets a person's preferences.
///
/// # Errors
/// Whatever the database says.
pub async fn set(tx: &mut Tx, user: UserId, body: &str) -> Result<()> {
    let at = tx.at();
    tx.connection()
        .execute_exactly(
            1,
            "INSERT INTO notification_preferences (user_id, body, updated_at) VALUES ($1, $2, $3) \
             ON CONFLICT (user_id) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at",
            values![user, body, at],
        )
        .await?;
    tx.emit(None, Event::PreferencesChanged { user });
    Ok(())
}
