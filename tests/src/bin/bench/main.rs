//! Measures the release build, each figure beside its bare floor in the same run: what the machine itself takes for the
//! least that could do the same. Prints a table; `--json FILE` writes the figures too.
//!
//! `cargo build --release -p andon-cli`, then `cargo run --release -p andon-tests --bin bench`. Embedded runner, no
//! isolation, SQLite. A few minutes at most. `bench growth` measures instead what becomes slower as an installation grows.

mod bare_git;
mod clock;
mod figures;
mod floors;
mod followers;
mod growth;
mod history;
mod latency;
mod line;
mod logs;
mod people;
mod pushes;
mod queue;
mod servers;
mod standing;
mod table;

use andon_tests::{Server, ServerOptions};
use anyhow::{Context, ensure};
use clap::{Parser, Subcommand, ValueEnum};
use figures::Figures;
use std::path::PathBuf;
use std::time::Duration;
use table::Table;

/// The whole run gives up after this.
const LONGEST: Duration = Duration::from_secs(900);
/// A million runs take some minutes to be written.
const LONGEST_GROWTH: Duration = Duration::from_secs(3_600);

/// A server of the release build with so many slots.
async fn start_server(slots: &str) -> anyhow::Result<Server> {
    ServerOptions::new().release().on_sqlite().with(&["--isolation", "none", "--runner-slots", slots, "--log", "warn"]).start().await
}

async fn measure() -> anyhow::Result<Figures> {
    let mut figures = Figures::default();
    standing::measure_start(&mut figures).await?;
    let narrow = start_server("2").await?;
    latency::measure_trigger(&narrow, &mut figures).await?;
    pushes::measure_push(&narrow, &mut figures).await?;
    latency::measure_follower(&narrow, &mut figures).await?;
    line::measure_chain(&narrow, &mut figures).await?;
    line::measure_fan(&narrow, &mut figures).await?;
    logs::measure_log(&narrow, &mut figures).await?;
    queue::measure_queue(&narrow, (2, 1), &mut figures).await?;
    drop(narrow);
    people::measure_people(&mut figures).await?;
    let wide = start_server("8").await?;
    queue::measure_queue(&wide, (8, 10), &mut figures).await?;
    standing::measure_page(&wide, &mut figures).await?;
    standing::measure_memory(&wide, &mut figures)?;
    let mut grown = Figures::default();
    latency::measure_trigger(&wide, &mut grown).await?;
    line::measure_chain(&wide, &mut grown).await?;
    figures.note_beside(&grown, ("after 10,000 runs: ", "on a young server"));
    drop(wide);
    figures.note_beside(&measure_isolated().await?, ("in bubblewrap: ", "without isolation"));
    if std::env::var_os("ANDON_TEST_POSTGRES").is_some() {
        figures.note_beside(&measure_postgres().await?, ("on PostgreSQL: ", "on SQLite"));
        servers::measure_servers(&mut figures).await?;
    }
    Ok(figures)
}

/// What isolation adds, where the machine has it.
async fn measure_isolated() -> anyhow::Result<Figures> {
    let mut figures = Figures::default();
    let flags = ["--isolation", "auto", "--runner-slots", "2", "--log", "warn"];
    let server = ServerOptions::new().release().on_sqlite().with(&flags).start().await?;
    latency::measure_trigger(&server, &mut figures).await?;
    line::measure_chain(&server, &mut figures).await?;
    Ok(figures)
}

/// The same on the PostgreSQL server that `ANDON_TEST_POSTGRES` names.
async fn measure_postgres() -> anyhow::Result<Figures> {
    let mut figures = Figures::default();
    let flags = ["--isolation", "none", "--runner-slots", "2", "--log", "warn"];
    let server = ServerOptions::new().release().with(&flags).start().await?;
    latency::measure_trigger(&server, &mut figures).await?;
    line::measure_chain(&server, &mut figures).await?;
    queue::measure_queue(&server, (2, 1), &mut figures).await?;
    Ok(figures)
}

#[derive(Debug, Parser)]
struct Arguments {
    /// Writes the figures into this file, too
    #[arg(long, value_name = "FILE", global = true)]
    json: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// What becomes slower as an installation grows
    Growth {
        /// Only this part
        part: Option<Part>,
        /// Pipelines; a tenth and a hundredth of them stand beside
        #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(100..))]
        pipelines: u32,
        /// Runs in the history; a hundredth of them stands beside
        #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(i64).range(20_000..))]
        runs: i64,
        /// Followers; one stands beside
        #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(2..))]
        followers: u32,
    },
    /// Two servers on the PostgreSQL that ANDON_TEST_POSTGRES names, beside one
    Servers,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    Pipelines,
    History,
    Followers,
}

/// Every part of the growth, or one of them.
async fn measure_growth(part: Option<Part>, (pipelines, runs, followers): (u32, i64, u32)) -> anyhow::Result<Vec<Table>> {
    let wants = |wanted| part.is_none_or(|part| part == wanted);
    let mut tables = Vec::new();
    if wants(Part::Pipelines) {
        tables.push(growth::measure_pipelines(pipelines).await?);
    }
    if wants(Part::History) {
        tables.push(growth::measure_history(runs).await?);
    }
    if wants(Part::Followers) {
        tables.push(growth::measure_followers(followers).await?);
    }
    Ok(tables)
}

/// What is to be printed, the same as JSON, and what is worse than it may be.
type Report = (String, String, Vec<String>);

async fn report_figures(measuring: impl Future<Output = anyhow::Result<Figures>>) -> anyhow::Result<Report> {
    let figures = tokio::time::timeout(LONGEST, measuring).await.context("the benchmark takes longer than it should")??;
    Ok((figures.show(), figures.to_json(), figures.list_slow()))
}

async fn report_growth(part: Option<Part>, sizes: (u32, i64, u32)) -> anyhow::Result<Report> {
    let measuring = measure_growth(part, sizes);
    let tables = tokio::time::timeout(LONGEST_GROWTH, measuring).await.context("the benchmark takes longer than it should")??;
    let shown: Vec<String> = tables.iter().map(Table::show).collect();
    let json: Vec<_> = tables.iter().map(Table::to_json).collect();
    Ok((shown.join("\n"), format!("{:#}\n", serde_json::json!(json)), tables.iter().flat_map(Table::list_growing).collect()))
}

async fn measure_servers() -> anyhow::Result<Figures> {
    let mut figures = Figures::default();
    servers::measure_servers(&mut figures).await?;
    Ok(figures)
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the table is what a benchmark is for")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let (shown, json, worse) = match arguments.command {
        None => report_figures(measure()).await?,
        Some(Command::Servers) => report_figures(measure_servers()).await?,
        Some(Command::Growth { part, pipelines, runs, followers }) => report_growth(part, (pipelines, runs, followers)).await?,
    };
    println!("{shown}");
    if let Some(file) = arguments.json {
        std::fs::write(&file, json).with_context(|| file.display().to_string())?;
    }
    ensure!(worse.is_empty(), "slower than it has been:\n{}", worse.join("\n"));
    Ok(())
}
