//! A history and one job's demands, read from a file: the format of `andon resolve`. Versions and runs are numbered,
//! jobs and resources named.

use super::answer::resolve;
use super::case_answer::{Names, write_answer};
use super::case_runs::{CaseRun, read_runs};
use super::history::Version;
use super::index::History;
use super::question::{AfterQuestion, Choice, InputQuestion, PassedQuestion, Question};
use crate::document::AfterOutcome;
use crate::ids::VersionId;
use serde::Deserialize;
use std::collections::{BTreeMap, HashSet};

/// The largest case that is read.
pub const MAX_CASE_BYTES: usize = 64 * 1024 * 1024;

/// What is wrong with a case, and where.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    #[error("the case has {bytes} bytes; the limit is {MAX_CASE_BYTES}")]
    TooLarge { bytes: usize },
    /// No JSON, or a field that is missing or of the wrong kind.
    #[error("the case cannot be read: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("{place}: {what} {id} is there already; each id stands once")]
    Duplicate { place: String, what: &'static str, id: String },
    #[error("{place}: there is no {what} {id} in the case")]
    Unknown { place: String, what: &'static str, id: u64 },
    #[error("{place}: {problem}")]
    Invalid { place: String, problem: String },
}

#[derive(Deserialize)]
struct Case {
    versions: Vec<CaseVersion>,
    #[serde(default)]
    pins: BTreeMap<String, u64>,
    #[serde(default)]
    runs: Vec<CaseRun>,
    job: String,
    #[serde(default)]
    inputs: Vec<CaseInput>,
    #[serde(default)]
    after: Vec<CaseAfter>,
}

#[derive(Deserialize)]
pub(super) struct CaseVersion {
    pub(super) id: u64,
    resource: String,
    order: i64,
    #[serde(default)]
    disabled: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseInput {
    name: String,
    resource: String,
    #[serde(default)]
    passed: CasePassed,
    #[serde(default)]
    version: CaseChoice,
    #[serde(default = "yes")]
    trigger: bool,
    #[serde(default)]
    state: bool,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "`passed` is a list of job names, or {\"any\": [job names]}")]
enum CasePassed {
    All(Vec<String>),
    Any(CaseAny),
}

impl Default for CasePassed {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseAny {
    any: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum CaseChoice {
    #[default]
    Latest,
    Every,
    Pin(u64),
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "`after` lists job names, or {\"job\": name, \"on\": \"passed\", \"succeeded\", \"failed\" or \"finished\"}")]
enum CaseAfter {
    Job(String),
    Outcome(CaseAfterOutcome),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseAfterOutcome {
    job: String,
    #[serde(default)]
    on: AfterOutcome,
}

/// Reads a case, resolves it, and gives the answer as interface.md shows it.
///
/// # Errors
/// [`CaseError`] where the case is too large, is no JSON, lacks a field, repeats an id, or names one that is not there. A
/// pin to a version that is not there is no error: it is answered as blocked.
pub fn replay(json: &str) -> Result<serde_json::Value, CaseError> {
    if json.len() > MAX_CASE_BYTES {
        return Err(CaseError::TooLarge { bytes: json.len() });
    }
    let case: Case = serde_json::from_str(json)?;
    let mut names = Names::default();
    let mut history = History::default();
    add_versions(&case, &mut names, &mut history)?;
    history.add_runs(read_runs(&case.runs, &case.versions, &mut names)?);
    let question = ask(&case, &mut names)?;
    Ok(write_answer(&question, &resolve(&history, &question), &names))
}

fn add_versions(case: &Case, names: &mut Names, history: &mut History) -> Result<(), CaseError> {
    for (index, version) in case.versions.iter().enumerate() {
        if version.order < 0 {
            let problem = format!("{} is below 0; the versions of a resource are ordered by numbers from 0 on", version.order);
            return Err(CaseError::Invalid { place: format!("versions[{index}].order"), problem });
        }
        let resource = names.resource(&version.resource);
        let id = VersionId::from_number(version.id);
        let added = history.add_version(Version { id, resource, order: version.order, disabled: version.disabled });
        if !added {
            let (place, id) = (format!("versions[{index}].id"), version.id.to_string());
            return Err(CaseError::Duplicate { place, what: "version", id });
        }
    }
    Ok(())
}

fn ask(case: &Case, names: &mut Names) -> Result<Question, CaseError> {
    let mut inputs: Vec<InputQuestion> = Vec::with_capacity(case.inputs.len());
    let mut seen = HashSet::new();
    for (index, input) in case.inputs.iter().enumerate() {
        if !seen.insert(&input.name) {
            let (place, id) = (format!("inputs[{index}].name"), format!("\"{}\"", input.name));
            return Err(CaseError::Duplicate { place, what: "input", id });
        }
        let passed = match &input.passed {
            CasePassed::All(jobs) => PassedQuestion::All(jobs.iter().map(|job| names.job(job)).collect()),
            CasePassed::Any(any) => PassedQuestion::Any(any.any.iter().map(|job| names.job(job)).collect()),
        };
        let version = match input.version {
            CaseChoice::Latest => Choice::Latest,
            CaseChoice::Every => Choice::Every,
            CaseChoice::Pin(id) => Choice::Pin(VersionId::from_number(id)),
        };
        inputs.push(InputQuestion {
            name: input.name.clone(),
            former: Vec::new(),
            resource: names.resource(&input.resource),
            passed,
            version,
            resource_pin: case.pins.get(&input.resource).copied().map(VersionId::from_number),
            trigger: input.trigger,
            state: input.state,
        });
    }
    let mut after = Vec::with_capacity(case.after.len());
    for item in &case.after {
        let (job, on) = match item {
            CaseAfter::Job(job) => (job, AfterOutcome::default()),
            CaseAfter::Outcome(outcome) => (&outcome.job, outcome.on),
        };
        after.push(AfterQuestion { job: names.job(job), on });
    }
    Ok(Question { job: names.job(&case.job), inputs, after })
}
