//! Pipelines that use each other's resources and jobs.

use super::world::{Line, job_of, map, pipeline};
use crate::engine::{self, Defined, ManualStart, Publication};
use crate::http::testing::call;
use crate::store::line::{jobs, pipelines, resources};
use crate::store::testing::on_engine;
use andon_pipelines::decide::{Decision, Verdict};
use andon_pipelines::ids::VersionId;
use andon_pipelines::wire::{Outcome, ReportBody};
use std::collections::BTreeMap;

const PLATFORM: &str = "pipeline: platform
resources:
  origin: { type: git, repository: platform }
  base: { type: file }
jobs:
  build: { inputs: [origin], outputs: [base], steps: [{ run: make }] }
  release: { after: [build], inputs: [base], steps: [{ run: make }] }
";

const CHECK: &str = "  production: { type: environment }
jobs:
  check:
    after: [platform/release]
    inputs: [{ resource: source, trigger: false }, platform/base]
    outputs: [production]
    steps: [{ run: echo }]
";

async fn commit(line: &Line, digit: char) -> VersionId {
    let resource = resource(line, "origin").await;
    let publication = Publication { map: map(&[("commit", &digit.to_string().repeat(40))]), archive: None };
    let made = engine::publish(line.app(), "user:ben", (line.workspace, &resource), publication).await.unwrap();
    line.tick().await;
    made.0
}

async fn resource(line: &Line, name: &str) -> resources::Resource {
    let mut reader = line.app().db.read().await.unwrap();
    let platform = pipelines::find_by_name(&mut reader.connection(), line.workspace, "platform").await.unwrap().unwrap();
    resources::find_by_name(&mut reader.connection(), platform.id, name).await.unwrap().unwrap()
}

async fn decision(line: &Line, job: &str) -> Decision {
    line.tick().await;
    let pipeline = line.pipeline().await.id;
    let mut reader = line.app().db.read().await.unwrap();
    jobs::find_by_name(&mut reader.connection(), pipeline, job).await.unwrap().unwrap().decision.unwrap()
}

/// Both pipelines; `source` has a version already.
async fn both(store: crate::store::testing::TestStore) -> Line {
    let line = Line::new(store, PLATFORM).await;
    line.set(&pipeline(CHECK)).await;
    line.commit('e').await;
    line
}

#[tokio::test]
async fn what_another_pipeline_releases_starts_a_run_here() {
    on_engine(async |store| {
        let line = both(store).await;
        line.set(&pipeline(&CHECK.replace("{ run: echo }", "{ name: \"${{ state['platform/release'].grade }}\", run: echo }"))).await;
        commit(&line, 'a').await;
        let built = line.claim().await;
        line.end_with(&built[0], Outcome::Succeeded).await;
        let released = line.claim().await;
        let state = ReportBody::State { values: BTreeMap::from([("grade".to_owned(), "good".to_owned())]) };
        line.report(&released[0], vec![ReportBody::Started, ReportBody::StepsBegun, state]).await;
        line.report(&released[0], vec![super::world::finished(Outcome::Succeeded)]).await;
        let checked = line.claim().await;
        assert_eq!(job_of(&checked[0]), "check");
        assert_eq!(checked[0].environment["ANDON_STATE_PLATFORM_RELEASE_GRADE"], "good");
        assert_eq!(checked[0].steps[0].name, "good");
        assert!(checked[0].inputs.iter().any(|input| input.name == "base" && input.path == "base"));
        line.end_with(&checked[0], Outcome::Succeeded).await;
        line.shows(&["build #1 succeeded origin=a", "check #1 succeeded base=build#1 source=e", "release #1 succeeded base=build#1"]).await;
        let runs = line.runs().await;
        let run = runs.iter().find(|run| run.pipeline_name == "p").unwrap();
        assert_eq!(
            (run.cause.as_str(), run.cause_detail.as_deref(), run.actor.as_str()),
            ("upstream", Some("platform/release #1"), "user:ben")
        );
        let runs_here = &line.versions("production").await[0].map;
        assert_eq!(runs_here["platform/origin"], "a".repeat(40));
        assert!(runs_here.contains_key("platform/base") && runs_here.contains_key("source"));
        // Built, but not released: `after` implies that `base` has passed the release.
        commit(&line, 'b').await;
        line.play(&[("release", Outcome::Failed)]).await;
        assert_eq!(line.last("check").await.number, 1);
        commit(&line, 'c').await;
        line.play(&[]).await;
        assert_eq!(line.last("check").await.number, 2);
        assert!(line.lines().await.contains(&"check #2 succeeded base=build#3 source=e".to_owned()), "{:?}", line.lines().await);
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_pin_over_there_holds_here() {
    on_engine(async |store| {
        let line = both(store).await;
        let token = line.world.administrator().await;
        commit(&line, 'a').await;
        line.play(&[]).await;
        let first = line.last("check").await;
        let pin = serde_json::json!({"version": resource_version(&line).await.to_string()});
        line.world.expect(204, call("PUT", "resources/platform/base/pin").token(&token).json(pin)).await;
        commit(&line, 'b').await;
        line.play(&[]).await;
        assert_eq!(line.last("check").await.id, first.id, "the newer base is not taken");
        line.world.expect(204, call("DELETE", "resources/platform/base/pin").token(&token)).await;
        line.tick().await;
        line.play(&[]).await;
        assert!(line.last("check").await.number > first.number);
        line.end().await;
    })
    .await;
}

async fn resource_version(line: &Line) -> VersionId {
    let id = resource(line, "base").await.id;
    let mut reader = line.app().db.read().await.unwrap();
    crate::store::line::versions::find_newest(&mut reader.connection(), id).await.unwrap().unwrap().id
}

#[tokio::test]
async fn what_goes_over_there_blocks_here_and_says_so() {
    on_engine(async |store| {
        let line = both(store).await;
        commit(&line, 'a').await;
        line.play(&[]).await;
        let without = PLATFORM.replace("  release: { after: [build], inputs: [base], steps: [{ run: make }] }\n", "");
        let Defined::Set { plan, .. } = line.define(&without, None).await else { panic!("refused") };
        assert_eq!(plan.warnings, ["p/check uses release, which goes: it will be blocked"]);
        commit(&line, 'b').await;
        line.play(&[]).await;
        let blocked = decision(&line, "check").await;
        assert_eq!((blocked.verdict, blocked.reasons[0].kind.as_str()), (Verdict::Blocked, "missing"));
        assert_eq!(blocked.reasons[0].text, "the pipeline platform has no job release any more");
        let refused = line.start("check", ManualStart { cause: "manual", ..ManualStart::default() }).await.unwrap_err();
        assert!(refused.detail().contains("no job release"), "{}", refused.detail());
        assert_eq!(line.last("check").await.number, 1);
        line.end().await;
        line.set(PLATFORM).await;
        line.play(&[]).await;
        assert_eq!(line.last("check").await.number, 2, "it came back, and passed what was built meanwhile");
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_rename_over_there_changes_nothing_here_until_this_text_changes() {
    on_engine(async |store| {
        let line = both(store).await;
        commit(&line, 'a').await;
        line.play(&[]).await;
        let renamed = PLATFORM
            .replace("  base: {", "  foundation: { was: base,")
            .replace("[base]", "[foundation]")
            .replace("  release: {", "  hand-over: { was: release,");
        let Defined::Set { plan, .. } = line.define(&renamed, None).await else { panic!("refused") };
        assert_eq!(plan.warnings, [] as [&str; 0]);
        line.play(&[]).await;
        assert_eq!(line.job_runs().await.len(), 3, "nothing starts because of a name");
        commit(&line, 'b').await;
        line.play(&[]).await;
        assert_eq!((line.last("check").await.number, line.last("hand-over").await.number), (2, 2));
        assert_eq!(line.set(&pipeline(CHECK)).await, 1, "the very same text stays in force");
        let Defined::Invalid { diagnostics, .. } = line.define(&pipeline(&CHECK.replace("echo", "print")), None).await else {
            panic!("the old names were taken")
        };
        let suggestions: Vec<_> = diagnostics.iter().filter_map(|diagnostic| diagnostic.suggestion.as_deref()).collect();
        assert_eq!(suggestions, ["it was renamed: write \"platform/hand-over\"", "it was renamed: write \"platform/foundation\""]);
        let new = CHECK.replace("platform/base", "platform/foundation").replace("platform/release", "platform/hand-over");
        line.set(&pipeline(&new)).await;
        line.play(&[]).await;
        assert_eq!(line.last("check").await.number, 2, "nothing is new to the job but the name");
        commit(&line, 'c').await;
        line.play(&[]).await;
        assert_eq!(line.last("check").await.number, 3);
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn pipelines_that_would_wait_for_each_other_are_refused() {
    on_engine(async |store| {
        let line = both(store).await;
        let codes = async |text: &str| match line.define(text, None).await {
            Defined::Invalid { diagnostics, .. } => diagnostics.into_iter().map(|found| (found.code, found.message)).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        };
        let loops = codes(&PLATFORM.replace("build: {", "build: { after: [p/check],")).await;
        assert_eq!(loops.len(), 1, "{loops:?}");
        assert_eq!(loops[0].0, "cycle");
        assert!(loops[0].1.ends_with("platform/build → platform/release → p/check → platform/build"), "{}", loops[0].1);
        let early = codes("pipeline: q\njobs:\n  x: { after: [later/job], steps: [{ run: x }] }\n").await;
        assert_eq!(early[0].0, "unknown-pipeline");
        line.set(&format!("{PLATFORM}  watch: {{ after: [p/check], steps: [{{ run: x }}] }}\n")).await;
        commit(&line, 'a').await;
        line.play(&[]).await;
        assert!(line.lines().await.contains(&"watch #1 succeeded".to_owned()), "there and back again is no loop: {:?}", line.lines().await);
        assert_eq!(line.runs().await.iter().filter(|run| run.cause == "upstream").count(), 2);
        line.end().await;
    })
    .await;
}
