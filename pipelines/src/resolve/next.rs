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
use super::job_line::HadInput;
use super::number::{JobNo, RunNo, VersionNo};
use super::position::Position;
use super::slots::{Problem, Slot, Source};
use super::trail::Candidate;

/// The upstream runs that are due for the slot, oldest first: those behind the floor that the job has not followed, and that
/// `after` names, or that bring a version which the job has not had. Empty where no input takes every version, and before the job has had anything.
pub(super) fn find_next(problem: &Problem, slot: &Slot, beginnings: &Beginnings) -> Vec<Candidate> {
    let Some(floor) = beginnings.find_floor(slot) else { return Vec::new() };
    let mut due: Vec<Candidate> = Vec::new();
    for (index, source) in slot.sources.iter().enumerate() {
        let Some(line) = problem.history.job_line(source.number) else { continue };
        let runs = line.unfollowed_by(problem.job, floor, &problem.history.runs).iter().filter(|run| brings_news(problem, source, **run));
        due.extend(runs.map(|run| Candidate { source: index, position: problem.history.position(*run) }));
    }
    due.sort_unstable_by_key(|candidate| candidate.position);
    due
}

/// The version that comes next for an input that names no upstream job and has had some version, and whether others wait
/// behind it. `None` where nothing is due.
pub(super) fn find_next_version(problem: &Problem, input: usize) -> Option<(VersionNo, bool)> {
    let asked = &problem.asked[input];
    let firsts = problem.question.inputs[input].names().filter_map(|name| {
        let number = problem.history.runs.find_name(name)?;
        let run = *problem.history.job_line(problem.job)?.had.under(number)?.uses(asked.resource).first()?;
        let of_resource =
            |version: &VersionNo| problem.history.versions.find(*version).is_some_and(|known| known.resource == asked.resource);
        let mut taken = problem.history.runs.inputs(run).filter(|(name, _)| *name == number).map(|(_, version)| version);
        Some((problem.history.position(run), taken.find(of_resource)?))
    });
    let (_, first) = firsts.min_by_key(|(position, _)| *position)?;
    let line = problem.history.version_line(asked.resource)?;
    let mut due = line.enabled_after(first, &problem.history.versions).filter(|version| problem.is_new(input, *version));
    Some((due.next()?, due.next().is_some()))
}

/// For each upstream job the first run of it that was followed, and when that was among all that were.
type Firsts = IdMap<JobNo, (usize, Position)>;

/// Where the job began to follow its upstream jobs, found in one walk over its oldest runs.
#[derive(Debug, Default)]
pub(super) struct Beginnings {
    /// Per input that takes every version, and per name that it has had.
    inputs: IdMap<usize, Vec<Firsts>>,
}

impl Beginnings {
    pub(super) fn find(problem: &Problem) -> Self {
        let mut beginnings = Self::default();
        if problem.history.job_line(problem.job).is_none() {
            return beginnings;
        }
        for (index, _) in problem.question.inputs.iter().enumerate().filter(|(_, input)| input.takes_every()) {
            let asked = problem.slots.iter().flat_map(|slot| &slot.sources).filter(|source| source.inputs.contains(&index));
            let is_followed = |job: &JobNo| problem.history.job_line(*job).is_some_and(|line| line.is_followed_by(problem.job));
            let upstream: IdSet<JobNo> = asked.map(|source| source.number).filter(is_followed).collect();
            let asked = &problem.asked[index];
            let walk = |had: &&HadInput| find_firsts(problem.history, had.uses(asked.resource), upstream.clone());
            beginnings.inputs.insert(index, asked.had.iter().map(walk).collect());
        }
        beginnings
    }

    /// The upstream run that the job's first version came from: of its own runs the oldest that is known to follow one here.
    fn find_floor(&self, slot: &Slot) -> Option<Position> {
        slot.sources.iter().flat_map(|source| &source.inputs).find_map(|input| {
            let first_of = |firsts: &Firsts| {
                let known = slot.sources.iter().filter_map(|source| firsts.get(&source.number).copied());
                known.min().map(|(_, position)| position)
            };
            self.inputs.get(input)?.iter().filter_map(first_of).min()
        })
    }
}

/// The first run of each of these jobs that is followed by the job's own runs, oldest first, and its place among all followed.
fn find_firsts(history: &History, own: &[RunNo], mut jobs: IdSet<JobNo>) -> Firsts {
    let mut firsts = IdMap::default();
    let followed = own.iter().flat_map(|run| history.runs.follows(*run));
    for (place, run) in followed.enumerate() {
        if jobs.is_empty() {
            break;
        }
        let job = history.runs.get(run).job;
        if history.runs.is_known(run) && jobs.remove(&job) {
            firsts.insert(job, (place, history.position(run)));
        }
    }
    firsts
}

/// Whether a run that was not followed is asked for as such, or vouches for a version that the job has not had.
fn brings_news(problem: &Problem, source: &Source, run: RunNo) -> bool {
    let unseen = |input: &usize| {
        let question = &problem.question.inputs[*input];
        let lineage = problem.history.lineage_of(run).filter(|_| question.takes_every());
        let version = lineage.and_then(|lineage| lineage.find(problem.asked[*input].resource));
        version.is_some_and(|version| problem.is_new(*input, version) && problem.is_eligible(*input, version))
    };
    source.has_run(problem.history, run) && (source.is_followed || source.inputs.iter().any(unseen))
}
