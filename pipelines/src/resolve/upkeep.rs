//! What follows from a run: its place, its lineage, who it follows, and where all that is noted.

use super::history::{Run, RunStatus, Version};
use super::index::{History, RunEntry};
use super::lineage::{Lineage, LineageEntry};
use super::position::Position;
use crate::ids::{JobId, JobRunId};

impl History {
    pub(super) fn put_in(&mut self, run: Run) {
        let id = run.id;
        self.enter(run);
        self.vouch(id);
    }

    /// Takes a run in, with all that follows from it but for the index of what it vouches for.
    pub(super) fn enter(&mut self, run: Run) {
        let position = self.place(&run);
        let lineage = if run.status == RunStatus::Active { Lineage::default() } else { self.trace(&run) };
        let named = run.inputs.iter().map(|input| input.version).chain(run.outputs.iter().copied());
        for version in named.filter(|version| !self.versions.contains_key(version)) {
            self.awaiting.entry(version).or_default().insert(run.id);
        }
        self.note_ancestor(&run);
        let line = self.jobs.entry(run.job).or_default();
        line.runs.insert(position);
        for input in &run.inputs {
            let resource = self.versions.get(&input.version).map(|version| version.resource);
            line.had.add_input(position, &input.name, (input.version, resource));
        }
        for upstream in &run.consumed_runs {
            line.had.add_followed(*upstream);
        }
        self.note_followed(&run);
        let jobs = &self.jobs;
        let followers: Vec<JobId> = jobs.get(&run.job).map(|line| line.followers().collect()).unwrap_or_default();
        let by: Vec<JobId> = followers.into_iter().filter(|job| self.has_followed(*job, run.id)).collect();
        self.jobs.entry(run.job).or_default().put_unfollowed(position, |job| by.contains(&job));
        for version in &run.outputs {
            self.makers.entry(*version).or_default().insert(position);
        }
        self.runs.insert(run.id, RunEntry { run, position, lineage });
    }

    /// Notes with its job what a run that was entered vouches for.
    pub(super) fn vouch(&mut self, run: JobRunId) {
        let (Some(entry), Some(ancestor)) = (self.runs.get(&run), self.ancestors.get(&run)) else { return };
        if let Some(ended) = self.jobs.entry(entry.run.job).or_default().ended_mut(entry.run.status) {
            ended.add(entry.position, &entry.lineage, &ancestor.roots);
        }
    }

    /// The opposite of [`Self::put_in`]; only its ancestry stays, for the sake of those that followed it.
    pub(super) fn take_out(&mut self, run: JobRunId) -> Option<RunEntry> {
        let entry = self.runs.remove(&run)?;
        let RunEntry { run, position, lineage } = &entry;
        let roots = self.ancestors.get(&run.id).map(|ancestor| &ancestor.roots);
        let line = self.jobs.entry(run.job).or_default();
        line.runs.remove(position);
        for input in &run.inputs {
            let resource = self.versions.get(&input.version).map(|version| version.resource);
            line.had.remove_input(*position, &input.name, (input.version, resource));
        }
        line.drop_unfollowed(*position);
        for upstream in &run.consumed_runs {
            line.had.remove_followed(*upstream);
        }
        if let Some(ended) = line.ended_mut(run.status) {
            ended.remove(*position, lineage, roots);
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
        self.note_followed(&entry.run);
        Some(entry)
    }

    /// Notes with the upstream runs whether the run's job follows them.
    fn note_followed(&mut self, run: &Run) {
        for upstream in &run.consumed_runs {
            let is_followed = self.has_followed(run.job, *upstream);
            let Some(RunEntry { run: followed, position, .. }) = self.runs.get(upstream) else { continue };
            let (job, position) = (followed.job, *position);
            self.jobs.entry(job).or_default().set_followed(run.job, position, is_followed);
        }
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
        let mut outputs: Vec<&Version> = run.outputs.iter().filter_map(|id| self.version(*id)).collect();
        outputs.sort_unstable_by_key(|version| std::cmp::Reverse((version.order, version.id)));
        let inputs = run.inputs.iter().filter_map(|input| self.version(input.version));
        let named = outputs.into_iter().chain(inputs);
        let mut own: Vec<LineageEntry> = named.map(|version| LineageEntry { resource: version.resource, version: version.id }).collect();
        own.sort_by_key(|entry| entry.resource);
        own.dedup_by_key(|entry| entry.resource);
        let upstream = self.upstream(run);
        let inherited: Vec<&Lineage> = upstream.iter().map(|upstream| &upstream.lineage).collect();
        Lineage::gather(own, &inherited)
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
