//! What stands in an inbox.

use crate::http::tasks::TaskView;
use crate::http::view::GateView;
use andon_pipelines::ids::{JobRunId, RunId};
use serde::{Deserialize, Serialize};

/// What kind of work waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InboxKind {
    Gate,
    Task,
}

/// A gate or a task.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InboxItem {
    pub kind: InboxKind,
    /// Of the gate or the task.
    pub id: String,
    /// The gate's job, or what the task is about.
    pub title: String,
    pub pipeline: String,
    pub job: String,
    pub number: String,
    pub run: RunId,
    pub run_number: i64,
    pub job_run: JobRunId,
    /// Since when it waits; for what is done, since when it is.
    pub since: i64,
    /// When people's time runs out.
    pub due_at: Option<i64>,
    pub overdue: bool,
    /// Who looks after it.
    pub claimed_by: Option<String>,
    /// Of a gate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<GateView>,
    /// Of a task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskView>,
}

/// How much waits.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InboxCounts {
    pub mine: usize,
    pub groups: usize,
    pub claimed: usize,
    /// Of `mine`: those whose time has run out.
    pub overdue: usize,
    /// There may be more: so many gates name the caller and leave somebody's approval out that not all of them were looked at.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub more: bool,
}

impl InboxItem {
    pub(super) fn of_gate(gate: GateView, now_ms: i64) -> Self {
        Self {
            kind: InboxKind::Gate,
            id: gate.id.to_string(),
            title: gate.job.clone(),
            pipeline: gate.pipeline.clone(),
            job: gate.job.clone(),
            number: gate.number.clone(),
            run: gate.run,
            run_number: gate.run_number,
            job_run: gate.job_run,
            since: gate.opened_at,
            due_at: gate.deadline_at,
            overdue: gate.closed_at.is_none() && gate.deadline_at.is_some_and(|due| due <= now_ms),
            claimed_by: gate.claimed_by.clone(),
            gate: Some(gate),
            task: None,
        }
    }

    pub(super) fn of_task(task: TaskView) -> Self {
        Self {
            kind: InboxKind::Task,
            id: task.id.to_string(),
            title: task.title.clone(),
            pipeline: task.pipeline.clone(),
            job: task.job.clone(),
            number: task.number.clone(),
            run: task.run,
            run_number: task.run_number,
            job_run: task.job_run,
            since: task.created_at,
            due_at: task.due_at,
            overdue: task.overdue,
            claimed_by: task.claimed_by.clone(),
            gate: None,
            task: Some(task),
        }
    }

    /// When it was done rather than since when it waits.
    pub(super) fn done_at(self, at: i64) -> Self {
        Self { since: at, overdue: false, ..self }
    }
}
