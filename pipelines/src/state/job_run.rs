//! A job run's states: `waiting` → `queued` → `running`, or `awaiting` for people → `stopping` → an end.

use serde::{Deserialize, Serialize};
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum JobRunStatus {
    /// For a slot of its concurrency limit.
    Waiting,
    /// For a runner.
    Queued,
    Running,
    /// For people.
    Awaiting,
    Stopping,
    Succeeded,
    Failed,
    /// The platform's fault.
    Errored,
    Stopped,
    Skipped,
}

impl JobRunStatus {
    pub const ALL: [Self; 10] = [
        Self::Waiting,
        Self::Queued,
        Self::Running,
        Self::Awaiting,
        Self::Stopping,
        Self::Succeeded,
        Self::Failed,
        Self::Errored,
        Self::Stopped,
        Self::Skipped,
    ];

    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Errored | Self::Stopped | Self::Skipped)
    }

    /// Whether jobs `after` this one go on: succeeded, or skipped by its own `when`.
    #[must_use]
    pub const fn passes(self) -> bool {
        matches!(self, Self::Succeeded | Self::Skipped)
    }

    /// Has it neither begun nor ended, so that a newer set may still replace its inputs?
    #[must_use]
    pub const fn is_pending(self) -> bool {
        matches!(self, Self::Waiting | Self::Queued)
    }

    /// The word in the store, in JSON and on screen.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Awaiting => "awaiting",
            Self::Stopping => "stopping",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Errored => "errored",
            Self::Stopped => "stopped",
            Self::Skipped => "skipped",
        }
    }

    /// The inverse of [`Self::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

impl fmt::Display for JobRunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What can happen to a job run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobRunEvent {
    /// A slot of its concurrency limit is free; it is now the runners' turn.
    Queue,
    /// A runner took one of its executions.
    Start,
    /// Its gate opened.
    OpenGate,
    /// Its runner gave it back unbegun: it goes back to the queue.
    Requeue,
    /// Somebody asked for its end while it ran.
    Stop,
    /// It ended; `Stopped` also ends a job run that had not begun.
    End(JobRunStatus),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a job run that is {status} cannot take {event:?}")]
pub struct IllegalTransition {
    pub status: JobRunStatus,
    pub event: JobRunEvent,
}

/// The next state.
///
/// # Errors
/// [`IllegalTransition`] where the event makes no sense in that state; the caller changes nothing then.
pub fn apply(status: JobRunStatus, event: JobRunEvent) -> Result<JobRunStatus, IllegalTransition> {
    use JobRunEvent as E;
    use JobRunStatus as S;
    let next = match (status, event) {
        // What an environment had to approve goes on from there to the runners.
        (S::Waiting | S::Awaiting, E::Queue) => S::Queued,
        (S::Queued | S::Running, E::Start) => S::Running,
        (S::Waiting, E::OpenGate) => S::Awaiting,
        (S::Running, E::Requeue) => S::Queued,
        (S::Running, E::Stop) => S::Stopping,
        (S::Waiting, E::End(S::Skipped | S::Errored | S::Stopped | S::Failed)) => end(event),
        (S::Queued, E::End(S::Errored | S::Stopped | S::Failed)) => end(event),
        (S::Awaiting, E::End(S::Succeeded | S::Failed | S::Stopped | S::Skipped | S::Errored)) => end(event),
        (S::Running, E::End(S::Succeeded | S::Failed | S::Errored | S::Stopped)) => end(event),
        (S::Stopping, E::End(S::Succeeded | S::Failed | S::Errored | S::Stopped)) => end(event),
        _ => return Err(IllegalTransition { status, event }),
    };
    Ok(next)
}

fn end(event: JobRunEvent) -> JobRunStatus {
    match event {
        JobRunEvent::End(status) => status,
        _ => JobRunStatus::Errored,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for status in JobRunStatus::ALL {
            assert_eq!(JobRunStatus::from_name(status.name()), Some(status));
        }
    }

    #[test]
    fn nothing_leaves_an_end() {
        let events = [JobRunEvent::Queue, JobRunEvent::Start, JobRunEvent::OpenGate, JobRunEvent::Requeue, JobRunEvent::Stop]
            .into_iter()
            .chain(JobRunStatus::ALL.into_iter().map(JobRunEvent::End));
        for event in events {
            for status in JobRunStatus::ALL.into_iter().filter(|status| status.is_terminal()) {
                assert_eq!(apply(status, event), Err(IllegalTransition { status, event }));
            }
        }
    }

    #[test]
    fn an_end_is_always_terminal() {
        for status in JobRunStatus::ALL {
            for target in JobRunStatus::ALL {
                if let Ok(next) = apply(status, JobRunEvent::End(target)) {
                    assert!(next.is_terminal() && next == target);
                }
            }
        }
    }
}
