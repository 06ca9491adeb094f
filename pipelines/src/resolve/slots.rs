//! A question, taken apart: which upstream jobs it names, and what a run of each must offer.

use super::hashing::{IdMap, IdSet};
use super::history::RunStatus;
use super::index::History;
use super::job_line::EndedRuns;
use super::position::Position;
use super::question::{Choice, InputQuestion, PassedQuestion, Question};
use crate::document::AfterOutcome;
use crate::ids::{JobId, ResourceId, VersionId};

/// A question with what can be known before any search.
#[derive(Debug)]
pub(super) struct Problem<'a> {
    pub(super) history: &'a History,
    pub(super) question: &'a Question,
    /// One run is to be found for each, in this order of precedence.
    pub(super) slots: Vec<Slot>,
    /// Resources on which the upstream runs need not agree, by what the question says of its inputs.
    untriggering: IdSet<ResourceId>,
}

/// A place for one upstream run.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// More than one only for `passed: {any: …}`.
    pub(super) sources: Vec<Source>,
    /// For an input with `version: every`: the upstream run that its last consumed version came from.
    pub(super) base: Option<Position>,
}

/// An upstream job, and what its run is asked for.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) job: JobId,
    /// How its run must have ended.
    pub(super) on: AfterOutcome,
    pub(super) statuses: Vec<RunStatus>,
    /// The inputs whose versions the run must vouch for, as places in the question.
    pub(super) inputs: Vec<usize>,
    /// Named in `after`: a new run of it triggers.
    pub(super) is_followed: bool,
}

impl<'a> Problem<'a> {
    pub(super) fn new(history: &'a History, question: &'a Question) -> Self {
        let quiet = question.inputs.iter().filter(|input| !input.trigger || input.state);
        let mut untriggering: IdSet<ResourceId> = quiet.map(|input| input.resource).collect();
        for input in question.inputs.iter().filter(|input| input.trigger && !input.state) {
            untriggering.remove(&input.resource);
        }
        let mut problem = Self { history, question, slots: list_slots(question), untriggering };
        for index in 0..problem.slots.len() {
            problem.slots[index].base = problem.find_base(&problem.slots[index]);
        }
        problem
    }

    /// Whether combined upstream runs must agree on the resource.
    pub(super) fn must_agree(&self, resource: ResourceId) -> bool {
        !self.untriggering.contains(&resource) && !self.history.is_untriggering(resource)
    }

    /// The runs of the upstream job that ended as demanded.
    pub(super) fn ended(&self, source: &Source) -> impl Iterator<Item = &'a EndedRuns> {
        let line = self.history.job_line(source.job);
        source.statuses.iter().filter_map(move |status| line?.ended(*status))
    }

    /// Whether a run that ended as demanded vouches for the version.
    pub(super) fn is_vouched(&self, source: &Source, resource: ResourceId, version: VersionId) -> bool {
        self.ended(source).any(|runs| !runs.vouching(resource, version).is_empty())
    }

    pub(super) fn has_runs(&self, source: &Source) -> bool {
        self.ended(source).any(|runs| !runs.runs.is_empty())
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

    /// Under `version: every`: whether the run brings something that the job has not had.
    pub(super) fn brings_news(&self, source: &Source, run: Position) -> bool {
        let news = |input: &usize| {
            let question = &self.question.inputs[*input];
            let version = self.history.lineage_of(run.run()).and_then(|lineage| lineage.find(question.resource));
            question.takes_every() && version.is_some_and(|version| self.is_new(*input, version))
        };
        source.inputs.iter().any(news) || (source.is_followed && !self.history.has_followed(self.question.job, run.run()))
    }

    fn find_base(&self, slot: &Slot) -> Option<Position> {
        let had = &self.history.job_line(self.question.job)?.had;
        let inputs = slot.sources.iter().flat_map(|source| &source.inputs).map(|index| &self.question.inputs[*index]);
        let (last, _) =
            inputs.filter(|input| input.takes_every()).find_map(|input| input.names().find_map(|name| had.last(name, input.resource)))?;
        let upstream = self.history.run(last.run())?.consumed_runs.iter();
        let came_from = |id| {
            let run = self.history.run(id)?;
            slot.sources.iter().any(|source| source.job == run.job).then(|| self.history.position(id)).flatten()
        };
        upstream.copied().find_map(came_from)
    }
}

impl InputQuestion {
    /// Its name, then those that it had before.
    fn names(&self) -> impl Iterator<Item = &str> {
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
        let mut seen = IdSet::default();
        let jobs: Vec<JobId> = jobs.iter().copied().filter(|job| seen.insert(*job)).collect();
        let any = any && jobs.len() > 1;
        (jobs, any)
    }
}

/// In the order of the inputs and of the jobs that each names; what only `after` names comes last.
fn list_slots(question: &Question) -> Vec<Slot> {
    let mut outcomes: IdMap<JobId, Vec<AfterOutcome>> = IdMap::default();
    for after in &question.after {
        outcomes.entry(after.job).or_default().push(after.on);
    }
    let source = |job: JobId| source_of(job, outcomes.get(&job).map_or(&[], Vec::as_slice));
    let mut slots: Vec<Slot> = Vec::new();
    let mut by_job: IdMap<JobId, usize> = IdMap::default();
    for (index, input) in question.inputs.iter().enumerate() {
        let (jobs, any) = input.passed_jobs();
        if any {
            let sources = jobs.into_iter().map(|job| Source { inputs: vec![index], ..source(job) }).collect();
            slots.push(Slot { sources, base: None });
            continue;
        }
        for job in jobs {
            let place = *by_job.entry(job).or_insert_with(|| {
                slots.push(Slot { sources: vec![source(job)], base: None });
                slots.len() - 1
            });
            slots[place].sources[0].inputs.push(index);
        }
    }
    for after in &question.after {
        by_job.entry(after.job).or_insert_with(|| {
            slots.push(Slot { sources: vec![source(after.job)], base: None });
            slots.len() - 1
        });
    }
    slots
}

/// What `after` says of a job governs how its run must have ended; a bare `passed` demands success.
fn source_of(job: JobId, outcomes: &[AfterOutcome]) -> Source {
    use RunStatus::{Aborted, Failed, Skipped, Succeeded};
    let accepts = |on: AfterOutcome, status: RunStatus| match on {
        AfterOutcome::Passed => matches!(status, Succeeded | Skipped),
        AfterOutcome::Succeeded => status == Succeeded,
        AfterOutcome::Failed => status == Failed,
        AfterOutcome::Finished => status != RunStatus::Active,
    };
    let is_followed = !outcomes.is_empty();
    let outcomes = if is_followed { outcomes } else { &[AfterOutcome::Succeeded] };
    let mut statuses = vec![Succeeded, Skipped, Failed, Aborted];
    statuses.retain(|status| outcomes.iter().all(|on| accepts(*on, *status)));
    Source { job, on: outcomes[0], statuses, inputs: Vec::new(), is_followed }
}
