//! Runners elsewhere: work for both, rights for neither, and a job that sees nothing of the server.

use andon_tests::{Answer, Runner, RunnerToken, ServerOptions, Valve, text};
use anyhow::ensure;
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::collections::BTreeSet;

#[tokio::test]
async fn two_jobs_at_once_go_to_two_runners() -> anyhow::Result<()> {
    let server = ServerOptions::new().with(&["--no-runner"]).start().await?;
    let token = RunnerToken::create(&server).await?;
    let _east = Runner::start(&server, &token, "east", &[]).await?;
    let _west = Runner::start(&server, &token, "west", &[]).await?;
    let valve = Valve::new().await?;
    let wait = valve.wait_line("here");
    let yaml = format!("pipeline: pair\njobs:\n  one: {{ steps: [ {{ run: '{wait}' }} ] }}\n  two: {{ steps: [ {{ run: '{wait}' }} ] }}\n");
    server.api.set_pipeline(&yaml).await?;
    let (_, one) = server.api.trigger("pair", "one").await?;
    let (_, two) = server.api.trigger("pair", "two").await?;
    // Each runner has one slot: both scripts stand here only if both runners have work.
    let (first, second) = (valve.reached().await?, valve.reached().await?);
    let mut used = BTreeSet::new();
    for id in [&one, &two] {
        used.insert(text(&server.api.job_run(id).await?, "/executions/0/runner")?);
    }
    ensure!(used == BTreeSet::from(["east".to_owned(), "west".to_owned()]), "{used:?}");
    first.release().await?;
    second.release().await?;
    for id in [&one, &two] {
        ensure!(server.api.job_run_ended(id).await?["status"] == "succeeded", "{id}");
    }
    Ok(())
}

#[tokio::test]
async fn a_runners_token_opens_nothing_but_the_runners_door() -> anyhow::Result<()> {
    let server = ServerOptions::new().with(&["--no-runner"]).start().await?;
    let token = RunnerToken::create(&server).await?;
    let put = server.api.request(Method::PUT, "secrets/deploy-token").json(&json!({ "value": "of no interest to runners" }));
    ensure!(server.api.send(put).await?.status == StatusCode::NO_CONTENT);
    let runner = server.api.with_token(&token.0);
    for path in ["secrets", "tokens", "runs", "pipelines", "environments"] {
        let Answer { status, text } = runner.send(runner.request(Method::GET, path)).await?;
        ensure!(matches!(status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND), "GET {path} as a runner: {status} {text}");
    }
    let put = runner.request(Method::PUT, "secrets/deploy-token").json(&json!({ "value": "changed" }));
    ensure!(matches!(runner.send(put).await?.status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND));
    Ok(())
}

/// In the server's own runner and in one elsewhere.
#[tokio::test]
async fn a_job_sees_nothing_of_the_servers_data() -> anyhow::Result<()> {
    let server = ServerOptions::new().with(&["--isolation", "bubblewrap"]).start().await?;
    let token = RunnerToken::create(&server).await?;
    let _east = Runner::start(&server, &token, "east", &["--isolation", "bubblewrap", "--labels", "linux,elsewhere"]).await?;
    let data = server.data();
    // The folder's name may show where the runner's own folder lies below it, but nothing in it.
    let look = format!(
        "for it in key andon.sqlite blobs repositories; do if [ -e {0}/$it ]; then echo seen $it; else echo hidden; fi; done",
        data.display()
    );
    let yaml = format!(
        "pipeline: curious\njobs:\n  inside: {{ steps: [ {{ run: '{look}' }} ] }}\n  elsewhere: {{ runner: {{ labels: [elsewhere] }}, steps: [ {{ run: '{look}' }} ] }}\n"
    );
    ensure!(data.join("key").is_file(), "there is something to hide");
    server.api.set_pipeline(&yaml).await?;
    for job in ["inside", "elsewhere"] {
        let (_, id) = server.api.trigger("curious", job).await?;
        let ended = server.api.job_run_ended(&id).await?;
        let log = String::from_utf8(server.api.log(&id).await?)?;
        ensure!(ended["status"] == "succeeded", "{ended}\n{log}");
        ensure!(log.matches("hidden").count() == 4 && !log.contains("seen"), "{job}: {log}");
    }
    Ok(())
}
