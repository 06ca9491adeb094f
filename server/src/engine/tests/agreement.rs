//! Upstream runs are combined only where they follow the same runs.

use super::world::{Line, blob, finished, job_of, pipeline};
use crate::engine::{self, ManualStart};
use crate::store::line::jobs;
use crate::store::testing::on_engine;
use andon_pipelines::wire::{Assignment, Outcome, ReportBody};
use std::collections::BTreeMap;

const DIAMOND: &str = "  app: { type: file }
jobs:
  build: { inputs: [source], outputs: [app], steps: [{ run: make }] }
  unit: { after: [build], inputs: [app], steps: [{ run: make unit }] }
  browser: { after: [build], inputs: [app], steps: [{ run: make browser }] }
  deploy: { after: [unit, browser], inputs: [app], steps: [{ run: make deploy }] }
";

/// Ends every build that is claimed with one and the same archive, and answers the rest.
async fn build_the_same(line: &Line) -> Vec<Assignment> {
    let (builds, rest): (Vec<_>, Vec<_>) = line.claim().await.into_iter().partition(|work| job_of(work) == "build");
    for build in &builds {
        let output = ReportBody::Output { resource: "app".to_owned(), values: BTreeMap::new(), archive: Some(blob("same")) };
        line.report(build, vec![ReportBody::Started, ReportBody::StepsBegun, output, finished(Outcome::Succeeded)]).await;
    }
    if builds.is_empty() { rest } else { line.claim().await }
}

async fn runs_of(line: &Line, job: &str) -> usize {
    line.job_runs().await.iter().filter(|job_run| job_run.job_name == job).count()
}

#[tokio::test]
async fn a_rerun_upstream_goes_down_the_line_once() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(DIAMOND)).await;
        line.commit('a').await;
        for work in build_the_same(&line).await {
            line.end_with(&work, Outcome::Succeeded).await;
        }
        line.play(&[]).await;
        assert_eq!(runs_of(&line, "deploy").await, 1);
        // The same commit makes the same archive: no version is new, so only the run tells the two builds apart.
        engine::rerun_job_run(line.app(), "user:ada", line.last("build").await.id, false).await.unwrap();
        line.tick().await;
        let tests = build_the_same(&line).await;
        assert_eq!(tests.iter().map(job_of).collect::<Vec<_>>(), ["unit", "browser"]);
        line.end_with(&tests[0], Outcome::Succeeded).await;
        assert_eq!(runs_of(&line, "deploy").await, 1, "browser has not followed the new build");
        line.end_with(&tests[1], Outcome::Succeeded).await;
        line.play(&[]).await;
        assert_eq!(runs_of(&line, "deploy").await, 2, "once for the new build");
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn one_of_two_run_again_goes_on_with_the_other() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(DIAMOND)).await;
        line.commit('a').await;
        line.play(&[("unit", Outcome::Failed)]).await;
        assert_eq!(runs_of(&line, "deploy").await, 0);
        let run = line.runs().await[0].id;
        engine::rerun_failed(line.app(), "user:ada", run).await.unwrap();
        line.play(&[]).await;
        assert_eq!(runs_of(&line, "deploy").await, 1);
        engine::rerun_job_run(line.app(), "user:ada", line.last("unit").await.id, false).await.unwrap();
        line.play(&[]).await;
        assert_eq!(runs_of(&line, "deploy").await, 2);
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_fan_that_shares_no_resource_runs_its_tail_once() {
    on_engine(async |store| {
        let jobs = "jobs:
  start: { steps: [{ run: make }] }
  one: { after: [start], steps: [{ run: make }] }
  two: { after: [start], steps: [{ run: make }] }
  three: { after: [start], steps: [{ run: make }] }
  tail: { after: [one, two, three], steps: [{ run: make }] }
";
        let line = Line::new(store, &pipeline(jobs)).await;
        for wave in 1..=3 {
            line.start("start", ManualStart::default()).await.unwrap();
            let begun = line.claim().await;
            line.end_with(&begun[0], Outcome::Succeeded).await;
            let fan = line.claim().await;
            assert_eq!(fan.len(), 3);
            for work in fan {
                assert_eq!(runs_of(&line, "tail").await, wave - 1, "not all three have followed this start");
                line.end_with(&work, Outcome::Succeeded).await;
            }
            line.play(&[]).await;
            assert_eq!(runs_of(&line, "tail").await, wave);
        }
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn what_does_not_trigger_binds_nobody_to_its_runs() {
    on_engine(async |store| {
        let jobs = "  settings: { type: file }
jobs:
  prepare: { outputs: [settings], steps: [{ run: make }] }
  unit: { inputs: [source, { resource: settings, passed: [prepare], trigger: false }], steps: [{ run: make }] }
  browser: { inputs: [source, { resource: settings, passed: [prepare], trigger: false }], steps: [{ run: make }] }
  deploy: { after: [unit, browser], steps: [{ run: make }] }
";
        let line = Line::new(store, &pipeline(jobs)).await;
        line.start("prepare", ManualStart::default()).await.unwrap();
        line.play(&[]).await;
        line.commit('a').await;
        let tests = line.claim().await;
        line.end_with(&tests[0], Outcome::Failed).await;
        line.end_with(&tests[1], Outcome::Succeeded).await;
        line.start("prepare", ManualStart::default()).await.unwrap();
        line.play(&[]).await;
        // By hand and anew, so on the newer settings; the other one keeps what it had.
        line.start(job_of(&tests[0]), ManualStart::default()).await.unwrap();
        line.play(&[]).await;
        assert_eq!(runs_of(&line, "deploy").await, 1);
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn what_waits_for_the_other_branch_says_so_and_its_advice_helps() {
    on_engine(async |store| {
        let jobs = "jobs:
  start: { steps: [{ run: make }] }
  one: { after: [start], steps: [{ run: make }] }
  two: { after: [start], steps: [{ run: make }] }
  tail: { after: [one, two], steps: [{ run: make }] }
";
        let line = Line::new(store, &pipeline(jobs)).await;
        // Each branch fails once, and not on the same start.
        for failing in ["one", "two"] {
            line.start("start", ManualStart::default()).await.unwrap();
            line.play(&[(failing, Outcome::Failed)]).await;
        }
        let pipeline = line.pipeline().await.id;
        let jobs = jobs::list(&mut line.app().db.read().await.unwrap().connection(), pipeline).await.unwrap();
        let why = jobs.into_iter().find(|job| job.name == "tail").unwrap().decision.unwrap();
        let reason = &why.reasons[0];
        assert_eq!(reason.kind, "no-agreement");
        assert_eq!(reason.text, "one #2 and two #1 follow different runs of start");
        assert_eq!(reason.unblock.as_deref(), Some("let two follow start #2"));
        engine::rerun_job_run(line.app(), "user:ada", line.last("two").await.id, false).await.unwrap();
        line.play(&[]).await;
        assert_eq!(runs_of(&line, "tail").await, 1);
        line.end().await;
    })
    .await;
}
