//! The runs of a case: what each field must be, and that together they can have happened.

use super::case::{CaseError, CaseVersion};
use super::case_answer::Names;
use super::history::{Run, RunInput, RunStatus};
use crate::ids::{JobRunId, VersionId};
use crate::state::JobRunStatus;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

#[derive(Deserialize)]
pub(super) struct CaseRun {
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

/// Identifier → place in the list.
type Places = HashMap<u64, usize>;

/// The runs as the history takes them.
pub(super) fn read_runs(runs: &[CaseRun], versions: &[CaseVersion], names: &mut Names) -> Result<Vec<Run>, CaseError> {
    let versions: HashSet<u64> = versions.iter().map(|version| version.id).collect();
    let mut places = Places::with_capacity(runs.len());
    for (index, run) in runs.iter().enumerate() {
        if places.insert(run.id, index).is_some() {
            return Err(CaseError::Duplicate { place: format!("runs[{index}].id"), what: "run", id: run.id.to_string() });
        }
    }
    let mut read = Vec::with_capacity(runs.len());
    for (index, run) in runs.iter().enumerate() {
        let place = |field: &str| format!("runs[{index}].{field}");
        check_versions(run, &versions, place)?;
        check_upstream(run, runs, (&places, &place))?;
        let status = read_status(&run.status).ok_or_else(|| unknown_status(place("status"), &run.status))?;
        read.push(make_run(run, status, names));
    }
    check_cycles(runs, &places)?;
    Ok(read)
}

fn check_versions(run: &CaseRun, versions: &HashSet<u64>, place: impl Fn(&str) -> String) -> Result<(), CaseError> {
    let mut seen = HashSet::new();
    for (number, input) in run.inputs.iter().enumerate() {
        if !versions.contains(&input.version) {
            return Err(CaseError::Unknown { place: place(&format!("inputs[{number}].version")), what: "version", id: input.version });
        }
        if !seen.insert(&input.name) {
            let (place, id) = (place(&format!("inputs[{number}].name")), format!("\"{}\"", input.name));
            return Err(CaseError::Duplicate { place, what: "input", id });
        }
    }
    match run.outputs.iter().find(|output| !versions.contains(output)) {
        Some(output) => Err(CaseError::Unknown { place: place("outputs"), what: "version", id: *output }),
        None => Ok(()),
    }
}

fn check_upstream(run: &CaseRun, runs: &[CaseRun], (places, place): (&Places, impl Fn(&str) -> String)) -> Result<(), CaseError> {
    for consumed in &run.consumed_runs {
        if !places.contains_key(consumed) {
            return Err(CaseError::Unknown { place: place("consumed_runs"), what: "run", id: *consumed });
        }
        if *consumed == run.id {
            return Err(CaseError::Invalid { place: place("consumed_runs"), problem: format!("run {consumed} cannot follow itself") });
        }
    }
    let Some(id) = run.rerun_of else { return Ok(()) };
    let Some(original) = places.get(&id).map(|place| &runs[*place]) else {
        return Err(CaseError::Unknown { place: place("rerun_of"), what: "run", id });
    };
    if original.job != run.job || original.sequence >= run.sequence {
        let problem = format!("run {id} is not an earlier run of the job \"{}\"", run.job);
        return Err(CaseError::Invalid { place: place("rerun_of"), problem });
    }
    Ok(())
}

/// No run may follow itself through others: depth first, each run once.
fn check_cycles(runs: &[CaseRun], places: &Places) -> Result<(), CaseError> {
    let (mut is_open, mut is_done) = (vec![false; runs.len()], vec![false; runs.len()]);
    for start in 0..runs.len() {
        // Each entry: a run, and how many of those that it follows have been gone through.
        let mut path = if is_done[start] { continue } else { vec![(start, 0)] };
        while let Some((index, next)) = path.last_mut() {
            let index = *index;
            is_open[index] = true;
            let Some(upstream) = runs[index].consumed_runs.get(*next).map(|id| places[id]) else {
                (is_open[index], is_done[index]) = (false, true);
                path.pop();
                continue;
            };
            *next += 1;
            if is_open[upstream] {
                let problem = format!("run {} follows itself through run {}", runs[upstream].id, runs[index].id);
                return Err(CaseError::Invalid { place: format!("runs[{index}].consumed_runs"), problem });
            }
            if !is_done[upstream] {
                path.push((upstream, 0));
            }
        }
    }
    Ok(())
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
