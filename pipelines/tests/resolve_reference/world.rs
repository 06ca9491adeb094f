//! Worlds: histories in which anything may follow anything, and a question.

use andon_pipelines::document::AfterOutcome;
use andon_pipelines::ids::{JobId, JobRunId, ResourceId, VersionId};
use andon_pipelines::resolve::{
    AfterQuestion, Choice, History, InputQuestion, PassedQuestion, Question, Run, RunInput, RunStatus, Version,
};
use proptest::prelude::*;
use std::collections::BTreeSet;

const RESOURCES: u64 = 4;
const VERSIONS_EACH: u64 = 3;
const JOBS: u64 = 4;
/// The job that asks; it may stand in the history too.
const ASKER: u64 = 9;

#[derive(Clone, Debug)]
pub struct World {
    pub versions: Vec<Version>,
    /// In the order in which they came.
    pub runs: Vec<Run>,
    /// Forgotten in the end. What others inherited from them stays.
    pub removed: BTreeSet<JobRunId>,
    /// Nobody is triggered by these.
    pub untriggering: BTreeSet<ResourceId>,
    /// The first job names the second only for inputs that do not trigger.
    pub quiet: BTreeSet<(JobId, JobId)>,
    pub question: Question,
}

fn resource(number: u64) -> ResourceId {
    ResourceId::from_number(number)
}

fn version_id(resource: u64, number: u64) -> VersionId {
    VersionId::from_number(resource * 10 + number)
}

fn any_version() -> impl Strategy<Value = VersionId> {
    (0..RESOURCES, 0..VERSIONS_EACH).prop_map(|(resource, number)| version_id(resource, number))
}

fn any_job() -> impl Strategy<Value = u64> {
    prop_oneof![6 => 0..JOBS, 1 => Just(ASKER)]
}

fn any_status() -> impl Strategy<Value = RunStatus> {
    prop_oneof![
        8 => Just(RunStatus::Succeeded),
        1 => Just(RunStatus::Skipped),
        1 => Just(RunStatus::Failed),
        1 => Just(RunStatus::Aborted),
        1 => Just(RunStatus::Active),
    ]
}

#[derive(Clone, Debug)]
struct Draft {
    job: u64,
    status: RunStatus,
    inputs: Vec<VersionId>,
    outputs: Vec<VersionId>,
    consumed: Vec<prop::sample::Index>,
    rerun_of: Option<prop::sample::Index>,
    /// How far its sequence lies behind the one before.
    step: i64,
    /// Follows a run that is in no history.
    follows_unknown: bool,
}

fn any_draft() -> impl Strategy<Value = Draft> {
    let versions = |max| prop::collection::vec(any_version(), 0..=max);
    let upstream = prop::collection::vec(any::<prop::sample::Index>(), 0..=2);
    let rerun = prop::option::weighted(0.2, any::<prop::sample::Index>());
    let gaps = (1_i64..9, prop::bool::weighted(0.05));
    (any_job(), any_status(), versions(2), versions(1), upstream, rerun, gaps).prop_map(
        |(job, status, inputs, outputs, consumed, rerun_of, (step, follows_unknown))| Draft {
            job,
            status,
            inputs,
            outputs,
            consumed,
            rerun_of,
            step,
            follows_unknown,
        },
    )
}

fn make_runs(drafts: Vec<Draft>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut sequence = -20;
    for (index, draft) in drafts.into_iter().enumerate() {
        sequence += draft.step;
        let id = JobRunId::from_number(index as u64 + 1);
        let input = |version: VersionId| RunInput { name: format!("r{}", version.uuid().as_u128() / 10), version };
        let mut seen = BTreeSet::new();
        let inputs = draft.inputs.into_iter().map(input).filter(|input| seen.insert(input.name.clone())).collect();
        let mut consumed: BTreeSet<JobRunId> =
            draft.consumed.iter().filter(|_| !runs.is_empty()).map(|place| runs[place.index(runs.len())].id).collect();
        consumed.extend(draft.follows_unknown.then(|| JobRunId::from_number(900)));
        let ended = draft.status != RunStatus::Active;
        let mut run = Run {
            id,
            job: JobId::from_number(draft.job),
            sequence,
            rerun_of: None,
            status: draft.status,
            inputs,
            outputs: if ended { draft.outputs } else { Vec::new() },
            consumed_runs: consumed.into_iter().collect(),
        };
        if let Some(place) = draft.rerun_of.filter(|_| !runs.is_empty()) {
            let original = &runs[place.index(runs.len())];
            run = Run {
                rerun_of: Some(original.id),
                job: original.job,
                inputs: original.inputs.clone(),
                consumed_runs: original.consumed_runs.clone(),
                ..run
            };
        }
        runs.push(run);
    }
    runs
}

fn any_question() -> impl Strategy<Value = Question> {
    let jobs = || prop::collection::vec((0..JOBS).prop_map(JobId::from_number), 0..=3);
    let passed = prop_oneof![4 => jobs().prop_map(PassedQuestion::All), 1 => jobs().prop_map(PassedQuestion::Any)];
    let choice = prop_oneof![5 => Just(Choice::Latest), 2 => Just(Choice::Every), 1 => any_version().prop_map(Choice::Pin)];
    let pin = prop::option::weighted(0.1, any_version());
    let input = (0..RESOURCES, passed, choice, pin, prop::bool::weighted(0.85), prop::bool::weighted(0.1)).prop_map(
        |(number, passed, version, resource_pin, trigger, state)| {
            let name = format!("r{number}");
            InputQuestion { name, former: Vec::new(), resource: resource(number), passed, version, resource_pin, trigger, state }
        },
    );
    let outcome = prop_oneof![
        3 => Just(AfterOutcome::Passed),
        1 => Just(AfterOutcome::Succeeded),
        1 => Just(AfterOutcome::Failed),
        1 => Just(AfterOutcome::Finished),
    ];
    let after = prop::collection::vec((0..JOBS, outcome).prop_map(|(job, on)| AfterQuestion { job: JobId::from_number(job), on }), 0..=2);
    (prop::collection::vec(input, 0..=3), after).prop_map(|(mut inputs, after)| {
        let mut seen = BTreeSet::new();
        inputs.retain(|input| seen.insert(input.name.clone()));
        Question { job: JobId::from_number(ASKER), inputs, after }
    })
}

pub fn any_world() -> impl Strategy<Value = World> {
    // Per version: whether it is disabled, and whether retention has taken it.
    let marks = prop::collection::vec((prop::bool::weighted(0.1), prop::bool::weighted(0.05)), (RESOURCES * VERSIONS_EACH) as usize);
    let removed = prop::collection::btree_set((1_u64..14).prop_map(JobRunId::from_number), 0..=2);
    let removed = prop_oneof![3 => Just(BTreeSet::new()), 1 => removed];
    let untriggering = prop::collection::btree_set((0..RESOURCES).prop_map(resource), 0..=2);
    let untriggering = prop_oneof![3 => Just(BTreeSet::new()), 1 => untriggering];
    let pair = (0..JOBS, 0..JOBS).prop_map(|(job, upstream)| (JobId::from_number(job), JobId::from_number(upstream)));
    let quiet = prop_oneof![3 => Just(BTreeSet::new()), 1 => prop::collection::btree_set(pair, 0..=3)];
    let runs = prop::collection::vec(any_draft(), 0..14).prop_map(make_runs);
    (marks, runs, removed, untriggering, quiet, any_question()).prop_map(|(marks, runs, removed, untriggering, quiet, question)| {
        let numbers = (0..RESOURCES).flat_map(|resource| (0..VERSIONS_EACH).map(move |number| (resource, number)));
        let version = |((number, order), (disabled, is_gone)): ((u64, u64), (bool, bool))| {
            let version = Version { id: version_id(number, order), resource: resource(number), order: order as i64, disabled };
            (!is_gone).then_some(version)
        };
        World { versions: numbers.zip(marks).filter_map(version).collect(), runs, removed, untriggering, quiet, question }
    })
}

pub fn configure(world: &World, history: &mut History) {
    world.untriggering.iter().for_each(|resource| history.set_untriggering(*resource, true));
    for job in (0..JOBS).map(JobId::from_number) {
        let quiet: Vec<JobId> = world.quiet.iter().filter(|(quiet, _)| *quiet == job).map(|(_, upstream)| *upstream).collect();
        history.set_quiet_upstream(job, &quiet);
    }
}

pub fn forget(world: &World, history: &mut History) {
    for run in &world.removed {
        assert_eq!(history.remove_run(*run), world.runs.iter().any(|known| known.id == *run));
    }
}

pub fn fill(world: &World) -> History {
    let mut history = History::default();
    configure(world, &mut history);
    for version in &world.versions {
        assert!(history.add_version(version.clone()));
    }
    for run in &world.runs {
        assert!(history.add_run(run.clone()));
    }
    forget(world, &mut history);
    history
}
