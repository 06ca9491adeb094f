//! Where notifications go. Addresses and keys are sealed: most webhook addresses are secrets by themselves.

use super::secrets::unsealed;
use crate::audit::{Act, Object};
use crate::store::db::values;
use crate::store::{Connection, Result, Row, StoreError, Tx};
use crate::vault::Sealed;
use andon_pipelines::event::Event;
use andon_pipelines::ids::{ChannelId, WorkspaceId};

/// A channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    pub id: ChannelId,
    pub name: String,
    /// `email`, `slack`, `teams`, `discord`, `webhook` or `forge`.
    pub kind: String,
    /// What the sender needs, as JSON; the vault opens it with [`context`].
    pub sealed: Sealed,
    pub created_at: i64,
    /// How its messages read, as JSON; absent for the built-in form.
    pub template: Option<String>,
    pub health: Health,
}

/// How a channel's receiver has been doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Attempts that failed since the last one that succeeded.
    pub failures: i64,
    pub failing_since: Option<i64>,
    /// While it is paused, what is told to it waits.
    pub paused: Option<Pause>,
}

/// Who paused a channel, when and why. `andon` did it by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    pub by: String,
    pub at: i64,
    pub reason: Option<String>,
}

const COLUMNS: &str = "SELECT id, workspace_id, name, kind, sealed, created_at, template, failures, failing_since, paused_at, paused_by, \
                       paused_reason FROM channels";

/// What the vault seals a channel for.
#[must_use]
pub fn context(workspace: WorkspaceId, name: &str) -> String {
    format!("{workspace}/channel/{name}")
}

/// The channels of a workspace, by name.
///
/// # Errors
/// Whatever the database says.
pub async fn list(connection: &mut Connection<'_>, workspace: WorkspaceId) -> Result<Vec<Channel>> {
    let rows = connection.list_built(format!("{COLUMNS} WHERE workspace_id = $1 ORDER BY name"), values![workspace]).await?;
    rows.iter().map(read).collect()
}

/// The channels of one kind in every workspace.
///
/// # Errors
/// Whatever the database says.
pub async fn list_of_kind(connection: &mut Connection<'_>, kind: &str) -> Result<Vec<(WorkspaceId, Channel)>> {
    let rows = connection.list_built(format!("{COLUMNS} WHERE kind = $1 ORDER BY workspace_id, name"), values![kind]).await?;
    rows.iter().map(|row| Ok((row.id("workspace_id")?, read(row)?))).collect()
}

/// The channel of this name.
///
/// # Errors
/// Whatever the database says.
pub async fn find(connection: &mut Connection<'_>, workspace: WorkspaceId, name: &str) -> Result<Option<Channel>> {
    let rows = connection.list_built(format!("{COLUMNS} WHERE workspace_id = $1 AND name = $2"), values![workspace, name]).await?;
    rows.first().map(read).transpose()
}

/// Sets a channel; one that exists keeps its identifier and its age, and is not paused any more. Its template stays unless its kind changes.
///
/// # Errors
/// Whatever the database says.
pub async fn set(tx: &mut Tx, workspace: WorkspaceId, channel: &Channel) -> Result<()> {
    let row = tx
        .connection()
        .get(
            "the channel",
            "INSERT INTO channels (id, workspace_id, name, kind, sealed, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (workspace_id, name) DO UPDATE SET \
             template = CASE WHEN channels.kind = excluded.kind THEN channels.template ELSE NULL END, \
             kind = excluded.kind, sealed = excluded.sealed, failures = 0, failing_since = NULL, paused_at = NULL, paused_by = NULL, \
             paused_reason = NULL RETURNING id",
            values![channel.id, workspace, &channel.name, &channel.kind, channel.sealed.to_bytes(), channel.created_at],
        )
        .await?;
    tx.emit(Some(workspace), Event::ChannelChanged { channel: row.id("id")?, name: channel.name.clone() });
    Ok(())
}

/// Sets how a channel's messages read; none takes the built-in form again.
///
/// # Errors
/// Whatever the database says.
pub async fn set_template(tx: &mut Tx, workspace: WorkspaceId, channel: &Channel, template: Option<&str>) -> Result<()> {
    tx.connection().execute_exactly(1, "UPDATE channels SET template = $1 WHERE id = $2", values![template, channel.id]).await?;
    tx.emit(Some(workspace), Event::ChannelChanged { channel: channel.id, name: channel.name.clone() });
    Ok(())
}

/// Takes a channel away. What is on its way to it fails at the next attempt.
///
/// # Errors
/// [`StoreError::NotFound`] when there is none of this name.
pub async fn delete(tx: &mut Tx, workspace: WorkspaceId, name: &str) -> Result<()> {
    let row = tx
        .connection()
        .find("DELETE FROM channels WHERE workspace_id = $1 AND name = $2 RETURNING id", values![workspace, name])
        .await?
        .ok_or(StoreError::NotFound { what: "the channel" })?;
    let id: ChannelId = row.id("id")?;
    let act = Act::new("channel.deleted", Object::named("channel", name).with_id(id));
    tx.emit_as(Some(workspace), Event::ChannelChanged { channel: id, name: name.to_owned() }, act);
    Ok(())
}

/// Notes that the receiver took something. A paused channel goes on.
///
/// # Errors
/// Whatever the database says.
pub async fn note_success(tx: &mut Tx, workspace: WorkspaceId, name: &str) -> Result<()> {
    let Some(channel) = find(&mut tx.connection(), workspace, name).await? else { return Ok(()) };
    if channel.health == Health::default() {
        return Ok(());
    }
    let sql = "UPDATE channels SET failures = 0, failing_since = NULL WHERE id = $1";
    tx.connection().execute_exactly(1, sql, values![channel.id]).await?;
    if channel.health.paused.is_some() { resume(tx, workspace, &channel).await } else { Ok(()) }
}

/// Notes that the receiver failed, or could not be reached. Answers the channel as it is then, if there still is one.
///
/// # Errors
/// Whatever the database says.
pub async fn note_failure(tx: &mut Tx, workspace: WorkspaceId, name: &str) -> Result<Option<Channel>> {
    let at = tx.at();
    let sql =
        "UPDATE channels SET failures = failures + 1, failing_since = COALESCE(failing_since, $1) WHERE workspace_id = $2 AND name = $3";
    // None where the channel was taken away while something was on its way to it.
    tx.connection().execute(sql, values![at, workspace, name]).await?;
    find(&mut tx.connection(), workspace, name).await
}

/// Holds everything that is told to a channel.
///
/// # Errors
/// [`StoreError::WrongCount`] when it is paused already.
pub async fn pause(tx: &mut Tx, workspace: WorkspaceId, channel: &Channel, reason: Option<&str>) -> Result<()> {
    let (by, at) = (tx.actor().to_owned(), tx.at());
    let sql = "UPDATE channels SET paused_at = $1, paused_by = $2, paused_reason = $3 WHERE id = $4 AND paused_at IS NULL";
    tx.connection().execute_exactly(1, sql, values![at, by, reason, channel.id]).await?;
    let event = Event::ChannelPaused { channel: channel.id, name: channel.name.clone(), paused: true, reason: reason.map(str::to_owned) };
    tx.emit(Some(workspace), event);
    Ok(())
}

/// Lets a paused channel go on with what was held.
///
/// # Errors
/// [`StoreError::WrongCount`] when it is not paused.
pub async fn resume(tx: &mut Tx, workspace: WorkspaceId, channel: &Channel) -> Result<()> {
    let sql = "UPDATE channels SET failures = 0, failing_since = NULL, paused_at = NULL, paused_by = NULL, paused_reason = NULL \
               WHERE id = $1 AND paused_at IS NOT NULL";
    tx.connection().execute_exactly(1, sql, values![channel.id]).await?;
    tx.emit(Some(workspace), Event::ChannelPaused { channel: channel.id, name: channel.name.clone(), paused: false, reason: None });
    Ok(())
}

fn read(row: &Row) -> Result<Channel> {
    let paused_at: Option<i64> = row.get("paused_at")?;
    let paused = match paused_at {
        Some(at) => Some(Pause { at, by: row.get::<Option<String>>("paused_by")?.unwrap_or_default(), reason: row.get("paused_reason")? }),
        None => None,
    };
    Ok(Channel {
        id: row.id("id")?,
        name: row.get("name")?,
        kind: row.get("kind")?,
        sealed: unsealed(&row.get::<Vec<u8>>("sealed")?)?,
        created_at: row.get("created_at")?,
        template: row.get("template")?,
        health: Health { failures: row.get("failures")?, failing_since: row.get("failing_since")?, paused },
    })
}
