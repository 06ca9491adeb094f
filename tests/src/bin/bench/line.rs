//! Jobs that follow each other.

use crate::clock::Stopwatch;
use crate::figures::{Figures, Floor, median};
use crate::floors;
use andon_tests::{Events, Server};
use anyhow::ensure;
use std::fmt::Write;

const CHAIN: usize = 20;
const FAN: usize = 50;
const REPEATS: usize = 5;

/// Starts the job and waits for the end of its whole run. Answers milliseconds.
async fn run_line(server: &Server, pipeline: &str, job: &str, job_runs: i64) -> anyhow::Result<f64> {
    let mut events = Events::follow(&server.api, None).await?;
    let watch = Stopwatch::start();
    let (run, _) = server.api.trigger(pipeline, job).await?;
    loop {
        let (kind, event) = events.next().await?;
        if kind == "run-ended" && event["run"] == run.as_str() {
            break;
        }
    }
    let taken = watch.ms();
    let ended = server.api.get(&format!("runs/{run}")).await?;
    ensure!(ended["status"] == "completed" && ended["job_runs"]["succeeded"] == job_runs, "the run is not whole: {}", ended["job_runs"]);
    Ok(taken)
}

async fn measure(server: &Server, (pipeline, job): (&str, &str), job_runs: usize) -> anyhow::Result<Vec<f64>> {
    let mut values = Vec::new();
    for _ in 0..REPEATS {
        values.push(run_line(server, pipeline, job, i64::try_from(job_runs)?).await?);
    }
    Ok(values)
}

pub async fn measure_chain(server: &Server, figures: &mut Figures) -> anyhow::Result<()> {
    let mut yaml = "pipeline: chain\njobs:\n  link-1: { steps: [ { run: ':' } ] }\n".to_owned();
    for number in 2..=CHAIN {
        writeln!(yaml, "  link-{number}: {{ after: [link-{}], steps: [ {{ run: ':' }} ] }}", number - 1)?;
    }
    server.api.set_pipeline(&yaml).await?;
    let values = measure(server, ("chain", "link-1"), CHAIN).await?;
    let mut bare = Vec::new();
    for _ in 0..REPEATS {
        bare.push(floors::run_many(":", CHAIN, 1).await?);
    }
    figures.note_ms("a chain of 20 jobs", &values, Floor { what: "20 bash scripts, one after the other", value: median(&bare) });
    Ok(())
}

pub async fn measure_fan(server: &Server, figures: &mut Figures) -> anyhow::Result<()> {
    let mut yaml = "pipeline: fan\njobs:\n  head: { steps: [ { run: ':' } ] }\n".to_owned();
    for number in 1..=FAN {
        writeln!(yaml, "  leaf-{number}: {{ after: [head], steps: [ {{ run: ':' }} ] }}")?;
    }
    let leaves: Vec<_> = (1..=FAN).map(|number| format!("leaf-{number}")).collect();
    writeln!(yaml, "  tail: {{ after: [{}], steps: [ {{ run: ':' }} ] }}", leaves.join(", "))?;
    server.api.set_pipeline(&yaml).await?;
    let values = measure(server, ("fan", "head"), FAN + 2).await?;
    let mut bare = Vec::new();
    for _ in 0..REPEATS {
        bare.push(floors::run_many(":", FAN + 2, 2).await?);
    }
    figures.note_ms("a fan of 1, 50 and 1 jobs", &values, Floor { what: "52 bash scripts, two at a time", value: median(&bare) });
    Ok(())
}
