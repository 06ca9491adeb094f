//! How many slots are free.

use super::facts::SlotKey;
use super::line::Line;
use crate::ids::{JobId, WorkspaceId};

impl Line {
    /// The jobs of a workspace that share a group's slots, as `(pipeline, job, limit)`, in order.
    #[must_use]
    pub fn list_group(&self, workspace: WorkspaceId, group: &str) -> Vec<(&str, &str, u32)> {
        let key = SlotKey::Group(workspace, group.to_owned());
        let sharing = self.jobs.values().filter_map(|job| Some((job, job.limit.as_ref().filter(|(_, other)| *other == key)?.0)));
        let mut sharing: Vec<_> = sharing
            .filter_map(|(job, limit)| Some((self.pipelines.get(&job.pipeline)?.document.pipeline.as_str(), job.name.as_str(), limit)))
            .collect();
        sharing.sort_unstable();
        sharing
    }

    /// The slots that a job needs one of, and how many of them are free once everybody who waits already has one. `None` without a limit.
    #[must_use]
    pub fn free_slots(&self, job: JobId) -> Option<(SlotKey, usize)> {
        let (_, key) = self.jobs.get(&job)?.limit.as_ref()?;
        let limit = self.slot_limit(key)?;
        let taken = self.slots.occupied(key) + self.list_ready(key).len();
        Some((key.clone(), limit.saturating_sub(taken)))
    }
}
