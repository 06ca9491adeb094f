//! PostgreSQL's connections. One goes back to the others without a word to the server: sqlx's own pool sends a message each time.

use super::session::{Session, State};
use crate::clock::Clock;
use crate::store::{Result, StoreError};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// As many are open at once.
const MOST: usize = 16;
/// How long somebody waits for one of them.
const PATIENCE: Duration = Duration::from_secs(10);
/// What is read is in memory most of the time. As if it were on a disk that turns, the server would read small tables from end to end, and go on
/// like that when they have grown: it keeps the plans that it has made.
const PLANNING: &str = "SET random_page_cost = 1.1";
/// One that nobody has needed for so long is closed.
const IDLE_MS: i64 = 600_000;

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
            None => tokio::time::timeout(PATIENCE, self.connect()).await.map_err(|_| unavailable("the server does not answer"))??,
        };
        let session = Some(Session::new(connection));
        Ok(Lent { session, idle: Arc::clone(&self.idle), clock: Arc::clone(&self.clock), place: Some(place) })
    }

    async fn connect(&self) -> Result<PgConnection> {
        let mut connection = PgConnection::connect_with(&self.options).await?;
        sqlx::raw_sql(PLANNING).execute(&mut connection).await?;
        Ok(connection)
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
        lent.session().begin().await?;
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

    pub(super) async fn commit(mut self) -> Result<()> {
        self.session().commit().await
    }

    pub(super) async fn rollback(mut self) -> Result<()> {
        self.session().rollback().await
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(session) = self.session.take() else { return };
        match session.state() {
            // The server takes back what it did as soon as it sees that nobody is there any more.
            State::Busy => {}
            // The others have most likely lost their server, too.
            State::Broken => self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear(),
            State::Ready if session.is_in_transaction() => {
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
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).push_back((self.clock.now_ms(), session.into_connection()));
            }
        }
    }
}

impl Lent {
    fn discard(mut self) {
        self.session = None;
    }
}
