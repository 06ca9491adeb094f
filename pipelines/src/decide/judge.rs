//! The judgement itself: one job, now.

use super::decision::{Action, Decision, Evaluation, Start};
use super::explain::Explainer;
use super::facts::{JobFacts, JobRunFact};
use super::line::Line;
use crate::document::OnNew;
use crate::ids::{JobId, JobRunId};
use crate::resolve::{PassedQuestion, Resolution, Resolved, resolve};
use crate::state::JobRunStatus;

/// The jobs that a `passed` names.
pub(super) fn jobs_of(passed: &PassedQuestion) -> &[JobId] {
    match passed {
        PassedQuestion::All(jobs) | PassedQuestion::Any(jobs) => jobs,
    }
}

impl Line {
    /// What should happen to the job now, and why. `None` for a job that is not on the line (any more).
    #[must_use]
    pub fn decide(&self, id: JobId) -> Option<Evaluation> {
        let job = self.jobs.get(&id)?;
        let (decision, action) = self.judge(id, job, &Explainer::plain(self));
        Some(Evaluation { job: id, decision, action })
    }

    /// The judgement; how much of its reasons is said is the explainer's affair.
    pub(super) fn judge(&self, id: JobId, job: &JobFacts, explainer: &Explainer<'_>) -> (Decision, Option<Action>) {
        if !job.is_automatic {
            return (explainer.by_hand(id), None);
        }
        if let Some(decision) = self.pause_of(id) {
            return (explainer.held(id, decision), None);
        }
        if !job.missing.is_empty() {
            return (super::bindings::blocked(&job.missing), None);
        }
        match resolve(&self.history, &job.question) {
            Resolution::Blocked(blocked) => (explainer.blocked(id, &blocked), None),
            Resolution::Resolved(resolved) if !resolved.triggers() => (explainer.up_to_date(id, &resolved), None),
            Resolution::Resolved(resolved) => match self.unsettled(id) {
                Some(decision) => (decision, None),
                None => (explainer.new_set(&resolved), Some(self.judge_set(id, job, &resolved))),
            },
        }
    }

    fn judge_set(&self, id: JobId, job: &JobFacts, resolved: &Resolved) -> Action {
        let start = self.start(id, resolved);
        let keeps_each = job.takes_every_version || job.on_new == OnNew::Queue;
        // What people have approved and now waits for a runner is what they approved: a newer set asks them anew.
        let is_approved = |fact: &JobRunFact| job.is_gate && fact.status == JobRunStatus::Queued;
        let before = self.active_of_job.get(&id).into_iter().flatten().filter_map(|run| Some((*run, self.active.get(run)?)));
        let before: Vec<_> = before.filter(|(_, fact)| fact.automatic && !keeps_each && !is_approved(fact)).collect();
        let action = match before.iter().max_by_key(|(_, fact)| fact.sequence).copied() {
            Some((job_run, fact)) if fact.status.is_pending() => Action::Supersede { job_run, start },
            Some((job_run, fact)) if fact.status == JobRunStatus::Awaiting && job.is_gate => Action::Reopen { job_run, start },
            _ => Action::Start(start),
        };
        let runs = |fact: &JobRunFact| fact.status == JobRunStatus::Running || (job.is_checklist && fact.status == JobRunStatus::Awaiting);
        let running = before.iter().filter(|(_, fact)| job.on_new == OnNew::CancelRunning && runs(fact));
        let running: Vec<JobRunId> = running.map(|(job_run, _)| *job_run).collect();
        if running.is_empty() { action } else { Action::CancelRunning { running, then: Box::new(action) } }
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
}
