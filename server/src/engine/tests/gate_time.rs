//! What time does to gates: windows, reminders, escalation, and a server that was away.

use super::people::People;
use crate::app::App;
use crate::engine;
use crate::store::testing::on_engine;
use andon_pipelines::event::Event;
use serde_json::json;
use std::sync::Arc;

const HOUR: i64 = 3_600_000;

// The clock of tests begins on Tuesday, 2023-11-14, 22:13:20 UTC.
const OFFICE: &str = "{ windows: [{ allow: { days: [mon-fri], from: \"09:00\", to: \"17:00\", timezone: Europe/Berlin } }], timeout: 1h }";

#[tokio::test]
async fn what_is_approved_waits_for_its_window() {
    on_engine(async |store| {
        let people = People::new(store, OFFICE, &["ben", "cleo"]).await;
        people.arrive('a').await;
        assert_eq!(people.decide("ben", "approve").await.status, 200);
        assert_eq!(people.status("sign").await, "awaiting");
        let seen = people.look("ben", "sign").await;
        // Nine o'clock in Berlin.
        assert_eq!(seen["evidence"]["window"], json!({"open": false, "opens_at": 1_700_035_200_000_i64}));
        assert_eq!(
            (seen["approved"].clone(), seen["evidence"]["waits_for"].clone()),
            (json!(true), json!(["its windows do not allow it now"]))
        );
        assert_eq!(people.gate_of("sign").await.next_at, Some(1_700_035_200_000), "nobody looks before");
        // People's hour has passed, but they have decided; somebody can still think again.
        assert_eq!(people.pass(2 * HOUR).await, 0);
        assert_eq!(people.decide("ben", "revoke").await.status, 200);
        assert_eq!(people.pass(0).await, 1);
        assert_eq!(people.status("sign").await, "failed (expired)");

        people.arrive('b').await;
        assert_eq!(people.decide("cleo", "approve").await.status, 200);
        people.line.world.store.clock.set(1_700_035_199_999);
        assert_eq!(people.pass(0).await, 0);
        assert_eq!(people.pass(1).await, 1);
        assert_eq!(people.status("sign").await, "succeeded");
        people.play().await;
        assert_eq!(people.count("deploy").await, 1);
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_decision_after_the_timeout_is_refused_even_before_the_loop_has_looked() {
    on_engine(async |store| {
        let people = People::new(store, "{ timeout: 1h }", &["ben"]).await;
        people.arrive('a').await;
        people.line.world.store.clock.advance(HOUR);
        let late = people.decide("ben", "approve").await;
        assert!(late.status == 409 && late.text.contains("time has run out"), "{}", late.text);
        assert_eq!(people.pass(0).await, 1);
        assert_eq!(people.status("sign").await, "failed (expired)");
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn people_are_reminded_and_then_others_may_decide() {
    on_engine(async |store| {
        let gate = "{ require: [{ from: [\"user:ben\"] }], remind: every 2h, timeout: 5h, on_timeout: escalate, escalate_to: [\"user:cleo\"], \
                    escalate_timeout: 1h }";
        let people = People::new(store, gate, &["ben", "cleo"]).await;
        people.arrive('a').await;
        let reminded = async || people.count_events(|event| matches!(event, Event::GateReminded { .. })).await;
        assert_eq!((people.pass(2 * HOUR - 1).await, reminded().await, people.deliveries().await), (0, 0, 1));
        assert_eq!((people.pass(1).await, reminded().await, people.deliveries().await), (1, 1, 2));
        assert_eq!((people.pass(2 * HOUR).await, reminded().await, people.deliveries().await), (1, 2, 3));
        assert_eq!(people.decide("cleo", "approve").await.status, 403);
        assert_eq!((people.pass(HOUR).await, people.deliveries().await), (1, 4), "escalated");
        assert_eq!(people.count_events(|event| matches!(event, Event::GateEscalated { .. })).await, 1);
        assert_eq!(people.look("cleo", "sign").await["may_decide"], true);
        assert_eq!(people.decide("cleo", "approve").await.status, 200);
        assert_eq!(people.status("sign").await, "succeeded");
        people.play().await;

        people.arrive('b').await;
        assert_eq!((people.pass(5 * HOUR).await, people.pass(HOUR).await), (1, 1));
        assert_eq!(people.status("sign").await, "failed (expired)");
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn what_a_timeout_approves_waits_for_its_window_too() {
    on_engine(async |store| {
        let gate = OFFICE.replace("timeout: 1h", "timeout: 1h, on_timeout: approve");
        let people = People::new(store, &gate, &["ben"]).await;
        people.arrive('a').await;
        assert_eq!(people.pass(HOUR).await, 1);
        assert_eq!(people.status("sign").await, "awaiting");
        assert_eq!(people.decide("ben", "reject").await.status, 200, "somebody can still say no");
        assert_eq!(people.status("sign").await, "failed (rejected)");
        people.arrive('b').await;
        assert_eq!(people.pass(24 * HOUR).await, 1);
        people.line.world.store.clock.set(1_700_035_200_000 + 24 * HOUR);
        assert_eq!(people.pass(24 * HOUR).await, 1);
        assert_eq!(people.status("sign").await, "succeeded (approved-by-timeout)");
        people.play().await;
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_server_that_dies_between_the_decision_and_the_release_releases_once() {
    on_engine(async |store| {
        let people = People::new(store, OFFICE, &["ben"]).await;
        people.arrive('a').await;
        assert_eq!(people.decide("ben", "approve").await.status, 200);
        // Another server takes over after the window has opened, while the first one comes back: both look at once.
        people.line.world.store.clock.set(1_700_035_200_000);
        let line = &people.line;
        let clock = Arc::new(line.world.store.clock.clone());
        let other = App::join(line.app().settings.clone(), line.app().db.clone(), clock, line.world.store.random.clone()).unwrap();
        let (one, two) = tokio::join!(engine::tick_gates(line.app()), engine::tick_gates(&other));
        for error in [one.err(), two.err()].into_iter().flatten() {
            assert!(super::super::schedule::is_race(&error), "{error}");
        }
        line.tick().await;
        assert_eq!(people.status("sign").await, "succeeded");
        let closed = people.count_events(|event| matches!(event, Event::GateClosed { .. })).await;
        people.play().await;
        assert_eq!((closed, people.count("deploy").await, people.deliveries().await), (1, 1, 2), "asked, and told once");
        line.end().await;
    })
    .await;
}
