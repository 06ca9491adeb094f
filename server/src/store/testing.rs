//! Stores for tests: a fresh SQLite file, or a fresh PostgreSQL database where `ANDON_TEST_POSTGRES` names a server. The suite runs with each.

use super::{Db, Target};
use crate::clock::{Clock, Random, TestClock};
use futures::FutureExt;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tempfile::TempDir;

/// What the clocks of tests show at first: 2023-11-14.
pub const START_MS: i64 = 1_700_000_000_000;

/// A migrated, empty store, a folder of its own, and the clock that both go by.
#[derive(Debug)]
pub struct TestStore {
    pub db: Db,
    pub target: Target,
    pub clock: TestClock,
    pub random: Random,
    pub folder: TempDir,
}

impl TestStore {
    /// # Panics
    /// When the store cannot be opened.
    async fn open(target: impl FnOnce(&TempDir) -> Target) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let target = target(&folder);
        let clock = TestClock::new(START_MS);
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        // Real randomness: two stores of one test must not make the same identifiers.
        let random = Random::system(Arc::clone(&shared));
        let db = Db::open(&target, shared, random.clone()).await.expect("an empty store opens");
        Self { db, target, clock, random, folder }
    }
}

/// Runs a test on an empty SQLite store: for what is done otherwise on a server.
///
/// # Panics
/// When the test does, or a store cannot be made.
pub async fn on_sqlite(test: impl AsyncFn(TestStore)) {
    test(TestStore::open(|folder| Target::Sqlite(folder.path().join("andon.sqlite"))).await).await;
}

/// Runs a test on an empty store of the engine that this run of the suite is about. The PostgreSQL database is dropped at the end, whatever the
/// test does.
///
/// # Panics
/// When the test does, or a store cannot be made.
pub async fn on_engine(test: impl AsyncFn(TestStore)) {
    let Ok(server) = std::env::var("ANDON_TEST_POSTGRES") else { return on_sqlite(test).await };
    let name = create_database(&server).await;
    let store = TestStore::open(|_| Target::Postgres(replace_database(&server, &name))).await;
    let ended = AssertUnwindSafe(test(store)).catch_unwind().await;
    run_on_server(&server, format!("DROP DATABASE {name} WITH (FORCE)")).await;
    if let Err(panic) = ended {
        std::panic::resume_unwind(panic);
    }
}

async fn create_database(server: &str) -> String {
    let random = Random::system(Arc::new(TestClock::new(START_MS)));
    let name = format!("andon_test_{}", hex::encode(random.bytes::<8>()));
    run_on_server(server, format!("CREATE DATABASE {name} TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")).await;
    name
}

async fn run_on_server(server: &str, statement: String) {
    let mut connection = PgConnection::connect(server).await.expect("the PostgreSQL server of ANDON_TEST_POSTGRES answers");
    connection.execute(AssertSqlSafe(statement)).await.expect("the PostgreSQL server makes and drops databases");
    connection.close().await.expect("the connection ends");
}

/// The URL with another database: the last part of its path.
fn replace_database(url: &str, name: &str) -> String {
    let (address, query) = url.split_once('?').map_or((url, String::new()), |(address, query)| (address, format!("?{query}")));
    let after_scheme = address.find("://").map_or(0, |at| at + 3);
    let server = address[after_scheme..].find('/').map_or(address, |at| &address[..after_scheme + at]);
    format!("{server}/{name}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_leads_to_another_database_of_the_same_server() {
        assert_eq!(replace_database("postgres://u@h:5/postgres?a=b", "t"), "postgres://u@h:5/t?a=b");
        assert_eq!(replace_database("postgres://u@h", "t"), "postgres://u@h/t");
    }
}
