//! The first combination of upstream runs that fits, by depth-first search that remembers its dead ends.

use super::candidates::{Candidates, Intersections, is_universal, list_candidates};
use super::hashing::{IdMap, IdSet};
use super::lineage::Entry;
use super::number::{JobNo, Number, ResourceNo, RunNo};
use super::slots::{Problem, Slot, Source};
use super::trail::{Candidate, Trail};
use crate::ids::JobId;
use std::collections::HashSet;

/// What, of the runs chosen so far, the remaining slots can notice.
type Situation = Vec<(u8, u128, usize)>;

/// A search over slots that have nothing to do with any others.
pub(super) struct Search<'a> {
    problem: &'a Problem<'a>,
    slots: Vec<&'a Slot<'a>>,
    intersections: &'a Intersections,
    trail: Trail,
    /// For each thing, the last slot that can notice it.
    last_resource: IdMap<ResourceNo, usize>,
    last_input: IdMap<usize, usize>,
    /// Only of jobs that several slots may take a run of.
    last_job: IdMap<JobId, usize>,
    last_ancestor: IdMap<JobNo, usize>,
    dead_ends: HashSet<(usize, Situation)>,
    /// The slot that was last left without a run; it is asked first whether the next choice leaves it one.
    last_refusal: usize,
}

struct Frame<'a> {
    candidates: Candidates<'a>,
    choice: Option<Candidate>,
    mark: usize,
    has_solution: bool,
}

impl<'a> Search<'a> {
    pub(super) fn new(problem: &'a Problem<'a>, slots: Vec<&'a Slot<'a>>, intersections: &'a Intersections) -> Self {
        let (mut last_resource, mut last_input, mut last_job) = (IdMap::default(), IdMap::default(), IdMap::default());
        let (mut last_ancestor, mut seen_jobs) = (IdMap::default(), IdSet::with_capacity_and_hasher(slots.len(), Default::default()));
        for (index, slot) in slots.iter().enumerate() {
            for source in &slot.sources {
                last_ancestor.extend(source.reach.iter().map(|job| (*job, index)));
                if !seen_jobs.insert(source.job) {
                    last_job.insert(source.job, index);
                }
                last_input.extend(source.inputs.iter().map(|input| (*input, index)));
                last_resource.extend(source.resources().map(|resource| (resource, index)));
            }
        }
        let (trail, dead_ends) = (Trail::with_room_for(slots.len()), HashSet::new());
        Self { problem, slots, intersections, trail, last_resource, last_input, last_job, last_ancestor, dead_ends, last_refusal: 0 }
    }

    /// Calls `found` with each combination that fits, one run per slot, best first, until it answers `false`. The answer is
    /// `false` if the budget ran out before.
    pub(super) fn run(mut self, mut found: impl FnMut(&[Candidate]) -> bool) -> bool {
        let mut stack = Vec::with_capacity(self.slots.len());
        stack.push(self.open(0));
        while let Some(frame) = stack.last_mut() {
            if self.problem.budget() == 0 {
                return false;
            }
            if frame.choice.take().is_some() {
                self.trail.take_back(frame.mark);
            }
            let Some(candidate) = frame.candidates.next() else {
                self.close(&mut stack);
                continue;
            };
            let depth = stack.len() - 1;
            if !self.try_candidate(depth, candidate) {
                continue;
            }
            stack[depth].choice = Some(candidate);
            if stack.len() < self.slots.len() {
                // Most searches meet no dead end, and need not say where they are.
                if self.dead_ends.is_empty() || !self.dead_ends.contains(&(depth + 1, self.describe(depth + 1))) {
                    stack.push(self.open(depth + 1));
                }
                continue;
            }
            stack[depth].has_solution = true;
            let choices: Vec<Candidate> = stack.iter().filter_map(|frame| frame.choice).collect();
            if !found(&choices) {
                return true;
            }
        }
        true
    }

    fn open(&self, depth: usize) -> Frame<'a> {
        Frame {
            candidates: list_candidates(self.problem, self.slots[depth], (&self.trail, self.intersections)),
            choice: None,
            mark: self.trail.mark(),
            has_solution: false,
        }
    }

    fn close(&mut self, stack: &mut Vec<Frame<'a>>) {
        let Some(frame) = stack.pop() else { return };
        if frame.has_solution {
            if let Some(parent) = stack.last_mut() {
                parent.has_solution = true;
            }
        } else {
            // Whatever was chosen from here on has been taken back, so this is the situation in which the frame was opened.
            self.dead_ends.insert((stack.len(), self.describe(stack.len())));
        }
    }

    fn try_candidate(&mut self, depth: usize, candidate: Candidate) -> bool {
        let slot = self.slots[depth];
        self.problem.spend(1);
        if self.trail.check(self.problem, slot, candidate).is_err() || !self.leaves_way(depth, candidate) {
            return false;
        }
        let last = &self.last_resource;
        self.trail.choose(self.problem, (slot, candidate), |resource| last.get(&resource).is_some_and(|last| *last > depth));
        true
    }

    /// Whether each remaining slot still has some run for what this one settles, looking at one resource, or one root, at a
    /// time. What was settled before was looked at then, and what no later slot can notice is not looked at.
    fn leaves_way(&mut self, depth: usize, candidate: Candidate) -> bool {
        let source = &self.slots[depth].sources[candidate.source];
        let Some(lineage) = self.problem.history.lineage_of(candidate.position.run()) else { return false };
        let inputs = &self.problem.asked;
        let is_open = |resource: ResourceNo| {
            let mut named = source.inputs.iter().filter(|input| inputs[**input].resource == resource);
            self.last_resource.get(&resource).is_some_and(|last| *last > depth)
                && !self.trail.has_agreed(resource)
                && (self.problem.must_agree(resource) || named.any(|input| self.trail.find_fixed(*input).is_none()))
        };
        let entries: Vec<&Entry> = lineage.entries().iter().filter(|entry| is_open(entry.resource)).collect();
        let roots = if source.is_loud { self.open_roots(depth, candidate) } else { Vec::new() };
        if entries.is_empty() && roots.is_empty() {
            return true;
        }
        let is_later = |index: &usize| {
            let slot = self.slots[*index];
            slot.sources.len() == 1 && slot.sources[0].job != source.job
        };
        let first = Some(self.last_refusal).filter(|index| *index > depth);
        let mut later = first.into_iter().chain(depth + 1..self.slots.len()).filter(is_later);
        let refusal = later.find(|index| !self.has_way(source, &self.slots[*index].sources[0], (&entries, &roots)));
        self.last_refusal = refusal.unwrap_or(self.last_refusal);
        refusal.is_none()
    }

    /// Whether a later source has a run for each of these versions and roots, which a run of `source` settles.
    fn has_way(&self, source: &Source, later: &Source, (entries, roots): (&[&Entry], &[(JobNo, RunNo)])) -> bool {
        self.problem.spend(entries.len() + roots.len());
        let is_shared = |resource: ResourceNo| {
            let mut shared = later.inputs.iter().filter(|input| source.inputs.contains(input));
            shared.any(|input| self.problem.asked[*input].resource == resource)
        };
        entries.iter().all(|entry| {
            let binds =
                is_shared(entry.resource) || (self.problem.must_agree(entry.resource) && is_universal(self.problem, later, entry.resource));
            !binds || later.vouches(entry.resource, entry.version)
        }) && roots.iter().all(|(job, root)| {
            let mut runs = later.ended().flat_map(|runs| runs.with_root(*job, *root));
            !later.is_loud || !later.always_rooted(*job) || runs.next().is_some()
        })
    }

    /// The roots that the run settles for later slots.
    fn open_roots(&self, depth: usize, candidate: Candidate) -> Vec<(JobNo, RunNo)> {
        let matters = |job: &JobNo| self.last_ancestor.get(job).is_some_and(|last| *last > depth);
        let run = candidate.position.run();
        let history = self.problem.history;
        let roots = history.roots(run).iter().map(|root| (history.runs.get(*root).job, *root));
        let mut open: Vec<(JobNo, RunNo)> = roots.filter(|(job, _)| matters(job) && !self.trail.has_followed(*job)).collect();
        if !open.is_empty() {
            let ancestry = self.problem.ancestry(&self.slots[depth].sources[candidate.source], run);
            open.retain(|root| history.is_root(root.1) && ancestry.contains(root));
        }
        open
    }

    fn describe(&self, depth: usize) -> Situation {
        let matters = |last: Option<&usize>| last.is_some_and(|last| *last >= depth);
        let agreed = self.trail.agreed().filter(|(resource, _)| matters(self.last_resource.get(resource)));
        let fixed = self.trail.fixed().filter(|(input, _)| matters(self.last_input.get(input)));
        let recurring = self.last_job.iter().filter(|(_, last)| **last >= depth);
        let chosen = recurring.filter_map(|(job, _)| Some((job, self.trail.chosen(*job)?)));
        let mut situation: Situation = agreed.map(|(r, v)| (0, r.place() as u128, v.place())).collect();
        situation.extend(fixed.map(|(input, v)| (1, input as u128, v.place())));
        situation.extend(chosen.map(|(job, run)| (2, job.uuid().as_u128(), run.run().place())));
        let followed = self.trail.followed().filter(|(job, _)| matters(self.last_ancestor.get(job)));
        situation.extend(followed.map(|(job, run)| (3, job.place() as u128, run.place())));
        self.problem.spend(situation.len());
        situation.sort_unstable();
        situation
    }
}
