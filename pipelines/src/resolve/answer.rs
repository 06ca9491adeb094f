//! The answer to a question.

use super::candidates::intersect;
use super::groups::list_groups;
use super::hashing::{IdMap, map_for};
use super::index::History;
use super::number::VersionNo;
use super::obstacles::{Obstacle, choose_version, explain, find_obstacles, list_blocked};
use super::position::Position;
use super::question::{BlockReason, Question, Resolution, Resolved, ResolvedInput};
use super::search::Search;
use super::slots::{Problem, Slot};
use super::trail::Candidate;
use crate::ids::JobId;

/// What one search may cost, in steps: a run that is tried is one, and so is each version or ancestor that is compared. A
/// step takes well under a microsecond, so that no history holds the line up for longer than a fraction of a second. Lines
/// as people draw them need some hundreds.
pub const STEP_LIMIT: usize = 500_000;

/// Which versions the job would run on, or why none. An answer that the job has had already is an answer too; then
/// [`Resolved::triggers`] is false.
#[must_use]
pub fn resolve(history: &History, question: &Question) -> Resolution {
    resolve_within(history, question, STEP_LIMIT).0
}

/// As [`resolve`], with a limit of its own; says how many steps were taken. Beyond the limit the answer is
/// [`BlockReason::SearchLimit`].
#[must_use]
pub fn resolve_within(history: &History, question: &Question, step_limit: usize) -> (Resolution, usize) {
    let problem = Problem::new(history, question, step_limit);
    let resolution = match find_choices(&problem).and_then(|choices| compose(&problem, &choices).map_err(|obstacle| vec![obstacle])) {
        Ok(resolved) => Resolution::Resolved(resolved),
        Err(obstacles) => Resolution::Blocked(list_blocked(&problem, obstacles)),
    };
    (resolution, step_limit - problem.budget())
}

/// The best run for each slot, in the order of the slots.
fn find_choices(problem: &Problem) -> Result<Vec<Option<Candidate>>, Vec<Obstacle>> {
    let mut obstacles = find_obstacles(problem);
    if !obstacles.is_empty() {
        return Err(obstacles);
    }
    let mut choices = vec![None; problem.slots.len()];
    let intersections = intersect(problem);
    for group in list_groups(problem) {
        let slots: Vec<&Slot> = group.iter().map(|index| &problem.slots[*index]).collect();
        let mut best = None;
        let is_complete = Search::new(problem, slots.clone(), &intersections).run(|combination| {
            best = Some(combination.to_vec());
            false
        });
        match best {
            Some(best) => group.iter().zip(best).for_each(|(index, candidate)| choices[*index] = Some(candidate)),
            None if is_complete => obstacles.extend(explain(problem, &slots)),
            None => {
                let input = slots.iter().flat_map(|slot| &slot.sources).flat_map(|source| &source.inputs).min();
                obstacles.push((input.copied(), BlockReason::SearchLimit { steps: problem.limit }));
                break;
            }
        }
    }
    if obstacles.is_empty() { Ok(choices) } else { Err(obstacles) }
}

/// Up to `limit` different sets that satisfy the question, best first. They differ in the upstream runs that they take;
/// an input that names no upstream job has one version in all of them. Sets that no search within [`STEP_LIMIT`] comes
/// to are left out.
#[must_use]
pub fn list_sets(history: &History, question: &Question, limit: usize) -> Vec<Resolved> {
    let problem = Problem::new(history, question, STEP_LIMIT);
    let mut sets: Vec<Resolved> = Vec::new();
    if limit == 0 || !find_obstacles(&problem).is_empty() {
        return sets;
    }
    if problem.slots.is_empty() {
        return compose(&problem, &[]).into_iter().collect();
    }
    let intersections = intersect(&problem);
    let _ = Search::new(&problem, problem.slots.iter().collect(), &intersections).run(|combination| {
        let choices: Vec<Option<Candidate>> = combination.iter().copied().map(Some).collect();
        if let Ok(set) = compose(&problem, &choices)
            && !sets.iter().any(|other| is_same_set(other, &set))
        {
            sets.push(set);
        }
        sets.len() < limit
    });
    sets
}

fn is_same_set(left: &Resolved, right: &Resolved) -> bool {
    left.follows == right.follows && left.inputs.iter().zip(&right.inputs).all(|(left, right)| left.version == right.version)
}

/// The upstream runs that were chosen, by job, and per input where `any` left a choice.
struct Chosen {
    by_job: IdMap<JobId, Position>,
    by_any_input: IdMap<usize, Position>,
}

fn compose(problem: &Problem, choices: &[Option<Candidate>]) -> Result<Resolved, Obstacle> {
    let mut chosen = Chosen { by_job: map_for(choices.len()), by_any_input: IdMap::default() };
    for (slot, choice) in problem.slots.iter().zip(choices) {
        let Some(Candidate { source, position }) = *choice else { continue };
        let source = &slot.sources[source];
        chosen.by_job.insert(source.job, position);
        if slot.sources.len() > 1 {
            chosen.by_any_input.extend(source.inputs.iter().map(|input| (*input, position)));
        }
    }
    let mut resolved = Resolved::default();
    for index in 0..problem.question.inputs.len() {
        let (input, more) = compose_input(problem, index, &chosen)?;
        resolved.more |= more;
        resolved.inputs.push(input);
    }
    let history = problem.history;
    let followed: Vec<_> =
        problem.question.after.iter().filter_map(|after| chosen.by_job.get(&after.job)).map(|position| position.run()).collect();
    resolved.follows = followed.iter().map(|run| history.runs.id(*run)).collect();
    let has_followed = |run| history.job_line(problem.job).is_some_and(|line| line.had.has_followed(run));
    resolved.follows_new_run = followed.into_iter().any(|run| !has_followed(run));
    Ok(resolved)
}

fn compose_input(problem: &Problem, index: usize, chosen: &Chosen) -> Result<(ResolvedInput, bool), Obstacle> {
    let input = &problem.question.inputs[index];
    let (jobs, any) = &problem.named[index];
    let runs: Vec<Position> = match chosen.by_any_input.get(&index) {
        Some(position) if *any => vec![*position],
        _ => jobs.iter().filter_map(|job| chosen.by_job.get(job).copied()).collect(),
    };
    let found = match runs.first() {
        Some(run) => {
            let version = problem.history.lineage_of(run.run()).and_then(|lineage| lineage.find(problem.asked[index].resource));
            version.map(|version| (version, has_more(problem, index, (*run, version))))
        }
        None => choose_version(problem, index),
    };
    let (version, more) = found.ok_or((Some(index), BlockReason::NoVersion { resource: input.resource }))?;
    let resolved = ResolvedInput {
        name: input.name.clone(),
        version: problem.history.versions.id(version),
        first_occurrence: problem.is_new(index, version),
        passed_runs: runs.into_iter().map(|position| problem.history.runs.id(position.run())).collect(),
        trigger: input.trigger && !input.state,
    };
    Ok((resolved, more))
}

/// Under `version: every` with `passed`: whether another upstream run that is due vouches for a version that the job has not
/// had, and every other upstream job vouches for that version too.
fn has_more(problem: &Problem, index: usize, (run, version): (Position, VersionNo)) -> bool {
    let input = &problem.question.inputs[index];
    let Some(slot) = problem.slots.iter().find(|slot| slot.sources.iter().any(|source| source.inputs.contains(&index))) else {
        return false;
    };
    if !input.takes_every() {
        return false;
    }
    let vouched_by_all = |other: VersionNo| {
        let sources = problem.slots.iter().filter(|slot| slot.sources.len() == 1).map(|slot| &slot.sources[0]);
        let mut naming = sources.filter(|source| source.inputs.contains(&index));
        naming.all(|source| source.vouches(problem.asked[index].resource, other))
    };
    slot.next.iter().filter(|candidate| candidate.position != run).any(|candidate| {
        let other = problem.history.lineage_of(candidate.position.run()).and_then(|lineage| lineage.find(problem.asked[index].resource));
        other.is_some_and(|other| {
            other != version && problem.is_new(index, other) && problem.is_eligible(index, other) && vouched_by_all(other)
        })
    })
}
