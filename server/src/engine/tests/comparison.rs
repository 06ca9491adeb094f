//! What changed since a job ran last.

use super::gate_people::commit;
use super::world::{Line, blob, finished, job_of, pipeline};
use crate::http::testing::call;
use crate::store::testing::on_engine;
use andon_pipelines::wire::{Outcome, ReportBody};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const JOBS: &str = "  app: { type: file }
  settings: { type: params, values: { LEVEL: one } }
jobs:
  build: { inputs: [source], outputs: [app], steps: [{ run: make }] }
  ship: { inputs: [{ resource: app, passed: [build] }, { resource: settings, trigger: false }], steps: [{ run: make }] }
";

/// Runs everything that waits; `build` makes what is made from this seed.
async fn play(line: &Line, seed: &str) {
    for _ in ["build", "ship"] {
        for work in line.claim().await {
            let mut said = vec![ReportBody::StepsBegun];
            if job_of(&work) == "build" {
                said.push(ReportBody::Output { resource: "app".to_owned(), values: BTreeMap::new(), archive: Some(blob(seed)) });
            }
            said.push(finished(Outcome::Succeeded));
            line.report(&work, said).await;
        }
    }
}

#[tokio::test]
async fn a_job_run_tells_which_versions_are_new_to_its_job_with_the_commits_between() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(JOBS)).await;
        let token = line.world.administrator().await;
        let path = line.app().repositories.create("main", "shop").unwrap();
        let first = commit(&path, "ada", &[]);
        let second = commit(&path, "ben", &[&first]);
        let third = commit(&path, "cleo", &[&second]);
        let ask = async |job_run: String| -> Value {
            line.world.expect(200, call("GET", &format!("job-runs/{job_run}/changes")).token(&token)).await.json()
        };
        line.publish("source", &[("commit", &first)]).await;
        play(&line, "one").await;
        assert_eq!(ask("p:ship:1".to_owned()).await, json!({"before": null, "changes": []}));

        line.publish("source", &[("commit", &third)]).await;
        play(&line, "two").await;
        let seen = ask("p:ship:2".to_owned()).await;
        assert_eq!((seen["before"]["number"].as_str(), seen["before"]["job_run"].is_string()), (Some("1"), true));
        let names: Vec<_> = seen["changes"].as_array().unwrap().iter().map(|change| change["resource"].as_str().unwrap()).collect();
        assert_eq!(names, ["app", "source"], "the settings are the same, and source came with app");
        assert!(seen["changes"][0]["from"].is_object() && seen["changes"][0]["commits"] == json!([]));
        let source = &seen["changes"][1];
        let authors: Vec<_> = source["commits"].as_array().unwrap().iter().map(|it| it["author"].as_str().unwrap()).collect();
        assert_eq!((authors, source["truncated"].as_bool(), &source["unknown"]), (vec!["cleo", "ben"], Some(false), &Value::Null));

        let rerun = line.world.expect(201, call("POST", "job-runs/p:ship:2/rerun").token(&token)).await.json();
        let again = ask(rerun["job_run"].as_str().unwrap().to_owned()).await;
        assert_eq!((&again["before"], &again["changes"]), (&seen["before"], &seen["changes"]), "a rerun is compared as its original");

        line.publish("source", &[("commit", &"f".repeat(40))]).await;
        let unknown = ask("p:build:3".to_owned()).await;
        assert!(unknown["changes"][0]["unknown"].as_str().unwrap().contains("source"), "{unknown}");
        line.world.expect(404, call("GET", "job-runs/p:ship:9/changes").token(&token)).await;
        line.end().await;
    })
    .await;
}
