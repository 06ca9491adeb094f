//! What the upstream runs chosen so far have settled.

use super::hashing::{IdMap, map_for};
use super::number::{JobNo, ResourceNo, RunNo, VersionNo};
use super::position::Position;
use super::slots::{Problem, Slot};
use crate::ids::JobId;

/// Which run stands in which slot, as a search has it: the source inside the slot, and its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) source: usize,
    pub(super) position: Position,
}

/// A partial answer that can be taken back.
#[derive(Debug, Default)]
pub(super) struct Trail {
    chosen: IdMap<JobId, Position>,
    /// Input → its version, and the first run that vouches for it.
    fixed: IdMap<usize, (VersionNo, RunNo)>,
    /// What the lineages of the chosen runs say together, and who said it first.
    agreed: IdMap<ResourceNo, (VersionNo, RunNo)>,
    /// What the ancestries of the chosen runs say together, and who said it first.
    followed: IdMap<JobNo, (RunNo, RunNo)>,
    log: Vec<Undo>,
}

#[derive(Clone, Copy, Debug)]
enum Undo {
    Chosen(JobId),
    Fixed(usize),
    Agreed(ResourceNo),
    Followed(JobNo),
}

/// Why a run does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misfit {
    /// Whatever the other runs are.
    Alone,
    /// With a run chosen before.
    Disagrees { resource: ResourceNo, left: (RunNo, VersionNo), right: (RunNo, VersionNo) },
    /// With a run chosen before, on the run of an upstream job: each follows another one.
    FollowsOther { job: JobNo, left: (RunNo, RunNo), right: (RunNo, RunNo) },
}

impl Trail {
    /// With room for so many runs.
    pub(super) fn with_room_for(runs: usize) -> Self {
        Self { chosen: map_for(runs), log: Vec::with_capacity(2 * runs), ..Self::default() }
    }

    pub(super) fn chosen(&self, job: JobId) -> Option<Position> {
        self.chosen.get(&job).copied()
    }

    pub(super) fn fixed(&self) -> impl Iterator<Item = (usize, VersionNo)> {
        self.fixed.iter().map(|(input, (version, _))| (*input, *version))
    }

    pub(super) fn find_fixed(&self, input: usize) -> Option<VersionNo> {
        self.fixed.get(&input).map(|(version, _)| *version)
    }

    pub(super) fn agreed(&self) -> impl Iterator<Item = (ResourceNo, VersionNo)> {
        self.agreed.iter().map(|(resource, (version, _))| (*resource, *version))
    }

    pub(super) fn has_agreed(&self, resource: ResourceNo) -> bool {
        self.agreed.contains_key(&resource)
    }

    pub(super) fn has_followed(&self, job: JobNo) -> bool {
        self.followed.contains_key(&job)
    }

    pub(super) fn followed(&self) -> impl Iterator<Item = (JobNo, RunNo)> {
        self.followed.iter().map(|(job, (run, _))| (*job, *run))
    }

    /// A point to come back to.
    pub(super) const fn mark(&self) -> usize {
        self.log.len()
    }

    pub(super) fn take_back(&mut self, mark: usize) {
        for undo in self.log.drain(mark..) {
            match undo {
                Undo::Chosen(job) => drop(self.chosen.remove(&job)),
                Undo::Fixed(input) => drop(self.fixed.remove(&input)),
                Undo::Agreed(resource) => drop(self.agreed.remove(&resource)),
                Undo::Followed(job) => drop(self.followed.remove(&job)),
            }
        }
    }

    /// Whether the run offers what its inputs ask and goes with the runs chosen before.
    pub(super) fn check(&self, problem: &Problem, slot: &Slot, candidate: Candidate) -> Result<(), Misfit> {
        let (source, run) = (&slot.sources[candidate.source], candidate.position);
        let lineage = problem.history.lineage_of(run.run()).ok_or(Misfit::Alone)?;
        for input in &source.inputs {
            let version = lineage.find(problem.asked[*input].resource).ok_or(Misfit::Alone)?;
            if !problem.is_eligible(*input, version) {
                return Err(Misfit::Alone);
            }
        }
        for input in &source.inputs {
            let resource = problem.asked[*input].resource;
            if let (Some(version), Some((other, left))) = (lineage.find(resource), self.fixed.get(input))
                && *other != version
            {
                return Err(Misfit::Disagrees { resource, left: (*left, *other), right: (run.run(), version) });
            }
        }
        for entry in lineage.entries() {
            if let Some((other, left)) = self.agreed.get(&entry.resource)
                && *other != entry.version
            {
                let right = (run.run(), entry.version);
                return Err(Misfit::Disagrees { resource: entry.resource, left: (*left, *other), right });
            }
        }
        self.check_ancestry(problem, slot, candidate)
    }

    fn check_ancestry(&self, problem: &Problem, slot: &Slot, candidate: Candidate) -> Result<(), Misfit> {
        let source = &slot.sources[candidate.source];
        if source.reach.is_empty() {
            return Ok(());
        }
        let run = candidate.position.run();
        for (job, ancestor) in problem.ancestry(source, run).iter() {
            if let Some((other, left)) = self.followed.get(job)
                && other != ancestor
            {
                return Err(Misfit::FollowsOther { job: *job, left: (*left, *other), right: (run, *ancestor) });
            }
        }
        Ok(())
    }

    /// Chooses a run that was checked. `matters` says of which resources somebody will ask later what was agreed.
    pub(super) fn choose(&mut self, problem: &Problem, (slot, candidate): (&Slot, Candidate), matters: impl Fn(ResourceNo) -> bool) {
        let (source, run) = (&slot.sources[candidate.source], candidate.position);
        if self.chosen.insert(source.job, run).is_none() {
            self.log.push(Undo::Chosen(source.job));
        }
        let Some(lineage) = problem.history.lineage_of(run.run()) else { return };
        for input in &source.inputs {
            let Some(version) = lineage.find(problem.asked[*input].resource) else { continue };
            if let std::collections::hash_map::Entry::Vacant(place) = self.fixed.entry(*input) {
                place.insert((version, run.run()));
                self.log.push(Undo::Fixed(*input));
            }
        }
        for entry in lineage.entries().iter().filter(|entry| matters(entry.resource) && problem.must_agree(entry.resource)) {
            if let std::collections::hash_map::Entry::Vacant(place) = self.agreed.entry(entry.resource) {
                place.insert((entry.version, run.run()));
                self.log.push(Undo::Agreed(entry.resource));
            }
        }
        if source.reach.is_empty() {
            return;
        }
        for (job, ancestor) in problem.ancestry(source, run.run()).iter() {
            if let std::collections::hash_map::Entry::Vacant(place) = self.followed.entry(*job) {
                place.insert((*ancestor, run.run()));
                self.log.push(Undo::Followed(*job));
            }
        }
    }
}
