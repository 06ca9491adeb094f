//! What would happen, and that nothing does.

use super::world::{Line, pipeline};
use crate::http::testing::call;
use crate::store::events;
use crate::store::testing::on_engine;
use andon_pipelines::wire::Outcome;
use serde_json::{Value, json};

const LINE: &str = "  app: { type: file }
  settings: { type: params, values: { REGION: eu } }
  production: { type: environment }
jobs:
  lint: { inputs: [source], steps: [{ run: make }] }
  build: { after: [lint], inputs: [source, settings], outputs: [app], steps: [{ run: make }] }
  sign: { after: [build], inputs: [app], approval: { require: [{ from: [\"group:release\"], count: 2 }] } }
  deploy: { after: [sign], inputs: [app], outputs: [production], when: \"true\", steps: [{ run: make }] }
  nightly: { inputs: [{ resource: app, trigger: false }], after: [{ job: deploy, on: failed }], steps: [{ run: make }] }
";

/// Asks, and proves that nothing has changed.
async fn ask(line: &Line, token: &str, path: &str, body: Value) -> Value {
    let newest = async || events::newest_sequence(&mut line.app().db.read().await.unwrap().connection()).await.unwrap();
    let (before, lines) = (newest().await, line.lines().await);
    let asked = match body {
        Value::String(text) => call("POST", path).text(&text),
        body => call("POST", path).json(body),
    };
    let answer = line.world.expect(200, asked.token(token)).await.json();
    assert_eq!(line.tick().await, 0);
    assert_eq!((newest().await, line.lines().await), (before, lines), "it has changed something");
    answer
}

/// `1 build source@aaaaaaa`.
fn starts(answer: &Value) -> Vec<String> {
    let shown = |start: &Value| {
        let inputs: Vec<&str> = start["inputs"].as_array().unwrap().iter().map(|input| input["version"].as_str().unwrap()).collect();
        format!("{} {} {}", start["wave"], start["job"].as_str().unwrap(), inputs.join(" "))
    };
    answer["starts"].as_array().unwrap().iter().map(shown).collect()
}

#[tokio::test]
async fn a_version_that_does_not_exist_goes_down_the_line() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(LINE)).await;
        let token = line.world.administrator().await;
        line.commit('a').await;
        line.play(&[]).await;
        let answer =
            ask(&line, &token, "pipelines/p/simulate", json!({"publish": [{"resource": "source", "value": "c".repeat(40)}]})).await;
        assert_eq!(
            starts(&answer),
            [
                "1 lint source@ccccccc",
                "2 build source@ccccccc settings@REGION=eu",
                "3 sign app@(new, by build)",
                "4 deploy app@(new, by build)"
            ]
        );
        assert_eq!(answer["starts"][2]["gate"], json!(["2 of group:release"]));
        assert_eq!(answer["starts"][2]["replaces"], "sign #1", "the gate that waits would be replaced");
        assert_eq!(answer["starts"][3]["when"], "true");
        assert_eq!((&answer["idle"][0]["job"], answer["idle"].as_array().unwrap().len()), (&json!("nightly"), 1));
        assert_eq!(answer["idle"][0]["decision"]["reasons"][0]["kind"], "no-passed-run");
        let known = ask(&line, &token, "pipelines/p/simulate", json!({"publish": [{"resource": "source", "value": "a".repeat(40)}]})).await;
        assert_eq!((starts(&known).len(), &known["published"][0]["new"]), (0, &json!(false)), "what exists starts nothing");
        // What was foretold is what happens.
        line.commit('c').await;
        line.play(&[]).await;
        assert!(line.lines().await.contains(&"sign #2 awaiting app=build#2".to_owned()), "{:?}", line.lines().await);
    })
    .await;
}

#[tokio::test]
async fn what_fails_now_is_no_obstacle_and_what_is_held_is() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(LINE)).await;
        let token = line.world.administrator().await;
        line.commit('a').await;
        line.play(&[("lint", Outcome::Failed)]).await;
        line.world.expect(204, call("POST", "pipelines/p/jobs/sign/pause").json(json!({"reason": "freeze"})).token(&token)).await;
        line.tick().await;
        let answer =
            ask(&line, &token, "pipelines/p/simulate", json!({"publish": [{"resource": "source", "version": {"commit": "new"}}]})).await;
        assert_eq!(starts(&answer), ["1 lint source@new", "2 build source@new settings@REGION=eu"]);
        let idle: Vec<&str> = answer["idle"].as_array().unwrap().iter().map(|idle| idle["job"].as_str().unwrap()).collect();
        assert_eq!(idle, ["deploy", "nightly", "sign"]);
        for (body, status, said) in [
            (json!({"publish": [{"resource": "soruce", "value": "a"}]}), 404, "no resource soruce"),
            (json!({"publish": [{"resource": "source"}]}), 400, "main value"),
            (json!({"publish": [{"resource": "settings", "value": "a"}]}), 400, "give key=value"),
            (json!({"publish": vec![json!({"resource": "source", "value": "a"}); 101]}), 400, "at most 100"),
            (json!({"text": "pipeline: q\njobs:\n  a: { steps: [{ run: make }] }\n"}), 400, "defines the pipeline q"),
            (json!({"text": "pipeline: p\njobs: 7\n"}), 422, "cannot be used"),
        ] {
            let refused = line.world.expect(status, call("POST", "pipelines/p/simulate").token(&token).json(body)).await;
            assert!(refused.text.contains(said), "{}", refused.text);
        }
        line.world.expect(404, call("POST", "pipelines/q/simulate").token(&token).json(json!({}))).await;
    })
    .await;
}

#[tokio::test]
async fn a_plan_says_what_an_edit_starts_and_what_it_cuts_off() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(LINE)).await;
        let token = line.world.administrator().await;
        line.commit('a').await;
        line.play(&[]).await;
        let same = ask(&line, &token, "pipelines/p/plan", json!(pipeline(LINE))).await;
        assert_eq!((starts(&same["simulation"]).len(), same["simulation"]["no_longer"].as_array().unwrap().len()), (0, 0));
        let edited = pipeline(LINE).replace("REGION: eu", "REGION: us").replace("  nightly:", "  weekly:");
        let planned = ask(&line, &token, "pipelines/p/plan", json!(edited)).await;
        assert_eq!(planned["starts"], json!(["build"]));
        assert_eq!(
            starts(&planned["simulation"]),
            ["1 build source@aaaaaaa settings@REGION=us", "2 sign app@(new, by build)", "3 deploy app@(new, by build)"]
        );
        let gone = &planned["simulation"]["no_longer"];
        assert_eq!((&gone[0]["job"], &gone[0]["reasons"][0]["kind"]), (&json!("nightly"), &json!("removed")));
        // Another source begins another history: nothing is there to run on.
        let moved = pipeline(LINE).replace("repository: shop", "repository: shop, branch: next");
        let planned = ask(&line, &token, "pipelines/p/plan", json!(moved)).await;
        let gone: Vec<&str> =
            planned["simulation"]["no_longer"].as_array().unwrap().iter().map(|one| one["job"].as_str().unwrap()).collect();
        assert_eq!(gone, ["build", "lint"]);
        // With a version that would have started it.
        let by_hand = pipeline(LINE).replace("lint: { inputs: [source], steps", "lint: { steps");
        let body = json!({"text": by_hand, "publish": [{"resource": "source", "value": "d".repeat(40)}]});
        let cut = ask(&line, &token, "pipelines/p/simulate", body).await;
        assert_eq!((&cut["no_longer"][0]["job"], &cut["no_longer"][0]["reasons"][0]["kind"]), (&json!("lint"), &json!("manual")));
        assert_eq!(starts(&cut)[0], "1 build source@ddddddd settings@REGION=eu");
        // Going back to values that were there before makes no version, and moves the old one up.
        line.set(&pipeline(LINE).replace("REGION: eu", "REGION: us")).await;
        line.play(&[]).await;
        let back = ask(&line, &token, "pipelines/p/plan", json!(pipeline(LINE))).await;
        assert_eq!(starts(&back["simulation"]), Vec::<String>::new(), "it has had this set");
        line.set(&pipeline(LINE)).await;
        assert_eq!(line.claim().await.len(), 0, "as foretold");
    })
    .await;
}

#[tokio::test]
async fn a_line_that_goes_on_and_on_is_not_followed_forever() {
    on_engine(async |store| {
        let text = "jobs:\n  one: { inputs: [{ resource: source, version: every }], steps: [{ run: make }] }\n";
        let line = Line::new(store, &pipeline(text)).await;
        let token = line.world.administrator().await;
        line.commit('a').await;
        line.play(&[]).await;
        let publish: Vec<Value> = (0..100).map(|number| json!({"resource": "source", "value": format!("new-{number}")})).collect();
        let answer = ask(&line, &token, "pipelines/p/simulate", json!({"publish": publish})).await;
        assert_eq!(
            (answer["starts"].as_array().unwrap().len(), &answer["truncated"]),
            (100, &json!(false)),
            "each of them, one after the other"
        );
        assert_eq!(starts(&answer)[0], "1 one source@new-0");
    })
    .await;
}
