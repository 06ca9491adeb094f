//! What can carry an execution out.

use super::halt::{Halt, HaltCause};
use crate::outbox::Reporter;
use andon_pipelines::wire::{Assignment, Outcome, ReportBody};
use futures::future::BoxFuture;

/// The two ends that an execution can be brought to from outside.
#[derive(Clone, Debug, Default)]
pub struct Control {
    /// Ends fetches and steps; hooks follow.
    pub steps: Halt,
    /// Ends hooks too.
    pub all: Halt,
}

impl Control {
    pub fn request(&self, cause: HaltCause) {
        self.steps.request(cause);
        if cause == HaltCause::Abandoned {
            self.all.request(cause);
        }
    }
}

/// Carries executions out and reports on them; each report list ends with `Finished`, unless the execution is abandoned.
pub trait Executor: Send + Sync + 'static {
    /// The word in the registration.
    fn name(&self) -> &'static str;

    /// `bubblewrap` or `none`.
    fn isolation(&self) -> &'static str;

    /// What people should know.
    fn notice(&self) -> Option<String>;

    /// Carries one execution out. Once this ends, no process of it remains.
    fn execute(&self, assignment: Assignment, reporter: Reporter, control: Control) -> BoxFuture<'_, ()>;

    /// Waits for what was put off beyond the ends of executions: the removal of workspaces.
    fn settle(&self) -> BoxFuture<'_, ()>;
}

/// Executes nothing and succeeds.
#[derive(Debug)]
pub struct DummyExecutor;

impl Executor for DummyExecutor {
    fn name(&self) -> &'static str {
        "dummy"
    }

    fn isolation(&self) -> &'static str {
        "none"
    }

    fn notice(&self) -> Option<String> {
        Some("this runner executes nothing: every execution succeeds at once".to_owned())
    }

    fn execute(&self, assignment: Assignment, reporter: Reporter, _: Control) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            reporter.send(ReportBody::Started).await;
            reporter.send(ReportBody::StepsBegun).await;
            reporter.send(ReportBody::Log { offset: 0, bytes: format!("{}\n", assignment.title).into_bytes() }).await;
            reporter.send(ReportBody::Finished { outcome: Outcome::Succeeded, reason: None, detail: None }).await;
        })
    }

    fn settle(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}
