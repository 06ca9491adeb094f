//! Which events a job run's move makes, and which rules ask for them.

use andon_pipelines::document::{NotifyEvent, NotifyRule};
use andon_pipelines::state::JobRunStatus;

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject<'a> {
    Job(&'a str),
    Resource(&'a str),
    /// The pipeline as a whole.
    Pipeline,
}

/// Whether the rule asks for this event of this job, resource or pipeline. Its `when` and its `pipelines` are not looked at.
#[must_use]
pub fn matches(rule: &NotifyRule, event: NotifyEvent, subject: Subject<'_>) -> bool {
    // Who wants to hear of an open gate wants to be reminded of it.
    let asked = rule.on.contains(&event) || (event == NotifyEvent::Reminded && rule.on.contains(&NotifyEvent::AwaitingApproval));
    let named = |names: &[String], name: &str| names.is_empty() || names.iter().any(|known| known == name);
    asked
        && match subject {
            Subject::Job(job) => named(&rule.jobs, job),
            Subject::Resource(resource) => named(&rule.resources, resource),
            // What holds all jobs holds those that a rule names.
            Subject::Pipeline => true,
        }
}

/// The most telling of the events that the rule asks for, so that one move makes one message: a rule on `[failed, broken]`
/// hears `broken`.
#[must_use]
pub fn first_match(rule: &NotifyRule, events: &[NotifyEvent], subject: Subject<'_>) -> Option<NotifyEvent> {
    events.iter().rev().copied().find(|event| matches(rule, *event, subject))
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
        NotifyRule { on: on.to_vec(), jobs: jobs.iter().map(|job| (*job).to_owned()).collect(), ..NotifyRule::default() }
    }

    #[test]
    fn a_rule_without_jobs_means_every_job() {
        assert!(matches(&rule(&[N::Failed], &[]), N::Failed, Subject::Job("build")));
        assert!(!matches(&rule(&[N::Failed], &[]), N::Fixed, Subject::Job("build")));
        assert!(matches(&rule(&[N::Failed], &["test", "build"]), N::Failed, Subject::Job("build")));
        assert!(!matches(&rule(&[N::Failed], &["test"]), N::Failed, Subject::Job("build")));
    }

    #[test]
    fn resources_and_whole_pipelines_have_rules_of_their_own() {
        let published = NotifyRule { resources: vec!["app".into()], ..rule(&[N::VersionPublished], &[]) };
        assert!(matches(&published, N::VersionPublished, Subject::Resource("app")));
        assert!(!matches(&published, N::VersionPublished, Subject::Resource("base")));
        assert!(matches(&rule(&[N::Paused], &[]), N::Paused, Subject::Pipeline));
        assert!(matches(&rule(&[N::Paused], &["build"]), N::Paused, Subject::Pipeline));
        assert!(matches(&rule(&[N::AwaitingApproval], &[]), N::Reminded, Subject::Job("sign")));
        assert!(!matches(&rule(&[N::Reminded], &[]), N::AwaitingApproval, Subject::Job("sign")));
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
        assert_eq!(first_match(&rule(&[N::Failed, N::Broken], &[]), &events, Subject::Job("build")), Some(N::Broken));
        assert_eq!(first_match(&rule(&[N::Failed], &[]), &events, Subject::Job("build")), Some(N::Failed));
        assert_eq!(first_match(&rule(&[N::Fixed], &[]), &events, Subject::Job("build")), None);
    }
}
