//! All lanes of a runner, and the handle through which an execution reports.

use super::{
    lane::{Lane, NotKept, Room},
    spool::{Found, Spool},
};
use crate::clock::Clock;
use andon_pipelines::{
    ids::ExecutionId,
    wire::{Outcome, Report, ReportAnswer, ReportBody},
};
use anyhow::Context;
use std::{
    collections::{BTreeMap, VecDeque},
    ops::Bound,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::Notify;

/// How many executions that have ended are remembered. An answer that is on its way for so many is not worth waiting for.
const REMEMBERED: usize = 1_024;
/// How long a report waits for room in memory before the disk is used. A job that prints faster than the server writes is slowed down; only one
/// whose server takes nothing is worth the disk.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long a report that fits nowhere waits before it is tried again, even if nothing was acknowledged.
const FULL_PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub struct Outbox {
    lanes: Mutex<Lanes>,
    dir: PathBuf,
    memory_bytes: usize,
    clock: Arc<dyn Clock>,
    work: Notify,
    room: Notify,
    released: Notify,
}

#[derive(Debug, Default)]
struct Lanes {
    by_execution: BTreeMap<ExecutionId, Lane>,
    /// The server cannot be reached: every report goes to disk at once.
    away: bool,
    /// The execution that came last in a batch; the next batch begins after it.
    cursor: Option<ExecutionId>,
    /// Somebody waits for something that is in no batch yet.
    urgent: bool,
    /// What has ended lately: what the server repeats late is not begun again.
    ended: VecDeque<ExecutionId>,
}

impl Outbox {
    /// An outbox whose spool is the folder `dir`, with what an earlier life left there. Executions that were running then
    /// are finished as errored, `runner-lost`.
    pub fn open(dir: PathBuf, memory_bytes: usize, clock: Arc<dyn Clock>) -> anyhow::Result<Arc<Self>> {
        std::fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
        let mut lanes = Lanes::default();
        for Found { execution, spool, last } in Spool::list_left(&dir)? {
            let Some(last) = last else {
                spool.remove();
                continue;
            };
            let mut lane = Lane::resume(execution, spool, &last);
            if !lane.is_finished() {
                let room = Room { memory_bytes, to_disk: true, is_patient: false, dir: &dir };
                lane.push(clock.now_ms(), end_lost(), &room)
                    .map_err(|lost| lost.error.unwrap_or_else(|| std::io::ErrorKind::OutOfMemory.into()))
                    .with_context(|| format!("cannot write to {}", dir.display()))?;
            }
            tracing::info!(%execution, "reports of an earlier life wait for the server");
            lanes.by_execution.insert(execution, lane);
        }
        Ok(Arc::new(Self {
            lanes: Mutex::new(lanes),
            dir,
            memory_bytes,
            clock,
            work: Notify::new(),
            room: Notify::new(),
            released: Notify::new(),
        }))
    }

    /// Begins an execution. `None` if it is known already: the server has repeated itself.
    pub fn begin(self: &Arc<Self>, execution: ExecutionId) -> Option<Reporter> {
        let mut lanes = self.lock();
        if lanes.by_execution.contains_key(&execution) || lanes.ended.contains(&execution) {
            return None;
        }
        lanes.by_execution.insert(execution, Lane::new(execution));
        Some(Reporter { outbox: Arc::clone(self), execution })
    }

    /// Waits until there may be something to send.
    pub async fn wait_for_work(&self) {
        self.work.notified().await;
    }

    /// Waits until the outbox has let go of an execution.
    pub async fn wait_for_release(&self) {
        self.released.notified().await;
    }

    /// Every execution that has something unacknowledged or still runs.
    pub fn list_held(&self) -> Vec<ExecutionId> {
        self.lock().by_execution.keys().copied().collect()
    }

    /// The executions that have ended, as far as the server has not taken that yet.
    pub fn list_ending(&self) -> Vec<ExecutionId> {
        self.lock().by_execution.iter().filter(|(_, lane)| lane.is_ending()).map(|(id, _)| *id).collect()
    }

    pub fn has_reports(&self) -> bool {
        self.lock().by_execution.values().any(Lane::has_reports)
    }

    /// Whether anything of what waits should be sent at once: everything but what only says that something begins.
    pub fn is_urgent(&self) -> bool {
        self.lock().urgent
    }

    /// The next reports, about `bytes` at most and at least one if there are any. Executions take turns at being first.
    pub fn take(&self, bytes: usize) -> Vec<Report> {
        let mut lanes = self.lock();
        lanes.urgent = false;
        let after = lanes.cursor.map_or(Bound::Unbounded, Bound::Excluded);
        let mut order: Vec<ExecutionId> = lanes.by_execution.range((after, Bound::Unbounded)).map(|(id, _)| *id).collect();
        order.extend(lanes.by_execution.keys().take(lanes.by_execution.len() - order.len()).copied());
        let (mut batch, mut taken, mut damaged) = (Vec::new(), 0, Vec::new());
        for execution in order {
            if taken >= bytes {
                break;
            }
            let Some(lane) = lanes.by_execution.get_mut(&execution).filter(|lane| lane.has_reports()) else { continue };
            match lane.take(bytes - taken) {
                Ok((reports, size)) => {
                    batch.extend(reports);
                    taken += size;
                    lanes.cursor = Some(execution);
                }
                Err(error) => damaged.push((execution, error)),
            }
        }
        for (execution, error) in damaged {
            tracing::error!(%execution, error = %format!("{error:#}"), "cannot read a spool; its execution is given up");
            remove(&mut lanes, execution);
            self.released.notify_one();
        }
        batch
    }

    /// Forgets what the server has, and what it does not want. True if the server has taken anything.
    pub fn settle(&self, answer: &ReportAnswer) -> bool {
        let mut lanes = self.lock();
        lanes.away = false;
        let mut progress = false;
        for acknowledged in &answer.acknowledged {
            if let Some(lane) = lanes.by_execution.get_mut(&acknowledged.execution) {
                progress |= lane.acknowledge(acknowledged.sequence);
                if lane.is_done() {
                    remove(&mut lanes, acknowledged.execution);
                    self.released.notify_one();
                }
            }
        }
        for execution in &answer.abandon {
            progress |= remove(&mut lanes, *execution);
        }
        drop(lanes);
        self.room.notify_waiters();
        if !answer.abandon.is_empty() {
            self.released.notify_one();
        }
        progress
    }

    /// Drops an execution's reports, those to come too.
    pub fn discard(&self, execution: ExecutionId) {
        remove(&mut self.lock(), execution);
        self.room.notify_waiters();
        self.released.notify_one();
    }

    /// The server cannot be reached: writes everything to disk, and all that comes until the next answer.
    pub fn spool_all(&self) {
        let mut lanes = self.lock();
        lanes.away = true;
        for (execution, lane) in lanes.by_execution.iter_mut().filter(|(_, lane)| lane.has_reports()) {
            if let Err(error) = lane.write_spool(&self.dir) {
                tracing::error!(%execution, %error, "cannot write the spool; reports stay in memory");
            }
        }
        drop(lanes);
        self.room.notify_waiters();
    }

    fn is_open(&self, execution: ExecutionId) -> bool {
        self.lock().by_execution.get(&execution).is_some_and(|lane| !lane.is_finished())
    }

    fn push(&self, execution: ExecutionId, body: ReportBody, is_patient: bool) -> Result<(), Box<NotKept>> {
        let mut lanes = self.lock();
        let room = Room { memory_bytes: self.memory_bytes, to_disk: lanes.away, is_patient, dir: &self.dir };
        lanes.urgent |= is_urgent(&body);
        match lanes.by_execution.get_mut(&execution) {
            Some(lane) => lane.push(self.clock.now_ms(), body, &room),
            None => Ok(()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn remove(lanes: &mut Lanes, execution: ExecutionId) -> bool {
    let Some(lane) = lanes.by_execution.remove(&execution) else { return false };
    lane.discard();
    lanes.ended.push_back(execution);
    if lanes.ended.len() > REMEMBERED {
        lanes.ended.pop_front();
    }
    true
}

fn is_urgent(body: &ReportBody) -> bool {
    match body {
        ReportBody::Started | ReportBody::StepsBegun => false,
        ReportBody::Step(step) => step.ended_at.is_some(),
        _ => true,
    }
}

fn end_lost() -> ReportBody {
    ReportBody::Finished {
        outcome: Outcome::Errored,
        reason: Some("runner-lost".to_owned()),
        detail: Some("The runner ended while it executed this job.".to_owned()),
    }
}

/// One execution's way to the server.
#[derive(Clone, Debug)]
pub struct Reporter {
    outbox: Arc<Outbox>,
    execution: ExecutionId,
}

impl Reporter {
    /// Reports the end of an execution that has not done so itself.
    pub async fn send_end(&self, outcome: Outcome, reason: &str, detail: &str) {
        if self.outbox.is_open(self.execution) {
            self.send(ReportBody::Finished { outcome, reason: Some(reason.to_owned()), detail: Some(detail.to_owned()) }).await;
        }
    }

    /// Queues a report. Waits a moment where memory has no room, and longer only if the disk has none either: the job's output then waits too.
    pub async fn send(&self, body: ReportBody) {
        let mut body = body;
        let mut told = false;
        let patience = tokio::time::Instant::now() + PATIENCE;
        loop {
            let room = self.outbox.room.notified();
            let not_kept = match self.outbox.push(self.execution, body, tokio::time::Instant::now() < patience) {
                Ok(()) => break,
                Err(not_kept) => *not_kept,
            };
            body = not_kept.body;
            let mut until = patience;
            if let Some(error) = not_kept.error {
                if !told {
                    tracing::error!(execution = %self.execution, %error, "cannot write the spool; the execution waits for the server");
                    told = true;
                }
                until = tokio::time::Instant::now() + FULL_PAUSE;
            }
            self.outbox.work.notify_one();
            tokio::select! { () = room => {}, () = tokio::time::sleep_until(until) => {} }
        }
        self.outbox.work.notify_one();
    }
}
