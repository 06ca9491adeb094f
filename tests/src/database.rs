//! A fresh database for each server.

use anyhow::Context;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

/// An empty PostgreSQL database, dropped with this value.
#[derive(Debug)]
pub struct TestDatabase {
    server: String,
    name: String,
    pub url: String,
}

impl TestDatabase {
    /// Makes one where `ANDON_TEST_POSTGRES` names a server.
    ///
    /// # Errors
    /// When the server does not let one be made.
    pub async fn create_where_asked() -> anyhow::Result<Option<Self>> {
        let Ok(server) = std::env::var("ANDON_TEST_POSTGRES") else { return Ok(None) };
        let name = format!("andon_line_{}", hex::encode(rand::random::<[u8; 8]>()));
        execute(&server, format!("CREATE DATABASE {name} TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")).await?;
        let (address, query) =
            server.split_once('?').map_or((server.as_str(), String::new()), |(address, query)| (address, format!("?{query}")));
        let (base, _) = address.rsplit_once('/').context("ANDON_TEST_POSTGRES ends with a database's name")?;
        let url = format!("{base}/{name}{query}");
        Ok(Some(Self { server, name, url }))
    }
}

async fn execute(server: &str, statement: String) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(server).await.context("the PostgreSQL server of ANDON_TEST_POSTGRES")?;
    connection.execute(AssertSqlSafe(statement)).await?;
    Ok(connection.close().await?)
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // The test's own runtime may be ending: another one, on a thread of its own, which is waited for.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(execute(&server, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")))
        });
        let _ = dropping.join();
    }
}
