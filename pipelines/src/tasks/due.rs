//! When a task is due, and when that is told.

use serde::{Deserialize, Serialize};

const DAY_MS: i64 = 86_400_000;

/// What has been told about a task's due time so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Told {
    #[default]
    Nothing,
    /// That it is due soon.
    Due,
    Overdue,
}

impl Told {
    /// The number in the store.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::Nothing => 0,
            Self::Due => 1,
            Self::Overdue => 2,
        }
    }

    /// The inverse of [`Self::number`]; what is unknown counts as all told.
    #[must_use]
    pub const fn from_number(number: i64) -> Self {
        match number {
            0 => Self::Nothing,
            1 => Self::Due,
            _ => Self::Overdue,
        }
    }
}

/// So long after a moment; both in milliseconds.
#[must_use]
pub fn due_after(at: i64, duration: u64) -> i64 {
    at.saturating_add(i64::try_from(duration).unwrap_or(i64::MAX))
}

/// When it is told that a task is due soon: a day before, or after three quarters of the time that there was, whichever is later.
fn soon(set_at: i64, due_at: i64) -> i64 {
    let quarter = due_at.saturating_sub(set_at).max(0) / 4;
    due_at.saturating_sub(quarter.min(DAY_MS))
}

/// When the due time of a task that is not closed has to be looked at next; `set_at` is when that time was set. `None` once all is told.
#[must_use]
pub fn next_look(due_at: Option<i64>, set_at: i64, told: Told) -> Option<i64> {
    let due_at = due_at?;
    match told {
        Told::Nothing => Some(soon(set_at, due_at)),
        Told::Due => Some(due_at),
        Told::Overdue => None,
    }
}

/// What is to be told now, if anything. After a long absence only the worse of two things is told.
#[must_use]
pub fn what_to_tell(due_at: Option<i64>, set_at: i64, told: Told, now_ms: i64) -> Option<Told> {
    let due_at = due_at?;
    if now_ms >= due_at {
        return (told < Told::Overdue).then_some(Told::Overdue);
    }
    (now_ms >= soon(set_at, due_at) && told == Told::Nothing).then_some(Told::Due)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn a_short_time_is_told_in_its_last_quarter_and_a_long_one_a_day_before() {
        assert_eq!(next_look(Some(4 * HOUR), 0, Told::Nothing), Some(3 * HOUR));
        assert_eq!(next_look(Some(40 * DAY_MS), 0, Told::Nothing), Some(39 * DAY_MS));
        assert_eq!(next_look(Some(4 * HOUR), 0, Told::Due), Some(4 * HOUR));
        assert_eq!(next_look(Some(4 * HOUR), 0, Told::Overdue), None);
        assert_eq!(next_look(None, 0, Told::Nothing), None);
        assert_eq!(next_look(Some(HOUR), 2 * HOUR, Told::Nothing), Some(HOUR), "it was overdue when it was set");
    }

    #[test]
    fn each_thing_is_told_once_and_the_worse_one_alone_after_an_absence() {
        let tell = |told, now| what_to_tell(Some(4 * HOUR), 0, told, now);
        assert_eq!(tell(Told::Nothing, 3 * HOUR - 1), None);
        assert_eq!(tell(Told::Nothing, 3 * HOUR), Some(Told::Due));
        assert_eq!(tell(Told::Due, 3 * HOUR), None);
        assert_eq!(tell(Told::Due, 4 * HOUR), Some(Told::Overdue));
        assert_eq!(tell(Told::Nothing, 9 * HOUR), Some(Told::Overdue));
        assert_eq!(tell(Told::Overdue, 9 * HOUR), None);
        assert_eq!(due_after(i64::MAX, 5), i64::MAX);
    }
}
