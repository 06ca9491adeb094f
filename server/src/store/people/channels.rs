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
    /// `email`, `slack`, `teams`, `discord` or `webhook`.
    pub kind: String,
    /// What the sender needs, as JSON; the vault opens it with [`context`].
    pub sealed: Sealed,
    pub created_at: i64,
}

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
    let rows = connection
        .list("SELECT id, name, kind, sealed, created_at FROM channels WHERE workspace_id = $1 ORDER BY name", values![workspace])
        .await?;
    rows.iter().map(read).collect()
}

/// The channel of this name.
///
/// # Errors
/// Whatever the database says.
pub async fn find(connection: &mut Connection<'_>, workspace: WorkspaceId, name: &str) -> Result<Option<Channel>> {
    let row = connection
        .find("SELECT id, name, kind, sealed, created_at FROM channels WHERE workspace_id = $1 AND name = $2", values![workspace, name])
        .await?;
    row.as_ref().map(read).transpose()
}

/// Sets a channel; one that exists keeps its identifier and its age.
///
/// # Errors
/// Whatever the database says.
pub async fn set(tx: &mut Tx, workspace: WorkspaceId, channel: &Channel) -> Result<()> {
    let row = tx
        .connection()
        .get(
            "the channel",
            "INSERT INTO channels (id, workspace_id, name, kind, sealed, created_at) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (workspace_id, name) DO UPDATE SET kind = excluded.kind, sealed = excluded.sealed RETURNING id",
            values![channel.id, workspace, &channel.name, &channel.kind, channel.sealed.to_bytes(), channel.created_at],
        )
        .await?;
    tx.emit(Some(workspace), Event::ChannelChanged { channel: row.id("id")?, name: channel.name.clone() });
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

fn read(row: &Row) -> Result<Channel> {
    Ok(Channel {
        id: row.id("id")?,
        name: row.get("name")?,
        kind: row.get("kind")?,
        sealed: unsealed(&row.get::<Vec<u8>>("sealed")?)?,
        created_at: row.get("created_at")?,
    })
}
