//! What the machine itself takes.

use crate::clock::Stopwatch;
use anyhow::ensure;
use futures::StreamExt;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Executor, SqliteConnection};
use std::path::Path;
use std::process::Stdio;
use tokio::process::Command;

/// Starts bash with this script and waits for it.
pub async fn run_bash(script: &str) -> anyhow::Result<()> {
    let status = Command::new("bash").args(["-euo", "pipefail", "-c", script]).stdin(Stdio::null()).status().await?;
    ensure!(status.success(), "{script:?} failed");
    Ok(())
}

/// Runs the script so many times, `at_once` at a time. Answers milliseconds.
pub async fn run_many(script: &str, times: usize, at_once: usize) -> anyhow::Result<f64> {
    let watch = Stopwatch::start();
    let mut running = futures::stream::iter((0..times).map(|_| run_bash(script))).buffer_unordered(at_once);
    while let Some(ended) = running.next().await {
        ended?;
    }
    Ok(watch.ms())
}

/// A database that commits as durably as the server's.
pub async fn open_database(folder: &Path) -> anyhow::Result<SqliteConnection> {
    let options = SqliteConnectOptions::new().filename(folder.join("floor.sqlite")).create_if_missing(true);
    let mut connection = options.journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Full).connect().await?;
    connection.execute("CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, text TEXT NOT NULL)").await?;
    Ok(connection)
}

/// Three rows, each committed on its own.
pub async fn commit_rows(connection: &mut SqliteConnection) -> anyhow::Result<()> {
    for _ in 0..3 {
        connection.execute("INSERT INTO rows (text) VALUES ('a row of the size that a job run has, more or less')").await?;
    }
    Ok(())
}
