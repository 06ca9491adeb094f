//! Slots that can be solved apart: they share no input, no job, and neither a resource nor an ancestor on which their runs
//! must agree.

use super::hashing::{IdMap, map_for};
use super::number::{JobNo, ResourceNo};
use super::slots::Problem;
use crate::ids::JobId;

/// The places of the slots, group by group; groups and slots in the order of the question.
pub(super) fn list_groups(problem: &Problem) -> Vec<Vec<usize>> {
    let mut leaders: Vec<usize> = (0..problem.slots.len()).collect();
    let mut by_input: IdMap<usize, usize> = IdMap::default();
    let mut by_job: IdMap<JobId, usize> = map_for(problem.slots.len());
    let mut by_shared_job: IdMap<JobNo, usize> = IdMap::default();
    let mut by_resource: IdMap<ResourceNo, usize> = IdMap::default();
    for (index, slot) in problem.slots.iter().enumerate() {
        for source in &slot.sources {
            for shared in &source.reach {
                join(&mut leaders, index, *by_shared_job.entry(*shared).or_insert(index));
            }
            join(&mut leaders, index, *by_job.entry(source.job).or_insert(index));
            for input in &source.inputs {
                join(&mut leaders, index, *by_input.entry(*input).or_insert(index));
            }
            let resources = source.resources();
            for resource in resources.filter(|resource| problem.must_agree(*resource)) {
                join(&mut leaders, index, *by_resource.entry(resource).or_insert(index));
            }
        }
    }
    let mut groups: Vec<Vec<usize>> = vec![Vec::new(); leaders.len()];
    for index in 0..leaders.len() {
        groups[find_leader(&mut leaders, index)].push(index);
    }
    groups.retain(|group| !group.is_empty());
    groups
}

fn find_leader(leaders: &mut [usize], mut index: usize) -> usize {
    while leaders[index] != index {
        leaders[index] = leaders[leaders[index]];
        index = leaders[index];
    }
    index
}

/// The earlier slot leads, so that groups come in the order of the question.
fn join(leaders: &mut [usize], left: usize, right: usize) {
    let (left, right) = (find_leader(leaders, left), find_leader(leaders, right));
    leaders[left.max(right)] = left.min(right);
}
