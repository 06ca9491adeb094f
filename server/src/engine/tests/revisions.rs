//! A pipeline is edited while it runs.

use super::world::{Line, job_of, pipeline};
use crate::http::testing::call;
use crate::store::testing::on_engine;
use andon_pipelines::document::unified_diff;
use andon_pipelines::wire::{Outcome, ReportBody};
use std::collections::BTreeMap;

const DEPLOY: &str = "jobs:
  deploy: { inputs: [source], concurrency: 1, steps: [{ run: ./deploy }] }
  other: { steps: [{ run: x }] }
";

/// The first commit runs, the second waits for the slot.
async fn busy(store: crate::store::testing::TestStore) -> (Line, andon_pipelines::wire::Assignment) {
    let line = Line::new(store, &pipeline(DEPLOY)).await;
    line.commit('a').await;
    let running = line.claim().await.remove(0);
    line.report(&running, vec![ReportBody::Started]).await;
    line.commit('b').await;
    line.shows(&["deploy #1 running source=a", "deploy #2 waiting source=b"]).await;
    (line, running)
}

#[tokio::test]
async fn a_waiting_job_run_stays_while_its_job_does() {
    on_engine(async |store| {
        let (line, running) = busy(store).await;
        let waiting = line.last("deploy").await;
        line.set(&pipeline(&DEPLOY.replace("run: x", "run: y"))).await;
        assert_eq!(line.last("deploy").await.id, waiting.id);
        line.end_with(&running, Outcome::Succeeded).await;
        line.play(&[]).await;
        line.shows(&["deploy #1 succeeded source=a", "deploy #2 succeeded source=b"]).await;
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_waiting_job_run_of_a_changed_job_gives_way_to_one_of_the_new_revision() {
    on_engine(async |store| {
        let (line, running) = busy(store).await;
        line.set(&pipeline(&DEPLOY.replace("./deploy", "./deploy --fast"))).await;
        line.shows(&["deploy #1 running source=a", "deploy #2 stopped (superseded)", "deploy #3 waiting source=b"]).await;
        line.end_with(&running, Outcome::Succeeded).await;
        assert_eq!(line.last("deploy").await.revision, 2);
        let next = line.claim().await.remove(0);
        assert_eq!(next.steps[0].name, "./deploy --fast");
        line.end_with(&next, Outcome::Succeeded).await;
        assert_eq!(line.outcomes().await, ["1 completed", "2 completed"], "what was superseded spoils no run");
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_waiting_job_run_whose_inputs_change_waits_for_the_new_ones() {
    on_engine(async |store| {
        let (line, running) = busy(store).await;
        let text = pipeline(&DEPLOY.replace("[source]", "[source, button]")).replace("jobs:", "  button: { type: trigger }\njobs:");
        line.set(&text).await;
        line.shows(&["deploy #1 running source=a", "deploy #2 stopped (superseded)"]).await;
        line.end_with(&running, Outcome::Succeeded).await;
        line.publish("button", &[]).await;
        line.play(&[]).await;
        line.shows(&["deploy #1 succeeded source=a", "deploy #2 stopped (superseded)", "deploy #3 succeeded button=1 source=b"]).await;
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_waiting_job_run_of_a_removed_job_ends_and_loses_nothing() {
    on_engine(async |store| {
        let (line, running) = busy(store).await;
        line.set(&pipeline("jobs:\n  other: { steps: [{ run: x }] }\n")).await;
        line.shows(&["deploy #1 running source=a", "deploy #2 stopped (removed)"]).await;
        line.end_with(&running, Outcome::Succeeded).await;
        line.shows(&["deploy #1 succeeded source=a", "deploy #2 stopped (removed)"]).await;
        line.set(&pipeline(DEPLOY)).await;
        line.play(&[]).await;
        assert_eq!(line.lines().await[2], "deploy #3 succeeded source=b");
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn who_waited_for_a_slot_runs_when_the_limit_goes() {
    on_engine(async |store| {
        let (line, running) = busy(store).await;
        line.set(&pipeline(&DEPLOY.replace(" concurrency: 1,", ""))).await;
        let next = line.claim().await;
        assert_eq!((next.len(), line.last("deploy").await.number), (1, 2));
        line.end_with(&next[0], Outcome::Succeeded).await;
        line.end_with(&running, Outcome::Succeeded).await;
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn an_open_gate_stays_when_its_rules_change_and_asks_anew_for_another_job() {
    on_engine(async |store| {
        let gate = "jobs:\n  gate: { inputs: [source], approval: {} }\n";
        let line = Line::new(store, &pipeline(gate)).await;
        line.commit('a').await;
        line.set(&pipeline(&gate.replace("inputs", "description: Is it good?, inputs"))).await;
        line.set(&pipeline(&gate.replace("{}", "{ require: [{ from: [\"role:admin\"], count: 2 }] }"))).await;
        // What was decided before is void: see the tests of gates.
        line.shows(&["gate #1 awaiting source=a"]).await;
        line.set(&pipeline(&gate.replace("inputs: [source]", "inputs: [{ resource: source, name: code }]"))).await;
        line.shows(&["gate #1 stopped (superseded)", "gate #2 awaiting code=a"]).await;
        line.end().await;
    })
    .await;
}

const BUILD: &str = "  app: { type: file }
jobs:
  build: { inputs: [source], outputs: [app], steps: [{ run: make }] }
  test: { after: [build], inputs: [app], steps: [{ run: make test }] }
";

#[tokio::test]
async fn a_renamed_job_and_its_resources_go_on_with_their_history() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(BUILD)).await;
        line.commit('a').await;
        let build = line.claim().await.remove(0);
        let state = ReportBody::State { values: BTreeMap::from([("size".to_owned(), "7".to_owned())]) };
        line.report(&build, vec![ReportBody::Started, ReportBody::StepsBegun, state]).await;
        let renamed = pipeline(BUILD)
            .replace("  app: {", "  bundle: { was: app,")
            .replace("[app]", "[bundle]")
            .replace("  source: {", "  code: { was: source,")
            .replace("[source]", "[code]")
            .replace("  build: {", "  compile: { was: build,")
            .replace("after: [build]", "after: [compile]");
        // In the middle of a run: it ends as what it began.
        line.set(&renamed).await;
        line.end_with(&build, Outcome::Succeeded).await;
        let test = line.claim().await.remove(0);
        assert_eq!((job_of(&test), test.environment["ANDON_STATE_COMPILE_SIZE"].as_str()), ("test", "7"));
        line.end_with(&test, Outcome::Succeeded).await;
        line.shows(&["build #1 succeeded source=a", "test #1 succeeded bundle=build#1"]).await;
        assert_eq!(line.set(&renamed.replace("make test", "make tests")).await, 3, "the file keeps its `was`");
        assert_eq!(line.set(&renamed.replace("was: app,", "").replace("was: build,", "").replace("was: source,", "")).await, 4);
        line.play(&[]).await;
        assert_eq!(line.job_runs().await.len(), 2, "a name starts nothing");
        let code = line.resource("code").await.id;
        line.publish("code", &[("commit", &"b".repeat(40))]).await;
        line.play(&[]).await;
        assert_eq!(line.lines().await[1..3], ["compile #2 succeeded code=b", "test #1 succeeded bundle=build#1"]);
        // And back again.
        let back = pipeline(BUILD)
            .replace("  app: {", "  app: { was: bundle,")
            .replace("  source: {", "  source: { was: code,")
            .replace("  build: {", "  build: { was: compile,");
        line.set(&back).await;
        line.play(&[]).await;
        assert_eq!((line.job_runs().await.len(), line.resource("source").await.id), (4, code));
        line.commit('c').await;
        line.play(&[]).await;
        assert_eq!(line.last("build").await.label(), "3");
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_former_name_that_leads_nowhere_is_told() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(BUILD)).await;
        let warnings = async |text: &str| match line.define(text, None).await {
            crate::engine::Defined::Set { plan, .. } => plan.warnings,
            other => panic!("{other:?}"),
        };
        let unknown = pipeline(BUILD).replace("  test: {", "  test: { was: exam,").replace("  build: {", "  build: { was: make,");
        assert_eq!(warnings(&unknown).await, [] as [&str; 0], "both are there already");
        let new = pipeline(BUILD).replace("  test: {", "  check: { was: exam,").replace("  app: {", "  app: { was: bin,");
        assert_eq!(warnings(&new).await, ["there was no job exam, so check begins anew"]);
        let both = pipeline(&format!("{BUILD}  extra: {{ steps: [{{ run: x }}] }}\n"));
        assert_eq!(warnings(&both).await, [] as [&str; 0]);
        let merged = both.replace("  test: {", "  extra: {").replace("  extra: { steps", "  exact: { was: test, steps");
        assert_eq!(warnings(&merged).await, [] as [&str; 0]);
        let clash = pipeline(BUILD).replace("  build: {", "  build: { was: exact,");
        assert_eq!(warnings(&clash).await, ["the job build is there already, so it does not go on from exact"]);
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_stale_text_is_refused_with_what_happened_since() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(DEPLOY)).await;
        let token = line.world.administrator().await;
        let put = |path: &str, text: &str| call("PUT", path).token(&token).text(text);
        let second = pipeline(&DEPLOY.replace("./deploy", "./ship"));
        line.set(&second).await;
        let mine = pipeline(&DEPLOY.replace("run: x", "run: y"));
        let refused = line.world.expect(409, put("pipelines/p?expect=1", &mine)).await.json();
        assert_eq!((refused["type"].as_str(), refused["base"].as_i64(), refused["current"].as_i64()), (Some("stale"), Some(1), Some(2)));
        let diff = unified_diff(("p revision 1", &pipeline(DEPLOY)), ("p revision 2", &second));
        assert!(diff.contains("-  deploy:") && diff.contains("./ship"), "{diff}");
        assert_eq!(refused["diff"].as_str(), Some(diff.as_str()));
        assert_eq!(refused["plan"]["jobs"][0]["parts"][0], "steps");
        line.world.expect(409, put("pipelines/p", &mine).header("if-match", "\"1\"")).await;
        line.world.expect(400, put("pipelines/p", &mine).header("if-match", "one")).await;
        let new = line.world.expect(409, put("pipelines/p?expect=0", &mine)).await.json();
        assert!(new["detail"].as_str().unwrap().contains("is there already"), "{new}");
        let missing = mine.replace("pipeline: p", "pipeline: q");
        assert_eq!(line.world.expect(409, put("pipelines/q?expect=3", &missing)).await.json()["current"], serde_json::Value::Null);
        assert_eq!(line.pipeline().await.revision, 2);
        let shown = line.world.expect(200, call("GET", "pipelines/p/revisions/1/diff/2").token(&token)).await.json();
        assert_eq!(shown["diff"].as_str(), Some(diff.as_str()));
        line.world.expect(404, call("GET", "pipelines/p/revisions/1/diff/9").token(&token)).await;
        let first = line.world.expect(200, call("GET", "pipelines/p/revisions/1").token(&token)).await.json();
        assert_eq!(first["text"].as_str(), Some(pipeline(DEPLOY).as_str()));
        line.world.expect(200, put("pipelines/p", &mine).header("if-match", "\"2\"")).await;
        line.world.expect(200, put("pipelines/q?expect=0", &missing)).await;
        line.end().await;
    })
    .await;
}
