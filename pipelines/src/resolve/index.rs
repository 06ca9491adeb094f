//! The history of one workspace's line, kept ready for questions.

use super::hashing::{IdMap, IdSet};
use super::history::{Run, RunInput, RunStatus, Version};
use super::job_line::JobLine;
use super::lineage::{Lineage, LineageBuilder, LineageEntry};
use super::position::Position;
use super::version_line::VersionLine;
use crate::ids::{JobId, JobRunId, ResourceId, VersionId};
use std::collections::BTreeSet;

/// Versions, job runs, and what follows from them. Every change costs what it touches, not the length of the history.
///
/// Changes that name something unknown change nothing and answer `false`: a stream of events may start in the middle.
#[derive(Clone, Debug, Default)]
pub struct History {
    versions: IdMap<VersionId, Version>,
    resources: IdMap<ResourceId, VersionLine>,
    runs: IdMap<JobRunId, RunEntry>,
    jobs: IdMap<JobId, JobLine>,
    /// Which runs made a version.
    makers: IdMap<VersionId, BTreeSet<Position>>,
    /// Runs that name a version which has not arrived.
    awaiting: IdMap<VersionId, IdSet<JobRunId>>,
    untriggering: IdSet<ResourceId>,
}

#[derive(Clone, Debug)]
struct RunEntry {
    run: Run,
    position: Position,
    /// Empty while the run is active.
    lineage: Lineage,
}

impl History {
    /// Takes in a version; `false` if it is there already. Runs that name it and came before it vouch for it from now on; what
    /// still later runs inherited from those by then stays as it is.
    pub fn add_version(&mut self, version: Version) -> bool {
        if self.versions.contains_key(&version.id) {
            return false;
        }
        let waiting = self.awaiting.remove(&version.id).unwrap_or_default();
        let entries: Vec<RunEntry> = waiting.iter().filter_map(|run| self.take_out(*run)).collect();
        self.resources.entry(version.resource).or_default().add(&version);
        self.versions.insert(version.id, version);
        let mut runs: Vec<Run> = entries.into_iter().map(|entry| entry.run).collect();
        runs.sort_unstable_by_key(|run| run.sequence);
        for run in runs {
            self.put_in(run);
        }
        true
    }

    /// Disables a version, or enables it again.
    pub fn set_version_enabled(&mut self, version: VersionId, enabled: bool) -> bool {
        self.change_version(version, |version| version.disabled = !enabled)
    }

    /// Gives a version another place among the versions of its resource.
    pub fn reorder_version(&mut self, version: VersionId, order: i64) -> bool {
        self.change_version(version, |version| version.order = order)
    }

    /// Says whether the resource takes part in agreement between upstream runs; all do until told otherwise.
    pub fn set_untriggering(&mut self, resource: ResourceId, untriggering: bool) {
        if untriggering {
            self.untriggering.insert(resource);
        } else {
            self.untriggering.remove(&resource);
        }
    }

    /// Takes in a job run, active or ended; `false` if it is there already. Its inputs count as had from now on.
    pub fn add_run(&mut self, run: Run) -> bool {
        if self.runs.contains_key(&run.id) {
            return false;
        }
        self.put_in(run);
        true
    }

    /// Replaces the inputs of an active run: its job no longer counts as having had the old ones through it.
    pub fn replace_run_inputs(&mut self, run: JobRunId, inputs: Vec<RunInput>, consumed_runs: Vec<JobRunId>) -> bool {
        self.change_run(run, |run| {
            run.inputs = inputs;
            run.consumed_runs = consumed_runs;
        })
    }

    /// Ends a run; from now on it vouches. `false` if it is unknown, or `status` is no end.
    pub fn finish_run(&mut self, run: JobRunId, status: RunStatus, outputs: Vec<VersionId>) -> bool {
        status != RunStatus::Active
            && self.change_run(run, |run| {
                run.status = status;
                run.outputs = outputs;
            })
    }

    /// Forgets a run. What later runs inherited from it stays.
    pub fn remove_run(&mut self, run: JobRunId) -> bool {
        self.take_out(run).is_some()
    }

    #[must_use]
    pub fn version(&self, version: VersionId) -> Option<&Version> {
        self.versions.get(&version)
    }

    #[must_use]
    pub fn run(&self, run: JobRunId) -> Option<&Run> {
        self.runs.get(&run).map(|entry| &entry.run)
    }

    /// The newest version of the resource that is not disabled.
    #[must_use]
    pub fn newest_version(&self, resource: ResourceId) -> Option<&Version> {
        self.version(self.resources.get(&resource)?.newest_enabled()?)
    }

    /// All versions of the resource, disabled ones too, oldest first.
    pub fn versions(&self, resource: ResourceId) -> impl DoubleEndedIterator<Item = &Version> {
        self.resources.get(&resource).into_iter().flat_map(|line| &line.all).filter_map(|(_, id)| self.version(*id))
    }

    /// All runs of the job, newest first. A rerun comes directly before its original (it is newer), after any later run.
    pub fn runs_of(&self, job: JobId) -> impl Iterator<Item = &Run> {
        self.jobs.get(&job).into_iter().flat_map(|line| line.runs.iter().rev()).filter_map(|position| self.run(position.run()))
    }

    /// What an ended run vouches for; empty while it is active or unknown.
    #[must_use]
    pub fn lineage(&self, run: JobRunId) -> &[LineageEntry] {
        self.runs.get(&run).map_or(&[], |entry| entry.lineage.entries())
    }

    /// The runs that made the version, oldest first.
    pub fn makers(&self, version: VersionId) -> impl DoubleEndedIterator<Item = &Run> {
        self.makers.get(&version).into_iter().flatten().filter_map(|position| self.run(position.run()))
    }

    /// Whether a run of the job has, or had, the version under that input name.
    #[must_use]
    pub fn has_had(&self, job: JobId, input: &str, version: VersionId) -> bool {
        self.jobs.get(&job).is_some_and(|line| line.had.has(input, version))
    }

    /// Whether a run of the job followed that upstream run.
    #[must_use]
    pub fn has_followed(&self, job: JobId, upstream: JobRunId) -> bool {
        self.jobs.get(&job).is_some_and(|line| line.had.has_followed(upstream))
    }

    pub(super) fn job_line(&self, job: JobId) -> Option<&JobLine> {
        self.jobs.get(&job)
    }

    pub(super) fn version_line(&self, resource: ResourceId) -> Option<&VersionLine> {
        self.resources.get(&resource)
    }

    pub(super) fn lineage_of(&self, run: JobRunId) -> Option<&Lineage> {
        self.runs.get(&run).map(|entry| &entry.lineage)
    }

    pub(super) fn position(&self, run: JobRunId) -> Option<Position> {
        self.runs.get(&run).map(|entry| entry.position)
    }

    pub(super) fn is_untriggering(&self, resource: ResourceId) -> bool {
        self.untriggering.contains(&resource)
    }

    fn change_version(&mut self, version: VersionId, change: impl FnOnce(&mut Version)) -> bool {
        let Some(version) = self.versions.get_mut(&version) else { return false };
        let line = self.resources.entry(version.resource).or_default();
        line.remove(version);
        change(version);
        line.add(version);
        true
    }

    fn change_run(&mut self, run: JobRunId, change: impl FnOnce(&mut Run)) -> bool {
        let Some(RunEntry { mut run, .. }) = self.take_out(run) else { return false };
        change(&mut run);
        self.put_in(run);
        true
    }

    fn put_in(&mut self, run: Run) {
        let position = self.place(&run);
        let lineage = if run.status == RunStatus::Active { Lineage::default() } else { self.trace(&run) };
        let named = run.inputs.iter().map(|input| input.version).chain(run.outputs.iter().copied());
        for version in named.filter(|version| !self.versions.contains_key(version)) {
            self.awaiting.entry(version).or_default().insert(run.id);
        }
        let line = self.jobs.entry(run.job).or_default();
        line.runs.insert(position);
        for input in &run.inputs {
            let resource = self.versions.get(&input.version).map(|version| version.resource);
            line.had.add_input(position, &input.name, (input.version, resource));
        }
        for upstream in &run.consumed_runs {
            line.had.add_followed(*upstream);
        }
        if let Some(ended) = line.ended_mut(run.status) {
            ended.add(position, &lineage);
        }
        for version in &run.outputs {
            self.makers.entry(*version).or_default().insert(position);
        }
        self.runs.insert(run.id, RunEntry { run, position, lineage });
    }

    /// The exact opposite of [`Self::put_in`].
    fn take_out(&mut self, run: JobRunId) -> Option<RunEntry> {
        let entry = self.runs.remove(&run)?;
        let RunEntry { run, position, lineage } = &entry;
        let line = self.jobs.entry(run.job).or_default();
        line.runs.remove(position);
        for input in &run.inputs {
            let resource = self.versions.get(&input.version).map(|version| version.resource);
            line.had.remove_input(*position, &input.name, (input.version, resource));
        }
        for upstream in &run.consumed_runs {
            line.had.remove_followed(*upstream);
        }
        if let Some(ended) = line.ended_mut(run.status) {
            ended.remove(*position, lineage);
        }
        for version in &run.outputs {
            if let Some(makers) = self.makers.get_mut(version) {
                makers.remove(position);
                if makers.is_empty() {
                    self.makers.remove(version);
                }
            }
        }
        for version in run.inputs.iter().map(|input| input.version).chain(run.outputs.iter().copied()) {
            if let Some(waiting) = self.awaiting.get_mut(&version) {
                waiting.remove(&run.id);
                if waiting.is_empty() {
                    self.awaiting.remove(&version);
                }
            }
        }
        Some(entry)
    }

    fn place(&self, run: &Run) -> Position {
        let original = run.rerun_of.and_then(|original| self.runs.get(&original)).filter(|original| original.run.job == run.job);
        match original {
            Some(original) => Position::rerun(original.position, run.sequence, run.id),
            None => Position::original(run.sequence, run.id),
        }
    }

    /// What the run vouches for: its own, then what it inherits; the newer of two upstream runs stands first.
    fn trace(&self, run: &Run) -> Lineage {
        let mut lineage = LineageBuilder::default();
        let mut outputs: Vec<&Version> = run.outputs.iter().filter_map(|id| self.version(*id)).collect();
        outputs.sort_unstable_by_key(|version| std::cmp::Reverse((version.order, version.id)));
        let inputs = run.inputs.iter().filter_map(|input| self.version(input.version));
        for version in outputs.into_iter().chain(inputs) {
            lineage.put(LineageEntry { resource: version.resource, version: version.id, distance: 0 });
        }
        for upstream in self.upstream(run) {
            lineage.inherit(&upstream.lineage);
        }
        lineage.build()
    }

    /// The runs that it follows, and the newest makers of those inputs that none of them vouches for; newest first.
    fn upstream(&self, run: &Run) -> Vec<&RunEntry> {
        let mut upstream: Vec<&RunEntry> = run.consumed_runs.iter().filter_map(|id| self.runs.get(id)).collect();
        let followed = upstream.len();
        for version in run.inputs.iter().filter_map(|input| self.version(input.version)) {
            if upstream[..followed].iter().any(|entry| entry.lineage.contains(version.resource, version.id)) {
                continue;
            }
            // Only those before it: whether a later one has ended by now must not matter.
            let mut makers = self.makers.get(&version.id).into_iter().flatten().rev();
            let maker = makers.find(|position| position.sequence() < run.sequence);
            upstream.extend(maker.and_then(|position| self.runs.get(&position.run())));
        }
        upstream.sort_unstable_by_key(|entry| std::cmp::Reverse(entry.run.sequence));
        upstream.dedup_by_key(|entry| entry.run.id);
        upstream
    }
}
