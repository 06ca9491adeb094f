//! Measures the release build, each figure beside its bare floor in the same run: what the machine itself takes for the
//! least that could do the same. Prints a table; `--json FILE` writes the figures too.
//!
//! `cargo build --release -p andon-cli`, then `cargo run --release -p andon-tests --bin bench`. Embedded runner, no
//! isolation, SQLite. A few minutes at most.

mod bare_git;
mod clock;
mod figures;
mod floors;
mod latency;
mod line;
mod logs;
mod people;
mod queue;
mod standing;

use andon_tests::{Server, ServerOptions};
use anyhow::{Context, bail, ensure};
use figures::Figures;
use std::path::PathBuf;
use std::time::Duration;

/// The whole run gives up after this.
const LONGEST: Duration = Duration::from_secs(900);

/// A server of the release build with so many slots.
async fn start_server(slots: &str) -> anyhow::Result<Server> {
    ServerOptions::new().release().on_sqlite().with(&["--isolation", "none", "--runner-slots", slots, "--log", "warn"]).start().await
}

async fn measure() -> anyhow::Result<Figures> {
    let mut figures = Figures::default();
    standing::measure_start(&mut figures).await?;
    let narrow = start_server("2").await?;
    latency::measure_trigger(&narrow, &mut figures).await?;
    latency::measure_push(&narrow, &mut figures).await?;
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

fn find_json_file() -> anyhow::Result<Option<PathBuf>> {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next(), arguments.next()) {
        (None, None, None) => Ok(None),
        (Some("--json"), Some(file), None) => Ok(Some(PathBuf::from(file))),
        _ => bail!("usage: bench [--json FILE]"),
    }
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "the table is what a benchmark is for")]
async fn main() -> anyhow::Result<()> {
    let file = find_json_file()?;
    let figures = tokio::time::timeout(LONGEST, measure()).await.context("the benchmark takes longer than it should")??;
    println!("{}", figures.show());
    if let Some(file) = file {
        std::fs::write(&file, figures.to_json()).with_context(|| file.display().to_string())?;
    }
    let slow = figures.list_slow();
    ensure!(slow.is_empty(), "slower than it has been:\n{}", slow.join("\n"));
    Ok(())
}
