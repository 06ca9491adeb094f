//! The line in memory: what the scheduler judges by. It is built from the store at start and kept up to date from events; a job is looked
//! at again only when something it depends on has changed.

use super::facts::{JobFacts, JobRunFact, PipelineFacts, ResourceFacts, SlotKey};
use super::slots::Slots;
use crate::event::{Event, JobRunFacts};
use crate::ids::{JobId, JobRunId, PipelineId, ResourceId, RunId, VersionId};
use crate::resolve::{History, Intake, Run, RunInput, RunStatus, Version};
use crate::state::JobRunStatus;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Everything that decisions depend on.
#[derive(Clone, Debug, Default)]
pub struct Line {
    pub(super) history: History,
    pub(super) pipelines: HashMap<PipelineId, PipelineFacts>,
    pub(super) resources: HashMap<ResourceId, ResourceFacts>,
    pub(super) jobs: HashMap<JobId, JobFacts>,
    /// Job runs that have not ended.
    pub(super) active: HashMap<JobRunId, JobRunFact>,
    pub(super) active_of_job: HashMap<JobId, BTreeSet<JobRunId>>,
    active_of_run: HashMap<RunId, BTreeSet<JobRunId>>,
    pub(super) slots: Slots,
    /// Who consumes a resource, who names a job in `passed` or `after`.
    pub(super) consumers: HashMap<ResourceId, BTreeSet<JobId>>,
    pub(super) followers: HashMap<JobId, BTreeSet<JobId>>,
    /// Who makes a resource.
    pub(super) producers: HashMap<ResourceId, BTreeSet<JobId>>,
    /// Jobs with `settle`.
    pub(super) settlers: BTreeSet<JobId>,
    pub(super) dirty: BTreeSet<JobId>,
    /// Slots in which something may have become free.
    freed: BTreeSet<SlotKey>,
    /// Runs whose last active job run has ended.
    settling: BTreeSet<RunId>,
}

impl Line {
    /// The history that resolutions look at.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    #[must_use]
    pub fn pipeline(&self, id: PipelineId) -> Option<&PipelineFacts> {
        self.pipelines.get(&id)
    }

    #[must_use]
    pub fn job(&self, id: JobId) -> Option<&JobFacts> {
        self.jobs.get(&id)
    }

    /// What a job run does that has not ended.
    #[must_use]
    pub fn active_status(&self, id: JobRunId) -> Option<JobRunStatus> {
        self.active.get(&id).map(|fact| fact.status)
    }

    #[must_use]
    pub fn resource(&self, id: ResourceId) -> Option<&ResourceFacts> {
        self.resources.get(&id)
    }

    /// Takes a pipeline's current revision in; every job of it is looked at again.
    pub fn set_pipeline(&mut self, facts: PipelineFacts) {
        let dropped = self.forget_pipeline(facts.id);
        for (name, id) in &facts.resources {
            let pin = facts.pins.get(id).copied();
            self.resources.insert(*id, ResourceFacts { pipeline: facts.id, name: name.clone(), pin });
        }
        // Who is triggered by a resource decides whether it takes part in agreement, whichever pipeline they are of.
        let mut used: BTreeSet<ResourceId> = facts.resources.values().chain(facts.bindings.resources.values()).copied().collect();
        for (id, job) in facts.jobs() {
            for input in &job.question.inputs {
                self.consumers.entry(input.resource).or_default().insert(id);
                for upstream in super::judge::jobs_of(&input.passed) {
                    self.followers.entry(*upstream).or_default().insert(id);
                }
            }
            for after in &job.question.after {
                self.followers.entry(after.job).or_default().insert(id);
            }
            self.history.set_quiet_upstream(id, &job.question.quiet_upstream());
            for output in &job.outputs {
                self.producers.entry(*output).or_default().insert(id);
            }
            if job.settle {
                self.settlers.insert(id);
            }
            self.freed.insert(job.slot_key(id));
            self.jobs.insert(id, job);
            self.dirty.insert(id);
        }
        used.extend(dropped);
        self.pipelines.insert(facts.id, facts);
        for resource in used {
            let untriggering = self.is_untriggering(resource);
            self.history.set_untriggering(resource, untriggering);
        }
        self.recount_slots();
    }

    /// The pipelines whose lineages reach into one: what changes there may change what their jobs ask for.
    #[must_use]
    pub fn list_dependants(&self, pipeline: PipelineId) -> Vec<PipelineId> {
        self.pipelines.values().filter(|facts| facts.bindings.pipelines.contains(&pipeline)).map(|facts| facts.id).collect()
    }

    /// Takes the resource no part in agreement: it is a `state`, or it is used and nobody is triggered by it?
    fn is_untriggering(&self, resource: ResourceId) -> bool {
        let consumers = self.consumers.get(&resource).into_iter().flatten().filter_map(|job| self.jobs.get(job));
        let mut uses = consumers.flat_map(|job| &job.question.inputs).filter(|input| input.resource == resource).peekable();
        let facts = self.resources.get(&resource).and_then(|facts| Some((self.pipelines.get(&facts.pipeline)?, &facts.name)));
        facts.is_some_and(|(pipeline, name)| pipeline.is_state(name)) || (uses.peek().is_some() && uses.all(|input| !input.trigger))
    }

    /// Answers the other pipelines' resources that it used.
    fn forget_pipeline(&mut self, pipeline: PipelineId) -> Vec<ResourceId> {
        let Some(old) = self.pipelines.remove(&pipeline) else { return Vec::new() };
        for id in old.jobs.values() {
            self.jobs.remove(id);
            self.dirty.remove(id);
            self.settlers.remove(id);
            for among in self.followers.values_mut().chain(self.consumers.values_mut()).chain(self.producers.values_mut()) {
                among.remove(id);
            }
        }
        for id in old.resources.values() {
            self.resources.remove(id);
        }
        old.bindings.resources.into_values().collect()
    }

    /// Limits may have changed: who occupies what is counted anew.
    fn recount_slots(&mut self) {
        self.slots = Slots::default();
        let active: Vec<_> = self.active.iter().map(|(id, fact)| (*id, fact.clone())).collect();
        for (id, fact) in active {
            self.count_slot(id, &fact);
        }
    }

    fn count_slot(&mut self, id: JobRunId, fact: &JobRunFact) {
        let Some(key) = self.jobs.get(&fact.job).map(|job| job.slot_key(fact.job)) else { return };
        if fact.status == JobRunStatus::Waiting {
            self.slots.wait(key, fact.sequence, id);
        } else {
            self.slots.occupy(key, fact.sequence, id);
        }
    }

    /// Loads a version that is in the store.
    pub fn add_version(&mut self, version: Version) {
        self.history.add_version(version);
    }

    /// As [`Self::add_version`], for all that are in the store.
    pub fn add_versions(&mut self, versions: Vec<Version>) {
        self.history.add_versions(versions);
    }

    /// Begins to load the job runs that are in the store, about so many.
    pub fn take_in(&mut self, runs: usize) -> Intake<'_> {
        self.history.take_in(runs)
    }

    /// Says which of the loaded job runs have not ended. Once the pipelines are there.
    pub fn add_active_runs(&mut self, runs: Vec<(JobRunId, JobRunFact)>) {
        for (id, fact) in runs {
            self.add_active(id, fact);
        }
    }

    fn add_active(&mut self, id: JobRunId, fact: JobRunFact) {
        self.active_of_job.entry(fact.job).or_default().insert(id);
        self.active_of_run.entry(fact.run).or_default().insert(id);
        self.settling.remove(&fact.run);
        self.count_slot(id, &fact);
        self.active.insert(id, fact);
    }

    fn remove_active(&mut self, id: JobRunId) {
        let Some(fact) = self.active.remove(&id) else { return };
        if let Some(of_job) = self.active_of_job.get_mut(&fact.job) {
            of_job.remove(&id);
        }
        self.leave_run(id, fact.run);
        if let Some(key) = self.jobs.get(&fact.job).map(|job| job.slot_key(fact.job)) {
            self.slots.release(&key, fact.sequence);
            self.freed.insert(key);
        }
    }

    fn leave_run(&mut self, id: JobRunId, run: RunId) {
        let left = self.active_of_run.get_mut(&run).map_or(0, |of_run| {
            of_run.remove(&id);
            of_run.len()
        });
        if left == 0 {
            self.active_of_run.remove(&run);
            self.settling.insert(run);
        }
    }

    /// Takes an event in. Answers the pipelines that have to be loaded again, if the event changed any.
    pub fn apply(&mut self, event: &Event) -> Vec<PipelineId> {
        match event {
            Event::PipelineSet { pipeline, .. }
            | Event::PipelinePaused { pipeline, .. }
            | Event::JobPaused { pipeline, .. }
            | Event::EnvironmentLocked { pipeline, .. } => {
                return vec![*pipeline];
            }
            Event::WorkspacePaused { name, .. } => {
                let of_workspace = self.pipelines.values().filter(|facts| facts.workspace_name == *name);
                return of_workspace.map(|facts| facts.id).collect();
            }
            Event::ResourcePinned { resource, .. } => {
                return self.resources.get(resource).map(|facts| facts.pipeline).into_iter().collect();
            }
            Event::VersionCreated { resource, version, order, values, .. } => {
                self.history.add_version(Version { id: *version, resource: *resource, order: *order, disabled: false });
                self.touch_resource(*resource);
                return self.repinned(*resource, values).into_iter().collect();
            }
            Event::VersionEnabled { resource, version, enabled, .. } => {
                self.history.set_version_enabled(*version, *enabled);
                self.touch_resource(*resource);
            }
            Event::VersionsReordered { resource, orders } => {
                for (version, order) in orders {
                    self.history.reorder_version(*version, *order);
                }
                self.touch_resource(*resource);
            }
            Event::JobRunCreated(facts) => self.create_job_run(facts),
            Event::JobRunSuperseded(facts) => self.supersede_job_run(facts),
            Event::JobRunMoved { job_run, status, outputs, .. } => self.move_job_run(*job_run, *status, outputs),
            _ => {}
        }
        Vec::new()
    }

    /// A version that an input names by its entries has come: the pipeline's questions change.
    fn repinned(&self, resource: ResourceId, values: &BTreeMap<String, String>) -> Option<PipelineId> {
        let owner = self.resources.get(&resource)?.pipeline;
        let matches = |entries: &BTreeMap<String, String>| entries.iter().all(|(key, value)| values.get(key) == Some(value));
        // Those of other pipelines are loaded again with the pipeline that has the resource.
        let mut pinned = self.pipelines.values().flat_map(|facts| &facts.pinned_inputs);
        pinned.any(|pinned| pinned.resource == resource && matches(&pinned.entries)).then_some(owner)
    }

    fn create_job_run(&mut self, facts: &JobRunFacts) {
        self.history.add_run(Run {
            id: facts.job_run,
            job: facts.job,
            sequence: facts.sequence,
            rerun_of: facts.rerun_of,
            status: RunStatus::Active,
            inputs: run_inputs(&facts.inputs),
            outputs: Vec::new(),
            consumed_runs: facts.follows.clone(),
        });
        let fact = JobRunFact {
            job: facts.job,
            run: facts.run,
            sequence: facts.sequence,
            status: JobRunStatus::Waiting,
            automatic: facts.automatic,
        };
        self.add_active(facts.job_run, fact);
        // It may have waited behind others that are held themselves.
        self.freed.extend(self.jobs.get(&facts.job).map(|job| job.slot_key(facts.job)));
        self.dirty.insert(facts.job);
    }

    fn supersede_job_run(&mut self, facts: &JobRunFacts) {
        self.history.replace_run_inputs(facts.job_run, run_inputs(&facts.inputs), facts.follows.clone());
        let Some(old_run) = self.active.get(&facts.job_run).map(|fact| fact.run) else { return };
        if old_run != facts.run {
            self.leave_run(facts.job_run, old_run);
            self.active_of_run.entry(facts.run).or_default().insert(facts.job_run);
            self.settling.remove(&facts.run);
            if let Some(fact) = self.active.get_mut(&facts.job_run) {
                fact.run = facts.run;
            }
        }
        self.dirty.insert(facts.job);
    }

    fn move_job_run(&mut self, id: JobRunId, status: JobRunStatus, outputs: &[VersionId]) {
        let Some(fact) = self.active.get_mut(&id) else { return };
        fact.status = status;
        let fact = fact.clone();
        if status.is_terminal() {
            self.history.finish_run(id, RunStatus::from(status), outputs.to_vec());
            self.remove_active(id);
            let followers = self.followers.get(&fact.job).cloned().unwrap_or_default();
            self.dirty.extend(followers);
        } else {
            self.count_slot(id, &fact);
        }
        self.settle_below(fact.job);
        self.dirty.insert(fact.job);
    }

    /// Something has moved: what waits for quiet downstream of it may go on, and get its slot, or waits for something else now.
    fn settle_below(&mut self, job: JobId) {
        let settling = self.list_settling(job);
        self.freed.extend(settling.iter().filter_map(|id| Some(self.jobs.get(id)?.slot_key(*id))));
        self.dirty.extend(settling);
    }

    fn touch_resource(&mut self, resource: ResourceId) {
        self.dirty.extend(self.consumers.get(&resource).into_iter().flatten());
    }

    /// Every job is looked at again: what the tick does.
    pub fn touch_all(&mut self) {
        self.dirty.extend(self.jobs.keys().copied());
        self.freed.extend(self.jobs.iter().map(|(id, job)| job.slot_key(*id)));
    }

    /// A job that has to be looked at again, because what was decided for it could not be done.
    pub fn touch_job(&mut self, job: JobId) {
        self.dirty.insert(job);
    }

    /// The jobs that can be looked at now, and the job runs for which a slot is free. Both are forgotten here. A job that has to wait for others'
    /// turn stays: ask again until there is nothing.
    pub fn take_dirty(&mut self) -> (BTreeSet<JobId>, Vec<JobRunId>) {
        let freed = std::mem::take(&mut self.freed);
        let ready = freed.iter().flat_map(|key| self.ready(key)).collect();
        (self.take_judgeable(), ready)
    }

    /// The runs that have nothing active any more. Forgotten here.
    pub fn take_settling(&mut self) -> BTreeSet<RunId> {
        std::mem::take(&mut self.settling)
    }

    fn ready(&self, key: &SlotKey) -> Vec<JobRunId> {
        let mut waiting = self.list_ready(key);
        if waiting.is_empty() {
            return waiting;
        }
        if let Some(limit) = self.slot_limit(key) {
            waiting.truncate(limit.saturating_sub(self.slots.occupied(key)));
        }
        waiting
    }

    /// Those who wait and may begin, the highest priority first, then the oldest.
    pub(super) fn list_ready(&self, key: &SlotKey) -> Vec<JobRunId> {
        let facts = self.slots.waiting(key).filter_map(|id| Some((id, self.active.get(&id)?)));
        let mut ready: Vec<_> = facts.filter(|(_, fact)| self.may_begin(fact)).collect();
        let priority = |job: JobId| self.jobs.get(&job).map_or(0, |facts| facts.priority);
        ready.sort_by_key(|(_, fact)| (-priority(fact.job), fact.sequence));
        ready.into_iter().map(|(id, _)| id).collect()
    }

    /// The limit of a key: where jobs of one group disagree, the lowest.
    pub(super) fn slot_limit(&self, key: &SlotKey) -> Option<usize> {
        let limits = self.jobs.values().filter_map(|job| job.limit.as_ref()).filter(|(_, candidate)| candidate == key);
        limits.map(|(limit, _)| *limit as usize).min()
    }
}

fn run_inputs(inputs: &BTreeMap<String, VersionId>) -> Vec<RunInput> {
    inputs.iter().map(|(name, version)| RunInput { name: name.clone(), version: *version }).collect()
}
