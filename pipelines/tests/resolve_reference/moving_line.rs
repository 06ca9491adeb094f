//! Lines that move: random jobs behind each other, and random commits, ends, reruns, and versions that are disabled and
//! enabled. After each step the line starts what the resolver says, until nothing triggers; the rules are checked all along.

use andon_pipelines::document::AfterOutcome;
use andon_pipelines::ids::{JobId, JobRunId, ResourceId, VersionId};
use andon_pipelines::resolve::{
    AfterQuestion, Choice, History, InputQuestion, PassedQuestion, Question, Resolution, Resolved, Run, RunInput, RunStatus, STEP_LIMIT,
    Version, resolve_within,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// No resolution on such a line may need more than this part of the limit.
const ENOUGH_STEPS: usize = STEP_LIMIT / 50;
const SOURCES: u64 = 2;

/// One job: whom it follows, and how.
#[derive(Clone, Debug)]
pub struct PlannedJob {
    source: u64,
    upstream: Vec<prop::sample::Index>,
    by_after: bool,
    every: bool,
    makes_output: bool,
    takes_output: bool,
}

#[derive(Clone, Debug)]
pub enum Step {
    Commit(u64),
    Finish(prop::sample::Index, bool),
    Rerun(prop::sample::Index),
    Disable(prop::sample::Index, bool),
}

pub fn any_plan() -> impl Strategy<Value = Vec<PlannedJob>> {
    let upstream = prop::collection::vec(any::<prop::sample::Index>(), 0..=3);
    let job = (0..SOURCES, upstream, any::<bool>(), prop::bool::weighted(0.4), any::<bool>(), any::<bool>()).prop_map(
        |(source, upstream, by_after, every, makes_output, takes_output)| PlannedJob {
            source,
            upstream,
            by_after,
            every,
            makes_output,
            takes_output,
        },
    );
    prop::collection::vec(job, 1..6)
}

pub fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    let index = any::<prop::sample::Index>;
    let step = prop_oneof![
        4 => (0..SOURCES).prop_map(Step::Commit),
        8 => (index(), prop::bool::weighted(0.8)).prop_map(|(run, succeeds)| Step::Finish(run, succeeds)),
        1 => index().prop_map(Step::Rerun),
        1 => (index(), any::<bool>()).prop_map(|(version, disabled)| Step::Disable(version, disabled)),
    ];
    prop::collection::vec(step, 0..50)
}

/// What a set is to a job: its versions, and the runs that it follows by `after`.
type Set = (JobId, Vec<VersionId>, Vec<JobRunId>);

struct MovingLine {
    history: History,
    questions: Vec<Question>,
    makes_output: Vec<bool>,
    versions: Vec<VersionId>,
    runs: Vec<Run>,
    started: BTreeSet<Set>,
}

/// Plays all steps, then ends what is active, all of it well, and enables every version.
pub fn play(plan: &[PlannedJob], steps: &[Step]) -> Result<(), TestCaseError> {
    let mut line = MovingLine::new(plan);
    for step in steps {
        line.take(step);
        line.settle()?;
    }
    for version in line.versions.clone() {
        line.history.set_version_enabled(version, true);
    }
    line.settle()?;
    while let Some(run) = line.runs.iter().position(|run| run.status == RunStatus::Active) {
        line.finish(run, true);
        line.settle()?;
    }
    line.check_every()
}

impl MovingLine {
    fn new(plan: &[PlannedJob]) -> Self {
        let questions: Vec<Question> = (0..plan.len()).map(|place| ask(plan, place)).collect();
        let makes_output = plan.iter().map(|job| job.makes_output).collect();
        let (versions, runs) = (Vec::new(), Vec::new());
        Self { history: History::default(), questions, makes_output, versions, runs, started: BTreeSet::new() }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Commit(source) => drop(self.publish(ResourceId::from_number(*source))),
            Step::Finish(index, succeeds) => {
                let active: Vec<usize> = (0..self.runs.len()).filter(|run| self.runs[*run].status == RunStatus::Active).collect();
                if !active.is_empty() {
                    self.finish(*index.get(&active), *succeeds);
                }
            }
            Step::Rerun(index) => {
                let ended: Vec<&Run> = self.runs.iter().filter(|run| run.status != RunStatus::Active).collect();
                if !ended.is_empty() {
                    let original = (*index.get(&ended)).clone();
                    self.start(Run { rerun_of: Some(original.id), outputs: Vec::new(), ..original });
                }
            }
            Step::Disable(index, disabled) => {
                if !self.versions.is_empty() {
                    self.history.set_version_enabled(*index.get(&self.versions), !disabled);
                }
            }
        }
    }

    fn publish(&mut self, resource: ResourceId) -> VersionId {
        let number = self.versions.len() as u64 + 1;
        let id = VersionId::from_number(number);
        self.history.add_version(Version { id, resource, order: number as i64, disabled: false });
        self.versions.push(id);
        id
    }

    fn start(&mut self, run: Run) {
        let number = self.runs.len() as u64 + 1;
        let run = Run { id: JobRunId::from_number(number), sequence: number as i64, status: RunStatus::Active, ..run };
        assert!(self.history.add_run(run.clone()));
        self.runs.push(run);
    }

    /// A rerun makes what its original made.
    fn finish(&mut self, place: usize, succeeds: bool) {
        let run = &self.runs[place];
        let job = run.job.uuid().as_u64_pair().1 as usize;
        let original = run.rerun_of.and_then(|id| self.runs.iter().find(|run| run.id == id)).map(|run| run.outputs.clone());
        let outputs = match original.filter(|outputs| !outputs.is_empty()) {
            Some(outputs) if succeeds => outputs,
            None if succeeds && self.makes_output[job] => vec![self.publish(output_of(job))],
            _ => Vec::new(),
        };
        let status = if succeeds { RunStatus::Succeeded } else { RunStatus::Failed };
        let run = &mut self.runs[place];
        (run.status, run.outputs) = (status, outputs.clone());
        assert!(self.history.finish_run(run.id, status, outputs));
    }

    /// Starts what the resolver says until nothing triggers.
    fn settle(&mut self) -> Result<(), TestCaseError> {
        for round in 0.. {
            prop_assert!(round < 200, "the line does not come to rest");
            let mut is_quiet = true;
            for place in 0..self.questions.len() {
                let (resolution, steps) = resolve_within(&self.history, &self.questions[place], STEP_LIMIT);
                prop_assert!(steps < ENOUGH_STEPS, "{} steps", steps);
                if let Resolution::Resolved(resolved) = resolution
                    && resolved.triggers()
                {
                    self.check_set(&resolved)?;
                    self.start_set(place, &resolved)?;
                    is_quiet = false;
                }
            }
            if is_quiet {
                break;
            }
        }
        Ok(())
    }

    fn start_set(&mut self, place: usize, resolved: &Resolved) -> Result<(), TestCaseError> {
        let job = self.questions[place].job;
        let versions = resolved.inputs.iter().map(|input| input.version).collect();
        prop_assert!(self.started.insert((job, versions, resolved.follows.clone())), "one set started twice");
        let mut consumed = resolved.follows.clone();
        consumed.extend(resolved.inputs.iter().flat_map(|input| input.passed_runs.iter().copied()));
        consumed.sort_unstable();
        consumed.dedup();
        let inputs = resolved.inputs.iter().map(|input| RunInput { name: input.name.clone(), version: input.version }).collect();
        let id = JobRunId::from_number(0);
        let (rerun_of, outputs) = (None, Vec::new());
        self.start(Run { id, job, sequence: 0, rerun_of, status: RunStatus::Active, inputs, outputs, consumed_runs: consumed });
        Ok(())
    }

    /// Each upstream run vouches for what is taken from it, and no two of them were made by, or follow, different runs of one job
    /// directly.
    fn check_set(&self, resolved: &Resolved) -> Result<(), TestCaseError> {
        let mut direct: BTreeMap<JobId, JobRunId> = BTreeMap::new();
        let passed = resolved.inputs.iter().flat_map(|input| input.passed_runs.iter().map(move |run| (run, Some(input.version))));
        for (run, version) in passed.chain(resolved.follows.iter().map(|run| (run, None))) {
            let vouched: Vec<VersionId> = self.history.lineage(*run).map(|entry| entry.version).collect();
            prop_assert!(version.is_none_or(|version| vouched.contains(&version)), "{:?} does not vouch for {:?}", run, version);
            let run = self.history.run(*run).expect("it was chosen");
            for near in [run.id].into_iter().chain(run.consumed_runs()) {
                let job = self.history.run(near).expect("it was followed").job;
                let standing = direct.entry(job).or_insert(near);
                prop_assert_eq!(*standing, near, "two runs of one job");
            }
        }
        Ok(())
    }

    /// Where an input with `version: every` names one upstream job, or none, each version behind the first was taken.
    fn check_every(&self) -> Result<(), TestCaseError> {
        for question in self.questions.iter().filter(|question| question.inputs.len() == 1 && question.after.is_empty()) {
            let input = &question.inputs[0];
            let own: Vec<&Run> = self.runs.iter().filter(|run| run.job == question.job).collect();
            let (Some(first), Choice::Every) = (own.first(), input.version) else { continue };
            let had: BTreeSet<VersionId> = own.iter().flat_map(|run| &run.inputs).map(|input| input.version).collect();
            let offered: Vec<VersionId> = match &input.passed {
                PassedQuestion::All(jobs) if jobs.is_empty() => {
                    let order = self.history.version(first.inputs[0].version).expect("it was taken").order;
                    self.history.versions(input.resource).filter(|version| version.order >= order).map(|version| version.id).collect()
                }
                PassedQuestion::All(jobs) if jobs.len() == 1 => {
                    let newest_first = self.history.runs_of(jobs[0]).take_while(|run| run.id != first.consumed_runs[0]);
                    let well = newest_first.filter(|run| run.status == RunStatus::Succeeded);
                    let lineages = well.flat_map(|run| self.history.lineage(run.id));
                    lineages.filter(|entry| entry.resource == input.resource).map(|entry| entry.version).collect()
                }
                PassedQuestion::All(_) | PassedQuestion::Any(_) => continue,
            };
            let skipped: Vec<&VersionId> = offered.iter().filter(|version| !had.contains(version)).collect();
            prop_assert!(skipped.is_empty(), "skipped {:?}", skipped);
        }
        Ok(())
    }
}

fn output_of(job: usize) -> ResourceId {
    ResourceId::from_number(100 + job as u64)
}

/// What a planned job asks. Its source comes through those before it that have the same source; it may take the output of
/// the first of them.
fn ask(plan: &[PlannedJob], place: usize) -> Question {
    let job = &plan[place];
    let upstream: BTreeSet<usize> = job.upstream.iter().filter(|_| place > 0).map(|index| index.index(place)).collect();
    let upstream: Vec<usize> = upstream.into_iter().filter(|upstream| plan[*upstream].source == job.source).collect();
    let ids: Vec<JobId> = upstream.iter().map(|upstream| JobId::from_number(*upstream as u64)).collect();
    let input = |name: &str, resource: ResourceId, passed: Vec<JobId>| InputQuestion {
        name: name.to_owned(),
        former: Vec::new(),
        resource,
        passed: PassedQuestion::All(passed),
        version: if job.every { Choice::Every } else { Choice::Latest },
        resource_pin: None,
        trigger: true,
        state: false,
    };
    let mut inputs = vec![input("source", ResourceId::from_number(job.source), ids.clone())];
    if let Some(maker) = upstream.first().filter(|maker| job.takes_output && plan[**maker].makes_output) {
        inputs.push(input("output", output_of(*maker), vec![JobId::from_number(*maker as u64)]));
    }
    let after = ids.into_iter().filter(|_| job.by_after).map(|job| AfterQuestion { job, on: AfterOutcome::Succeeded }).collect();
    Question { job: JobId::from_number(place as u64), inputs, after }
}
