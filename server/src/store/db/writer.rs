//! SQLite's one writer. Small transactions that queue up behind each other share one commit: each is a savepoint of its own, so that one
//! that fails takes only itself back, and each is acknowledged only after the commit that holds it is on disk.

use super::EventLog;
use crate::store::{Result, StoreError};
use andon_pipelines::event::Recorded;
use sqlx::{Executor, SqliteConnection};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::{Mutex, OwnedMutexGuard, watch};

/// The writer's queue. The mutex is fair: whoever asked first writes first.
#[derive(Debug)]
pub(super) struct Writer {
    state: Arc<Mutex<State>>,
    waiting: Arc<AtomicUsize>,
    events: Arc<EventLog>,
}

#[derive(Debug)]
pub(super) struct State {
    connection: SqliteConnection,
    batch: Option<Batch>,
    /// A savepoint is open whose owner went away without ending it.
    abandoned: bool,
}

/// The open transaction that several small ones share.
#[derive(Debug)]
struct Batch {
    done: watch::Sender<Option<Result<()>>>,
    events: Vec<Recorded>,
    /// Somebody is in the queue whose turn is to commit.
    flush_is_queued: bool,
}

/// The right to write, with a savepoint open.
#[derive(Debug)]
pub(super) struct Turn {
    /// `None` once ended.
    state: Option<OwnedMutexGuard<State>>,
    waiting: Arc<AtomicUsize>,
    log: Arc<EventLog>,
}

/// Counts one in the queue, also when its future is dropped there.
struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    fn enter(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Writer {
    pub(super) fn new(connection: SqliteConnection, events: Arc<EventLog>) -> Self {
        Self { state: Arc::new(Mutex::new(State { connection, batch: None, abandoned: false })), waiting: Arc::default(), events }
    }

    pub(super) async fn begin(&self) -> Result<Turn> {
        let place = Waiting::enter(&self.waiting);
        let mut state = Arc::clone(&self.state).lock_owned().await;
        drop(place);
        let (waiting, log) = (Arc::clone(&self.waiting), Arc::clone(&self.events));
        // In a task of its own: a statement that has begun ends, and the state says so, even if who asked for it has gone. The turn that nobody
        // waits for takes back what it opened.
        let opened = tokio::spawn(async move {
            state.open().await?;
            Ok(Turn { state: Some(state), waiting, log })
        });
        opened.await.unwrap_or_else(|error| Err(StoreError::Unavailable(error.to_string())))
    }

    pub(super) async fn close(&self) -> Result<()> {
        let mut state = self.state.lock().await;
        state.clean().await?;
        if state.batch.is_some() {
            state.flush(&self.events).await?;
        }
        // SQLite folds the write-ahead log into the file when the last connection closes; until then this keeps it short.
        state.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").await?;
        Ok(())
    }
}

impl State {
    /// Opens a savepoint in the batch, and the batch where there is none.
    async fn open(&mut self) -> Result<()> {
        self.clean().await?;
        if self.batch.is_none() {
            self.connection.execute("BEGIN IMMEDIATE").await?;
            self.batch = Some(Batch { done: watch::Sender::new(None), events: Vec::new(), flush_is_queued: false });
        }
        // From here until the turn ends, a dropped future leaves a savepoint behind.
        self.abandoned = true;
        self.connection.execute("SAVEPOINT small").await?;
        Ok(())
    }

    async fn clean(&mut self) -> Result<()> {
        if !self.abandoned {
            return Ok(());
        }
        let cleaned = self.connection.execute("ROLLBACK TO small; RELEASE small").await;
        // Only now: who goes away in the midst of it leaves the rest to the next.
        self.abandoned = false;
        if cleaned.is_err() {
            // The savepoint never came to be, or SQLite gave the whole transaction up: everyone in the batch has to hear it.
            if let Some(batch) = self.batch.take() {
                let _ = self.connection.execute("ROLLBACK").await;
                batch.done.send_replace(Some(Err(StoreError::Unavailable("the transaction was rolled back".to_owned()))));
            }
        }
        Ok(())
    }

    /// Commits the batch and tells everyone in it.
    async fn flush(&mut self, log: &EventLog) -> Result<()> {
        let Some(batch) = self.batch.take() else { return Ok(()) };
        let committed = match self.connection.execute("COMMIT").await {
            Ok(_) => Ok(()),
            Err(error) => {
                let _ = self.connection.execute("ROLLBACK").await;
                Err(StoreError::from(error))
            }
        };
        if committed.is_ok() {
            log.publish(batch.events);
        }
        batch.done.send_replace(Some(committed.clone()));
        committed
    }
}

impl Turn {
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.state.as_mut().expect("a turn holds the writer until it ends").connection
    }

    /// Ends the turn; returns when what it wrote is on disk.
    pub(super) async fn commit(mut self, events: Vec<Recorded>) -> Result<()> {
        let mut state = self.state.take().expect("a turn holds the writer until it ends");
        state.connection.execute("RELEASE small").await?;
        state.abandoned = false;
        let (others_wait, log) = (self.waiting.load(Ordering::SeqCst) > 0, Arc::clone(&self.log));
        let batch = state.batch.as_mut().expect("a turn has a batch");
        batch.events.extend(events);
        if !others_wait && !batch.flush_is_queued {
            // In a task of its own: once begun, a commit ends, even if who asked for it has gone.
            return tokio::spawn(async move { state.flush(&log).await })
                .await
                .unwrap_or_else(|error| Err(StoreError::Unavailable(error.to_string())));
        }
        let mut done = batch.done.subscribe();
        if !batch.flush_is_queued {
            batch.flush_is_queued = true;
            let mutex = Arc::clone(OwnedMutexGuard::mutex(&state));
            let place = Waiting::enter(&self.waiting);
            tokio::spawn(async move {
                let mut state = mutex.lock_owned().await;
                drop(place);
                // Whatever stands ahead in the queue has joined the batch by now.
                if state.clean().await.is_ok() {
                    let _ = state.flush(&log).await;
                }
            });
            // The flush has to stand in the queue before anyone who comes later.
            tokio::task::yield_now().await;
        }
        drop(state);
        match done.wait_for(Option::is_some).await {
            Ok(result) => result.clone().expect("waited for it"),
            Err(_) => Err(StoreError::Unavailable("the writer went away".to_owned())),
        }
    }

    /// Ends the turn and takes back what it wrote.
    pub(super) async fn rollback(mut self) -> Result<()> {
        let mut state = self.state.take().expect("a turn holds the writer until it ends");
        let log = Arc::clone(&self.log);
        state.clean().await?;
        let alone =
            state.batch.as_ref().is_some_and(|batch| batch.events.is_empty() && batch.done.receiver_count() == 0 && !batch.flush_is_queued);
        if alone { state.flush(&log).await } else { Ok(()) }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // The next in the queue takes the abandoned savepoint back; a batch with members has its flush in the queue already. A batch
        // without members is closed here, so that an idle server holds no lock.
        let Some(mut state) = self.state.take() else { return };
        let log = Arc::clone(&self.log);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if state.clean().await.is_ok() && state.batch.as_ref().is_some_and(|batch| !batch.flush_is_queued) {
                    let _ = state.flush(&log).await;
                }
            });
        }
    }
}
