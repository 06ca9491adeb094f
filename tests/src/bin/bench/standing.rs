//! What a server costs that has nothing to do, and how soon it is there.

use crate::clock::Stopwatch;
use crate::figures::{Figures, Floor, median};
use andon_tests::{Server, run_program};
use anyhow::{Context, ensure};
use std::time::Duration;

const STARTS: usize = 7;
const PAGES: usize = 100;
const LEAST_RUNS: i64 = 10_000;
/// An idle server is watched for so long.
const IDLE: Duration = Duration::from_secs(10);
/// The kernel counts processor time in hundredths of a second.
const TICK_MS: f64 = 10.0;

/// The proportional share of the server's memory, in MiB.
pub fn read_pss_mib(server: &Server) -> anyhow::Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", server.program.id().context("it runs")?))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).with_context(|| text.clone())?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib / 1024.0)
}

/// Milliseconds of processor time that the server and its runner have used, without what their jobs have.
pub fn read_cpu_ms(server: &Server) -> anyhow::Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{}/stat", server.program.id().context("it runs")?))?;
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks =
        [11, 12].iter().map(|field| Ok(fields.get(*field).context("utime and stime")?.parse::<f64>()?)).sum::<anyhow::Result<f64>>()?;
    Ok(ticks * TICK_MS)
}

/// What a server uses while nothing happens: hundredths of a core.
pub async fn read_idle_percent(server: &Server) -> anyhow::Result<f64> {
    let before = read_cpu_ms(server)?;
    tokio::time::sleep(IDLE).await;
    Ok((read_cpu_ms(server)? - before) / (IDLE.as_secs_f64() * 10.0))
}

async fn measure_idle(server: &Server, figures: &mut Figures) -> anyhow::Result<()> {
    figures.note("processor time of an idle server, of a core", "%", read_idle_percent(server).await?);
    figures.note("memory of an idle server (PSS)", "MiB", read_pss_mib(server)?);
    Ok(())
}

/// From the process's start to its first answer, on data that exists; and its memory then.
pub async fn measure_start(figures: &mut Figures) -> anyhow::Result<()> {
    let mut server = crate::start_server("2").await?;
    let (values, bare) = time_starts(&mut server, STARTS).await?;
    figures.note_ms("start to the first answered list", &values, Floor { what: "andon --version", value: median(&bare) });
    measure_idle(&server, figures).await
}

/// So many starts of a server that stands already, and what its binary takes to say its version. Milliseconds.
pub async fn time_starts(server: &mut Server, repeats: usize) -> anyhow::Result<(Vec<f64>, Vec<f64>)> {
    let (mut values, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..repeats {
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
    Ok((values, bare))
}

/// A page of a long list of ended runs.
pub async fn measure_page(server: &Server, figures: &mut Figures) -> anyhow::Result<()> {
    let newest = server.api.get("runs?limit=1&pipeline=queue").await?;
    ensure!(newest["items"][0]["number"].as_i64() >= Some(LEAST_RUNS), "too few runs: {newest}");
    let (values, bare) = time_pages(server).await?;
    figures.note_ms("a page of 50 of 10,000 ended runs", &values, Floor { what: "GET /healthz", value: median(&bare) });
    Ok(())
}

/// Pages of 50 of the newest runs, and what the least question takes. Milliseconds.
pub async fn time_pages(server: &Server) -> anyhow::Result<(Vec<f64>, Vec<f64>)> {
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
    Ok((values, bare))
}

pub fn measure_memory(server: &Server, figures: &mut Figures) -> anyhow::Result<()> {
    figures.note("memory after 10,000 jobs (PSS)", "MiB", read_pss_mib(server)?);
    Ok(())
}
