//! What a run vouches for.

use super::hashing::IdMap;
use crate::ids::{ResourceId, VersionId};

/// Resource → version, for every resource that a run consumed, made, or inherited from the runs upstream of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage {
    /// Sorted by resource.
    entries: Box<[LineageEntry]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineageEntry {
    pub resource: ResourceId,
    pub version: VersionId,
    /// How many runs away: 0 for what the run itself made or consumed.
    pub distance: u32,
}

impl Lineage {
    /// The version of `resource` that the run vouches for.
    #[must_use]
    pub fn find(&self, resource: ResourceId) -> Option<VersionId> {
        let index = self.entries.binary_search_by_key(&resource, |entry| entry.resource).ok()?;
        Some(self.entries[index].version)
    }

    /// All entries, sorted by resource.
    #[must_use]
    pub fn entries(&self) -> &[LineageEntry] {
        &self.entries
    }

    /// Whether the run vouches for exactly this version.
    pub(super) fn contains(&self, resource: ResourceId, version: VersionId) -> bool {
        self.find(resource) == Some(version)
    }
}

/// Gathers a lineage. What is put in first stands against what comes later from the same distance.
#[derive(Debug, Default)]
pub(super) struct LineageBuilder {
    entries: IdMap<ResourceId, LineageEntry>,
}

impl LineageBuilder {
    pub(super) fn put(&mut self, entry: LineageEntry) {
        let standing = self.entries.entry(entry.resource).or_insert(entry);
        if entry.distance < standing.distance {
            *standing = entry;
        }
    }

    /// Takes over everything that an upstream run vouches for, one run further away.
    pub(super) fn inherit(&mut self, upstream: &Lineage) {
        for entry in upstream.entries() {
            self.put(LineageEntry { distance: entry.distance.saturating_add(1), ..*entry });
        }
    }

    pub(super) fn build(self) -> Lineage {
        let mut entries: Vec<LineageEntry> = self.entries.into_values().collect();
        entries.sort_unstable_by_key(|entry| entry.resource);
        Lineage { entries: entries.into_boxed_slice() }
    }
}
