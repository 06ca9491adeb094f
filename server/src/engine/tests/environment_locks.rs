//! Locks: nothing is deployed to a locked environment, whichever way it comes, and nothing of it is lost.

use super::people::People;
use crate::engine::{self, ManualStart};
use crate::http::testing::call;
use crate::store::testing::on_engine;
use andon_pipelines::decide::Verdict;
use andon_pipelines::event::Event;
use serde_json::json;

const LINE: &str = "  production: { type: environment }
jobs:
  build: { inputs: [source], steps: [{ run: make }] }
  deploy: { after: [build], inputs: [source], outputs: [production], steps: [{ run: make }] }
";
const OWN: &str = "  production: { type: environment, approval: { require: [{ from: [\"user:ben\"] }], break_glass: [\"role:operator\"] } }
jobs:
  deploy: { inputs: [source], outputs: [production], steps: [{ run: make }] }
";

impl People {
    async fn lock(&self, until: Option<i64>) {
        let answer = self.post("ben", "environments/p/production/lock", json!({"reason": "audit", "until": until})).await;
        assert_eq!(answer.status, 204, "{}", answer.text);
    }

    async fn unlock(&self) {
        let answer = self.post("ben", "environments/p/production/unlock", json!({})).await;
        assert_eq!(answer.status, 204, "{}", answer.text);
    }
}

#[tokio::test]
async fn a_locked_environment_gets_nothing_and_then_the_newest() {
    on_engine(async |store| {
        let people = People::on(store, LINE, &["ben", "vera"]).await;
        people.lock(None).await;
        for commit in ['a', 'b'] {
            people.arrive(commit).await;
        }
        assert_eq!(people.count("deploy").await, 0);
        let decision = people.line.decision("deploy").await;
        assert_eq!((decision.verdict, decision.reasons[0].kind.as_str()), (Verdict::Blocked, "environment-locked"));
        let said = &decision.reasons[0].text;
        assert!(said.contains("the environment production is locked by ben since 2023-11-14 22:13 UTC: audit"), "{said}");
        let refused = people.line.start("deploy", ManualStart::default()).await.unwrap_err();
        let refused = format!("{refused:?}");
        assert!(refused.contains("andon env unlock p/production"), "{refused}");
        let refused = people.post("ben", "environments/p/production/promote", json!({})).await;
        assert!(refused.status == 409 && refused.text.contains("locked by ben"), "{}", refused.text);
        let again = people.post("ben", "environments/p/production/lock", json!({"reason": "mine"})).await;
        assert!(again.status == 409 && again.text.contains("audit"), "{}", again.text);
        let shown = people.line.world.expect(200, call("GET", "environments/p/production").token(&people.administrator)).await.json();
        assert_eq!((&shown["lock"]["by"], &shown["lock"]["reason"]), (&json!("user:ben"), &json!("audit")));
        assert_eq!(people.post("vera", "environments/p/production/unlock", json!({})).await.status, 403);
        people.unlock().await;
        people.line.play(&[]).await;
        let deployed: Vec<String> = people.line.lines().await.into_iter().filter(|line| line.starts_with("deploy")).collect();
        assert_eq!(deployed, ["deploy #1 succeeded source=b"]);
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_lock_ends_when_its_time_has_come() {
    on_engine(async |store| {
        let people = People::on(store, LINE, &["ben"]).await;
        let until = people.line.app().clock.now_ms() + 60_000;
        people.lock(Some(until)).await;
        people.arrive('a').await;
        assert_eq!(people.line.decision("deploy").await.verdict, Verdict::Waiting, "it goes by itself");
        people.line.world.store.clock.advance(59_999);
        assert_eq!(engine::tick_locks(people.line.app()).await.unwrap(), 0);
        people.line.world.store.clock.advance(1);
        assert_eq!(engine::tick_locks(people.line.app()).await.unwrap(), 1);
        assert_eq!(engine::tick_locks(people.line.app()).await.unwrap(), 0);
        people.line.tick().await;
        people.play().await;
        assert_eq!(people.status("deploy").await, "succeeded");
        let events = people.count_events(|event| matches!(event, Event::EnvironmentLocked { .. })).await;
        assert_eq!(events, 2);
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_gate_of_the_environment_lets_nothing_through_while_it_is_locked() {
    on_engine(async |store| {
        let people = People::on(store, OWN, &["ben"]).await;
        people.line.commit('a').await;
        people.lock(None).await;
        let path = format!("gates/{}/decisions", people.gate_of("deploy").await.id);
        assert_eq!(people.post("ben", &path, json!({"decision": "approve"})).await.status, 200);
        assert_eq!(people.status("deploy").await, "awaiting");
        let seen = people.look("ben", "deploy").await["evidence"]["waits_for"].to_string();
        assert!(seen.contains("the environment production is locked by ben"), "{seen}");
        let path = format!("gates/{}/break-glass", people.gate_of("deploy").await.id);
        let refused = people.post("ben", &path, json!({"reason": "now"})).await;
        assert!(refused.status == 409 && refused.text.contains("Unlock it first"), "{}", refused.text);
        assert_eq!(people.pass(0).await, 0, "it costs nothing while it waits");
        people.unlock().await;
        assert_eq!(people.pass(0).await, 1);
        people.line.play(&[]).await;
        assert_eq!(people.status("deploy").await, "succeeded");
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn what_waits_for_a_slot_stays_away_too() {
    on_engine(async |store| {
        let jobs = LINE.replace("outputs: [production]", "outputs: [production], concurrency: { limit: 1, on_new: queue }");
        let people = People::on(store, &jobs, &["ben"]).await;
        people.arrive('a').await;
        people.line.commit('b').await;
        let work = people.line.claim().await;
        people.line.end_with(&work[0], andon_pipelines::wire::Outcome::Succeeded).await;
        let running = people.line.claim().await;
        people.line.commit('c').await;
        let build = people.line.claim().await;
        people.line.end_with(&build[0], andon_pipelines::wire::Outcome::Succeeded).await;
        people.lock(None).await;
        people.line.end_with(&running[0], andon_pipelines::wire::Outcome::Succeeded).await;
        assert_eq!(people.line.claim().await, [], "what runs has ended; what waited still waits");
        people.unlock().await;
        people.line.play(&[]).await;
        assert!(people.line.lines().await.contains(&"deploy #3 succeeded source=c".to_owned()), "{:?}", people.line.lines().await);
        people.line.end().await;
    })
    .await;
}
