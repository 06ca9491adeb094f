//! What starts what.

use super::world::{Line, finished, job_of, pipeline};
use crate::engine;
use crate::store::testing::on_engine;
use andon_pipelines::wire::{Outcome, ReportBody};
use std::collections::BTreeMap;

const DIAMOND: &str = "  app: { type: file }
  production: { type: environment }
jobs:
  build: { inputs: [source], outputs: [app], steps: [{ run: make }] }
  unit: { after: [build], inputs: [app], steps: [{ run: make unit }] }
  browser: { after: [build], inputs: [app], steps: [{ run: make browser }] }
  deploy: { after: [unit, browser], inputs: [app], outputs: [production], steps: [{ run: make deploy }] }
";

#[tokio::test]
async fn a_version_goes_down_the_line_and_fan_in_runs_once() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(DIAMOND)).await;
        line.shows(&[]).await;
        line.commit('a').await;
        line.shows(&["build #1 queued source=a"]).await;
        line.play(&[]).await;
        line.shows(&[
            "browser #1 succeeded app=build#1",
            "build #1 succeeded source=a",
            "deploy #1 succeeded app=build#1",
            "unit #1 succeeded app=build#1",
        ])
        .await;
        assert_eq!(line.outcomes().await, ["1 completed"]);
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn fan_in_waits_until_its_upstream_runs_agree() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(DIAMOND)).await;
        line.commit('a').await;
        let build = line.claim().await;
        line.end_with(&build[0], Outcome::Succeeded).await;
        let (mut unit, mut browser) = (None, None);
        for work in line.claim().await {
            let place = if job_of(&work) == "unit" { &mut unit } else { &mut browser };
            *place = Some(work);
        }
        line.end_with(&unit.unwrap(), Outcome::Succeeded).await;
        // The second commit overtakes: browser of the first is still running when unit of the second ends.
        line.commit('b').await;
        let build = line.claim().await;
        line.end_with(&build[0], Outcome::Succeeded).await;
        for work in line.claim().await {
            let outcome = if job_of(&work) == "unit" { Outcome::Succeeded } else { Outcome::Failed };
            line.end_with(&work, outcome).await;
        }
        assert!(!line.lines().await.iter().any(|shown| shown.starts_with("deploy")), "unit#2 and browser#1 do not agree");
        line.end_with(&browser.unwrap(), Outcome::Succeeded).await;
        line.play(&[]).await;
        let deploys: Vec<_> = line.lines().await.into_iter().filter(|shown| shown.starts_with("deploy")).collect();
        assert_eq!(deploys, ["deploy #1 succeeded app=build#1"]);
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn after_gives_the_very_version_that_passed_and_passed_frees_it() {
    on_engine(async |store| {
        let jobs = "jobs:
  build: { inputs: [source], steps: [{ run: make }] }
  same: { after: [build], inputs: [source], steps: [{ run: make }] }
  newest: { after: [build], inputs: [{ resource: source, passed: [], trigger: false }], steps: [{ run: make }] }
";
        let line = Line::new(store, &pipeline(jobs)).await;
        line.commit('a').await;
        let build = line.claim().await;
        line.commit('b').await;
        line.end_with(&build[0], Outcome::Succeeded).await;
        let first: Vec<_> = line.lines().await.into_iter().filter(|shown| !shown.starts_with("build")).collect();
        assert_eq!(first, ["newest #1 queued source=b", "same #1 queued source=a"]);
        line.play(&[]).await;
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn an_input_that_does_not_trigger_starts_nothing_but_is_taken_along() {
    on_engine(async |store| {
        let jobs = "  settings: { type: params, values: { REGION: eu } }
jobs:
  build: { inputs: [source, { resource: settings, trigger: false }], steps: [{ run: make }] }
";
        let line = Line::new(store, &pipeline(jobs)).await;
        line.commit('a').await;
        line.play(&[]).await;
        line.set(&pipeline(&jobs.replace("eu", "us"))).await;
        line.shows(&["build #1 succeeded settings=eu source=a"]).await;
        line.commit('b').await;
        line.play(&[]).await;
        line.shows(&["build #1 succeeded settings=eu source=a", "build #2 succeeded settings=us source=b"]).await;
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn passed_alone_takes_only_versions_that_are_new_to_the_job() {
    on_engine(async |store| {
        let jobs = "jobs:
  build: { inputs: [source], steps: [{ run: make }] }
  ship: { inputs: [{ resource: source, passed: [build] }], steps: [{ run: make }] }
  after: { after: [build], steps: [{ run: make }] }
";
        let line = Line::new(store, &pipeline(jobs)).await;
        line.commit('a').await;
        line.play(&[("build", Outcome::Failed)]).await;
        line.shows(&["build #1 failed (exit-code) source=a"]).await;
        engine::rerun_job_run(line.app(), "user:ada", line.last("build").await.id, false).await.unwrap();
        line.play(&[]).await;
        engine::rerun_job_run(line.app(), "user:ada", line.last("build").await.id, false).await.unwrap();
        line.play(&[]).await;
        line.shows(&[
            "after #1 succeeded",
            "after #2 succeeded",
            "build #1 failed (exit-code) source=a",
            "build #1.1 succeeded source=a",
            "build #1.2 succeeded source=a",
            "ship #1 succeeded source=a",
        ])
        .await;
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_newer_set_replaces_the_one_that_waits() {
    on_engine(async |store| {
        let jobs = "jobs:\n  build: { inputs: [source], steps: [{ run: make }] }\n";
        let line = Line::new(store, &pipeline(jobs)).await;
        for commit in ['a', 'b', 'c'] {
            line.commit(commit).await;
        }
        line.shows(&["build #1 queued source=c"]).await;
        assert_eq!(line.last("build").await.superseded, 2);
        let running = line.claim().await;
        assert_eq!(running.len(), 1);
        assert_eq!(running[0].environment["ANDON_INPUT_SOURCE_COMMIT"], "c".repeat(40));
        line.commit('d').await;
        line.shows(&["build #1 running source=c", "build #2 queued source=d"]).await;
        line.end_with(&running[0], Outcome::Succeeded).await;
        line.play(&[]).await;
        assert_eq!(line.outcomes().await, ["1 stopped", "2 stopped", "3 completed", "4 completed"]);
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn every_version_has_its_run_where_the_input_says_so() {
    on_engine(async |store| {
        let jobs = "jobs:\n  build: { inputs: [{ resource: source, version: every }], concurrency: 1, steps: [{ run: make }] }\n";
        let line = Line::new(store, &pipeline(jobs)).await;
        for commit in ['a', 'b', 'c'] {
            line.commit(commit).await;
        }
        line.play(&[]).await;
        line.shows(&["build #1 succeeded source=a", "build #2 succeeded source=b", "build #3 succeeded source=c"]).await;
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_failure_stops_the_line_but_not_those_who_follow_failures() {
    on_engine(async |store| {
        let jobs = "jobs:
  build: { inputs: [source], steps: [{ run: make }] }
  next: { after: [build], inputs: [source], steps: [{ run: make }] }
  mend: { after: [{ job: build, on: failed }], inputs: [source], steps: [{ run: make }] }
  sweep: { after: [{ job: build, on: finished }], inputs: [source], steps: [{ run: make }] }
";
        let line = Line::new(store, &pipeline(jobs)).await;
        line.commit('a').await;
        line.play(&[("build", Outcome::Failed)]).await;
        line.shows(&["build #1 failed (exit-code) source=a", "mend #1 succeeded source=a", "sweep #1 succeeded source=a"]).await;
        line.commit('b').await;
        line.play(&[]).await;
        let second: Vec<_> = line.lines().await.into_iter().filter(|shown| shown.contains("source=b")).collect();
        assert_eq!(second, ["build #2 succeeded source=b", "next #1 succeeded source=b", "sweep #2 succeeded source=b"]);
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_false_when_skips_and_passes_and_a_failing_one_is_the_platforms_fault() {
    on_engine(async |store| {
        let jobs = "jobs:
  build: { inputs: [source], steps: [{ run: make }] }
  cover: { after: [build], inputs: [source], when: state.build.coverage >= 80, steps: [{ run: make }] }
  next: { after: [cover], inputs: [source], steps: [{ run: make }] }
  strict: { after: [{ job: cover, on: succeeded }], inputs: [source], steps: [{ run: make }] }
";
        let line = Line::new(store, &pipeline(jobs)).await;
        line.commit('a').await;
        line.play(&[]).await;
        line.shows(&["build #1 succeeded source=a", "cover #1 errored (when-failed) source=a"]).await;
        for (commit, coverage) in [('b', "70"), ('c', "85")] {
            line.commit(commit).await;
            let build = line.claim().await;
            let state = ReportBody::State { values: BTreeMap::from([("coverage".to_owned(), coverage.to_owned())]) };
            line.report(&build[0], vec![ReportBody::StepsBegun, state, finished(Outcome::Succeeded)]).await;
            line.play(&[]).await;
        }
        let later: Vec<_> = line.lines().await.into_iter().filter(|shown| !shown.contains("source=a")).collect();
        assert_eq!(
            later,
            [
                "build #2 succeeded source=b",
                "build #3 succeeded source=c",
                "cover #2 skipped (when) source=b",
                "cover #3 succeeded source=c",
                "next #1 succeeded source=b",
                "next #2 succeeded source=c",
                "strict #1 succeeded source=c",
            ]
        );
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn the_cells_of_a_matrix_are_one_job_run() {
    on_engine(async |store| {
        let jobs = "jobs:
  test: { inputs: [source], matrix: { suite: [unit, browser], include: [{ suite: load }] }, steps: [{ run: make }] }
  next: { after: [test], inputs: [source], steps: [{ run: make }] }
";
        let line = Line::new(store, &pipeline(jobs)).await;
        line.commit('a').await;
        let mut cells = line.claim().await;
        cells.sort_by_key(|cell| cell.title.clone());
        let titles: Vec<_> = cells.iter().map(|cell| cell.title.as_str()).collect();
        assert_eq!(titles, ["p/test #1 (suite=browser)", "p/test #1 (suite=load)", "p/test #1 (suite=unit)"]);
        line.end_with(&cells[0], Outcome::Failed).await;
        line.end_with(&cells[1], Outcome::Succeeded).await;
        line.shows(&["test #1 running source=a"]).await;
        line.end_with(&cells[2], Outcome::Succeeded).await;
        line.shows(&["test #1 failed (exit-code) source=a"]).await;
        assert_eq!(line.last("test").await.detail.as_deref(), Some("suite=browser"));
        engine::rerun_failed(line.app(), "user:ada", line.runs().await[0].id).await.unwrap();
        line.play(&[]).await;
        line.shows(&["next #1 succeeded source=a", "test #1 failed (exit-code) source=a", "test #1.1 succeeded source=a"]).await;
        line.end().await;
    })
    .await;
}
