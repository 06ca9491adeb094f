//! Two servers on one PostgreSQL database, each with a runner inside, beside one of them alone.

use crate::figures::{Figures, Floor, median};
use crate::queue::run_all;
use andon_tests::{Server, ServerOptions};
use anyhow::ensure;
use std::fmt::Write;

/// Jobs, how often each is started at once, and what it does; every one of them leaves a line that tells that it ran.
const LOADS: &[(&str, usize, &str)] = &[("nothing", 1_000, ""), ("nap", 300, "sleep 0.05; ")];
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
    let ran = one.folder().join("ran");
    for (job, _, script) in LOADS {
        writeln!(yaml, "  {job}: {{ steps: [ {{ run: '{script}echo >>{}' }} ] }}", ran.display())?;
    }
    one.api.set_pipeline(&yaml).await?;
    for (job, count, _) in LOADS {
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
    let started: usize = LOADS.iter().map(|(_, count, _)| count * (2 * ROUNDS + 1)).sum();
    let lines = std::fs::read_to_string(&ran)?.lines().count();
    ensure!(lines == started, "{started} jobs ran {lines} times");
    Ok(())
}

async fn time_rate(servers: &[&Server], job: &str, jobs: usize) -> anyhow::Result<f64> {
    let ms = run_all(servers, ("load", job), jobs).await?;
    Ok(jobs as f64 / ms * 1_000.0)
}
