//! Runners that come, vanish, and come back.

use super::world::{Line, finished, pipeline, registration};
use crate::engine;
use crate::http::testing::call;
use crate::store::testing::on_engine;
use andon_pipelines::wire::{Outcome, ReportBatch, ReportBody};
use serde_json::json;

const JOBS: &str = "jobs:\n  build: { inputs: [source], steps: [{ run: make }] }\n";

#[tokio::test]
async fn the_protocol_asks_for_a_token_and_for_sense() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(JOBS)).await;
        let administrator = line.world.administrator().await;
        let token = line.runner_token(&administrator).await;
        let register = |change: (&str, serde_json::Value)| {
            let mut body = json!(registration("two"));
            body[change.0] = change.1;
            call("POST", "/runner/register").json(body)
        };
        let name = || ("name", json!("two"));
        line.world.expect(401, register(name())).await;
        line.world.expect(401, register(name()).token("andon_wrong")).await;
        line.world.expect(403, register(name()).token(&administrator)).await;
        for wrong in [
            ("slots", json!(0)),
            ("slots", json!(1_001)),
            ("name", json!("")),
            ("name", json!("../two")),
            ("name", json!(crate::serve::EMBEDDED_RUNNER)),
            ("name", json!(format!("{}-1f", crate::serve::EMBEDDED_RUNNER))),
            ("labels", json!(vec!["l"; 51])),
            ("labels", json!([""])),
        ] {
            line.world.expect(400, register(wrong).token(&token)).await;
        }
        let two = line.world.expect(200, register(name()).token(&token)).await.json();
        let again = line.world.expect(200, register(name()).token(&token)).await.json();
        assert_eq!(two["runner"], again["runner"], "a known name takes its identity over");
        line.commit('a').await;
        let claim = json!({"runner": two["runner"], "free": 1, "wait_ms": 0});
        let work = line.world.expect(200, call("POST", "/runner/claim").token(&token).json(claim.clone())).await.json();
        assert_eq!(work["assignments"][0]["title"], "p/build #1");
        let unknown = json!({"runner": "00000000-0000-7000-8000-000000000000", "free": 1, "wait_ms": 0});
        line.commit('b').await;
        line.world.expect(404, call("POST", "/runner/claim").token(&token).json(unknown)).await;
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn what_a_lost_runner_had_not_begun_goes_to_another_once() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(JOBS)).await;
        line.commit('a').await;
        let first = line.claim().await.remove(0);
        line.report(&first, vec![ReportBody::Started]).await;
        line.world.store.clock.advance(line.app().settings.lease_ms + 1);
        assert_eq!(engine::tick_reap(line.app()).await.unwrap(), 1);
        assert_eq!(engine::tick_reap(line.app()).await.unwrap(), 0);
        line.shows(&["build #1 running source=a"]).await;
        let two = engine::register(line.app(), &registration("two"), None).await.unwrap().runner;
        let second = line.claim_as(two, 1).await.remove(0);
        assert_ne!(second.execution, first.execution);
        // The first comes back too late.
        let late = line.report(&first, vec![ReportBody::StepsBegun, finished(Outcome::Succeeded)]).await;
        assert_eq!((late.abandon, late.acknowledged), (vec![first.execution], vec![]));
        line.shows(&["build #1 running source=a"]).await;
        line.world.store.clock.advance(line.app().settings.lease_ms + 1);
        assert_eq!(engine::tick_reap(line.app()).await.unwrap(), 1);
        line.tick().await;
        line.shows(&["build #1 errored (runner-lost) source=a"]).await;
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn what_had_begun_is_lost_with_its_runner_unless_it_may_be_repeated() {
    for (idempotent, shown) in [("false", "build #1 errored (runner-lost) source=a"), ("true", "build #1 running source=a")] {
        on_engine(async |store| {
            let line = Line::new(store, &pipeline(&JOBS.replace("steps", &format!("idempotent: {idempotent}, steps")))).await;
            line.commit('a').await;
            let work = line.claim().await.remove(0);
            line.report(&work, vec![ReportBody::StepsBegun]).await;
            line.world.store.clock.advance(line.app().settings.lease_ms - 1);
            let beat = ReportBatch { runner: line.runner, running: vec![work.execution], reports: vec![], draining: false, takes: 0 };
            engine::take_reports(line.app(), &engine::Assigner::Embedded, &beat).await.unwrap();
            line.world.store.clock.advance(line.app().settings.lease_ms - 1);
            assert_eq!(engine::tick_reap(line.app()).await.unwrap(), 0, "a heartbeat renews the lease");
            line.world.store.clock.advance(2);
            assert_eq!(engine::tick_reap(line.app()).await.unwrap(), 1);
            line.tick().await;
            line.shows(&[shown]).await;
            line.end().await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_runner_takes_only_what_it_has_the_labels_for_and_nothing_while_it_drains() {
    on_engine(async |store| {
        let jobs = "jobs:
  any: { inputs: [source], steps: [{ run: make }] }
  gpu: { inputs: [source], runner: { labels: [linux, gpu] }, steps: [{ run: make }] }
";
        let line = Line::new(store, &pipeline(jobs)).await;
        line.commit('a').await;
        line.play(&[]).await;
        line.shows(&["any #1 succeeded source=a", "gpu #1 queued source=a"]).await;
        let labels = ["gpu", "linux", "big"].map(str::to_owned).to_vec();
        let two = engine::register(line.app(), &andon_pipelines::wire::Registration { labels, ..registration("two") }, None).await.unwrap();
        let drain = |draining| ReportBatch { runner: two.runner, running: vec![], reports: vec![], draining, takes: 0 };
        engine::take_reports(line.app(), &engine::Assigner::Embedded, &drain(true)).await.unwrap();
        assert_eq!(line.claim_as(two.runner, 1).await, []);
        engine::take_reports(line.app(), &engine::Assigner::Embedded, &drain(false)).await.unwrap();
        assert_eq!(line.claim_as(two.runner, 1).await.len(), 1);
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_drained_runner_ends_what_it_holds_and_gets_nothing_until_it_is_resumed() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(JOBS)).await;
        let root = line.world.administrator().await;
        let (cookies, csrf) = line.world.person(&root, "ada", "admin").await;
        let path = |act: &str| format!("runners/{}/{act}", line.runner);
        line.commit('a').await;
        let held = line.claim().await.remove(0);
        let foreign = call("POST", &path("drain")).header("cookie", &cookies).header("x-andon-csrf", &csrf);
        line.world.expect(403, foreign).await;
        line.world.expect(204, call("POST", &path("drain")).token(&root)).await;
        line.world.expect(409, call("POST", &path("drain")).token(&root)).await;
        let shown = line.world.expect(200, call("GET", "runners").token(&root)).await.json()["items"][0].clone();
        assert_eq!((&shown["state"], &shown["busy"], &shown["drained"]["by"]), (&json!("draining"), &json!(1), &json!("token:all")));
        // It goes on with what it has, and comes back as drained as it went.
        line.end_with(&held, Outcome::Succeeded).await;
        line.commit('b').await;
        assert_eq!(line.claim().await.len(), 0);
        engine::register(line.app(), &registration("one"), None).await.unwrap();
        assert_eq!(line.claim().await.len(), 0);
        line.world.expect(204, call("POST", &path("resume")).token(&root)).await;
        line.world.expect(409, call("POST", &path("resume")).token(&root)).await;
        line.world.expect(404, call("POST", "runners/nobody/drain").token(&root)).await;
        line.play(&[]).await;
        line.shows(&["build #1 succeeded source=a", "build #2 succeeded source=b"]).await;
        line.end().await;
    })
    .await;
}
