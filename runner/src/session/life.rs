//! From the start to the end.

use super::{backoff::Backoff, claims, reports, slots::Slots};
use crate::{
    config::{ExecutorKind, RunnerConfig},
    execution::{Control, DummyExecutor, Executor, HaltCause, HostExecutor},
    outbox::Outbox,
    transport::{Blobs, Transport, TransportError},
};
use andon_pipelines::{
    ids::{ExecutionId, RunnerId},
    wire::{Registered, Registration, Report, ReportBody},
};
use anyhow::{Context, ensure};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::Notify;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// A claim or a report under way when the shutdown comes may already have been given work; this long its answer is waited for.
pub const LAST_ANSWER: Duration = Duration::from_millis(300);

/// What the loops of one runner share.
pub struct Session<T> {
    pub config: RunnerConfig,
    pub transport: Arc<T>,
    pub outbox: Arc<Outbox>,
    pub executor: Arc<dyn Executor>,
    /// No further claims.
    pub shutdown: CancellationToken,
    /// Everything has ended but the last reports.
    pub idle: CancellationToken,
    /// One task for each execution.
    pub executions: TaskTracker,
    pub slots: Arc<Slots>,
    slot_freed: Notify,
    /// Held while a batch is on its way, whose answer may bring work.
    pub handing: tokio::sync::Mutex<()>,
    registration: Registration,
    registered: Mutex<Registered>,
    /// One at a time registers again.
    registering: tokio::sync::Mutex<()>,
    controls: Mutex<BTreeMap<ExecutionId, Control>>,
}

/// Runs a runner: registers, then claims, executes and reports until `shutdown` is cancelled and what runs has ended. See
/// [`RunnerConfig`] for how long that may take. Failures of the network end nothing; they are waited out.
///
/// # Errors
/// If the configuration cannot be met (the folder, the isolation) or the server refuses the runner.
pub async fn run<T: Transport>(config: RunnerConfig, transport: T, shutdown: CancellationToken) -> anyhow::Result<()> {
    ensure!(config.slots > 0, "a runner needs at least one slot");
    fs::create_dir_all(&config.data).with_context(|| format!("cannot create the runner's folder {}", config.data.display()))?;
    let data = config.data.canonicalize().with_context(|| format!("cannot find {}", config.data.display()))?;
    let _lock = lock(&data)?;
    let transport = Arc::new(transport);
    let outbox = Outbox::open(data.join("spool"), config.memory_bytes, Arc::clone(&config.clock))?;
    let executor: Arc<dyn Executor> = match config.executor {
        ExecutorKind::Host => Arc::new(HostExecutor::open(&config, data, Arc::new(Blobs(Arc::clone(&transport)))).await?),
        ExecutorKind::Dummy => Arc::new(DummyExecutor),
    };
    let registration = describe(&config, executor.as_ref());
    let Some(registered) = register(&config, transport.as_ref(), &registration, &shutdown).await? else {
        return Ok(());
    };
    tracing::info!(name = config.name, runner = %registered.runner, isolation = executor.isolation(), "the runner is registered");
    let session = Arc::new(Session {
        slots: Slots::new(config.slots, config.brief),
        config,
        transport,
        outbox,
        executor,
        shutdown,
        idle: CancellationToken::new(),
        executions: TaskTracker::new(),
        slot_freed: Notify::new(),
        handing: tokio::sync::Mutex::default(),
        registration,
        registered: Mutex::new(registered),
        registering: tokio::sync::Mutex::new(()),
        controls: Mutex::default(),
    });
    let (claimed, reported) = tokio::join!(live(&session), reports::run(&session));
    session.executor.settle().await;
    claimed.and(reported)
}

/// Claims, then drains.
async fn live<T: Transport>(session: &Arc<Session<T>>) -> anyhow::Result<()> {
    let outcome = claims::run(session).await;
    if outcome.is_err() {
        // The server refuses this runner: nobody will take what its executions report.
        session.shutdown.cancel();
        session.halt_all(HaltCause::Abandoned);
    }
    // What the server is giving now is taken yet.
    let _ = tokio::time::timeout(LAST_ANSWER, session.handing.lock()).await;
    session.executions.close();
    let stop = async {
        match session.config.drain_limit {
            Some(limit) => tokio::select! { () = tokio::time::sleep(limit) => {}, () = session.config.stop_now.cancelled() => {} },
            None => session.config.stop_now.cancelled().await,
        }
    };
    tokio::select! {
        () = session.executions.wait() => {}
        () = stop => {
            session.halt_all(HaltCause::RunnerStopped);
            session.executions.wait().await;
        }
    }
    session.idle.cancel();
    outcome
}

impl<T> Session<T> {
    /// The execution has ended. Its slot is offered with the report of that, if there is one; once that is taken, by the next claim.
    pub fn end(&self, execution: ExecutionId) {
        self.controls.lock().unwrap_or_else(PoisonError::into_inner).remove(&execution);
        self.slot_freed.notify_one();
    }
}

impl<T: Transport> Session<T> {
    pub fn registered(&self) -> Registered {
        self.registered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Registers again, unless that has happened since `known` was the runner's identity.
    pub async fn register_again(&self, known: RunnerId) -> Result<(), TransportError> {
        let _one = self.registering.lock().await;
        if self.registered().runner != known {
            return Ok(());
        }
        let registered = self.transport.register(&self.registration).await?;
        tracing::info!(runner = %registered.runner, "the runner is registered again");
        *self.registered.lock().unwrap_or_else(PoisonError::into_inner) = registered;
        Ok(())
    }

    pub fn controls(&self) -> MutexGuard<'_, BTreeMap<ExecutionId, Control>> {
        self.controls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Executions that have a slot, wait for one, or have ended without the server knowing yet.
    fn count_held(&self) -> u32 {
        let mut held: BTreeSet<_> = self.controls().keys().copied().collect();
        held.extend(self.outbox.list_ending());
        u32::try_from(held.len()).unwrap_or(u32::MAX)
    }

    /// Slots that no execution has, and that are not offered with the report of an end.
    pub fn count_free(&self) -> u32 {
        self.config.slots.saturating_sub(self.count_held())
    }

    /// How many executions the answer to a batch may bring in place of those that end with it.
    pub fn count_takes(&self, reports: &[Report]) -> u32 {
        let mut ends = reports.iter().filter(|report| matches!(report.body, ReportBody::Finished { .. })).peekable();
        if self.shutdown.is_cancelled() || ends.peek().is_none() {
            return 0;
        }
        // Those of an earlier life have no slot.
        let ending = self.outbox.list_ending();
        let ended = u32::try_from(ends.filter(|end| ending.contains(&end.execution)).count()).unwrap_or(u32::MAX);
        let ahead = self.slots.count_ahead();
        // Further free slots are offered by the claim.
        (self.config.slots + ahead + ended).saturating_sub(self.count_held()).min(ended + ahead)
    }

    pub async fn wait_for_slot(&self) {
        while self.count_free() == 0 {
            tokio::select! { () = self.slot_freed.notified() => {}, () = self.outbox.wait_for_release() => {} }
        }
    }

    pub fn halt(&self, execution: ExecutionId, cause: HaltCause) {
        if let Some(control) = self.controls().get(&execution) {
            control.request(cause);
        }
    }

    pub fn halt_all(&self, cause: HaltCause) {
        self.controls().values().for_each(|control| control.request(cause));
    }
}

fn lock(data: &Path) -> anyhow::Result<File> {
    let path: PathBuf = data.join("lock");
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => anyhow::bail!("another runner uses {}; give each its own folder", data.display()),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("cannot lock {}", path.display())),
    }
}

fn describe(config: &RunnerConfig, executor: &dyn Executor) -> Registration {
    Registration {
        name: config.name.clone(),
        labels: config.labels.clone(),
        slots: config.slots,
        executor: executor.name().to_owned(),
        isolation: executor.isolation().to_owned(),
        notice: executor.notice(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// `None` if the runner is to leave before the server was there.
async fn register<T: Transport>(
    config: &RunnerConfig,
    transport: &T,
    registration: &Registration,
    shutdown: &CancellationToken,
) -> anyhow::Result<Option<Registered>> {
    let mut backoff = Backoff::new(Arc::clone(&config.clock));
    loop {
        let answer = tokio::select! { answer = transport.register(registration) => answer, () = shutdown.cancelled() => return Ok(None) };
        match answer {
            Ok(registered) => return Ok(Some(registered)),
            Err(TransportError::Unreachable(reason)) => {
                if backoff.is_fresh() {
                    tracing::warn!(reason, "the server cannot be reached; trying again until it can");
                }
            }
            Err(error) => return Err(error).with_context(|| format!("cannot register the runner {:?}", config.name)),
        }
        tokio::select! { () = backoff.pause() => {}, () = shutdown.cancelled() => return Ok(None) }
    }
}
