//! The results of tests, and what is known of each from before.

use super::world::{Line, finished, pipeline};
use crate::http::testing::call;
use crate::store::testing::on_engine;
use andon_pipelines::wire::{Outcome, ReportBody, TestCase, TestStatus, TestSuite};
use serde_json::Value;

const JOBS: &str = "jobs:\n  unit: { inputs: [source], steps: [{ run: make }] }\n";

fn suite(results: &[(&str, TestStatus)]) -> ReportBody {
    let case = |(name, status): &(&str, TestStatus)| TestCase {
        name: (*name).to_owned(),
        class: Some("cart".to_owned()),
        status: *status,
        duration_ms: Some(5),
        detail: None,
    };
    ReportBody::Tests { suites: vec![TestSuite { name: "shop".to_owned(), cases: results.iter().map(case).collect() }] }
}

/// The one execution that waits ends with these results.
async fn run(line: &Line, results: &[(&str, TestStatus)]) {
    let work = line.claim().await.remove(0);
    let outcome = if results.iter().any(|(_, status)| *status == TestStatus::Failed) { Outcome::Failed } else { Outcome::Succeeded };
    line.report(&work, vec![ReportBody::StepsBegun, suite(results), finished(outcome)]).await;
}

#[tokio::test]
async fn a_test_that_passed_and_failed_on_the_same_versions_is_flaky_and_each_has_a_history() {
    use TestStatus::{Failed, Passed, Skipped};
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(JOBS)).await;
        let token = line.world.administrator().await;
        let get = async |path: &str| -> Value { line.world.expect(200, call("GET", path).token(&token)).await.json() };
        line.commit('a').await;
        run(&line, &[("adds", Passed), ("sums", Failed), ("waits", Failed), ("later", Skipped)]).await;
        let flaky = async |job_run: &str| -> Vec<String> {
            let found = get(&format!("job-runs/{job_run}/tests")).await;
            let marked = found["items"].as_array().unwrap().iter().filter(|test| test["flaky"] == true);
            marked.map(|test| test["name"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(flaky("p:unit:1").await, Vec::<String>::new(), "one look says nothing");

        line.world.expect(201, call("POST", "job-runs/p:unit:1/rerun").token(&token)).await;
        line.tick().await;
        run(&line, &[("adds", Passed), ("sums", Failed), ("waits", Passed), ("later", Passed)]).await;
        assert_eq!(flaky("p:unit:1").await, ["waits"]);
        assert_eq!(flaky("p:unit:1.1").await, ["waits"]);

        line.commit('b').await;
        run(&line, &[("adds", Failed), ("sums", Passed), ("waits", Passed)]).await;
        assert_eq!(flaky("p:unit:2").await, ["waits"], "on other versions a test may end otherwise");
        let history = get("job-runs/p:unit:2/tests/history?suite=shop&class=cart&name=waits").await;
        let seen: Vec<_> =
            history["items"].as_array().unwrap().iter().map(|past| (past["number"].clone(), past["status"].clone())).collect();
        assert_eq!(seen, [("2".into(), "passed".into()), ("1.1".into(), "passed".into()), ("1".into(), "failed".into())]);
        let earlier = get("job-runs/p:unit:1/tests/history?suite=shop&class=cart&name=adds").await;
        assert_eq!(earlier["items"].as_array().unwrap().len(), 2, "what came later is not its history");
        assert_eq!(get("job-runs/p:unit:2/tests/history?suite=shop&name=adds").await["items"], serde_json::json!([]), "another class");
        line.world.expect(400, call("GET", "job-runs/p:unit:2/tests/history?suite=shop").token(&token)).await;
        line.end().await;
    })
    .await;
}
