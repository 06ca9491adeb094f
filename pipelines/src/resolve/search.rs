//! The first combination of upstream runs that fits, by depth-first search that remembers its dead ends.

use super::candidates::{Candidates, Intersections, always_rooted, is_universal, list_candidates};
use super::hashing::{IdMap, IdSet};
use super::lineage::LineageEntry;
use super::slots::{Problem, Slot};
use super::trail::{Candidate, Trail};
use crate::ids::{JobId, JobRunId, ResourceId};
use std::collections::HashSet;

/// What, of the runs chosen so far, the remaining slots can notice.
type Situation = Vec<(u8, u128, u128)>;

/// A search over slots that have nothing to do with any others.
pub(super) struct Search<'a> {
    problem: &'a Problem<'a>,
    slots: Vec<&'a Slot>,
    intersections: &'a Intersections,
    trail: Trail,
    /// For each thing, the last slot that can notice it.
    last_resource: IdMap<ResourceId, usize>,
    last_input: IdMap<usize, usize>,
    /// Only of jobs that several slots may take a run of.
    last_job: IdMap<JobId, usize>,
    last_ancestor: IdMap<JobId, usize>,
    dead_ends: HashSet<(usize, Situation)>,
}

struct Frame<'a> {
    candidates: Candidates<'a>,
    choice: Option<Candidate>,
    mark: usize,
    situation: Situation,
    has_solution: bool,
}

impl<'a> Search<'a> {
    pub(super) fn new(problem: &'a Problem<'a>, slots: Vec<&'a Slot>, intersections: &'a Intersections) -> Self {
        let (mut last_resource, mut last_input, mut last_job) = (IdMap::default(), IdMap::default(), IdMap::default());
        let (mut last_ancestor, mut seen_jobs) = (IdMap::default(), IdSet::default());
        for (index, slot) in slots.iter().enumerate() {
            last_ancestor.extend(slot.shared_jobs.iter().map(|job| (*job, index)));
            for source in &slot.sources {
                if !seen_jobs.insert(source.job) {
                    last_job.insert(source.job, index);
                }
                last_input.extend(source.inputs.iter().map(|input| (*input, index)));
                let resources = problem.ended(source).flat_map(|runs| runs.vouched.keys());
                last_resource.extend(resources.map(|resource| (*resource, index)));
            }
        }
        let (trail, dead_ends) = (Trail::default(), HashSet::new());
        Self { problem, slots, intersections, trail, last_resource, last_input, last_job, last_ancestor, dead_ends }
    }

    /// Calls `found` with each combination that fits, one run per slot, best first, until it answers `false`. The answer is
    /// `false` if the budget ran out before.
    pub(super) fn run(mut self, mut found: impl FnMut(&[Candidate]) -> bool) -> bool {
        let mut stack = vec![self.open(0)];
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
                let next = self.open(depth + 1);
                if !self.dead_ends.contains(&(depth + 1, next.situation.clone())) {
                    stack.push(next);
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
            situation: self.describe(depth),
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
            self.dead_ends.insert((stack.len(), frame.situation));
        }
    }

    fn try_candidate(&mut self, depth: usize, candidate: Candidate) -> bool {
        let slot = self.slots[depth];
        self.problem.spend(1);
        if self.trail.check(self.problem, slot, candidate).is_err() || !self.leaves_way(depth, candidate) {
            return false;
        }
        self.trail.choose(self.problem, slot, candidate);
        true
    }

    /// Whether each remaining slot still has some run for what this one settles, looking at one resource, or one root, at a
    /// time. What was settled before was looked at then.
    fn leaves_way(&self, depth: usize, candidate: Candidate) -> bool {
        let source = &self.slots[depth].sources[candidate.source];
        let Some(lineage) = self.problem.history.lineage_of(candidate.position.run()) else { return false };
        let inputs = &self.problem.question.inputs;
        let is_open = |resource: ResourceId| {
            let mut named = source.inputs.iter().filter(|input| inputs[**input].resource == resource);
            !self.trail.has_agreed(resource)
                && (self.problem.must_agree(resource) || named.any(|input| self.trail.find_fixed(*input).is_none()))
        };
        let entries: Vec<&LineageEntry> = lineage.entries().iter().filter(|entry| is_open(entry.resource)).collect();
        let roots = if source.is_loud { self.open_roots(&self.slots[depth].shared_jobs, candidate) } else { Vec::new() };
        if entries.is_empty() && roots.is_empty() {
            return true;
        }
        let later = self.slots[depth + 1..].iter().filter(|slot| slot.sources.len() == 1 && slot.sources[0].job != source.job);
        later.map(|slot| &slot.sources[0]).all(|later| {
            self.problem.spend(entries.len() + roots.len());
            let is_shared = |resource: ResourceId| {
                let mut shared = later.inputs.iter().filter(|input| source.inputs.contains(input));
                shared.any(|input| inputs[*input].resource == resource)
            };
            entries.iter().all(|entry| {
                let binds = is_shared(entry.resource)
                    || (self.problem.must_agree(entry.resource) && is_universal(self.problem, later, entry.resource));
                !binds || self.problem.is_vouched(later, entry.resource, entry.version)
            }) && roots.iter().all(|(job, root)| {
                let mut runs = self.problem.ended(later).flat_map(|runs| runs.with_root(*job, *root));
                !later.is_loud || !always_rooted(self.problem, later, *job) || runs.next().is_some()
            })
        })
    }

    /// The roots that the run settles for later slots.
    fn open_roots(&self, shared_jobs: &IdSet<JobId>, candidate: Candidate) -> Vec<(JobId, JobRunId)> {
        if shared_jobs.is_empty() {
            return Vec::new();
        }
        let history = self.problem.history;
        let ancestry = self.problem.ancestry(candidate.position.run());
        let roots = history.roots(candidate.position.run()).iter().copied();
        roots.filter(|root| !self.trail.has_followed(root.0) && history.is_root(root.1) && ancestry.contains(root)).collect()
    }

    fn describe(&self, depth: usize) -> Situation {
        let matters = |last: Option<&usize>| last.is_some_and(|last| *last >= depth);
        let agreed = self.trail.agreed().filter(|(resource, _)| matters(self.last_resource.get(resource)));
        let fixed = self.trail.fixed().filter(|(input, _)| matters(self.last_input.get(input)));
        let recurring = self.last_job.iter().filter(|(_, last)| **last >= depth);
        let chosen = recurring.filter_map(|(job, _)| Some((job, self.trail.chosen(*job)?)));
        let mut situation: Situation = agreed.map(|(r, v)| (0, r.uuid().as_u128(), v.uuid().as_u128())).collect();
        situation.extend(fixed.map(|(input, v)| (1, input as u128, v.uuid().as_u128())));
        situation.extend(chosen.map(|(job, run)| (2, job.uuid().as_u128(), run.run().uuid().as_u128())));
        let followed = self.trail.followed().filter(|(job, _)| matters(self.last_ancestor.get(job)));
        situation.extend(followed.map(|(job, run)| (3, job.uuid().as_u128(), run.uuid().as_u128())));
        self.problem.spend(situation.len());
        situation.sort_unstable();
        situation
    }
}
