//! Which events a job run's move makes, and which rules ask for them.

use andon_pipelines::document::{NotifyEvent, NotifyRule};
use andon_pipelines::state::JobRunStatus;

/// Whether the rule asks for this event of this job. Its `when` is not looked at.
#[must_use]
pub fn matches(rule: &NotifyRule, event: NotifyEvent, job: &str) -> bool {
    rule.on.contains(&event) && (rule.jobs.is_empty() || rule.jobs.iter().any(|name| name == job))
}

/// The most telling of the events that the rule asks for, so that one move makes one message: a rule on `[failed, broken]`
/// hears `broken`.
#[must_use]
pub fn first_match(rule: &NotifyRule, events: &[NotifyEvent], job: &str) -> Option<NotifyEvent> {
    events.iter().rev().copied().find(|event| matches(rule, *event, job))
}

/// The events that a job run makes by reaching the status `now`, the most telling one last.
///
/// `previous` is how the job's latest earlier run that succeeded or failed ended; `None` where there is none.
#[must_use]
pub fn notify_event_of(previous: Option<JobRunStatus>, now: JobRunStatus) -> Vec<NotifyEvent> {
    match (previous, now) {
        (_, JobRunStatus::Running) => vec![NotifyEvent::Started],
        (Some(JobRunStatus::Failed), JobRunStatus::Succeeded) => vec![NotifyEvent::Succeeded, NotifyEvent::Fixed],
        (_, JobRunStatus::Succeeded) => vec![NotifyEvent::Succeeded],
        (Some(JobRunStatus::Succeeded), JobRunStatus::Failed) => vec![NotifyEvent::Failed, NotifyEvent::Broken],
        (_, JobRunStatus::Failed) => vec![NotifyEvent::Failed],
        (_, JobRunStatus::Stopped) => vec![NotifyEvent::Stopped],
        (_, JobRunStatus::Errored) => vec![NotifyEvent::Errored],
        (_, JobRunStatus::Waiting | JobRunStatus::Queued | JobRunStatus::Awaiting | JobRunStatus::Stopping | JobRunStatus::Skipped) => {
            vec![]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use NotifyEvent as N;

    fn rule(on: &[NotifyEvent], jobs: &[&str]) -> NotifyRule {
        NotifyRule { on: on.to_vec(), jobs: jobs.iter().map(|job| (*job).to_owned()).collect(), to: vec![], when: None }
    }

    #[test]
    fn a_rule_without_jobs_means_every_job() {
        assert!(matches(&rule(&[N::Failed], &[]), N::Failed, "build"));
        assert!(!matches(&rule(&[N::Failed], &[]), N::Fixed, "build"));
        assert!(matches(&rule(&[N::Failed], &["test", "build"]), N::Failed, "build"));
        assert!(!matches(&rule(&[N::Failed], &["test"]), N::Failed, "build"));
    }

    #[test]
    fn fixed_and_broken_are_told_by_the_run_before() {
        use JobRunStatus as S;
        assert_eq!(notify_event_of(None, S::Succeeded), [N::Succeeded]);
        assert_eq!(notify_event_of(None, S::Failed), [N::Failed]);
        assert_eq!(notify_event_of(Some(S::Failed), S::Succeeded), [N::Succeeded, N::Fixed]);
        assert_eq!(notify_event_of(Some(S::Succeeded), S::Failed), [N::Failed, N::Broken]);
        assert_eq!(notify_event_of(Some(S::Failed), S::Failed), [N::Failed]);
        assert_eq!(notify_event_of(Some(S::Succeeded), S::Succeeded), [N::Succeeded]);
        for (status, event) in [(S::Running, N::Started), (S::Stopped, N::Stopped), (S::Errored, N::Errored)] {
            assert_eq!(notify_event_of(Some(S::Failed), status), [event]);
        }
        for quiet in [S::Waiting, S::Queued, S::Awaiting, S::Stopping, S::Skipped] {
            assert_eq!(notify_event_of(Some(S::Failed), quiet), []);
        }
    }

    #[test]
    fn one_move_makes_one_message_per_rule() {
        let events = [N::Failed, N::Broken];
        assert_eq!(first_match(&rule(&[N::Failed, N::Broken], &[]), &events, "build"), Some(N::Broken));
        assert_eq!(first_match(&rule(&[N::Failed], &[]), &events, "build"), Some(N::Failed));
        assert_eq!(first_match(&rule(&[N::Fixed], &[]), &events, "build"), None);
    }
}
