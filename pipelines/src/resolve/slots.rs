//! A question, taken apart: which upstream jobs it names, and what a run of each must offer.

use super::ancestry::{Ancestry, Walk};
use super::hashing::{IdMap, IdSet, map_for};
use super::history::RunStatus;
use super::index::History;
use super::job_line::EndedRuns;
use super::next::{Beginnings, find_next};
use super::position::Position;
use super::question::{Choice, InputQuestion, PassedQuestion, Question};
use super::trail::Candidate;
use crate::document::AfterOutcome;
use crate::ids::{JobId, JobRunId, ResourceId, VersionId};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// More ancestries than this are not kept in memory; a search that comes back to an older one walks it again.
const ANCESTRY_CACHE: usize = 1024;

/// A question with what can be known before any search.
#[derive(Debug)]
pub(super) struct Problem<'a> {
    pub(super) history: &'a History,
    pub(super) question: &'a Question,
    /// One run is to be found for each, in this order of precedence.
    pub(super) slots: Vec<Slot<'a>>,
    /// Resources on which the upstream runs need not agree, by what the question says of its inputs.
    untriggering: IdSet<ResourceId>,
    /// The jobs that several slots may have in the ancestry of their runs.
    shared_jobs: IdSet<JobId>,
    /// How many of them a run of an upstream job can have.
    ancestry_sizes: IdMap<JobId, usize>,
    ancestries: RefCell<IdMap<JobRunId, Rc<Ancestry>>>,
    walk: RefCell<Walk>,
    /// The steps that a search may take, and those that are left.
    pub(super) limit: usize,
    budget: Cell<usize>,
}

/// A place for one upstream run.
#[derive(Clone, Debug)]
pub(super) struct Slot<'a> {
    /// More than one only for `passed: {any: …}`.
    pub(super) sources: Vec<Source<'a>>,
    /// For inputs with `version: every`: the runs that are to be taken one by one, in this order, before any other.
    pub(super) next: Vec<Candidate>,
    /// The jobs on whose runs it must agree with other slots, wherever both have one in their ancestry.
    pub(super) shared_jobs: IdSet<JobId>,
}

/// An upstream job, and what its run is asked for.
#[derive(Clone, Debug)]
pub(super) struct Source<'a> {
    pub(super) job: JobId,
    /// How its run must have ended.
    pub(super) on: AfterOutcome,
    /// Its runs that ended as demanded, by how they ended; none of these is empty.
    pub(super) ended: Vec<&'a EndedRuns>,
    /// The inputs whose versions the run must vouch for, as places in the question.
    pub(super) inputs: Vec<usize>,
    /// Named in `after`: a new run of it triggers.
    pub(super) is_followed: bool,
    /// Named in `after`, or for an input that triggers: its ancestry must agree with those of the others.
    pub(super) is_loud: bool,
}

impl<'a> Problem<'a> {
    pub(super) fn new(history: &'a History, question: &'a Question, limit: usize) -> Self {
        let quiet = question.inputs.iter().filter(|input| !input.trigger || input.state);
        let mut untriggering: IdSet<ResourceId> = quiet.map(|input| input.resource).collect();
        for input in question.inputs.iter().filter(|input| input.trigger && !input.state) {
            untriggering.remove(&input.resource);
        }
        let mut problem = Self {
            history,
            question,
            slots: list_slots(history, question),
            untriggering,
            shared_jobs: IdSet::default(),
            ancestry_sizes: IdMap::default(),
            ancestries: RefCell::default(),
            walk: RefCell::default(),
            limit,
            budget: Cell::new(limit),
        };
        let beginnings = Beginnings::find(&problem);
        for index in 0..problem.slots.len() {
            problem.slots[index].next = find_next(&problem, &problem.slots[index], &beginnings);
        }
        problem.share_jobs();
        problem
    }

    /// Finds the jobs that several slots may have in the ancestry of their runs.
    fn share_jobs(&mut self) {
        let is_loud = |slot: &Slot| slot.sources.iter().any(|source| source.is_loud);
        if self.slots.iter().filter(|slot| is_loud(slot)).count() < 2 {
            return;
        }
        let mut counts: IdMap<JobId, usize> = map_for(self.slots.len());
        let mut reaches: IdMap<JobId, IdSet<JobId>> = map_for(self.slots.len());
        for slot in &mut self.slots {
            for source in slot.sources.iter().filter(|source| source.is_loud) {
                let reach = reaches.entry(source.job).or_insert_with(|| self.history.ancestor_jobs(source.job));
                slot.shared_jobs.extend(reach.iter().copied());
            }
            slot.shared_jobs.iter().for_each(|job| *counts.entry(*job).or_insert(0) += 1);
        }
        counts.retain(|_, count| *count > 1);
        for slot in &mut self.slots {
            slot.shared_jobs.retain(|job| counts.contains_key(job));
        }
        self.shared_jobs = counts.into_keys().collect();
        let shared = |reach: &IdSet<JobId>| reach.iter().filter(|job| self.shared_jobs.contains(job)).count();
        self.ancestry_sizes = reaches.iter().map(|(job, reach)| (*job, shared(reach))).collect();
    }

    /// The ancestry of a run, as far as it is shared, walked once.
    pub(super) fn ancestry(&self, run: JobRunId) -> Rc<Ancestry> {
        if let Some(known) = self.ancestries.borrow().get(&run) {
            return Rc::clone(known);
        }
        let job = self.history.run(run).map(|run| run.job);
        let size = job.and_then(|job| self.ancestry_sizes.get(&job)).copied().unwrap_or_default();
        let (ancestry, steps) = self.history.ancestry(run, (&self.shared_jobs, size), &mut self.walk.borrow_mut());
        let ancestry = Rc::new(ancestry);
        self.spend(steps);
        let mut ancestries = self.ancestries.borrow_mut();
        if ancestries.len() >= ANCESTRY_CACHE {
            ancestries.clear();
        }
        ancestries.insert(run, Rc::clone(&ancestry));
        ancestry
    }

    /// Takes steps from what the search may cost.
    pub(super) fn spend(&self, steps: usize) {
        self.budget.set(self.budget.get().saturating_sub(steps));
    }

    pub(super) const fn budget(&self) -> usize {
        self.budget.get()
    }

    /// Whether combined upstream runs must agree on the resource.
    pub(super) fn must_agree(&self, resource: ResourceId) -> bool {
        !self.untriggering.contains(&resource) && !self.history.is_untriggering(resource)
    }

    /// Whether the job has not had the version under the name of that input.
    pub(super) fn is_new(&self, input: usize, version: VersionId) -> bool {
        let input = &self.question.inputs[input];
        !input.names().any(|name| self.history.has_had(self.question.job, name, version))
    }

    /// Whether the version may be chosen for the input, whoever vouches for it.
    pub(super) fn is_eligible(&self, input: usize, version: VersionId) -> bool {
        match self.question.inputs[input].pin() {
            Some(pin) => pin == version,
            None => self.history.version(version).is_some_and(|version| !version.disabled),
        }
    }
}

impl<'a> Slot<'a> {
    fn new(sources: Vec<Source<'a>>) -> Self {
        Self { sources, next: Vec::new(), shared_jobs: IdSet::default() }
    }

    /// Whether the run is due under `version: every`.
    pub(super) fn is_next(&self, candidate: Candidate) -> bool {
        self.next.binary_search_by_key(&candidate.position, |next| next.position).is_ok()
    }
}

impl<'a> Source<'a> {
    /// Whether a run that ended as demanded vouches for the version.
    pub(super) fn vouches(&self, resource: ResourceId, version: VersionId) -> bool {
        self.ended.iter().any(|runs| !runs.vouching(resource, version).is_empty())
    }

    /// Whether the run is one of those that ended as demanded.
    pub(super) fn has_run(&self, run: Position) -> bool {
        self.ended.iter().any(|runs| runs.runs.contains(&run))
    }

    pub(super) fn has_runs(&self) -> bool {
        !self.ended.is_empty()
    }

    /// The resources of which some of these runs vouches for a version.
    pub(super) fn resources(&self) -> impl Iterator<Item = ResourceId> {
        self.ended.iter().flat_map(|runs| runs.resources())
    }

    /// Whether every run vouches for some version of the resource, so that an index by version misses none.
    pub(super) fn always_vouches(&self, resource: ResourceId) -> bool {
        self.ended.iter().all(|runs| runs.always_vouches(resource))
    }

    /// Whether the ancestry of every run begins at some run of the job, so that an index by root misses none.
    pub(super) fn always_rooted(&self, job: JobId) -> bool {
        self.ended.iter().all(|runs| runs.always_rooted(job))
    }

    fn add_input(&mut self, input: usize, triggers: bool) {
        self.inputs.push(input);
        self.is_loud |= triggers;
    }
}

impl InputQuestion {
    /// Its name, then those that it had before.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.former.iter().map(String::as_str))
    }

    /// The version that it is pinned to; the input's own pin goes before the resource's.
    pub(super) fn pin(&self) -> Option<VersionId> {
        match self.version {
            Choice::Pin(version) => Some(version),
            Choice::Latest | Choice::Every => self.resource_pin,
        }
    }

    pub(super) fn takes_every(&self) -> bool {
        self.version == Choice::Every && self.resource_pin.is_none()
    }

    /// The upstream jobs that it names, and whether one of them is enough.
    pub(super) fn passed_jobs(&self) -> (Vec<JobId>, bool) {
        let (jobs, any) = match &self.passed {
            PassedQuestion::All(jobs) => (jobs, false),
            PassedQuestion::Any(jobs) => (jobs, true),
        };
        let mut seen = IdSet::with_capacity_and_hasher(jobs.len(), Default::default());
        let jobs: Vec<JobId> = jobs.iter().copied().filter(|job| seen.insert(*job)).collect();
        let any = any && jobs.len() > 1;
        (jobs, any)
    }
}

/// In the order of the inputs and of the jobs that each names; what only `after` names comes last.
fn list_slots<'a>(history: &'a History, question: &Question) -> Vec<Slot<'a>> {
    let mut outcomes: IdMap<JobId, Vec<AfterOutcome>> = map_for(question.after.len());
    for after in &question.after {
        outcomes.entry(after.job).or_default().push(after.on);
    }
    let source = |job: JobId| source_of(history, job, outcomes.get(&job).map_or(&[], Vec::as_slice));
    let mut slots: Vec<Slot<'a>> = Vec::new();
    let mut by_job: IdMap<JobId, usize> = map_for(question.after.len());
    for (index, input) in question.inputs.iter().enumerate() {
        let (jobs, any) = input.passed_jobs();
        let triggers = input.trigger && !input.state;
        if any {
            let mut sources: Vec<Source<'a>> = jobs.into_iter().map(source).collect();
            sources.iter_mut().for_each(|source| source.add_input(index, triggers));
            slots.push(Slot::new(sources));
            continue;
        }
        for job in jobs {
            let place = *by_job.entry(job).or_insert_with(|| {
                slots.push(Slot::new(vec![source(job)]));
                slots.len() - 1
            });
            slots[place].sources[0].add_input(index, triggers);
        }
    }
    for after in &question.after {
        by_job.entry(after.job).or_insert_with(|| {
            slots.push(Slot::new(vec![source(after.job)]));
            slots.len() - 1
        });
    }
    slots
}

/// What `after` says of a job governs how its run must have ended; a bare `passed` demands success.
fn source_of<'a>(history: &'a History, job: JobId, outcomes: &[AfterOutcome]) -> Source<'a> {
    use RunStatus::{Aborted, Failed, Skipped, Succeeded};
    let accepts = |on: AfterOutcome, status: RunStatus| match on {
        AfterOutcome::Passed => matches!(status, Succeeded | Skipped),
        AfterOutcome::Succeeded => status == Succeeded,
        AfterOutcome::Failed => status == Failed,
        AfterOutcome::Finished => status != RunStatus::Active,
    };
    let is_followed = !outcomes.is_empty();
    let outcomes = if is_followed { outcomes } else { &[AfterOutcome::Succeeded] };
    let line = history.job_line(job);
    let statuses = [Succeeded, Skipped, Failed, Aborted].into_iter().filter(|status| outcomes.iter().all(|on| accepts(*on, *status)));
    let ended = statuses.filter_map(|status| line?.ended(status)).filter(|ended| !ended.runs.is_empty()).collect();
    Source { job, on: outcomes[0], ended, inputs: Vec::new(), is_followed, is_loud: is_followed }
}
