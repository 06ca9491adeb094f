//! What an act costs.

use andon_server::store::db::count_statements;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use std::time::Instant;

/// Time and statements.
#[derive(Clone, Copy, Debug)]
pub struct Spent {
    pub ms: f64,
    pub statements: u64,
}

/// What was measured, and what it should be.
#[derive(Clone, Copy, Debug)]
pub struct Act {
    pub what: &'static str,
    pub aim: &'static str,
    pub spent: Spent,
}

/// Does something, and answers what it cost by the clock on the wall.
pub async fn spend<T>(act: impl AsyncFnOnce() -> anyhow::Result<T>) -> anyhow::Result<Spent> {
    let before = count_statements();
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures the machine's own time")]
    let begun = Instant::now();
    act().await?;
    let ms = begun.elapsed().as_secs_f64() * 1_000.0;
    Ok(Spent { ms, statements: count_statements() - before })
}

/// Does something, and answers what it cost the processor.
pub async fn spend_processor<T>(act: impl AsyncFnOnce() -> anyhow::Result<T>) -> anyhow::Result<Spent> {
    let before = processor_ms()?;
    let spent = spend(act).await?;
    Ok(Spent { ms: processor_ms()? - before, ..spent })
}

fn processor_ms() -> anyhow::Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    Ok((usage.user_time() + usage.system_time()).num_microseconds() as f64 / 1_000.0)
}

/// The middle of the times, and the most statements.
pub fn middle(mut all: Vec<Spent>) -> Spent {
    all.sort_by(|one, other| one.ms.total_cmp(&other.ms));
    let statements = all.iter().map(|spent| spent.statements).max().unwrap_or_default();
    all.get(all.len() / 2).map_or(Spent { ms: f64::NAN, statements }, |spent| Spent { ms: spent.ms, statements })
}
