//! What stands in the way: before a search, and after one that found nothing.

use super::candidates::{Intersections, list_candidates, list_runs};
use super::hashing::IdMap;
use super::index::History;
use super::next::find_next_version;
use super::number::VersionNo;
use super::question::{BlockReason, Blocked, InputQuestion};
use super::slots::{Asked, Problem, Slot, Source};
use super::trail::{Candidate, Misfit, Trail};
use crate::ids::JobId;

/// The reason that one input, or an `after` where the place is `None`, finds nothing.
pub(super) type Obstacle = (Option<usize>, BlockReason);

/// Puts obstacles in the order of the question: inputs first, then what `after` waits for.
pub(super) fn list_blocked(problem: &Problem, mut obstacles: Vec<Obstacle>) -> Vec<Blocked> {
    obstacles.sort_by_key(|(input, _)| input.unwrap_or(usize::MAX));
    let name = |input: usize| problem.question.inputs[input].name.clone();
    obstacles.into_iter().map(|(input, reason)| Blocked { input: input.map(name), reason }).collect()
}

/// What no search could get over.
pub(super) fn find_obstacles(problem: &Problem) -> Vec<Obstacle> {
    let mut sources: Vec<Vec<&Source>> = vec![Vec::new(); problem.question.inputs.len()];
    let mut obstacles = Vec::new();
    for slot in &problem.slots {
        for source in &slot.sources {
            for input in &source.inputs {
                sources[*input].push(source);
            }
            if source.inputs.is_empty() && !source.has_runs() {
                obstacles.push((None, BlockReason::NoPassedRun { job: source.job, on: source.on }));
            }
        }
    }
    for (index, sources) in sources.iter_mut().enumerate() {
        let (jobs, any) = &problem.named[index];
        // In the order in which the input names them; most often they are.
        if !sources.iter().map(|source| &source.job).eq(jobs) {
            let place: IdMap<JobId, usize> = jobs.iter().enumerate().map(|(place, job)| (*job, place)).collect();
            sources.sort_by_key(|source| place[&source.job]);
        }
        obstacles.extend(find_obstacle(problem, index, (sources, *any)).map(|reason| (Some(index), reason)));
    }
    obstacles
}

fn find_obstacle(problem: &Problem, index: usize, (sources, any): (&[&Source], bool)) -> Option<BlockReason> {
    let (history, input, asked) = (problem.history, &problem.question.inputs[index], &problem.asked[index]);
    let resource = input.resource;
    if asked.pin.is_some_and(|pin| history.versions.find(pin).is_none_or(|version| version.resource != asked.resource)) {
        return Some(BlockReason::PinMissing { resource });
    }
    let without_runs = |source: &&&Source| !source.has_runs();
    let idle = sources.iter().find(without_runs).filter(|_| !any || sources.iter().all(|source| without_runs(&source)));
    if let Some(source) = idle {
        return Some(BlockReason::NoPassedRun { job: source.job, on: source.on });
    }
    if let Some(reason) = find_lack(history, input, asked) {
        return Some(reason);
    }
    let unvouched = |source: &&&Source| without_runs(source) || find_unvouched(input, asked, source).is_some();
    let source = sources.iter().find(unvouched).filter(|_| !any || sources.iter().all(|source| unvouched(&source)))?;
    let with_runs = sources.iter().find(|source| source.has_runs()).unwrap_or(source);
    find_unvouched(input, asked, if any { with_runs } else { source })
}

/// A resource without any version that could be chosen.
fn find_lack(history: &History, input: &InputQuestion, asked: &Asked) -> Option<BlockReason> {
    let resource = input.resource;
    let line = history.version_line(asked.resource);
    if line.is_none_or(|line| line.all.is_empty()) {
        return Some(BlockReason::NoVersion { resource });
    }
    let all_disabled = input.pin().is_none() && line.is_some_and(|line| line.enabled.is_empty());
    all_disabled.then_some(BlockReason::AllDisabled { resource })
}

fn find_unvouched(input: &InputQuestion, asked: &Asked, source: &Source) -> Option<BlockReason> {
    let (job, resource) = (source.job, input.resource);
    if !source.ended().any(|runs| runs.vouched(asked.resource).is_some()) {
        return Some(BlockReason::NotVouched { job, resource });
    }
    asked.pin.filter(|pin| !source.vouches(asked.resource, *pin))?;
    let version = input.pin()?;
    Some(BlockReason::PinNotVouched { job, version })
}

/// Why a group of slots has no combination that fits: the first slot that finds no run beside the newest runs that fit
/// the slots before it.
pub(super) fn explain(problem: &Problem, slots: &[&Slot]) -> Vec<Obstacle> {
    // Without the intersections, which would hide with whom a run disagrees.
    let intersections: Intersections = vec![None; problem.question.inputs.len()];
    let mut trail = Trail::default();
    for slot in slots {
        let fits = |candidate: &Candidate| {
            problem.spend(1);
            problem.budget() > 0 && trail.check(problem, slot, *candidate).is_ok()
        };
        let fitting = list_candidates(problem, slot, (&trail, &intersections)).find(fits);
        match fitting {
            Some(candidate) => trail.choose(problem, (slot, candidate), |_| true),
            None => return explain_slot(problem, slot, &trail),
        }
    }
    Vec::new()
}

/// The newest run that would do by itself, and on what it disagrees; else what the newest run lacks.
fn explain_slot(problem: &Problem, slot: &Slot, trail: &Trail) -> Vec<Obstacle> {
    let history = problem.history;
    // An input with `any` may have settled the run of the job already.
    let is_open = |candidate: &Candidate| {
        let chosen = trail.chosen(slot.sources[candidate.source].job);
        chosen.is_none_or(|chosen| chosen == candidate.position)
    };
    for candidate in list_runs(problem.history, slot).filter(is_open) {
        let reason = match trail.check(problem, slot, candidate) {
            Err(Misfit::Disagrees { resource, left, right }) => {
                let side = |(run, version)| (history.runs.id(run), history.versions.id(version));
                BlockReason::NoAgreement { resource: history.resource_numbers.id(resource), left: side(left), right: side(right) }
            }
            Err(Misfit::FollowsOther { job, left, right }) => {
                let side = |(run, followed)| (history.runs.id(run), history.runs.id(followed));
                BlockReason::NoRunAgreement { job: history.job_numbers.id(job), left: side(left), right: side(right) }
            }
            Ok(()) | Err(Misfit::Alone) => continue,
        };
        let named = slot.sources[candidate.source].inputs.iter().map(|input| (Some(*input), reason.clone()));
        let named: Vec<Obstacle> = named.collect();
        return if named.is_empty() { vec![(None, reason)] } else { named };
    }
    // Each run is ruled out by itself: name what the newest lacks.
    let Some(newest) = list_runs(problem.history, slot).find(is_open) else { return Vec::new() };
    let source = &slot.sources[newest.source];
    let lacks = |input: &usize| {
        let question = &problem.question.inputs[*input];
        let version = problem.history.lineage_of(newest.position.run()).and_then(|lineage| lineage.find(problem.asked[*input].resource));
        let reason = match (version, question.pin()) {
            (None, _) => BlockReason::NotVouched { job: source.job, resource: question.resource },
            (Some(version), _) if problem.is_eligible(*input, version) => return None,
            (Some(_), Some(pin)) => BlockReason::PinNotVouched { job: source.job, version: pin },
            (Some(_), None) => BlockReason::AllDisabled { resource: question.resource },
        };
        Some((Some(*input), reason))
    };
    source.inputs.iter().filter_map(lacks).collect()
}

/// The version of an input that names no upstream job, and whether further ones wait behind it.
pub(super) fn choose_version(problem: &Problem, input: usize) -> Option<(VersionNo, bool)> {
    let asked = &problem.asked[input];
    if let Some(pin) = asked.pin {
        return Some((pin, false));
    }
    let line = problem.history.version_line(asked.resource)?;
    let newest = line.newest_enabled()?;
    let next = if problem.question.inputs[input].takes_every() { find_next_version(problem, input) } else { None };
    Some(next.unwrap_or((newest, false)))
}
