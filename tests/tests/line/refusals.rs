//! What is refused says why, and what would be right.

use andon_tests::{Checkout, Output, Server, ServerOptions, find_binary, run_program};
use anyhow::ensure;
use reqwest::{Method, StatusCode};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor};
use std::path::Path;
use tokio::process::Command;

async fn push(server: &Server, url: &str) -> anyhow::Result<Output> {
    let checkout = Checkout::new().await?;
    checkout.commit("file", "content").await?;
    let pushed = checkout.push(url).await?;
    ensure!(!server.data().join("repositories/main/secret.git").exists(), "a refused push makes no repository");
    Ok(pushed)
}

#[tokio::test]
async fn strangers_and_viewers_are_told_why_not() -> anyhow::Result<()> {
    let server = ServerOptions::new().with(&["--no-runner"]).start().await?;
    let viewer = server.create_token("viewer", &["--role", "viewer"]).await?;
    let broken = format!("{}x", server.api.token);

    let pushed = push(&server, &server.repository("secret", &broken)).await?;
    ensure!(pushed.code != 0 && pushed.stderr.contains("is wrong"), "a wrong token: {}", pushed.stderr);
    let pushed = push(&server, &server.repository("secret", &viewer)).await?;
    ensure!(pushed.code != 0 && pushed.stderr.contains("role"), "a viewer: {}", pushed.stderr);
    let elsewhere = server.repository("secret", &server.api.token).replace("/git/main/", "/git/nowhere/");
    let pushed = push(&server, &elsewhere).await?;
    ensure!(pushed.code != 0 && pushed.stderr.contains("nowhere"), "an unknown workspace: {}", pushed.stderr);

    let stranger = server.api.with_token(&broken);
    let answer = stranger.send(stranger.request(Method::GET, "runs")).await?;
    ensure!(answer.status == StatusCode::UNAUTHORIZED && answer.text.contains("token"), "{answer:?}");
    let listed = run_program(server.client_command(&broken, &["runs"]), "").await?;
    ensure!(listed.code == 1 && listed.stderr.contains("token") && listed.stderr.contains("andon login"), "{listed:?}");
    let looked = server.api.with_token(&viewer);
    let answer = looked.send(looked.request(Method::PUT, "secrets/x").json(&serde_json::json!({ "value": "v" }))).await?;
    ensure!(answer.status == StatusCode::FORBIDDEN && answer.text.contains("role"), "{answer:?}");
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_away_is_told_apart_from_one_that_refuses() -> anyhow::Result<()> {
    let mut server = ServerOptions::new().with(&["--no-runner"]).start().await?;
    server.kill().await?;
    let listed = server.andon(&["runs"]).await?;
    ensure!(listed.code == 3 && listed.stderr.contains(&server.api.url), "{listed:?}");
    Ok(())
}

fn server_command(data: &Path, database: &str) -> anyhow::Result<Vec<String>> {
    let binary = find_binary("debug")?.display().to_string();
    let words = ["server", "--listen", "127.0.0.1:0", "--no-runner", "--database", database, "--data"];
    Ok([binary].into_iter().chain(words.map(str::to_owned)).chain([data.display().to_string()]).collect())
}

async fn run_words(words: &[String], home: &Path) -> anyhow::Result<Output> {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).env("HOME", home).env("NO_COLOR", "1");
    run_program(command, "").await
}

fn ensure_refused(output: &Output, part: &str) -> anyhow::Result<()> {
    ensure!(output.code == 1, "exit code {}: {}", output.code, output.stderr);
    ensure!(output.stderr.contains("database") && output.stderr.contains(part), "{part:?} is not in: {}", output.stderr);
    ensure!(!output.stdout.contains("listening"), "it must not answer without its database");
    ensure!(!output.stderr.contains("panicked"), "{}", output.stderr);
    Ok(())
}

#[tokio::test]
async fn a_database_that_is_away_or_spoilt_ends_the_start() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let away = run_words(&server_command(&data, "postgres://andon:hidden@127.0.0.1:1/andon")?, folder.path()).await?;
    ensure_refused(&away, "127.0.0.1:1")?;
    ensure!(!away.stderr.contains("hidden"), "the password shows: {}", away.stderr);
    let spoilt = folder.path().join("spoilt.sqlite");
    std::fs::write(&spoilt, "this has never been a database\n".repeat(100))?;
    let output = run_words(&server_command(&data, &format!("sqlite:{}", spoilt.display()))?, folder.path()).await?;
    ensure_refused(&output, "spoilt.sqlite")?;
    ensure!(std::fs::read(&spoilt)?.starts_with(b"this has never"), "a file that is no database is left as it is");
    let nowhere = run_words(&server_command(&data, "sqlite:/nonexistent/folder/andon.sqlite")?, folder.path()).await?;
    ensure_refused(&nowhere, "/nonexistent/folder/andon.sqlite")
}

#[tokio::test]
async fn a_database_that_cannot_be_written_ends_the_start() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (data, kept) = (folder.path().join("data"), folder.path().join("kept"));
    std::fs::create_dir(&kept)?;
    let file = kept.join("andon.sqlite");
    let mut connection = SqliteConnectOptions::new().filename(&file).create_if_missing(true).connect().await?;
    connection.execute("CREATE TABLE kept (id INTEGER)").await?;
    let words = server_command(&data, &format!("sqlite:{}", file.display()))?;

    // Read-only also for root: the folder is mounted so.
    let kept = kept.display().to_string();
    let mount = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", &kept, &kept, "--"].map(str::to_owned);
    let output = run_words(&[&mount[..], &words].concat(), folder.path()).await?;
    ensure_refused(&output, "andon.sqlite")?;

    connection.execute("BEGIN EXCLUSIVE").await?;
    let output = run_words(&words, folder.path()).await?;
    ensure_refused(&output, "locked")?;
    connection.execute("ROLLBACK").await?;
    Ok(connection.close().await?)
}
