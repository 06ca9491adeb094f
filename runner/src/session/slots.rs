//! The runner's slots: who has one, and how much work may wait here for one. A job that is shorter than the way to the server and back would leave
//! its slot empty for most of the time; so while jobs are brief, the runner takes a few ahead. What has to wait for long after all goes back to the
//! server, for somebody else.

use andon_pipelines::ids::ExecutionId;
use futures::{FutureExt, future::BoxFuture};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

/// At least so many may wait while jobs are brief: with few slots, that is how many end on the way to the server and back.
const LEAST_AHEAD: u32 = 4;
/// So long may wait what was taken ahead.
const PATIENCE: Duration = Duration::from_millis(250);

#[derive(Debug)]
pub struct Slots {
    count: u32,
    /// An execution that ends within this is brief.
    brief: Duration,
    free: Arc<Semaphore>,
    pace: Mutex<Pace>,
}

#[derive(Debug, Default)]
struct Pace {
    /// When those that have a slot got it.
    begun: BTreeMap<ExecutionId, Instant>,
    /// How many have been brief, one after the other.
    brief: u32,
}

/// A place in the queue for a slot.
pub enum Turn {
    Come(OwnedSemaphorePermit),
    Waiting(BoxFuture<'static, Option<OwnedSemaphorePermit>>),
}

/// A slot. Dropping it frees it.
pub struct Slot {
    slots: Arc<Slots>,
    execution: ExecutionId,
    _permit: OwnedSemaphorePermit,
}

impl Slots {
    pub fn new(count: u32, brief: Duration) -> Arc<Self> {
        Arc::new(Self { count, brief, free: Arc::new(Semaphore::new(count as usize)), pace: Mutex::default() })
    }

    /// Slots are given in the order of these calls.
    pub fn queue(&self) -> Turn {
        let mut waiting = Arc::clone(&self.free).acquire_owned().map(Result::ok).boxed();
        // The first look takes the place.
        match (&mut waiting).now_or_never() {
            Some(Some(permit)) => Turn::Come(permit),
            _ => Turn::Waiting(waiting),
        }
    }

    /// Waits for the turn; the execution has a slot then. `None` if it waits for too long.
    pub async fn take(self: &Arc<Self>, execution: ExecutionId, turn: Turn) -> Option<Slot> {
        let permit = match turn {
            Turn::Come(permit) => permit,
            Turn::Waiting(waiting) => tokio::time::timeout(PATIENCE, waiting).await.ok()??,
        };
        self.lock().begun.insert(execution, Instant::now());
        Some(Slot { slots: Arc::clone(self), execution, _permit: permit })
    }

    /// How many executions may wait for a slot.
    pub fn count_ahead(&self) -> u32 {
        let pace = self.lock();
        let is_brief = pace.brief >= self.count && pace.begun.values().all(|begun| begun.elapsed() < self.brief);
        if is_brief { self.count.max(LEAST_AHEAD) } else { 0 }
    }

    fn lock(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut pace = self.slots.lock();
        let was_brief = pace.begun.remove(&self.execution).is_some_and(|begun| begun.elapsed() < self.slots.brief);
        pace.brief = if was_brief { pace.brief.saturating_add(1) } else { 0 };
    }
}
