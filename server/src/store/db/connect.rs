//! Opening the database, migrating it, and handing out connections.

use super::connection::Inner as ConnectionInner;
use super::readers::{Lent, Readers};
use super::sqlite::SqliteConnection;
use super::transaction::Inner as TxInner;
use super::writer::Writer;
use super::{Connection, EventLog, Tx, migrations, value::values};
use crate::clock::{Clock, Random};
use crate::store::{Result, StoreError};
use sqlx::postgres::{PgConnectOptions, PgListener, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection as _, Postgres, pool::PoolConnection};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// Where the state is kept: `sqlite:FILE` or `postgres://…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Sqlite(PathBuf),
    Postgres(String),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err("sqlite: needs a file, as in sqlite:andon.sqlite".to_owned());
            }
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        Err(format!("the database {text:?} is neither sqlite:FILE nor postgres://USER@HOST/NAME"))
    }
}

/// As it is given, but for a password.
impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => f.write_str(&crate::config::mask(url)),
        }
    }
}

/// The state store.
#[derive(Clone, Debug)]
pub struct Db {
    engine: Arc<Engine>,
    events: Arc<EventLog>,
    clock: Arc<dyn Clock>,
    random: Random,
}

#[derive(Debug)]
enum Engine {
    Sqlite { readers: Readers, writer: Writer },
    Postgres(PgPool),
}

/// A connection for reading, back in its pool when dropped.
#[derive(Debug)]
pub struct Reader(ReaderInner);

#[derive(Debug)]
enum ReaderInner {
    Sqlite(Lent),
    Postgres(PoolConnection<Postgres>),
}

impl Reader {
    /// The connection inside.
    pub fn connection(&mut self) -> Connection<'_> {
        Connection(match &mut self.0 {
            ReaderInner::Sqlite(lent) => ConnectionInner::Sqlite(lent.connection()),
            ReaderInner::Postgres(connection) => ConnectionInner::Postgres(connection),
        })
    }
}

impl Db {
    /// Opens the database and brings its tables up to date.
    ///
    /// # Errors
    /// When it cannot be reached, read or written, or was made by a newer program.
    pub async fn open(target: &Target, clock: Arc<dyn Clock>, random: Random) -> Result<Self> {
        let events = Arc::new(EventLog::new(0));
        let engine = match target {
            Target::Sqlite(path) => open_sqlite(path, &events).await?,
            Target::Postgres(url) => open_postgres(url).await?,
        };
        let db = Self { engine: Arc::new(engine), events, clock, random };
        let newest = crate::store::events::newest_sequence(&mut db.read().await?.connection()).await?;
        db.events.announce(newest);
        if let Target::Postgres(url) = target {
            db.listen(url.clone());
        }
        Ok(db)
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// When none can be had.
    pub async fn read(&self) -> Result<Reader> {
        Ok(Reader(match &*self.engine {
            Engine::Sqlite { readers, .. } => ReaderInner::Sqlite(readers.lend().await?),
            Engine::Postgres(pool) => ReaderInner::Postgres(pool.acquire().await?),
        }))
    }

    /// Begins a transaction in the name of `actor`.
    ///
    /// # Errors
    /// When the database cannot be written now.
    pub async fn begin(&self, actor: &str) -> Result<Tx> {
        let inner = match &*self.engine {
            Engine::Sqlite { writer, .. } => TxInner::Sqlite(writer.begin().await?),
            Engine::Postgres(pool) => TxInner::Postgres(pool.begin().await?, Arc::clone(&self.events)),
        };
        Ok(Tx::new(inner, self.clock.now_ms(), actor.to_owned(), self.random.clone()))
    }

    /// The event stream of this process.
    #[must_use]
    pub fn events(&self) -> &EventLog {
        &self.events
    }

    /// Makes known that the store holds events up to `newest`, whoever wrote them.
    pub fn announce_events(&self, newest: i64) {
        self.events.announce(newest);
    }

    /// The clause behind a SELECT whose rows nobody else may change until the transaction ends. Servers that claim from one table come one after
    /// the other with it, each seeing what the one before it left: skipping what another holds would send a runner to sleep although there is
    /// work, because a claim looks at more than it takes.
    #[must_use]
    pub fn row_lock(&self) -> &'static str {
        match &*self.engine {
            // One writer: nobody else changes anything meanwhile.
            Engine::Sqlite { .. } => "",
            Engine::Postgres(_) => "FOR UPDATE",
        }
    }

    /// Whether a statement is a call in this process. Where it is a message to a server, short transactions side by side carry more than a long
    /// one.
    #[must_use]
    pub fn answers_in_process(&self) -> bool {
        matches!(&*self.engine, Engine::Sqlite { .. })
    }

    /// Writes out what is open and closes every connection.
    ///
    /// # Errors
    /// Whatever the database says at the end.
    pub async fn close(&self) -> Result<()> {
        match &*self.engine {
            Engine::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await
            }
            Engine::Postgres(pool) => {
                pool.close().await;
                Ok(())
            }
        }
    }

    /// Hears what other servers on the same database commit. A connection that breaks is made anew; what was missed meanwhile is found by
    /// the engine's tick.
    fn listen(&self, url: String) {
        let (events, clock, engine) = (Arc::clone(&self.events), Arc::clone(&self.clock), Arc::downgrade(&self.engine));
        tokio::spawn(async move {
            while engine.strong_count() > 0 {
                if let Err(error) = hear(&url, &events).await {
                    tracing::warn!(%error, "the database's notifications are interrupted; listening again in a second");
                }
                clock.sleep_until(clock.now_ms() + 1_000).await;
            }
        });
    }
}

async fn hear(url: &str, events: &EventLog) -> std::result::Result<(), sqlx::Error> {
    let mut listener = PgListener::connect(url).await?;
    listener.listen("andon_events").await?;
    loop {
        let notification = listener.recv().await?;
        if let Ok(newest) = notification.payload().parse() {
            events.announce(newest);
        }
    }
}

async fn open_sqlite(path: &std::path::Path, events: &Arc<EventLog>) -> Result<Engine> {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
    let mut connection = options.disable_statement_logging().connect().await?;
    migrate(migrations::migrator().run(&mut connection).await)?;
    let writer = Writer::new(SqliteConnection::open(path, false)?, Arc::clone(events));
    // Only now: the last connection to close takes the write-ahead log with it.
    connection.close().await?;
    Ok(Engine::Sqlite { readers: Readers::new(path.to_owned()), writer })
}

async fn open_postgres(url: &str) -> Result<Engine> {
    let options = PgConnectOptions::from_str(url)?.application_name("andon").statement_cache_capacity(512).disable_statement_logging();
    let mut connection = sqlx::PgConnection::connect_with(&options).await?;
    migrate(migrations::migrator().run(&mut connection).await)?;
    connection.close().await?;
    let pool = PgPoolOptions::new()
        .max_connections(16)
        .test_before_acquire(false)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(options)
        .await?;
    Ok(Engine::Postgres(pool))
}

fn migrate(outcome: std::result::Result<(), sqlx::migrate::MigrateError>) -> Result<()> {
    use sqlx::migrate::MigrateError;
    outcome.map_err(|error| match error {
        MigrateError::VersionMissing(version) => StoreError::Refused(format!(
            "the database was written by a newer andon (it has migration {version}, unknown here): start that one"
        )),
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) => cause.into(),
        other => StoreError::Refused(format!("the database cannot be brought up to date: {other}")),
    })
}

/// Whether a value can be read at all: for `/readyz`.
pub(crate) async fn ping(db: &Db) -> Result<()> {
    db.read().await?.connection().get("the counter", "SELECT value FROM counters WHERE name = $1", values!["events"]).await.map(drop)
}
