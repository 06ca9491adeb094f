//! The history of one workspace's line, kept ready for questions.

use super::ancestry::Ancestor;
use super::hashing::{IdMap, IdSet};
use super::history::{Run, RunInput, RunStatus, Version};
use super::job_line::JobLine;
use super::lineage::Lineage;
use super::position::Position;
use super::version_line::VersionLine;
use crate::ids::{JobId, JobRunId, ResourceId, VersionId};
use std::collections::BTreeSet;

/// Versions, job runs, and what follows from them. Every change costs what it touches, not the length of the history.
///
/// Changes that name something unknown change nothing and answer `false`: a stream of events may start in the middle.
#[derive(Clone, Debug, Default)]
pub struct History {
    pub(super) versions: IdMap<VersionId, Version>,
    pub(super) resources: IdMap<ResourceId, VersionLine>,
    pub(super) runs: IdMap<JobRunId, RunEntry>,
    pub(super) jobs: IdMap<JobId, JobLine>,
    /// Which runs made a version.
    pub(super) makers: IdMap<VersionId, BTreeSet<Position>>,
    /// Runs that name a version which has not arrived.
    pub(super) awaiting: IdMap<VersionId, IdSet<JobRunId>>,
    pub(super) untriggering: IdSet<ResourceId>,
    /// Who each run followed; forgotten runs stay in it.
    pub(super) ancestors: IdMap<JobRunId, Ancestor>,
    /// The jobs whose runs some run of a job followed.
    pub(super) followed_jobs: IdMap<JobId, IdSet<JobId>>,
    /// The upstream jobs that a job names only for inputs that do not trigger.
    pub(super) quiet_upstream: IdMap<JobId, IdSet<JobId>>,
}

#[derive(Clone, Debug)]
pub(super) struct RunEntry {
    pub(super) run: Run,
    pub(super) position: Position,
    /// Empty while the run is active.
    pub(super) lineage: Lineage,
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

    /// Says which upstream jobs the job names only in `passed` of inputs that do not trigger. Their runs take no part in the
    /// agreement of what follows the job. Where this changes for a job that has runs, the whole history is gone through
    /// again, so that it says the same as one that is built anew.
    pub fn set_quiet_upstream(&mut self, job: JobId, upstream: &[JobId]) {
        let upstream: IdSet<JobId> = upstream.iter().copied().collect();
        if self.quiet_upstream.get(&job).map_or(upstream.is_empty(), |standing| *standing == upstream) {
            return;
        }
        self.quiet_upstream.insert(job, upstream);
        if self.jobs.get(&job).is_some_and(|line| !line.runs.is_empty()) {
            let runs = std::mem::take(&mut self.runs).into_values().map(|entry| entry.run).collect();
            self.jobs.clear();
            self.makers.clear();
            self.awaiting.clear();
            self.ancestors.clear();
            self.followed_jobs.clear();
            self.add_runs(runs);
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
}
