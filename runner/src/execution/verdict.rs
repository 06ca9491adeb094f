//! How work ended, and what that makes of the execution.

use super::halt::HaltCause;
use andon_pipelines::wire::Outcome;

/// The end of a step, or of a list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepEnd {
    Succeeded,
    Failed(Failure),
    Halted(HaltCause),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Machine-readable.
    pub reason: &'static str,
    pub exit_code: Option<i32>,
    /// One sentence for people.
    pub detail: String,
}

impl Failure {
    pub fn new(reason: &'static str, detail: impl Into<String>) -> Self {
        Self { reason, exit_code: None, detail: detail.into() }
    }
}

/// The end of the execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub outcome: Outcome,
    pub reason: Option<&'static str>,
    pub detail: Option<String>,
}

impl Verdict {
    pub fn success() -> Self {
        Self { outcome: Outcome::Succeeded, reason: None, detail: None }
    }

    pub fn failed(failure: Failure) -> Self {
        Self { outcome: Outcome::Failed, reason: Some(failure.reason), detail: Some(failure.detail) }
    }

    pub fn errored(failure: Failure) -> Self {
        Self { outcome: Outcome::Errored, ..Self::failed(failure) }
    }

    /// What a halt of the whole execution makes of it.
    pub fn halted(cause: HaltCause) -> Self {
        let (outcome, reason, detail) = match cause {
            HaltCause::Stopped => (Outcome::Stopped, "stopped", "Somebody stopped it."),
            HaltCause::RunnerStopped => (Outcome::Stopped, "runner-stopped", "The runner was stopped before the job had ended."),
            HaltCause::TimedOut => (Outcome::Failed, "timed-out", "The job took longer than its timeout."),
            HaltCause::LogLimit => (Outcome::Failed, "log-limit", "The job printed more than its log may hold."),
            HaltCause::DiskLimit => (Outcome::Failed, "disk-limit", "The job's files took more space than they may."),
            HaltCause::Abandoned => (Outcome::Errored, "abandoned", "The server gave the execution up."),
        };
        Self { outcome, reason: Some(reason), detail: Some(detail.to_owned()) }
    }

    pub fn of(end: StepEnd) -> Self {
        match end {
            StepEnd::Succeeded => Self::success(),
            StepEnd::Failed(failure) => Self::failed(failure),
            StepEnd::Halted(cause) => Self::halted(cause),
        }
    }
}
