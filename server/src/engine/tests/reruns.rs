//! Running again with what follows.

use super::world::{Line, pipeline};
use crate::engine;
use crate::http::testing::call;
use crate::store::testing::on_engine;
use andon_pipelines::wire::Outcome;
use serde_json::json;

/// `ship` only asks what passed, so a rerun alone does not reach it; `note` follows by `after`.
const JOBS: &str = "  app: { type: file }
jobs:
  build: { inputs: [source], outputs: [app], steps: [{ run: make }] }
  note: { after: [build], steps: [{ run: make }] }
  ship: { inputs: [{ resource: source, passed: [build] }], steps: [{ run: make }] }
  tell: { inputs: [{ resource: source, passed: [ship] }, { resource: app, trigger: false }], steps: [{ run: make }] }
  aside: { inputs: [source], steps: [{ run: make }] }
";

#[tokio::test]
async fn what_stood_on_it_is_run_again_on_what_comes_of_it() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(JOBS)).await;
        let token = line.world.administrator().await;
        line.commit('a').await;
        line.play(&[]).await;
        let alone = line.world.expect(201, call("POST", "job-runs/p:build:1/rerun").token(&token)).await.json();
        assert_eq!(alone["downstream"], json!([]));
        line.play(&[]).await;
        let plain = [
            "aside #1 succeeded source=a",
            "build #1 succeeded source=a",
            "build #1.1 succeeded source=a",
            "note #1 succeeded",
            "note #2 succeeded",
            "ship #1 succeeded source=a",
            "tell #1 succeeded app=build#1 source=a",
        ];
        line.shows(&plain).await;
        let body = json!({"downstream": true});
        let made = line.world.expect(201, call("POST", "job-runs/p:build:1.1/rerun").token(&token).json(body)).await.json();
        assert_eq!(made["downstream"], json!(["ship #1", "tell #1", "note #2"]));
        // What is planned outlives the server's memory.
        line.app().scheduler.forget().await;
        line.play(&[]).await;
        line.shows(&[
            "aside #1 succeeded source=a",
            "build #1 succeeded source=a",
            "build #1.1 succeeded source=a",
            "build #1.2 succeeded source=a",
            "note #1 succeeded",
            "note #2 succeeded",
            "note #3 succeeded",
            "ship #1 succeeded source=a",
            "ship #1.1 succeeded source=a",
            "tell #1 succeeded app=build#1 source=a",
            "tell #1.1 succeeded app=build#1.2 source=a",
        ])
        .await;
        let again = line.world.expect(200, call("GET", "job-runs/p:tell:1.1").token(&token)).await.json();
        assert_eq!(again["cause"], "tell #1 again, downstream of build #1.2, by token:all");
        assert_eq!(again["follows"], json!([line.world.expect(200, call("GET", "job-runs/p:ship:1.1").token(&token)).await.json()["id"]]));
        let build = line.world.expect(200, call("GET", "job-runs/p:build:1.2").token(&token)).await.json();
        assert_eq!(build["cause"], "rerun of build #1.1 by token:all");
        assert_eq!(line.outcomes().await, ["1 completed"]);
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn what_does_not_pass_takes_nothing_along() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(JOBS)).await;
        line.commit('a').await;
        line.play(&[]).await;
        let build = line.last("build").await.id;
        engine::rerun_job_run(line.app(), "user:ada", build, true).await.unwrap();
        line.tick().await;
        let active = engine::rerun_job_run(line.app(), "user:ada", line.last("build").await.id, true).await.unwrap_err();
        assert_eq!(active.status(), 409);
        line.play(&[("ship", Outcome::Failed)]).await;
        assert_eq!(line.last("ship").await.label(), "1.1");
        assert_eq!(line.last("tell").await.label(), "1", "what it would have stood on has failed");
        // A later success of the same job does not revive what was dropped.
        engine::rerun_job_run(line.app(), "user:ada", line.last("ship").await.id, false).await.unwrap();
        line.play(&[]).await;
        assert_eq!((line.last("ship").await.label(), line.last("tell").await.label()), ("1.2".to_owned(), "1".to_owned()));
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_held_job_is_run_again_once_it_is_released() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(JOBS)).await;
        line.commit('a').await;
        line.play(&[]).await;
        let (pipeline, ship) = (line.pipeline().await, line.last("ship").await.job);
        engine::pause_job(line.app(), "user:ada", (&pipeline, ship), (true, Some("not now"))).await.unwrap();
        engine::rerun_job_run(line.app(), "user:ada", line.last("build").await.id, true).await.unwrap();
        line.tick().await;
        line.play(&[]).await;
        assert_eq!(line.last("ship").await.label(), "1");
        line.app().scheduler.forget().await;
        engine::pause_job(line.app(), "user:ada", (&pipeline, ship), (false, None)).await.unwrap();
        line.tick().await;
        line.play(&[]).await;
        assert_eq!((line.last("ship").await.label(), line.last("tell").await.label()), ("1.1".to_owned(), "1.1".to_owned()));
        line.end().await;
    })
    .await;
}
