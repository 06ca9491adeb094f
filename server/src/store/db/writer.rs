//! SQLite's one writer. Small transactions that queue up behind each other share one commit: each but the first is a savepoint of its own,
//! so that one that fails takes only itself back, and each is acknowledged only after the commit that holds it is on disk.

use super::EventLog;
use super::sqlite::SqliteConnection;
use crate::store::{Result, StoreError};
use andon_pipelines::event::Recorded;
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
    /// What is taken back if its owner goes away without ending it.
    open: Option<Extent>,
}

/// How much of the open transaction belongs to one turn.
#[derive(Clone, Copy, Debug)]
enum Extent {
    /// All of it: the turn opened it, and nobody else has written yet. A savepoint would cost a copy of every page that is changed.
    Whole,
    Savepoint,
}

/// The open transaction that several small ones share.
#[derive(Debug)]
struct Batch {
    done: watch::Sender<Option<Result<()>>>,
    events: Vec<Recorded>,
    /// Somebody is in the queue whose turn is to commit.
    flush_is_queued: bool,
}

/// The right to write. Dropping it takes back what it wrote.
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
        Self { state: Arc::new(Mutex::new(State { connection, batch: None, open: None })), waiting: Arc::default(), events }
    }

    pub(super) async fn begin(&self) -> Result<Turn> {
        let place = Waiting::enter(&self.waiting);
        let state = Arc::clone(&self.state).lock_owned().await;
        drop(place);
        let mut turn = Turn { state: Some(state), waiting: Arc::clone(&self.waiting), log: Arc::clone(&self.events) };
        match turn.state_mut().open(SqliteConnection::run_at_once) {
            Ok(()) => Ok(turn),
            // Another program writes: wait for it where waiting stops nobody.
            Err(StoreError::Locked) => off_the_way(move || turn.state_mut().open(SqliteConnection::run).map(|()| turn)).await,
            Err(error) => Err(error),
        }
    }

    pub(super) async fn close(&self) -> Result<()> {
        let mut state = Arc::clone(&self.state).lock_owned().await;
        state.clean();
        let log = Arc::clone(&self.events);
        off_the_way(move || {
            state.flush(&log)?;
            // SQLite folds the write-ahead log into the file when the last connection closes; until then this keeps it short.
            state.connection.run("PRAGMA wal_checkpoint(TRUNCATE)")
        })
        .await
    }
}

/// What waits for the disk or for another program, on a thread that may. Once begun it ends, even if who asked for it has gone.
async fn off_the_way<A: Send + 'static>(work: impl FnOnce() -> Result<A> + Send + 'static) -> Result<A> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(StoreError::Unavailable(error.to_string())))
}

impl Batch {
    fn new() -> Self {
        Self { done: watch::Sender::new(None), events: Vec::new(), flush_is_queued: false }
    }
}

impl State {
    /// Opens a savepoint in the batch, or the batch, by `run`, where there is none.
    fn open(&mut self, run: fn(&mut SqliteConnection, &str) -> Result<()>) -> Result<()> {
        self.clean();
        let extent = match self.batch {
            Some(_) => {
                self.connection.run("SAVEPOINT small")?;
                Extent::Savepoint
            }
            None => {
                run(&mut self.connection, "BEGIN IMMEDIATE")?;
                self.batch = Some(Batch::new());
                Extent::Whole
            }
        };
        // From here until the turn ends, who goes away leaves it behind.
        self.open = Some(extent);
        Ok(())
    }

    /// Takes back what somebody left.
    fn clean(&mut self) {
        let taken_back = match self.open.take() {
            None => return,
            // Nobody else is in the batch.
            Some(Extent::Whole) => Err(StoreError::Unavailable("the transaction was not ended".to_owned())),
            Some(Extent::Savepoint) => self.connection.run("ROLLBACK TO small").and_then(|()| self.connection.run("RELEASE small")),
        };
        if taken_back.is_err()
            && let Some(batch) = self.batch.take()
        {
            // Where SQLite gave the whole transaction up, everyone in the batch has to hear it.
            let _ = self.connection.run("ROLLBACK");
            batch.done.send_replace(Some(Err(StoreError::Unavailable("the transaction was rolled back".to_owned()))));
        }
    }

    /// Commits the batch, if there is one, and tells everyone in it.
    fn flush(&mut self, log: &EventLog) -> Result<()> {
        let Some(batch) = self.batch.take() else { return Ok(()) };
        let committed = self.connection.run("COMMIT").inspect_err(|_| {
            let _ = self.connection.run("ROLLBACK");
        });
        if committed.is_ok() {
            log.publish(batch.events);
        }
        batch.done.send_replace(Some(committed.clone()));
        committed
    }
}

impl Turn {
    fn state_mut(&mut self) -> &mut State {
        self.state.as_mut().expect("a turn holds the writer until it ends")
    }

    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.state_mut().connection
    }

    /// Ends the turn; returns when what it wrote is on disk.
    pub(super) async fn commit(mut self, events: Vec<Recorded>) -> Result<()> {
        let mut state = self.state.take().expect("a turn holds the writer until it ends");
        if let Some(Extent::Savepoint) = state.open
            && let Err(error) = state.connection.run("RELEASE small")
        {
            state.clean();
            return Err(error);
        }
        state.open = None;
        let (others_wait, log) = (self.waiting.load(Ordering::SeqCst) > 0, Arc::clone(&self.log));
        let batch = state.batch.as_mut().expect("a turn has a batch");
        batch.events.extend(events);
        if !others_wait && !batch.flush_is_queued {
            return off_the_way(move || state.flush(&log)).await;
        }
        let mut done = batch.done.subscribe();
        if !batch.flush_is_queued {
            batch.flush_is_queued = true;
            queue_flush(&state, Waiting::enter(&self.waiting), log).await;
        }
        drop(state);
        match done.wait_for(Option::is_some).await {
            Ok(result) => result.clone().expect("waited for it"),
            Err(_) => Err(StoreError::Unavailable("the writer went away".to_owned())),
        }
    }
}

/// Puts the flush into the writer's queue, before anyone who comes later: whatever stands ahead joins the batch.
async fn queue_flush(state: &OwnedMutexGuard<State>, place: Waiting, log: Arc<EventLog>) {
    let mut turn = Box::pin(Arc::clone(OwnedMutexGuard::mutex(state)).lock_owned());
    // The first look takes the place in the queue. The writer is held here, so it is not given yet.
    let _ = futures::poll!(&mut turn);
    tokio::spawn(async move {
        let mut state = turn.await;
        drop(place);
        state.clean();
        let _ = off_the_way(move || state.flush(&log)).await;
    });
}

impl Drop for Turn {
    fn drop(&mut self) {
        // A batch without members is closed here, so that an idle server holds no lock; one with members has its flush in the queue already.
        let Some(mut state) = self.state.take() else { return };
        state.clean();
        if state.batch.as_ref().is_some_and(|batch| !batch.flush_is_queued) {
            let _ = state.flush(&self.log);
        }
    }
}
