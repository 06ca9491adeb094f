//! Checklists as a file means them: what people have to do, who, by when, and in which order.

use super::model::Millis;
use serde::{Deserialize, Serialize};

/// A job whose work is done by people, task by task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checklist {
    /// In the order of the file; at least one.
    pub tasks: Vec<ChecklistItem>,
    /// How long people have for all of it.
    pub timeout: Option<Millis>,
}

/// One task of a checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChecklistItem {
    /// Unique in its checklist; `task-2` for the second one where the file names none.
    pub id: String,
    /// May hold `${{ }}`.
    pub title: String,
    /// May hold `${{ }}`.
    pub description: Option<String>,
    pub assign: Option<Assign>,
    pub due: Option<Due>,
    /// Tasks of the same checklist that have to be done or skipped before.
    pub after: Vec<String>,
    /// The checklist is complete without it.
    pub optional: bool,
    /// Whoever skips it says why.
    pub reason_required: bool,
}

/// Whose task it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Assign {
    User(String),
    Group(String),
    /// Text with `${{ }}` that comes to `user:NAME`, `group:NAME` or the name of a user.
    Expression(String),
}

/// When a task is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Due {
    /// Milliseconds since 1970 UTC.
    At(i64),
    After {
        duration: Millis,
        anchor: Anchor,
    },
}

/// What a relative due time counts from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Anchor {
    /// The beginning of the run.
    Run,
    /// The end of another task of the checklist, done or skipped.
    Task(String),
    /// The end of a job of the same pipeline.
    Job(String),
}
