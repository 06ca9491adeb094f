//! The line as a graph: which jobs stand upstream of which, over `after`, `passed` and the resources that jobs make. Built
//! from a file that is being checked as well as from a finished document.

use super::model::{AfterOutcome, Document};
use super::resource::ResourceKind;
use super::surroundings::{Home, Surroundings};
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

/// All jobs, joined by indices. `state` resources are in no edge: they join nothing and start nothing.
#[derive(Debug)]
pub(crate) struct Line {
    pub stations: Vec<Station>,
    places: BTreeMap<String, usize>,
    state: BTreeSet<String>,
    resources: BTreeMap<String, usize>,
    edges: Vec<Edges>,
    links: Vec<Links>,
}

/// The edges of one job.
#[derive(Clone, Debug, Default)]
struct Edges {
    /// Jobs that it names under `after` or `passed`.
    named: Vec<usize>,
    /// Jobs that name it, and whether they do so for more than its failure.
    named_by: Vec<(usize, bool)>,
    /// Resources that it takes, and whether they start it.
    takes: Vec<(usize, bool)>,
    makes: Vec<usize>,
}

/// The edges of one resource.
#[derive(Clone, Debug, Default)]
struct Links {
    makers: Vec<usize>,
    /// Only those that it starts.
    started: Vec<usize>,
}

impl Line {
    pub(crate) fn new(stations: Vec<Station>, state: BTreeSet<String>) -> Self {
        let places: BTreeMap<String, usize> = stations.iter().enumerate().map(|(index, station)| (station.name.clone(), index)).collect();
        let mut edges = vec![Edges::default(); stations.len()];
        let mut links: Vec<Links> = Vec::new();
        let mut resources: BTreeMap<String, usize> = BTreeMap::new();
        for (index, station) in stations.iter().enumerate() {
            let after = station.after.iter().map(|(job, on)| (job, *on != AfterOutcome::Failed));
            let passed = station.inputs.iter().flat_map(|flow| &flow.passed).map(|job| (job, true));
            for (upstream, counts) in after.chain(passed).filter_map(|(job, counts)| Some((*places.get(job)?, counts))) {
                edges[index].named.push(upstream);
                edges[upstream].named_by.push((index, counts));
            }
            let taken = station.inputs.iter().map(|flow| (&flow.resource, Some(flow.trigger)));
            let made = station.outputs.iter().map(|output| (output, None));
            for (name, trigger) in taken.chain(made).filter(|(name, _)| !state.contains(*name)) {
                let resource = *resources.entry(name.clone()).or_insert_with(|| {
                    links.push(Links::default());
                    links.len() - 1
                });
                match trigger {
                    None => {
                        edges[index].makes.push(resource);
                        links[resource].makers.push(index);
                    }
                    Some(starts) => {
                        edges[index].takes.push((resource, starts));
                        links[resource].started.extend(starts.then_some(index));
                    }
                }
            }
        }
        Self { stations, places, state, resources, edges, links }
    }

    pub(crate) fn of_document(document: &Document) -> Self {
        Self::among(document, &Surroundings::default())
    }

    /// The document's jobs first, then those of the other pipelines, which are called `pipeline/job`.
    pub(crate) fn among(document: &Document, surroundings: &Surroundings) -> Self {
        let mut stations: Vec<Station> = document
            .jobs
            .iter()
            .map(|job| Station {
                name: job.name.clone(),
                after: job.after.iter().map(|after| (after.job.clone(), after.on)).collect(),
                inputs: job
                    .inputs
                    .iter()
                    .map(|input| Flow {
                        resource: input.resource.clone(),
                        trigger: input.trigger,
                        passed: match &input.passed {
                            Some(passed) => passed.jobs().to_vec(),
                            None => Vec::new(),
                        },
                    })
                    .collect(),
                outputs: job.outputs.iter().map(|output| output.resource.clone()).collect(),
            })
            .collect();
        let state = document.resources.iter().filter(|resource| matches!(resource.kind, ResourceKind::State));
        let mut states: BTreeSet<String> = state.map(|resource| resource.name.clone()).collect();
        let home = Home {
            pipeline: &document.pipeline,
            jobs: document.jobs.iter().filter_map(|job| Some((job.was.as_deref()?, job.name.as_str()))).collect(),
            resources: document.resources.iter().filter_map(|resource| Some((resource.was.as_deref()?, resource.name.as_str()))).collect(),
        };
        let (foreign, foreign_states) = surroundings.draw(&home);
        stations.extend(foreign);
        states.extend(foreign_states);
        Self::new(stations, states)
    }

    pub(crate) fn find(&self, job: &str) -> Option<usize> {
        self.places.get(job).copied()
    }

    pub(crate) fn is_state(&self, resource: &str) -> bool {
        self.state.contains(resource)
    }

    /// Jobs directly downstream, by the same edges; those that only follow a failure are left out.
    fn list_downstream(&self, index: usize) -> BTreeSet<usize> {
        let edges = &self.edges[index];
        let following = edges.named_by.iter().filter(|(_, counts)| *counts).map(|(job, _)| *job);
        following.chain(edges.makes.iter().flat_map(|resource| &self.links[*resource].started).copied()).collect()
    }

    /// The place of a resource that some job takes or makes, unless it is a state.
    pub(super) fn find_resource(&self, name: &str) -> Option<usize> {
        self.resources.get(name).copied()
    }

    pub(super) fn count_resources(&self) -> usize {
        self.links.len()
    }

    /// For each job, what stands directly upstream: jobs that it names, and resources that it takes (numbered behind the
    /// jobs); behind the jobs, the makers of each resource.
    pub(super) fn list_upstream(&self) -> Vec<Vec<usize>> {
        let jobs = self.stations.len();
        let of_job = |edges: &Edges| edges.named.iter().copied().chain(edges.takes.iter().map(|(resource, _)| jobs + resource)).collect();
        self.edges.iter().map(of_job).chain(self.links.iter().map(|links| links.makers.clone())).collect()
    }

    /// The resources that a job takes or makes.
    pub(super) fn list_touched(&self, job: usize) -> impl Iterator<Item = usize> {
        let edges = &self.edges[job];
        edges.takes.iter().map(|(resource, _)| *resource).chain(edges.makes.iter().copied())
    }

    /// Downstream jobs level by level, nearest first, the job itself left out.
    pub(crate) fn list_levels_below(&self, job: &str) -> Vec<BTreeSet<usize>> {
        let mut seen: BTreeSet<usize> = self.find(job).into_iter().collect();
        let mut level = seen.clone();
        let mut levels = Vec::new();
        while !level.is_empty() {
            level = level.iter().flat_map(|index| self.list_downstream(*index)).filter(|index| seen.insert(*index)).collect();
            levels.push(level.clone());
        }
        levels
    }

    /// Jobs that no other job follows. A job that only follows a failure does not count.
    pub(crate) fn ends(&self) -> BTreeSet<String> {
        let open = (0..self.stations.len()).filter(|index| self.list_downstream(*index).iter().all(|next| next == index));
        open.map(|index| self.stations[index].name.clone()).collect()
    }

    /// Cycles over `after`, `passed` and triggering inputs, each as the jobs on it in order, beginning with the one that
    /// stands first in the file. Of cycles that share jobs, not every one is listed; at most 20 are.
    pub(crate) fn list_cycles(&self) -> Vec<Vec<usize>> {
        let next = self.list_edges();
        let mut color = vec![Color::New; next.len()];
        let mut cycles: BTreeSet<Vec<usize>> = BTreeSet::new();
        for root in 0..self.stations.len() {
            if color[root] == Color::New {
                search(root, &next, &mut color, &mut |path| {
                    if cycles.len() < MOST_CYCLES {
                        cycles.insert(self.tell_cycle(path));
                    }
                });
            }
        }
        cycles.into_iter().collect()
    }

    /// For each job, the jobs and resources that it leads to; behind the jobs, the same for each resource.
    fn list_edges(&self) -> Vec<Vec<usize>> {
        let jobs = self.stations.len();
        let of_job = |edges: &Edges| {
            let named: BTreeSet<usize> = edges.named_by.iter().map(|(job, _)| *job).collect();
            named.into_iter().chain(edges.makes.iter().map(|resource| jobs + resource)).collect()
        };
        self.edges.iter().map(of_job).chain(self.links.iter().map(|links| links.started.clone())).collect()
    }

    /// The jobs of a cycle, turned so that the one that stands first in the file begins.
    fn tell_cycle(&self, path: &[(usize, usize)]) -> Vec<usize> {
        let mut jobs: Vec<usize> = path.iter().map(|(node, _)| *node).filter(|node| *node < self.stations.len()).collect();
        let first = jobs.iter().enumerate().min_by_key(|(_, node)| **node).map_or(0, |(at, _)| at);
        jobs.rotate_left(first);
        jobs
    }
}

/// More cycles are not listed.
const MOST_CYCLES: usize = 20;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Color {
    New,
    Open,
    Done,
}

/// Depth first, with its own stack: a line may be longer than the thread's. Tells each cycle as a path.
fn search(root: usize, next: &[Vec<usize>], color: &mut [Color], tell: &mut impl FnMut(&[(usize, usize)])) {
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
                tell(&path[from..]);
            }
            Color::Done => {}
        }
    }
}
