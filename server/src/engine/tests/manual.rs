//! What people start by hand.

use super::world::{Line, pipeline};
use crate::engine::ManualStart;
use crate::store::line::runs;
use crate::store::testing::on_engine;
use andon_pipelines::wire::Outcome;
use serde_json::{Map, Value, json};

fn asked(inputs: &[(&str, &str)], params: Value) -> ManualStart {
    let Value::Object(params) = params else { panic!("parameters are an object") };
    ManualStart { inputs: super::world::map(inputs), params, note: Some("because".to_owned()), force: false, cause: "manual" }
}

#[tokio::test]
async fn parameters_are_typed_completed_and_refused() {
    on_engine(async |store| {
        let text = "pipeline: p
params:
  target: { type: string, options: [eu, us] }
  dry_run: { type: boolean, default: false }
  count: { type: integer, default: 3 }
jobs:
  build: { when: params.count > 1, env: { T: \"${{ params.target }}\", D: \"${{ params.dry_run }}\" }, steps: [{ run: make }] }
";
        let line = Line::new(store, text).await;
        line.shows(&[]).await;
        for (params, said) in [
            (json!({}), "target is required"),
            (json!({"target": "asia"}), "one of eu, us"),
            (json!({"target": "eu", "count": "many"}), "a whole number"),
            (json!({"target": "eu", "dry_run": 7}), "true or false"),
            (json!({"target": "eu", "other": 1}), "no parameter other"),
        ] {
            let refused = line.start("build", asked(&[], params)).await.unwrap_err();
            assert_eq!(refused.status(), 400);
            assert!(refused.detail().contains(said), "{}", refused.detail());
        }
        assert_eq!(line.start("bild", asked(&[], json!({}))).await.unwrap_err().status(), 404);
        assert_eq!(line.runs().await.len(), 0, "what is refused leaves nothing");
        line.start("build", asked(&[], json!({"target": "eu", "dry_run": "true"}))).await.unwrap();
        let work = line.claim().await;
        assert_eq!((work[0].environment["T"].as_str(), work[0].environment["D"].as_str()), ("eu", "true"));
        line.end_with(&work[0], Outcome::Succeeded).await;
        line.start("build", asked(&[], json!({"target": "us", "count": 1}))).await.unwrap();
        line.shows(&["build #1 succeeded", "build #2 skipped (when)"]).await;
        let run = &line.runs().await[0];
        assert_eq!((run.cause.as_str(), run.actor.as_str(), run.note.as_deref()), ("manual", "user:ada", Some("because")));
        assert_eq!(run.params["count"], 3);
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn people_choose_versions_that_satisfy_or_force_any() {
    on_engine(async |store| {
        let jobs = "jobs:
  build: { inputs: [source], steps: [{ run: make }] }
  ship: { inputs: [{ resource: source, passed: [build] }], steps: [{ run: make }] }
";
        let line = Line::new(store, &pipeline(jobs)).await;
        let nothing = line.start("build", asked(&[], json!({}))).await.unwrap_err();
        assert_eq!(nothing.status(), 409, "{}", nothing.detail());
        line.commit('a').await;
        line.play(&[]).await;
        line.commit('b').await;
        line.play(&[("build", Outcome::Failed)]).await;
        assert_eq!(line.start("ship", asked(&[("source", "f")], json!({}))).await.unwrap_err().status(), 400);
        assert_eq!(line.start("ship", asked(&[("other", "a")], json!({}))).await.unwrap_err().status(), 400);
        let refused = line.start("ship", asked(&[("source", "bb")], json!({}))).await.unwrap_err();
        assert_eq!(refused.status(), 409, "{}", refused.detail());
        line.start("ship", asked(&[("source", "aa")], json!({}))).await.unwrap();
        line.start("ship", ManualStart { force: true, ..asked(&[("source", "bb")], json!({})) }).await.unwrap();
        line.play(&[]).await;
        line.shows(&[
            "build #1 succeeded source=a",
            "build #2 failed (exit-code) source=b",
            "ship #1 succeeded source=a",
            "ship #2 succeeded source=a",
            "ship #3 succeeded source=b",
        ])
        .await;
        let run = runs::get(&mut line.app().db.read().await.unwrap().connection(), line.last("ship").await.run).await.unwrap();
        assert_eq!((run.cause.as_str(), run.params), ("manual", Map::new()));
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn what_people_started_is_never_superseded() {
    on_engine(async |store| {
        let jobs = "jobs:\n  build: { inputs: [source], concurrency: 1, steps: [{ run: make }] }\n";
        let line = Line::new(store, &pipeline(jobs)).await;
        line.commit('a').await;
        line.play(&[]).await;
        line.start("build", asked(&[("source", "aa")], json!({}))).await.unwrap();
        line.commit('b').await;
        line.shows(&["build #1 succeeded source=a", "build #2 queued source=a", "build #3 waiting source=b"]).await;
        line.play(&[]).await;
        line.end().await;
    })
    .await;
}
