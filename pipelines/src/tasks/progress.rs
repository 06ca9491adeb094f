//! How far a checklist is.

use super::status::TaskStatus;
use serde::{Deserialize, Serialize};

/// A task as far as its checklist cares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What other tasks call it.
    pub key: String,
    pub title: String,
    pub status: TaskStatus,
    pub optional: bool,
    /// The keys of the tasks before it.
    pub after: Vec<String>,
}

/// How many tasks there are, and how many are left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Progress {
    pub total: usize,
    pub done: usize,
    pub skipped: usize,
    /// Required ones that are neither done nor skipped.
    pub required_left: usize,
}

impl Progress {
    /// Whether every required task is done or skipped.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.required_left == 0
    }
}

/// Counts the tasks of a checklist.
#[must_use]
pub fn progress(tasks: &[Fact]) -> Progress {
    let count = |wanted: &dyn Fn(&Fact) -> bool| tasks.iter().filter(|task| wanted(task)).count();
    Progress {
        total: tasks.len(),
        done: count(&|task| task.status == TaskStatus::Done),
        skipped: count(&|task| task.status == TaskStatus::Skipped),
        required_left: count(&|task| !task.optional && !task.status.is_closed()),
    }
}

/// The titles of the tasks before one that are neither done nor skipped. A name that no task has holds nothing up.
#[must_use]
pub fn list_blockers(tasks: &[Fact], after: &[String]) -> Vec<String> {
    let open = tasks.iter().filter(|task| after.contains(&task.key) && !task.status.is_closed());
    open.map(|task| task.title.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(key: &str, status: TaskStatus, optional: bool, after: &[&str]) -> Fact {
        let after = after.iter().map(|key| (*key).to_owned()).collect();
        Fact { key: key.to_owned(), title: key.to_uppercase(), status, optional, after }
    }

    #[test]
    fn a_checklist_is_complete_when_nothing_required_is_left() {
        let tasks = [
            fact("a", TaskStatus::Done, false, &[]),
            fact("b", TaskStatus::Skipped, false, &["a"]),
            fact("c", TaskStatus::OnHold, true, &["a", "b"]),
        ];
        let counted = progress(&tasks);
        assert_eq!(counted, Progress { total: 3, done: 1, skipped: 1, required_left: 0 });
        assert!(counted.is_complete());
        assert!(!progress(&[fact("a", TaskStatus::InProgress, false, &[])]).is_complete());
    }

    #[test]
    fn what_is_done_or_skipped_holds_nothing_up() {
        let tasks = [fact("a", TaskStatus::Skipped, false, &[]), fact("b", TaskStatus::OnHold, true, &[])];
        assert_eq!(list_blockers(&tasks, &["a".to_owned(), "b".to_owned(), "gone".to_owned()]), ["B"]);
    }
}
