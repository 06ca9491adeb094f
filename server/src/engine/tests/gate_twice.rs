//! A gate before a deployment, and rules of the environment itself: nobody is asked twice about the same thing, and nothing slips through.

use super::people::People;
use super::world::pipeline;
use crate::engine;
use crate::http::testing::call;
use crate::store::testing::{TestStore, on_engine};
use serde_json::json;

const BOTH: &str = "  config: { type: params, values: { level: 0 } }
  production: { type: environment, approval: OWN }
jobs:
  sign: { inputs: [source], approval: GATE }
  deploy: { after: [sign], inputs: INPUTS, outputs: [production], steps: [{ run: make }] }
";

fn text(gate: &str, own: &str, inputs: &str) -> String {
    BOTH.replace("GATE", gate).replace("OWN", own).replace("INPUTS", inputs)
}

const ONE: &str = "{ require: [{ from: [\"role:operator\"] }] }";

async fn people(store: TestStore, own: &str, inputs: &str) -> People {
    let people = People::on(store, &text(ONE, own, inputs), &["ben", "cleo"]).await;
    people.line.publish("config", &[("level", "1")]).await;
    people.line.commit('a').await;
    assert_eq!(people.decide("ben", "approve").await.status, 200);
    people
}

#[tokio::test]
async fn what_was_approved_at_the_gate_counts_by_the_environments_own_rules() {
    // Whose rules, what the deployment comes to by ben's approval at the gate alone.
    let cases = [
        (ONE, "[source]", "queued"),
        ("{ require: [{ from: [\"user:ben\"] }] }", "[source]", "queued"),
        ("{ require: [{ from: [\"user:cleo\"] }] }", "[source]", "awaiting"),
        ("{ require: [{ from: [\"role:operator\"], count: 2 }] }", "[source]", "awaiting"),
        ("{ exclude: [previous] }", "[source]", "awaiting"),
        ("{ form: { risk: { type: string, required: true } } }", "[source]", "awaiting"),
        // The gate said nothing about the setting.
        (ONE, "[source, { resource: config, trigger: false }]", "awaiting"),
    ];
    for (own, inputs, expected) in cases {
        on_engine(async |store| {
            let people = people(store, own, inputs).await;
            assert_eq!(people.status("deploy").await, expected, "{own} {inputs}");
        })
        .await;
    }
}

#[tokio::test]
async fn who_is_missing_is_still_asked() {
    on_engine(async |store| {
        let people = people(store, "{ require: [{ from: [\"role:operator\"], count: 2 }] }", "[source]").await;
        let seen = people.look("cleo", "deploy").await;
        assert_eq!((&seen["requirements"][0]["have"], &seen["may_decide"]), (&json!(["ben"]), &json!(true)));
        assert_eq!(people.look("ben", "deploy").await["may_decide"], false, "he has said so already");
        let path = format!("gates/{}/decisions", people.gate_of("deploy").await.id);
        assert_eq!(people.post("cleo", &path, json!({"decision": "approve"})).await.status, 200);
        assert_eq!(people.status("deploy").await, "queued");
        people.line.play(&[]).await;
        people.line.end().await;
    })
    .await;
}

#[tokio::test]
async fn it_counts_once() {
    on_engine(async |store| {
        let people = people(store, ONE, "[source]").await;
        people.line.play(&[]).await;
        assert_eq!(people.status("deploy").await, "succeeded");
        let first = people.line.last("deploy").await.id;
        engine::rerun_job_run(people.line.app(), "user:ada", first, false).await.unwrap();
        assert_eq!(people.status("deploy").await, "awaiting", "run again, it asks again");
        people.line.start("deploy", engine::ManualStart::default()).await.unwrap();
        assert_eq!(people.status("deploy").await, "awaiting", "so it does when somebody starts it");
        people.line.start("deploy", engine::ManualStart { force: true, ..engine::ManualStart::default() }).await.unwrap();
        assert_eq!(people.status("deploy").await, "awaiting");
    })
    .await;
}

#[tokio::test]
async fn other_rules_or_another_definition_ask_anew() {
    for (from, to) in [("run: make", "run: other"), ("\"role:operator\"] }] } }\njobs", "\"role:operator\", \"user:ben\"] }] } }\njobs")] {
        on_engine(async |store| {
            let people = People::on(store, &text(ONE, ONE, "[source]"), &["ben"]).await;
            let hold = call("POST", "pipelines/p/jobs/deploy/pause").token(&people.administrator).json(json!({"reason": "wait"}));
            people.line.world.expect(204, hold).await;
            people.line.commit('a').await;
            assert_eq!(people.decide("ben", "approve").await.status, 200);
            let changed = text(ONE, ONE, "[source]").replace(from, to);
            assert_ne!(changed, text(ONE, ONE, "[source]"));
            people.line.set(&pipeline(&changed)).await;
            let release = call("POST", "pipelines/p/jobs/deploy/resume").token(&people.administrator).json(json!({}));
            people.line.world.expect(204, release).await;
            people.line.tick().await;
            assert_eq!(people.status("deploy").await, "awaiting", "{to}");
        })
        .await;
    }
}
