//! The runs of one job, by how they ended and by what they vouch for.

use super::hashing::{IdMap, IdSet};
use super::history::RunStatus;
use super::lineage::Entry;
use super::number::{JobNo, ListNo, NameNo, Number, ResourceNo, RunNo, VersionNo};
use super::position::{Position, RunList, RunsBy};
use super::runs::Runs;
use std::hash::Hash;

/// Everything the history keeps per job.
#[derive(Clone, Debug)]
pub(super) struct JobLine {
    /// All runs of the job.
    pub(super) runs: RunList,
    ended: [EndedRuns; 4],
    pub(super) had: Had,
    /// Per job that has ever followed a run of this one: the runs that it has not followed. What `version: every` takes next
    /// lies in here.
    unfollowed: IdMap<JobNo, RunList>,
    /// The jobs whose runs some run of the job followed.
    pub(super) followed_jobs: IdSet<JobNo>,
    /// The upstream jobs that it names only for inputs that do not trigger.
    pub(super) quiet: Vec<JobNo>,
    /// How far away what the job's last run vouches for is; the next one's is likely to be the same.
    pub(super) last_distances: ListNo,
}

impl Default for JobLine {
    fn default() -> Self {
        Self {
            runs: RunList::default(),
            ended: Default::default(),
            had: Had::default(),
            unfollowed: IdMap::default(),
            followed_jobs: IdSet::default(),
            quiet: Vec::new(),
            last_distances: ListNo::NONE,
        }
    }
}

/// The runs that ended in one way.
#[derive(Clone, Debug, Default)]
pub(super) struct EndedRuns {
    pub(super) runs: RunList,
    /// Who vouches for which version of a resource; sorted by resource.
    vouched: Vec<(ResourceNo, Tally<VersionNo>)>,
    /// Whose ancestry begins with which run of a job; sorted by job.
    rooted: Vec<(JobNo, Tally<RunNo>)>,
}

/// Which runs have which of several things, and how many have any.
#[derive(Clone, Debug)]
pub(super) struct Tally<K> {
    pub(super) runs: RunsBy<K>,
    run_count: usize,
}

impl<K> Default for Tally<K> {
    fn default() -> Self {
        Self { runs: RunsBy::default(), run_count: 0 }
    }
}

impl JobLine {
    /// The runs behind `floor`, ended or not, that the job has not followed, oldest first.
    pub(super) fn unfollowed_by(&self, job: JobNo, floor: Position, runs: &Runs) -> &[RunNo] {
        // Nothing is kept for a job that never followed a run of this one: to it, all are new.
        self.unfollowed.get(&job).unwrap_or(&self.runs).after(floor, runs)
    }

    /// Whether a run of the job has ever followed one of this job.
    pub(super) fn is_followed_by(&self, job: JobNo) -> bool {
        self.unfollowed.contains_key(&job)
    }

    /// The jobs that have ever followed a run of this one.
    pub(super) fn followers(&self) -> impl Iterator<Item = JobNo> {
        self.unfollowed.keys().copied()
    }

    /// Notes that a run came; `followed_by` are the jobs that follow it already.
    pub(super) fn put_unfollowed(&mut self, run: RunNo, followed_by: &[JobNo], runs: &Runs) {
        for (job, list) in &mut self.unfollowed {
            if !followed_by.contains(job) {
                list.insert(run, runs);
            }
        }
    }

    pub(super) fn drop_unfollowed(&mut self, run: RunNo, runs: &Runs) {
        self.unfollowed.values_mut().for_each(|list| list.remove(run, runs));
    }

    /// Notes that the job follows the run from now on, or no longer.
    pub(super) fn set_followed(&mut self, job: JobNo, run: RunNo, is_followed: bool, runs: &Runs) {
        let unfollowed = self.unfollowed.entry(job).or_insert_with(|| self.runs.clone());
        if is_followed {
            unfollowed.remove(run, runs);
        } else {
            unfollowed.insert(run, runs);
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

    /// Gives back what many arrivals have reserved.
    pub(super) fn shrink(&mut self) {
        self.runs.shrink();
        self.unfollowed.values_mut().for_each(RunList::shrink);
        self.had.inputs.iter_mut().flat_map(|(_, input)| &mut input.by_resource).for_each(|(_, runs)| runs.shrink());
        for ended in &mut self.ended {
            ended.runs.shrink();
            ended.vouched.iter_mut().for_each(|(_, tally)| tally.runs.shrink());
            ended.rooted.iter_mut().for_each(|(_, tally)| tally.runs.shrink());
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
    pub(super) fn add(&mut self, run: RunNo, lineage: &[Entry], roots: &[RunNo], runs: &Runs) {
        self.runs.insert(run, runs);
        let mut last = None;
        for root in roots {
            let job = runs.get(*root).job;
            let tally = entry(&mut self.rooted, job);
            tally.run_count += usize::from(last.replace(job) != Some(job));
            tally.runs.add(*root, run, runs);
        }
        for vouched in lineage {
            let tally = entry(&mut self.vouched, vouched.resource);
            tally.run_count += 1;
            tally.runs.add(vouched.version, run, runs);
        }
    }

    pub(super) fn remove(&mut self, run: RunNo, lineage: &[Entry], roots: &[RunNo], runs: &Runs) {
        self.runs.remove(run, runs);
        let mut last = None;
        for root in roots {
            let job = runs.get(*root).job;
            let is_first = last.replace(job) != Some(job);
            leave(&mut self.rooted, job, |tally| {
                tally.run_count -= usize::from(is_first);
                tally.runs.remove(*root, run, runs);
            });
        }
        for vouched in lineage {
            leave(&mut self.vouched, vouched.resource, |tally| {
                tally.run_count -= 1;
                tally.runs.remove(vouched.version, run, runs);
            });
        }
    }

    /// The resources of which some run here vouches for a version.
    pub(super) fn resources(&self) -> impl Iterator<Item = ResourceNo> {
        self.vouched.iter().map(|(resource, _)| *resource)
    }

    /// Who vouches for which version of the resource; `None` where nobody vouches for any.
    pub(super) fn vouched(&self, resource: ResourceNo) -> Option<&RunsBy<VersionNo>> {
        find(&self.vouched, resource).map(|tally| &tally.runs)
    }

    /// The runs that vouch for the version, oldest first.
    pub(super) fn vouching(&self, resource: ResourceNo, version: VersionNo) -> &[RunNo] {
        self.vouched(resource).map_or(&[], |runs| runs.get(version))
    }

    /// The runs whose ancestry begins at that run of the job, oldest first.
    pub(super) fn with_root(&self, job: JobNo, root: RunNo) -> &[RunNo] {
        find(&self.rooted, job).map_or(&[], |tally| tally.runs.get(root))
    }

    /// Whether the ancestry of every run here begins at some run of the job.
    pub(super) fn always_rooted(&self, job: JobNo) -> bool {
        find(&self.rooted, job).map_or(0, |tally| tally.run_count) == self.runs.len()
    }

    /// Whether every run here vouches for some version of the resource.
    pub(super) fn always_vouches(&self, resource: ResourceNo) -> bool {
        find(&self.vouched, resource).map_or(0, |tally| tally.run_count) == self.runs.len()
    }
}

/// A list that is sorted by its first part.
type Sorted<N, K> = Vec<(N, Tally<K>)>;

fn find<N: Copy + Ord, K>(list: &Sorted<N, K>, key: N) -> Option<&Tally<K>> {
    let place = list.binary_search_by_key(&key, |(other, _)| *other).ok()?;
    Some(&list[place].1)
}

fn entry<N: Copy + Ord, K>(list: &mut Sorted<N, K>, key: N) -> &mut Tally<K> {
    let place = list.binary_search_by_key(&key, |(other, _)| *other).unwrap_or_else(|place| {
        list.insert(place, (key, Tally::default()));
        place
    });
    &mut list[place].1
}

/// Takes a run out of what stands under the key, which goes when nothing is left.
fn leave<N: Copy + Ord, K: Copy + Eq + Hash>(list: &mut Sorted<N, K>, key: N, take: impl FnOnce(&mut Tally<K>)) {
    let Ok(place) = list.binary_search_by_key(&key, |(other, _)| *other) else { return };
    take(&mut list[place].1);
    if list[place].1.runs.is_empty() {
        list.remove(place);
    }
}

/// What a job has had: per input name its versions, and the upstream runs that it followed.
#[derive(Clone, Debug, Default)]
pub(super) struct Had {
    inputs: Vec<(NameNo, HadInput)>,
    followed: IdMap<RunNo, u32>,
}

/// What a job has had under one name.
#[derive(Clone, Debug, Default)]
pub(super) struct HadInput {
    /// How many runs of the job have the version.
    versions: IdMap<VersionNo, u32>,
    /// Which of the job's runs had a version of the resource.
    by_resource: Vec<(ResourceNo, RunList)>,
}

impl HadInput {
    pub(super) fn has(&self, version: VersionNo) -> bool {
        self.versions.contains_key(&version)
    }

    /// The job's runs that had a version of the resource under that name, oldest first.
    pub(super) fn uses(&self, resource: ResourceNo) -> &[RunNo] {
        self.by_resource.iter().find(|(other, _)| *other == resource).map_or(&[], |(_, runs)| runs.as_slice())
    }
}

impl Had {
    pub(super) fn under(&self, name: NameNo) -> Option<&HadInput> {
        self.inputs.iter().find(|(other, _)| *other == name).map(|(_, input)| input)
    }

    pub(super) fn has_followed(&self, run: RunNo) -> bool {
        self.followed.contains_key(&run)
    }

    /// Notes that the run has the version under that name; of which resource, where that is known.
    pub(super) fn add_input(&mut self, run: RunNo, (name, version): (NameNo, VersionNo), resource: Option<ResourceNo>, runs: &Runs) {
        let place = self.inputs.iter().position(|(other, _)| *other == name).unwrap_or_else(|| {
            self.inputs.push((name, HadInput::default()));
            self.inputs.len() - 1
        });
        let input = &mut self.inputs[place].1;
        *input.versions.entry(version).or_insert(0) += 1;
        let Some(resource) = resource else { return };
        let place = input.by_resource.iter().position(|(other, _)| *other == resource).unwrap_or_else(|| {
            input.by_resource.push((resource, RunList::default()));
            input.by_resource.len() - 1
        });
        input.by_resource[place].1.insert(run, runs);
    }

    pub(super) fn remove_input(&mut self, run: RunNo, (name, version): (NameNo, VersionNo), resource: Option<ResourceNo>, runs: &Runs) {
        let Some(place) = self.inputs.iter().position(|(other, _)| *other == name) else { return };
        let input = &mut self.inputs[place].1;
        release(&mut input.versions, version);
        if let Some(place) = input.by_resource.iter().position(|(other, _)| Some(*other) == resource) {
            input.by_resource[place].1.remove(run, runs);
            if input.by_resource[place].1.is_empty() {
                input.by_resource.swap_remove(place);
            }
        }
        if input.versions.is_empty() {
            self.inputs.swap_remove(place);
        }
    }

    pub(super) fn add_followed(&mut self, run: RunNo) {
        *self.followed.entry(run).or_insert(0) += 1;
    }

    pub(super) fn remove_followed(&mut self, run: RunNo) {
        release(&mut self.followed, run);
    }
}

fn release<K: Copy + Eq + Hash>(counts: &mut IdMap<K, u32>, key: K) {
    if let Some(count) = counts.get_mut(&key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&key);
        }
    }
}
