//! The resolver against a slow one that is obviously right, and on lines that move.

mod moving_line;
mod reference;
mod world;

use andon_pipelines::ids::{JobRunId, VersionId};
use andon_pipelines::resolve::{History, InputQuestion, PassedQuestion, Resolution, Run, RunInput, RunStatus, Version, list_sets, resolve};
use moving_line::{any_plan, any_steps, play};
use proptest::prelude::*;
use reference::Reference;
use std::collections::BTreeSet;
use world::{any_world, configure, fill, forget};

/// A hundred thousand, unless told otherwise; a property that costs more takes a share of them.
fn cases(share: u32) -> u32 {
    std::env::var("ANDON_RESOLVE_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(100_000) / share
}

fn config(share: u32) -> ProptestConfig {
    ProptestConfig { cases: cases(share), failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(1))]

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

}

proptest! {
    #![proptest_config(config(10))]

    /// However the facts arrive, the history they leave is the same.
    #[test]
    fn changes_leave_the_history_that_their_outcome_says(world in any_world()) {
        let direct = fill(&world);
        let mut history = History::default();
        configure(&world, &mut history);
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
        forget(&world, &mut history);
        prop_assert_eq!(resolve(&direct, &world.question), resolve(&history, &world.question));
        let mut late = History::default();
        world.versions.iter().for_each(|version| assert!(late.add_version(version.clone())));
        late.add_runs(world.runs.iter().rev().cloned().collect());
        // What is said of the jobs afterwards counts for the runs that are there.
        configure(&world, &mut late);
        forget(&world, &mut late);
        prop_assert_eq!(resolve(&direct, &world.question), resolve(&late, &world.question));
    }
}

proptest! {
    #![proptest_config(config(20))]

    #[test]
    fn a_moving_line_takes_every_set_once_and_skips_nothing(plan in any_plan(), steps in any_steps()) {
        play(&plan, &steps)?;
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
