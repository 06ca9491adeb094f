//! The command line, as people and scripts use it.

use andon_tests::{Program, ServerOptions, Valve, find_binary, run_program, text};
use anyhow::ensure;
use tokio::process::Command;

#[tokio::test]
async fn a_job_is_stopped_and_run_again() -> anyhow::Result<()> {
    let server = ServerOptions::new().start().await?;
    let valve = Valve::new().await?;
    server.api.set_pipeline(&format!("pipeline: slow\njobs:\n  wait: {{ steps: [ {{ run: '{}' }} ] }}\n", valve.wait_line("here"))).await?;
    let (_, id) = server.api.trigger("slow", "wait").await?;
    let held = valve.reached().await?;
    server.andon(&["stop", &id, "-m", "lunch"]).await?.success()?;
    let ended = server.api.job_run_ended(&id).await?;
    ensure!(ended["status"] == "stopped", "{ended}");
    held.gone().await?;
    server.andon(&["rerun", "slow/wait#1"]).await?.success()?;
    valve.reached().await?.release().await?;
    let again = server
        .api
        .until("the rerun succeeds", async |api| Ok(api.job_run("slow:wait:1.1").await.ok().filter(|found| found["status"] == "succeeded")))
        .await?;
    ensure!(again["number"] == "1.1", "{again}");
    Ok(())
}

#[tokio::test]
async fn watching_a_run_tells_its_outcome_by_the_exit_code() -> anyhow::Result<()> {
    let server = ServerOptions::new().start().await?;
    let yaml = "pipeline: fate\njobs:\n  good: { steps: [ { run: echo fine } ] }\n  bad: { steps: [ { run: exit 7 } ] }\n";
    server.api.set_pipeline(yaml).await?;
    let good = server.andon(&["trigger", "fate/good", "--watch", "-m", "try"]).await?;
    ensure!(good.code == 0, "{good:?}");
    let bad = server.andon(&["trigger", "fate/bad", "--watch"]).await?;
    ensure!(bad.code == 1 && format!("{}{}", bad.stdout, bad.stderr).contains("failed"), "{bad:?}");
    let unknown = server.andon(&["trigger", "fate/ugly"]).await?;
    ensure!(unknown.code == 1 && unknown.stderr.contains("ugly"), "{unknown:?}");
    let misused = server.andon(&["trigger", "fate"]).await?;
    ensure!(misused.code == 2, "{misused:?}");
    let runs = server.andon(&["runs", "--json"]).await?.success()?;
    let runs: serde_json::Value = serde_json::from_str(&runs)?;
    ensure!(text(&runs, "/0/status")? == "failed" && text(&runs, "/1/status")? == "completed", "{runs}");
    Ok(())
}

#[tokio::test]
async fn a_log_is_followed_while_it_grows() -> anyhow::Result<()> {
    let server = ServerOptions::new().start().await?;
    let valve = Valve::new().await?;
    let yaml = format!(
        "pipeline: chatty\njobs:\n  talk:\n    steps:\n      - run: |\n          echo the first word\n          {}\n          echo the last word\n",
        valve.wait_line("x")
    );
    server.api.set_pipeline(&yaml).await?;
    let (_, id) = server.api.trigger("chatty", "talk").await?;
    let held = valve.reached().await?;
    let mut follower = Program::start("andon logs -f", server.client_command(&server.api.token, &["logs", "-f", &id]))?;
    follower.line("the first word").await?;
    ensure!(!follower.lines().iter().any(|line| line.contains("the last word")), "the future shows");
    held.release().await?;
    follower.line("the last word").await?;
    let status = follower.ended().await?;
    ensure!(status.code() == Some(0), "{status}");
    Ok(())
}

#[tokio::test]
async fn files_are_checked_without_a_server() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let check = async |name: &str, yaml: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, yaml)?;
        let mut command = Command::new(find_binary("debug")?);
        command.arg("check").arg(&path).env("HOME", folder.path()).env("NO_COLOR", "1");
        run_program(command, "").await
    };
    let good = "pipeline: shop\nresources:\n  source: { type: trigger }\njobs:\n  build: { inputs: [source], steps: [ { run: make } ] }\n";
    let fine = check("good.yml", good).await?;
    ensure!(fine.code == 0 && fine.stdout.is_empty(), "{fine:?}");
    let bad = check("bad.yml", &good.replace("inputs: [source]", "inputs: [soruce]").replace("make", "make, shel: sh")).await?;
    let said = format!("{}{}", bad.stdout, bad.stderr);
    ensure!(bad.code == 1 && said.contains("bad.yml:5:"), "{said}");
    ensure!(said.contains("soruce") && said.contains("did you mean") && said.contains("source") && said.contains("shel"), "{said}");
    let mut missing = Command::new(find_binary("debug")?);
    missing.arg("check").arg(folder.path().join("none.yml"));
    let missing = run_program(missing, "").await?;
    ensure!(missing.code == 2 && missing.stderr.contains("none.yml"), "{missing:?}");
    Ok(())
}
