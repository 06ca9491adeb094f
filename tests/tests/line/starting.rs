//! The API that starts jobs and restores revisions, as programs use it.

use andon_tests::{Answer, Server, ServerOptions, text};
use anyhow::ensure;
use reqwest::Method;
use serde_json::json;

const FATE: &str = "pipeline: fate\njobs:\n  good: { steps: [ { run: echo fine } ] }\n  bad: { steps: [ { run: exit 7 } ] }\n";

async fn start(server: &Server, path: &str) -> anyhow::Result<Answer> {
    server.api.send(server.api.request(Method::POST, path).json(&json!({}))).await
}

#[tokio::test]
async fn a_start_answers_at_once_or_waits_for_the_end() -> anyhow::Result<()> {
    let server = ServerOptions::new().start().await?;
    server.api.set_pipeline(FATE).await?;
    let good = start(&server, "pipelines/fate/jobs/good/runs?wait=60").await?;
    ensure!(good.status == 200 && good.json()?["status"] == "succeeded", "{good:?}");
    let bad = start(&server, "pipelines/fate/jobs/bad/runs?wait=60").await?;
    ensure!(bad.status == 200 && bad.json()?["status"] == "failed", "{bad:?}");
    let at_once = start(&server, "pipelines/fate/jobs/good/runs").await?;
    ensure!(at_once.status == 201, "{at_once:?}");
    server.api.job_run_ended(&text(&at_once.json()?, "/job_run")?).await?;
    let refused = start(&server, "pipelines/fate/jobs/good/runs?wait=61").await?;
    ensure!(refused.status == 400, "{refused:?}");
    Ok(())
}

#[tokio::test]
async fn an_earlier_revision_comes_into_force_again_as_the_next_one() -> anyhow::Result<()> {
    let server = ServerOptions::new().start().await?;
    server.api.set_pipeline(FATE).await?;
    server.api.set_pipeline(&FATE.replace("fine", "better")).await?;
    let restored = start(&server, "pipelines/fate/revisions/1/restore").await?;
    ensure!(restored.status == 200 && restored.json()?["revision"] == 3, "{restored:?}");
    let now = server.api.get("pipelines/fate").await?;
    ensure!(text(&now, "/text")? == FATE, "{now}");
    let missing = start(&server, "pipelines/fate/revisions/9/restore").await?;
    ensure!(missing.status == 404, "{missing:?}");
    Ok(())
}
