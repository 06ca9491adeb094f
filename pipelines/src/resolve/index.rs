//! The history of one workspace's line, kept ready for questions.

use super::hashing::{IdMap, IdSet};
use super::history::{Run, RunInput, RunStatus, Version};
use super::job_line::JobLine;
use super::lineage::Entry;
use super::number::{JobNo, NameNo, Number, Numbering, ResourceNo, RunNo, VersionNo};
use super::position::RunsBy;
use super::runs::{Arrival, Runs, Standing};
use super::shelf::Shelf;
use super::version_line::{VersionLine, Versions};
use crate::ids::{JobId, JobRunId, ResourceId, VersionId};

/// Versions, job runs, and what follows from them. Every change costs what it touches, not the length of the history.
///
/// Inside, everything goes by numbers (`number`); identifiers come in and go out. Lists that are kept in order move by a few bytes for each
/// entry when something old comes or goes, which a rerun of an old run does.
///
/// Changes that name something unknown change nothing and answer `false`: a stream of events may start in the middle.
#[derive(Clone, Debug, Default)]
pub struct History {
    pub(super) versions: Versions,
    pub(super) resource_numbers: Numbering<ResourceId, ResourceNo>,
    pub(super) resources: Vec<VersionLine>,
    pub(super) runs: Runs,
    pub(super) job_numbers: Numbering<JobId, JobNo>,
    pub(super) jobs: Vec<JobLine>,
    /// Which runs made a version.
    pub(super) makers: RunsBy<VersionNo>,
    /// Runs that name a version which has not arrived.
    pub(super) awaiting: IdMap<VersionNo, IdSet<RunNo>>,
    /// What runs vouch for, and how far away each of that is.
    pub(super) lineages: Shelf<Entry>,
    pub(super) distances: Shelf<u32>,
    pub(super) root_lists: Shelf<RunNo>,
}

impl History {
    /// Takes in a version; `false` if it is there already. Runs that name it and came before it vouch for it from now on; what
    /// still later runs inherited from those by then stays as it is.
    pub fn add_version(&mut self, version: Version) -> bool {
        let number = self.versions.number(version.id);
        if self.versions.is_known(number) {
            return false;
        }
        let mut waiting: Vec<RunNo> = self.awaiting.remove(&number).unwrap_or_default().into_iter().collect();
        waiting.retain(|run| self.take_out(*run));
        let resource = self.number_resource(version.resource);
        self.versions.arrive(number, resource, &version);
        self.resources[resource.place()].add(number, &self.versions);
        waiting.sort_unstable_by_key(|run| self.runs.get(*run).sequence);
        for run in waiting {
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
        let resource = self.number_resource(resource);
        self.resources[resource.place()].untriggering = untriggering;
    }

    /// Says which upstream jobs the job names only in `passed` of inputs that do not trigger. Their runs take no part in the
    /// agreement of what follows the job. Where this changes for a job that has runs, the whole history is gone through
    /// again, so that it says the same as one that is built anew.
    pub fn set_quiet_upstream(&mut self, job: JobId, upstream: &[JobId]) {
        let job = self.number_job(job);
        let mut quiet: Vec<JobNo> = upstream.iter().map(|upstream| self.number_job(*upstream)).collect();
        quiet.sort_unstable();
        quiet.dedup();
        if self.jobs[job.place()].quiet == quiet {
            return;
        }
        self.jobs[job.place()].quiet = quiet;
        if !self.jobs[job.place()].runs.is_empty() {
            self.go_through_again();
        }
    }

    /// Takes in a job run, active or ended; `false` if it is there already. Its inputs count as had from now on.
    pub fn add_run(&mut self, run: Run) -> bool {
        let number = self.runs.number(run.id);
        if self.runs.is_known(number) {
            return false;
        }
        let arrival = self.number_arrival(run.job, (run.sequence, run.status), run.rerun_of);
        self.runs.arrive(number, arrival);
        let inputs = self.number_inputs(&run.inputs);
        let outputs: Vec<VersionNo> = run.outputs.iter().map(|version| self.versions.number(*version)).collect();
        let follows: Vec<RunNo> = run.consumed_runs.iter().map(|run| self.runs.number(*run)).collect();
        self.runs.link(number, &inputs, &outputs, &follows);
        self.put_in(number);
        true
    }

    /// Replaces the inputs of an active run: its job no longer counts as having had the old ones through it.
    pub fn replace_run_inputs(&mut self, run: JobRunId, inputs: Vec<RunInput>, consumed_runs: Vec<JobRunId>) -> bool {
        let Some(run) = self.runs.find_known(run) else { return false };
        self.take_out(run);
        let inputs = self.number_inputs(&inputs);
        let follows: Vec<RunNo> = consumed_runs.iter().map(|run| self.runs.number(*run)).collect();
        let outputs: Vec<VersionNo> = self.runs.outputs(run).collect();
        self.runs.link(run, &inputs, &outputs, &follows);
        self.put_in(run);
        true
    }

    /// Ends a run; from now on it vouches. `false` if it is unknown, or `status` is no end.
    pub fn finish_run(&mut self, run: JobRunId, status: RunStatus, outputs: Vec<VersionId>) -> bool {
        let Some(run) = self.runs.find_known(run).filter(|_| status != RunStatus::Active) else { return false };
        self.take_out(run);
        let outputs: Vec<VersionNo> = outputs.iter().map(|version| self.versions.number(*version)).collect();
        let (inputs, follows): (Vec<_>, Vec<_>) = (self.runs.inputs(run).collect(), self.runs.follows(run).collect());
        self.runs.link(run, &inputs, &outputs, &follows);
        self.runs.get_mut(run).status = status;
        self.put_in(run);
        true
    }

    /// Forgets a run. What later runs inherited from it stays.
    pub fn remove_run(&mut self, run: JobRunId) -> bool {
        self.runs.find(run).is_some_and(|run| self.take_out(run))
    }

    fn change_version(&mut self, version: VersionId, change: impl FnOnce(&mut Version)) -> bool {
        let Some(mut changed) = self.version(version) else { return false };
        let version = self.versions.find_known(version);
        let Some(resource) = self.versions.find(version).map(|version| version.resource) else { return false };
        let line = &mut self.resources[resource.place()];
        line.remove(version, &self.versions);
        change(&mut changed);
        self.versions.change(version, changed.order, changed.disabled);
        line.add(version, &self.versions);
        true
    }

    pub(super) fn number_job(&mut self, job: JobId) -> JobNo {
        let number = self.job_numbers.number(job);
        if number.place() == self.jobs.len() {
            self.jobs.push(JobLine::default());
        }
        number
    }

    pub(super) fn number_resource(&mut self, resource: ResourceId) -> ResourceNo {
        let number = self.resource_numbers.number(resource);
        if number.place() == self.resources.len() {
            self.resources.push(VersionLine::default());
        }
        number
    }

    pub(super) fn number_arrival(&mut self, job: JobId, (sequence, status): (i64, RunStatus), rerun_of: Option<JobRunId>) -> Arrival {
        let rerun_of = rerun_of.map_or(RunNo::NONE, |original| self.runs.number(original));
        Arrival { job: self.number_job(job), sequence, rerun_of, status }
    }

    fn number_inputs(&mut self, inputs: &[RunInput]) -> Vec<(NameNo, VersionNo)> {
        inputs.iter().map(|input| (self.runs.number_name(&input.name), self.versions.number(input.version))).collect()
    }

    /// Forgets what follows from the runs, and lets it follow again.
    fn go_through_again(&mut self) {
        for line in &mut self.jobs {
            let quiet = std::mem::take(&mut line.quiet);
            *line = JobLine::default();
            line.quiet = quiet;
        }
        self.makers = RunsBy::default();
        self.awaiting.clear();
        self.lineages.clear();
        self.distances.clear();
        self.root_lists.clear();
        let mut known = Vec::new();
        for run in self.runs.all() {
            if self.runs.is_known(run) {
                known.push(run);
            }
            let standing = if self.runs.is_known(run) { Standing::Arriving } else { Standing::Unheard };
            self.runs.get_mut(run).return_to(standing);
        }
        known.sort_by_key(|run| self.runs.get(*run).sequence);
        self.enter_all(known);
    }
}
