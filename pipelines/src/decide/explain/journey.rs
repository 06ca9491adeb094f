//! Why a version has, or has not, got to a job.

use super::super::decision::{Reason, Verdict};
use super::explainer::{Explainer, verdict_of};
use crate::ids::{JobId, JobRunId, ResourceId, VersionId};
use crate::resolve::{Choice, InputQuestion, PassedQuestion, Resolution, ResolvedInput, RunStatus, RunView, Version, resolve};
use std::collections::BTreeSet;

type Found = (Verdict, Vec<Reason>);

impl InputQuestion {
    /// The version that the input or its resource is pinned to.
    pub(in crate::decide) fn pins(&self) -> Option<VersionId> {
        match self.version {
            Choice::Pin(version) => Some(version),
            Choice::Latest | Choice::Every => self.resource_pin,
        }
    }
}

impl Explainer<'_> {
    /// Where the version stands on its way to the job.
    pub(super) fn journey(&self, job: JobId, version: VersionId) -> Found {
        let history = &self.line.history;
        let (Some(facts), Some(version)) = (self.line.jobs.get(&job), history.version(version)) else {
            return (Verdict::Blocked, vec![Reason::new("removed", "the job or the version is not there any more")]);
        };
        let version = &version;
        if let Some(run) = self.find_arrival(job, version) {
            return self.arrived(run, version);
        }
        if !self.line.resources.contains_key(&version.resource) {
            let text = "it belongs to an earlier history: the pipeline finds this resource in another way now, or not at all";
            let advice = "set the resource's earlier definition again, or publish the version in the new history";
            return (Verdict::Blocked, vec![Reason::new("retired-history", text).advise(advice)]);
        }
        let inputs: Vec<&InputQuestion> = facts.question.inputs.iter().filter(|input| input.resource == version.resource).collect();
        if inputs.is_empty() {
            return self.inherited(job, version);
        }
        let reasons = self.list_hindrances(job, &inputs, version);
        if reasons.is_empty() { self.choice(job, version) } else { (verdict_of(&reasons), reasons) }
    }

    /// The newest run of the job that has the version, or has it in what it stands on.
    fn find_arrival(&self, job: JobId, version: &Version) -> Option<RunView<'_>> {
        let history = &self.line.history;
        let is_named = |run: &RunView<'_>| run.inputs().any(|(_, taken)| taken == version.id);
        let facts = self.line.jobs.get(&job)?;
        let had = facts.question.inputs.iter().any(|input| history.has_had(job, &input.name, version.id));
        if had && let Some(run) = history.runs_of(job).find(|run| is_named(run)) {
            return Some(run);
        }
        let stands_on = |run: &RunView<'_>| {
            is_named(run)
                || run.consumed_runs().any(|upstream| self.has_in_lineage(upstream, version))
                || run.inputs().any(|(_, taken)| history.makers(taken).any(|maker| self.has_in_lineage(maker.id, version)))
        };
        let active = self.line.active_of_job.get(&job).into_iter().flatten().filter_map(|run| history.run(*run));
        let active = active.filter(stands_on).max_by_key(|run| run.sequence);
        // A job that takes the resource itself has not had the version because something upstream of it has.
        let takes_it = facts.question.inputs.iter().any(|input| input.resource == version.resource);
        let ended = || history.runs_vouching(job, version.resource, version.id).last().filter(|_| !takes_it);
        active.filter(|_| !takes_it).or_else(ended)
    }

    fn has_in_lineage(&self, run: JobRunId, version: &Version) -> bool {
        self.line.history.lineage(run).any(|entry| entry.version == version.id)
    }

    fn arrived(&self, run: RunView<'_>, version: &Version) -> Found {
        let (name, version_name) = (self.run_name(run.id), self.version_name(version.id));
        let is_superseded = self.notes.runs.get(&run.id).is_some_and(|note| note.reason.as_deref() == Some("superseded"));
        match run.status {
            RunStatus::Active => {
                let reason = self.active_run(run.id);
                (verdict_of(std::slice::from_ref(&reason)), vec![reason])
            }
            RunStatus::Aborted if is_superseded => {
                let newer = self.line.history.runs_of(run.job).find(|other| other.sequence > run.sequence);
                let by = newer.map_or_else(String::new, |newer| format!(" by {}{}", self.run_name(newer.id), self.set_of(newer.id)));
                let text = format!("{name} had {version_name}, and was superseded{by}");
                (Verdict::UpToDate, vec![self.advise_running(Reason::new("superseded", text), run.job, version.id)])
            }
            RunStatus::Succeeded | RunStatus::Skipped => {
                let how = if run.status == RunStatus::Succeeded { "succeeded" } else { "was skipped" };
                (Verdict::UpToDate, vec![Reason::new("arrived", format!("it got here: {name} had {version_name}, and {how}"))])
            }
            RunStatus::Failed | RunStatus::Aborted => {
                let text = format!("it got here: {name} had {version_name}");
                (Verdict::Blocked, vec![Reason::new("arrived", text).because(vec![self.ended_run(run.id)])])
            }
        }
    }

    /// What would have to be otherwise for the version to be chosen at all.
    fn list_hindrances(&self, job: JobId, inputs: &[&InputQuestion], version: &Version) -> Vec<Reason> {
        let name = self.version_name(version.id);
        let mut reasons = Vec::new();
        let is_pinned_here = inputs.iter().any(|input| input.pins() == Some(version.id));
        if version.disabled && !is_pinned_here {
            let text = format!("{} is never chosen by itself", self.disabled_name(version.id));
            reasons.push(self.advise_enabling(Reason::new("disabled", text), version.id));
        }
        for input in inputs {
            let found = self.pinned_elsewhere(job, input, version).into_iter().chain(self.not_passed(input, version, &name));
            reasons.extend(found.map(|reason| Reason { input: Some(input.name.clone()), ..reason }));
        }
        if !reasons.is_empty() || !self.is_passed_over(job, version) {
            reasons.extend(self.hold_of(job));
        }
        reasons
    }

    fn pinned_elsewhere(&self, job: JobId, input: &InputQuestion, version: &Version) -> Option<Reason> {
        let pin = input.pins().filter(|pin| *pin != version.id)?;
        let (resource, place) = (self.resource_name(version.resource), self.resource_place(version.resource));
        if matches!(input.version, Choice::Pin(_)) {
            let name = self.job_name(job);
            let text = format!("the input is pinned to {} by `version` in the pipeline", self.version_name(pin));
            return Some(Reason::new("pinned-elsewhere", text).advise(format!("change `version` of the input {} of {name}", input.name)));
        }
        self.ask(|asked| asked.pins.insert(version.resource));
        let note = self.notes.pins.get(&version.resource);
        let by = note.and_then(|note| note.by.as_ref()).map_or_else(String::new, |by| format!(" by {by}"));
        let why = note.and_then(|note| note.comment.as_ref()).map_or_else(String::new, |comment| format!(": '{comment}'"));
        let text = format!("{resource} is pinned to {}{by}{why}", self.version_name(pin));
        Some(Reason::new("pinned-elsewhere", text).advise(format!("unpin {resource}")).by(format!("andon unpin {place}")))
    }

    /// Which of the upstream jobs that the input names has not passed the version.
    fn not_passed(&self, input: &InputQuestion, version: &Version, name: &str) -> Vec<Reason> {
        let (jobs, any) = match &input.passed {
            PassedQuestion::All(jobs) => (jobs, false),
            PassedQuestion::Any(jobs) => (jobs, true),
        };
        let has_passed = |job: &JobId| self.line.history.runs_vouching(*job, version.resource, version.id).any(|run| passes(run.status));
        let lacking: Vec<JobId> = jobs.iter().copied().filter(|job| !has_passed(job)).collect();
        if any && lacking.len() < jobs.len() {
            return Vec::new();
        }
        lacking.into_iter().map(|job| self.lacks(job, version, name)).collect()
    }

    fn lacks(&self, job: JobId, version: &Version, name: &str) -> Reason {
        let behind = self.behind(|| self.journey(job, version.id).1);
        let upstream = self.job_name(job);
        Reason::new("not-passed", format!("{upstream} has not passed {name}"))
            .advise(format!("get a run of {upstream} on {name} that succeeds"))
            .because(behind)
    }

    fn is_passed_over(&self, job: JobId, version: &Version) -> bool {
        let Some(facts) = self.line.jobs.get(&job) else { return false };
        facts.question.inputs.iter().filter(|input| input.resource == version.resource && input.version == Choice::Latest).any(|input| {
            let newer = self.line.history.versions(version.resource).rev().take_while(|other| other.order > version.order);
            newer.into_iter().any(|other| self.line.history.has_had(job, &input.name, other.id))
        })
    }

    /// Nothing keeps the version away by itself: it is not chosen, or not yet.
    fn choice(&self, job: JobId, version: &Version) -> Found {
        let history = &self.line.history;
        let Some(facts) = self.line.jobs.get(&job) else { return (Verdict::Blocked, Vec::new()) };
        let mut question = facts.question.clone();
        for input in question.inputs.iter_mut().filter(|input| input.resource == version.resource) {
            input.version = Choice::Pin(version.id);
        }
        if let Resolution::Blocked(blocked) = resolve(history, &question) {
            let decision = self.blocked(job, &blocked);
            return (decision.verdict, decision.reasons);
        }
        let now = match resolve(history, &facts.question) {
            Resolution::Resolved(now) => now,
            Resolution::Blocked(blocked) => {
                let decision = self.blocked(job, &blocked);
                return (decision.verdict, decision.reasons);
            }
        };
        let chosen = facts.question.inputs.iter().zip(&now.inputs).find(|(input, _)| input.resource == version.resource);
        let Some((input, chosen)) = chosen else { return (Verdict::Blocked, Vec::new()) };
        let name = self.version_name(version.id);
        if chosen.version == version.id {
            if now.triggers() {
                let text = format!("{} is about to start on {name}", self.job_name(job));
                return (Verdict::Waiting, vec![Reason::new("about-to-start", text).advise(format!("wait for {}", self.job_name(job)))]);
            }
            let text = format!("{name} is what {} takes next, but the input {} starts nothing by itself", self.job_name(job), input.name);
            return (Verdict::UpToDate, vec![self.advise_running(Reason::new("not-triggering", text), job, version.id)]);
        }
        self.not_chosen(job, version, (input, chosen))
    }

    fn not_chosen(&self, job: JobId, version: &Version, (input, chosen): (&InputQuestion, &ResolvedInput)) -> Found {
        let history = &self.line.history;
        let (name, taken) = (self.version_name(version.id), self.version_name(chosen.version));
        let order = history.version(chosen.version).map_or(i64::MAX, |version| version.order);
        if input.version == Choice::Every && order < version.order {
            let text = format!("{} takes every version, oldest first, and {taken} stands before {name}", self.job_name(job));
            let behind = self.newest_active(job).map(|run| self.active_run(run));
            return (
                Verdict::Waiting,
                vec![Reason::new("in-line", text).advise(format!("wait for {taken}")).because(behind.into_iter().collect())],
            );
        }
        if input.version == Choice::Every {
            let text = format!("{name} came before {} began to take every version, and nothing is replayed", self.job_name(job));
            return (Verdict::UpToDate, vec![self.advise_running(Reason::new("before-its-time", text), job, version.id)]);
        }
        let has = |run: &RunView<'_>| run.inputs().any(|input| input == (chosen.name.as_str(), chosen.version));
        let by = history.runs_of(job).find(has);
        let superseded = by.and_then(|run| self.notes.runs.get(&run.id)).map_or(0, |note| note.superseded);
        let in_place = if superseded > 0 { format!(", which superseded {superseded} older while it waited") } else { String::new() };
        let text = match by {
            Some(run) => format!("{} took {taken} instead of {name}: {}{in_place}", self.job_name(job), self.run_name(run.id)),
            None => format!("{} takes {taken} instead of {name}", self.job_name(job)),
        };
        (Verdict::UpToDate, vec![self.advise_running(Reason::new("passed-over", text), job, version.id)])
    }

    /// The job can be run on the version by hand.
    fn advise_running(&self, reason: Reason, job: JobId, version: VersionId) -> Reason {
        let Some(input) = self.input_for(job, version) else { return reason };
        let (name, job_name) = (self.version_name(version), self.job_name(job));
        reason.advise(format!("run {job_name} on {name} by hand")).by(format!(
            "andon trigger {} -i {input}={}",
            self.job_place(job),
            self.version_value(version)
        ))
    }

    /// The job does not take the resource itself: its versions come in the lineage of upstream runs.
    fn inherited(&self, job: JobId, version: &Version) -> Found {
        let (name, resource) = (self.version_name(version.id), self.resource_name(version.resource));
        let upstream = self.list_ways(job, version.resource);
        if upstream.is_empty() {
            let text = format!("{} takes nothing of {resource}, neither itself nor through what is upstream of it", self.job_name(job));
            return (
                Verdict::Blocked,
                vec![Reason::new("not-an-input", text).advise(format!("make {resource} an input of {}", self.job_name(job)))],
            );
        }
        if let Some((run, newer)) = self.find_newer_stand(job, version) {
            let text = format!("a newer one took its place: {} stands on {}", self.run_name(run), self.version_name(newer));
            return (Verdict::UpToDate, vec![Reason::new("passed-over", text)]);
        }
        let lacks = |job: &&JobId| !self.line.history.runs_vouching(**job, version.resource, version.id).any(|run| passes(run.status));
        let mut reasons: Vec<Reason> = upstream.iter().filter(lacks).map(|job| self.lacks(*job, version, &name)).collect();
        if reasons.is_empty() {
            let Some(facts) = self.line.jobs.get(&job) else { return (Verdict::Blocked, reasons) };
            let (decision, _) = self.line.judge(job, facts, self);
            return (decision.verdict, decision.reasons);
        }
        reasons.extend(self.hold_of(job));
        (verdict_of(&reasons), reasons)
    }

    /// The newest run of the job that passed, where it stands on a newer version of the resource.
    fn find_newer_stand(&self, job: JobId, version: &Version) -> Option<(JobRunId, VersionId)> {
        let history = &self.line.history;
        let run = history.runs_of(job).find(|run| passes(run.status))?;
        let stand = history.lineage(run.id).find(|entry| entry.resource == version.resource)?.version;
        (history.version(stand)?.order > version.order).then_some((run.id, stand))
    }

    /// The jobs directly upstream through which the resource's versions can come.
    fn list_ways(&self, job: JobId, resource: ResourceId) -> Vec<JobId> {
        let parents = self.list_parents(job).into_iter();
        parents.filter(|parent| self.knows(*parent, resource, &mut BTreeSet::from([job]))).collect()
    }

    fn knows(&self, job: JobId, resource: ResourceId, seen: &mut BTreeSet<JobId>) -> bool {
        if !seen.insert(job) {
            return false;
        }
        let Some(facts) = self.line.jobs.get(&job) else { return false };
        facts.question.inputs.iter().any(|input| input.resource == resource)
            || self.list_makers(resource).contains(&job)
            || self.list_parents(job).into_iter().any(|parent| self.knows(parent, resource, seen))
    }

    fn list_parents(&self, job: JobId) -> BTreeSet<JobId> {
        let Some(facts) = self.line.jobs.get(&job) else { return BTreeSet::new() };
        let after = facts.question.after.iter().map(|after| after.job);
        let passed = facts.question.inputs.iter().flat_map(|input| super::super::judge::jobs_of(&input.passed)).copied();
        let makers = facts.question.inputs.iter().filter(|input| !input.state).flat_map(|input| self.list_makers(input.resource));
        after.chain(passed).chain(makers).filter(|parent| *parent != job).collect()
    }
}

fn passes(status: RunStatus) -> bool {
    matches!(status, RunStatus::Succeeded | RunStatus::Skipped)
}
