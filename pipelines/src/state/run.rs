//! A run's status, derived from its job runs.

use super::JobRunStatus;
use serde::{Deserialize, Serialize};

/// How an ended run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RunOutcome {
    Completed,
    /// At least one end of the line was reached, and at least one job failed.
    PartialSuccess,
    Failed,
    Stopped,
    Error,
}

impl RunOutcome {
    pub const ALL: [Self; 5] = [Self::Completed, Self::PartialSuccess, Self::Failed, Self::Stopped, Self::Error];

    /// The word in the store and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::PartialSuccess => "partial-success",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::Error => "error",
        }
    }

    /// The inverse of [`Self::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RunStatus {
    Scheduled,
    Pending,
    Running,
    Awaiting,
    Stopping,
    #[serde(untagged)]
    Ended(RunOutcome),
}

impl RunStatus {
    /// The word in JSON and on screen.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Awaiting => "awaiting",
            Self::Stopping => "stopping",
            Self::Ended(outcome) => outcome.name(),
        }
    }
}

/// The status of a run from its job runs' statuses: each with whether its job is an end of the line (nothing follows it).
/// A job run that a later rerun replaced is left out by the caller.
#[must_use]
pub fn run_status(job_runs: &[(JobRunStatus, bool)]) -> RunStatus {
    let any = |wanted: JobRunStatus| job_runs.iter().any(|(status, _)| *status == wanted);
    if job_runs.is_empty() {
        return RunStatus::Scheduled;
    }
    if any(JobRunStatus::Stopping) {
        return RunStatus::Stopping;
    }
    if any(JobRunStatus::Running) {
        return RunStatus::Running;
    }
    if any(JobRunStatus::Awaiting) {
        return RunStatus::Awaiting;
    }
    if any(JobRunStatus::Queued) || any(JobRunStatus::Waiting) {
        return RunStatus::Pending;
    }
    let reached_end = job_runs.iter().any(|(status, is_end)| *is_end && status.passes());
    let outcome = if any(JobRunStatus::Failed) {
        if reached_end { RunOutcome::PartialSuccess } else { RunOutcome::Failed }
    } else if any(JobRunStatus::Errored) {
        RunOutcome::Error
    } else if any(JobRunStatus::Stopped) {
        RunOutcome::Stopped
    } else {
        RunOutcome::Completed
    };
    RunStatus::Ended(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use JobRunStatus as S;

    #[test]
    fn the_busiest_job_run_names_an_active_run() {
        assert_eq!(run_status(&[]), RunStatus::Scheduled);
        assert_eq!(run_status(&[(S::Waiting, true)]), RunStatus::Pending);
        assert_eq!(run_status(&[(S::Succeeded, false), (S::Awaiting, true)]), RunStatus::Awaiting);
        assert_eq!(run_status(&[(S::Running, false), (S::Awaiting, true)]), RunStatus::Running);
        assert_eq!(run_status(&[(S::Running, false), (S::Stopping, true)]), RunStatus::Stopping);
    }

    #[test]
    fn an_ended_run_tells_success_from_partial_success() {
        assert_eq!(run_status(&[(S::Succeeded, true)]), RunStatus::Ended(RunOutcome::Completed));
        assert_eq!(run_status(&[(S::Succeeded, true), (S::Failed, false)]), RunStatus::Ended(RunOutcome::PartialSuccess));
        assert_eq!(run_status(&[(S::Succeeded, false), (S::Failed, true)]), RunStatus::Ended(RunOutcome::Failed));
        assert_eq!(run_status(&[(S::Stopped, true)]), RunStatus::Ended(RunOutcome::Stopped));
        assert_eq!(run_status(&[(S::Errored, true), (S::Succeeded, true)]), RunStatus::Ended(RunOutcome::Error));
    }
}
