//! A database that is locked, cannot be written, or goes away.

use super::world::{Line, pipeline};
use crate::http::testing::{Call, call};
use crate::store::db::values;
use crate::store::line::versions;
use crate::store::testing::on_engine;
use crate::store::{Db, Target};
use serde_json::json;
use sqlx::{ConnectOptions, Connection, Executor};
use std::sync::Arc;

const JOBS: &str = "jobs:\n  build: { inputs: [source], steps: [{ run: make }] }\n";

fn publish(token: &str, digit: &str) -> Call {
    call("POST", "resources/p/source/versions").token(token).json(json!({"version": {"commit": digit.repeat(40)}}))
}

/// The request fails as something temporary, and nothing has happened.
async fn refuses(line: &Line, token: &str) {
    let answer = line.world.expect(503, publish(token, "b")).await;
    assert_eq!(answer.headers["content-type"], "application/problem+json");
    assert_eq!((answer.json()["type"].as_str(), answer.headers["retry-after"].to_str().unwrap()), (Some("unavailable"), "1"));
}

async fn works_again(line: &Line, token: &str) {
    assert_eq!(line.versions("source").await.len(), 1, "nothing is half-done");
    line.world.expect(201, publish(token, "b")).await;
    line.comes_to(&["build #1 succeeded source=a", "build #2 succeeded source=b"]).await;
}

#[tokio::test]
async fn a_database_that_another_program_locks_is_said_to_be_busy() {
    on_engine(async |store| {
        let Target::Sqlite(path) = store.target.clone() else { return };
        let line = Line::new(store, &pipeline(JOBS)).await;
        let token = line.world.administrator().await;
        line.commit('a').await;
        line.play(&[]).await;
        let mut other = sqlx::sqlite::SqliteConnectOptions::new().filename(path).connect().await.unwrap();
        other.execute("BEGIN IMMEDIATE").await.unwrap();
        refuses(&line, &token).await;
        other.execute("ROLLBACK").await.unwrap();
        other.close().await.unwrap();
        works_again(&line, &token).await;
    })
    .await;
}

#[tokio::test]
async fn a_database_that_cannot_be_written_is_said_to_be_unavailable() {
    on_engine(async |store| {
        if !matches!(store.target, Target::Sqlite(_)) {
            return;
        }
        let line = Line::new(store, &pipeline(JOBS)).await;
        let token = line.world.administrator().await;
        line.commit('a').await;
        line.play(&[]).await;
        let (target, resource) = (line.world.store.target.clone(), line.resource("source").await.id);
        let mut tx = line.app().db.begin("andon").await.unwrap();
        tx.connection().execute("PRAGMA query_only = 1", values![]).await.unwrap();
        tx.rollback().await.unwrap();
        refuses(&line, &token).await;
        line.world.expect(200, call("GET", "pipelines").token(&token)).await;
        line.end().await;
        let clock = Arc::new(line.world.store.clock.clone());
        let opened_again = Db::open(&target, clock, line.world.store.random.clone()).await.unwrap();
        let found = versions::list(&mut opened_again.read().await.unwrap().connection(), resource, i64::MAX, 9).await.unwrap();
        assert_eq!(found.len(), 1, "nothing is half-done");
        opened_again.begin("andon").await.unwrap().rollback().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_database_server_that_drops_everybody_is_used_again_as_soon_as_it_answers() {
    on_engine(async |store| {
        let Target::Postgres(url) = store.target.clone() else { return };
        let line = Line::new(store, &pipeline(JOBS)).await;
        let token = line.world.administrator().await;
        line.commit('a').await;
        line.play(&[]).await;
        let mut other = sqlx::PgConnection::connect(&url).await.unwrap();
        other
            .execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
            .await
            .unwrap();
        other.close().await.unwrap();
        let mut refused = 0;
        // Each connection of the pool may be found dead once.
        while line.world.send(call("GET", "pipelines").token(&token)).await.status != 200 {
            refused += 1;
            assert!(refused < 40, "it does not come back");
        }
        works_again(&line, &token).await;
    })
    .await;
}
