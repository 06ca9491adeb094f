//! What a run vouches for: resource → version, for every resource that it consumed, made, or inherited from the runs upstream of it.
//!
//! Most runs of one wave vouch for the same versions, and hold them in memory together: a history costs what was made in
//! it, not that times the length of the line. How far away each version is differs from job to job, and hardly from run to run.

use super::index::History;
use super::number::{ListNo, Number, Numbering, ResourceNo, RunNo, VersionNo};
use crate::ids::{JobRunId, ResourceId, VersionId};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineageEntry {
    pub resource: ResourceId,
    pub version: VersionId,
}

/// As the history keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) resource: ResourceNo,
    pub(super) version: VersionNo,
}

/// What one run vouches for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lineage<'a> {
    /// Sorted by the identifier of the resource.
    entries: &'a [Entry],
    resources: &'a Numbering<ResourceId, ResourceNo>,
}

/// A lineage of few entries is gone through from its beginning.
const FEW: usize = 16;

impl<'a> Lineage<'a> {
    pub(super) const fn entries(self) -> &'a [Entry] {
        self.entries
    }

    fn place(self, resource: ResourceNo) -> Option<usize> {
        if self.entries.len() <= FEW {
            return self.entries.iter().position(|entry| entry.resource == resource);
        }
        if resource == ResourceNo::NONE {
            return None;
        }
        self.entries.binary_search_by_key(&self.resources.id(resource), |entry| self.resources.id(entry.resource)).ok()
    }

    /// The version of `resource` that the run vouches for.
    pub(super) fn find(self, resource: ResourceNo) -> Option<VersionNo> {
        self.place(resource).map(|place| self.entries[place].version)
    }

    fn contains(self, resource: ResourceNo, version: VersionNo) -> bool {
        self.find(resource) == Some(version)
    }
}

impl History {
    /// What an ended run vouches for; empty while it is active. `None` for a run that is not known.
    pub(super) fn lineage_of(&self, run: RunNo) -> Option<Lineage<'_>> {
        let record = self.runs.get(run);
        self.runs.is_known(run).then(|| Lineage { entries: self.lineages.get(record.lineage), resources: &self.resource_numbers })
    }

    /// Notes what the run vouches for: its own, then what it inherits; what is nearer stands, and of two equally near upstream runs the newer
    /// one's.
    pub(super) fn trace(&mut self, run: RunNo) {
        let mut outputs: Vec<VersionNo> = self.runs.outputs(run).filter(|version| self.versions.is_known(*version)).collect();
        outputs.sort_unstable_by_key(|version| std::cmp::Reverse(self.versions.order(*version)));
        let inputs = self.runs.inputs(run).map(|(_, version)| version);
        let named = outputs.into_iter().chain(inputs);
        let entry = |version: VersionNo| Some(Entry { resource: self.versions.find(version)?.resource, version });
        let mut own: Vec<Entry> = named.filter_map(entry).collect();
        own.sort_by_key(|entry| self.resource_numbers.id(entry.resource));
        own.dedup_by_key(|entry| entry.resource);
        let upstream = self.list_vouching_upstream(run);
        let (entries, distances) = match self.share(&own, &upstream) {
            Some(distances) => (self.lineages.hold(self.runs.get(upstream[0]).lineage), distances),
            None => self.merge(&own, &upstream),
        };
        let job = &mut self.jobs[self.runs.get(run).job.place()];
        if self.distances.get(job.last_distances) != distances {
            self.distances.let_go(job.last_distances);
            job.last_distances = self.distances.put(distances.into());
        }
        let distances = self.distances.hold(job.last_distances);
        let record = self.runs.get_mut(run);
        (record.lineage, record.distances) = (entries, distances);
    }

    /// The run vouches for nothing any more.
    pub(super) fn forget_lineage(&mut self, run: RunNo) {
        let record = self.runs.get_mut(run);
        let (entries, distances) = (record.lineage, record.distances);
        (record.lineage, record.distances) = (ListNo::NONE, ListNo::NONE);
        self.lineages.let_go(entries);
        self.distances.let_go(distances);
    }

    /// The runs that it follows, and the newest makers of those inputs that none of them vouches for; newest first.
    fn list_vouching_upstream(&self, run: RunNo) -> Vec<RunNo> {
        let mut upstream: Vec<RunNo> = self.runs.follows(run).filter(|upstream| self.runs.is_known(*upstream)).collect();
        let followed = upstream.len();
        let sequence = self.runs.get(run).sequence;
        for (_, version) in self.runs.inputs(run) {
            let Some(record) = self.versions.find(version) else { continue };
            let is_there = |run: &RunNo| self.lineage_of(*run).is_some_and(|lineage| lineage.contains(record.resource, version));
            if upstream[..followed].iter().any(is_there) {
                continue;
            }
            // Only those before it: whether a later one has ended by now must not matter.
            let mut makers = self.makers.get(version).iter().rev();
            upstream.extend(makers.find(|maker| self.runs.get(**maker).sequence < sequence));
        }
        upstream.sort_unstable_by_key(|run| std::cmp::Reverse(self.runs.get(*run).sequence));
        upstream.dedup();
        upstream
    }

    /// Where all upstream runs share their versions, and the run's own are among these: how far away each is.
    fn share(&self, own: &[Entry], upstream: &[RunNo]) -> Option<Vec<u32>> {
        let (first, others) = upstream.split_first()?;
        let shared = self.runs.get(*first);
        if !others.iter().all(|other| self.runs.get(*other).lineage == shared.lineage) {
            return None;
        }
        let lineage = Lineage { entries: self.lineages.get(shared.lineage), resources: &self.resource_numbers };
        let mut distances: Vec<u32> = self.distances.get(shared.distances).iter().map(|distance| distance.saturating_add(1)).collect();
        for other in others {
            for (nearest, distance) in distances.iter_mut().zip(self.distances.get(self.runs.get(*other).distances)) {
                *nearest = (*nearest).min(distance.saturating_add(1));
            }
        }
        for entry in own {
            let place = lineage.place(entry.resource).filter(|place| lineage.entries[*place] == *entry)?;
            distances[place] = 0;
        }
        Some(distances)
    }

    fn merge(&mut self, own: &[Entry], upstream: &[RunNo]) -> (ListNo, Vec<u32>) {
        let mut all: Vec<(Entry, u32)> = own.iter().map(|entry| (*entry, 0)).collect();
        for run in upstream {
            let record = self.runs.get(*run);
            let further = self.distances.get(record.distances).iter().map(|distance| distance.saturating_add(1));
            all.extend(self.lineages.get(record.lineage).iter().copied().zip(further));
        }
        // Stable, so that what was named first stays first. Lists that are sorted already are only merged.
        all.sort_by_key(|(entry, distance)| (self.resource_numbers.id(entry.resource), *distance));
        all.dedup_by_key(|(entry, _)| entry.resource);
        let is_same = |lineage: &ListNo| self.lineages.get(*lineage).iter().eq(all.iter().map(|(entry, _)| entry));
        let entries = match upstream.iter().map(|run| self.runs.get(*run).lineage).find(is_same) {
            Some(lineage) => self.lineages.hold(lineage),
            None => self.lineages.put(all.iter().map(|(entry, _)| *entry).collect()),
        };
        (entries, all.into_iter().map(|(_, distance)| distance).collect())
    }

    /// What an ended run vouches for, sorted by resource; empty while it is active or unknown.
    pub fn lineage(&self, run: JobRunId) -> impl Iterator<Item = LineageEntry> {
        let lineage = self.runs.find(run).and_then(|run| self.lineage_of(run));
        lineage.into_iter().flat_map(Lineage::entries).map(|entry| self.name_entry(*entry))
    }

    fn name_entry(&self, entry: Entry) -> LineageEntry {
        LineageEntry { resource: self.resource_numbers.id(entry.resource), version: self.versions.id(entry.version) }
    }

    /// What a run would vouch for that has these of its own and follows those, sorted by resource. What is nearer stands; of equally near ones
    /// that which is named first, its own before what it inherits.
    #[must_use]
    pub fn gather_lineage(&self, own: Vec<LineageEntry>, upstream: impl IntoIterator<Item = JobRunId>) -> Vec<LineageEntry> {
        let mut all: Vec<(LineageEntry, u32)> = own.into_iter().map(|entry| (entry, 0)).collect();
        for run in upstream.into_iter().filter_map(|run| self.runs.find_known(run)) {
            let record = self.runs.get(run);
            let further = self.distances.get(record.distances).iter().map(|distance| distance.saturating_add(1));
            all.extend(self.lineages.get(record.lineage).iter().map(|entry| self.name_entry(*entry)).zip(further));
        }
        all.sort_by_key(|(entry, distance)| (entry.resource, *distance));
        all.dedup_by_key(|(entry, _)| entry.resource);
        all.into_iter().map(|(entry, _)| entry).collect()
    }
}
