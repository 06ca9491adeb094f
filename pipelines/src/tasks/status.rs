//! A task's states, and what stands between them.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TaskStatus {
    Open,
    InProgress,
    /// Somebody has begun, or looked, and waits for something else.
    OnHold,
    Done,
    Skipped,
}

impl TaskStatus {
    pub const ALL: [Self; 5] = [Self::Open, Self::InProgress, Self::OnHold, Self::Done, Self::Skipped];

    /// The word in the store, in JSON and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::InProgress => "in-progress",
            Self::OnHold => "on-hold",
            Self::Done => "done",
            Self::Skipped => "skipped",
        }
    }

    /// The inverse of [`Self::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Nothing is left to do: what waits for it may begin.
    #[must_use]
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Done | Self::Skipped)
    }
}

/// Why a task cannot get a status.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoveError {
    #[error("it is {} already", .0.name())]
    Same(TaskStatus),
    #[error("it waits for {}", .0.join(", "))]
    Blocked(Vec<String>),
    #[error("skipping it needs a reason")]
    NeedsReason,
}

/// Whether a task may go from one status to another. `blockers` are the titles of the tasks before it that are neither done nor skipped;
/// what is closed may be opened again, whatever came after it.
///
/// # Errors
/// [`MoveError`] says what stands in the way; nothing is changed then.
pub fn check_move(from: TaskStatus, to: TaskStatus, blockers: &[String], reason: (bool, bool)) -> Result<(), MoveError> {
    let (required, given) = reason;
    if from == to {
        return Err(MoveError::Same(from));
    }
    // What nobody will do need not wait for its turn, and neither does putting something off.
    if matches!(to, TaskStatus::InProgress | TaskStatus::Done) && !blockers.is_empty() {
        return Err(MoveError::Blocked(blockers.to_vec()));
    }
    if to == TaskStatus::Skipped && required && !given {
        return Err(MoveError::NeedsReason);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use TaskStatus as S;

    #[test]
    fn names_round_trip() {
        for status in S::ALL {
            assert_eq!(S::from_name(status.name()), Some(status));
        }
        assert_eq!(S::from_name("todo"), None);
    }

    #[test]
    fn every_move_but_to_itself_is_free_unless_something_waits() {
        let blockers = ["Page".to_owned()];
        for from in S::ALL {
            for to in S::ALL {
                let free = check_move(from, to, &[], (false, false));
                assert_eq!(free.is_ok(), from != to, "{from:?} to {to:?}");
                let blocked = check_move(from, to, &blockers, (false, false));
                assert_eq!(blocked.is_ok(), from != to && !matches!(to, S::InProgress | S::Done), "{from:?} to {to:?}");
            }
        }
        assert_eq!(check_move(S::Open, S::Done, &blockers, (false, false)), Err(MoveError::Blocked(blockers.to_vec())));
    }

    #[test]
    fn a_reason_is_asked_for_only_where_the_file_says_so() {
        assert_eq!(check_move(S::Open, S::Skipped, &[], (true, false)), Err(MoveError::NeedsReason));
        assert!(check_move(S::Open, S::Skipped, &[], (true, true)).is_ok());
        assert!(check_move(S::Open, S::Done, &[], (true, false)).is_ok());
    }
}
