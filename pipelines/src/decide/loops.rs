//! Whether a job starts itself: whether what made it start goes back, through what jobs put out, to an earlier run of the same job.

use super::decision::Start;
use super::line::Line;
use crate::ids::{JobId, JobRunId, VersionId};
use crate::resolve::RunView;
use std::collections::{BTreeSet, HashMap};

/// The recent past that is looked at.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// The sequence of the first job run in it.
    pub since: i64,
    /// Versions that are the same commit as what a job run put out under another resource: the job runs that put it out.
    pub twins: HashMap<VersionId, Vec<JobRunId>>,
}

/// What one job run stands on: its versions by input, and the runs that it follows.
struct Footing<'a> {
    job: JobId,
    sequence: i64,
    inputs: Vec<(&'a str, VersionId)>,
    follows: Vec<JobRunId>,
}

impl Line {
    /// How many of these runs of a job were started by an earlier run of it.
    #[must_use]
    pub fn count_self_starts(&self, runs: &[JobRunId], window: &Window) -> usize {
        let footings = runs.iter().filter_map(|run| self.history.run(*run)).map(footing_of);
        footings.filter(|footing| self.find_loop(footing, window).is_some()).count()
    }

    /// Where a set that is about to start goes back to an earlier run of its job: the resources and jobs on the way, upstream last. `None` where
    /// it does not.
    #[must_use]
    pub fn find_self_start(&self, set: &Start, window: &Window) -> Option<Vec<String>> {
        let inputs = set.inputs.iter().map(|(name, version)| (name.as_str(), *version)).collect();
        self.find_loop(&Footing { job: set.job, sequence: i64::MAX, inputs, follows: set.follows.clone() }, window)
    }

    /// Breadth first, so that the way is a shortest one.
    fn find_loop(&self, from: &Footing<'_>, window: &Window) -> Option<Vec<String>> {
        let mut seen: BTreeSet<JobRunId> = BTreeSet::new();
        let mut open = vec![(self.list_causes(from, window), Vec::new())];
        while !open.is_empty() {
            let mut further = Vec::new();
            for (causes, way) in open {
                for (run, through) in causes {
                    let Some(run) = self.history.run(run).filter(|run| run.sequence >= window.since) else { continue };
                    let way: Vec<String> = way.iter().cloned().chain([through]).collect();
                    if run.job == from.job {
                        return Some(way);
                    }
                    if seen.insert(run.id) {
                        further.push((self.list_causes(&footing_of(run), window), way));
                    }
                }
            }
            open = further;
        }
        None
    }

    /// The job runs that made something start, each with the name of what led from it: those that it is the first to follow, and the makers of
    /// versions that are new to its job.
    fn list_causes(&self, of: &Footing<'_>, window: &Window) -> Vec<(JobRunId, String)> {
        let Some(facts) = self.jobs.get(&of.job) else { return Vec::new() };
        let before: Vec<RunView<'_>> =
            self.history.runs_of(of.job).filter(|run| run.sequence < of.sequence).take_while(|run| run.sequence >= window.since).collect();
        let mut causes = Vec::new();
        for upstream in of.follows.iter().filter(|upstream| !before.iter().any(|run| run.consumed_runs().any(|run| run == **upstream))) {
            let name = self.history.run(*upstream).and_then(|run| self.jobs.get(&run.job)).map_or("a removed job", |job| job.name.as_str());
            causes.push((*upstream, name.to_owned()));
        }
        for (name, version) in &of.inputs {
            let triggers = facts.question.inputs.iter().any(|input| input.name == *name && input.trigger && !input.state);
            let is_known = before.iter().any(|run| run.inputs().any(|input| input == (*name, *version)));
            if !triggers || is_known {
                continue;
            }
            let resource = self.history.version(*version).and_then(|version| self.resources.get(&version.resource));
            let resource = resource.map_or("a removed resource", |resource| resource.name.as_str());
            let makers = self.history.makers(*version).map(|run| run.id).chain(window.twins.get(version).into_iter().flatten().copied());
            causes.extend(makers.map(|maker| (maker, resource.to_owned())));
        }
        causes
    }
}

fn footing_of(run: RunView<'_>) -> Footing<'_> {
    let inputs = run.inputs().collect();
    Footing { job: run.job, sequence: run.sequence, inputs, follows: run.consumed_runs().collect() }
}
