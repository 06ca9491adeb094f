//! The line as a graph: which jobs stand upstream of which, over `after`, `passed` and the resources that jobs make. Built
//! from a file that is being checked as well as from a finished document.

use super::model::{AfterOutcome, Document, Passed, ResourceKind};
use std::collections::{BTreeMap, BTreeSet};

/// A job as the graph sees it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Station {
    pub name: String,
    pub after: Vec<(String, AfterOutcome)>,
    pub inputs: Vec<Flow>,
    pub outputs: Vec<String>,
}

/// An input as the graph sees it.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    pub resource: String,
    pub passed: Vec<String>,
    pub trigger: bool,
}

/// All jobs, with indices for names. `state` resources are in no edge: they join nothing and start nothing.
#[derive(Debug)]
pub(crate) struct Line {
    pub stations: Vec<Station>,
    places: BTreeMap<String, usize>,
    state: BTreeSet<String>,
    makers: BTreeMap<String, Vec<usize>>,
    takers: BTreeMap<String, Vec<usize>>,
}

impl Line {
    pub(crate) fn new(stations: Vec<Station>, state: BTreeSet<String>) -> Self {
        let places = stations.iter().enumerate().map(|(index, station)| (station.name.clone(), index)).collect();
        let (mut makers, mut takers): (BTreeMap<String, Vec<usize>>, BTreeMap<String, Vec<usize>>) = Default::default();
        for (index, station) in stations.iter().enumerate() {
            for output in station.outputs.iter().filter(|output| !state.contains(*output)) {
                makers.entry(output.clone()).or_default().push(index);
            }
            for flow in station.inputs.iter().filter(|flow| flow.trigger && !state.contains(&flow.resource)) {
                takers.entry(flow.resource.clone()).or_default().push(index);
            }
        }
        Self { stations, places, state, makers, takers }
    }

    pub(crate) fn of_document(document: &Document) -> Self {
        let stations = document.jobs.iter().map(|job| Station {
            name: job.name.clone(),
            after: job.after.iter().map(|after| (after.job.clone(), after.on)).collect(),
            inputs: job
                .inputs
                .iter()
                .map(|input| Flow {
                    resource: input.resource.clone(),
                    trigger: input.trigger,
                    passed: match &input.passed {
                        Some(Passed::All(jobs) | Passed::Any(jobs)) => jobs.clone(),
                        None => Vec::new(),
                    },
                })
                .collect(),
            outputs: job.outputs.iter().map(|output| output.resource.clone()).collect(),
        });
        let state = document.resources.iter().filter(|resource| matches!(resource.kind, ResourceKind::State));
        Self::new(stations.collect(), state.map(|resource| resource.name.clone()).collect())
    }

    pub(crate) fn find(&self, job: &str) -> Option<usize> {
        self.places.get(job).copied()
    }

    pub(crate) fn is_state(&self, resource: &str) -> bool {
        self.state.contains(resource)
    }

    /// Jobs directly upstream: named by `after` or `passed`, or makers of an input.
    fn list_upstream(&self, index: usize) -> BTreeSet<usize> {
        let station = &self.stations[index];
        let named = station.after.iter().map(|(job, _)| job).chain(station.inputs.iter().flat_map(|flow| &flow.passed));
        let makers = station.inputs.iter().filter_map(|flow| self.makers.get(&flow.resource)).flatten().copied();
        named.filter_map(|job| self.find(job)).chain(makers).collect()
    }

    /// Jobs directly downstream, by the same edges; those that only follow a failure are left out where `failed` is false.
    fn list_downstream(&self, index: usize, failed: bool) -> BTreeSet<usize> {
        let name = &self.stations[index].name;
        let follows = |station: &Station| {
            let after = station.after.iter().any(|(job, on)| job == name && (failed || *on != AfterOutcome::Failed));
            after || station.inputs.iter().any(|flow| flow.passed.contains(name))
        };
        let following = self.stations.iter().enumerate().filter(|(_, station)| follows(station)).map(|(index, _)| index);
        let outputs = &self.stations[index].outputs;
        let taking = outputs.iter().filter_map(|output| self.takers.get(output)).flatten().copied();
        following.chain(taking).collect()
    }

    /// The job and every job upstream of it, at any distance.
    fn list_ancestry(&self, index: usize) -> BTreeSet<usize> {
        let mut seen = BTreeSet::from([index]);
        let mut waiting = vec![index];
        while let Some(next) = waiting.pop() {
            for upstream in self.list_upstream(next) {
                if seen.insert(upstream) {
                    waiting.push(upstream);
                }
            }
        }
        seen
    }

    /// The resources in a job's lineage: what it, or anything upstream of it, consumes or makes.
    pub(crate) fn lineage(&self, job: &str) -> BTreeSet<&str> {
        let ancestry = self.find(job).map(|index| self.list_ancestry(index)).unwrap_or_default();
        let stations = ancestry.into_iter().map(|index| &self.stations[index]);
        let touched = stations.flat_map(|station| station.inputs.iter().map(|flow| &flow.resource).chain(&station.outputs));
        touched.map(String::as_str).filter(|resource| !self.is_state(resource)).collect()
    }

    /// Downstream jobs level by level, nearest first, the job itself left out.
    pub(crate) fn list_levels_below(&self, job: &str) -> Vec<BTreeSet<usize>> {
        let mut seen: BTreeSet<usize> = self.find(job).into_iter().collect();
        let mut level = seen.clone();
        let mut levels = Vec::new();
        while !level.is_empty() {
            level = level.iter().flat_map(|index| self.list_downstream(*index, false)).filter(|index| seen.insert(*index)).collect();
            levels.push(level.clone());
        }
        levels
    }

    /// Jobs that no other job follows. A job that only follows a failure does not count.
    pub(crate) fn ends(&self) -> BTreeSet<String> {
        let open = (0..self.stations.len()).filter(|index| self.list_downstream(*index, false).iter().all(|next| next == index));
        open.map(|index| self.stations[index].name.clone()).collect()
    }

    /// Cycles over `after`, `passed` and triggering inputs, each as the jobs on it in order, beginning with the one that
    /// stands first in the file. Of cycles that share jobs, not every one is listed.
    pub(crate) fn list_cycles(&self) -> Vec<Vec<usize>> {
        let next: Vec<Vec<usize>> = self.list_edges();
        let mut color = vec![Color::New; next.len()];
        let mut cycles: BTreeSet<Vec<usize>> = BTreeSet::new();
        for root in 0..next.len() {
            if color[root] == Color::New {
                search(root, &next, &mut color, &mut cycles);
            }
        }
        cycles.into_iter().collect()
    }

    /// For each job, the jobs that it starts.
    fn list_edges(&self) -> Vec<Vec<usize>> {
        let mut next: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); self.stations.len()];
        for (index, station) in self.stations.iter().enumerate() {
            let named = station.after.iter().map(|(job, _)| job);
            let passed = station.inputs.iter().flat_map(|flow| &flow.passed);
            named.chain(passed).filter_map(|job| self.find(job)).for_each(|upstream| {
                next[upstream].insert(index);
            });
        }
        for (resource, makers) in &self.makers {
            let takers = self.takers.get(resource).map_or(&[][..], Vec::as_slice);
            makers.iter().for_each(|maker| next[*maker].extend(takers));
        }
        next.into_iter().map(|jobs| jobs.into_iter().collect()).collect()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Color {
    New,
    Open,
    Done,
}

/// Depth first, with its own stack: a line may be longer than the thread's.
fn search(root: usize, next: &[Vec<usize>], color: &mut [Color], cycles: &mut BTreeSet<Vec<usize>>) {
    let mut path: Vec<(usize, usize)> = vec![(root, 0)];
    color[root] = Color::Open;
    while let Some((node, tried)) = path.last_mut() {
        let Some(follower) = next[*node].get(*tried).copied() else {
            color[*node] = Color::Done;
            path.pop();
            continue;
        };
        *tried += 1;
        match color[follower] {
            Color::New => {
                color[follower] = Color::Open;
                path.push((follower, 0));
            }
            Color::Open => {
                let from = path.iter().position(|(node, _)| *node == follower).unwrap_or(0);
                let mut cycle: Vec<usize> = path[from..].iter().map(|(node, _)| *node).collect();
                let first = cycle.iter().enumerate().min_by_key(|(_, node)| **node).map_or(0, |(at, _)| at);
                cycle.rotate_left(first);
                cycles.insert(cycle);
            }
            Color::Done => {}
        }
    }
}
