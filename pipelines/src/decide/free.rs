//! How many slots are free.

use super::facts::SlotKey;
use super::line::Line;
use crate::ids::JobId;

impl Line {
    /// The slots that a job needs one of, and how many of them are free once everybody who waits already has one. `None` without a limit.
    #[must_use]
    pub fn free_slots(&self, job: JobId) -> Option<(SlotKey, usize)> {
        let (_, key) = self.jobs.get(&job)?.limit.as_ref()?;
        let limit = self.slot_limit(key)?;
        let taken = self.slots.occupied(key) + self.slots.waiting(key).count();
        Some((key.clone(), limit.saturating_sub(taken)))
    }
}
