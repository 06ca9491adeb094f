//! Who occupies the slots of a concurrency limit, and who waits for one.

use super::facts::SlotKey;
use crate::ids::JobRunId;
use std::collections::{BTreeMap, HashMap};

/// Occupied and awaited slots, by key.
#[derive(Clone, Debug, Default)]
pub(super) struct Slots {
    occupied: HashMap<SlotKey, BTreeMap<i64, JobRunId>>,
    waiting: HashMap<SlotKey, BTreeMap<i64, JobRunId>>,
}

impl Slots {
    pub(super) fn occupied(&self, key: &SlotKey) -> usize {
        self.occupied.get(key).map_or(0, BTreeMap::len)
    }

    /// Those who have a slot, oldest first.
    pub(super) fn occupants(&self, key: &SlotKey) -> impl Iterator<Item = JobRunId> {
        self.occupied.get(key).into_iter().flat_map(|occupied| occupied.values().copied())
    }

    /// Those who wait, oldest first.
    pub(super) fn waiting(&self, key: &SlotKey) -> impl Iterator<Item = JobRunId> {
        self.waiting.get(key).into_iter().flat_map(|waiting| waiting.values().copied())
    }

    pub(super) fn wait(&mut self, key: SlotKey, sequence: i64, job_run: JobRunId) {
        self.waiting.entry(key).or_default().insert(sequence, job_run);
    }

    pub(super) fn occupy(&mut self, key: SlotKey, sequence: i64, job_run: JobRunId) {
        self.stop_waiting(&key, sequence);
        self.occupied.entry(key).or_default().insert(sequence, job_run);
    }

    pub(super) fn release(&mut self, key: &SlotKey, sequence: i64) {
        self.stop_waiting(key, sequence);
        if let Some(occupied) = self.occupied.get_mut(key) {
            occupied.remove(&sequence);
            if occupied.is_empty() {
                self.occupied.remove(key);
            }
        }
    }

    fn stop_waiting(&mut self, key: &SlotKey, sequence: i64) {
        if let Some(waiting) = self.waiting.get_mut(key) {
            waiting.remove(&sequence);
            if waiting.is_empty() {
                self.waiting.remove(key);
            }
        }
    }
}
