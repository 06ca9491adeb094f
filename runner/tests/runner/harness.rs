//! The server that the tests play, and a runner that speaks to it.

use andon_pipelines::{
    ids::{ExecutionId, JobRunId, RunnerId},
    wire::*,
};
use andon_runner::{BlobReader, Isolation, RunnerConfig, Transport, TransportError};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::Path,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::{sync::Notify, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// A hang becomes a failure after this; nothing is judged by it.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Default)]
pub struct State {
    pub queue: VecDeque<Assignment>,
    pub received: BTreeMap<ExecutionId, Received>,
    pub blobs: BTreeMap<String, Vec<u8>>,
    pub registrations: Vec<Registration>,
    /// Requests fail before the server sees them.
    pub away: bool,
    /// So many answers to reports get lost after the server has taken them.
    pub lose_answers: u32,
    /// So many batches are taken, but not yet acknowledged.
    pub late: u32,
    pub forgotten: bool,
    pub refuse: bool,
    pub stop: BTreeSet<ExecutionId>,
    pub abandon: BTreeSet<ExecutionId>,
    pub draining_seen: bool,
    pub largest_batch: usize,
    pub batches: u32,
    pub failed_requests: u32,
    pub given_with_answers: usize,
    /// So many executions the runner held at most.
    pub most_held: usize,
}

/// What the server has taken of one execution.
#[derive(Default)]
pub struct Received {
    pub last: u64,
    pub bodies: Vec<ReportBody>,
    pub log: Vec<u8>,
}

#[derive(Clone, Default)]
pub struct Server {
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
}

impl Server {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics while it holds this")
    }

    /// Changes something and lets those who wait look again.
    pub fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.notify_waiters();
    }

    pub async fn wait(&self, what: &str, until: impl Fn(&State) -> bool) {
        let look = async {
            loop {
                let changed = self.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if until(&self.state()) {
                    return;
                }
                changed.await;
            }
        };
        if tokio::time::timeout(PATIENCE, look).await.is_err() {
            let state = self.state();
            let seen: Vec<_> = state.received.values().map(|one| (&one.bodies, String::from_utf8_lossy(&one.log))).collect();
            panic!("waited in vain for: {what}; seen {seen:#?}");
        }
    }

    pub fn give(&self, assignment: Assignment) -> ExecutionId {
        let execution = assignment.execution;
        self.set(|state| state.queue.push_back(assignment));
        execution
    }

    pub async fn finish(&self, execution: ExecutionId) -> Ended {
        self.wait("the end of an execution", |state| state.received.get(&execution).is_some_and(Received::is_finished)).await;
        Ended::of(&self.state().received[&execution])
    }

    fn answer(&self) -> Result<(), TransportError> {
        let mut state = self.state();
        if state.refuse {
            return Err(TransportError::Refused("the token has expired".to_owned()));
        }
        if state.away {
            state.failed_requests += 1;
            drop(state);
            self.changed.notify_waiters();
            return Err(TransportError::Unreachable("away".to_owned()));
        }
        Ok(())
    }
}

impl Received {
    pub fn is_finished(&self) -> bool {
        self.bodies.last().is_some_and(ReportBody::is_last)
    }

    pub fn is_returned(&self) -> bool {
        self.bodies == [ReportBody::Returned]
    }

    fn take(&mut self, report: Report) {
        if report.sequence <= self.last {
            return;
        }
        assert_eq!(report.sequence, self.last + 1, "a report is missing");
        assert!(!self.is_finished(), "a report came after the last one");
        self.last = report.sequence;
        if let ReportBody::Log { offset, bytes } = &report.body {
            assert_eq!(*offset, self.log.len() as u64, "the log has a gap");
            self.log.extend_from_slice(bytes);
        }
        self.bodies.push(report.body);
    }
}

impl Transport for Server {
    async fn register(&self, registration: &Registration) -> Result<Registered, TransportError> {
        self.answer()?;
        self.set(|state| {
            state.forgotten = false;
            state.registrations.push(registration.clone());
        });
        let runner = RunnerId::from_number(self.state().registrations.len() as u64);
        Ok(Registered { runner, heartbeat_ms: 50, lease_ms: 1000 })
    }

    async fn claim(&self, claim: &Claim) -> Result<Claimed, TransportError> {
        loop {
            let changed = self.changed.notified();
            self.answer()?;
            if self.state().forgotten {
                return Err(TransportError::UnknownRunner("who is it".to_owned()));
            }
            let assignments: Vec<Assignment> = {
                let mut state = self.state();
                let count = state.queue.len().min(claim.free as usize);
                state.queue.drain(..count).collect()
            };
            if !assignments.is_empty() {
                return Ok(Claimed { assignments, ..Claimed::default() });
            }
            changed.await;
        }
    }

    async fn report(&self, batch: &ReportBatch) -> Result<ReportAnswer, TransportError> {
        self.answer()?;
        let mut answer = ReportAnswer::default();
        let mut lost = false;
        self.set(|state| {
            if state.forgotten {
                return;
            }
            state.batches += 1;
            state.draining_seen |= batch.draining;
            state.most_held = state.most_held.max(batch.running.len());
            state.largest_batch = state.largest_batch.max(serde_json::to_vec(batch).expect("it is plain data").len());
            for report in &batch.reports {
                state.received.entry(report.execution).or_default().take(report.clone());
            }
            lost = state.lose_answers > 0;
            state.lose_answers = state.lose_answers.saturating_sub(1);
            let late = state.late > 0;
            state.late = state.late.saturating_sub(1);
            if !late {
                let known = state.received.iter().filter(|(execution, _)| batch.running.contains(execution));
                answer.acknowledged = known.map(|(execution, one)| Acknowledgement { execution: *execution, sequence: one.last }).collect();
            }
            if !late && !lost {
                let given = state.queue.len().min(batch.takes as usize);
                answer.assignments = state.queue.drain(..given).collect();
                state.given_with_answers += given;
            }
            answer.stop = state.stop.iter().copied().collect();
            answer.abandon = state.abandon.iter().copied().collect();
        });
        if self.state().forgotten {
            return Err(TransportError::UnknownRunner("who is it".to_owned()));
        }
        if lost { Err(TransportError::Unreachable("the answer is lost".to_owned())) } else { Ok(answer) }
    }

    async fn fetch_blob(&self, _: ExecutionId, digest: &str) -> Result<BlobReader, TransportError> {
        self.answer()?;
        match self.state().blobs.get(digest) {
            Some(bytes) => Ok(Box::pin(std::io::Cursor::new(bytes.clone()))),
            None => Err(TransportError::Invalid("there is no such blob".to_owned())),
        }
    }

    async fn store_blob(&self, _: ExecutionId, blob: &Blob, path: &Path) -> Result<(), TransportError> {
        self.answer()?;
        let bytes = std::fs::read(path).map_err(|error| TransportError::Invalid(error.to_string()))?;
        assert_eq!((hex::encode(Sha256::digest(&bytes)), bytes.len() as u64), (blob.digest.clone(), blob.size));
        self.set(|state| {
            state.blobs.insert(blob.digest.clone(), bytes);
        });
        Ok(())
    }
}

/// How an execution ended, as the server knows it.
#[derive(Debug)]
pub struct Ended {
    pub outcome: Outcome,
    pub reason: Option<String>,
    pub detail: Option<String>,
    pub log: String,
    pub raw_log: Vec<u8>,
    pub bodies: Vec<ReportBody>,
}

impl Ended {
    fn of(received: &Received) -> Self {
        let Some(ReportBody::Finished { outcome, reason, detail }) = received.bodies.last().cloned() else { panic!("it is not finished") };
        let log = String::from_utf8_lossy(&received.log).into_owned();
        Self { outcome, reason, detail, log, raw_log: received.log.clone(), bodies: received.bodies.clone() }
    }

    /// The last report of each step, in order.
    pub fn steps(&self) -> Vec<StepReport> {
        let mut steps = BTreeMap::new();
        for body in &self.bodies {
            if let ReportBody::Step(step) = body {
                steps.insert(step.index, step.clone());
            }
        }
        steps.into_values().collect()
    }

    pub fn statuses(&self) -> Vec<(String, StepStatus)> {
        self.steps().into_iter().map(|step| (step.name, step.status)).collect()
    }

    pub fn ends(&self, outcome: Outcome, reason: Option<&str>) {
        assert_eq!((self.outcome, self.reason.as_deref()), (outcome, reason), "{self:#?}");
    }

    pub fn succeeds(&self) {
        self.ends(Outcome::Succeeded, None);
    }
}

/// A runner under test, in a folder of its own.
pub struct Runner {
    pub server: Server,
    pub folder: Arc<tempfile::TempDir>,
    pub shutdown: CancellationToken,
    pub stop_now: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
    /// Its own, so that it can end like a killed process.
    runtime: Option<tokio::runtime::Runtime>,
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.runtime.take().into_iter().for_each(tokio::runtime::Runtime::shutdown_background);
    }
}

impl Runner {
    /// Without isolation, with two slots.
    pub fn start() -> Self {
        Self::start_with(Server::default(), Arc::new(new_folder()), |_| {})
    }

    pub fn start_with(server: Server, folder: Arc<tempfile::TempDir>, change: impl FnOnce(&mut RunnerConfig)) -> Self {
        let mut config = RunnerConfig::new("test", folder.path().join("runner"));
        config.isolation = Isolation::None;
        config.slots = 2;
        // This server gives nothing to another runner that comes back.
        config.brief = Duration::ZERO;
        change(&mut config);
        let shutdown = CancellationToken::new();
        let stop_now = config.stop_now.clone();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads can be made");
        let task = runtime.spawn(andon_runner::run(config, server.clone(), shutdown.clone()));
        Self { server, folder, shutdown, stop_now, task, runtime: Some(runtime) }
    }

    pub async fn run(&self, assignment: Assignment) -> Ended {
        let execution = self.server.give(assignment);
        self.server.finish(execution).await
    }

    pub async fn end(mut self) -> anyhow::Result<()> {
        tokio::time::timeout(PATIENCE, &mut self.task).await.expect("the runner leaves").expect("the runner does not panic")
    }

    /// Drains, and proves that nothing is left.
    pub async fn leave(self) {
        self.shutdown.cancel();
        let folder = Arc::clone(&self.folder);
        self.end().await.expect("the runner leaves in peace");
        for name in ["workspaces", "private", "trash", "spool"] {
            let left: Vec<_> = std::fs::read_dir(folder.path().join("runner").join(name)).expect("the folder is there").collect();
            assert!(left.is_empty(), "{name} has {left:?}");
        }
    }

    /// As if the process were killed: its tasks end where they are.
    pub async fn die(mut self) {
        let runtime = self.runtime.take().expect("it lives");
        tokio::task::spawn_blocking(move || runtime.shutdown_timeout(PATIENCE)).await.expect("its tasks end");
    }
}

pub fn new_folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder can be made")
}

pub fn run_step(script: &str) -> AssignedStep {
    let name = script.lines().next().unwrap_or_default().to_owned();
    let action = AssignedAction::Run { script: script.to_owned(), shell: None, dir: None, environment: BTreeMap::new() };
    AssignedStep { action, ..plain_step(&name) }
}

pub fn plain_step(name: &str) -> AssignedStep {
    AssignedStep {
        name: name.to_owned(),
        skip: None,
        timeout_ms: None,
        retry_times: 0,
        retry_backoff_ms: 1,
        continue_on_error: false,
        action: AssignedAction::Parallel { steps: Vec::new() },
    }
}

pub fn action_step(action: AssignedAction) -> AssignedStep {
    AssignedStep { action, ..plain_step("action") }
}

/// An assignment with these scripts as steps.
pub fn job(scripts: &[&str]) -> Assignment {
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    Assignment {
        execution: ExecutionId::from_number(number),
        job_run: JobRunId::from_number(number),
        title: "shop/build #1".to_owned(),
        environment: BTreeMap::from([("CI".to_owned(), "true".to_owned())]),
        secrets: Vec::new(),
        inputs: Vec::new(),
        outputs: Vec::new(),
        steps: scripts.iter().map(|script| run_step(script)).collect(),
        on_success: Vec::new(),
        on_failure: Vec::new(),
        on_stop: Vec::new(),
        always: Vec::new(),
        limits: Limits {
            timeout_ms: 60_000,
            grace_ms: 10_000,
            hooks_ms: 30_000,
            log_bytes: 100 << 20,
            output_bytes: 50 << 20,
            workspace_bytes: 500 << 20,
        },
    }
}

pub fn secret(variable: &str, value: &str) -> AssignedSecret {
    AssignedSecret { variable: Some(variable.to_owned()), value: value.to_owned() }
}
