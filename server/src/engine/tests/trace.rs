//! Lineage over the router.

use super::world::{Line, pipeline};
use crate::engine::ManualStart;
use crate::http::testing::call;
use crate::store::line::job_runs;
use crate::store::line::trace::MOST_RUNS;
use crate::store::testing::on_engine;
use andon_pipelines::wire::Outcome;
use serde_json::{Value, json};

const LINE: &str = "  app: { type: file }
  production: { type: environment }
jobs:
  build: { inputs: [source], outputs: [app], steps: [{ run: make }] }
  unit: { after: [build], inputs: [app], steps: [{ run: make }] }
  browser: { after: [build], inputs: [app], steps: [{ run: make }] }
  deploy: { after: [unit, browser], inputs: [app], outputs: [production], steps: [{ run: make }] }
";

/// `build #1 succeeded`, in the order they were made.
fn runs(lineage: &Value) -> Vec<String> {
    let shown =
        |run: &Value| format!("{} #{} {}", run["job"].as_str().unwrap(), run["number"].as_str().unwrap(), run["status"].as_str().unwrap());
    let mut shown: Vec<String> = lineage["job_runs"].as_array().unwrap().iter().map(shown).collect();
    shown.sort();
    shown
}

#[tokio::test]
async fn a_version_is_followed_up_and_down_as_of_any_instant() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(LINE)).await;
        let token = line.world.administrator().await;
        let trace = async |version: &str, query: &str| {
            line.world.expect(200, call("GET", &format!("versions/{version}/trace?{query}")).token(&token)).await.json()
        };
        line.commit('a').await;
        let at_first = line.app().clock.now_ms();
        assert_eq!(runs(&trace("p:source:aaa", "direction=down").await["down"]), ["build #1 queued"]);
        line.world.store.clock.advance(60_000);
        line.play(&[]).await;
        let whole = trace("p:source:aaa", "").await;
        assert_eq!(runs(&whole["down"]), ["browser #1 succeeded", "build #1 succeeded", "deploy #1 succeeded", "unit #1 succeeded"]);
        assert_eq!(runs(&whole["up"]), Vec::<String>::new(), "it came from outside");
        assert_eq!(
            (&whole["down"]["environments"][0]["name"], &whole["down"]["environments"][0]["until_at"]),
            (&json!("production"), &Value::Null)
        );
        let then = trace("p:source:aaa", &format!("direction=down&at={at_first}")).await;
        assert_eq!(runs(&then["down"]), ["build #1 waiting"], "a minute ago");
        assert_eq!(then["down"]["environments"], json!([]));
        assert_eq!(then.get("up"), None);
        let deployed = line.app().clock.now_ms();
        line.world.store.clock.advance(60_000);
        line.commit('b').await;
        line.play(&[("browser", Outcome::Failed)]).await;
        assert_eq!(
            runs(&trace("p:source:bbb", "direction=down").await["down"]),
            ["browser #2 failed", "build #2 succeeded", "unit #2 succeeded"]
        );
        line.world.store.clock.advance(60_000);
        line.commit('c').await;
        line.play(&[]).await;
        // Another one runs in production by now, but not then.
        let now = trace("p:source:aaa", "direction=down").await;
        assert_eq!(now["down"]["environments"][0]["until_at"].as_i64(), Some(line.app().clock.now_ms()));
        let then = trace("p:source:aaa", &format!("at={deployed}")).await;
        assert_eq!(then["down"]["environments"][0]["until_at"], Value::Null);
        // Upwards, from what runs in production.
        let environment = now["down"]["environments"][0]["version"].as_str().unwrap();
        let up = trace(environment, "direction=up").await;
        assert_eq!(runs(&up["up"]), ["browser #1 succeeded", "build #1 succeeded", "deploy #1 succeeded", "unit #1 succeeded"]);
        let build = up["up"]["job_runs"].as_array().unwrap().iter().find(|run| run["job"] == "build").unwrap();
        assert_eq!((&build["inputs"][0]["resource"], &build["outputs"][0]["resource"]), (&json!("source"), &json!("app")));
        assert_eq!(build["inputs"][0]["values"]["commit"], "a".repeat(40));
    })
    .await;
}

#[tokio::test]
async fn what_vouches_for_nothing_is_found_too_and_what_took_another_version_is_not() {
    on_engine(async |store| {
        let text = "jobs:
  build: { inputs: [source], steps: [{ run: make }] }
  ship: { after: [build], inputs: [source], steps: [{ run: make }] }
  newest: { after: [build], inputs: [{ resource: source, passed: [], trigger: false }], steps: [{ run: make }] }
";
        let line = Line::new(store, &pipeline(text)).await;
        let token = line.world.administrator().await;
        let trace = async |version: &str| {
            let path = format!("versions/p:source:{version}/trace?direction=down");
            runs(&line.world.expect(200, call("GET", &path).token(&token)).await.json()["down"])
        };
        line.commit('a').await;
        let build = line.claim().await;
        line.commit('b').await;
        line.end_with(&build[0], Outcome::Succeeded).await;
        // `newest` follows the build of a, and takes b.
        assert_eq!(trace("aaa").await, ["build #1 succeeded", "ship #1 queued"]);
        assert_eq!(trace("bbb").await, ["build #2 queued", "newest #1 queued"]);
        line.play(&[("ship", Outcome::Errored)]).await;
        assert!(trace("aaa").await.contains(&"ship #1 errored".to_owned()), "{:?}", trace("aaa").await);
    })
    .await;
}

#[tokio::test]
async fn of_very_many_job_runs_the_newest_are_listed_and_then_those_of_then() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline("jobs:\n  build: { inputs: [source], steps: [{ run: make }] }\n")).await;
        let token = line.world.administrator().await;
        let trace = async |query: &str| {
            let path = format!("versions/p:source:aaa/trace?direction=down{query}");
            line.world.expect(200, call("GET", &path).token(&token)).await.json()["down"].clone()
        };
        line.commit('a').await;
        line.play(&[]).await;
        let then = line.app().clock.now_ms();
        line.world.store.clock.advance(60_000);
        for _ in 0..MOST_RUNS {
            line.start("build", ManualStart::default()).await.unwrap();
        }
        let check = async || {
            let now = trace("").await;
            let numbers: Vec<&str> = now["job_runs"].as_array().unwrap().iter().map(|run| run["number"].as_str().unwrap()).collect();
            assert_eq!((numbers.len(), numbers[0], numbers[MOST_RUNS - 1], &now["truncated"]), (300, "2", "301", &json!(true)));
            let past = trace(&format!("&at={then}")).await;
            assert_eq!((runs(&past), &past["truncated"]), (vec!["build #1 succeeded".to_owned()], &json!(false)));
        };
        // None of these vouches for anything yet; then all do.
        check().await;
        let source = line.versions("source").await.remove(0);
        let mut tx = line.app().db.begin("andon").await.unwrap();
        for job_run in line.job_runs().await.iter().filter(|job_run| job_run.number > 1) {
            job_runs::insert_vouchers(&mut tx, job_run.id, &[(source.resource, source.id, 0)]).await.unwrap();
        }
        tx.commit().await.unwrap();
        check().await;
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_traced_is_refused() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(LINE)).await;
        let token = line.world.administrator().await;
        line.commit('a').await;
        for (path, status, said) in [
            ("versions/p:source:bbb/trace", 400, "no version"),
            ("versions/p:soruce:aaa/trace", 404, "no resource soruce"),
            ("versions/q:source:aaa/trace", 404, "no pipeline q"),
            ("versions/source/trace", 400, "PIPELINE:RESOURCE:BEGINNING"),
            ("versions/00000000-0000-7000-8000-000000000000/trace", 404, "does not exist"),
            ("versions/p:source:aaa/trace?direction=sideways", 400, "up or down"),
            ("versions/p:source:aaa/trace?at=yesterday", 400, "milliseconds since 1970"),
            ("versions/p:source:aaa/trace?at=2001-01-01T00:00:00Z", 400, "did not exist yet"),
        ] {
            let refused = line.world.expect(status, call("GET", path).token(&token)).await;
            assert!(refused.text.contains(said), "{path}: {}", refused.text);
        }
        let other = format!("/workspaces/other/versions/{}/trace", line.versions("source").await[0].id);
        line.world.expect(404, call("GET", &other).token(&token)).await;
    })
    .await;
}
