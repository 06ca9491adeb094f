//! Taking in many versions and runs at once.

use super::hashing::{IdMap, IdSet};
use super::history::{Run, Version};
use super::index::History;
use crate::ids::{JobId, JobRunId, VersionId};

impl History {
    /// Takes in versions in any order, and answers how many were new.
    pub fn add_versions(&mut self, versions: Vec<Version>) -> usize {
        self.versions.reserve(versions.len());
        versions.into_iter().map(|version| usize::from(self.add_version(version))).sum()
    }

    /// Takes in runs in any order, and answers how many were new. A run is taken in after those that it follows, that made
    /// its inputs, or that it reruns: its sequence alone does not say so, since inputs may be replaced while it waits.
    pub fn add_runs(&mut self, mut runs: Vec<Run>) -> usize {
        runs.sort_by_key(|run| run.sequence);
        let places: IdMap<JobRunId, usize> = runs.iter().enumerate().rev().map(|(place, run)| (run.id, place)).collect();
        let mut makers: IdMap<VersionId, Vec<usize>> = IdMap::default();
        for (place, run) in runs.iter().enumerate() {
            for version in &run.outputs {
                makers.entry(*version).or_default().push(place);
            }
        }
        let needs = |run: &Run| -> Vec<usize> {
            let named = run.consumed_runs.iter().chain(&run.rerun_of).filter_map(|id| places.get(id));
            let place = places.get(&run.id).copied().unwrap_or_default();
            let before = |makers: &Vec<usize>| makers[..makers.partition_point(|maker| *maker < place)].last().copied();
            let makers = run.inputs.iter().filter_map(|input| before(makers.get(&input.version)?));
            named.copied().chain(makers).collect()
        };
        let mut order: Vec<usize> = Vec::with_capacity(runs.len());
        let mut seen: IdSet<usize> = IdSet::default();
        for start in 0..runs.len() {
            let mut stack = if seen.insert(start) { vec![(start, needs(&runs[start]))] } else { continue };
            while let Some((place, open)) = stack.last_mut() {
                match open.pop() {
                    Some(next) if seen.insert(next) => stack.push((next, needs(&runs[next]))),
                    Some(_) => {}
                    None => {
                        order.push(*place);
                        stack.pop();
                    }
                }
            }
        }
        let mut runs: Vec<Option<Run>> = runs.into_iter().map(Some).collect();
        let mut entered: Vec<(JobId, JobRunId)> = Vec::with_capacity(runs.len());
        for run in order.into_iter().filter_map(|place| runs[place].take()) {
            if !self.runs.contains_key(&run.id) {
                entered.push((run.job, run.id));
                self.enter(run);
            }
        }
        // Job by job, so that what belongs together comes to lie together; each job's in their order.
        entered.sort_by_key(|(job, _)| *job);
        entered.iter().for_each(|(_, run)| self.vouch(*run));
        entered.len()
    }
}
