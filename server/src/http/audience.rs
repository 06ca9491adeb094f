//! Those who follow what happens, and what they share.

use andon_pipelines::event::Recorded;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// So many followers are told of something within a millisecond, at a fraction of a processor.
const TOLD_PER_MS: usize = 10;
/// Followers are told in so many groups, one after the other.
const GROUPS: usize = 16;
/// How many events are kept as they go out.
const KEPT: usize = 256;

/// Every open stream of events and of logs. Telling one follower costs the machine some hundredths of a millisecond, so a few are told at
/// once, and many let things gather first: otherwise a thousand open pages would be told of each step of a job before its next one is taken.
#[derive(Debug, Default)]
pub struct Audience {
    count: AtomicUsize,
    come: AtomicUsize,
    /// The most recent events, made into text once for all who follow.
    texts: Mutex<BTreeMap<i64, Bytes>>,
}

/// One follower's place; free again when dropped.
#[derive(Debug)]
pub struct Seat {
    audience: Arc<Audience>,
    group: usize,
}

impl Audience {
    #[must_use]
    pub fn enter(self: &Arc<Self>) -> Seat {
        self.count.fetch_add(1, Ordering::SeqCst);
        Seat { audience: Arc::clone(self), group: self.come.fetch_add(1, Ordering::SeqCst) % GROUPS }
    }

    /// The event as a server-sent event: its sequence as the id, its kind, its facts as JSON.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn encode(&self, event: &Recorded) -> serde_json::Result<Bytes> {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = texts.get(&event.sequence) {
            return Ok(text.clone());
        }
        let body = serde_json::to_value(&event.event)?;
        let kind = body["event"].as_str().unwrap_or_default();
        let text = Bytes::from(format!("id: {}\nevent: {kind}\ndata: {}\n\n", event.sequence, serde_json::to_string(event)?));
        texts.insert(event.sequence, text.clone());
        while texts.len() > KEPT {
            texts.pop_first();
        }
        Ok(text)
    }
}

impl Seat {
    /// How long this follower lets things gather once something has happened, in milliseconds: 0 among a few.
    #[must_use]
    pub fn pause_ms(&self) -> i64 {
        let longest = self.audience.count.load(Ordering::SeqCst) / TOLD_PER_MS;
        let pause = longest / 2 + longest * self.group / (2 * GROUPS);
        i64::try_from(pause).unwrap_or(i64::MAX)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.audience.count.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use andon_pipelines::event::Event;

    #[test]
    fn a_few_are_told_at_once_and_a_thousand_one_group_after_the_other() {
        let audience = Arc::new(Audience::default());
        let few: Vec<Seat> = (0..9).map(|_| audience.enter()).collect();
        assert!(few.iter().all(|seat| seat.pause_ms() == 0));
        let many: Vec<Seat> = (9..1_000).map(|_| audience.enter()).collect();
        let mut pauses: Vec<i64> = many.iter().map(Seat::pause_ms).collect();
        pauses.sort_unstable();
        assert_eq!((pauses.first(), pauses.last()), (Some(&50), Some(&96)));
        pauses.dedup();
        assert_eq!(pauses.len(), GROUPS);
        drop(many);
        assert!(few.iter().all(|seat| seat.pause_ms() == 0));
    }

    #[test]
    fn an_event_is_made_into_text_once() -> serde_json::Result<()> {
        let audience = Audience::default();
        let event = |sequence| Recorded {
            sequence,
            at: 5,
            workspace: None,
            actor: "andon".to_owned(),
            event: Event::AccessChanged { what: "test".to_owned() },
        };
        let text = audience.encode(&event(7))?;
        let shown = String::from_utf8_lossy(&text).into_owned();
        assert!(shown.starts_with("id: 7\nevent: access-changed\ndata: {"), "{shown}");
        assert!(shown.ends_with("}\n\n") && shown.lines().count() == 4, "{shown}");
        assert_eq!(audience.encode(&event(7))?.as_ptr(), text.as_ptr());
        for sequence in 8..8 + 300 {
            audience.encode(&event(sequence))?;
        }
        assert_ne!(audience.encode(&event(7))?.as_ptr(), text.as_ptr(), "the oldest are forgotten");
        Ok(())
    }
}
