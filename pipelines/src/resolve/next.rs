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

use super::hashing::{IdMap, IdSet};
use super::index::History;
use super::position::Position;
use super::question::InputQuestion;
use super::slots::{Problem, Slot, Source};
use super::trail::Candidate;
use crate::ids::{JobId, VersionId};

/// The upstream runs that are due for the slot, oldest first: those behind the floor that the job has not followed, and that
/// `after` names, or that bring a version which the job has not had. Empty where no input takes every version, and before the job has had anything.
pub(super) fn find_next(problem: &Problem, slot: &Slot, beginnings: &Beginnings) -> Vec<Candidate> {
    let Some(floor) = beginnings.find_floor(slot) else { return Vec::new() };
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

/// For each upstream job the first run of it that was followed, and when that was among all that were.
type Firsts = IdMap<JobId, (usize, Position)>;

/// Where the job began to follow its upstream jobs, found in one walk over its oldest runs.
#[derive(Debug, Default)]
pub(super) struct Beginnings {
    /// Per input that takes every version, and per name that it has had.
    inputs: IdMap<usize, Vec<Firsts>>,
}

impl Beginnings {
    pub(super) fn find(problem: &Problem) -> Self {
        let mut beginnings = Self::default();
        let Some(line) = problem.history.job_line(problem.question.job) else { return beginnings };
        for (index, input) in problem.question.inputs.iter().enumerate().filter(|(_, input)| input.takes_every()) {
            let asked = problem.slots.iter().flat_map(|slot| &slot.sources).filter(|source| source.inputs.contains(&index));
            let is_followed = |job: &JobId| problem.history.job_line(*job).is_some_and(|line| line.is_followed_by(problem.question.job));
            let upstream: IdSet<JobId> = asked.map(|source| source.job).filter(is_followed).collect();
            let walk = |name| find_firsts(problem.history, line.had.uses(name, input.resource), upstream.clone());
            beginnings.inputs.insert(index, input.names().map(walk).collect());
        }
        beginnings
    }

    /// The upstream run that the job's first version came from: of its own runs the oldest that is known to follow one here.
    fn find_floor(&self, slot: &Slot) -> Option<Position> {
        slot.sources.iter().flat_map(|source| &source.inputs).find_map(|input| {
            let first_of = |firsts: &Firsts| {
                let known = slot.sources.iter().filter_map(|source| firsts.get(&source.job).copied());
                known.min().map(|(_, position)| position)
            };
            self.inputs.get(input)?.iter().filter_map(first_of).min()
        })
    }
}

/// The first run of each of these jobs that is followed by the job's own runs, oldest first, and its place among all followed.
fn find_firsts(history: &History, own: impl Iterator<Item = (Position, VersionId)>, mut jobs: IdSet<JobId>) -> Firsts {
    let mut firsts = IdMap::default();
    let followed = own.filter_map(|(own, _)| history.run(own.run())).flat_map(|run| &run.consumed_runs);
    for (place, id) in followed.enumerate() {
        if jobs.is_empty() {
            break;
        }
        if let Some((job, position)) = history.place_of(*id)
            && jobs.remove(&job)
        {
            firsts.insert(job, (place, position));
        }
    }
    firsts
}

/// Whether a run that was not followed is asked for as such, or vouches for a version that the job has not had.
fn brings_news(problem: &Problem, source: &Source, run: Position) -> bool {
    let unseen = |input: &usize| {
        let question = &problem.question.inputs[*input];
        let lineage = problem.history.lineage_of(run.run()).filter(|_| question.takes_every());
        let version = lineage.and_then(|lineage| lineage.find(question.resource));
        version.is_some_and(|version| problem.is_new(*input, version) && problem.is_eligible(*input, version))
    };
    source.has_run(run) && (source.is_followed || source.inputs.iter().any(unseen))
}
