//! A history and one job's demands, read from a file: the format of `andon resolve`. Versions and runs are numbered,
//! jobs and resources named.

use super::answer::resolve;
use super::case_answer::{Names, write_answer};
use super::history::{Run, RunInput, RunStatus, Version};
use super::index::History;
use super::question::{AfterQuestion, Choice, InputQuestion, PassedQuestion, Question};
use crate::document::AfterOutcome;
use crate::ids::{JobRunId, VersionId};
use crate::state::JobRunStatus;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet};

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
struct CaseVersion {
    id: u64,
    resource: String,
    order: i64,
    #[serde(default)]
    disabled: bool,
}

#[derive(Deserialize)]
struct CaseRun {
    id: u64,
    job: String,
    sequence: i64,
    #[serde(default)]
    rerun_of: Option<u64>,
    status: String,
    #[serde(default)]
    inputs: Vec<CaseRunInput>,
    #[serde(default)]
    outputs: Vec<u64>,
    #[serde(default)]
    consumed_runs: Vec<u64>,
}

#[derive(Deserialize)]
struct CaseRunInput {
    name: String,
    version: u64,
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
    history.add_runs(read_runs(&case, &mut names)?);
    let question = ask(&case, &mut names)?;
    Ok(write_answer(&question, &resolve(&history, &question), &names))
}

fn add_versions(case: &Case, names: &mut Names, history: &mut History) -> Result<(), CaseError> {
    for (index, version) in case.versions.iter().enumerate() {
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

fn read_runs(case: &Case, names: &mut Names) -> Result<Vec<Run>, CaseError> {
    let versions: HashSet<u64> = case.versions.iter().map(|version| version.id).collect();
    let mut jobs: HashMap<u64, &str> = HashMap::with_capacity(case.runs.len());
    for (index, run) in case.runs.iter().enumerate() {
        if jobs.insert(run.id, &run.job).is_some() {
            return Err(CaseError::Duplicate { place: format!("runs[{index}].id"), what: "run", id: run.id.to_string() });
        }
    }
    let mut runs = Vec::with_capacity(case.runs.len());
    for (index, run) in case.runs.iter().enumerate() {
        let place = |field: &str| format!("runs[{index}].{field}");
        let unknown = |field: &str, what, id| CaseError::Unknown { place: place(field), what, id };
        if let Some(number) = run.inputs.iter().position(|input| !versions.contains(&input.version)) {
            return Err(unknown(&format!("inputs[{number}].version"), "version", run.inputs[number].version));
        }
        if let Some(output) = run.outputs.iter().find(|output| !versions.contains(output)) {
            return Err(unknown("outputs", "version", *output));
        }
        if let Some(consumed) = run.consumed_runs.iter().find(|consumed| !jobs.contains_key(consumed)) {
            return Err(unknown("consumed_runs", "run", *consumed));
        }
        match run.rerun_of.map(|original| (original, jobs.get(&original))) {
            Some((original, None)) => return Err(unknown("rerun_of", "run", original)),
            Some((original, Some(job))) if original == run.id || *job != run.job => {
                let problem = format!("run {original} is not an earlier run of the job \"{}\"", run.job);
                return Err(CaseError::Invalid { place: place("rerun_of"), problem });
            }
            _ => {}
        }
        let status = read_status(&run.status).ok_or_else(|| unknown_status(place("status"), &run.status))?;
        runs.push(make_run(run, status, names));
    }
    Ok(runs)
}

fn make_run(run: &CaseRun, status: RunStatus, names: &mut Names) -> Run {
    let input = |input: &CaseRunInput| RunInput { name: input.name.clone(), version: VersionId::from_number(input.version) };
    Run {
        id: JobRunId::from_number(run.id),
        job: names.job(&run.job),
        sequence: run.sequence,
        rerun_of: run.rerun_of.map(JobRunId::from_number),
        status,
        inputs: run.inputs.iter().map(input).collect(),
        outputs: run.outputs.iter().copied().map(VersionId::from_number).collect(),
        consumed_runs: run.consumed_runs.iter().copied().map(JobRunId::from_number).collect(),
    }
}

fn read_status(word: &str) -> Option<RunStatus> {
    Some(match JobRunStatus::from_name(word)? {
        JobRunStatus::Succeeded => RunStatus::Succeeded,
        JobRunStatus::Failed => RunStatus::Failed,
        JobRunStatus::Errored | JobRunStatus::Stopped => RunStatus::Aborted,
        JobRunStatus::Skipped => RunStatus::Skipped,
        status => {
            debug_assert!(!status.is_terminal());
            RunStatus::Active
        }
    })
}

fn unknown_status(place: String, word: &str) -> CaseError {
    let words: Vec<&str> = JobRunStatus::ALL.iter().map(|status| status.name()).collect();
    CaseError::Invalid { place, problem: format!("unknown status \"{word}\"; it is one of {}", words.join(", ")) }
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
