//! Two servers on one PostgreSQL database, each with a runner inside, beside one of them alone.

use crate::figures::{Figures, Floor, median};
use crate::queue::run_all;
use andon_tests::{Server, ServerOptions};
use anyhow::ensure;

/// What a job does, how often it is started at once, and what that is called.
const LOADS: &[(&str, &str, usize)] = &[("nothing", ":", 1_000), ("nap", "sleep 0.05", 300)];
/// One server, two, and one again, so often.
const ROUNDS: usize = 2;

fn options() -> ServerOptions {
    ServerOptions::new().release().with(&["--isolation", "none", "--runner-slots", "2", "--log", "warn"])
}

/// On the PostgreSQL server that `ANDON_TEST_POSTGRES` names: jobs a second, with the rate of one server as the floor. The ratio is what the
/// second one is worth. Jobs that do nothing want the processor; those that wait want slots.
pub async fn measure_servers(figures: &mut Figures) -> anyhow::Result<()> {
    let one = options().start().await?;
    let mut yaml = "pipeline: load\njobs:\n".to_owned();
    for (job, script, _) in LOADS {
        yaml.push_str(&format!("  {job}: {{ steps: [ {{ run: '{script}' }} ] }}\n"));
    }
    one.api.set_pipeline(&yaml).await?;
    for (job, _, count) in LOADS {
        let (mut alone, mut both) = (Vec::new(), Vec::new());
        alone.push(time_rate(&[&one], job, *count).await?);
        for _ in 0..ROUNDS {
            let mut other = options().start_beside(&one).await?;
            both.push(time_rate(&[&one, &other], job, *count).await?);
            other.stop().await?;
            alone.push(time_rate(&[&one], job, *count).await?);
        }
        let floor = Floor { what: "one server of them alone", value: median(&alone) };
        figures.note_rate(format!("two servers on one PostgreSQL, {count} jobs of '{job}'"), &both, floor);
    }
    ensure_each_ran_once(&one).await
}

async fn time_rate(servers: &[&Server], job: &str, jobs: usize) -> anyhow::Result<f64> {
    let ms = run_all(servers, ("load", job), jobs).await?;
    Ok(jobs as f64 / ms * 1_000.0)
}

/// No job run was given to both: each has one execution, and succeeded.
async fn ensure_each_ran_once(server: &Server) -> anyhow::Result<()> {
    let failed = server.api.get("runs?status=failed&limit=1").await?;
    let errored = server.api.get("runs?status=error&limit=1").await?;
    for page in [failed, errored] {
        ensure!(page["items"].as_array().is_some_and(Vec::is_empty), "a job that does nothing failed: {page}");
    }
    Ok(())
}
