//! Who calls, remembered for a few seconds, so that a busy client costs no read per request.

use super::limit::SignIns;
use super::{Error, Result};
use crate::accounts::{Caller, Passwords};
use crate::app::App;
use crate::clock::Random;
use crate::store::line::workspaces::{self, Workspace};
use crate::store::people::access::{self as rows, Known};
use crate::store::people::tokens;
use andon_pipelines::event::Event;
use andon_pipelines::ids::TokenId;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is remembered is read again after this long, even where no event said that it changed.
const REMEMBERED_MS: i64 = 5_000;
/// The use of a token is noted at most this often.
const NOTED_EVERY_MS: i64 = 60_000;
/// Callers remembered at most.
const KEPT: usize = 10_000;

/// What the server needs to know people by.
#[derive(Debug)]
pub struct Access {
    pub passwords: Passwords,
    pub sign_ins: SignIns,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    callers: HashMap<String, Remembered>,
    workspaces: HashMap<String, (Workspace, i64)>,
    /// When the use of each token was last noted by this server.
    noted: HashMap<TokenId, i64>,
    /// Events up to this sequence were looked at.
    seen: i64,
    /// The newest of them that changed what somebody may do.
    changed: i64,
}

#[derive(Debug)]
struct Remembered {
    known: Known,
    read_at: i64,
    /// The newest event before it was read: a change after that makes it stale.
    sequence: i64,
}

/// Which table a digest is looked up in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    Token,
    Session,
}

impl Access {
    #[must_use]
    pub fn new(random: Random) -> Self {
        Self { passwords: Passwords::new(random), sign_ins: SignIns::default(), memory: Mutex::default() }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who has the token or the session with this digest.
///
/// # Errors
/// 401 when it is unknown, revoked or expired.
pub(super) async fn identify(app: &App, proof: Proof, digest: &str) -> Result<Caller> {
    let now = app.clock.now_ms();
    let sequence = look_at_events(app);
    let remembered = app.access.memory().find(digest, now);
    let known = match remembered {
        Some(known) => known,
        None => {
            let mut reader = app.db.read().await?;
            let found = match proof {
                Proof::Token => rows::find_token_owner(&mut reader.connection(), digest).await?,
                Proof::Session => rows::find_session_owner(&mut reader.connection(), digest).await?,
            };
            let known = found.ok_or_else(|| unknown(proof))?;
            app.access.memory().keep(digest, Remembered { known: known.clone(), read_at: now, sequence });
            known
        }
    };
    if known.expires_at.is_some_and(|at| at <= now) {
        return Err(unknown(proof));
    }
    note_use(app, &known, now);
    Ok(known.caller)
}

/// The workspace of this name.
pub(super) async fn find_workspace(app: &App, name: &str) -> Result<Option<Workspace>> {
    let now = app.clock.now_ms();
    let remembered = app.access.memory().workspaces.get(name).cloned();
    if let Some((workspace, _)) = remembered.filter(|(_, read_at)| (0..REMEMBERED_MS).contains(&(now - read_at))) {
        return Ok(Some(workspace));
    }
    let found = workspaces::find_by_name(&mut app.db.read().await?.connection(), name).await?;
    if let Some(workspace) = &found {
        app.access.memory().workspaces.insert(name.to_owned(), (workspace.clone(), now));
    }
    Ok(found)
}

fn unknown(proof: Proof) -> Error {
    Error::unauthenticated(match proof {
        Proof::Token => "The token is unknown, expired or revoked; make a new one with andon token create",
        Proof::Session => "The session is over; sign in again",
    })
}

/// Learns from the events since the last look whether what is remembered still holds. Answers the newest sequence.
fn look_at_events(app: &App) -> i64 {
    let newest = app.db.events().newest();
    let mut memory = app.access.memory();
    while memory.seen < newest {
        // What is no longer in memory, or was written by another server, may have been anything.
        let Some(events) = app.db.events().after(memory.seen) else {
            memory.seen = newest;
            memory.changed = newest;
            break;
        };
        for recorded in events {
            memory.seen = recorded.sequence;
            if matches!(recorded.event, Event::AccessChanged { .. }) {
                memory.changed = recorded.sequence;
            }
        }
    }
    newest
}

impl Memory {
    fn find(&self, digest: &str, now: i64) -> Option<Known> {
        let remembered = self.callers.get(digest)?;
        let fresh = remembered.sequence >= self.changed && (0..REMEMBERED_MS).contains(&(now - remembered.read_at));
        fresh.then(|| remembered.known.clone())
    }

    fn keep(&mut self, digest: &str, remembered: Remembered) {
        if self.callers.len() >= KEPT {
            let now = remembered.read_at;
            self.callers.retain(|_, other| now - other.read_at < REMEMBERED_MS);
            if self.callers.len() >= KEPT {
                self.callers.clear();
            }
        }
        self.callers.insert(digest.to_owned(), remembered);
    }
}

/// Notes the use of a token, beside the request and at most once a minute: a database that is busy must not make readers wait.
fn note_use(app: &App, known: &Known, now: i64) {
    let Some((id, used_at)) = known.token else { return };
    {
        let mut memory = app.access.memory();
        let noted = memory.noted.get(&id).copied().max(used_at);
        if noted.is_some_and(|noted| now - noted < NOTED_EVERY_MS) {
            return;
        }
        if memory.noted.len() >= KEPT {
            memory.noted.clear();
        }
        memory.noted.insert(id, now);
    }
    let app = app.clone();
    tokio::spawn(async move {
        let noted = async {
            let mut tx = app.db.begin("andon").await?;
            tokens::note_use(&mut tx, id).await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            tracing::debug!(%error, token = %id, "the use of a token could not be noted");
        }
    });
}
