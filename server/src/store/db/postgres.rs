//! PostgreSQL's connections. Each statement is a message there and back, so nothing is asked here that need not be: a connection goes back
//! to the others without a word to the server, a transaction's events are numbered and written by one statement, and the word to the other
//! servers goes with the commit.

use super::value::Value;
use super::{Connection, connection::Inner};
use crate::clock::Clock;
use crate::store::{Result, StoreError};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// As many are open at once.
const MOST: usize = 16;
/// How long somebody waits for one of them.
const PATIENCE: Duration = Duration::from_secs(10);
/// One that nobody has needed for so long is closed.
const IDLE_MS: i64 = 600_000;
/// Events that are written by one statement; more are numbered first.
const EVENTS: usize = 64;

/// A few connections, opened when they are needed, kept for the next. Who gave one back last is asked first, so that few of them serve most.
#[derive(Debug)]
pub(super) struct Pool {
    options: Box<PgConnectOptions>,
    idle: Arc<Mutex<Idle>>,
    places: Arc<Semaphore>,
    clock: Arc<dyn Clock>,
}

/// Since when each has been idle, the longest first.
type Idle = VecDeque<(i64, PgConnection)>;

/// A connection, and what is known of it without asking.
#[derive(Debug)]
pub(super) struct Session {
    connection: PgConnection,
    state: State,
    in_transaction: bool,
    /// A statement of the transaction was refused: the server would take all of it back at the commit, and not call that an error.
    is_void: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Every message has its answer.
    Ready,
    /// A message is on its way. Who goes away now leaves a connection that nobody else can use.
    Busy,
    /// The server is gone, or does not speak as expected.
    Broken,
}

impl Session {
    fn new(connection: PgConnection) -> Self {
        Self { connection, state: State::Ready, in_transaction: false, is_void: false }
    }

    /// Asks the server something.
    pub(super) async fn ask<A>(&mut self, question: impl AsyncFnOnce(&mut PgConnection) -> Result<A, sqlx::Error>) -> Result<A> {
        self.state = State::Busy;
        let answer = question(&mut self.connection).await;
        self.is_void |= self.in_transaction && answer.is_err();
        self.state = match &answer {
            Err(error) if !is_about_statement(error) => State::Broken,
            _ => State::Ready,
        };
        Ok(answer?)
    }

    /// Statements without values, in one message.
    async fn run(&mut self, sql: String) -> Result<()> {
        tracing::trace!(sql, "message");
        self.ask(async |connection| sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await).await.map(drop)
    }
}

/// Whether the connection goes on as before.
fn is_about_statement(error: &sqlx::Error) -> bool {
    match error {
        // Classes 08 and 57 say that the connection, or the server, comes to its end.
        sqlx::Error::Database(cause) => !cause.code().is_some_and(|code| code.starts_with("08") || code.starts_with("57")),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::ColumnNotFound(_) | sqlx::Error::Decode(_) | sqlx::Error::RowNotFound => true,
        _ => false,
    }
}

/// A connection that goes back when dropped; what was not committed is taken back.
#[derive(Debug)]
pub(super) struct Lent {
    /// `None` once it is on its way back.
    session: Option<Session>,
    idle: Arc<Mutex<Idle>>,
    clock: Arc<dyn Clock>,
    place: Option<OwnedSemaphorePermit>,
}

impl Pool {
    pub(super) fn new(options: PgConnectOptions, clock: Arc<dyn Clock>) -> Self {
        Self { options: Box::new(options), idle: Arc::default(), places: Arc::new(Semaphore::new(MOST)), clock }
    }

    pub(super) async fn lend(&self) -> Result<Lent> {
        let unavailable = |why: &str| StoreError::Unavailable(why.to_owned());
        let place = tokio::time::timeout(PATIENCE, Arc::clone(&self.places).acquire_owned()).await;
        let place = place.map_err(|_| unavailable("every connection is in use"))?.map_err(|_| unavailable("the database is closed"))?;
        let connection = match self.take_idle() {
            Some(connection) => connection,
            None => tokio::time::timeout(PATIENCE, PgConnection::connect_with(&self.options))
                .await
                .map_err(|_| unavailable("the server does not answer"))??,
        };
        let session = Some(Session::new(connection));
        Ok(Lent { session, idle: Arc::clone(&self.idle), clock: Arc::clone(&self.clock), place: Some(place) })
    }

    /// The one that was used last; those that nobody needs go.
    fn take_idle(&self) -> Option<PgConnection> {
        let old = self.clock.now_ms() - IDLE_MS;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, connection) = idle.pop_back()?;
        while idle.front().is_some_and(|(since, _)| *since < old) {
            idle.pop_front();
        }
        Some(connection)
    }

    pub(super) async fn begin(&self) -> Result<Lent> {
        let mut lent = self.lend().await?;
        let session = lent.session();
        session.in_transaction = true;
        session.run("BEGIN".to_owned()).await?;
        Ok(lent)
    }

    /// Waits for what is lent, and closes every connection.
    pub(super) async fn close(&self) {
        let everything = u32::try_from(MOST).unwrap_or(u32::MAX);
        if let Ok(places) = self.places.acquire_many(everything).await {
            self.places.close();
            drop(places);
        }
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for (_, connection) in idle {
            if let Err(error) = connection.close().await {
                tracing::debug!(%error, "a connection to the database did not end in good order");
            }
        }
    }
}

impl Lent {
    pub(super) fn session(&mut self) -> &mut Session {
        self.session.as_mut().expect("it is lent until it is dropped")
    }

    /// Commits, and says `word` to every server.
    pub(super) async fn commit(mut self, word: Option<String>) -> Result<()> {
        let tell = word.map(|word| format!("SELECT pg_notify('andon_events', '{word}'); ")).unwrap_or_default();
        let session = self.session();
        if session.is_void {
            return Err(StoreError::Refused("a statement of the transaction was refused before".to_owned()));
        }
        session.run(format!("{tell}COMMIT")).await?;
        session.in_transaction = false;
        Ok(())
    }

    pub(super) async fn rollback(mut self) -> Result<()> {
        let session = self.session();
        session.run("ROLLBACK".to_owned()).await?;
        session.in_transaction = false;
        Ok(())
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(session) = self.session.take() else { return };
        match session.state {
            // The server takes back what it did as soon as it sees that nobody is there any more.
            State::Busy => {}
            // The others have most likely lost their server, too.
            State::Broken => self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear(),
            State::Ready if session.in_transaction => {
                let back =
                    Self { session: Some(session), idle: Arc::clone(&self.idle), clock: Arc::clone(&self.clock), place: self.place.take() };
                if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                    runtime.spawn(async move {
                        if let Err(error) = back.rollback().await {
                            tracing::debug!(%error, "a transaction was not taken back in good order");
                        }
                    });
                } else {
                    back.discard();
                }
            }
            State::Ready => {
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).push_back((self.clock.now_ms(), session.connection));
            }
        }
    }
}

impl Lent {
    fn discard(mut self) {
        self.session = None;
    }
}

/// Numbers and writes events by one statement; answers the first of their sequences. `None` where there are too many for that. Each row is
/// workspace, kind, body.
pub(super) async fn insert_events(session: &mut Session, (at, actor): (i64, &str), rows: &[[Value; 3]]) -> Result<Option<i64>> {
    if rows.len() > EVENTS {
        return Ok(None);
    }
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let mut values = vec![Value::from(count), Value::from(at), Value::from(actor)];
    let places: Vec<String> = (0..rows.len())
        .map(|row| {
            let first = 4 + 3 * row;
            format!("({}::bigint, ${first}::text, ${}::text, ${}::text)", row + 1, first + 1, first + 2)
        })
        .collect();
    values.extend(rows.iter().flatten().cloned());
    let sql = format!(
        "WITH taken AS (UPDATE counters SET value = value + $1 WHERE name = 'events' RETURNING value), new (place, workspace_id, kind, body) AS \
         (VALUES {}) INSERT INTO events (sequence, at, workspace_id, actor, kind, body) SELECT taken.value - $1 + new.place, $2, \
         new.workspace_id, $3, new.kind, new.body FROM taken, new RETURNING sequence",
        places.join(", ")
    );
    let written = Connection(Inner::Postgres(session)).list_built(sql, values).await?;
    let mut first = None::<i64>;
    for row in &written {
        let sequence = row.get("sequence")?;
        first = Some(first.map_or(sequence, |known| known.min(sequence)));
    }
    match first {
        Some(_) if written.len() == rows.len() => Ok(first),
        _ => Err(StoreError::NotFound { what: "the counter" }),
    }
}
