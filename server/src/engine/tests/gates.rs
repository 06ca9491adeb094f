//! Gates, decided through the router.

use super::people::People;
use super::world::{Line, pipeline};
use crate::engine;
use crate::store::testing::on_engine;
use serde_json::json;

#[tokio::test]
async fn every_rule_has_to_be_met_by_those_it_names() {
    on_engine(async |store| {
        let gate = "{ require: [{ from: [\"group:release\"], count: 2 }, { from: [\"user:dan\"] }] }";
        let people = People::new(store, gate, &["ben", "cleo", "dan", "eve", "vera"]).await;
        people.group(&["ben", "cleo"]).await;
        people.arrive('a').await;
        people.line.shows(&["build #1 succeeded source=a", "sign #1 awaiting source=a"]).await;
        assert_eq!(people.line.outcomes().await, ["1 active"]);
        assert_eq!(people.decide("eve", "approve").await.status, 403, "named by no rule");
        assert_eq!(people.decide("vera", "approve").await.status, 403, "a viewer");
        assert_eq!(people.decide("ben", "maybe").await.status, 400);
        assert_eq!(people.decide("ben", "approve").await.status, 200);
        let again = people.decide("ben", "approve").await;
        assert_eq!((again.status.as_u16(), again.json()["type"].as_str()), (409, Some("conflict")), "one person counts once");
        assert_eq!(people.decide("dan", "approve").await.status, 200);
        people.line.shows(&["build #1 succeeded source=a", "sign #1 awaiting source=a"]).await;
        assert_eq!(people.decide("cleo", "approve").await.status, 200);
        assert_eq!(people.decide("cleo", "approve").await.status, 409, "it is closed");
        people.line.play(&[]).await;
        people.line.shows(&["build #1 succeeded source=a", "deploy #1 succeeded source=a", "sign #1 succeeded source=a"]).await;
        assert_eq!(people.deliveries().await, 2, "asked, and told");
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn one_rejection_closes_the_way() {
    on_engine(async |store| {
        let people = People::new(store, "{ require: [{ from: [\"role:operator\"], count: 2 }] }", &["ben", "cleo"]).await;
        people.arrive('a').await;
        assert_eq!(people.decide("ben", "approve").await.status, 200);
        assert_eq!(people.decide("cleo", "reject").await.status, 200);
        people.line.play(&[]).await;
        people.line.shows(&["build #1 succeeded source=a", "sign #1 failed (rejected) source=a"]).await;
        assert_eq!(people.line.last("sign").await.detail.as_deref(), Some("cleo: seen"));
        assert_eq!(people.line.outcomes().await, ["1 failed"]);
        assert_eq!(people.deliveries().await, 2);
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn ten_at_once_decide_once_each_and_the_job_run_ends_once() {
    on_engine(async |store| {
        let names = ["a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10"];
        let people = People::new(store, "{ require: [{ from: [\"role:operator\"], count: 10 }] }", &names).await;
        people.arrive('a').await;
        let twice = names.iter().chain(&names).map(|name| people.decide(name, "approve"));
        let statuses: Vec<_> = futures::future::join_all(twice).await.into_iter().map(|answer| answer.status.as_u16()).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 10, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 10, "{statuses:?}");
        people.line.play(&[]).await;
        people.line.shows(&["build #1 succeeded source=a", "deploy #1 succeeded source=a", "sign #1 succeeded source=a"]).await;
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn when_time_runs_out_the_gate_does_as_it_says() {
    for (outcome, shown) in [("reject", "failed (expired)"), ("skip", "skipped (expired)"), ("approve", "succeeded (approved-by-timeout)")]
    {
        on_engine(async |store| {
            let line =
                Line::new(store, &pipeline(&super::people::LINE.replace("GATE", &format!("{{ timeout: 3d, on_timeout: {outcome} }}"))))
                    .await;
            line.commit('a').await;
            line.play(&[]).await;
            line.world.store.clock.advance(3 * 24 * 3_600_000 - 1);
            assert_eq!(engine::tick_gates(line.app()).await.unwrap(), 0);
            line.world.store.clock.advance(1);
            assert_eq!(engine::tick_gates(line.app()).await.unwrap(), 1);
            assert_eq!(engine::tick_gates(line.app()).await.unwrap(), 0);
            line.tick().await;
            line.world.store.clock.advance(1);
            engine::register(line.app(), &super::world::registration("one"), None).await.unwrap();
            line.play(&[]).await;
            let lines = line.lines().await;
            assert!(lines.contains(&format!("sign #1 {shown} source=a")), "{lines:?}");
            assert_eq!(lines.len(), if outcome == "reject" { 2 } else { 3 }, "{lines:?}");
            line.end().await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_newer_set_takes_the_gates_place() {
    on_engine(async |store| {
        let people = People::new(store, "{ require: [{ from: [\"user:ben\"] }] }", &["ben"]).await;
        people.arrive('a').await;
        let old = people.gate().await;
        people.arrive('b').await;
        people
            .line
            .shows(&[
                "build #1 succeeded source=a",
                "build #2 succeeded source=b",
                "sign #1 stopped (superseded) source=a",
                "sign #2 awaiting source=b",
            ])
            .await;
        let late = people.post("ben", &format!("gates/{old}/decisions"), json!({"decision": "approve"})).await;
        assert_eq!(late.status, 409);
        assert_eq!(people.decide("ben", "approve").await.status, 200);
        people.line.play(&[]).await;
        assert!(people.line.lines().await.contains(&"deploy #1 succeeded source=b".to_owned()));
        assert_eq!(people.line.outcomes().await.last().unwrap(), "2 completed");
        people.line.end().await;
    })
    .await;
}
