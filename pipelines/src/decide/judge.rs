//! The judgement itself: one job, now.

use super::decision::{Action, Decision, Evaluation, Reason, Start, Verdict};
use super::facts::{JobFacts, JobRunFact};
use super::line::Line;
use crate::document::AfterOutcome;
use crate::ids::{JobId, JobRunId, ResourceId, VersionId};
use crate::resolve::{BlockReason, Blocked, PassedQuestion, Resolution, Resolved, resolve};
use crate::state::JobRunStatus;

/// The jobs that a `passed` names.
pub(super) fn jobs_of(passed: &PassedQuestion) -> &[JobId] {
    match passed {
        PassedQuestion::All(jobs) | PassedQuestion::Any(jobs) => jobs,
    }
}

/// Why a resolution finds nothing, in words.
#[must_use]
pub fn explain_blocked(line: &Line, blocked: &[Blocked]) -> Vec<Reason> {
    blocked.iter().map(|blocked| line.explain(blocked)).collect()
}

impl Line {
    /// What should happen to the job now, and why. `None` for a job that is not on the line (any more).
    #[must_use]
    pub fn decide(&self, id: JobId) -> Option<Evaluation> {
        let job = self.jobs.get(&id)?;
        let (decision, action) = self.judge(id, job);
        Some(Evaluation { job: id, decision, action })
    }

    fn judge(&self, id: JobId, job: &JobFacts) -> (Decision, Option<Action>) {
        if !job.is_automatic {
            let text = "it has neither inputs nor `after`, so it runs only by hand or API";
            return (Decision::of(Verdict::UpToDate, "manual", text, Some(format!("trigger {}", job.name))), None);
        }
        if let Some(decision) = self.pause_of(id) {
            return (decision, None);
        }
        match resolve(&self.history, &job.question) {
            Resolution::Blocked(blocked) => (self.explain_blocked(&blocked), None),
            Resolution::Resolved(resolved) if !resolved.triggers() => (Decision::up_to_date(), None),
            Resolution::Resolved(resolved) => self.judge_set(id, job, &resolved),
        }
    }

    fn judge_set(&self, id: JobId, job: &JobFacts, resolved: &Resolved) -> (Decision, Option<Action>) {
        let start = self.start(id, resolved);
        let replaceable = self.active_of_job.get(&id).into_iter().flatten().filter_map(|run| Some((*run, self.active.get(run)?)));
        // What people have approved and now waits for a runner is what they approved: a newer set asks them anew.
        let is_approved = |fact: &JobRunFact| job.is_gate && fact.status == JobRunStatus::Queued;
        let replaceable = replaceable.filter(|(_, fact)| fact.automatic && !job.takes_every_version && !is_approved(fact));
        let replaceable = replaceable.max_by_key(|(_, fact)| fact.sequence);
        let action = match replaceable {
            Some((job_run, fact)) if fact.status.is_pending() => Action::Supersede { job_run, start },
            Some((job_run, fact)) if fact.status == JobRunStatus::Awaiting && job.is_gate => Action::Reopen { job_run, start },
            _ => Action::Start(start),
        };
        (Decision::of(Verdict::Started, "new-set", "a consistent set of versions is there that this job has not had", None), Some(action))
    }

    fn start(&self, id: JobId, resolved: &Resolved) -> Start {
        let mut follows = resolved.follows.clone();
        follows.extend(resolved.inputs.iter().flat_map(|input| input.passed_runs.iter().copied()));
        follows.sort();
        follows.dedup();
        let fresh = |input: &&crate::resolve::ResolvedInput| input.trigger && input.first_occurrence;
        let newest = |runs: &[JobRunId]| runs.iter().copied().max_by_key(|run| self.history.run(*run).map(|run| run.sequence));
        let pushed_by = if resolved.follows_new_run {
            newest(&resolved.follows)
        } else {
            resolved.inputs.iter().filter(fresh).find_map(|input| newest(&input.passed_runs))
        };
        let triggered_by = resolved.inputs.iter().find(fresh).map(|input| input.version);
        let inputs = resolved.inputs.iter().map(|input| (input.name.clone(), input.version)).collect();
        Start { job: id, inputs, follows, pushed_by, triggered_by }
    }

    /// Why the job is held, if it is.
    pub(super) fn pause_of(&self, id: JobId) -> Option<Decision> {
        let job = self.jobs.get(&id)?;
        if job.paused {
            let advice = format!("resume {}", job.name);
            return Some(Decision::of(Verdict::Blocked, "paused", "the job is paused", Some(advice)));
        }
        let pipeline = self.pipelines.get(&job.pipeline)?;
        let advice = || format!("resume {}", pipeline.document.pipeline);
        pipeline.paused.then(|| Decision::of(Verdict::Blocked, "paused", "the pipeline is paused", Some(advice())))
    }

    fn explain_blocked(&self, blocked: &[Blocked]) -> Decision {
        let reasons = explain_blocked(self, blocked);
        let waits = blocked.iter().all(|blocked| self.is_on_its_way(&blocked.reason));
        Decision { verdict: if waits { Verdict::Waiting } else { Verdict::Blocked }, reasons }
    }

    /// Is some upstream job at work that may bring what is missing?
    fn is_on_its_way(&self, reason: &BlockReason) -> bool {
        match reason {
            BlockReason::NoPassedRun { job, .. } | BlockReason::NotVouched { job, .. } => {
                self.active_of_job.get(job).is_some_and(|active| !active.is_empty())
            }
            _ => false,
        }
    }

    fn explain(&self, blocked: &Blocked) -> Reason {
        let (kind, text, unblock) = match &blocked.reason {
            BlockReason::NoVersion { resource } => {
                let name = self.resource_name(*resource);
                ("no-version", format!("{name} has no version yet"), Some(format!("publish a version of {name}")))
            }
            BlockReason::AllDisabled { resource } => {
                let name = self.resource_name(*resource);
                ("all-disabled", format!("every version of {name} is disabled"), Some(format!("enable a version of {name}")))
            }
            BlockReason::PinMissing { resource } => {
                let name = self.resource_name(*resource);
                ("pin-missing", format!("{name} is pinned to a version that does not exist"), Some(format!("unpin {name}")))
            }
            BlockReason::NoPassedRun { job, on } => self.explain_no_run(*job, *on),
            BlockReason::NotVouched { job, resource } => {
                let (job, resource) = (self.job_name(*job), self.resource_name(*resource));
                ("not-vouched", format!("no run of {job} that passed had a version of {resource}"), Some(format!("run {job}")))
            }
            BlockReason::PinNotVouched { job, version } => {
                let (job, version) = (self.job_name(*job), self.version_name(*version));
                (
                    "pin-not-vouched",
                    format!("no run of {job} that passed had the pinned {version}"),
                    Some(format!("run {job} on {version}")),
                )
            }
            BlockReason::NoAgreement { resource, left, right } => self.explain_disagreement(*resource, *left, *right),
            BlockReason::Exhausted { resource } => {
                let name = self.resource_name(*resource);
                ("exhausted", format!("every version of {name} has been taken"), Some(format!("wait for a version of {name}")))
            }
        };
        Reason { kind: kind.to_owned(), input: blocked.input.clone(), text, unblock }
    }

    fn explain_no_run(&self, job: JobId, on: AfterOutcome) -> (&'static str, String, Option<String>) {
        let name = self.job_name(job);
        let demanded = match on {
            AfterOutcome::Passed | AfterOutcome::Succeeded => "succeeded",
            AfterOutcome::Failed => "failed",
            AfterOutcome::Finished => "ended",
        };
        let active = self.active_of_job.get(&job).is_some_and(|active| !active.is_empty());
        let advice = if active { format!("wait for {name}") } else { format!("get a run of {name} that has {demanded}") };
        ("no-passed-run", format!("no run of {name} has {demanded} yet"), Some(advice))
    }

    fn explain_disagreement(
        &self,
        resource: ResourceId,
        left: (JobRunId, VersionId),
        right: (JobRunId, VersionId),
    ) -> (&'static str, String, Option<String>) {
        let name = self.resource_name(resource);
        let side = |(run, version): (JobRunId, VersionId)| format!("{} had {}", self.run_name(run), self.version_name(version));
        let text = format!("the upstream runs do not agree on {name}: {}, {}", side(left), side(right));
        ("no-agreement", text, Some(format!("let both upstream jobs run on one version of {name}")))
    }

    fn resource_name(&self, id: ResourceId) -> String {
        self.resources.get(&id).map_or_else(|| "a removed resource".to_owned(), |resource| resource.name.clone())
    }

    fn job_name(&self, id: JobId) -> String {
        self.jobs.get(&id).map_or_else(|| "a removed job".to_owned(), |job| job.name.clone())
    }

    fn run_name(&self, id: JobRunId) -> String {
        self.history.run(id).map_or_else(|| "a removed run".to_owned(), |run| format!("a run of {}", self.job_name(run.job)))
    }

    fn version_name(&self, id: VersionId) -> String {
        let version = self.history.version(id);
        version.map_or_else(
            || "a removed version".to_owned(),
            |version| format!("{} #{}", self.resource_name(version.resource), version.order),
        )
    }
}

impl Decision {
    fn of(verdict: Verdict, kind: &str, text: &str, unblock: Option<String>) -> Self {
        Self { verdict, reasons: vec![Reason { kind: kind.to_owned(), input: None, text: text.to_owned(), unblock }] }
    }

    fn up_to_date() -> Self {
        Self::of(Verdict::UpToDate, "had-already", "the newest consistent set of versions has been run already", None)
    }
}
