//! What `version: every` takes next.
//!
//! A job that has had nothing under an input's name takes the newest, like any other: history is not replayed. From then on
//! its *floor* is where it began: the oldest of its own runs that had the input tells which version it was, or, with
//! `passed`, which upstream run it came from. Whatever lies behind the floor and has not been had is *due*, and the oldest
//! that is due comes next. So an upstream run that ended late, after newer ones were taken, is still taken, and nothing
//! between the floor and the newest is ever left out; what was disabled meanwhile becomes due when it is enabled. Where
//! nothing is due, or nothing that is due can be combined with the other inputs, the newest set is the answer.
//!
//! What is due is ordered by the upstream run, not by the version: a job under `every` follows the runs of its upstream job
//! one after the other.

use super::position::Position;
use super::question::InputQuestion;
use super::slots::{Problem, Slot, Source};
use super::trail::Candidate;
use crate::ids::VersionId;

/// The upstream runs that are due for the slot, oldest first: those behind the floor that the job has not followed, and that
/// `after` names, or that bring a version which the job has not had. Empty where no input takes every version, and before the job has had anything.
pub(super) fn find_next(problem: &Problem, slot: &Slot) -> Vec<Candidate> {
    let Some(floor) = find_floor(problem, slot) else { return Vec::new() };
    let mut due: Vec<Candidate> = Vec::new();
    for (index, source) in slot.sources.iter().enumerate() {
        let Some(line) = problem.history.job_line(source.job) else { continue };
        let runs = line.unfollowed_by(problem.question.job, floor).filter(|run| brings_news(problem, source, *run));
        due.extend(runs.map(|position| Candidate { source: index, position }));
    }
    due.sort_unstable_by_key(|candidate| candidate.position);
    due
}

/// The version that comes next for an input that names no upstream job and has had some version, and whether others wait
/// behind it. `None` where nothing is due.
pub(super) fn find_next_version(problem: &Problem, input: &InputQuestion) -> Option<(VersionId, bool)> {
    let job = problem.question.job;
    let had = &problem.history.job_line(job)?.had;
    let (_, first) = input.names().filter_map(|name| had.uses(name, input.resource).next()).min()?;
    let floor = (problem.history.version(first)?.order, first);
    let line = problem.history.version_line(input.resource)?;
    let mut due = line.enabled_after(floor).filter(|version| !input.names().any(|name| problem.history.has_had(job, name, *version)));
    Some((due.next()?, due.next().is_some()))
}

/// The upstream run that the job's first version came from: of its own runs the oldest that is known to follow one here.
fn find_floor(problem: &Problem, slot: &Slot) -> Option<Position> {
    let history = problem.history;
    let had = &history.job_line(problem.question.job)?.had;
    let came_from = |id| {
        let run = history.run(id)?;
        slot.sources.iter().any(|source| source.job == run.job).then(|| history.position(id)).flatten()
    };
    let inputs = slot.sources.iter().flat_map(|source| &source.inputs).map(|index| &problem.question.inputs[*index]);
    inputs.filter(|input| input.takes_every()).find_map(|input| {
        let first_of = |name| {
            let own = had.uses(name, input.resource).filter_map(|(own, _)| history.run(own.run()));
            own.flat_map(|run| &run.consumed_runs).find_map(|id| came_from(*id))
        };
        input.names().filter_map(first_of).min()
    })
}

/// Whether a run that was not followed is asked for as such, or vouches for a version that the job has not had.
fn brings_news(problem: &Problem, source: &Source, run: Position) -> bool {
    let Some(lineage) = problem.history.lineage_of(run.run()) else { return false };
    let unseen = |input: &usize| {
        let question = &problem.question.inputs[*input];
        let version = lineage.find(question.resource).filter(|_| question.takes_every());
        version.is_some_and(|version| problem.is_new(*input, version) && problem.is_eligible(*input, version))
    };
    problem.ended(source).any(|runs| runs.runs.contains(&run)) && (source.is_followed || source.inputs.iter().any(unseen))
}
