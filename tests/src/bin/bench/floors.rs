//! What the machine itself takes.

use crate::clock::Stopwatch;
use anyhow::ensure;
use futures::{StreamExt, TryStreamExt};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Executor, SqliteConnection};
use std::path::Path;
use std::process::Stdio;
use tokio::process::Command;
use tokio::sync::mpsc;

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

/// Carries so many jobs, `at_once` at a time, with the least that a server has to do for one: the script as a process whose output goes into a
/// file of its own, and three rows on disk: queued, begun and ended. No process waits for a row; rows that wait for the disk at the same time share a
/// commit. Answers milliseconds until the last row is on disk.
pub async fn carry_jobs(folder: &Path, (script, times): (&str, usize), at_once: usize) -> anyhow::Result<f64> {
    let mut database = open_database(folder).await?;
    let logs = tempfile::tempdir_in(folder)?;
    let (rows, mut waiting) = mpsc::unbounded_channel();
    let watch = Stopwatch::start();
    let writing = async move {
        let mut together = Vec::new();
        while waiting.recv_many(&mut together, times).await > 0 {
            insert_rows(&mut database, together.len()).await?;
            together.clear();
        }
        anyhow::Ok(())
    };
    let carrying = async move {
        for _ in 0..times {
            rows.send(())?;
        }
        let jobs = futures::stream::iter(0..times).map(|number| {
            let (rows, log) = (rows.clone(), logs.path().join(number.to_string()));
            async move {
                rows.send(())?;
                run_logged(script, &log).await?;
                anyhow::Ok(rows.send(())?)
            }
        });
        jobs.buffer_unordered(at_once).try_collect::<Vec<()>>().await
    };
    tokio::try_join!(writing, carrying)?;
    Ok(watch.ms())
}

async fn run_logged(script: &str, log: &Path) -> anyhow::Result<()> {
    let log = std::fs::File::create(log)?;
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", script]).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    ensure!(command.status().await?.success(), "{script:?} failed");
    Ok(())
}

/// So many rows by one commit.
async fn insert_rows(connection: &mut SqliteConnection, count: usize) -> anyhow::Result<()> {
    let rows = vec!["('a row of the size that a job run has, more or less')"; count];
    connection.execute(sqlx::AssertSqlSafe(format!("INSERT INTO rows (text) VALUES {}", rows.join(", ")))).await?;
    Ok(())
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
