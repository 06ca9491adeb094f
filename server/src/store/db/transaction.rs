//! A transaction: everything in it happens, with its events, or nothing.

use super::connection::Inner as ConnectionInner;
use super::writer::Turn;
use super::{Connection, EventLog, Taking, Value, postgres, value::values};
use crate::audit::{Act, Described, Origin, describe, describe_bare};
use crate::clock::Random;
use crate::store::people::audit;
use crate::store::{Result, StoreError};
use andon_pipelines::event::{Event, Recorded};
use andon_pipelines::ids::WorkspaceId;
use std::ops::Range;
use std::sync::Arc;

/// An open transaction. Dropping it takes everything back.
#[derive(Debug)]
pub struct Tx {
    inner: Inner,
    events: Vec<Emitted>,
    /// Acts that no event stands for.
    acts: Vec<Done>,
    at: i64,
    author: Arc<Author>,
    random: Random,
}

/// Who does something, and where the request comes from for which it is done.
#[derive(Debug)]
pub struct Author {
    actor: String,
    origin: Option<Arc<Origin>>,
}

impl Author {
    /// Somebody who does what the present request asks for.
    #[must_use]
    pub fn here(actor: &str) -> Arc<Self> {
        Arc::new(Self { actor: actor.to_owned(), origin: Origin::current() })
    }

    /// The server, of its own accord.
    #[must_use]
    pub fn server() -> Arc<Self> {
        Arc::new(Self { actor: "andon".to_owned(), origin: None })
    }

    /// Whether what they do is somebody's act.
    fn counts(&self) -> bool {
        self.origin.as_ref().is_some_and(|origin| origin.counts(&self.actor))
    }
}

/// Something that was done, for the audit trail.
#[derive(Debug)]
struct Done {
    author: Arc<Author>,
    workspace: Option<WorkspaceId>,
    act: Act,
}

/// An event to be written, and its words in the audit trail where they are not those of its kind.
#[derive(Debug)]
struct Emitted {
    author: Arc<Author>,
    workspace: Option<WorkspaceId>,
    event: Event,
    act: Option<Act>,
    /// How people call what it is about, where that is known.
    called: Option<String>,
}

impl Emitted {
    /// What the audit trail says of it, if somebody did it.
    fn take_act(&mut self) -> Option<Act> {
        let mut act = self.act.take().or_else(|| match describe(&self.event) {
            Described::Act(act) => Some(act),
            Described::Consequence => None,
        })?;
        act.object.name = act.object.name.take().or_else(|| self.called.clone());
        Some(act)
    }
}

#[derive(Debug)]
pub(super) enum Inner {
    Sqlite(Turn),
    Postgres(PostgresTx),
}

#[derive(Debug)]
pub(super) struct PostgresTx {
    pub lent: postgres::Lent,
    pub log: Arc<EventLog>,
    /// Of this process.
    pub name: Arc<str>,
}

impl PostgresTx {
    /// Returns when it is on disk. Once begun it ends, even if who asked for it has gone: what is on disk is made known in this process.
    async fn commit(self, recorded: Vec<Recorded>) -> Result<()> {
        let ending = tokio::spawn(async move {
            let committed = self.lent.commit().await;
            match (&committed, recorded.last()) {
                (Ok(()), _) => self.log.publish(recorded),
                // It may be on disk all the same: whoever looks finds out.
                (Err(_), Some(last)) => self.log.announce(last.sequence),
                (Err(_), None) => {}
            }
            committed
        });
        ending.await.unwrap_or_else(|error| Err(StoreError::Unavailable(error.to_string())))
    }
}

impl Tx {
    pub(super) fn new(inner: Inner, at: i64, author: Arc<Author>, random: Random) -> Self {
        Self { inner, events: Vec::new(), acts: Vec::new(), at, author, random }
    }

    /// The time of everything in this transaction, milliseconds since 1970 UTC.
    #[must_use]
    pub fn at(&self) -> i64 {
        self.at
    }

    /// Who does it.
    #[must_use]
    pub fn actor(&self) -> &str {
        &self.author.actor
    }

    /// Goes on in this name, where only the transaction finds out who it is. Holds for everything in it.
    pub fn act_as(&mut self, actor: String) {
        self.go_on_for(Arc::new(Author { actor, origin: self.author.origin.clone() }));
        self.events.iter_mut().for_each(|emitted| emitted.author = Arc::clone(&self.author));
        self.acts.iter_mut().for_each(|done| done.author = Arc::clone(&self.author));
    }

    /// What is done from here on, somebody else does.
    pub fn go_on_for(&mut self, author: Arc<Author>) {
        self.author = author;
    }

    /// A new identifier.
    #[must_use]
    pub fn new_id<T: From<uuid::Uuid>>(&self) -> T {
        self.random.new_id()
    }

    /// Says what happened; written at the commit.
    pub fn emit(&mut self, workspace: Option<WorkspaceId>, event: Event) {
        self.events.push(Emitted { workspace, event, act: None, called: None, author: Arc::clone(&self.author) });
    }

    /// The same about something that people call `called`, which need not be looked up then.
    pub fn emit_called(&mut self, workspace: Option<WorkspaceId>, event: Event, called: String) {
        self.events.push(Emitted { workspace, event, act: None, called: Some(called), author: Arc::clone(&self.author) });
    }

    /// The same, with its own words in the audit trail.
    pub fn emit_as(&mut self, workspace: Option<WorkspaceId>, event: Event, act: Act) {
        self.events.push(Emitted { workspace, event, act: Some(act), called: None, author: Arc::clone(&self.author) });
    }

    /// Says for the audit trail what stood before and what stands after what the last event tells; `null` leaves what its kind says. Secrets have
    /// no place here.
    pub fn note(&mut self, before: serde_json::Value, after: serde_json::Value) {
        let Some(last) = self.events.last_mut() else { return };
        let mut act = last.take_act().unwrap_or_else(|| describe_bare(&last.event));
        if !before.is_null() {
            act.before = before;
        }
        if !after.is_null() {
            act.after = after;
        }
        last.act = Some(act);
    }

    /// Adds an act that no event stands for to the audit trail. It is kept where it comes from a person's request, or names who did it.
    pub fn record(&mut self, workspace: Option<WorkspaceId>, act: Act) {
        self.acts.push(Done { author: Arc::clone(&self.author), workspace, act });
    }

    /// What the transaction has said so far, from the event of this number on, counted from 0.
    pub fn events_from(&self, first: usize) -> impl Iterator<Item = &Event> {
        self.events.iter().skip(first).map(|emitted| &emitted.event)
    }

    /// The connection inside.
    pub fn connection(&mut self) -> Connection<'_> {
        Connection(match &mut self.inner {
            Inner::Sqlite(turn) => ConnectionInner::Sqlite(turn.connection()),
            Inner::Postgres(tx) => ConnectionInner::Postgres(tx.lent.session()),
        })
    }

    /// Takes the next `count` numbers of a counter; answers the first of them.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn take_numbers(&mut self, counter: &'static str, count: i64) -> Result<i64> {
        Ok(self.connection().take(vec![Self::taking(counter, count)]).await?.get::<i64>("value")? - count + 1)
    }

    /// Takes the next `count` numbers of a counter, of which the last is its `value` then.
    #[must_use]
    pub fn taking(counter: &'static str, count: i64) -> Taking {
        let sql = "UPDATE counters SET value = value + $1 WHERE name = $2 RETURNING value";
        Taking { what: "the counter", sql, columns: &["value"], values: values![count, counter] }
    }

    /// Writes the rows of the audit trail and the events, and commits; returns when all of it is on disk.
    ///
    /// # Errors
    /// When the database refuses; then nothing of the transaction has happened.
    pub async fn commit(self) -> Result<()> {
        self.commit_numbered().await.map(drop)
    }

    /// The same; answers the sequences of its events.
    ///
    /// # Errors
    /// When the database refuses; then nothing of the transaction has happened.
    pub async fn commit_numbered(mut self) -> Result<Range<i64>> {
        let done = self.take_done();
        if !done.is_empty() {
            let at = self.at;
            let signed = done.into_iter().map(|Done { author, workspace, act }| {
                let signature = audit::Signature { at, actor: author.actor.clone(), origin: author.origin.clone(), workspace };
                (signature, act)
            });
            audit::append(&mut self.connection(), signed.collect()).await?;
        }
        let recorded = self.record_events().await?;
        let numbers = recorded.first().map_or(0..0, |first| first.sequence..first.sequence + recorded.len() as i64);
        match self.inner {
            Inner::Sqlite(turn) => turn.commit(recorded).await.map(|()| numbers),
            Inner::Postgres(tx) => tx.commit(recorded).await.map(|()| numbers),
        }
    }

    /// Takes everything back, now rather than at some time after the drop.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn rollback(self) -> Result<()> {
        match self.inner {
            Inner::Sqlite(turn) => {
                drop(turn);
                Ok(())
            }
            Inner::Postgres(tx) => tx.lent.rollback().await,
        }
    }

    /// What of this belongs in the audit trail: everything that somebody did, and never nothing of what they changed.
    fn take_done(&mut self) -> Vec<Done> {
        let mut all = std::mem::take(&mut self.acts);
        all.retain(|done| done.author.counts() || done.act.actor.is_some());
        for emitted in &mut self.events {
            let act = if emitted.author.counts() { emitted.take_act() } else { None };
            let done = |act| Done { author: Arc::clone(&emitted.author), workspace: emitted.workspace, act };
            all.extend(act.map(done));
        }
        for emitted in &self.events {
            let is_known = |done: &Done| Arc::ptr_eq(&done.author, &emitted.author);
            if emitted.author.counts() && !all.iter().any(is_known) {
                let (author, workspace) = (Arc::clone(&emitted.author), emitted.workspace);
                all.push(Done { author, workspace, act: describe_bare(&emitted.event) });
            }
        }
        all
    }

    async fn record_events(&mut self) -> Result<Vec<Recorded>> {
        if self.events.is_empty() {
            return Ok(Vec::new());
        }
        let events = std::mem::take(&mut self.events);
        let rows = events.iter().map(event_row).collect::<Result<Vec<_>>>()?;
        let first = self.insert_events(rows).await?;
        let recorded = (first..).zip(events).map(|(sequence, Emitted { author, workspace, event, .. })| Recorded {
            sequence,
            at: self.at,
            workspace,
            actor: author.actor.clone(),
            event,
        });
        Ok(recorded.collect())
    }

    /// Answers the first of their sequences.
    async fn insert_events(&mut self, rows: Vec<[Value; 4]>) -> Result<i64> {
        let at = self.at;
        if let Inner::Postgres(tx) = &mut self.inner {
            return tx.lent.session().insert_events((at, &tx.name), rows).await;
        }
        let first = self.take_numbers("events", i64::try_from(rows.len()).unwrap_or(i64::MAX)).await?;
        let whole =
            |(sequence, [workspace, actor, kind, body]): (i64, [Value; 4])| vec![sequence.into(), at.into(), workspace, actor, kind, body];
        let rows = (first..).zip(rows).map(whole).collect();
        self.connection().insert_many("INSERT INTO events (sequence, at, workspace_id, actor, kind, body) VALUES", rows, "").await?;
        Ok(first)
    }
}

/// Workspace, actor, kind, body.
fn event_row(emitted: &Emitted) -> Result<[Value; 4]> {
    let body = serde_json::to_value(&emitted.event).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    let kind = body.get("event").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    Ok([emitted.workspace.into(), emitted.author.actor.as_str().into(), kind.into(), body.to_string().into()])
}
