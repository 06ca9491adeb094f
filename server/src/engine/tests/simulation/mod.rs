//! Random lines, and everything that may happen to them in any order: checks, pushes, ends, reruns, pins, disabled versions, pauses, edits, and
//! servers that die between any two steps or in the midst of one. After every step the invariants of the line are asked.
//!
//! A failing case is shrunk and shown with its story and as JSON, which becomes a regression test in `found.rs`. `ANDON_SIMULATION_CASES` says
//! how many cases are tried.

mod act;
mod any_plan;
mod checks;
mod drain;
mod environments;
mod found;
mod journal;
mod people;
mod plan;
mod player;
mod sets;

use crate::store::testing::on_engine;
use act::{Case, any_case};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use std::sync::Mutex;

/// About half a minute on each database engine.
const CASES: u32 = 25;

/// Plays a case on an empty store.
fn run(case: &Case) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcome = Mutex::new(Ok(()));
    runtime.block_on(on_engine(async |store| *outcome.lock().unwrap() = player::play(store, case).await));
    outcome.into_inner().unwrap()
}

#[test]
fn nothing_is_lost_doubled_or_mixed_whatever_happens() {
    let wished = std::env::var("ANDON_SIMULATION_CASES").ok().and_then(|text| text.parse().ok());
    let cases = wished.unwrap_or(CASES);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 600, ..Config::default() };
    let failed = |error: String| TestCaseError::fail(error.lines().next().unwrap_or_default().to_owned());
    // The same cases in every run of the suite, so that whoever sees it fail has changed something; a wish for more tries new ones.
    let mut runner = match wished {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    };
    match runner.run(&any_case(), |case| run(&case).map_err(failed)) {
        Ok(()) => {}
        Err(TestError::Abort(reason)) => panic!("{reason}"),
        Err(TestError::Fail(reason, case)) => {
            println!("{}", serde_json::to_string(&case).unwrap());
            panic!("{reason}\n\n{}", run(&case).err().unwrap_or_default());
        }
    }
}
