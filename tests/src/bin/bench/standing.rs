//! What a server costs that has nothing to do, and how soon it is there.

use crate::clock::Stopwatch;
use crate::figures::{Figures, Floor, median};
use andon_tests::{Server, run_program};
use anyhow::{Context, ensure};

const STARTS: usize = 7;
const PAGES: usize = 100;
const LEAST_RUNS: i64 = 2_000;

/// The proportional share of the server's memory, in MiB.
fn read_pss_mib(server: &Server) -> anyhow::Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", server.program.id().context("it runs")?))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).with_context(|| text.clone())?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib / 1024.0)
}

/// From the process's start to its first answer, on data that exists; and its memory then.
pub async fn measure_start(figures: &mut Figures) -> anyhow::Result<()> {
    let mut server = crate::start_server("2").await?;
    let (mut values, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        server.stop().await?;
        let watch = Stopwatch::start();
        server.restart().await?;
        server.api.get("runs").await?;
        values.push(watch.ms());
        let watch = Stopwatch::start();
        let mut command = server.command();
        command.arg("--version");
        run_program(command, "").await?.success()?;
        bare.push(watch.ms());
    }
    figures.note_ms("start to the first answered list", &values, Floor { what: "andon --version", value: median(&bare) });
    figures.note("memory of an idle, fresh server (PSS)", "MiB", read_pss_mib(&server)?);
    Ok(())
}

/// A page of a long list of ended runs.
pub async fn measure_page(server: &Server, figures: &mut Figures) -> anyhow::Result<()> {
    let newest = server.api.get("runs?limit=1&pipeline=queue").await?;
    ensure!(newest["items"][0]["number"].as_i64() >= Some(LEAST_RUNS), "too few runs: {newest}");
    let (mut values, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..PAGES {
        let watch = Stopwatch::start();
        let page = server.api.get("runs?limit=50").await?;
        values.push(watch.ms());
        ensure!(page["items"].as_array().map(Vec::len) == Some(50), "{page}");
        let watch = Stopwatch::start();
        server.api.send(server.api.request(reqwest::Method::GET, "/healthz")).await?;
        bare.push(watch.ms());
    }
    figures.note_ms("a page of 50 of 2,000 ended runs", &values, Floor { what: "GET /healthz", value: median(&bare) });
    Ok(())
}

pub fn measure_memory(server: &Server, figures: &mut Figures) -> anyhow::Result<()> {
    figures.note("memory after 2,000 jobs (PSS)", "MiB", read_pss_mib(server)?);
    Ok(())
}
