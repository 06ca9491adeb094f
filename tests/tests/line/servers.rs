//! Two servers on one database, each with a runner inside.

use andon_tests::{Events, Server, ServerOptions};
use anyhow::ensure;

const JOBS: usize = 40;

async fn start_jobs(servers: &[&Server]) -> anyhow::Result<()> {
    for server in servers.iter().cycle().take(JOBS) {
        server.api.trigger("load", "write").await?;
    }
    Ok(())
}

/// On PostgreSQL, which several servers can share.
#[tokio::test]
async fn two_servers_share_the_work_and_no_job_runs_twice() -> anyhow::Result<()> {
    if std::env::var_os("ANDON_TEST_POSTGRES").is_none() {
        return Ok(());
    }
    let options = || ServerOptions::new().with(&["--isolation", "none", "--runner-slots", "2"]);
    let one = options().start().await?;
    let other = options().start_beside(&one).await?;
    let file = one.folder().join("written");
    let yaml = format!("pipeline: load\njobs:\n  write: {{ steps: [ {{ run: 'echo \"$PWD\" >>{}' }} ] }}\n", file.display());
    one.api.set_pipeline(&yaml).await?;
    let mut events = Events::follow(&one.api, None).await?;
    start_jobs(&[&one, &other]).await?;
    let (mut ended, mut runners) = (0, Vec::new());
    while ended < JOBS {
        let (kind, event) = events.next().await?;
        ended += usize::from(kind == "run-ended");
        if kind == "execution-started" {
            runners.push(event["runner"].as_str().unwrap_or_default().to_owned());
        }
    }
    runners.sort_unstable();
    runners.dedup();
    ensure!(runners.len() == 2, "both took work: {runners:?}");
    let written = std::fs::read_to_string(&file)?;
    ensure!(written.lines().count() == JOBS, "{} lines of {JOBS} jobs", written.lines().count());
    Ok(())
}
