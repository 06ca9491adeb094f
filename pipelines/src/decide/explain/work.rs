//! Job runs: what those that have not ended wait for, and how those that have ended did.

use super::super::decision::Reason;
use super::explainer::Explainer;
use super::names::show_time;
use crate::ids::JobRunId;
use crate::resolve::RunStatus;
use crate::state::JobRunStatus;

/// How many of those who have the slots are named.
const HOLDERS_NAMED: usize = 5;

impl Explainer<'_> {
    /// What a job run that has not ended waits for.
    pub(super) fn active_run(&self, id: JobRunId) -> Reason {
        let (name, on) = (self.run_name(id), self.set_of(id));
        let note = self.notes.runs.get(&id);
        let since = note.and_then(|note| note.at).map_or_else(String::new, |at| format!(" since {}", show_time(at)));
        let newer = match note.map_or(0, |note| note.superseded) {
            0 => String::new(),
            count => format!("; it superseded {count} older {}", if count == 1 { "set" } else { "sets" }),
        };
        match self.line.active.get(&id).map(|fact| fact.status) {
            Some(JobRunStatus::Waiting) => self.waiting_run(id, &format!("{name}{on} waits{since}{newer}")),
            Some(JobRunStatus::Queued) => match note.and_then(|note| note.stuck.clone()) {
                Some((matter, advice)) => Reason::new("no-runner", format!("{name}{on} is queued{since}{newer}: {matter}")).advise(advice),
                None => Reason::new("queued", format!("{name}{on} is queued{since}{newer}: every runner that could take it is busy"))
                    .advise(format!("wait for a runner to take {name}{on}")),
            },
            Some(JobRunStatus::Awaiting) if self.is_checklist(id) => {
                self.checklist_run(id, &format!("{name}{on} awaits people{since}{newer}"))
            }
            Some(JobRunStatus::Awaiting) => self.awaiting_run(id, &format!("{name}{on} awaits approval{since}{newer}")),
            Some(JobRunStatus::Stopping) => {
                Reason::new("stopping", format!("{name}{on} is being stopped{since}")).advise(format!("wait for {name}{on} to stop"))
            }
            _ => Reason::new("running", format!("{name} runs{on}{since}")).advise(format!("wait for {name}{on}, running{since}")),
        }
    }

    fn is_checklist(&self, id: JobRunId) -> bool {
        let job = self.line.active.get(&id).and_then(|fact| self.line.jobs.get(&fact.job));
        job.is_some_and(|job| job.is_checklist)
    }

    fn checklist_run(&self, id: JobRunId, text: &str) -> Reason {
        let left = self.notes.runs.get(&id).map_or(&[][..], |note| note.tasks.as_slice());
        let shown: Vec<&str> = left.iter().take(HOLDERS_NAMED).map(String::as_str).collect();
        let more = if left.len() > shown.len() { format!("; {} more", left.len() - shown.len()) } else { String::new() };
        let text = if left.is_empty() { text.to_owned() } else { format!("{text}: {}{more}", shown.join("; ")) };
        Reason::new("awaiting", text).advise(format!("finish the checklist {}", self.run_name(id)))
    }

    fn awaiting_run(&self, id: JobRunId, text: &str) -> Reason {
        let name = self.run_name(id);
        let Some(gate) = self.notes.runs.get(&id).and_then(|note| note.gate.as_ref()) else {
            return Reason::new("awaiting", text).advise(format!("approve gate {name}"));
        };
        let missing = if gate.missing.is_empty() { String::new() } else { format!(": {}", gate.missing.join("; ")) };
        Reason::new("awaiting", format!("{text}{missing}")).advise(format!("approve gate {name}")).by(format!("andon approve {}", gate.id))
    }

    /// For a slot, or because its job is held.
    fn waiting_run(&self, id: JobRunId, text: &str) -> Reason {
        let Some(job) = self.line.active.get(&id).map(|fact| fact.job) else { return Reason::new("waiting", text) };
        let hold = self.hold_of(job);
        if !hold.is_empty() {
            return Reason::new("waiting", text).because(hold);
        }
        let Some((_, key)) = self.line.jobs.get(&job).and_then(|facts| facts.limit.as_ref()) else {
            return Reason::new("waiting", text).advise(format!("wait for {}", self.run_name(id)));
        };
        let limit = self.line.slot_limit(key).unwrap_or_default();
        let holders: Vec<JobRunId> = self.line.slots.occupants(key).collect();
        let group = match key {
            super::super::facts::SlotKey::Group(_, group) => format!("a slot of the group {group}"),
            super::super::facts::SlotKey::Job(job) => format!("a slot of {}", self.job_name(*job)),
        };
        let names: Vec<String> = holders.iter().take(HOLDERS_NAMED).map(|holder| self.run_name(*holder)).collect();
        let taken = if names.is_empty() { String::new() } else { format!(", taken by {}", names.join(", ")) };
        let text = format!("{text} for {group}: {} of {limit} in use{taken}", holders.len());
        let behind = self.behind(|| holders.iter().take(HOLDERS_NAMED).map(|holder| self.active_run(*holder)).collect());
        Reason::new("waiting", text).advise(format!("wait for {group}")).because(behind)
    }

    /// How a job run that has ended did, and how to do it again.
    pub(super) fn ended_run(&self, id: JobRunId) -> Reason {
        let (name, on) = (self.run_name(id), self.set_of(id));
        let note = self.notes.runs.get(&id);
        let reason = note.and_then(|note| note.reason.as_deref());
        let at = note.and_then(|note| note.at).map_or_else(String::new, |at| format!(" at {}", show_time(at)));
        let why = match (reason, note.and_then(|note| note.detail.as_deref())) {
            (Some(reason), Some(detail)) => format!(" ({reason}: {})", detail.lines().next().unwrap_or_default()),
            (Some(word), None) | (None, Some(word)) => format!(" ({word})"),
            (None, None) => String::new(),
        };
        let again = format!("andon rerun {}", self.run_place(id));
        match self.line.history.run(id).map(|run| run.status) {
            Some(RunStatus::Failed) if matches!(reason, Some("rejected" | "expired")) => {
                Reason::new("rejected", format!("{name} did not let through what it had{on}{at}{why}"))
                    .advise(format!("rerun {name}, which asks again, or bring a newer version"))
                    .by(again)
            }
            Some(RunStatus::Failed) => {
                Reason::new("failed", format!("{name} failed{on}{at}{why}")).advise(format!("rerun {name}, or push a fix")).by(again)
            }
            Some(RunStatus::Aborted) => {
                Reason::new("stopped", format!("{name} ended without a result{on}{at}{why}")).advise(format!("rerun {name}")).by(again)
            }
            Some(RunStatus::Skipped) => Reason::new("skipped", format!("{name} was skipped{on}{at}{why}"))
                .advise(format!("change the `when` of {}, and run it", self.name_of_run_job(id)))
                .by(self.line.history.run(id).map_or(again, |run| format!("andon trigger {}", self.job_place(run.job)))),
            _ => Reason::new("succeeded", format!("{name} succeeded{on}{at}")),
        }
    }

    fn name_of_run_job(&self, id: JobRunId) -> String {
        self.line.history.run(id).map_or_else(|| "its job".to_owned(), |run| self.job_name(run.job))
    }
}
