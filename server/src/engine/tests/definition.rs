//! A pipeline's text changes.

use super::world::{Line, pipeline};
use crate::engine::{self, Defined, Definition, NewModuleText, SetModule};
use crate::http::testing::call;
use crate::store::testing::on_engine;

const BUILD: &str = "jobs:\n  build: { inputs: [source], steps: [{ run: make }] }\n";

const MODULE: &str = "module: greet\nsteps: [{ run: echo hello }]\n";

#[tokio::test]
async fn a_text_that_cannot_be_used_changes_nothing() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(BUILD)).await;
        let bad =
            pipeline("jobs:\n  build: { inputs: [soruce], steps: [{ run: make }] }\n  tset: { after: [biuld], steps: [{ run: make }] }\n");
        let Defined::Invalid { diagnostics, .. } = line.define(&bad, None).await else { panic!("it was taken") };
        assert_eq!(diagnostics.len(), 2, "all at once: {diagnostics:?}");
        let stale = line.define(&pipeline(&BUILD.replace("make", "just")), Some(7)).await;
        assert!(matches!(&stale, Defined::Stale(stale) if stale.current == Some(1)), "{stale:?}");
        assert_eq!(line.pipeline().await.revision, 1);
        line.commit('a').await;
        line.play(&[]).await;
        line.shows(&["build #1 succeeded source=a"]).await;
        assert_eq!(line.set(&pipeline(BUILD)).await, 1, "the very same text makes no revision");
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn over_http_diagnostics_come_as_a_problem_and_a_stale_text_as_a_conflict() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(BUILD)).await;
        let token = line.world.administrator().await;
        let put = |path: &str, text: &str| call("PUT", path).token(&token).text(text);
        let refused = line.world.expect(422, put("pipelines/p", "pipeline: p\njobs: {}\nextra: 1\n")).await;
        assert_eq!(refused.headers["content-type"], "application/problem+json");
        let found = &refused.json()["diagnostics"][0];
        assert!(found.to_string().contains("extra"), "{found}");
        line.world.expect(409, put("pipelines/p?expect=9", &pipeline(&BUILD.replace("make", "just")))).await;
        line.world.expect(400, put("pipelines/q", &pipeline(BUILD))).await;
        let set = line.world.expect(200, put("pipelines/p?expect=1", &pipeline(&BUILD.replace("make", "just")))).await.json();
        assert_eq!((set["revision"].as_i64(), set["changed"].as_bool()), (Some(2), Some(true)));
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn another_source_is_another_history_and_going_back_revives_the_first() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(BUILD)).await;
        line.commit('a').await;
        line.play(&[]).await;
        let first = line.resource("source").await.id;
        line.set(&pipeline(BUILD).replace("repository: shop", "repository: shop, branch: next")).await;
        assert_ne!(line.resource("source").await.id, first);
        assert_eq!(line.versions("source").await.len(), 0);
        line.commit('a').await;
        line.play(&[]).await;
        line.shows(&["build #1 succeeded source=a", "build #2 succeeded source=a"]).await;
        line.set(&pipeline(BUILD)).await;
        assert_eq!(line.resource("source").await.id, first);
        line.commit('b').await;
        line.play(&[]).await;
        assert_eq!(line.last("build").await.label(), "3");
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn edited_parameters_are_a_version_and_going_back_makes_the_old_one_the_newest() {
    on_engine(async |store| {
        let text = "pipeline: p
resources:
  settings: { type: params, values: { REGION: eu } }
jobs:
  build: { inputs: [settings], steps: [{ run: make }] }
";
        let line = Line::new(store, text).await;
        line.play(&[]).await;
        line.set(&text.replace("eu", "us")).await;
        line.play(&[]).await;
        line.shows(&["build #1 succeeded settings=eu", "build #2 succeeded settings=us"]).await;
        line.set(text).await;
        line.play(&[]).await;
        assert_eq!(line.versions("settings").await[0].map["REGION"], "eu");
        line.shows(&["build #1 succeeded settings=eu", "build #2 succeeded settings=us"]).await;
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_removed_job_keeps_its_history_and_goes_on_counting_when_it_comes_back() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(BUILD)).await;
        line.commit('a').await;
        line.play(&[]).await;
        line.set(&pipeline("jobs:\n  other: { inputs: [source], steps: [{ run: make }] }\n")).await;
        line.commit('b').await;
        line.play(&[]).await;
        line.shows(&["build #1 succeeded source=a", "other #1 succeeded source=b"]).await;
        line.set(&pipeline(BUILD)).await;
        line.play(&[]).await;
        line.shows(&["build #1 succeeded source=a", "build #2 succeeded source=b", "other #1 succeeded source=b"]).await;
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn two_who_set_the_same_new_pipeline_at_once_set_it_once() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(BUILD)).await;
        let text = pipeline(BUILD).replace("pipeline: p", "pipeline: q");
        let definition = Definition {
            workspace: line.workspace,
            text: &text,
            file: "andon.yml",
            name: None,
            message: None,
            expect: None,
            synced_from: None,
            modules: None,
            actor: "user:ada",
        };
        let (one, other) = tokio::join!(engine::set_pipeline(line.app(), &definition), engine::set_pipeline(line.app(), &definition));
        let is_new = |defined: &Defined| matches!(defined, Defined::Set { revision: 1, changed: true, .. });
        let is_old = |defined: &Defined| matches!(defined, Defined::Set { revision: 1, changed: false, .. });
        let both = [one.unwrap(), other.unwrap()];
        assert!(both.iter().any(is_new) && both.iter().any(is_old), "{both:?}");

        let of = NewModuleText { file: "m.yml", name: None, text: MODULE, message: None, expect: None };
        let set = || engine::set_module(line.app(), "user:ada", line.workspace, of);
        let (one, other) = tokio::join!(set(), set());
        let mut changed = [one.unwrap(), other.unwrap()].map(|set| match set {
            SetModule::Set { revision: 1, changed, .. } => changed,
            other => panic!("{other:?}"),
        });
        changed.sort_unstable();
        assert_eq!(changed, [false, true]);
    })
    .await;
}
