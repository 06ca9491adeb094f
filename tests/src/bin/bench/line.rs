//! Jobs that follow each other.

use crate::clock::Stopwatch;
use crate::figures::{Figures, Floor, median};
use crate::floors;
use andon_tests::{Events, Server, text};
use anyhow::ensure;
use serde_json::json;
use std::fmt::Write;

pub const CHAIN: usize = 20;
const FAN: usize = 50;
const REPEATS: usize = 5;

/// Presses the pipeline's button and waits for the end of the run that follows. Answers milliseconds.
async fn run_line(server: &Server, pipeline: &str, job_runs: usize) -> anyhow::Result<f64> {
    let mut events = Events::follow(&server.api, None).await?;
    let watch = Stopwatch::start();
    server.api.post(&format!("resources/{pipeline}/button/versions"), &json!({ "version": {} })).await?;
    let ended = loop {
        let (kind, event) = events.next().await?;
        if kind == "run-ended" {
            break event;
        }
    };
    let taken = watch.ms();
    let run = server.api.get(&format!("runs/{}", text(&ended, "/run")?)).await?;
    let whole = run["status"] == "completed" && run["pipeline"] == pipeline && run["job_runs"]["succeeded"] == job_runs;
    ensure!(whole, "the run is not whole: {run}");
    Ok(taken)
}

async fn measure(server: &Server, (pipeline, job_runs): (&str, usize), repeats: usize) -> anyhow::Result<Vec<f64>> {
    let mut values = Vec::new();
    for _ in 0..repeats {
        values.push(run_line(server, pipeline, job_runs).await?);
    }
    Ok(values)
}

/// A pipeline with a button that starts its first job.
fn begin_yaml(pipeline: &str, first: &str) -> String {
    format!(
        "pipeline: {pipeline}\nresources: {{ button: {{ type: trigger }} }}\njobs:\n  {first}: {{ inputs: [button], steps: [ {{ run: ':' }} ] }}\n"
    )
}

/// Some walks down a chain of [`CHAIN`] jobs. Milliseconds for the whole of it.
pub async fn time_chain(server: &Server, repeats: usize) -> anyhow::Result<Vec<f64>> {
    let mut yaml = begin_yaml("chain", "link-1");
    for number in 2..=CHAIN {
        writeln!(yaml, "  link-{number}: {{ after: [link-{}], inputs: [button], steps: [ {{ run: ':' }} ] }}", number - 1)?;
    }
    server.api.set_pipeline(&yaml).await?;
    measure(server, ("chain", CHAIN), repeats).await
}

pub async fn measure_chain(server: &Server, figures: &mut Figures) -> anyhow::Result<()> {
    let values = time_chain(server, REPEATS).await?;
    let mut bare = Vec::new();
    for _ in 0..REPEATS {
        bare.push(floors::run_many(":", CHAIN, 1).await?);
    }
    figures.note_ms("a chain of 20 jobs", &values, Floor { what: "20 bash scripts, one after the other", value: median(&bare) });
    Ok(())
}

pub async fn measure_fan(server: &Server, figures: &mut Figures) -> anyhow::Result<()> {
    let mut yaml = begin_yaml("fan", "head");
    for number in 1..=FAN {
        writeln!(yaml, "  leaf-{number}: {{ after: [head], inputs: [button], steps: [ {{ run: ':' }} ] }}")?;
    }
    let leaves: Vec<_> = (1..=FAN).map(|number| format!("leaf-{number}")).collect();
    writeln!(yaml, "  tail: {{ after: [{}], inputs: [button], steps: [ {{ run: ':' }} ] }}", leaves.join(", "))?;
    server.api.set_pipeline(&yaml).await?;
    let values = measure(server, ("fan", FAN + 2), REPEATS).await?;
    let mut bare = Vec::new();
    for _ in 0..REPEATS {
        bare.push(floors::run_many(":", FAN + 2, 2).await?);
    }
    figures.note_ms("a fan of 1, 50 and 1 jobs", &values, Floor { what: "52 bash scripts, two at a time", value: median(&bare) });
    Ok(())
}
