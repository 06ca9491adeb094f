//! What a newcomer does: the printed lines, the mail, the approval, the environment.

use andon_tests::{Checkout, Mail, Runner, RunnerToken, Server, ServerOptions, read_mails, run_program, text};
use anyhow::{Context, ensure};
use serde_json::Value;
use tokio::process::Command;

/// The printed lines from the `export` to the push, as they stand.
fn find_printed_lines(server: &Server) -> anyhow::Result<String> {
    let lines = server.program.lines();
    let begin = lines.iter().position(|line| line.starts_with("  export ANDON_URL=")).context("the demonstration is printed")?;
    let end = lines.iter().position(|line| line.starts_with("  git push")).context("a push is printed")?;
    Ok(lines[begin..=end].iter().map(|line| format!("{}\n", line.trim())).collect())
}

/// Runs the printed lines in an empty home. Answers the pushed commit.
async fn run_printed_lines(server: &Server) -> anyhow::Result<String> {
    let home = server.folder().join("newcomer");
    std::fs::create_dir(&home)?;
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", &find_printed_lines(server)?]).current_dir(&home).env("HOME", &home);
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0");
    let output = run_program(command, "").await?;
    ensure!(output.code == 0, "the printed lines fail:\n{}{}", output.stdout, output.stderr);
    ensure!(output.stderr.contains("remote:"), "the push says nothing of the line:\n{}", output.stderr);
    let commit = run_program(Checkout::command(&home.join("andon-demo"), &["rev-parse", "HEAD"]), "").await?.success()?;
    Ok(commit.trim().to_owned())
}

fn find_demo_token(server: &Server) -> anyhow::Result<String> {
    let lines = server.program.lines();
    lines.iter().find_map(|line| Some(line.split_once(" ANDON_TOKEN=")?.1.to_owned())).context("the demonstration's token is printed")
}

async fn wait_for_mail(server: &Server, run: &str) -> anyhow::Result<Mail> {
    let folder = server.data().join("mail");
    let url = server.api.url.clone();
    server
        .api
        .until("the mail about the gate lies in the folder", async |api| {
            // The seeded commit has a gate of its own; its mail names another run.
            let number = api.get(&format!("runs/{run}")).await?["number"].to_string();
            let about = format!("#{number}");
            Ok(read_mails(&folder)?
                .into_iter()
                .find(|mail| mail.body.contains(&url) && (mail.body.contains(run) || mail.body.contains(&about))))
        })
        .await
}

/// From the printed lines to the environment.
async fn walk(server: &Server) -> anyhow::Result<()> {
    server.program.line("  git push").await?;
    let commit = run_printed_lines(server).await?;
    let run = server.api.run_of_commit(&commit).await?;
    let shown = server.api.get(&format!("runs/{run}")).await?;
    ensure!(shown["actor"] == "push:demo", "the person who pushed, not their token: {shown}");
    let gate = server.api.job_is(&run, "sign-off", "awaiting").await?;
    for job in ["build", "unit", "browser"] {
        let found = server.api.find_job_run(&run, job).await?.context(job)?;
        ensure!(found["status"] == "succeeded", "the gate opened before {job} succeeded: {found}");
    }
    ensure!(server.api.find_job_run(&run, "deploy").await?.is_none_or(|deploy| deploy["status"] == "waiting"), "the gate lets all through");
    let mail = wait_for_mail(server, &run).await?;
    ensure!(mail.head.contains("demo@shop.example"), "the mail goes to the approver: {}", mail.head);
    ensure!(mail.body.contains("sign-off") && mail.body.contains(&commit[..7]), "the mail says what waits: {}", mail.body);

    let token = find_demo_token(server)?;
    let id = text(&gate, "/gate/id")?;
    let inbox = run_program(server.client_command(&token, &["inbox", "--json"]), "").await?.success()?;
    ensure!(inbox.contains(&id), "the inbox lists the gate: {inbox}");
    run_program(server.client_command(&token, &["approve", &id, "-m", "Looks good"]), "").await?.success()?;
    server.api.job_is(&run, "deploy", "succeeded").await?;
    let shown = run_program(server.client_command(&token, &["environments", "--json"]), "").await?.success()?;
    let environments: Value = serde_json::from_str(&shown)?;
    let production = environments.as_array().into_iter().flatten().find(|found| found["name"] == "production").context("production")?;
    ensure!(production["values"]["source"] == commit.as_str(), "production runs {production}, not {commit}");
    let ended = run_program(server.client_command(&token, &["watch", &run]), "").await?;
    ensure!(ended.code == 0, "the run ends well: {ended:?}");
    Ok(())
}

#[tokio::test]
async fn the_printed_lines_lead_to_production() -> anyhow::Result<()> {
    let mut server = ServerOptions::new().with(&["--demo"]).start().await?;
    walk(&server).await?;
    ensure!(server.stop().await?.success(), "it ends cleanly");
    Ok(())
}

#[tokio::test]
async fn the_demonstration_runs_on_runners_elsewhere() -> anyhow::Result<()> {
    let server = ServerOptions::new().with(&["--demo", "--no-runner"]).start().await?;
    let token = RunnerToken::create(&server).await?;
    let _east = Runner::start(&server, &token, "east", &[]).await?;
    let _west = Runner::start(&server, &token, "west", &[]).await?;
    walk(&server).await
}
