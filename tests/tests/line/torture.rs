//! A server that dies again and again while work comes in.

use andon_tests::{Runner, RunnerToken, Server, ServerOptions, text};
use anyhow::{Context, ensure};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const DEATHS: usize = 5;
const PRESSES: usize = 4;
const YAML: &str = "pipeline: often
resources:
  button: { type: trigger }
jobs:
  take:
    concurrency: 1
    inputs: [ { resource: button, version: every } ]
    steps: [ { run: 'echo took press $ANDON_INPUT_BUTTON_N' } ]
  follow:
    concurrency: 1
    after: [take]
    inputs: [ { resource: button, version: every } ]
    steps: [ { run: 'echo followed press $ANDON_INPUT_BUTTON_N' } ]
";

/// All job runs of the pipeline.
async fn list_job_runs(server: &Server) -> anyhow::Result<Vec<Value>> {
    let runs = server.api.get("runs?pipeline=often&limit=200").await?;
    let mut found = Vec::new();
    for run in runs["items"].as_array().into_iter().flatten() {
        let run = server.api.get(&format!("runs/{}", text(run, "/id")?)).await?;
        found.extend(run["job_run_list"].as_array().into_iter().flatten().cloned());
    }
    Ok(found)
}

/// Publishes a version and answers its id.
async fn press(server: &Server) -> anyhow::Result<String> {
    let published = server.api.post("resources/often/button/versions", &json!({ "version": {} })).await?;
    text(&published, "/id")
}

/// Waits until so many job runs have ended, in runs that have ended.
async fn wait_until_ended(server: &Server, job_runs: usize) -> anyhow::Result<()> {
    server
        .api
        .until("everything has ended", async |api| {
            let runs = api.get("runs?pipeline=often&limit=200").await?;
            let runs = runs["items"].as_array().context("a list")?;
            let ended: i64 = runs.iter().filter(|run| !run["ended_at"].is_null()).filter_map(|run| run["job_runs"]["total"].as_i64()).sum();
            Ok((usize::try_from(ended)? >= job_runs).then_some(()))
        })
        .await
}

async fn ensure_taken_once(server: &Server, versions: &[String]) -> anyhow::Result<()> {
    let mut taken: BTreeMap<(String, String), usize> = BTreeMap::new();
    for job_run in list_job_runs(server).await? {
        let (id, job) = (text(&job_run, "/id")?, text(&job_run, "/job")?);
        let version = text(&job_run, "/inputs/0/version/id")?;
        ensure!(job_run["status"] == "succeeded", "{job_run}");
        let number = text(&job_run, "/inputs/0/version/values/n")?;
        let log = String::from_utf8(server.api.log(&id).await?)?;
        let word = if job == "take" { "took" } else { "followed" };
        ensure!(log.matches(&format!("{word} press {number}\n")).count() == 1, "{job} of press {number}: {log}");
        *taken.entry((job, version)).or_default() += 1;
    }
    for job in ["take", "follow"] {
        for version in versions {
            let times = taken.get(&(job.to_owned(), version.clone())).copied().unwrap_or(0);
            ensure!(times == 1, "{job} took the version {version} {times} times");
        }
    }
    Ok(())
}

#[tokio::test]
async fn every_acknowledged_version_is_taken_once_whatever_crashes() -> anyhow::Result<()> {
    let mut server = ServerOptions::new().with(&["--no-runner"]).start().await?;
    let token = RunnerToken::create(&server).await?;
    let _runner = Runner::start(&server, &token, "east", &["--slots", "3", "--isolation", "none"]).await?;
    server.api.set_pipeline(YAML).await?;
    // A job that has had nothing yet begins with the newest version. So both begin with the first one, however early the server dies after it.
    let mut versions = vec![press(&server).await?];
    server.kill().await?;
    server.restart().await?;
    wait_until_ended(&server, 2).await?;
    for _ in 0..DEATHS {
        for _ in 0..PRESSES {
            versions.push(press(&server).await?);
        }
        server.kill().await?;
        server.restart().await?;
    }
    wait_until_ended(&server, versions.len() * 2).await?;
    ensure_taken_once(&server, &versions).await
}
