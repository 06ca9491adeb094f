//! The resolver against a slow one that is obviously right: it tries every combination of runs, in order of preference,
//! and checks each whole combination against the rules as model.md states them.

use andon_pipelines::document::AfterOutcome;
use andon_pipelines::ids::{JobId, JobRunId, ResourceId, VersionId};
use andon_pipelines::resolve::{
    AfterQuestion, Choice, History, InputQuestion, PassedQuestion, Question, Resolution, Run, RunInput, RunStatus, Version, list_sets,
    resolve,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const RESOURCES: u64 = 4;
const VERSIONS_EACH: u64 = 3;
const JOBS: u64 = 4;
/// The job that asks; it may stand in the history too.
const ASKER: u64 = 9;

#[derive(Clone, Debug)]
struct World {
    versions: Vec<Version>,
    runs: Vec<Run>,
    question: Question,
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
}

fn any_draft() -> impl Strategy<Value = Draft> {
    let versions = |max| prop::collection::vec(any_version(), 0..=max);
    let upstream = prop::collection::vec(any::<prop::sample::Index>(), 0..=2);
    let rerun = prop::option::weighted(0.2, any::<prop::sample::Index>());
    (any_job(), any_status(), versions(2), versions(1), upstream, rerun)
        .prop_map(|(job, status, inputs, outputs, consumed, rerun_of)| Draft { job, status, inputs, outputs, consumed, rerun_of })
}

fn make_runs(drafts: Vec<Draft>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (index, draft) in drafts.into_iter().enumerate() {
        let (id, sequence) = (JobRunId::from_number(index as u64 + 1), index as i64 + 1);
        let input = |version: VersionId| RunInput { name: format!("r{}", version.uuid().as_u128() / 10), version };
        let mut seen = BTreeSet::new();
        let inputs = draft.inputs.into_iter().map(input).filter(|input| seen.insert(input.name.clone())).collect();
        let consumed: BTreeSet<JobRunId> =
            draft.consumed.iter().filter(|_| !runs.is_empty()).map(|place| runs[place.index(runs.len())].id).collect();
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

fn any_world() -> impl Strategy<Value = World> {
    let disabled = prop::collection::vec(prop::bool::weighted(0.1), (RESOURCES * VERSIONS_EACH) as usize);
    (disabled, prop::collection::vec(any_draft(), 0..14), any_question()).prop_map(|(disabled, drafts, question)| {
        let numbers = (0..RESOURCES).flat_map(|resource| (0..VERSIONS_EACH).map(move |number| (resource, number)));
        let version = |((number, order), disabled)| Version {
            id: version_id(number, order),
            resource: resource(number),
            order: order as i64,
            disabled,
        };
        World { versions: numbers.zip(disabled).map(version).collect(), runs: make_runs(drafts), question }
    })
}

/// The slow resolver. Everything is looked up by walking lists.
struct Reference<'a>(&'a World);

/// Per input its version and upstream runs; and the runs that are followed.
type Answer = (Vec<(VersionId, BTreeSet<JobRunId>)>, Vec<JobRunId>);

/// One upstream run is wanted: of one of these jobs, for these inputs.
struct Wanted {
    jobs: Vec<JobId>,
    inputs: Vec<usize>,
}

impl Reference<'_> {
    fn version(&self, id: VersionId) -> Option<&Version> {
        self.0.versions.iter().find(|version| version.id == id)
    }

    fn run(&self, id: JobRunId) -> &Run {
        self.0.runs.iter().find(|run| run.id == id).expect("runs name earlier runs")
    }

    /// Oldest first: the original's sequence, the original before its reruns.
    fn place(&self, run: &Run) -> (i64, bool, i64) {
        let mut original = run;
        while let Some(id) = original.rerun_of {
            original = self.run(id);
        }
        (original.sequence, run.rerun_of.is_some(), run.sequence)
    }

    fn lineage(&self, run: &Run) -> BTreeMap<ResourceId, (VersionId, u32)> {
        let mut lineage = BTreeMap::new();
        if run.status == RunStatus::Active {
            return lineage;
        }
        let mut outputs: Vec<&Version> = run.outputs.iter().filter_map(|id| self.version(*id)).collect();
        outputs.sort_by_key(|version| -version.order);
        let inputs: Vec<&Version> = run.inputs.iter().filter_map(|input| self.version(input.version)).collect();
        for version in outputs.iter().chain(&inputs) {
            lineage.entry(version.resource).or_insert((version.id, 0));
        }
        let mut upstream: BTreeSet<(i64, JobRunId)> = run.consumed_runs.iter().map(|id| (self.run(*id).sequence, *id)).collect();
        for input in inputs {
            let vouched = run.consumed_runs.iter().any(|id| self.vouched(self.run(*id), input.resource) == Some(input.id));
            let made = |maker: &&Run| maker.outputs.contains(&input.id) && maker.sequence < run.sequence;
            if let Some(maker) = self.0.runs.iter().filter(made).max_by_key(|maker| self.place(maker)).filter(|_| !vouched) {
                upstream.insert((maker.sequence, maker.id));
            }
        }
        for (_, id) in upstream.into_iter().rev() {
            for (resource, (version, distance)) in self.lineage(self.run(id)) {
                let standing = lineage.entry(resource).or_insert((version, distance + 1));
                if distance + 1 < standing.1 {
                    *standing = (version, distance + 1);
                }
            }
        }
        lineage
    }

    fn vouched(&self, run: &Run, resource: ResourceId) -> Option<VersionId> {
        self.lineage(run).get(&resource).map(|(version, _)| *version)
    }

    fn is_eligible(&self, input: &InputQuestion, id: VersionId) -> bool {
        let pin = if let Choice::Pin(pin) = input.version { Some(pin) } else { input.resource_pin };
        self.version(id).is_some_and(|version| version.resource == input.resource && pin.map_or(!version.disabled, |pin| pin == id))
    }

    fn takes_every(input: &InputQuestion) -> bool {
        input.version == Choice::Every && input.resource_pin.is_none()
    }

    fn had(&self, input: &InputQuestion, version: VersionId) -> bool {
        let has = |run: &&Run| run.inputs.iter().any(|had| had.name == input.name && had.version == version);
        self.0.runs.iter().filter(|run| run.job == self.0.question.job).any(|run| has(&run))
    }

    fn followed(&self, upstream: JobRunId) -> bool {
        self.0.runs.iter().any(|run| run.job == self.0.question.job && run.consumed_runs.contains(&upstream))
    }

    fn last_run(&self, input: &InputQuestion) -> Option<(&Run, VersionId)> {
        let own = self.0.runs.iter().filter(|run| run.job == self.0.question.job);
        let had = own.filter_map(|run| Some((run, run.inputs.iter().find(|had| had.name == input.name)?.version)));
        had.max_by_key(|(run, _)| self.place(run))
    }

    fn outcomes(&self, job: JobId) -> Vec<AfterOutcome> {
        self.0.question.after.iter().filter(|after| after.job == job).map(|after| after.on).collect()
    }

    fn ended_well(&self, run: &Run) -> bool {
        let mut outcomes = self.outcomes(run.job);
        if outcomes.is_empty() {
            outcomes.push(AfterOutcome::Succeeded);
        }
        outcomes.iter().all(|on| match on {
            AfterOutcome::Passed => matches!(run.status, RunStatus::Succeeded | RunStatus::Skipped),
            AfterOutcome::Succeeded => run.status == RunStatus::Succeeded,
            AfterOutcome::Failed => run.status == RunStatus::Failed,
            AfterOutcome::Finished => run.status != RunStatus::Active,
        })
    }

    fn list_wanted(&self) -> Vec<Wanted> {
        let mut wanted: Vec<Wanted> = Vec::new();
        let mut single = |job: JobId, input: Option<usize>| {
            let standing = wanted.iter_mut().find(|wanted| wanted.jobs == [job]);
            match standing {
                Some(standing) => standing.inputs.extend(input),
                None => wanted.push(Wanted { jobs: vec![job], inputs: input.into_iter().collect() }),
            }
        };
        let mut anys = Vec::new();
        for (index, input) in self.0.question.inputs.iter().enumerate() {
            match &input.passed {
                PassedQuestion::Any(jobs) if jobs.iter().collect::<BTreeSet<_>>().len() > 1 => anys.push((index, jobs.clone())),
                PassedQuestion::Any(jobs) | PassedQuestion::All(jobs) => {
                    jobs.iter().for_each(|job| single(*job, Some(index)));
                }
            }
        }
        self.0.question.after.iter().for_each(|after| single(after.job, None));
        wanted.extend(anys.into_iter().map(|(index, jobs)| Wanted { jobs, inputs: vec![index] }));
        // In the order of declaration: by the first input that asks; inside one input in the order that it lists.
        wanted.sort_by_key(|wanted| wanted.inputs.iter().min().copied().unwrap_or(usize::MAX));
        wanted
    }

    /// All runs that a place could take, whatever the others take, in the order of preference.
    fn list_preferred(&self, wanted: &Wanted) -> Vec<&Run> {
        let mut runs: Vec<&Run> = self.0.runs.iter().filter(|run| wanted.jobs.contains(&run.job) && self.ended_well(run)).collect();
        runs.sort_by_key(|run| std::cmp::Reverse(self.place(run)));
        let inputs: Vec<&InputQuestion> = wanted.inputs.iter().map(|index| &self.0.question.inputs[*index]).collect();
        let every: Vec<&InputQuestion> = inputs.into_iter().filter(|input| Self::takes_every(input)).collect();
        let Some((last, _)) = every.iter().find_map(|input| self.last_run(input)) else { return runs };
        let Some(base) = last.consumed_runs.iter().map(|id| self.run(*id)).find(|run| wanted.jobs.contains(&run.job)) else { return runs };
        let is_news = |run: &&&Run| {
            let unseen = |input: &&InputQuestion| self.vouched(run, input.resource).is_some_and(|version| !self.had(input, version));
            let unfollowed = !self.outcomes(run.job).is_empty() && !self.followed(run.id);
            self.place(run) > self.place(base) && (every.iter().any(unseen) || unfollowed)
        };
        let next: Vec<&Run> = runs.iter().rev().filter(is_news).copied().collect();
        let rest: Vec<&Run> = runs.iter().filter(|run| !is_news(run)).copied().collect();
        next.into_iter().chain(rest).collect()
    }

    fn fits(&self, wanted: &[Wanted], chosen: &[&Run]) -> bool {
        let inputs = &self.0.question.inputs;
        let triggering = |resource: ResourceId| {
            let named: Vec<&InputQuestion> = inputs.iter().filter(|input| input.resource == resource).collect();
            named.is_empty() || named.iter().any(|input| input.trigger && !input.state)
        };
        let lineages: Vec<_> = chosen.iter().map(|run| self.lineage(run)).collect();
        let agree = lineages.iter().all(|left| {
            lineages.iter().all(|right| {
                left.iter()
                    .all(|(resource, (version, _))| !triggering(*resource) || right.get(resource).is_none_or(|(other, _)| other == version))
            })
        });
        let one_run = chosen.iter().all(|left| chosen.iter().all(|right| left.job != right.job || left.id == right.id));
        let versions = inputs.iter().enumerate().all(|(index, input)| {
            let runs = wanted.iter().zip(&lineages).filter(|(wanted, _)| wanted.inputs.contains(&index));
            let versions: Vec<_> = runs.map(|(_, lineage)| lineage.get(&input.resource).map(|(version, _)| *version)).collect();
            versions.iter().all(|version| *version == versions[0] && version.is_some_and(|version| self.is_eligible(input, version)))
        });
        agree && one_run && versions
    }

    fn free_version(&self, input: &InputQuestion) -> Option<(VersionId, bool)> {
        let mut versions: Vec<&Version> = self.0.versions.iter().filter(|version| self.is_eligible(input, version.id)).collect();
        versions.sort_by_key(|version| version.order);
        let newest = versions.last()?.id;
        let Some((_, last)) = self.last_run(input).filter(|_| Self::takes_every(input)) else { return Some((newest, false)) };
        let base = self.version(last)?.order;
        let next: Vec<VersionId> =
            versions.iter().filter(|version| version.order > base && !self.had(input, version.id)).map(|version| version.id).collect();
        Some(next.first().map_or((newest, false), |version| (*version, next.len() > 1)))
    }

    /// Input → version and upstream runs, and the runs that are followed, for every combination that fits, best first.
    fn list_all(&self) -> Vec<Answer> {
        let wanted = self.list_wanted();
        let preferred: Vec<Vec<&Run>> = wanted.iter().map(|wanted| self.list_preferred(wanted)).collect();
        let mut combinations: Vec<Vec<&Run>> = vec![Vec::new()];
        for runs in &preferred {
            combinations = combinations.iter().flat_map(|head| runs.iter().map(|run| [head.as_slice(), &[*run]].concat())).collect();
        }
        let mut answers = Vec::new();
        for chosen in combinations.into_iter().filter(|chosen| self.fits(&wanted, chosen)) {
            let answer = |(index, input): (usize, &InputQuestion)| {
                let runs: Vec<&Run> =
                    wanted.iter().zip(&chosen).filter(|(wanted, _)| wanted.inputs.contains(&index)).map(|(_, run)| *run).collect();
                let version = match runs.first() {
                    Some(run) => self.vouched(run, input.resource),
                    None => self.free_version(input).map(|(version, _)| version),
                };
                version.map(|version| (version, runs.iter().map(|run| run.id).collect()))
            };
            let inputs: Option<Vec<_>> = self.0.question.inputs.iter().enumerate().map(answer).collect();
            let follow = |job| chosen.iter().find(|run| run.job == job).map(|run| run.id);
            let follows = self.0.question.after.iter().filter_map(|after| follow(after.job)).collect();
            answers.extend(inputs.map(|inputs| (inputs, follows)));
        }
        answers
    }
}

fn fill(world: &World) -> History {
    let mut history = History::default();
    for version in &world.versions {
        assert!(history.add_version(version.clone()));
    }
    for run in &world.runs {
        assert!(history.add_run(run.clone()));
    }
    history
}

fn cases() -> u32 {
    std::env::var("ANDON_RESOLVE_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(3000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_fast_answer_is_the_slow_one(world in any_world()) {
        let history = fill(&world);
        let reference = Reference(&world);
        let expected = reference.list_all();
        match resolve(&history, &world.question) {
            Resolution::Resolved(resolved) => {
                let inputs = resolved.inputs.iter().map(|input| (input.version, input.passed_runs.iter().copied().collect())).collect();
                prop_assert_eq!(expected.first(), Some(&(inputs, resolved.follows.clone())));
                for (input, asked) in resolved.inputs.iter().zip(&world.question.inputs) {
                    prop_assert_eq!(input.first_occurrence, !reference.had(asked, input.version));
                }
                prop_assert_eq!(resolved.follows_new_run, resolved.follows.iter().any(|run| !reference.followed(*run)));
                let more = |input: &InputQuestion| reference.free_version(input).is_some_and(|(_, more)| more);
                let free = |input: &&InputQuestion| matches!(&input.passed, PassedQuestion::All(jobs) | PassedQuestion::Any(jobs) if jobs.is_empty());
                if world.question.inputs.iter().all(|input| free(&input)) {
                    prop_assert_eq!(resolved.more, world.question.inputs.iter().any(more));
                }
                let sets: BTreeSet<_> = list_sets(&history, &world.question, usize::MAX).iter().map(|set| {
                    (set.inputs.iter().map(|input| input.version).collect::<Vec<_>>(), set.follows.clone())
                }).collect();
                let all = expected.iter().map(|(inputs, follows)| (inputs.iter().map(|(version, _)| *version).collect(), follows.clone()));
                prop_assert_eq!(sets, all.collect::<BTreeSet<_>>());
            }
            Resolution::Blocked(blocked) => {
                prop_assert_eq!(expected.first(), None);
                prop_assert!(!blocked.is_empty(), "a refusal without a reason");
                prop_assert!(list_sets(&history, &world.question, 1).is_empty());
            }
        }
    }

    /// However the facts arrive, the history they leave is the same.
    #[test]
    fn changes_leave_the_history_that_their_outcome_says(world in any_world()) {
        let direct = fill(&world);
        let mut history = History::default();
        for version in &world.versions {
            history.add_version(Version { order: -version.order, disabled: !version.disabled, ..version.clone() });
            history.set_version_enabled(version.id, !version.disabled);
            history.reorder_version(version.id, version.order);
        }
        for run in &world.runs {
            let wrong = world.versions.iter().map(|version| RunInput { name: "r1".to_owned(), version: version.id }).collect();
            history.add_run(Run { status: RunStatus::Active, inputs: wrong, outputs: Vec::new(), consumed_runs: Vec::new(), ..run.clone() });
            history.replace_run_inputs(run.id, run.inputs.clone(), run.consumed_runs.clone());
            if run.status != RunStatus::Active {
                history.finish_run(run.id, run.status, run.outputs.clone());
            }
            let passing = Run { id: JobRunId::from_number(1000), rerun_of: None, ..run.clone() };
            history.add_run(passing);
            history.remove_run(JobRunId::from_number(1000));
        }
        prop_assert_eq!(resolve(&direct, &world.question), resolve(&history, &world.question));
        let mut late = History::default();
        world.versions.iter().for_each(|version| assert!(late.add_version(version.clone())));
        late.add_runs(world.runs.iter().rev().cloned().collect());
        prop_assert_eq!(resolve(&direct, &world.question), resolve(&late, &world.question));
    }
}

#[test]
fn unknown_ids_change_nothing() {
    let mut history = History::default();
    let (version, run) = (VersionId::from_number(1), JobRunId::from_number(1));
    assert!(!history.set_version_enabled(version, false));
    assert!(!history.reorder_version(version, 3));
    assert!(!history.replace_run_inputs(run, Vec::new(), Vec::new()));
    assert!(!history.finish_run(run, RunStatus::Succeeded, vec![version]));
    assert!(!history.remove_run(run));
}
