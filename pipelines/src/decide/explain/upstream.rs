//! Why an upstream job has not brought what is asked of it.

use super::super::decision::Reason;
use super::explainer::Explainer;
use crate::document::AfterOutcome;
use crate::ids::JobId;
use crate::resolve::RunStatus;

impl Explainer<'_> {
    /// Why no run of the job has ended so: what its newest run does, or did; else why the job has none.
    pub(super) fn upstream(&self, job: JobId, on: AfterOutcome) -> Vec<Reason> {
        if let Some(active) = self.newest_active(job) {
            return vec![self.active_run(active)];
        }
        match self.line.history.runs_of(job).find(|run| run.status != RunStatus::Active) {
            Some(run) if on == AfterOutcome::Failed && run.status != RunStatus::Failed => {
                let ended = self.ended_run(run.id);
                vec![
                    Reason::new("no-failure", format!("{}, and only its failure is followed", ended.text))
                        .advise(format!("nothing is amiss: this waits for {} to fail", self.job_name(job))),
                ]
            }
            Some(run) => vec![self.ended_run(run.id)],
            None => self.never_ran(job),
        }
    }

    /// Why a job without any run has none.
    fn never_ran(&self, job: JobId) -> Vec<Reason> {
        let Some(facts) = self.line.jobs.get(&job) else {
            return vec![Reason::new("job-removed", "the upstream job is not in the pipeline any more")];
        };
        let name = self.job_name(job);
        let (decision, action) = self.line.judge(job, facts, self);
        if action.is_some() {
            return vec![Reason::new("about-to-start", format!("{name} is about to start")).advise(format!("wait for {name}"))];
        }
        decision.reasons.into_iter().map(|reason| Reason { text: format!("{name}: {}", reason.text), input: None, ..reason }).collect()
    }
}
