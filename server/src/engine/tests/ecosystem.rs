//! What programs of others read: the badge, `cc.xml`, the metrics; and runs that are renamed and deleted.

use super::world::{Line, pipeline};
use crate::http::testing::call;
use crate::store::testing::on_engine;
use andon_pipelines::wire::Outcome;
use serde_json::json;

const JOBS: &str = "jobs:
  build: { inputs: [source], steps: [{ run: make }] }
  test: { inputs: [{ resource: source, passed: [build] }], steps: [{ run: make }] }
";

#[tokio::test]
async fn monitors_see_how_the_line_stands() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(JOBS)).await;
        let root = line.world.administrator().await;
        let badge = async || line.world.expect(200, call("GET", "//badge/main/p.svg")).await;
        assert!(badge().await.text.contains("p: no runs"));
        line.commit('a').await;
        line.play(&[]).await;
        line.commit('b').await;
        let feed = line.world.expect(200, call("GET", "//cc.xml").token(&root)).await.text;
        assert!(
            feed.contains(r#"name="p/build" activity="Sleeping" lastBuildStatus="Success" lastBuildLabel="1" lastBuildTime="20"#),
            "{feed}"
        );
        let work = line.claim().await;
        line.report(&work[0], vec![andon_pipelines::wire::ReportBody::Started]).await;
        let feed = line.world.expect(200, call("GET", "//cc.xml?workspace=main").token(&root)).await.text;
        assert!(feed.contains(r#"name="p/build" activity="Building" lastBuildStatus="Success""#), "{feed}");
        assert!(badge().await.text.contains("p: running"));
        let metrics = line.world.expect(200, call("GET", "//metrics").token(&root)).await.text;
        assert!(metrics.contains("andon_job_runs_active{status=\"running\"} 1\n"), "{metrics}");
        line.end_with(&work[0], Outcome::Failed).await;
        let answer = badge().await;
        assert_eq!(answer.headers["content-type"], "image/svg+xml");
        assert!(answer.text.contains("p: failed"), "{}", answer.text);
        let feed = line.world.expect(200, call("GET", "//cc.xml").token(&root)).await.text;
        assert!(feed.contains(r#"lastBuildStatus="Failure" lastBuildLabel="2""#), "{feed}");
        for missing in ["//badge/main/q.svg", "//badge/main/p.png", "//badge/nowhere/p.svg"] {
            line.world.expect(404, call("GET", missing)).await;
        }
        line.world.expect(401, call("GET", "//cc.xml")).await;
        line.world.expect(401, call("GET", "//metrics")).await;
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_run_is_renamed_and_deleted_and_the_line_stays_as_it_was() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline(JOBS)).await;
        let root = line.world.administrator().await;
        line.commit('a').await;
        let run = line.runs().await[0].id;
        let delete = || call("DELETE", &format!("runs/{run}")).token(&root);
        line.world.expect(409, delete()).await;
        line.play(&[]).await;
        let rename = |name: &str| call("POST", &format!("runs/{run}/rename")).token(&root).json(json!({ "name": name }));
        line.world.expect(400, rename(&"x".repeat(201))).await;
        line.world.expect(400, rename("two\nlines")).await;
        line.world.expect(204, rename("Release of May")).await;
        let shown = line.world.expect(200, call("GET", "runs/p%231").token(&root)).await.json();
        assert_eq!(shown["name"], "Release of May");
        line.world.expect(204, rename(" ")).await;
        assert_eq!(line.runs().await[0].name, None);
        let job_run = line.last("test").await.id;
        line.world.expect(204, delete()).await;
        line.world.expect(404, delete()).await;
        line.world.expect(404, call("GET", &format!("runs/{run}")).token(&root)).await;
        line.world.expect(404, call("GET", &format!("job-runs/{job_run}")).token(&root)).await;
        assert_eq!(line.runs().await.len(), 0);
        // The versions were run: nothing starts again, also after a restart.
        line.app().scheduler.forget().await;
        line.app().scheduler.turn(line.app()).await.unwrap().line.touch_all();
        assert_eq!(line.tick().await, 0);
        line.commit('b').await;
        line.play(&[]).await;
        assert_eq!(line.lines().await.len(), 2);
        line.end().await;
    })
    .await;
}
