//! What a gate is bound to: newer sets, new definitions, reruns, and environments that ask for themselves.

use super::people::{LINE, People};
use super::world::pipeline;
use crate::engine::{self, ManualStart};
use crate::store::testing::on_engine;
use andon_pipelines::event::Event;
use serde_json::json;

const TWO: &str = "{ require: [{ from: [\"role:operator\"], count: 2 }] }";

#[tokio::test]
async fn an_old_approval_never_lets_something_new_through() {
    on_engine(async |store| {
        let people = People::new(store, TWO, &["ben", "cleo"]).await;
        people.arrive('a').await;
        let old = people.gate_of("sign").await;
        assert_eq!(people.decide("ben", "approve").await.status, 200);
        // Newer versions.
        people.arrive('b').await;
        let stale = people.say("cleo", json!({"decision": "approve", "digest": old.digest})).await;
        assert!(stale.status == 409 && stale.text.contains("source was aaaaaaa and is bbbbbbb"), "{}", stale.text);
        assert_eq!(people.decide("cleo", "approve").await.status, 200);
        assert_eq!((people.status("sign").await.as_str(), people.count("deploy").await), ("awaiting", 0));
        // Another definition: the same gate asks anew.
        let before = people.gate_of("sign").await;
        let changed = "{ require: [{ from: [\"role:operator\"], count: 2 }], exclude: [previous] }";
        people.line.set(&pipeline(&LINE.replace("GATE", changed))).await;
        let after = people.gate_of("sign").await;
        assert_eq!(before.id, after.id);
        assert_ne!(before.digest, after.digest);
        assert_eq!(people.say("ben", json!({"decision": "approve", "digest": before.digest})).await.status, 409);
        assert_eq!(people.say("ben", json!({"decision": "approve", "digest": after.digest})).await.status, 200);
        assert_eq!((people.status("sign").await.as_str(), people.count("deploy").await), ("awaiting", 0), "cleo approved something else");
        // A revision that changes nothing about the gate keeps what was decided.
        let text = pipeline(&LINE.replace("GATE", changed)).replace("deploy: {", "deploy: { description: ships,");
        people.line.set(&text).await;
        assert_eq!(people.gate_of("sign").await.digest, after.digest);
        // Started by hand: another gate.
        people.line.start("sign", ManualStart { note: Some("again".to_owned()), ..ManualStart::default() }).await.unwrap();
        assert_ne!(people.gate_of("sign").await.id, after.id);
        assert_eq!((people.status("sign").await.as_str(), people.count("deploy").await), ("awaiting", 0));
        let rebound = people.count_events(|event| matches!(event, Event::GateRebound { .. })).await;
        assert_eq!(rebound, 1);
        // In the end both approve the same thing.
        assert_eq!(people.decide("ben", "approve").await.status, 200);
        assert_eq!(people.decide("cleo", "approve").await.status, 200);
        people.line.play(&[]).await;
        assert_eq!(people.count("deploy").await, 1);
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_rerun_asks_again_unless_the_file_carries_approvals_over() {
    for (rule, expected) in [("", "awaiting"), (", carry_over: same-digest", "succeeded")] {
        on_engine(async |store| {
            let gate = format!("{{ require: [{{ from: [\"user:ben\"] }}]{rule} }}");
            let people = People::new(store, &gate, &["ben"]).await;
            people.arrive('a').await;
            assert_eq!(people.decide("ben", "approve").await.status, 200);
            people.line.play(&[]).await;
            let first = people.gate_of("sign").await;
            engine::rerun_job_run(people.line.app(), "user:ada", people.line.last("sign").await.id, false).await.unwrap();
            people.line.tick().await;
            assert_eq!(people.status("sign").await, expected);
            let again = people.gate_of("sign").await;
            assert_eq!((again.id == first.id, again.digest == first.digest), (false, true));
            assert_eq!(again.carried_from, (expected == "succeeded").then_some(first.id));
            // Another set is asked about in any case.
            people.line.play(&[]).await;
            people.arrive('b').await;
            assert_eq!(people.status("sign").await, "awaiting");
            people.line.end().await;
        })
        .await;
    }
}

#[tokio::test]
async fn newer_sets_wait_or_stand_beside_the_open_gate_as_the_file_says() {
    for (rule, second) in [("queue", "waiting"), ("coexist", "awaiting")] {
        on_engine(async |store| {
            let people = People::new(store, &format!("{{ supersede: {rule} }}"), &["ben"]).await;
            people.arrive('a').await;
            let first = people.gate_of("sign").await.id;
            people.arrive('b').await;
            people.arrive('c').await;
            assert_eq!((people.count("sign").await, people.status("sign").await.as_str()), (3, second));
            let path = format!("gates/{first}/decisions");
            assert_eq!(people.post("ben", &path, json!({"decision": "approve"})).await.status, 200);
            people.line.play(&[]).await;
            let lines = people.line.lines().await;
            assert!(lines.contains(&"sign #1 succeeded source=a".to_owned()), "{lines:?}");
            assert!(lines.contains(&"sign #2 awaiting source=b".to_owned()), "{lines:?}");
            assert!(lines.contains(&format!("sign #3 {second} source=c")), "{lines:?}");
            people.line.end().await;
        })
        .await;
    }
}

const OWN: &str = "  production: { type: environment, approval: { require: [{ from: [\"user:ben\"] }] } }
jobs:
  deploy: { inputs: [source], outputs: [production], steps: [{ run: make }] }
";

#[tokio::test]
async fn an_environment_asks_before_anything_is_deployed_to_it() {
    on_engine(async |store| {
        let people = People::on(store, OWN, &["ben", "cleo"]).await;
        people.line.commit('a').await;
        people.line.shows(&["deploy #1 awaiting source=a"]).await;
        assert_eq!(people.line.claim().await, []);
        people.line.commit('b').await;
        people.line.shows(&["deploy #1 stopped (superseded) source=a", "deploy #2 awaiting source=b"]).await;
        let path = format!("gates/{}/decisions", people.gate_of("deploy").await.id);
        assert_eq!(people.post("cleo", &path, json!({"decision": "approve"})).await.status, 403);
        assert_eq!(people.post("ben", &path, json!({"decision": "approve"})).await.status, 200);
        // What has been approved and waits for a runner is not replaced by what has not.
        people.line.commit('c').await;
        people.line.shows(&["deploy #1 stopped (superseded) source=a", "deploy #2 queued source=b", "deploy #3 awaiting source=c"]).await;
        people.line.play(&[]).await;
        assert_eq!(people.line.versions("production").await.len(), 1);
        let path = format!("gates/{}/decisions", people.gate_of("deploy").await.id);
        assert_eq!(people.post("ben", &path, json!({"decision": "reject", "comment": "no"})).await.status, 200);
        assert_eq!(people.status("deploy").await, "failed (rejected)");
        // By hand, and on what was deployed before: asked all the same.
        let first = people.line.job_runs().await.into_iter().find(|job_run| job_run.number == 2).unwrap();
        engine::rerun_job_run(people.line.app(), "user:ada", first.id, false).await.unwrap();
        people.line.start("deploy", ManualStart { force: true, ..ManualStart::default() }).await.unwrap();
        let waiting = people.line.job_runs().await.iter().filter(|job_run| job_run.status.to_string() == "awaiting").count();
        assert_eq!((waiting, people.line.versions("production").await.len()), (2, 1));
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn rules_that_an_environment_gets_later_hold_for_old_runs_too() {
    on_engine(async |store| {
        let free = OWN.replace(", approval: { require: [{ from: [\"user:ben\"] }] }", "");
        let people = People::on(store, &free, &["ben"]).await;
        people.line.commit('a').await;
        people.line.play(&[]).await;
        assert_eq!(people.status("deploy").await, "succeeded");
        people.line.set(&pipeline(OWN)).await;
        engine::rerun_job_run(people.line.app(), "user:ada", people.line.last("deploy").await.id, false).await.unwrap();
        assert_eq!(people.status("deploy").await, "awaiting");
        people.line.end().await;
    })
    .await;
}
