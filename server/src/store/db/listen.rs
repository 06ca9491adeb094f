//! What servers on one PostgreSQL database say to each other: which events each has just committed.

use super::EventLog;
use super::connect::Engine;
use crate::clock::Clock;
use crate::store::{Result, StoreError, events};
use sqlx::postgres::{PgListener, PgNotification};
use std::sync::{Arc, Weak};

/// At most so many events are read for those who follow; more are left to them.
const MOST: i64 = 1_000;

/// `FIRST LAST NAME`: the events from the first to the last, and the process that wrote them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    first: i64,
    last: i64,
    name: String,
}

impl Word {
    /// The same as an expression of SQL, of the expressions for its three parts.
    pub(super) fn sql(first: &str, last: &str, name: &str) -> String {
        format!("{first} || ' ' || {last} || ' ' || {name}::text")
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(' ');
        let mut part = || parts.next();
        Some(Self { first: part()?.parse().ok()?, last: part()?.parse().ok()?, name: part()?.to_owned() })
    }
}

/// One process that listens.
pub(super) struct Words {
    pub url: String,
    /// Its own; what it said itself it knows.
    pub name: Arc<str>,
    pub events: Arc<EventLog>,
    pub engine: Weak<Engine>,
}

impl Words {
    /// Hears what other servers on the same database commit. A connection that breaks is made anew; what was missed meanwhile is found by
    /// the engine's tick.
    pub(super) async fn hear_always(self, clock: Arc<dyn Clock>) {
        while self.engine.strong_count() > 0 {
            if let Err(error) = self.hear().await {
                tracing::warn!(%error, "the database's notifications are interrupted; listening again in a second");
            }
            clock.sleep_until(clock.now_ms() + 1_000).await;
        }
    }

    async fn hear(&self) -> Result<()> {
        let mut listener = PgListener::connect(&self.url).await?;
        listener.listen("andon_events").await?;
        loop {
            let mut heard = self.of_others(&listener.recv().await?);
            // What has come by now is read together.
            while let Some(next) = listener.next_buffered() {
                heard = match (heard, self.of_others(&next)) {
                    (Some((first, last)), Some((other_first, other_last))) => Some((first.min(other_first), last.max(other_last))),
                    (one, other) => one.or(other),
                };
            }
            if let Some((first, last)) = heard {
                self.make_known(first, last).await?;
            }
        }
    }

    /// The first and the last of what another process has committed.
    fn of_others(&self, notification: &PgNotification) -> Option<(i64, i64)> {
        let word = Word::parse(notification.payload())?;
        (*word.name != *self.name).then_some((word.first, word.last))
    }

    /// Reads the events once for everybody here who follows.
    async fn make_known(&self, first: i64, last: i64) -> Result<()> {
        let Some(engine) = self.engine.upgrade() else { return Ok(()) };
        if last - first < MOST {
            let read = async {
                let mut reader = engine.read().await?;
                events::list_between(&mut reader.connection(), first, last).await
            };
            match read.await {
                Ok(found) => self.events.publish(found),
                Err(error @ StoreError::Unavailable(_)) => return Err(error),
                Err(error) => tracing::warn!(%error, "events of another server cannot be read at once"),
            }
        }
        self.events.announce(last);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_says_what_it_was_made_of() {
        assert_eq!(Word::sql("MIN(a)", "MAX(a)", "$3"), "MIN(a) || ' ' || MAX(a) || ' ' || $3::text");
        assert_eq!(Word::parse("12 15 c0ffee"), Some(Word { first: 12, last: 15, name: "c0ffee".to_owned() }));
        assert_eq!(Word::parse("12"), None);
        assert_eq!(Word::parse("a b c"), None);
    }
}
