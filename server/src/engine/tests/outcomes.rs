//! What runs end with, and what they leave: outputs, state, environments.

use super::world::{Line, blob, finished, map, pipeline};
use crate::engine;
use crate::store::line::deployments;
use crate::store::testing::on_engine;
use andon_pipelines::wire::{Outcome, ReportBody};
use std::collections::BTreeMap;

const FORK: &str = "jobs:
  build: { inputs: [source], steps: [{ run: make }] }
  left: { after: [build], inputs: [source], steps: [{ run: make }] }
  right: { after: [build], inputs: [source], steps: [{ run: make }] }
";

#[tokio::test]
async fn a_run_ends_as_its_job_runs_did_and_goes_on_when_they_are_run_again() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(FORK)).await;
        line.commit('a').await;
        line.play(&[]).await;
        line.commit('b').await;
        line.play(&[("left", Outcome::Failed)]).await;
        line.commit('c').await;
        line.play(&[("build", Outcome::Failed)]).await;
        line.commit('d').await;
        engine::stop_run(line.app(), "user:ada", line.runs().await[3].id, None).await.unwrap();
        line.tick().await;
        assert_eq!(line.outcomes().await, ["1 completed", "2 partial-success", "3 failed", "4 stopped"]);
        let ids: Vec<_> = line.runs().await.iter().map(|run| run.id).collect();
        assert_eq!(engine::rerun_failed(line.app(), "user:ada", ids[0]).await.unwrap_err().status(), 409);
        engine::rerun_failed(line.app(), "user:ada", ids[1]).await.unwrap();
        line.tick().await;
        assert_eq!(line.outcomes().await[1], "2 active");
        line.play(&[]).await;
        engine::rerun_failed(line.app(), "user:ada", ids[2]).await.unwrap();
        line.play(&[]).await;
        assert_eq!(line.outcomes().await, ["1 completed", "2 completed", "3 completed", "4 stopped"]);
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn outputs_come_only_from_success_unless_they_say_always() {
    on_engine(async |store| {
        let jobs = "  app: { type: file }
  report: { type: file }
jobs:
  build: { inputs: [source], outputs: [app, { resource: report, on: always }], steps: [{ run: make }] }
  ship: { inputs: [app], steps: [{ run: make }] }
";
        let line = Line::new(store, &pipeline(jobs)).await;
        let output = |resource: &str, seed: &str| ReportBody::Output {
            resource: resource.to_owned(),
            values: BTreeMap::new(),
            archive: Some(blob(seed)),
        };
        for (commit, outcome, made) in
            [('a', Outcome::Failed, (0, 1)), ('b', Outcome::Succeeded, (1, 2)), ('c', Outcome::Succeeded, (1, 3))]
        {
            line.commit(commit).await;
            let work = line.claim().await;
            let bodies = vec![output("app", "always the same"), output("report", &commit.to_string()), finished(outcome)];
            line.report(&work[0], bodies).await;
            line.play(&[]).await;
            assert_eq!((line.versions("app").await.len(), line.versions("report").await.len()), made, "{commit}");
        }
        let ships: Vec<_> = line.lines().await.into_iter().filter(|shown| shown.starts_with("ship")).collect();
        assert_eq!(ships, ["ship #1 succeeded app=build#2"], "the same version twice triggers nothing");
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn state_goes_downstream_and_a_failure_keeps_the_last_good_values() {
    on_engine(async |store| {
        let jobs = "jobs:
  build: { inputs: [source], steps: [{ run: make }] }
  next: { after: [build], inputs: [source], env: { SEEN: \"${{ state.build.size }}\" }, steps: [{ run: make }] }
";
        let line = Line::new(store, &pipeline(jobs)).await;
        let play = async |commit, size: &str, outcome| {
            line.commit(commit).await;
            let build = line.claim().await;
            let own = build[0].environment.get("ANDON_STATE_BUILD_SIZE").cloned();
            line.report(&build[0], vec![ReportBody::State { values: map(&[("size", size)]) }, finished(outcome)]).await;
            let next = line.claim().await;
            let seen = next.first().map(|next| (next.environment["ANDON_STATE_BUILD_SIZE"].clone(), next.environment["SEEN"].clone()));
            for next in next {
                line.end_with(&next, Outcome::Succeeded).await;
            }
            (own, seen)
        };
        let both = |text: &str| Some((text.to_owned(), text.to_owned()));
        assert_eq!(play('a', "1", Outcome::Succeeded).await, (None, both("1")));
        assert_eq!(play('b', "2", Outcome::Failed).await, (Some("1".to_owned()), None));
        assert_eq!(play('c', "3", Outcome::Succeeded).await, (Some("1".to_owned()), both("3")));
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn an_environment_holds_the_commit_that_the_lineage_leads_to() {
    on_engine(async |store| {
        let jobs = "  app: { type: file }
  production: { type: environment }
jobs:
  build: { inputs: [source], outputs: [app], steps: [{ run: make }] }
  test: { after: [build], inputs: [app], steps: [{ run: make }] }
  deploy: { after: [test], inputs: [app], outputs: [production], steps: [{ run: make }] }
";
        let line = Line::new(store, &pipeline(jobs)).await;
        line.commit('a').await;
        line.play(&[]).await;
        line.commit('b').await;
        line.play(&[("deploy", Outcome::Failed)]).await;
        let current = async || {
            let mut reader = line.app().db.read().await.unwrap();
            let found = deployments::list_current(&mut reader.connection(), line.workspace).await.unwrap();
            assert_eq!(found.len(), 1);
            found.into_iter().next().unwrap()
        };
        let newest = line.versions("production").await;
        assert_eq!((newest.len(), newest[0].map["source"].as_str()), (1, "a".repeat(40).as_str()), "a failed deployment changes nothing");
        let before = current().await;
        engine::rerun_failed(line.app(), "user:ada", line.runs().await[1].id).await.unwrap();
        line.play(&[]).await;
        let newest = line.versions("production").await;
        assert_eq!((newest.len(), newest[0].map["source"].as_str()), (2, "b".repeat(40).as_str()));
        assert!(newest[0].map.contains_key("app"));
        assert_ne!(current().await.job_run, before.job_run);
        // Back to the first: the same version, deployed again.
        let first = line.job_runs().await.into_iter().find(|job_run| job_run.job_name == "deploy").unwrap();
        let again = engine::rerun_job_run(line.app(), "user:ada", first.id, false).await.unwrap().job_run;
        line.play(&[]).await;
        assert_eq!((current().await.job_run, current().await.version), (again, before.version));
        line.end().await;
    })
    .await;
}
