//! A question, taken apart: which upstream jobs it names, and what a run of each must offer.

use super::ancestry::{Ancestry, Walk};
use super::hashing::{IdMap, IdSet, map_for};
use super::history::RunStatus;
use super::index::History;
use super::job_line::{EndedRuns, HadInput};
use super::next::{Beginnings, find_next};
use super::number::{JobNo, Number, ResourceNo, RunNo, VersionNo};
use super::question::{Choice, InputQuestion, PassedQuestion, Question};
use super::trail::Candidate;
use crate::document::AfterOutcome;
use crate::ids::{JobId, ResourceId, VersionId};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// More ancestries than this are not kept in memory; a search that comes back to an older one walks it again.
const ANCESTRY_CACHE: usize = 1024;

/// A question with what can be known before any search.
#[derive(Debug)]
pub(super) struct Problem<'a> {
    pub(super) history: &'a History,
    pub(super) question: &'a Question,
    /// What the history has for each input.
    pub(super) asked: Vec<Asked<'a>>,
    /// The job that asks; none's where it has had no run and nobody names it.
    pub(super) job: JobNo,
    /// For each input the upstream jobs that it names, each once, and whether one of them is enough.
    pub(super) named: Vec<(Vec<JobId>, bool)>,
    /// One run is to be found for each, in this order of precedence.
    pub(super) slots: Vec<Slot<'a>>,
    /// Resources on which the upstream runs need not agree, by what the question says of its inputs.
    untriggering: IdSet<ResourceNo>,
    /// The jobs that several slots may have in the ancestry of their runs.
    shared_jobs: IdSet<JobNo>,
    /// By where they begin, and how many jobs they were walked for.
    ancestries: RefCell<IdMap<(RunNo, usize), Rc<Ancestry>>>,
    walk: RefCell<Walk>,
    /// The steps that a search may take, and those that are left.
    pub(super) limit: usize,
    budget: Cell<usize>,
}

/// What the history has for one input.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub(super) resource: ResourceNo,
    /// What the job has had under each of its names.
    pub(super) had: Vec<&'a HadInput>,
    /// None's for a pin to what is not there.
    pub(super) pin: Option<VersionNo>,
}

/// A place for one upstream run.
#[derive(Clone, Debug)]
pub(super) struct Slot<'a> {
    /// More than one only for `passed: {any: …}`.
    pub(super) sources: Vec<Source<'a>>,
    /// For inputs with `version: every`: the runs that are to be taken one by one, in this order, before any other.
    pub(super) next: Vec<Candidate>,
}

/// An upstream job, and what its run is asked for.
#[derive(Clone, Debug)]
pub(super) struct Source<'a> {
    pub(super) job: JobId,
    /// None's where nothing in the history names the job.
    pub(super) number: JobNo,
    /// How its run must have ended.
    pub(super) on: AfterOutcome,
    /// Its runs that ended as demanded, by how they ended; none of these is empty.
    ended: [Option<&'a EndedRuns>; 4],
    /// The inputs whose versions the run must vouch for, as places in the question.
    pub(super) inputs: Vec<usize>,
    /// Named in `after`: a new run of it triggers.
    pub(super) is_followed: bool,
    /// Named in `after`, or for an input that triggers: its ancestry must agree with those of the others.
    pub(super) is_loud: bool,
    /// The jobs that its runs may have in their ancestry, as far as runs for other slots may have them too and must agree.
    pub(super) reach: Vec<JobNo>,
}

impl<'a> Problem<'a> {
    pub(super) fn new(history: &'a History, question: &'a Question, limit: usize) -> Self {
        let quiet = question.inputs.iter().filter(|input| !input.trigger || input.state);
        let number = |resource: ResourceId| history.resource_numbers.find_or_none(resource);
        let mut untriggering: IdSet<ResourceNo> = quiet.map(|input| number(input.resource)).collect();
        for input in question.inputs.iter().filter(|input| input.trigger && !input.state) {
            untriggering.remove(&number(input.resource));
        }
        let job = history.job_numbers.find_or_none(question.job);
        let named: Vec<_> = question.inputs.iter().map(InputQuestion::passed_jobs).collect();
        let mut problem = Self {
            history,
            question,
            asked: question.inputs.iter().map(|input| Asked::find(history, job, input)).collect(),
            job,
            slots: list_slots(history, question, &named),
            named,
            untriggering,
            shared_jobs: IdSet::default(),
            ancestries: RefCell::default(),
            walk: RefCell::default(),
            limit,
            budget: Cell::new(limit),
        };
        if question.inputs.iter().any(InputQuestion::takes_every) {
            let beginnings = Beginnings::find(&problem);
            for index in 0..problem.slots.len() {
                problem.slots[index].next = find_next(&problem, &problem.slots[index], &beginnings);
            }
        }
        problem.share_jobs();
        problem
    }

    /// Finds the jobs that several slots may have in the ancestry of their runs.
    fn share_jobs(&mut self) {
        if self.slots.iter().filter(|slot| slot.sources.iter().any(|source| source.is_loud)).count() < 2 {
            return;
        }
        // How many slots may have the job, and the last of them.
        let mut counts: IdMap<JobNo, (usize, usize)> = map_for(self.slots.len());
        let mut seen = IdSet::default();
        for (index, slot) in self.slots.iter_mut().enumerate() {
            for source in slot.sources.iter_mut().filter(|source| source.is_loud && source.number != JobNo::NONE) {
                source.reach = self.history.ancestor_jobs(source.number, &mut seen);
                for job in &source.reach {
                    let (count, last) = counts.entry(*job).or_insert((0, usize::MAX));
                    *count += usize::from(*last != index);
                    *last = index;
                }
            }
        }
        counts.retain(|_, (count, _)| *count > 1);
        for source in self.slots.iter_mut().flat_map(|slot| &mut slot.sources) {
            source.reach.retain(|job| counts.contains_key(job));
        }
        self.shared_jobs = counts.into_keys().collect();
    }

    /// The ancestry of a run of the source, as far as it is shared. Each is walked once, and runs that differ in nothing shared
    /// have one together.
    pub(super) fn ancestry(&self, source: &Source, run: RunNo) -> Rc<Ancestry> {
        let (run, size) = (self.history.skip_up(run, &self.shared_jobs), source.reach.len());
        if let Some(known) = self.ancestries.borrow().get(&(run, size)) {
            return Rc::clone(known);
        }
        let (ancestry, steps) = self.history.ancestry(run, (&self.shared_jobs, size), &mut self.walk.borrow_mut());
        let ancestry = Rc::new(ancestry);
        self.spend(steps);
        let mut ancestries = self.ancestries.borrow_mut();
        if ancestries.len() >= ANCESTRY_CACHE {
            ancestries.clear();
        }
        ancestries.insert((run, size), Rc::clone(&ancestry));
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
    pub(super) fn must_agree(&self, resource: ResourceNo) -> bool {
        !self.untriggering.contains(&resource) && self.history.version_line(resource).is_none_or(|line| !line.untriggering)
    }

    /// Whether the job has not had the version under the name of that input.
    pub(super) fn is_new(&self, input: usize, version: VersionNo) -> bool {
        !self.asked[input].had.iter().any(|had| had.has(version))
    }

    /// Whether the version may be chosen for the input, whoever vouches for it.
    pub(super) fn is_eligible(&self, input: usize, version: VersionNo) -> bool {
        match self.asked[input].pin {
            Some(pin) => pin == version,
            None => self.history.versions.find(version).is_some_and(|version| !version.disabled),
        }
    }
}

impl<'a> Asked<'a> {
    fn find(history: &'a History, job: JobNo, input: &InputQuestion) -> Self {
        let had = |name| history.job_line(job)?.had.under(history.runs.find_name(name)?);
        Self {
            resource: history.resource_numbers.find_or_none(input.resource),
            had: input.names().filter_map(had).collect(),
            pin: input.pin().map(|pin| history.versions.find_known(pin)),
        }
    }
}

impl<'a> Slot<'a> {
    fn new(sources: Vec<Source<'a>>) -> Self {
        Self { sources, next: Vec::new() }
    }

    /// Whether the run is due under `version: every`.
    pub(super) fn is_next(&self, candidate: Candidate) -> bool {
        self.next.binary_search_by_key(&candidate.position, |next| next.position).is_ok()
    }
}

impl<'a> Source<'a> {
    pub(super) fn ended(&self) -> impl Iterator<Item = &'a EndedRuns> {
        self.ended.iter().flatten().copied()
    }

    /// Whether a run that ended as demanded vouches for the version.
    pub(super) fn vouches(&self, resource: ResourceNo, version: VersionNo) -> bool {
        self.ended().any(|runs| !runs.vouching(resource, version).is_empty())
    }

    /// Whether the run is one of those that ended as demanded.
    pub(super) fn has_run(&self, history: &History, run: RunNo) -> bool {
        let record = history.runs.get(run);
        let end = ENDS.iter().position(|end| *end == record.status);
        record.job == self.number && history.runs.is_known(run) && end.is_some_and(|end| self.ended[end].is_some())
    }

    pub(super) fn has_runs(&self) -> bool {
        self.ended().next().is_some()
    }

    /// The resources of which some of these runs vouches for a version.
    pub(super) fn resources(&self) -> impl Iterator<Item = ResourceNo> {
        self.ended().flat_map(EndedRuns::resources)
    }

    /// Whether every run vouches for some version of the resource, so that an index by version misses none.
    pub(super) fn always_vouches(&self, resource: ResourceNo) -> bool {
        self.ended().all(|runs| runs.always_vouches(resource))
    }

    /// Whether the ancestry of every run begins at some run of the job, so that an index by root misses none.
    pub(super) fn always_rooted(&self, job: JobNo) -> bool {
        self.ended().all(|runs| runs.always_rooted(job))
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
    fn passed_jobs(&self) -> (Vec<JobId>, bool) {
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
fn list_slots<'a>(history: &'a History, question: &Question, named: &[(Vec<JobId>, bool)]) -> Vec<Slot<'a>> {
    let mut demands: IdMap<JobId, Demand> = map_for(question.after.len());
    for after in &question.after {
        demands.entry(after.job).and_modify(|demand| demand.narrow(after.on)).or_insert_with(|| Demand::new(after.on));
    }
    let source = |job: JobId| source_of(history, job, demands.get(&job));
    let mut slots: Vec<Slot<'a>> = Vec::new();
    let mut by_job: IdMap<JobId, usize> = map_for(question.after.len());
    for (index, input) in question.inputs.iter().enumerate() {
        let (jobs, any) = &named[index];
        let triggers = input.trigger && !input.state;
        if *any {
            let mut sources: Vec<Source<'a>> = jobs.iter().copied().map(source).collect();
            sources.iter_mut().for_each(|source| source.add_input(index, triggers));
            slots.push(Slot::new(sources));
            continue;
        }
        for job in jobs {
            let place = *by_job.entry(*job).or_insert_with(|| {
                slots.push(Slot::new(vec![source(*job)]));
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

/// How runs of a job must have ended.
struct Demand {
    on: AfterOutcome,
    accepted: [bool; 4],
}

/// The ways to end, in the order of [`Demand::accepted`].
const ENDS: [RunStatus; 4] = [RunStatus::Succeeded, RunStatus::Skipped, RunStatus::Failed, RunStatus::Aborted];

impl Demand {
    fn new(on: AfterOutcome) -> Self {
        let mut demand = Self { on, accepted: [true; 4] };
        demand.narrow(on);
        demand
    }

    fn narrow(&mut self, on: AfterOutcome) {
        let accepts = |status: RunStatus| match on {
            AfterOutcome::Passed => matches!(status, RunStatus::Succeeded | RunStatus::Skipped),
            AfterOutcome::Succeeded => status == RunStatus::Succeeded,
            AfterOutcome::Failed => status == RunStatus::Failed,
            AfterOutcome::Finished => true,
        };
        self.accepted.iter_mut().zip(ENDS).for_each(|(accepted, status)| *accepted &= accepts(status));
    }
}

/// What `after` says of a job governs how its run must have ended; a bare `passed` demands success.
fn source_of<'a>(history: &'a History, job: JobId, demand: Option<&Demand>) -> Source<'a> {
    let bare = Demand::new(AfterOutcome::Succeeded);
    let (is_followed, demand) = (demand.is_some(), demand.unwrap_or(&bare));
    let number = history.job_numbers.find_or_none(job);
    let line = history.job_line(number);
    let runs_of = |end: usize| line?.ended(ENDS[end]).filter(|ended| demand.accepted[end] && !ended.runs.is_empty());
    Source {
        job,
        number,
        on: demand.on,
        ended: std::array::from_fn(runs_of),
        inputs: Vec::new(),
        is_followed,
        is_loud: is_followed,
        reach: Vec::new(),
    }
}
