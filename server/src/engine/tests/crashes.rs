//! A server that dies between any two steps.

use super::world::{Line, map, pipeline};
use crate::app::App;
use crate::engine::{self, Assigner};
use crate::http::testing::call;
use crate::store::line::versions;
use crate::store::testing::on_engine;
use andon_pipelines::wire::Outcome;
use std::sync::Arc;

const LINE: &str = "  app: { type: file }
jobs:
  build: { inputs: [source], outputs: [app], steps: [{ run: make }] }
  unit: { after: [build], inputs: [app], concurrency: { limit: 1, group: slow }, steps: [{ run: make }] }
  browser: { after: [build], inputs: [app], concurrency: { limit: 1, group: slow }, steps: [{ run: make }] }
  gate: { after: [unit, browser], inputs: [app], approval: { timeout: 1h, on_timeout: approve } }
  deploy: { after: [gate], inputs: [app], steps: [{ run: make }] }
";

#[tokio::test]
async fn a_transaction_that_is_dropped_never_happened() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(LINE)).await;
        let before = line.app().db.events().newest();
        let resource = line.resource("source").await;
        let mut tx = line.app().db.begin("user:ada").await.unwrap();
        let new = versions::NewVersion {
            workspace: line.workspace,
            pipeline: resource.pipeline,
            resource: resource.id,
            map: map(&[("commit", &"a".repeat(40))]),
            metadata: map(&[]),
            archive: None,
            origin: "push",
            made_by: None,
        };
        versions::create(&mut tx, new).await.unwrap();
        drop(tx);
        line.tick().await;
        assert_eq!((line.versions("source").await.len(), line.app().db.events().newest()), (0, before));
        line.commit('a').await;
        line.shows(&["build #1 queued source=a"]).await;
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_scheduler_that_forgets_before_every_step_comes_to_the_same_end() {
    on_engine(async |store| {
        let mut line = Line::new(store, &pipeline(LINE)).await;
        line.forgetful = true;
        for commit in ['a', 'b'] {
            line.commit(commit).await;
            line.play(&[]).await;
            line.world.store.clock.advance(3_600_000);
            engine::tick_gates(line.app()).await.unwrap();
            engine::register(line.app(), &super::world::registration("one"), None).await.unwrap();
            line.tick().await;
            line.play(&[]).await;
        }
        line.shows(&[
            "browser #1 succeeded app=build#1",
            "browser #2 succeeded app=build#2",
            "build #1 succeeded source=a",
            "build #2 succeeded source=b",
            "deploy #1 succeeded app=build#1",
            "deploy #2 succeeded app=build#2",
            "gate #1 succeeded (approved-by-timeout) app=build#1",
            "gate #2 succeeded (approved-by-timeout) app=build#2",
            "unit #1 succeeded app=build#1",
            "unit #2 succeeded app=build#2",
        ])
        .await;
        // Which runs are about to end is forgotten too: the sweep finds them.
        crate::engine::schedule::sweep(line.app()).await.unwrap();
        assert_eq!(line.outcomes().await, ["1 completed", "2 completed"]);
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn two_schedulers_on_one_store_never_start_a_set_twice() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(LINE)).await;
        let clock = Arc::new(line.world.store.clock.clone());
        let settings = line.app().settings.clone();
        let other = App::join(settings, line.app().db.clone(), clock, line.world.store.random.clone()).unwrap();
        let both = async || {
            for _ in 0..4 {
                let (one, two) = tokio::join!(engine::tick_schedule(line.app()), engine::tick_schedule(&other));
                for error in [one.err(), two.err()].into_iter().flatten() {
                    assert!(super::super::schedule::is_race(&error), "{error}");
                }
            }
        };
        let resource = line.resource("source").await;
        for commit in ['a', 'b', 'c'] {
            let publication = engine::Publication { map: map(&[("commit", &commit.to_string().repeat(40))]), archive: None };
            engine::publish(line.app(), "user:ada", (line.workspace, &resource), publication).await.unwrap();
            both().await;
            line.play(&[("gate", Outcome::Succeeded)]).await;
            both().await;
        }
        let lines = line.lines().await;
        for job in ["build", "unit", "browser", "gate"] {
            let of_job: Vec<_> = lines.iter().filter(|shown| shown.starts_with(job)).collect();
            assert_eq!(of_job.len(), 3, "{of_job:?}");
        }
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn claims_of_two_runners_never_share_an_execution() {
    on_engine(async |store| {
        let jobs = "jobs:\n  test: { inputs: [source], matrix: { n: [1, 2, 3, 4, 5, 6, 7, 8, 9] }, steps: [{ run: make }] }\n";
        let line = Line::new(store, &pipeline(jobs)).await;
        let two = engine::register(line.app(), &super::world::registration("two"), None).await.unwrap().runner;
        line.commit('a').await;
        let claims = (0..8).map(|n| line.claim_as(if n % 2 == 0 { line.runner } else { two }, 2));
        let held: Vec<_> = futures::future::join_all(claims).await.into_iter().flatten().collect();
        let mut ids: Vec<_> = held.iter().map(|work| work.execution).collect();
        ids.sort();
        ids.dedup();
        assert_eq!((ids.len(), held.len()), (9, 9));
        let all = engine::claim(line.app(), &Assigner::Embedded, &claim(line.runner)).await.unwrap();
        assert_eq!(all.assignments, []);
        line.end().await;
    })
    .await;
}

fn claim(runner: andon_pipelines::ids::RunnerId) -> andon_pipelines::wire::Claim {
    andon_pipelines::wire::Claim { runner, free: 9, wait_ms: 0, stopping: Vec::new(), holding: None }
}

#[tokio::test]
async fn cells_that_end_at_the_same_time_end_the_job_run_once() {
    on_engine(async |store| {
        let jobs = "jobs:\n  test: { inputs: [source], matrix: { n: [1, 2, 3, 4, 5, 6, 7, 8] }, steps: [{ run: make }] }\n";
        let line = Line::new(store, &pipeline(jobs)).await;
        line.commit('a').await;
        let cells = line.claim().await;
        assert_eq!(cells.len(), 8);
        futures::future::join_all(cells.iter().map(|cell| line.end_with(cell, Outcome::Succeeded))).await;
        line.shows(&["test #1 succeeded source=a"]).await;
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn the_event_stream_resumes_where_it_broke_off() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(LINE)).await;
        let token = line.world.administrator().await;
        line.commit('a').await;
        line.play(&[]).await;
        let newest = line.app().db.events().newest();
        // A stream ends when the server does.
        line.app().stopping.cancel();
        let ids = async |call| -> Vec<i64> {
            let text = line.world.expect(200, call).await.text;
            text.lines().filter_map(|shown| shown.strip_prefix("id:")).map(|id| id.trim().parse().unwrap()).collect()
        };
        let all = ids(call("GET", "/events?after=0").token(&token)).await;
        assert_eq!(all, (1..=newest).collect::<Vec<_>>());
        let rest = ids(call("GET", "/events").header("last-event-id", "7").token(&token)).await;
        assert_eq!(rest, (8..=newest).collect::<Vec<_>>());
        line.end().await;
    })
    .await;
}
