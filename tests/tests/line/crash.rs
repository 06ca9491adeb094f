//! Nothing is lost and nothing happens twice when the server dies.

use andon_tests::{Checkout, Runner, RunnerToken, Server, ServerOptions, Valve, text};
use anyhow::{Context, ensure};
use serde_json::json;

/// Lines `BEGIN`..=`END` of a script, numbered.
fn print_lines(begin: u32, end: u32) -> String {
    format!("for i in $(seq {begin} {end}); do echo \"line $i.\"; done")
}

fn ensure_lines_once(log: &[u8], last: u32) -> anyhow::Result<()> {
    let log = String::from_utf8(log.to_vec())?;
    let found: Vec<&str> = log.lines().filter(|line| line.starts_with("line ")).collect();
    let expected: Vec<String> = (1..=last).map(|number| format!("line {number}.")).collect();
    ensure!(found == expected, "the log is not whole and in order:\n{log}");
    Ok(())
}

#[tokio::test]
async fn a_job_outlives_the_server_and_its_log_is_whole() -> anyhow::Result<()> {
    let mut server = ServerOptions::new().with(&["--no-runner"]).start().await?;
    let token = RunnerToken::create(&server).await?;
    let _runner = Runner::start(&server, &token, "east", &[]).await?;
    let valve = Valve::new().await?;
    let wait = valve.wait_line("here");
    let (one, two, three) = (print_lines(1, 400), print_lines(401, 800), print_lines(801, 1200));
    let yaml = format!(
        "pipeline: long\njobs:\n  count:\n    steps:\n      - run: |\n          {one}\n          {wait}\n          {two}\n          {wait}\n          {three}\n"
    );
    server.api.set_pipeline(&yaml).await?;
    let (_, id) = server.api.trigger("long", "count").await?;
    let held = valve.reached().await?;
    server.kill().await?;
    held.release().await?;
    // The second arrival shows that it went on while there was no server.
    let held = valve.reached().await?;
    server.restart().await?;
    held.release().await?;
    let ended = server.api.job_run_ended(&id).await?;
    ensure!(ended["status"] == "succeeded", "{ended}");
    ensure!(ended["executions"].as_array().is_some_and(|executions| executions.len() == 1), "it ran once: {ended}");
    ensure_lines_once(&server.api.log(&id).await?, 1200)
}

#[tokio::test]
async fn a_push_that_was_acknowledged_is_built_after_a_crash() -> anyhow::Result<()> {
    let mut server = ServerOptions::new().with(&["--no-runner"]).start().await?;
    let checkout = Checkout::new().await?;
    let yaml = "pipeline: shop\nresources:\n  source: { type: git, repository: shop, branch: main }\njobs:\n  build: { inputs: [source], steps: [ { run: \"git log -1 --format='built %H'\" } ] }\n";
    let commit = checkout.commit("andon.yml", yaml).await?;
    let pushed = checkout.push(&server.repository("shop", &server.api.token)).await?;
    server.kill().await?;
    ensure!(pushed.code == 0, "the push: {}", pushed.stderr);
    server.restart().await?;
    let versions = server.api.get("resources/shop/source/versions").await?;
    ensure!(versions["items"][0]["values"]["commit"] == commit.as_str(), "{versions}");
    let token = RunnerToken::create(&server).await?;
    let _runner = Runner::start(&server, &token, "east", &[]).await?;
    let run = server.api.run_of_commit(&commit).await?;
    let build = server.api.job_is(&run, "build", "succeeded").await?;
    let log = String::from_utf8(server.api.log(&text(&build, "/id")?).await?)?;
    ensure!(log.contains(&format!("built {commit}")), "{log}");
    let runs = server.api.get("runs?pipeline=shop").await?;
    ensure!(runs["items"].as_array().is_some_and(|runs| runs.len() == 1), "one push is one run: {runs}");
    Ok(())
}

const GATED: &str = "pipeline: gated
resources:
  button: { type: trigger }
  production: { type: environment }
jobs:
  sign-off:
    inputs: [button]
    approval: { require: [ { from: ['role:operator'], count: 1 } ] }
  deploy:
    after: [sign-off]
    inputs: [button]
    outputs: [production]
    steps: [ { run: echo deployed } ]
";

/// Opens the gate of a new run. Answers the run and the gate.
async fn open_gate(server: &Server) -> anyhow::Result<(String, String)> {
    server.api.set_pipeline(GATED).await?;
    server.api.post("resources/gated/button/versions", &json!({ "version": {} })).await?;
    let run = server
        .api
        .until("the press starts a run", async |api| Ok(text(&api.get("runs?pipeline=gated").await?, "/items/0/id").ok()))
        .await?;
    let gate = server.api.job_is(&run, "sign-off", "awaiting").await?;
    Ok((run, text(&gate, "/gate/id")?))
}

#[tokio::test]
async fn a_decision_stands_after_a_crash_and_deploys_once() -> anyhow::Result<()> {
    let mut server = ServerOptions::new().with(&["--no-runner", "--demo"]).start().await?;
    // A person decides; the demonstration has one.
    let token = server.program.lines().iter().find_map(|line| Some(line.split_once(" ANDON_TOKEN=")?.1.to_owned())).context("a token")?;
    let (run, gate) = open_gate(&server).await?;
    server.api.with_token(&token).post(&format!("gates/{gate}/decisions"), &json!({ "decision": "approve", "comment": "go" })).await?;
    server.kill().await?;
    server.restart().await?;
    let decided = server.api.get(&format!("gates/{gate}")).await?;
    ensure!(decided["status"] == "approved" && decided["decisions"][0]["comment"] == "go", "{decided}");
    let runners = RunnerToken::create(&server).await?;
    let _runner = Runner::start(&server, &runners, "east", &[]).await?;
    server.api.job_is(&run, "deploy", "succeeded").await?;
    let whole = server.api.get(&format!("runs/{run}")).await?;
    let deploys: Vec<_> = whole["job_run_list"].as_array().into_iter().flatten().filter(|found| found["job"] == "deploy").collect();
    ensure!(deploys.len() == 1 && deploys[0]["executions"].as_array().is_some_and(|executions| executions.len() == 1), "once: {deploys:?}");
    let environments = server.api.get("environments").await?.to_string();
    ensure!(environments.contains("production"), "{environments}");
    Ok(())
}

/// How many deployments have begun, and which press runs in production.
async fn deployments(server: &Server) -> anyhow::Result<(usize, String)> {
    let mut begun = 0;
    for run in server.api.get("runs?pipeline=gated").await?["items"].as_array().into_iter().flatten() {
        let whole = server.api.get(&format!("runs/{}", text(run, "/id")?)).await?;
        begun += whole["job_run_list"].as_array().into_iter().flatten().filter(|found| found["job"] == "deploy").count();
    }
    let production = server.api.get("environments/gated/production").await?;
    Ok((begun, production["values"]["button"].as_str().unwrap_or_default().to_owned()))
}

#[tokio::test]
async fn a_crash_while_a_roll_back_is_decided_neither_loses_nor_doubles_it() -> anyhow::Result<()> {
    let mut server = ServerOptions::new().with(&["--no-runner", "--demo"]).start().await?;
    let token = server.program.lines().iter().find_map(|line| Some(line.split_once(" ANDON_TOKEN=")?.1.to_owned())).context("a token")?;
    let runners = RunnerToken::create(&server).await?;
    let _runner = Runner::start(&server, &runners, "east", &[]).await?;
    let approve = json!({ "decision": "approve", "comment": "go" });
    for press in 0..2 {
        let (run, gate) = if press == 0 { open_gate(&server).await? } else { press_again(&server).await? };
        server.api.with_token(&token).post(&format!("gates/{gate}/decisions"), &approve).await?;
        server.api.job_is(&run, "deploy", "succeeded").await?;
    }
    let (begun, newer) = deployments(&server).await?;
    ensure!(begun == 2, "{begun}");
    let asked = server.api.post("environments/gated/production/rollback", &json!({ "note": "worse" })).await?;
    let run = text(&asked, "/job_runs/0/run")?;
    let gate = text(&server.api.job_is(&run, "sign-off", "awaiting").await?, "/gate/id")?;
    // The decision is on its way when the server dies: it stands, or it does not.
    let person = server.api.with_token(&token);
    let decision = tokio::spawn({
        let (person, gate, approve) = (person.clone(), gate.clone(), approve.clone());
        async move { person.post(&format!("gates/{gate}/decisions"), &approve).await.is_ok() }
    });
    tokio::task::yield_now().await;
    server.kill().await?;
    let acknowledged = decision.await?;
    server.restart().await?;
    let status = server.api.get(&format!("gates/{gate}")).await?["status"].clone();
    ensure!(status == "approved" || !acknowledged, "an acknowledged decision was lost");
    if status == "open" {
        server.api.with_token(&token).post(&format!("gates/{gate}/decisions"), &approve).await?;
    }
    // Once more, between the decision and what follows from it.
    server.kill().await?;
    server.restart().await?;
    server.api.job_is(&run, "deploy", "succeeded").await?;
    let (begun, runs) = deployments(&server).await?;
    ensure!(begun == 3 && runs != newer, "{begun} deployments, {runs} runs");
    Ok(())
}

/// Presses the button again. Answers the run and its gate.
async fn press_again(server: &Server) -> anyhow::Result<(String, String)> {
    server.api.post("resources/gated/button/versions", &json!({ "version": {} })).await?;
    let run = server
        .api
        .until("the press starts another run", async |api| {
            let runs = api.get("runs?pipeline=gated").await?;
            let count = runs["items"].as_array().map_or(0, Vec::len);
            Ok((count == 2).then(|| text(&runs, "/items/0/id").ok()).flatten())
        })
        .await?;
    let gate = server.api.job_is(&run, "sign-off", "awaiting").await?;
    Ok((run, text(&gate, "/gate/id")?))
}

#[tokio::test]
async fn a_server_that_is_asked_to_end_lets_its_job_finish() -> anyhow::Result<()> {
    let mut server = ServerOptions::new().start().await?;
    let valve = Valve::new().await?;
    let (one, wait, two) = (print_lines(1, 300), valve.wait_line("here"), print_lines(301, 600));
    server
        .api
        .set_pipeline(&format!(
            "pipeline: drain\njobs:\n  count:\n    steps:\n      - run: |\n          {one}\n          {wait}\n          {two}\n"
        ))
        .await?;
    let (_, id) = server.api.trigger("drain", "count").await?;
    let held = valve.reached().await?;
    server.program.terminate()?;
    server.program.line("nothing new is taken").await?;
    held.release().await?;
    let status = server.program.ended().await?;
    ensure!(status.code() == Some(0), "{status}: {}", server.program.tail());
    server.restart().await?;
    let ended = server.api.job_run_ended(&id).await?;
    ensure!(ended["status"] == "succeeded", "{ended}");
    ensure_lines_once(&server.api.log(&id).await?, 600)
}
