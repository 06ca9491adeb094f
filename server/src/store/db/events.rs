//! The event stream in this process: the newest sequence, and the most recent events for those who follow.

use andon_pipelines::event::Recorded;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// How many recent events are kept in memory; who is further behind reads the store.
const KEPT: usize = 4_096;

/// Recent events and a wake-up. Waking is an optimisation: what is missing here is in the store.
#[derive(Debug)]
pub struct EventLog {
    recent: Mutex<BTreeMap<i64, Arc<Recorded>>>,
    newest: watch::Sender<i64>,
    /// How often an event was made known after a newer one.
    late: AtomicU64,
}

impl EventLog {
    pub(super) fn new(newest: i64) -> Self {
        Self { recent: Mutex::new(BTreeMap::new()), newest: watch::Sender::new(newest), late: AtomicU64::new(0) }
    }

    /// Makes committed events known.
    pub(super) fn publish(&self, events: impl IntoIterator<Item = Recorded>) {
        let (mut newest, mut any_is_new) = (0, false);
        {
            let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
            for event in events {
                newest = newest.max(event.sequence);
                any_is_new |= recent.insert(event.sequence, Arc::new(event)).is_none();
            }
            while recent.len() > KEPT {
                recent.pop_first();
            }
        }
        if !any_is_new {
            return;
        }
        // Commits of other connections may be made known in another order: an older event that fills a gap wakes too.
        if newest < *self.newest.borrow() {
            self.late.fetch_add(1, Ordering::SeqCst);
        }
        self.newest.send_modify(|known| *known = newest.max(*known));
    }

    /// Makes known that events up to `newest` are in the store (written by another server, perhaps).
    pub(super) fn announce(&self, newest: i64) {
        self.newest.send_if_modified(|known| {
            let newer = newest > *known;
            if newer {
                *known = newest;
            }
            newer
        });
    }

    /// The newest sequence; changes wake.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<i64> {
        self.newest.subscribe()
    }

    /// Whether a wake-up tells nothing new to who has seen everything up to `seen`, and has counted `late` late events: several wake-ups may
    /// come for what one look finds.
    pub fn has_nothing_after(&self, seen: i64, late: &mut u64) -> bool {
        let known = self.late.load(Ordering::SeqCst);
        let nothing = self.newest() <= seen && known == *late;
        *late = known;
        nothing
    }

    /// The newest sequence known here.
    #[must_use]
    pub fn newest(&self) -> i64 {
        *self.newest.borrow()
    }

    /// The events right after `sequence`, as far as they are in memory without a gap; `None` when the next one is not in memory.
    #[must_use]
    pub fn after(&self, sequence: i64) -> Option<Vec<Arc<Recorded>>> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let found: Vec<_> = (sequence + 1..)
            .zip(recent.range(sequence + 1..))
            .take_while(|(expected, (number, _))| expected == *number)
            .map(|(_, (_, event))| Arc::clone(event))
            .collect();
        (!found.is_empty()).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use andon_pipelines::event::Event;

    fn recorded(sequence: i64) -> Recorded {
        let event = Event::AccessChanged { what: "test".to_owned() };
        Recorded { sequence, at: 0, workspace: None, actor: "andon".to_owned(), event }
    }

    fn numbers(log: &EventLog, after: i64) -> Option<Vec<i64>> {
        Some(log.after(after)?.iter().map(|event| event.sequence).collect())
    }

    #[test]
    fn an_event_that_fills_a_gap_wakes_and_shows_what_stood_behind_it() {
        let log = EventLog::new(9);
        let mut newest = log.watch();
        log.publish([recorded(10), recorded(12)]);
        assert!(newest.has_changed().unwrap());
        newest.borrow_and_update();
        assert_eq!(numbers(&log, 9), Some(vec![10]));
        assert_eq!(numbers(&log, 10), None);
        log.publish([recorded(11)]);
        assert!(newest.has_changed().unwrap());
        assert_eq!(*newest.borrow_and_update(), 12);
        assert_eq!(numbers(&log, 10), Some(vec![11, 12]));
    }

    #[test]
    fn a_wake_up_for_what_was_seen_tells_nothing_and_one_for_a_late_event_does() {
        let (log, mut late) = (EventLog::new(9), 0);
        log.publish([recorded(10)]);
        assert!(!log.has_nothing_after(9, &mut late));
        assert!(log.has_nothing_after(10, &mut late));
        log.publish([recorded(12)]);
        assert!(log.has_nothing_after(12, &mut late));
        log.publish([recorded(11)]);
        assert!(!log.has_nothing_after(12, &mut late));
        assert!(log.has_nothing_after(12, &mut late));
    }
}
