//! A transaction: everything in it happens, with its events, or nothing.

use super::connection::Inner as ConnectionInner;
use super::listen::Word;
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
    acts: Vec<(Option<WorkspaceId>, Act)>,
    /// Where the request comes from for which this is done.
    origin: Option<Arc<Origin>>,
    at: i64,
    actor: String,
    random: Random,
}

/// An event to be written, and its words in the audit trail where they are not those of its kind.
#[derive(Debug)]
struct Emitted {
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
            let word = recorded.first().zip(recorded.last()).map(|(first, last)| Word::new(first.sequence, last.sequence, &self.name));
            let committed = self.lent.commit(word.map(|word| word.to_string())).await;
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
    pub(super) fn new(inner: Inner, at: i64, actor: String, random: Random) -> Self {
        Self { inner, events: Vec::new(), acts: Vec::new(), origin: Origin::current(), at, actor, random }
    }

    /// The time of everything in this transaction, milliseconds since 1970 UTC.
    #[must_use]
    pub fn at(&self) -> i64 {
        self.at
    }

    /// Who does it.
    #[must_use]
    pub fn actor(&self) -> &str {
        &self.actor
    }

    /// Goes on in this name, where only the transaction finds out who it is. Holds for everything in it.
    pub fn act_as(&mut self, actor: String) {
        self.actor = actor;
    }

    /// A new identifier.
    #[must_use]
    pub fn new_id<T: From<uuid::Uuid>>(&self) -> T {
        self.random.new_id()
    }

    /// Says what happened; written at the commit.
    pub fn emit(&mut self, workspace: Option<WorkspaceId>, event: Event) {
        self.events.push(Emitted { workspace, event, act: None, called: None });
    }

    /// The same about something that people call `called`, which need not be looked up then.
    pub fn emit_called(&mut self, workspace: Option<WorkspaceId>, event: Event, called: String) {
        self.events.push(Emitted { workspace, event, act: None, called: Some(called) });
    }

    /// The same, with its own words in the audit trail.
    pub fn emit_as(&mut self, workspace: Option<WorkspaceId>, event: Event, act: Act) {
        self.events.push(Emitted { workspace, event, act: Some(act), called: None });
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
        self.acts.push((workspace, act));
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
        let acts = self.take_acts();
        if !acts.is_empty() {
            let (origin, actor) = (self.origin.clone(), self.actor.clone());
            let common = audit::Common { at: self.at, actor: &actor, origin: origin.as_deref() };
            audit::append(&mut self.connection(), common, acts).await?;
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
    fn take_acts(&mut self) -> Vec<(Option<WorkspaceId>, Act)> {
        let counts = self.origin.as_ref().is_some_and(|origin| origin.counts(&self.actor));
        let mut acts = std::mem::take(&mut self.acts);
        if !counts {
            acts.retain(|(_, act)| act.actor.is_some());
            return acts;
        }
        for emitted in &mut self.events {
            acts.extend(emitted.take_act().map(|act| (emitted.workspace, act)));
        }
        if let (true, Some(first)) = (acts.is_empty(), self.events.first()) {
            acts.push((first.workspace, describe_bare(&first.event)));
        }
        acts
    }

    async fn record_events(&mut self) -> Result<Vec<Recorded>> {
        if self.events.is_empty() {
            return Ok(Vec::new());
        }
        let events = std::mem::take(&mut self.events);
        let rows = events.iter().map(|emitted| event_row(emitted.workspace, &emitted.event)).collect::<Result<Vec<_>>>()?;
        let first = self.insert_events(rows).await?;
        let recorded = (first..).zip(events).map(|(sequence, Emitted { workspace, event, .. })| Recorded {
            sequence,
            at: self.at,
            workspace,
            actor: self.actor.clone(),
            event,
        });
        Ok(recorded.collect())
    }

    /// Answers the first of their sequences.
    async fn insert_events(&mut self, rows: Vec<[Value; 3]>) -> Result<i64> {
        if let Inner::Postgres(tx) = &mut self.inner
            && let Some(first) = tx.lent.session().insert_events((self.at, &self.actor), &rows).await?
        {
            return Ok(first);
        }
        let first = self.take_numbers("events", i64::try_from(rows.len()).unwrap_or(i64::MAX)).await?;
        let (at, actor) = (self.at, &self.actor);
        let whole =
            |(sequence, [workspace, kind, body]): (i64, [Value; 3])| vec![sequence.into(), at.into(), workspace, actor.into(), kind, body];
        let rows = (first..).zip(rows).map(whole).collect();
        self.connection().insert_many("INSERT INTO events (sequence, at, workspace_id, actor, kind, body) VALUES", rows, "").await?;
        Ok(first)
    }
}

/// Workspace, kind, body.
fn event_row(workspace: Option<WorkspaceId>, event: &Event) -> Result<[Value; 3]> {
    let body = serde_json::to_value(event).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    let kind = body.get("event").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    Ok([workspace.into(), kind.into(), body.to_string().into()])
}
