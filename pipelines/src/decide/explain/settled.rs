//! Reasons where nothing is missing: a new set, a set that was run already, a job for hands only, a job that is held.

use super::super::decision::{Decision, Reason, Verdict};
use super::explainer::Explainer;
use crate::ids::{JobId, JobRunId};
use crate::resolve::{Resolution, Resolved, ResolvedInput, RunStatus, RunView, resolve};

/// How many runs of the job are looked through for the one that had a set.
const LOOKED_THROUGH: usize = 200;

impl Explainer<'_> {
    pub(in crate::decide) fn by_hand(&self, job: JobId) -> Decision {
        let reason = Reason::new("manual", "it has neither inputs nor `after`, so it runs only by hand or API");
        let reason = reason.advise(format!("trigger {}", self.job_name(job))).by(format!("andon trigger {}", self.job_place(job)));
        Decision { verdict: Verdict::UpToDate, reasons: vec![reason] }
    }

    pub(in crate::decide) fn new_set(&self, resolved: &Resolved) -> Decision {
        let on = self.on(resolved.inputs.iter().map(|input| input.version));
        let text = format!("a consistent set of versions is there that this job has not had; it runs{on}");
        Decision { verdict: Verdict::Started, reasons: vec![Reason::new("new-set", text)] }
    }

    pub(in crate::decide) fn up_to_date(&self, job: JobId, resolved: &Resolved) -> Decision {
        let on = self.on(resolved.inputs.iter().map(|input| input.version));
        let had = self.find_run_with(job, resolved);
        let text = match had {
            Some(run) => format!("the newest consistent set of versions has been run already: {}{on}", self.run_name(run.id)),
            None => format!("the newest consistent set of versions has been run already{on}"),
        };
        let children = self.behind(|| {
            let own = had.and_then(|run| match run.status {
                RunStatus::Active => Some(self.active_run(run.id)),
                RunStatus::Failed | RunStatus::Aborted => Some(self.ended_run(run.id)),
                RunStatus::Succeeded | RunStatus::Skipped => None,
            });
            own.into_iter().chain(self.newer_elsewhere(job, resolved)).collect()
        });
        Decision { verdict: Verdict::UpToDate, reasons: vec![Reason::new("had-already", text).because(children)] }
    }

    /// The newest run of the job on this very set.
    fn find_run_with(&self, job: JobId, resolved: &Resolved) -> Option<RunView<'_>> {
        let has = |run: &RunView<'_>, wanted: &ResolvedInput| run.inputs().any(|input| input == (wanted.name.as_str(), wanted.version));
        let is_it = |run: &RunView<'_>| {
            resolved.inputs.iter().filter(|input| input.trigger).all(|input| has(run, input))
                && resolved.follows.iter().all(|followed| run.consumed_runs().any(|upstream| upstream == *followed))
        };
        self.line.history.runs_of(job).take(LOOKED_THROUGH).find(is_it)
    }

    /// Newer versions, and newer upstream runs, that have not got here yet.
    fn newer_elsewhere(&self, job: JobId, resolved: &Resolved) -> Vec<Reason> {
        let Some(facts) = self.line.jobs.get(&job) else { return Vec::new() };
        let history = &self.line.history;
        let mut found = Vec::new();
        for (question, input) in facts.question.inputs.iter().zip(&resolved.inputs) {
            let Some(newest) = history.newest_version(question.resource).filter(|_| input.trigger && question.pins().is_none()) else {
                continue;
            };
            let taken = history.version(input.version).map_or(i64::MAX, |version| version.order);
            if newest.order > taken && !input.passed_runs.is_empty() {
                let text = format!("{} is newer, and has not got here", self.version_name(newest.id));
                let behind = self.behind(|| self.journey(job, newest.id).1);
                found.push(Reason { input: Some(question.name.clone()), ..Reason::new("newer-held", text).because(behind) });
            }
        }
        if !found.is_empty() {
            return found;
        }
        for after in &facts.question.after {
            let newest = history.runs_of(after.job).next().filter(|run| !resolved.follows.contains(&run.id));
            found.extend(newest.map(|run| self.upstream_run(run)));
        }
        found
    }

    fn upstream_run(&self, run: RunView<'_>) -> Reason {
        if run.status == RunStatus::Active { self.active_run(run.id) } else { self.ended_run(run.id) }
    }

    /// A hold, and what would still stand in the way without it.
    pub(in crate::decide) fn held(&self, job: JobId, mut decision: Decision) -> Decision {
        decision.reasons.extend(self.behind(|| self.without_hold(job)));
        decision
    }

    fn without_hold(&self, job: JobId) -> Vec<Reason> {
        let Some(facts) = self.line.jobs.get(&job) else { return Vec::new() };
        match resolve(&self.line.history, &facts.question) {
            Resolution::Blocked(blocked) => self.blocked(job, &blocked).reasons,
            Resolution::Resolved(_) => Vec::new(),
        }
    }

    /// Why the job is held, if it is.
    pub(super) fn hold_of(&self, job: JobId) -> Vec<Reason> {
        self.line.list_pauses(job)
    }

    /// The newest of the job's runs that has not ended.
    pub(super) fn newest_active(&self, job: JobId) -> Option<JobRunId> {
        let active = self.line.active_of_job.get(&job)?;
        active.iter().copied().max_by_key(|run| self.line.active.get(run).map(|fact| fact.sequence))
    }
}
