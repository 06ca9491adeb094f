//! Why no consistent set of versions is there.

use super::super::decision::{Decision, Reason, Verdict};
use super::explainer::{Explainer, verdict_of};
use crate::document::AfterOutcome;
use crate::ids::{JobId, JobRunId, ResourceId, VersionId};
use crate::resolve::{BlockReason, Blocked};

impl Explainer<'_> {
    /// `job` is the one that has no set.
    pub(in crate::decide) fn blocked(&self, job: JobId, blocked: &[Blocked]) -> Decision {
        let reasons: Vec<Reason> =
            blocked.iter().map(|blocked| Reason { input: blocked.input.clone(), ..self.block(job, blocked) }).collect();
        let is_deep = reasons.iter().any(|reason| !reason.children.is_empty());
        let waits =
            if is_deep { verdict_of(&reasons) == Verdict::Waiting } else { blocked.iter().all(|one| self.is_on_its_way(&one.reason)) };
        Decision { verdict: if waits { Verdict::Waiting } else { Verdict::Blocked }, reasons }
    }

    /// Is some upstream job at work that may bring what is missing?
    fn is_on_its_way(&self, reason: &BlockReason) -> bool {
        match reason {
            BlockReason::NoPassedRun { job, .. } | BlockReason::NotVouched { job, .. } => self.newest_active(*job).is_some(),
            BlockReason::NoRunAgreement { left, right, .. } => {
                self.side_behind(*left, *right).is_some_and(|late| self.newest_active(late).is_some())
            }
            _ => false,
        }
    }

    fn block(&self, job: JobId, blocked: &Blocked) -> Reason {
        match &blocked.reason {
            BlockReason::NoVersion { resource } => self.no_version(*resource),
            BlockReason::AllDisabled { resource } => self.all_disabled(*resource),
            BlockReason::PinMissing { resource } => self.pin_missing(*resource, (job, blocked.input.as_deref())),
            BlockReason::NoPassedRun { job, on } => self.no_passed_run(*job, *on),
            BlockReason::NotVouched { job, resource } => self.not_vouched(*job, *resource),
            BlockReason::PinNotVouched { job, version } => self.pin_not_vouched(*job, *version),
            BlockReason::NoAgreement { resource, left, right } => self.no_agreement(*resource, *left, *right),
            BlockReason::NoRunAgreement { job, left, right } => self.no_run_agreement(*job, *left, *right),
            BlockReason::SearchLimit { steps } => {
                Reason::new("search-limit", format!("no consistent set of versions was found within {steps} steps; there may be one"))
                    .advise("pin an input, or choose its versions by hand")
            }
        }
    }

    fn pin_missing(&self, resource: ResourceId, (job, input): (JobId, Option<&str>)) -> Reason {
        let (name, place) = (self.resource_name(resource), self.resource_place(resource));
        let is_pinned = self.line.resources.get(&resource).is_some_and(|facts| facts.pin.is_some());
        if is_pinned {
            return Reason::new("pin-missing", format!("{name} is pinned to a version that is not there any more"))
                .advise(format!("unpin {name}"))
                .by(format!("andon unpin {place}"));
        }
        let pinned = self.line.pipelines.values().flat_map(|facts| &facts.pinned_inputs);
        let entries = pinned
            .filter(|pinned| pinned.job == job && input.is_none_or(|input| pinned.input == input))
            .filter(|pinned| pinned.resource == resource && pinned.version.is_none())
            .map(|pinned| pinned.entries.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" "));
        let entries = entries.into_iter().next().unwrap_or_default();
        Reason::new("pin-missing", format!("no version of {name} has {entries}, which the input asks for"))
            .advise(format!("publish a version of {name} with {entries}, or change `version` of the input"))
            .by(format!("andon publish {place} {entries}"))
    }

    fn no_passed_run(&self, job: JobId, on: AfterOutcome) -> Reason {
        let name = self.job_name(job);
        let demanded = match on {
            AfterOutcome::Passed | AfterOutcome::Succeeded => "succeeded",
            AfterOutcome::Failed => "failed",
            AfterOutcome::Finished => "ended",
        };
        let advice = match self.newest_active(job) {
            Some(_) => format!("wait for {name}"),
            None => format!("get a run of {name} that has {demanded}"),
        };
        let behind = self.behind(|| self.upstream(job, on));
        Reason::new("no-passed-run", format!("no run of {name} has {demanded} yet")).advise(advice).because(behind)
    }

    fn not_vouched(&self, job: JobId, resource: ResourceId) -> Reason {
        let (name, resource) = (self.job_name(job), self.resource_name(resource));
        let text = format!("no run of {name} that passed had a version of {resource}");
        let active = self.newest_active(job);
        let reason = Reason::new("not-vouched", text).advise(format!("run {name}")).by(format!("andon trigger {}", self.job_place(job)));
        match active {
            Some(run) => reason.because(self.behind(|| vec![self.active_run(run)])),
            None => reason,
        }
    }

    fn pin_not_vouched(&self, job: JobId, version: VersionId) -> Reason {
        let (name, version_name) = (self.job_name(job), self.version_name(version));
        let text = format!("no run of {name} that passed had the pinned {version_name}");
        let reason = Reason::new("pin-not-vouched", text).advise(format!("run {name} on {version_name}"));
        let input = self.input_for(job, version);
        let reason = match input {
            Some(input) => reason.by(format!("andon trigger {} -i {input}={}", self.job_place(job), self.version_value(version))),
            None => reason,
        };
        // What a job passed over runs again by hand only, and that is what is advised already.
        let behind = self.behind(|| self.journey(job, version).1);
        let is_known = behind.iter().any(|reason| !matches!(reason.kind.as_str(), "passed-over" | "pinned-elsewhere"));
        if is_known { reason.because(behind) } else { Reason { children: Vec::new(), ..reason } }
    }

    /// The name under which the job takes versions of this one's resource.
    pub(super) fn input_for(&self, job: JobId, version: VersionId) -> Option<String> {
        let resource = self.line.history.version(version)?.resource;
        let inputs = &self.line.jobs.get(&job)?.question.inputs;
        inputs.iter().find(|input| input.resource == resource).map(|input| input.name.clone())
    }

    fn no_agreement(&self, resource: ResourceId, left: (JobRunId, VersionId), right: (JobRunId, VersionId)) -> Reason {
        let name = self.resource_name(resource);
        let side = |(run, version): (JobRunId, VersionId)| format!("{} had {}", self.run_name(run), self.version_name(version));
        let text = format!("the upstream runs do not agree on {name}: {}, {}", side(left), side(right));
        let order = |version: VersionId| self.line.history.version(version).map(|version| version.order);
        let (behind, ahead) = if order(left.1) <= order(right.1) { (left, right) } else { (right, left) };
        let reason = Reason::new("no-agreement", text);
        let Some(late) = self.line.history.run(behind.0).map(|run| run.job) else { return reason };
        let advice = format!("let {} run on {}", self.job_name(late), self.version_name(ahead.1));
        reason.advise(advice).because(self.behind(|| self.journey(late, ahead.1).1))
    }

    /// The side that follows the older run is the one to wait for.
    fn no_run_agreement(&self, job: JobId, left: (JobRunId, JobRunId), right: (JobRunId, JobRunId)) -> Reason {
        let name = self.job_name(job);
        let text = format!("{} and {} follow different runs of {name}", self.run_name(left.0), self.run_name(right.0));
        let reason = Reason::new("no-agreement", text);
        let Some(late) = self.side_behind(left, right) else { return reason };
        let newer = if self.is_behind(left, right) { right.1 } else { left.1 };
        let advice = format!("let {} follow {}", self.job_name(late), self.run_name(newer));
        let behind = match self.newest_active(late) {
            Some(run) => self.behind(|| vec![self.active_run(run)]),
            None => Vec::new(),
        };
        reason.advise(advice).by(format!("andon trigger {}", self.job_place(late))).because(behind)
    }

    fn is_behind(&self, left: (JobRunId, JobRunId), right: (JobRunId, JobRunId)) -> bool {
        let sequence = |run: JobRunId| self.line.history.run(run).map(|run| run.sequence);
        sequence(left.1) < sequence(right.1)
    }

    /// The job whose run follows the older one of two runs.
    fn side_behind(&self, left: (JobRunId, JobRunId), right: (JobRunId, JobRunId)) -> Option<JobId> {
        let behind = if self.is_behind(left, right) { left.0 } else { right.0 };
        self.line.history.run(behind).map(|run| run.job)
    }
}
