//! What a resolution costs, counted in steps.

use andon_pipelines::document::AfterOutcome;
use andon_pipelines::ids::{JobId, JobRunId, ResourceId, VersionId};
use andon_pipelines::resolve::{
    AfterQuestion, BlockReason, Blocked, Choice, History, InputQuestion, PassedQuestion, Question, Resolution, Run, RunInput, RunStatus,
    STEP_LIMIT, Version, resolve_within,
};

fn job(number: u64) -> JobId {
    JobId::from_number(number)
}

/// A history that numbers what it is given.
#[derive(Default)]
struct Given {
    history: History,
    runs: u64,
}

impl Given {
    fn version(&mut self, resource: u64, number: u64) -> VersionId {
        let id = VersionId::from_number(resource * 1_000 + number);
        self.history.add_version(Version { id, resource: ResourceId::from_number(resource), order: number as i64, disabled: false });
        id
    }

    fn run(&mut self, number: u64, inputs: &[VersionId], follows: &[JobRunId]) -> JobRunId {
        self.runs += 1;
        let id = JobRunId::from_number(self.runs);
        let named = inputs.iter().enumerate().map(|(place, version)| RunInput { name: format!("i{place}"), version: *version });
        self.history.add_run(Run {
            id,
            job: job(number),
            sequence: self.runs as i64,
            rerun_of: None,
            status: RunStatus::Succeeded,
            inputs: named.collect(),
            outputs: Vec::new(),
            consumed_runs: follows.to_vec(),
        });
        id
    }

    fn blocked(&self, question: &Question, limit: usize) -> (Vec<Blocked>, usize) {
        match resolve_within(&self.history, question, limit) {
            (Resolution::Blocked(blocked), steps) => (blocked, steps),
            (Resolution::Resolved(resolved), _) => panic!("{resolved:?}"),
        }
    }
}

fn passed(resource: u64, jobs: &[u64]) -> Question {
    let input = InputQuestion {
        name: "source".to_owned(),
        former: Vec::new(),
        resource: ResourceId::from_number(resource),
        passed: PassedQuestion::All(jobs.iter().map(|number| job(*number)).collect()),
        version: Choice::Latest,
        resource_pin: None,
        trigger: true,
        state: false,
    };
    Question { job: job(99), inputs: vec![input], after: Vec::new() }
}

fn after(jobs: &[u64]) -> Question {
    let after = jobs.iter().map(|number| AfterQuestion { job: job(*number), on: AfterOutcome::Passed }).collect();
    Question { job: job(99), inputs: Vec::new(), after }
}

/// Ten runs each of the jobs 1 to 5, on ten versions.
fn five_jobs() -> Given {
    let mut given = Given::default();
    for number in 1..=10 {
        let version = given.version(1, number);
        for job in 1..=5 {
            given.run(job, &[version], &[]);
        }
    }
    given
}

#[test]
fn a_job_that_never_succeeded_is_named_without_a_search() {
    let given = five_jobs();
    let (blocked, steps) = given.blocked(&passed(1, &[1, 2, 3, 4, 5, 6]), STEP_LIMIT);
    assert_eq!(blocked[0].reason, BlockReason::NoPassedRun { job: job(6), on: AfterOutcome::Succeeded });
    assert_eq!((blocked.len(), steps), (1, 0));
}

#[test]
fn versions_that_no_others_vouch_for_are_found_out_before_the_search() {
    let mut given = five_jobs();
    let other = given.version(1, 11);
    for _ in 0..10 {
        given.run(6, &[other], &[]);
    }
    let (blocked, steps) = given.blocked(&passed(1, &[1, 2, 3, 4, 5, 6]), STEP_LIMIT);
    assert!(matches!(blocked[0].reason, BlockReason::NoAgreement { .. }), "{blocked:?}");
    assert!(steps < 200, "{steps} steps");
}

#[test]
fn a_newest_start_that_one_branch_never_followed_costs_no_scan() {
    let mut given = Given::default();
    for _ in 0..2_000 {
        let start = given.run(1, &[], &[]);
        let (one, two) = (given.run(2, &[], &[start]), given.run(3, &[], &[start]));
        given.run(4, &[], &[one]);
        given.run(5, &[], &[two]);
    }
    for _ in 0..20 {
        let start = given.run(1, &[], &[]);
        let one = given.run(2, &[], &[start]);
        given.run(4, &[], &[one]);
    }
    let (resolution, steps) = resolve_within(&given.history, &after(&[4, 5]), STEP_LIMIT);
    assert!(matches!(resolution, Resolution::Resolved(_)));
    assert!(steps < 1_000, "{steps} steps");
}

#[test]
fn a_fan_in_of_a_thousand_jobs_is_far_from_the_limit() {
    let mut given = Given::default();
    for number in 1..=3 {
        let source = given.version(1, number);
        let start = given.run(1, &[source], &[]);
        for job in 2..1_000 {
            given.run(job, &[source], &[start]);
        }
    }
    let jobs: Vec<u64> = (2..1_000).collect();
    let mut question = passed(1, &jobs);
    question.after = after(&jobs).after;
    let (resolution, steps) = resolve_within(&given.history, &question, STEP_LIMIT);
    assert!(matches!(resolution, Resolution::Resolved(_)));
    assert!(steps < STEP_LIMIT / 20, "{steps} steps");
}

/// Fifteen jobs, of which each two share one resource of their own: as hard as colouring a graph.
fn tangle(jobs: u64, versions_each: u64) -> Given {
    let mut given = Given::default();
    let mut noise = 1_u64;
    for number in 1..=jobs {
        for _ in 0..60 {
            let others = (1..=jobs).filter(|other| *other != number);
            let inputs: Vec<VersionId> = others
                .map(|other| {
                    noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    given.version(number.min(other) * 100 + number.max(other), (noise >> 33) % versions_each)
                })
                .collect();
            given.run(number, &inputs, &[]);
        }
    }
    given
}

#[test]
fn a_hostile_history_ends_at_the_limit_and_says_so() {
    let given = tangle(15, 2);
    let question = after(&(1..=15).collect::<Vec<_>>());
    let (blocked, steps) = given.blocked(&question, 5_000);
    assert_eq!(blocked, [Blocked { input: None, reason: BlockReason::SearchLimit { steps: 5_000 } }]);
    assert_eq!(steps, 5_000);
    // Small tangles are still answered exactly, in the budget that every question has.
    let (blocked, steps) = tangle(6, 40).blocked(&after(&[1, 2, 3, 4, 5, 6]), STEP_LIMIT);
    assert!(matches!(blocked[0].reason, BlockReason::NoAgreement { .. }), "{blocked:?}");
    assert!(steps < STEP_LIMIT);
}

/// A history that no pipeline can make: fifty jobs in a circle, each run following the one before, back to the beginning.
#[test]
fn a_history_that_goes_in_circles_ends_too() {
    let mut given = Given::default();
    let mut last = given.run(1, &[], &[]);
    for number in 1..20_000 {
        last = given.run(1 + number % 50, &[], &[last]);
    }
    let (blocked, steps) = given.blocked(&after(&[1, 2, 60]), STEP_LIMIT);
    assert_eq!((blocked[0].reason.clone(), steps), (BlockReason::NoPassedRun { job: job(60), on: AfterOutcome::Passed }, 0));
    // The very first two runs go together; a search may give up before it comes to them.
    let (_, steps) = resolve_within(&given.history, &after(&[1, 2]), STEP_LIMIT);
    assert!(steps <= STEP_LIMIT, "{steps} steps");
    let (blocked, _) = given.blocked(&after(&[1, 2]), 10_000);
    assert_eq!(blocked[0].reason, BlockReason::SearchLimit { steps: 10_000 });
}
