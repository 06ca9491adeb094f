//! The runs of one job, by how they ended and by what they vouch for.

use super::ancestry::{Rooted, Roots};
use super::hashing::IdMap;
use super::history::RunStatus;
use super::lineage::Lineage;
use super::position::{Position, Positions};
use crate::ids::{JobId, JobRunId, ResourceId, VersionId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound::{Excluded, Unbounded};

/// Everything the history keeps per job.
#[derive(Clone, Debug, Default)]
pub(super) struct JobLine {
    /// All runs of the job.
    pub(super) runs: BTreeSet<Position>,
    ended: [EndedRuns; 4],
    pub(super) had: Had,
    /// Per job that has ever followed a run of this one: the runs that it has not followed. What `version: every` takes next
    /// lies in here.
    unfollowed: IdMap<JobId, BTreeSet<Position>>,
}

/// The runs that ended in one way.
#[derive(Clone, Debug, Default)]
pub(super) struct EndedRuns {
    pub(super) runs: BTreeSet<Position>,
    /// Sorted by resource.
    vouched: Vec<(ResourceId, Vouched)>,
    rooted: Rooted,
}

/// Who vouches for which version of one resource.
#[derive(Clone, Debug, Default)]
pub(super) struct Vouched {
    pub(super) versions: IdMap<VersionId, Positions>,
    /// How many runs vouch for some version.
    pub(super) run_count: usize,
}

impl JobLine {
    /// The runs behind `floor`, ended or not, that the job has not followed, oldest first.
    pub(super) fn unfollowed_by(&self, job: JobId, floor: Position) -> impl Iterator<Item = Position> {
        // Nothing is kept for a job that never followed a run of this one: to it, all are new.
        let runs = self.unfollowed.get(&job).unwrap_or(&self.runs);
        runs.range((Excluded(floor), Unbounded)).copied()
    }

    /// Whether a run of the job has ever followed one of this job.
    pub(super) fn is_followed_by(&self, job: JobId) -> bool {
        self.unfollowed.contains_key(&job)
    }

    /// The jobs that have ever followed a run of this one.
    pub(super) fn followers(&self) -> impl Iterator<Item = JobId> {
        self.unfollowed.keys().copied()
    }

    /// Notes that a run came; `is_followed` says of each job whether it follows it already.
    pub(super) fn put_unfollowed(&mut self, run: Position, is_followed: impl Fn(JobId) -> bool) {
        for (job, runs) in &mut self.unfollowed {
            if !is_followed(*job) {
                runs.insert(run);
            }
        }
    }

    pub(super) fn drop_unfollowed(&mut self, run: Position) {
        for runs in self.unfollowed.values_mut() {
            runs.remove(&run);
        }
    }

    /// Notes that the job follows the run from now on, or no longer.
    pub(super) fn set_followed(&mut self, job: JobId, run: Position, is_followed: bool) {
        let unfollowed = self.unfollowed.entry(job).or_insert_with(|| self.runs.clone());
        if is_followed {
            unfollowed.remove(&run);
        } else {
            unfollowed.insert(run);
        }
    }

    /// The runs that ended so; `None` for `Active`, which is no end.
    pub(super) const fn ended(&self, status: RunStatus) -> Option<&EndedRuns> {
        match ended_index(status) {
            Some(index) => Some(&self.ended[index]),
            None => None,
        }
    }

    pub(super) const fn ended_mut(&mut self, status: RunStatus) -> Option<&mut EndedRuns> {
        match ended_index(status) {
            Some(index) => Some(&mut self.ended[index]),
            None => None,
        }
    }
}

const fn ended_index(status: RunStatus) -> Option<usize> {
    match status {
        RunStatus::Active => None,
        RunStatus::Succeeded => Some(0),
        RunStatus::Failed => Some(1),
        RunStatus::Aborted => Some(2),
        RunStatus::Skipped => Some(3),
    }
}

impl EndedRuns {
    pub(super) fn add(&mut self, position: Position, lineage: &Lineage, roots: &Roots) {
        self.runs.insert(position);
        self.rooted.add(position, roots);
        // Both lists are sorted.
        let mut place = 0;
        for entry in lineage.entries() {
            place += self.vouched[place..].iter().take_while(|(resource, _)| *resource < entry.resource).count();
            if self.vouched.get(place).is_none_or(|(resource, _)| *resource != entry.resource) {
                self.vouched.insert(place, (entry.resource, Vouched::default()));
            }
            self.vouched[place].1.add(entry.version, position);
        }
    }

    pub(super) fn remove(&mut self, position: Position, lineage: &Lineage, roots: Option<&Roots>) {
        self.runs.remove(&position);
        if let Some(roots) = roots {
            self.rooted.remove(position, roots);
        }
        for entry in lineage.entries() {
            let Ok(place) = self.vouched.binary_search_by_key(&entry.resource, |(resource, _)| *resource) else { continue };
            self.vouched[place].1.remove(entry.version, position);
            if self.vouched[place].1.run_count == 0 {
                self.vouched.remove(place);
            }
        }
    }

    /// The resources of which some run here vouches for a version.
    pub(super) fn resources(&self) -> impl Iterator<Item = ResourceId> {
        self.vouched.iter().map(|(resource, _)| *resource)
    }

    /// Who vouches for which version of the resource; `None` where nobody vouches for any.
    pub(super) fn vouched(&self, resource: ResourceId) -> Option<&Vouched> {
        let place = self.vouched.binary_search_by_key(&resource, |(resource, _)| *resource).ok()?;
        Some(&self.vouched[place].1)
    }

    /// The runs that vouch for the version, oldest first.
    pub(super) fn vouching(&self, resource: ResourceId, version: VersionId) -> &[Position] {
        self.vouched(resource).and_then(|vouched| vouched.versions.get(&version)).map_or(&[], Positions::as_slice)
    }

    /// The runs whose ancestry begins at that run, oldest first.
    pub(super) fn with_root(&self, job: JobId, root: JobRunId) -> &[Position] {
        self.rooted.with_root(job, root)
    }

    /// Whether the ancestry of every run here begins at some run of the job.
    pub(super) fn always_rooted(&self, job: JobId) -> bool {
        self.rooted.count(job) == self.runs.len()
    }

    /// Whether every run here vouches for some version of the resource.
    pub(super) fn always_vouches(&self, resource: ResourceId) -> bool {
        self.vouched(resource).map_or(0, |vouched| vouched.run_count) == self.runs.len()
    }
}

impl Vouched {
    fn add(&mut self, version: VersionId, run: Position) {
        self.run_count += 1;
        self.versions.entry(version).and_modify(|runs| runs.add(run)).or_insert(Positions::One(run));
    }

    fn remove(&mut self, version: VersionId, run: Position) {
        self.run_count -= 1;
        if self.versions.get_mut(&version).is_some_and(|runs| !runs.remove(run)) {
            self.versions.remove(&version);
        }
    }
}

/// What a job has had: per input name its versions, and the upstream runs that it followed.
#[derive(Clone, Debug, Default)]
pub(super) struct Had {
    inputs: HashMap<String, HadInput>,
    followed: IdMap<JobRunId, u32>,
}

#[derive(Clone, Debug, Default)]
struct HadInput {
    /// How many runs of the job have the version.
    versions: IdMap<VersionId, u32>,
    /// Which of the job's runs had which version of the resource.
    by_run: IdMap<ResourceId, BTreeMap<Position, VersionId>>,
}

impl Had {
    pub(super) fn has(&self, name: &str, version: VersionId) -> bool {
        self.inputs.get(name).is_some_and(|input| input.versions.contains_key(&version))
    }

    pub(super) fn has_followed(&self, run: JobRunId) -> bool {
        self.followed.contains_key(&run)
    }

    /// The job's runs that had a version of the resource under that name, oldest first, each with the version.
    pub(super) fn uses(&self, name: &str, resource: ResourceId) -> impl Iterator<Item = (Position, VersionId)> {
        let runs = self.inputs.get(name).and_then(|input| input.by_run.get(&resource));
        runs.into_iter().flatten().map(|(position, version)| (*position, *version))
    }

    pub(super) fn add_input(&mut self, position: Position, name: &str, version: (VersionId, Option<ResourceId>)) {
        let input = self.inputs.entry(name.to_owned()).or_default();
        *input.versions.entry(version.0).or_insert(0) += 1;
        if let Some(resource) = version.1 {
            input.by_run.entry(resource).or_default().insert(position, version.0);
        }
    }

    pub(super) fn remove_input(&mut self, position: Position, name: &str, version: (VersionId, Option<ResourceId>)) {
        let Some(input) = self.inputs.get_mut(name) else { return };
        release(&mut input.versions, version.0);
        if let Some(resource) = version.1
            && let Some(runs) = input.by_run.get_mut(&resource)
        {
            runs.remove(&position);
            if runs.is_empty() {
                input.by_run.remove(&resource);
            }
        }
        if input.versions.is_empty() {
            self.inputs.remove(name);
        }
    }

    pub(super) fn add_followed(&mut self, run: JobRunId) {
        *self.followed.entry(run).or_insert(0) += 1;
    }

    pub(super) fn remove_followed(&mut self, run: JobRunId) {
        release(&mut self.followed, run);
    }
}

fn release<K: Copy + Eq + std::hash::Hash>(counts: &mut IdMap<K, u32>, key: K) {
    if let Some(count) = counts.get_mut(&key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&key);
        }
    }
}
