//! The chain: each row's hash covers the row before it and the row itself.

use andon_pipelines::ids::{UserId, WorkspaceId};
use serde_json::json;
use sha2::{Digest, Sha256};

/// What stands for the hash of the row before the first.
pub const GENESIS: &str = "";

/// A row of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub sequence: i64,
    /// Milliseconds since 1970 UTC.
    pub at: i64,
    pub workspace: Option<WorkspaceId>,
    pub actor: String,
    pub user: Option<UserId>,
    pub action: String,
    /// `KIND:NAME`.
    pub object: String,
    pub object_id: Option<String>,
    pub address: Option<String>,
    pub agent: Option<String>,
    pub request: Option<String>,
    /// JSON.
    pub before: Option<String>,
    /// JSON.
    pub after: Option<String>,
    /// Hexadecimal SHA-256.
    pub hash: String,
}

impl Entry {
    /// The hash that the row must have behind a row with the hash `previous`: SHA-256 over that hash and the row's columns as one JSON list, in
    /// the order of the table.
    #[must_use]
    pub fn link(&self, previous: &str) -> String {
        let row = json!([
            self.sequence,
            self.at,
            self.workspace.map(|id| id.to_string()),
            self.actor,
            self.user.map(|id| id.to_string()),
            self.action,
            self.object,
            self.object_id,
            self.address,
            self.agent,
            self.request,
            self.before,
            self.after,
        ]);
        hex::encode(Sha256::new().chain_update(previous).chain_update(row.to_string()).finalize())
    }
}

/// Where the chain is broken, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The row that is missing or wrong.
    pub sequence: i64,
    pub what: String,
}

/// Whether `next` is what must follow the row `(sequence, hash)`.
///
/// # Errors
/// What is wrong with it.
pub fn check_link((sequence, hash): (i64, &str), next: &Entry) -> Result<(), Fault> {
    if next.sequence != sequence + 1 {
        let what = format!("the entry is missing: {} follows {sequence}", next.sequence);
        return Err(Fault { sequence: sequence + 1, what });
    }
    if next.link(hash) != next.hash {
        let what = "the entry is not as it was written, or the one before it was replaced: its hash does not fit".to_owned();
        return Err(Fault { sequence: next.sequence, what });
    }
    Ok(())
}
