//! What a run vouches for.

use crate::ids::{ResourceId, VersionId};
use std::sync::Arc;

/// Resource → version, for every resource that a run consumed, made, or inherited from the runs upstream of it.
///
/// Most runs of one wave vouch for the same versions, and hold them in memory together: a history costs what was made in
/// it, not that times the length of the line. How far away each version is differs from run to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage {
    /// Sorted by resource.
    entries: Arc<[LineageEntry]>,
    /// For each entry how many runs away it is: 0 for what the run itself made or consumed.
    distances: Box<[u32]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineageEntry {
    pub resource: ResourceId,
    pub version: VersionId,
}

impl Lineage {
    /// What a run vouches for that has these of its own and inherits from those upstream. What is nearer stands; of equally
    /// near ones that which is named first, its own before what it inherits.
    pub(super) fn gather(own: Vec<LineageEntry>, upstream: &[&Self]) -> Self {
        Self::share(&own, upstream).unwrap_or_else(|| Self::merge(own, upstream))
    }

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

    /// Where all upstream runs share their versions, and the run's own are among these.
    fn share(own: &[LineageEntry], upstream: &[&Self]) -> Option<Self> {
        let (first, others) = upstream.split_first()?;
        if !others.iter().all(|other| Arc::ptr_eq(&other.entries, &first.entries)) {
            return None;
        }
        let place = |entry: &LineageEntry| {
            let index = first.entries.binary_search_by_key(&entry.resource, |standing| standing.resource).ok()?;
            (first.entries[index] == *entry).then_some(index)
        };
        let own: Vec<usize> = own.iter().map(place).collect::<Option<_>>()?;
        let mut distances: Box<[u32]> = first.distances.iter().map(|distance| distance.saturating_add(1)).collect();
        for other in others {
            for (nearest, distance) in distances.iter_mut().zip(&other.distances) {
                *nearest = (*nearest).min(distance.saturating_add(1));
            }
        }
        own.into_iter().for_each(|index| distances[index] = 0);
        Some(Self { entries: Arc::clone(&first.entries), distances })
    }

    fn merge(own: Vec<LineageEntry>, upstream: &[&Self]) -> Self {
        let mut all: Vec<(LineageEntry, u32)> = own.into_iter().map(|entry| (entry, 0)).collect();
        for lineage in upstream {
            let further = lineage.distances.iter().map(|distance| distance.saturating_add(1));
            all.extend(lineage.entries.iter().copied().zip(further));
        }
        // Stable, so that what was named first stays first. Lists that are sorted already are only merged.
        all.sort_by_key(|(entry, distance)| (entry.resource, *distance));
        all.dedup_by_key(|(entry, _)| entry.resource);
        let is_same = |lineage: &&&Self| {
            lineage.entries.len() == all.len() && lineage.entries.iter().zip(&all).all(|(standing, (entry, _))| standing == entry)
        };
        let entries = match upstream.iter().find(is_same) {
            Some(lineage) => Arc::clone(&lineage.entries),
            None => all.iter().map(|(entry, _)| *entry).collect(),
        };
        Self { entries, distances: all.into_iter().map(|(_, distance)| distance).collect() }
    }
}
