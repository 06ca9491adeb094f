//! When a gate has to be looked at again, so that one that waits costs nothing until then.

use super::window::{is_open, next_opening};
use crate::document::Approval;

/// What has happened to an open gate so far, milliseconds since 1970 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    pub opened_at: i64,
    pub reminded_at: Option<i64>,
    pub escalated_at: Option<i64>,
    /// People have approved, so their deadline does not matter any more: it waits for a window or a check.
    pub approved: bool,
    /// When a check that holds it up is asked again.
    pub check_at: Option<i64>,
}

fn after(at: i64, duration: u64) -> i64 {
    at.saturating_add(i64::try_from(duration).unwrap_or(i64::MAX))
}

/// When people's time runs out; `None` where it never does.
#[must_use]
pub fn deadline(approval: &Approval, opened_at: i64, escalated_at: Option<i64>) -> Option<i64> {
    match (escalated_at, &approval.escalation) {
        (Some(escalated_at), Some(escalation)) => Some(after(escalated_at, escalation.timeout?)),
        _ => Some(after(opened_at, approval.timeout?)),
    }
}

/// When those who may decide are told again.
#[must_use]
pub fn next_reminder(approval: &Approval, times: &Times) -> Option<i64> {
    Some(after(times.reminded_at.unwrap_or(times.opened_at), approval.remind?))
}

/// When the gate has to be looked at next; `None` where only people can move it.
#[must_use]
pub fn next_due(approval: &Approval, times: &Times, now_ms: i64) -> Option<i64> {
    if times.approved {
        return match is_open(&approval.windows, now_ms) {
            true => times.check_at,
            false => next_opening(&approval.windows, now_ms),
        };
    }
    let reminder = next_reminder(approval, times);
    [deadline(approval, times.opened_at, times.escalated_at), reminder, times.check_at].into_iter().flatten().min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Approver, Escalation, OnTimeout, Role};

    const HOUR: i64 = 3_600_000;

    fn times() -> Times {
        Times { opened_at: 0, reminded_at: None, escalated_at: None, approved: false, check_at: None }
    }

    #[test]
    fn the_earliest_of_deadline_and_reminder_is_due() {
        let mut approval = Approval::by_operator();
        assert_eq!(next_due(&approval, &times(), 0), None, "only people move it");
        approval.timeout = Some(3 * 24 * 3_600_000);
        approval.remind = Some(4 * 3_600_000);
        assert_eq!(next_due(&approval, &times(), 0), Some(4 * HOUR));
        assert_eq!(next_due(&approval, &Times { reminded_at: Some(70 * HOUR), ..times() }, 0), Some(72 * HOUR));
        assert_eq!(next_due(&approval, &Times { check_at: Some(HOUR), ..times() }, 0), Some(HOUR));
    }

    #[test]
    fn what_escalated_has_a_further_deadline_or_none() {
        let mut approval = Approval { timeout: Some(1_000), on_timeout: OnTimeout::Escalate, ..Approval::by_operator() };
        approval.escalation = Some(Escalation { to: vec![Approver::Role(Role::Admin)], timeout: Some(500) });
        assert_eq!(deadline(&approval, 0, None), Some(1_000));
        assert_eq!(deadline(&approval, 0, Some(1_200)), Some(1_700));
        approval.escalation = Some(Escalation { to: vec![Approver::Role(Role::Admin)], timeout: None });
        assert_eq!(deadline(&approval, 0, Some(1_200)), None);
    }

    #[test]
    fn what_people_approved_does_not_expire() {
        let approval = Approval { timeout: Some(1_000), remind: Some(60_000), ..Approval::by_operator() };
        assert_eq!(next_due(&approval, &Times { approved: true, ..times() }, 0), None);
        assert_eq!(next_due(&approval, &Times { approved: true, check_at: Some(7), ..times() }, 0), Some(7));
    }
}
