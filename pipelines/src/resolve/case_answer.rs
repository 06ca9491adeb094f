//! The answer to a case, in its own names and numbers.

use super::question::{BlockReason, Question, Resolution, Resolved};
use crate::document::AfterOutcome;
use crate::ids::{JobId, JobRunId, ResourceId, VersionId};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// The names of a case's jobs and resources, and the ids that stand for them.
#[derive(Debug, Default)]
pub(super) struct Names {
    jobs: HashMap<String, JobId>,
    resources: HashMap<String, ResourceId>,
    job_names: HashMap<JobId, String>,
    resource_names: HashMap<ResourceId, String>,
}

impl Names {
    /// The id of the job; a new one at its first mention.
    pub(super) fn job(&mut self, name: &str) -> JobId {
        if let Some(id) = self.jobs.get(name) {
            return *id;
        }
        let id = JobId::from_number(self.jobs.len() as u64 + 1);
        self.jobs.insert(name.to_owned(), id);
        self.job_names.insert(id, name.to_owned());
        id
    }

    /// The id of the resource; a new one at its first mention.
    pub(super) fn resource(&mut self, name: &str) -> ResourceId {
        if let Some(id) = self.resources.get(name) {
            return *id;
        }
        let id = ResourceId::from_number(self.resources.len() as u64 + 1);
        self.resources.insert(name.to_owned(), id);
        self.resource_names.insert(id, name.to_owned());
        id
    }

    fn job_name(&self, id: JobId) -> &str {
        self.job_names.get(&id).map_or("", String::as_str)
    }

    fn resource_name(&self, id: ResourceId) -> &str {
        self.resource_names.get(&id).map_or("", String::as_str)
    }
}

/// The answer as interface.md shows it; where the case has `after`, the runs that are followed stand under `follows`, and
/// what blocks there under `after`.
pub(super) fn write_answer(question: &Question, resolution: &Resolution, names: &Names) -> Value {
    match resolution {
        Resolution::Resolved(resolved) => write_resolved(question, resolved, names),
        Resolution::Blocked(blocked) => {
            let (mut inputs, mut after) = (Map::new(), Map::new());
            for blocked in blocked {
                let value = json!({ "blocked": write_reason(&blocked.reason, names) });
                match (&blocked.input, &blocked.reason) {
                    (Some(input), _) => inputs.insert(input.clone(), value),
                    (None, BlockReason::NoPassedRun { job, .. }) => after.insert(names.job_name(*job).to_owned(), value),
                    (None, _) => after.insert("agreement".to_owned(), value),
                };
            }
            let mut answer = Map::from_iter([("resolved".to_owned(), json!(false)), ("inputs".to_owned(), Value::Object(inputs))]);
            if !after.is_empty() {
                answer.insert("after".to_owned(), Value::Object(after));
            }
            Value::Object(answer)
        }
    }
}

fn write_resolved(question: &Question, resolved: &Resolved, names: &Names) -> Value {
    let mut inputs = Map::new();
    for input in &resolved.inputs {
        let runs: Vec<u64> = input.passed_runs.iter().map(|run| number(*run)).collect();
        let version = version_number(input.version);
        let value = json!({ "version": version, "first_occurrence": input.first_occurrence, "passed_runs": runs });
        inputs.insert(input.name.clone(), value);
    }
    let mut answer = json!({ "resolved": true, "more": resolved.more, "inputs": inputs });
    if !question.after.is_empty() {
        let follows = question.after.iter().zip(&resolved.follows);
        let follows: Map<String, Value> = follows.map(|(after, run)| (names.job_name(after.job).to_owned(), json!(number(*run)))).collect();
        answer["follows"] = Value::Object(follows);
        answer["follows_new_run"] = json!(resolved.follows_new_run);
    }
    answer
}

fn write_reason(reason: &BlockReason, names: &Names) -> Value {
    match reason {
        BlockReason::NoVersion { resource } => {
            let name = names.resource_name(*resource);
            json!({ "reason": "no-version", "resource": name, "detail": format!("the resource \"{name}\" has no version yet") })
        }
        BlockReason::AllDisabled { resource } => {
            let name = names.resource_name(*resource);
            let detail = format!("every version of the resource \"{name}\" that could be taken is disabled");
            json!({ "reason": "all-disabled", "resource": name, "detail": detail })
        }
        BlockReason::PinMissing { resource } => {
            let name = names.resource_name(*resource);
            let detail = format!("the pinned version is not a version of the resource \"{name}\"");
            json!({ "reason": "pin-missing", "resource": name, "detail": detail })
        }
        BlockReason::NoPassedRun { job, on } => {
            let (job, word) = (names.job_name(*job), outcome_word(*on));
            let detail = format!("no run of the job \"{job}\" has {word} yet");
            json!({ "reason": format!("no-{word}-run"), "job": job, "detail": detail })
        }
        BlockReason::NotVouched { job, resource } => {
            let (job, resource) = (names.job_name(*job), names.resource_name(*resource));
            let detail = format!("no run of the job \"{job}\" that may be followed vouches for a version of \"{resource}\"");
            json!({ "reason": "not-vouched", "job": job, "resource": resource, "detail": detail })
        }
        BlockReason::PinNotVouched { job, version } => {
            let (job, version) = (names.job_name(*job), version_number(*version));
            let detail = format!("no run of the job \"{job}\" that may be followed vouches for the pinned version {version}");
            json!({ "reason": "pin-not-vouched", "job": job, "version": version, "detail": detail })
        }
        BlockReason::NoAgreement { resource, left, right } => {
            let resource = names.resource_name(*resource);
            let side = |side: &(JobRunId, VersionId)| json!({ "run": number(side.0), "version": version_number(side.1) });
            let (left, right) = (side(left), side(right));
            let detail = format!(
                "no combination of upstream runs agrees on \"{resource}\": run {} has version {}, run {} has version {}",
                left["run"], left["version"], right["run"], right["version"]
            );
            json!({ "reason": "no-agreement", "resource": resource, "left": left, "right": right, "detail": detail })
        }
        BlockReason::NoRunAgreement { job, left, right } => {
            let job = names.job_name(*job);
            let side = |side: &(JobRunId, JobRunId)| json!({ "run": number(side.0), "follows": number(side.1) });
            let (left, right) = (side(left), side(right));
            let detail = format!(
                "no combination of upstream runs follows one run of the job \"{job}\": run {} follows run {}, run {} follows run {}",
                left["run"], left["follows"], right["run"], right["follows"]
            );
            json!({ "reason": "no-agreement", "job": job, "left": left, "right": right, "detail": detail })
        }
        BlockReason::SearchLimit { steps } => {
            let detail = format!("no combination of upstream runs was found within {steps} steps; there may be one");
            json!({ "reason": "search-limit", "steps": steps, "detail": detail })
        }
    }
}

const fn outcome_word(on: AfterOutcome) -> &'static str {
    match on {
        AfterOutcome::Passed => "passed",
        AfterOutcome::Succeeded => "succeeded",
        AfterOutcome::Failed => "failed",
        AfterOutcome::Finished => "finished",
    }
}

/// The number that the case gave; ids were made from it.
fn number(run: JobRunId) -> u64 {
    run.uuid().as_u64_pair().1
}

fn version_number(version: VersionId) -> u64 {
    version.uuid().as_u64_pair().1
}
