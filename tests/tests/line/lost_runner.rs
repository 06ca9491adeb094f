//! A runner that dies in the middle of its work.

use andon_tests::{Runner, RunnerToken, ServerOptions, Valve, text};
use anyhow::ensure;
use std::collections::BTreeMap;

#[tokio::test]
async fn a_lost_runners_work_is_errored_or_done_again() -> anyhow::Result<()> {
    let server = ServerOptions::new().with(&["--no-runner", "--lease", "2s", "--heartbeat", "500ms", "--tick", "500ms"]).start().await?;
    let token = RunnerToken::create(&server).await?;
    let mut east = Runner::start(&server, &token, "east", &["--slots", "2"]).await?;
    let valve = Valve::new().await?;
    let wait = valve.wait_line("$ANDON_JOB");
    let yaml = format!(
        "pipeline: frail\njobs:\n  once: {{ steps: [ {{ run: '{wait}' }} ] }}\n  again: {{ idempotent: true, steps: [ {{ run: '{wait}' }} ] }}\n"
    );
    server.api.set_pipeline(&yaml).await?;
    let (_, once) = server.api.trigger("frail", "once").await?;
    let (_, again) = server.api.trigger("frail", "again").await?;
    let mut held = BTreeMap::new();
    for _ in 0..2 {
        let script = valve.reached().await?;
        held.insert(script.said.clone(), script);
    }
    ensure!(held.keys().eq(["again", "once"]), "both run: {held:?}");
    // A stored beginning of the steps is what makes the difference between the two.
    server.api.job_run_is(&once, &["running"]).await?;
    east.program.kill().await?;
    for script in held.into_values() {
        script.gone().await?;
    }
    let _west = Runner::start(&server, &token, "west", &[]).await?;
    let ended = server.api.job_run_ended(&once).await?;
    ensure!(ended["status"] == "errored" && ended["reason"] == "runner-lost", "{ended}");
    let second = valve.reached().await?;
    ensure!(second.said == "again", "only the idempotent one runs again, not {}", second.said);
    second.release().await?;
    let ended = server.api.job_run_ended(&again).await?;
    ensure!(ended["status"] == "succeeded", "{ended}");
    let executions = ended["executions"].as_array().map(Vec::len);
    ensure!(executions == Some(2), "the first attempt is kept: {ended}");
    let runners = server.api.get("runners").await?;
    let east = runners["items"].as_array().into_iter().flatten().find(|runner| runner["name"] == "east");
    ensure!(east.is_some_and(|east| text(east, "/state").is_ok_and(|state| state == "lost")), "{runners}");
    Ok(())
}
