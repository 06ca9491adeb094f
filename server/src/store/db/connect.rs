//! Opening the database, migrating it, and handing out connections.

use super::connection::Inner as ConnectionInner;
use super::listen::Words;
use super::postgres::{self, Pool};
use super::readers::{Lent, Readers};
use super::sqlite::SqliteConnection;
use super::transaction::{Author, Inner as TxInner, PostgresTx};
use super::writer::Writer;
use super::{Connection, EventLog, Tx, migrations, value::values};
use crate::clock::{Clock, Random};
use crate::store::{Result, StoreError};
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection as _};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

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
    /// How this process is told from others on the same database.
    name: Arc<str>,
}

#[derive(Debug)]
pub(super) enum Engine {
    Sqlite { readers: Readers, writer: Writer },
    Postgres(Pool),
}

impl Engine {
    pub(super) async fn read(&self) -> Result<Reader> {
        Ok(Reader(match self {
            Self::Sqlite { readers, .. } => ReaderInner::Sqlite(readers.lend().await?),
            Self::Postgres(pool) => ReaderInner::Postgres(pool.lend().await?),
        }))
    }
}

/// A connection for reading, back in its pool when dropped.
#[derive(Debug)]
pub struct Reader(ReaderInner);

#[derive(Debug)]
enum ReaderInner {
    Sqlite(Lent),
    Postgres(postgres::Lent),
}

impl Reader {
    /// The connection inside.
    pub fn connection(&mut self) -> Connection<'_> {
        Connection(match &mut self.0 {
            ReaderInner::Sqlite(lent) => ConnectionInner::Sqlite(lent.connection()),
            ReaderInner::Postgres(lent) => ConnectionInner::Postgres(lent.session()),
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
            Target::Postgres(url) => open_postgres(url, &clock).await?,
        };
        let name = hex::encode(random.bytes::<8>()).into();
        let db = Self { engine: Arc::new(engine), events, clock, random, name };
        let newest = crate::store::events::newest_sequence(&mut db.read().await?.connection()).await?;
        db.events.announce(newest);
        if let Target::Postgres(url) = target {
            let words =
                Words { url: url.clone(), name: Arc::clone(&db.name), events: Arc::clone(&db.events), engine: Arc::downgrade(&db.engine) };
            tokio::spawn(words.hear_always(Arc::clone(&db.clock)));
        }
        Ok(db)
    }

    /// A connection for reading.
    ///
    /// # Errors
    /// When none can be had.
    pub async fn read(&self) -> Result<Reader> {
        self.engine.read().await
    }

    /// Begins a transaction in the name of `actor`.
    ///
    /// # Errors
    /// When the database cannot be written now.
    pub async fn begin(&self, actor: &str) -> Result<Tx> {
        let inner = match &*self.engine {
            Engine::Sqlite { writer, .. } => TxInner::Sqlite(writer.begin().await?),
            Engine::Postgres(pool) => {
                TxInner::Postgres(PostgresTx { lent: pool.begin().await?, log: Arc::clone(&self.events), name: Arc::clone(&self.name) })
            }
        };
        Ok(Tx::new(inner, self.clock.now_ms(), Author::here(actor), self.random.clone()))
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

    /// Whether transactions queue for one writer, which puts on disk together those that wait.
    #[must_use]
    pub fn has_one_writer(&self) -> bool {
        matches!(&*self.engine, Engine::Sqlite { .. })
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

async fn open_postgres(url: &str, clock: &Arc<dyn Clock>) -> Result<Engine> {
    let options = PgConnectOptions::from_str(url)?.application_name("andon").statement_cache_capacity(512).disable_statement_logging();
    let mut connection = sqlx::PgConnection::connect_with(&options).await?;
    migrate(migrations::migrator().run(&mut connection).await)?;
    connection.close().await?;
    Ok(Engine::Postgres(Pool::new(options, Arc::clone(clock))))
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
