//! What operators do with resources: pin, disable, look now; and what people may choose for a run by hand.

use super::world::{Line, pipeline};
use crate::http::testing::call;
use crate::store::testing::on_engine;
use andon_pipelines::wire::Outcome;
use serde_json::json;

#[tokio::test]
async fn comments_and_reasons_are_kept_and_shown() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline("jobs:\n  build: { inputs: [source], steps: [{ run: make }] }\n")).await;
        let token = line.world.administrator().await;
        line.commit('a').await;
        line.commit('b').await;
        let pin = call("PUT", "resources/p/source/pin").token(&token).json(json!({"version": "aaaa", "comment": "until the audit"}));
        line.world.expect(204, pin).await;
        let shown = line.world.expect(200, call("GET", "resources/p").token(&token)).await.json();
        assert_eq!(
            (shown["items"][0]["pin"]["comment"].as_str(), shown["items"][0]["pin"]["by"].as_str()),
            (Some("until the audit"), Some("token:all"))
        );
        line.world.expect(204, call("DELETE", "resources/p/source/pin").token(&token)).await;
        let disable =
            call("PATCH", "resources/p/source/versions/bbbb").token(&token).json(json!({"enabled": false, "reason": "bad image"}));
        line.world.expect(204, disable).await;
        let shown = line.world.expect(200, call("GET", "resources/p/source/versions").token(&token)).await.json();
        assert_eq!(
            (shown["items"][0]["enabled"].as_bool(), shown["items"][0]["disabled_reason"].as_str()),
            (Some(false), Some("bad image"))
        );
        let enable = call("PATCH", "resources/p/source/versions/bbbb").token(&token).json(json!({"enabled": true}));
        line.world.expect(204, enable).await;
        let shown = line.world.expect(200, call("GET", "resources/p/source/versions").token(&token)).await.json();
        assert_eq!(shown["items"][0]["disabled_reason"], json!(null));
        line.tick().await;
        line.play(&[]).await;
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_check_answers_what_it_found_or_why_it_could_not() {
    on_engine(async |store| {
        let text = "pipeline: p
resources:
  nightly: { type: cron, schedule: \"*/10 * * * *\" }
  gone: { type: git, url: \"http://127.0.0.1:1/nowhere.git\" }
  hosted: { type: git, repository: shop }
jobs:
  build: { inputs: [nightly], steps: [{ run: make }] }
";
        let line = Line::new(store, text).await;
        let token = line.world.administrator().await;
        let check = |name: &str| call("POST", &format!("resources/p/{name}/check")).token(&token);
        let early = line.world.expect(200, check("nightly")).await.json();
        assert_eq!((&early["new"], &early["error"]), (&json!([]), &json!(null)));
        line.world.store.clock.set(early["next_at"].as_i64().unwrap() + 1);
        let due = line.world.expect(200, check("nightly")).await.json();
        assert_eq!((due["new"].as_array().unwrap().len(), due["new"][0]["origin"].as_str()), (1, Some("cron")));
        let gone = line.world.expect(200, check("gone")).await.json();
        assert!(!gone["error"].as_str().unwrap().is_empty() && gone["new"] == json!([]), "{gone}");
        assert!(line.resource("gone").await.check_error.is_some(), "it is kept with the resource, too");
        line.world.expect(400, check("hosted")).await;
        line.world.expect(404, check("missing")).await;
        line.tick().await;
        line.play(&[]).await;
        assert_eq!(line.last("build").await.number, 1);
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_version_that_does_not_satisfy_is_refused_by_name_and_taken_by_force_on_record() {
    on_engine(async |store| {
        let jobs = "jobs:
  build: { inputs: [source], steps: [{ run: make }] }
  ship: { inputs: [{ resource: source, passed: [build] }], steps: [{ run: make }] }
";
        let line = Line::new(store, &pipeline(jobs)).await;
        let token = line.world.administrator().await;
        line.commit('a').await;
        line.play(&[]).await;
        line.commit('b').await;
        line.play(&[("build", Outcome::Failed)]).await;
        let start = |force: bool| {
            let body = json!({"inputs": {"source": "bbbb"}, "note": "hotfix", "force": force});
            call("POST", "pipelines/p/jobs/ship/runs").token(&token).json(body)
        };
        let refused = line.world.expect(409, start(false)).await.json();
        assert!(refused["detail"].as_str().unwrap().contains("build"), "{refused}");
        let made = line.world.expect(201, start(true)).await.json();
        let run = line.world.expect(200, call("GET", &format!("runs/{}", made["run"].as_str().unwrap())).token(&token)).await.json();
        assert_eq!((run["cause_detail"].as_str(), run["note"].as_str()), (Some("ship, forced"), Some("hotfix")));
        line.tick().await;
        line.play(&[]).await;
        line.end().await;
    })
    .await;
}
