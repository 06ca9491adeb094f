//! Which runs a slot may take, in the order in which they are to be tried, found through the narrowest index.

use super::index::History;
use super::job_line::EndedRuns;
use super::number::{ResourceNo, RunNo, VersionNo};
use super::position::{Position, RunsBy, positions};
use super::slots::{Problem, Slot, Source};
use super::trail::{Candidate, Trail};
use std::collections::BinaryHeap;

type Positions<'a> = Box<dyn Iterator<Item = Position> + 'a>;

/// Runs to try, one after the other.
pub(super) enum Candidates<'a> {
    /// Runs of the only source, oldest first; what most slots come down to.
    Few(&'a [RunNo], &'a History),
    Many(Box<dyn Iterator<Item = Candidate> + 'a>),
}

impl Iterator for Candidates<'_> {
    type Item = Candidate;

    fn next(&mut self) -> Option<Candidate> {
        match self {
            Self::Few(runs, history) => runs.split_off_last().map(|run| Candidate { source: 0, position: history.position(*run) }),
            Self::Many(candidates) => candidates.next(),
        }
    }
}

/// Runs of one source that together hold every one that can fit.
enum Drawn<'a> {
    All,
    One(Position),
    /// Each oldest first.
    Lists(Vec<&'a [RunNo]>),
}

/// More questions than this, of a version to an upstream job, are not worth asking before the search: it asks them one by one.
const INTERSECTION_LIMIT: usize = 4096;

/// A list of runs that is as short as this is not worth narrowing further.
const SHORT: usize = 8;

/// Per input, the versions that all its upstream jobs vouch for, where one of those jobs vouches for few.
pub(super) type Intersections = Vec<Option<Vec<VersionNo>>>;

/// The runs to try: newest first; under `version: every` those first that are due, oldest first.
pub(super) fn list_candidates<'a>(problem: &'a Problem<'a>, slot: &'a Slot<'a>, known: (&Trail, &Intersections)) -> Candidates<'a> {
    if slot.next.is_empty() {
        return newest_first(problem, slot, known);
    }
    problem.spend(slot.next.len());
    let (trail, _) = known;
    let is_open = move |candidate: &&Candidate| {
        let chosen = trail.chosen(slot.sources[candidate.source].job);
        chosen.is_none_or(|chosen| chosen == candidate.position)
    };
    let next: Vec<Candidate> = slot.next.iter().filter(is_open).copied().collect();
    let rest = newest_first(problem, slot, known).filter(|candidate| !slot.is_next(*candidate));
    Candidates::Many(Box::new(next.into_iter().chain(rest)))
}

/// All runs that ended as demanded, newest first, whatever they vouch for.
pub(super) fn list_runs<'a>(history: &'a History, slot: &'a Slot<'a>) -> Candidates<'a> {
    let all = |(index, source): (usize, &'a Source<'a>)| all_runs(history, source).into_iter().map(move |runs| (index, runs));
    Candidates::Many(Box::new(Merge::new(slot.sources.iter().enumerate().flat_map(all).collect())))
}

/// For each input the versions that every one of its upstream jobs vouches for, if that is cheap to know.
pub(super) fn intersect(problem: &Problem) -> Intersections {
    let mut sources: Vec<Vec<&Source>> = vec![Vec::new(); problem.question.inputs.len()];
    for slot in problem.slots.iter().filter(|slot| slot.sources.len() == 1) {
        for input in &slot.sources[0].inputs {
            sources[*input].push(&slot.sources[0]);
        }
    }
    sources.iter().enumerate().map(|(input, sources)| intersect_input(problem, input, sources)).collect()
}

fn intersect_input(problem: &Problem, input: usize, sources: &[&Source]) -> Option<Vec<VersionNo>> {
    if sources.len() < 2 || problem.asked[input].pin.is_some() {
        return None;
    }
    let resource = problem.asked[input].resource;
    let count = |source: &&&Source| list_vouched(source, resource).map(RunsBy::len).sum::<usize>();
    let narrowest = sources.iter().min_by_key(count).filter(|source| count(source) * sources.len() <= INTERSECTION_LIMIT)?;
    let mut versions: Vec<VersionNo> = list_vouched(narrowest, resource).flat_map(RunsBy::keys).collect();
    versions.sort_unstable();
    versions.dedup();
    versions.retain(|version| sources.iter().all(|source| source.vouches(resource, *version)));
    Some(versions)
}

fn list_vouched<'a>(source: &Source<'a>, resource: ResourceNo) -> impl Iterator<Item = &'a RunsBy<VersionNo>> {
    source.ended().filter_map(move |runs| runs.vouched(resource))
}

fn newest_first<'a>(problem: &'a Problem<'a>, slot: &'a Slot<'a>, known: (&Trail, &Intersections)) -> Candidates<'a> {
    let mut tails: Vec<(usize, Positions<'a>)> = Vec::new();
    for (index, source) in slot.sources.iter().enumerate() {
        match draw_runs(problem, source, known) {
            Drawn::Lists(lists) if slot.sources.len() == 1 && lists.len() < 2 => {
                return Candidates::Few(lists.first().copied().unwrap_or_default(), problem.history);
            }
            Drawn::Lists(lists) => {
                tails.extend(lists.into_iter().map(|list| (index, Box::new(positions(list, &problem.history.runs).rev()) as Positions<'a>)))
            }
            Drawn::One(position) => tails.push((index, Box::new(std::iter::once(position)))),
            Drawn::All => tails.extend(all_runs(problem.history, source).into_iter().map(|runs| (index, runs))),
        }
    }
    if tails.len() == 1
        && let Some((source, runs)) = tails.pop()
    {
        return Candidates::Many(Box::new(runs.map(move |position| Candidate { source, position })));
    }
    Candidates::Many(Box::new(Merge::new(tails)))
}

/// The narrowest choice of runs that holds every run of the source that can fit.
fn draw_runs<'a>(problem: &'a Problem<'a>, source: &'a Source<'a>, (trail, intersections): (&Trail, &Intersections)) -> Drawn<'a> {
    if let Some(position) = trail.chosen(source.job) {
        return if source.has_run(problem.history, position.run()) { Drawn::One(position) } else { Drawn::Lists(Vec::new()) };
    }
    let mut narrowest: Option<Vec<&'a [RunNo]>> = None;
    let lists = |resource: ResourceNo, version: VersionNo| source.ended().map(move |runs| runs.vouching(resource, version));
    for input in &source.inputs {
        let question = &problem.asked[*input];
        if let Some(version) = question.pin.or_else(|| trail.find_fixed(*input)) {
            offer(&mut narrowest, lists(question.resource, version).collect());
        } else if let Some(versions) = &intersections[*input] {
            offer(&mut narrowest, versions.iter().flat_map(|version| lists(question.resource, *version)).collect());
        }
    }
    if narrowest.as_ref().is_none_or(|lists| length(lists) > SHORT) {
        narrow_by_trail(problem, source, trail, &mut narrowest);
    }
    narrowest.map_or(Drawn::All, Drawn::Lists)
}

fn length(lists: &[&[RunNo]]) -> usize {
    lists.iter().map(|list| list.len()).sum()
}

fn offer<'a>(narrowest: &mut Option<Vec<&'a [RunNo]>>, mut lists: Vec<&'a [RunNo]>) {
    lists.retain(|list| !list.is_empty());
    if narrowest.as_ref().is_none_or(|standing| length(&lists) < length(standing)) {
        *narrowest = Some(lists);
    }
}

/// By what the runs chosen so far agree on: their versions, and the runs that they begin with.
fn narrow_by_trail<'a>(problem: &'a Problem<'a>, source: &'a Source<'a>, trail: &Trail, narrowest: &mut Option<Vec<&'a [RunNo]>>) {
    for (resource, version) in trail.agreed() {
        if is_universal(problem, source, resource) {
            offer(narrowest, source.ended().map(|runs| runs.vouching(resource, version)).collect());
        }
    }
    for (job, run) in trail.followed().filter(|(_, run)| source.is_loud && problem.history.is_root(*run)) {
        if source.always_rooted(job) {
            offer(narrowest, source.ended().map(|runs| runs.with_root(job, run)).collect());
        }
    }
}

/// Whether every run of the source vouches for some version of the resource, so that an index by version misses none.
pub(super) fn is_universal(problem: &Problem, source: &Source, resource: ResourceNo) -> bool {
    source.inputs.iter().any(|input| problem.asked[*input].resource == resource) || source.always_vouches(resource)
}

fn all_runs<'a>(history: &'a History, source: &Source<'a>) -> Vec<Positions<'a>> {
    let newest_first = |runs: &'a EndedRuns| Box::new(positions(runs.runs.as_slice(), &history.runs).rev()) as Positions<'a>;
    source.ended().map(newest_first).collect()
}

/// Several lists, each newest first, read as one.
struct Merge<'a> {
    heads: BinaryHeap<(Position, usize)>,
    tails: Vec<(usize, Positions<'a>)>,
}

impl<'a> Merge<'a> {
    fn new(mut tails: Vec<(usize, Positions<'a>)>) -> Self {
        let heads = tails.iter_mut().enumerate().filter_map(|(index, (_, tail))| Some((tail.next()?, index))).collect();
        Self { heads, tails }
    }
}

impl Iterator for Merge<'_> {
    type Item = Candidate;

    fn next(&mut self) -> Option<Candidate> {
        let (position, index) = self.heads.pop()?;
        let (source, tail) = &mut self.tails[index];
        if let Some(following) = tail.next() {
            self.heads.push((following, index));
        }
        Some(Candidate { source: *source, position })
    }
}
