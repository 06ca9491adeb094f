//! Many jobs that do nothing, queued at once.

use crate::clock::Stopwatch;
use crate::figures::{Figures, Floor, median};
use crate::floors;
use crate::standing::read_cpu_ms;
use andon_tests::{Events, Server};
use anyhow::Context;
use futures::{StreamExt, TryStreamExt};

const JOBS: usize = 1_000;
/// How often the floor is measured, at most.
const FLOORS: usize = 3;
/// How many requests are under way at once.
const CALLERS: usize = 8;

/// Starts the job so often, at these servers by turns, and waits until the first of them has told that all have ended. Answers milliseconds.
pub async fn run_all(servers: &[&Server], (pipeline, job): (&str, &str), jobs: usize) -> anyhow::Result<f64> {
    let first = servers.first().context("a server at least")?;
    let mut events = Events::follow(&first.api, None).await?;
    let watch = Stopwatch::start();
    let turns = servers.iter().cycle().take(jobs);
    let starting =
        futures::stream::iter(turns).map(|server| server.api.trigger(pipeline, job)).buffer_unordered(CALLERS).try_collect::<Vec<_>>();
    let ending = async {
        let mut ended = 0;
        while ended < jobs {
            let (kind, _) = events.next().await?;
            ended += usize::from(kind == "run-ended");
        }
        anyhow::Ok(watch.ms())
    };
    let (started, ended) = tokio::try_join!(starting, ending)?;
    anyhow::ensure!(started.len() == jobs);
    Ok(ended)
}

/// With so many slots, so often.
pub async fn measure_queue(server: &Server, (slots, repeats): (usize, usize), figures: &mut Figures) -> anyhow::Result<()> {
    server.api.set_pipeline("pipeline: queue\njobs:\n  nothing: { steps: [ { run: ':' } ] }\n").await?;
    let (mut values, mut bare) = (Vec::new(), Vec::new());
    let before = read_cpu_ms(server)?;
    for _ in 0..repeats {
        values.push(run_all(&[server], ("queue", "nothing"), JOBS).await?);
    }
    let cpu = read_cpu_ms(server)? - before;
    // Not between: thousands of new files keep the disk busy for a while after.
    for _ in 0..repeats.min(FLOORS) {
        bare.push(floors::carry_jobs(server.folder(), (":", JOBS), slots).await?);
    }
    let floor = Floor { what: "1,000 logged bash scripts, three committed rows each", value: median(&bare) };
    figures.note_ms(format!("1,000 jobs queued at once, {slots} slots"), &values, floor);
    let rate = JOBS as f64 / median(&values) * 1_000.0;
    figures.note(format!("jobs a second, {slots} slots"), "/s", rate);
    figures.note(format!("1,000 bash scripts and nothing else, {slots} at a time"), "ms", floors::run_many(":", JOBS, slots).await?);
    figures.note(format!("processor time of server and runner a job, {slots} slots"), "ms", cpu / (JOBS * repeats) as f64);
    Ok(())
}
