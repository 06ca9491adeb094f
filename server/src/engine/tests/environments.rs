//! What runs where, promotions and roll backs: always through the gates, always on the set that was asked for.

use super::people::People;
use crate::engine;
use crate::http::testing::call;
use crate::store::testing::{TestStore, on_engine};
use andon_pipelines::event::Event;
use andon_pipelines::wire::Outcome;
use serde_json::{Value, json};

const LINE: &str = "  config: { type: params, values: { level: 0 } }
  staging: { type: environment }
  production: { type: environment }
jobs:
  build: { inputs: [source], steps: [{ run: make }] }
  try: { after: [build], inputs: [source], outputs: [staging], steps: [{ run: make }] }
  sign: { after: [try], inputs: [source], approval: {} }
  deploy: { after: [sign], inputs: [source, { resource: config, trigger: false }], outputs: [production], steps: [{ run: make }] }
";

impl People {
    async fn environment(&self, name: &str) -> Value {
        let path = format!("environments/p/{name}");
        self.line.world.expect(200, call("GET", &path).token(&self.administrator)).await.json()
    }

    async fn ask(&self, act: &str, body: Value) -> Value {
        let answer = self.post("ben", &format!("environments/p/production/{act}"), body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()
    }

    async fn approve(&self) {
        assert_eq!(self.decide("ben", "approve").await.status, 200);
        self.line.play(&[]).await;
    }

    /// `b`: the first letter of the commit that runs.
    async fn runs(&self, name: &str) -> String {
        self.environment(name).await["values"]["source"].as_str().unwrap_or("-").chars().take(1).collect()
    }
}

/// Two commits have come all the way, with a setting each; a third waits at the gate.
async fn stage(store: TestStore, jobs: &str) -> People {
    let people = People::on(store, jobs, &["ben", "vera"]).await;
    for (commit, level) in [('a', "1"), ('b', "2")] {
        people.line.publish("config", &[("level", level)]).await;
        people.arrive(commit).await;
        people.approve().await;
    }
    people.arrive('c').await;
    people
}

#[tokio::test]
async fn an_environment_says_what_runs_and_how_far_behind_it_is() {
    on_engine(async |store| {
        let people = stage(store, LINE).await;
        let all = people.line.world.expect(200, call("GET", "environments").token(&people.administrator)).await.json();
        let names: Vec<_> = all["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["staging", "production"], "in the order of the line");
        let production = &all["items"][1];
        assert_eq!(production["values"]["source"], "b".repeat(40));
        assert_eq!((&production["jobs"], &production["gates"]), (&json!(["deploy"]), &json!(["sign"])));
        assert_eq!((&production["behind"]["sets"], &production["behind"]["newest"]["source"]), (&json!(1), &json!("c".repeat(40))));
        assert_eq!(production["under_way"][0]["job"], "sign");
        assert!(production["under_way"][0]["gate"].is_string() && production["job_run"].is_string());
        assert_eq!((&all["items"][0]["behind"]["sets"], &all["items"][0]["gates"]), (&json!(0), &json!([])));
        let detail = people.environment("production").await;
        let candidates: Vec<_> =
            detail["candidates"].as_array().unwrap().iter().map(|one| one["values"]["source"].as_str().unwrap()).collect();
        assert_eq!(candidates, ["c".repeat(40), "b".repeat(40), "a".repeat(40)]);
        assert_eq!(detail["candidates"][1]["current"], true);
        let page = people.line.world.expect(200, call("GET", "environments/p/production/history?limit=1").token(&people.administrator));
        let page = page.await.json();
        assert_eq!((&page["items"][0]["until"], &page["items"][0]["values"]["source"]), (&Value::Null, &json!("b".repeat(40))));
        let rest = format!("environments/p/production/history?after={}", page["next"].as_str().unwrap());
        let rest = people.line.world.expect(200, call("GET", &rest).token(&people.administrator)).await.json();
        assert_eq!(rest["items"][0]["values"]["source"], "a".repeat(40));
        assert!(rest["items"][0]["until"].is_i64() && rest["items"].as_array().unwrap().len() == 1 && rest["next"].is_null());
    })
    .await;
}

#[tokio::test]
async fn a_roll_back_asks_at_the_gate_and_brings_the_whole_set_back() {
    on_engine(async |store| {
        let people = stage(store, LINE).await;
        let seen =
            people.line.world.expect(200, call("GET", "environments/p/production/preview?kind=rollback").token(&people.administrator));
        let seen = seen.await.json();
        assert_eq!((&seen["gates"], &seen["values"]["source"]), (&json!(["sign"]), &json!("a".repeat(40))));
        let changed: Vec<_> = seen["changes"].as_array().unwrap().iter().map(|change| change["resource"].as_str().unwrap()).collect();
        assert_eq!(changed, ["config", "source"]);
        let asked = people.ask("rollback", json!({"note": "b is slow"})).await;
        assert_eq!(
            (&asked["gates"], &asked["job_runs"][0]["job"], &asked["job_runs"][0]["status"]),
            (&json!(true), &json!("sign"), &json!("awaiting"))
        );
        people.line.play(&[]).await;
        assert_eq!(people.runs("production").await, "b", "nothing goes round the gate");
        people.approve().await;
        let production = people.environment("production").await;
        assert_eq!(production["values"]["source"], "a".repeat(40));
        assert!(production["values"]["config"].as_str().unwrap().contains("level=1"), "{production}");
        assert_eq!(
            (&production["kind"], &production["note"], &production["actor"]),
            (&json!("rollback"), &json!("b is slow"), &json!("user:ben"))
        );
        assert_eq!(people.count("deploy").await, 3, "once");
        assert_eq!(production["behind"]["sets"], 2);
        assert!(production["last_good"].is_null(), "further back there is nothing");
        // The line goes on with what is newer, and not with what was there before.
        people.line.tick().await;
        assert_eq!(people.count("deploy").await, 3);
        let closed = people.count_events(|event| matches!(event, Event::PromotionClosed { outcome, .. } if outcome == "started")).await;
        assert_eq!(closed, 1);
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_promotion_takes_the_version_that_is_named() {
    on_engine(async |store| {
        let people = stage(store, LINE).await;
        // The gate is open on it already: it is not opened twice.
        let open = people.line.last("sign").await.id;
        let asked = people.ask("promote", json!({"version": "ccc", "note": "go"})).await;
        assert_eq!(asked["job_runs"][0]["id"], open.to_string());
        people.approve().await;
        assert_eq!((people.runs("production").await.as_str(), people.count("deploy").await), ("c", 3));
        assert_eq!(people.environment("production").await["kind"], "promote");
        let refused = people.post("ben", "environments/p/production/promote", json!({})).await;
        assert!(refused.status == 409 && refused.text.contains("runs the newest set already"), "{}", refused.text);
        // An older one, which ran there before.
        people.ask("promote", json!({"version": "a".repeat(40)})).await;
        people.approve().await;
        assert_eq!((people.runs("production").await.as_str(), people.count("deploy").await), ("a", 4));
        // What has not passed staging cannot go on.
        people.line.commit('d').await;
        let refused = people.post("ben", "environments/p/production/promote", json!({"version": "ddd"})).await;
        assert!(refused.status == 409 && refused.text.contains("andon why p/sign"), "{}", refused.text);
        let unknown = people.post("vera", "environments/p/production/promote", json!({})).await;
        assert_eq!(unknown.status, 403);
        people.line.play(&[]).await;
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn what_the_gate_refuses_is_not_deployed() {
    on_engine(async |store| {
        let people = stage(store, LINE).await;
        people.ask("rollback", json!({})).await;
        assert_eq!(people.decide("ben", "reject").await.status, 200);
        people.line.play(&[]).await;
        assert_eq!((people.runs("production").await.as_str(), people.count("deploy").await), ("b", 2));
        let dropped = people.count_events(|event| matches!(event, Event::PromotionClosed { outcome, .. } if outcome == "dropped")).await;
        assert_eq!(dropped, 1);
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_set_that_the_job_has_had_goes_again_where_nothing_else_triggers() {
    on_engine(async |store| {
        // `passed` alone triggers only on what is new, and `check` stands between.
        let jobs = "  production: { type: environment }
jobs:
  sign: { inputs: [source], approval: {} }
  check: { inputs: [{ resource: source, passed: [sign] }], steps: [{ run: make }] }
  deploy: { inputs: [{ resource: source, passed: [check] }], outputs: [production], steps: [{ run: make }] }
";
        let people = People::on(store, jobs, &["ben"]).await;
        for commit in ['a', 'b'] {
            people.arrive(commit).await;
            people.approve().await;
        }
        assert_eq!(people.runs("production").await, "b");
        people.ask("rollback", json!({})).await;
        people.line.play(&[]).await;
        assert_eq!(people.runs("production").await, "b");
        people.approve().await;
        assert_eq!((people.runs("production").await.as_str(), people.count("deploy").await), ("a", 3));
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn without_a_gate_the_job_itself_is_started() {
    on_engine(async |store| {
        let jobs = "  production: { type: environment }
jobs:
  deploy: { inputs: [source], outputs: [production], steps: [{ run: make }] }
";
        let people = People::on(store, jobs, &["ben"]).await;
        for commit in ['a', 'b', 'c'] {
            people.arrive(commit).await;
        }
        for expected in ["b", "a"] {
            let asked = people.ask("rollback", json!({})).await;
            assert_eq!((&asked["gates"], &asked["job_runs"][0]["job"]), (&json!(false), &json!("deploy")));
            let twice = people.post("ben", "environments/p/production/rollback", json!({})).await;
            assert!(twice.status == 409 && twice.text.contains("on its way"), "{}", twice.text);
            people.line.play(&[]).await;
            assert_eq!(people.runs("production").await, expected);
        }
        let refused = people.post("ben", "environments/p/production/rollback", json!({})).await;
        assert!(refused.status == 409 && refused.text.contains("nothing good before"), "{}", refused.text);
        // After a failed attempt the last good one is what was there.
        people.line.commit('d').await;
        people.line.play(&[("deploy", Outcome::Failed)]).await;
        let production = people.environment("production").await;
        assert_eq!((&production["failed"]["job"], &production["failed"]["status"]), (&json!("deploy"), &json!("failed")));
        people.ask("rollback", json!({})).await;
        people.line.play(&[]).await;
        assert_eq!(people.runs("production").await, "a");
        // One that is named.
        let history =
            people.line.world.expect(200, call("GET", "environments/p/production/history").token(&people.administrator)).await.json();
        let third = history["items"].as_array().unwrap().iter().find(|entry| entry["values"]["source"] == "c".repeat(40)).unwrap().clone();
        people.ask("rollback", json!({"to": third["job_run"]})).await;
        people.line.play(&[]).await;
        assert_eq!(people.runs("production").await, "c");
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_crash_between_the_decision_and_the_release_loses_nothing_and_doubles_nothing() {
    on_engine(async |store| {
        let people = stage(store, LINE).await;
        people.ask("rollback", json!({})).await;
        // The decision is written; the scheduler dies before it looks, and again after each look.
        let path = format!("gates/{}/decisions", people.gate().await);
        let mut line = people.line;
        line.forgetful = true;
        let caller = line.world.person(&people.administrator, "cleo", "operator").await;
        let decide = call("POST", &path).header("cookie", &caller.0).header("x-andon-csrf", &caller.1).json(json!({"decision": "approve"}));
        line.world.expect(200, decide).await;
        for _ in 0..3 {
            line.app().scheduler.forget().await;
            engine::tick_schedule(line.app()).await.unwrap();
        }
        line.play(&[]).await;
        let deployed = line.job_runs().await.iter().filter(|job_run| job_run.job_name == "deploy").count();
        assert_eq!(deployed, 3);
        // Which runs are about to end is forgotten too: the sweep finds them.
        engine::schedule::sweep(line.app()).await.unwrap();
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn bad_requests_change_nothing() {
    on_engine(async |store| {
        let people = stage(store, LINE).await;
        let before = people.line.lines().await;
        let cases = [
            ("environments/p/nowhere/promote", json!({}), 404),
            ("environments/p/source/promote", json!({}), 404),
            ("environments/p/production/promote", json!({"version": ""}), 400),
            ("environments/p/production/promote", json!({"version": "x".repeat(500)}), 400),
            ("environments/p/production/promote", json!({"version": "zzz"}), 409),
            ("environments/p/production/promote", json!({"job": "build"}), 400),
            ("environments/p/production/promote", json!({"force": true}), 400),
            ("environments/p/production/promote", json!({"note": "n".repeat(10_001)}), 400),
            ("environments/p/production/rollback", json!({"to": "0"}), 400),
            ("environments/p/production/rollback", json!({"to": people.line.last("build").await.id}), 404),
            ("environments/p/production/lock", json!({"reason": " "}), 400),
            ("environments/p/production/lock", json!({"reason": "x", "until": 1}), 400),
            ("environments/p/production/unlock", json!({}), 409),
        ];
        for (path, body, expected) in cases {
            let answer = people.post("ben", path, body.clone()).await;
            assert_eq!(answer.status, expected, "{path} {body}: {}", answer.text);
        }
        let history = call("GET", "environments/p/production/history?after=x").token(&people.administrator);
        people.line.world.expect(400, history).await;
        assert_eq!(people.line.lines().await, before);
    })
    .await;
}
