//! What machines have to say at gates.

use super::people::People;
use super::world::{finished, map};
use crate::engine;
use crate::store::testing::on_engine;
use andon_pipelines::event::Event;
use andon_pipelines::wire::{Outcome, ReportBody};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

const MINUTE: i64 = 60_000;

#[tokio::test]
async fn an_expression_reads_the_state_and_the_lineage() {
    on_engine(async |store| {
        let gate = "{ checks: [{ name: coverage, expression: \"state.build.coverage >= 80 && lineage.source.commit != ''\" }] }";
        let people = People::new(store, gate, &["ben"]).await;
        let build = async |coverage: &str| {
            let work = people.line.claim().await;
            let state = ReportBody::State { values: map(&[("coverage", coverage)]) };
            people.line.report(&work[0], vec![state, finished(Outcome::Succeeded)]).await;
            people.pass(0).await;
        };
        people.line.commit('a').await;
        build("79").await;
        let seen = people.look("ben", "sign").await["evidence"].clone();
        assert_eq!(seen["checks"][0]["status"], "failed");
        assert!(seen["checks"][0]["detail"].as_str().unwrap().contains("\"coverage\":79"), "{seen}");
        assert_eq!(people.decide("ben", "approve").await.status, 200);
        assert_eq!(people.status("sign").await, "awaiting", "a failing check holds what people approved");
        people.line.commit('b').await;
        build("80").await;
        assert_eq!(people.decide("ben", "approve").await.status, 200);
        assert_eq!(people.status("sign").await, "succeeded");
        people.line.play(&[]).await;
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn the_end_of_a_job_is_seen_at_once() {
    on_engine(async |store| {
        let jobs = "jobs:
  build: { inputs: [source], steps: [{ run: make }] }
  smoke: { inputs: [source], steps: [{ run: make }] }
  sign: { after: [build], inputs: [source], approval: { checks: [{ job: smoke }] } }
";
        let people = People::on(store, jobs, &["ben"]).await;
        people.line.commit('a').await;
        let work = people.line.claim().await;
        let (build, smoke): (Vec<_>, Vec<_>) = work.into_iter().partition(|work| super::world::job_of(work) == "build");
        people.line.end_with(&build[0], Outcome::Succeeded).await;
        assert_eq!(people.decide("ben", "approve").await.status, 200);
        people.pass(0).await;
        assert_eq!(people.status("sign").await, "awaiting");
        people.line.end_with(&smoke[0], Outcome::Succeeded).await;
        assert_eq!(people.pass(0).await, 1);
        assert_eq!(people.status("sign").await, "succeeded");
        people.line.end().await;
    })
    .await;
}

/// What is proposed has to have run in `staging` for ten minutes.
const SOAKING: &str = "  staging: { type: environment }
jobs:
  try: { inputs: [source], outputs: [staging], steps: [{ run: make }] }
  sign: { after: [try], inputs: [source], approval: { checks: [{ soak: 10m, environment: staging }] } }
";

#[tokio::test]
async fn what_is_proposed_has_to_have_run_for_so_long() {
    on_engine(async |store| {
        let people = People::on(store, SOAKING, &["ben"]).await;
        people.line.commit('a').await;
        people.line.play(&[]).await;
        people.pass(0).await;
        assert_eq!(people.decide("ben", "approve").await.status, 200);
        let seen = people.look("ben", "sign").await["evidence"]["checks"][0].clone();
        assert_eq!((seen["status"].as_str(), seen["kind"].as_str()), (Some("waiting"), Some("soak")), "{seen}");
        assert_eq!(people.pass(10 * MINUTE - 1).await, 0, "it is known when it will pass");
        assert_eq!(people.pass(1).await, 1);
        assert_eq!(people.status("sign").await, "succeeded");
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn soaking_goes_on_while_the_same_is_deployed_again() {
    on_engine(async |store| {
        let people = People::on(store, SOAKING, &["ben"]).await;
        people.arrive('a').await;
        let first = people.line.last("try").await.id;
        people.pass(6 * MINUTE).await;
        engine::rerun_job_run(people.line.app(), "user:ada", first, false).await.unwrap();
        people.play().await;
        // What has run again asks anew.
        people.pass(0).await;
        assert_eq!(people.decide("ben", "approve").await.status, 200);
        people.pass(4 * MINUTE - 1).await;
        assert_eq!(people.status("sign").await, "awaiting");
        people.pass(1).await;
        assert_eq!(people.status("sign").await, "succeeded", "it has run there for ten minutes, deployed twice");
        people.play().await;
    })
    .await;
}

/// A server that answers with the status in `status` and says whether that is well; counts nothing, remembers nothing.
async fn serve_health(status: Arc<AtomicU16>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = move || async move {
        let status = status.load(Ordering::SeqCst);
        (axum::http::StatusCode::from_u16(status).unwrap(), axum::Json(json!({"ok": status == 200})))
    };
    let router = axum::Router::new().route("/health", axum::routing::get(answer));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}/health")
}

#[tokio::test]
async fn a_probe_is_asked_again_at_the_release() {
    on_engine(async |store| {
        let status = Arc::new(AtomicU16::new(200));
        let url = serve_health(Arc::clone(&status)).await;
        let gate = format!("{{ checks: [{{ name: health, http: {{ url: \"{url}\", expect: body.ok }}, every: 30s }}] }}");
        let people = People::new(store, &gate, &["ben"]).await;
        people.arrive('a').await;
        people.pass(0).await;
        assert_eq!(people.look("ben", "sign").await["evidence"]["checks"][0]["status"], "passed");
        status.store(503, Ordering::SeqCst);
        assert_eq!(people.decide("ben", "approve").await.status, 200);
        assert_eq!(people.pass(0).await, 1, "the probe is asked before anything goes through");
        assert_eq!(people.status("sign").await, "awaiting");
        let seen = people.look("ben", "sign").await["evidence"].clone();
        assert_eq!(seen["waits_for"], json!(["the check health: it answered 503, not 200"]));
        assert_eq!(people.pass(30_000 - 1).await, 0);
        status.store(200, Ordering::SeqCst);
        assert_eq!(people.pass(1).await, 1);
        assert_eq!(people.status("sign").await, "succeeded");
        let told = people.count_events(|event| matches!(event, Event::GateChecked { .. })).await;
        assert_eq!(told, 3, "passed, failed, passed");
        people.play().await;
        people.line.end().await;
    })
    .await;
}
