//! What the parts of one execution share.

use super::{executor::Control, halt::Halt, halt::HaltCause, verdict::Failure};
use crate::{
    clock::Clock,
    files::check_relative,
    log::ExecutionLog,
    outbox::Reporter,
    process::{ProcessRoom, ProcessSpec},
    transport::{BlobStore, TransportError},
};
use andon_pipelines::wire::{Assignment, Blob, Fetch, Phase, ReportBody, StepReport, StepStatus};
use std::{
    ffi::OsString,
    future::Future,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

/// Between attempts to move a blob while the server is away, at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// One execution under way.
pub struct Context {
    pub assignment: Assignment,
    pub reporter: Reporter,
    pub control: Control,
    pub log: Arc<ExecutionLog>,
    pub room: Arc<ProcessRoom>,
    pub blobs: Arc<dyn BlobStore>,
    pub clock: Arc<dyn Clock>,
    pub path: String,
    /// The execution's own folder: `work`, `outputs`, `home`, `tmp`, `steps`, and the files `state` and `summary`.
    pub root: PathBuf,
    /// A folder that no job sees, for what the runner unpacks and sends.
    pub private: PathBuf,
}

impl Context {
    pub fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    /// Where steps start: inside the only fetched input if that is a git checkout, else in the workspace.
    pub fn start_folder(&self) -> PathBuf {
        let mut fetched = self.assignment.inputs.iter().filter(|input| input.fetch != Fetch::Nothing);
        match (fetched.next(), fetched.next()) {
            (Some(input), None) if matches!(input.fetch, Fetch::Git { .. }) => {
                self.work().join(check_relative(&input.path).unwrap_or_default())
            }
            _ => self.work(),
        }
    }

    /// The whole environment of a job's process.
    pub fn environment<'a>(&'a self, own: impl IntoIterator<Item = (&'a String, &'a String)>) -> Vec<(String, String)> {
        let place = |name: &str| self.root.join(name).to_string_lossy().into_owned();
        let temporary = if self.room.is_isolated() { "/tmp".to_owned() } else { place("tmp") };
        let pair = |name: &str, value: String| (name.to_owned(), value);
        let mut all = vec![
            pair("PATH", self.path.clone()),
            pair("LANG", "C.UTF-8".to_owned()),
            pair("HOME", place("home")),
            pair("TMPDIR", temporary),
        ];
        all.extend(self.assignment.environment.iter().map(|(name, value)| (name.clone(), value.clone())));
        let secrets = self.assignment.secrets.iter();
        all.extend(secrets.filter_map(|secret| Some((secret.variable.clone()?, secret.value.clone()))));
        all.extend(own.into_iter().map(|(name, value)| (name.clone(), value.clone())));
        all.push(pair("ANDON_OUTPUTS", place("outputs")));
        all.push(pair("ANDON_STATE", place("state")));
        all.push(pair("ANDON_SUMMARY", place("summary")));
        all
    }

    /// A process of the job.
    pub fn spec(&self, dir: PathBuf, program: &str, arguments: Vec<OsString>, environment: Vec<(String, String)>) -> ProcessSpec {
        ProcessSpec {
            root: self.root.clone(),
            dir,
            program: program.into(),
            arguments,
            environment,
            execution: self.assignment.execution.to_string(),
            grace: Duration::from_millis(self.assignment.limits.grace_ms),
            trusted: false,
        }
    }

    pub fn mask(&self, text: &str) -> String {
        self.log.masks.mask_text(text)
    }

    /// Stores a blob, waiting while the server is away.
    ///
    /// # Errors
    /// If the server does not want it, or the halt came first.
    pub async fn store_blob(&self, blob: &Blob, path: &Path, halt: &Halt) -> Result<(), Failure> {
        let store = || self.blobs.store(self.assignment.execution, blob, path);
        self.persist(store, halt).await.map_err(|detail| Failure::new("blob-failed", format!("Cannot store a file: {detail}.")))
    }

    /// Repeats a request while the server is away.
    pub async fn persist<A, F: Future<Output = Result<A, TransportError>>>(
        &self,
        request: impl Fn() -> F,
        halt: &Halt,
    ) -> Result<A, String> {
        let mut pause = Duration::from_millis(100);
        loop {
            let answer = tokio::select! { answer = request() => answer, cause = halt.wait() => return Err(explain(cause)) };
            match answer {
                Ok(answer) => return Ok(answer),
                Err(error) if !error.is_transient() => return Err(error.to_string()),
                Err(error) => tracing::debug!(%error, "a blob waits for the server"),
            }
            let jittered = pause.mul_f64(0.5 + self.clock.fraction() / 2.0);
            tokio::select! { () = tokio::time::sleep(jittered) => {}, cause = halt.wait() => return Err(explain(cause)) }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

fn explain(cause: HaltCause) -> String {
    match cause {
        HaltCause::TimedOut => "it took longer than the job's timeout".to_owned(),
        _ => "it was stopped".to_owned(),
    }
}

/// Runs work under a halt of its own that a timer requests. The work hears of it and ends in its own way.
pub async fn limit_time<A, F: Future<Output = A>>(limit_ms: Option<u64>, halt: &Halt, work: F) -> A {
    let Some(limit_ms) = limit_ms else { return work.await };
    tokio::pin!(work);
    tokio::select! {
        biased;
        done = &mut work => return done,
        () = tokio::time::sleep(Duration::from_millis(limit_ms)) => halt.request(HaltCause::TimedOut),
    }
    work.await
}

/// One line of the list of steps, as it is reported.
pub struct StepRecord<'a> {
    context: &'a Context,
    report: StepReport,
}

impl<'a> StepRecord<'a> {
    pub fn new(context: &'a Context, index: u32, phase: Phase, name: &str) -> Self {
        let report = StepReport {
            index,
            phase,
            name: context.mask(name),
            status: StepStatus::Running,
            attempt: 1,
            started_at: None,
            ended_at: None,
            exit_code: None,
            reason: None,
            log_start: None,
            log_end: None,
        };
        Self { context, report }
    }

    pub async fn begin(&mut self, attempt: u32) {
        self.report.status = StepStatus::Running;
        self.report.attempt = attempt;
        self.report.started_at = Some(self.context.clock.now_ms());
        self.report.log_start = Some(self.context.log.offset());
        (self.report.ended_at, self.report.exit_code, self.report.reason, self.report.log_end) = (None, None, None, None);
        self.send().await;
    }

    pub async fn end(&mut self, status: StepStatus, exit_code: Option<i32>, reason: Option<&str>) {
        self.report.status = status;
        self.report.exit_code = exit_code;
        self.report.reason = reason.map(|reason| self.context.mask(reason));
        self.report.ended_at = Some(self.context.clock.now_ms());
        self.report.log_end = Some(self.context.log.offset());
        self.send().await;
    }

    pub async fn skip(&mut self, reason: &str) {
        self.report.status = StepStatus::Skipped;
        self.report.reason = Some(self.context.mask(reason));
        self.send().await;
    }

    async fn send(&self) {
        self.context.reporter.send(ReportBody::Step(self.report.clone())).await;
    }
}
