//! The picture of a line: what stands where, and what the page learns about it in one answer.

use super::world::{Line, pipeline};
use crate::http::testing::call;
use crate::store::testing::on_engine;
use andon_pipelines::wire::Outcome;
use serde_json::{Value, json};

const LINE: &str = "  app: { type: file }
  production: { type: environment }
jobs:
  build: { inputs: [source], outputs: [app], steps: [{ run: make }] }
  lint: { inputs: [source], steps: [{ run: make lint }] }
  sign: { after: [build, lint], inputs: [app], approval: { require: [{ from: ['role:admin'], count: 1 }] } }
  deploy: { after: [sign], inputs: [app], outputs: [production], steps: [{ run: make deploy }] }
";

fn job<'a>(graph: &'a Value, name: &str) -> &'a Value {
    graph["jobs"].as_array().unwrap().iter().find(|job| job["name"] == name).unwrap()
}

fn resource<'a>(graph: &'a Value, name: &str) -> &'a Value {
    graph["resources"].as_array().unwrap().iter().find(|resource| resource["name"] == name).unwrap()
}

#[tokio::test]
async fn the_picture_shows_how_every_station_stands() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(LINE)).await;
        let root = line.world.administrator().await;
        let get = async |path: &str| line.world.expect(200, call("GET", path).token(&root)).await.json();
        let empty = get("pipelines/p/graph").await;
        assert_eq!(empty["jobs"].as_array().unwrap().len(), 4);
        assert_eq!((&job(&empty, "build")["latest"], &resource(&empty, "source")["newest"]), (&Value::Null, &Value::Null));
        let version = line.commit('a').await.to_string();
        line.play(&[("lint", Outcome::Failed)]).await;
        let graph = get("pipelines/p/graph").await;
        assert_eq!((&graph["revision"], &graph["newest_revision"], &graph["run"]), (&json!(1), &json!(1), &Value::Null));
        assert_eq!(resource(&graph, "source")["newest"], json!(version));
        assert_eq!(graph["versions"][&version]["values"]["commit"], json!("a".repeat(40)));
        let build = job(&graph, "build");
        assert_eq!((&build["latest"]["status"], &build["latest"]["number"]), (&json!("succeeded"), &json!("1")));
        assert_eq!((&build["latest"]["versions"]["source"], &build["passed"]["source"]), (&json!(version), &json!(version)));
        let app = build["passed"]["app"].as_str().unwrap();
        assert_eq!((&graph["versions"][app]["made_by"], &build["passed_run"]), (&build["latest"]["id"], &build["latest"]["id"]));
        assert!(build["passed"]["app"].is_string() && build["usual_ms"].is_number(), "{build}");
        assert_eq!((&job(&graph, "lint")["latest"]["status"], &job(&graph, "lint")["passed"]), (&json!("failed"), &json!({})));
        let sign = job(&graph, "sign");
        assert_eq!((&sign["kind"], &sign["verdict"], &sign["latest"]), (&json!("gate"), &json!("blocked"), &Value::Null));
        assert!(sign["cause"].is_string());
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn open_gates_count_their_approvals_and_pauses_say_who() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(LINE)).await;
        let root = line.world.administrator().await;
        line.commit('a').await;
        line.play(&[]).await;
        let hold = call("POST", "pipelines/p/jobs/deploy/pause").token(&root).json(json!({"reason": "the database moves"}));
        line.world.expect(204, hold).await;
        let graph = line.world.expect(200, call("GET", "pipelines/p/graph").token(&root)).await.json();
        let sign = job(&graph, "sign");
        assert_eq!((&sign["latest"]["status"], &sign["active"]), (&json!("awaiting"), &json!(1)));
        assert_eq!(sign["latest"]["approvals"], json!({"have": 0, "needed": 1}));
        assert_eq!(job(&graph, "deploy")["paused"]["reason"], json!("the database moves"));
        assert_eq!(job(&graph, "deploy")["environment"], json!("production"));
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_run_keeps_the_picture_of_the_revision_that_ran() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(LINE)).await;
        let root = line.world.administrator().await;
        line.commit('a').await;
        line.play(&[("lint", Outcome::Failed)]).await;
        line.set(&pipeline("jobs:\n  only: { inputs: [source], steps: [{ run: make }] }\n")).await;
        let get = async |path: &str| line.world.expect(200, call("GET", path).token(&root)).await.json();
        let live = get("pipelines/p/graph").await;
        assert_eq!((live["jobs"].as_array().unwrap().len(), &live["revision"]), (1, &json!(2)));
        let earlier = get("pipelines/p/graph?revision=1").await;
        assert_eq!((earlier["jobs"].as_array().unwrap().len(), &earlier["newest_revision"]), (4, &json!(2)));
        let run = get("runs/p%231/graph").await;
        assert_eq!((&run["revision"], &run["newest_revision"]), (&json!(1), &json!(2)));
        assert!(run["run"].is_string());
        assert_eq!(job(&run, "lint")["latest"]["status"], json!("failed"));
        assert_eq!(job(&run, "sign")["latest"], Value::Null);
        let kinds = job(&run, "build")["latest"]["spans"].as_array().unwrap().clone();
        assert!(kinds.iter().all(|span| span["from"].is_number() && span["to"].is_number()), "{kinds:?}");
        assert!(get("pipelines/p/revisions/1").await["text"].as_str().unwrap().contains("sign:"));
        let history = get("pipelines/p/jobs/lint/runs?limit=1").await;
        assert_eq!((&history["items"][0]["status"], &history["items"][0]["number"]), (&json!("failed"), &json!("1")));
        let took = history["items"][0]["versions"]["source"].as_str().unwrap().to_owned();
        assert_eq!(history["versions"][&took]["resource"], json!("source"));
        for path in ["pipelines/p/revisions/9", "pipelines/p/revisions/x", "pipelines/p/jobs/none/runs"] {
            line.world.expect(404, call("GET", path).token(&root)).await;
        }
        line.world.expect(400, call("GET", "pipelines/p/jobs/lint/runs?limit=0").token(&root)).await;
        line.world.expect(404, call("GET", "pipelines/p/graph?revision=3").token(&root)).await;
        line.world.expect(404, call("GET", "pipelines/p/graph?revision=0").token(&root)).await;
        line.world.expect(400, call("GET", "pipelines/p/graph?revision=x").token(&root)).await;
        line.world.expect(404, call("GET", "runs/p%239/graph").token(&root)).await;
        line.end().await;
    })
    .await;
}
