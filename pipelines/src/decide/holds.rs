//! What keeps a job from starting although a set is there: the andon cord, pulled on the job, its pipeline or its workspace, the lock of an
//! environment that it deploys to, and `settle`.

use super::decision::{Decision, Reason, Verdict};
use super::facts::JobRunFact;
use super::line::Line;
use crate::ids::{JobId, ResourceId};
use crate::state::JobRunStatus;
use std::collections::BTreeMap;

/// Most upstream jobs that a held job names.
const NAMED: usize = 5;

/// The cord, pulled: who, why, and since when (milliseconds since 1970 UTC).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    pub by: String,
    pub reason: Option<String>,
    pub at: i64,
}

impl Pause {
    /// `paused by ada since 2026-11-21 11:04 UTC: broken network`.
    #[must_use]
    pub fn describe(&self) -> String {
        let by = self.by.strip_prefix("user:").unwrap_or(&self.by);
        let reason = self.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        format!("paused by {by} since {}{reason}", super::explain::show_time(self.at))
    }
}

/// An environment that nothing is deployed to: who said so, why, since when, and until when (milliseconds since 1970 UTC); without an end until
/// somebody unlocks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    pub by: String,
    pub reason: String,
    pub at: i64,
    pub until: Option<i64>,
}

impl Lock {
    /// `locked by ada since 2026-11-21 11:04 UTC until 2026-11-22 06:00 UTC: audit`.
    #[must_use]
    pub fn describe(&self) -> String {
        let by = self.by.strip_prefix("user:").unwrap_or(&self.by);
        let until = self.until.map(|until| format!(" until {}", super::explain::show_time(until))).unwrap_or_default();
        format!("locked by {by} since {}{until}: {}", super::explain::show_time(self.at), self.reason)
    }
}

/// Everything that people have held that can hold a job of one pipeline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pauses {
    pub workspace: Option<Pause>,
    pub pipeline: Option<Pause>,
    pub jobs: BTreeMap<JobId, Pause>,
    /// The locks of its environments.
    pub environments: BTreeMap<ResourceId, Lock>,
}

impl Line {
    /// Why people's cords and locks hold the job, if they do: one reason for each, since each has to be released.
    #[must_use]
    pub fn list_pauses(&self, id: JobId) -> Vec<Reason> {
        let mut held = self.list_cords(id);
        held.extend(self.list_locks(id).into_iter().map(|(reason, _)| reason));
        held
    }

    /// The locks of the environments that the job deploys to, and whether each ends by itself.
    fn list_locks(&self, id: JobId) -> Vec<(Reason, bool)> {
        let Some((job, pipeline)) = self.jobs.get(&id).and_then(|job| Some((job, self.pipelines.get(&job.pipeline)?))) else {
            return Vec::new();
        };
        let elsewhere = if pipeline.workspace_name == "main" { String::new() } else { format!(" --workspace {}", pipeline.workspace_name) };
        let locked = job.outputs.iter().filter_map(|output| Some((self.resources.get(output)?, pipeline.pauses.environments.get(output)?)));
        let reason = |(environment, lock): (&super::facts::ResourceFacts, &Lock)| {
            let (name, since) = (&environment.name, lock.describe());
            let command = format!("andon env unlock {}/{name}{elsewhere}", pipeline.document.pipeline);
            let reason = Reason::new("environment-locked", format!("the environment {name} is {since}"));
            (reason.advise(format!("unlock {name}, {since}")).by(command), lock.until.is_some())
        };
        locked.map(reason).collect()
    }

    /// Why the cord holds the job, one reason for each height at which it is pulled.
    fn list_cords(&self, id: JobId) -> Vec<Reason> {
        let Some((job, pipeline)) = self.jobs.get(&id).and_then(|job| Some((job, self.pipelines.get(&job.pipeline)?))) else {
            return Vec::new();
        };
        let (pauses, place) = (&pipeline.pauses, &pipeline.document.pipeline);
        // Only one workspace needs no naming on the command line.
        let elsewhere = if pipeline.workspace_name == "main" { String::new() } else { format!(" --workspace {}", pipeline.workspace_name) };
        let all = &pipeline.workspace_name;
        let heights = [
            (pauses.jobs.get(&id), ("job", &job.name), format!("andon resume {place}/{}{elsewhere}", job.name)),
            (pauses.pipeline.as_ref(), ("pipeline", place), format!("andon resume {place}{elsewhere}")),
            (pauses.workspace.as_ref(), ("workspace", all), format!("andon resume --workspace {all}")),
        ];
        let pulled = heights.into_iter().filter_map(|(pause, named, command)| Some((pause?.describe(), named, command)));
        let reason = |(since, (height, name), command): (String, (&str, &String), String)| {
            Reason::new("paused", format!("the {height} {name} is {since}")).advise(format!("resume {name}, {since}")).by(command)
        };
        pulled.map(reason).collect()
    }

    /// Why the job is held, if it is.
    pub(super) fn pause_of(&self, id: JobId) -> Option<Decision> {
        let reasons = self.list_pauses(id);
        // Locks that end by themselves are on their way to be gone.
        let ends = self.list_cords(id).is_empty() && self.list_locks(id).iter().all(|(_, ends)| *ends);
        let verdict = if ends { Verdict::Waiting } else { Verdict::Blocked };
        (!reasons.is_empty()).then_some(Decision { verdict, reasons })
    }

    /// What a job with `settle` waits for, if it waits for anything: job runs upstream of it, at any distance, that have not ended.
    pub(super) fn unsettled(&self, id: JobId) -> Option<Decision> {
        if !self.jobs.get(&id)?.settle {
            return None;
        }
        let busy: Vec<(JobId, &JobRunFact)> =
            self.list_upstream(id).into_iter().filter_map(|job| Some((job, self.oldest_active(job)?))).collect();
        let more = busy.len().saturating_sub(NAMED);
        let mut reasons: Vec<Reason> = busy.iter().take(NAMED).map(|(job, fact)| self.explain_busy(*job, fact.status)).collect();
        if more > 0 {
            let text = format!("{more} more jobs upstream are at work");
            reasons.push(Reason::new("settling", text));
        }
        (!reasons.is_empty()).then_some(Decision { verdict: Verdict::Waiting, reasons })
    }

    fn oldest_active(&self, job: JobId) -> Option<&JobRunFact> {
        let active = self.active_of_job.get(&job)?.iter().filter_map(|run| self.active.get(run));
        active.min_by_key(|fact| fact.sequence)
    }

    fn explain_busy(&self, job: JobId, status: JobRunStatus) -> Reason {
        let name = self.jobs.get(&job).map_or("a removed job", |facts| facts.name.as_str());
        let (doing, advice) = match status {
            JobRunStatus::Awaiting => ("awaits people", format!("decide {name}")),
            JobRunStatus::Waiting => ("waits for a slot", format!("wait for {name}")),
            JobRunStatus::Queued => ("waits for a runner", format!("wait for {name}")),
            _ => ("is running", format!("wait for {name}")),
        };
        let text = format!("it is held until everything upstream of it is done, and {name} {doing}");
        let held = if status == JobRunStatus::Waiting { self.list_pauses(job).into_iter().next() } else { None };
        Reason::new("settling", text).advise(advice).because(held.into_iter().collect())
    }

    /// Whether the cord or `settle` keeps the line from starting the job now.
    #[must_use]
    pub fn is_held(&self, id: JobId) -> bool {
        !self.list_pauses(id).is_empty() || self.unsettled(id).is_some()
    }

    /// Whether a job run that waits for a slot may get one now. What a person started is not held by `settle`.
    pub(super) fn may_begin(&self, fact: &JobRunFact) -> bool {
        self.list_pauses(fact.job).is_empty() && !(fact.automatic && self.unsettled(fact.job).is_some())
    }
}
