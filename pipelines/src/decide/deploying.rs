//! Who deploys to an environment, which gates stand before them, and which sets could go there.

use super::facts::JobFacts;
use super::line::Line;
use super::sets::list_sets_of;
use crate::document::{JobBody, ResourceKind};
use crate::ids::{JobId, JobRunId, ResourceId, VersionId};
use crate::resolve::{Choice, LineageEntry, Resolved};
use std::collections::{BTreeMap, BTreeSet};

impl Line {
    /// The jobs that deploy to an environment, in the order of the file.
    #[must_use]
    pub fn list_deploying(&self, environment: ResourceId) -> Vec<JobId> {
        let Some(facts) = self.resources.get(&environment).and_then(|resource| self.pipelines.get(&resource.pipeline)) else {
            return Vec::new();
        };
        let known = facts.document.jobs.iter().filter_map(|job| facts.jobs.get(&job.name));
        known.copied().filter(|id| self.jobs.get(id).is_some_and(|job| job.outputs.contains(&environment))).collect()
    }

    /// The gates before a job: those from which its way comes through no other gate, and through no job that deploys elsewhere.
    #[must_use]
    pub fn list_gates_before(&self, id: JobId) -> Vec<JobId> {
        let (mut gates, mut seen, mut open) = (BTreeSet::new(), BTreeSet::from([id]), vec![id]);
        while let Some(job) = open.pop() {
            let mut nearest = Vec::new();
            self.push_upstream(job, &mut nearest);
            for above in nearest {
                if !seen.insert(above) {
                    continue;
                }
                if self.is_approval(above) {
                    gates.insert(above);
                } else if !self.deploys(above) {
                    open.push(above);
                }
            }
        }
        let upstream: BTreeSet<JobId> = gates.iter().flat_map(|gate| self.list_upstream(*gate)).collect();
        gates.difference(&upstream).copied().collect()
    }

    /// A job run that has not ended and has exactly this set.
    #[must_use]
    pub fn find_active_on(&self, job: JobId, inputs: &BTreeMap<String, VersionId>, follows: &[JobRunId]) -> Option<JobRunId> {
        let has_it = |id: &&JobRunId| {
            self.history.run(**id).is_some_and(|run| {
                let same = run.inputs().count() == inputs.len() && run.inputs().all(|(name, version)| inputs.get(name) == Some(&version));
                let followed: BTreeSet<_> = run.consumed_runs().collect();
                same && followed == follows.iter().copied().collect()
            })
        };
        self.active_of_job.get(&job)?.iter().rfind(has_it).copied()
    }

    /// The job runs of these jobs that have not ended, oldest first.
    #[must_use]
    pub fn list_active_of(&self, jobs: &[JobId]) -> Vec<JobRunId> {
        let active = jobs.iter().filter_map(|job| self.active_of_job.get(job)).flatten();
        let mut active: Vec<_> = active.filter_map(|id| Some((self.active.get(id)?.sequence, *id))).collect();
        active.sort_unstable();
        active.into_iter().map(|(_, id)| id).collect()
    }

    /// Whether something upstream of the job is at work that stands on one of these.
    #[must_use]
    pub fn is_under_way(&self, job: JobId, roots: &[JobRunId]) -> bool {
        let upstream: Vec<JobId> = self.list_upstream(job).into_iter().collect();
        let stands = |run: JobRunId| roots.iter().any(|root| self.stands_on(run, *root));
        self.list_active_of(&upstream).into_iter().any(stands)
    }

    /// Whether a set stands on each of these job runs.
    #[must_use]
    pub fn set_stands_on(&self, set: &Resolved, roots: &[JobRunId]) -> bool {
        let makers = set.inputs.iter().filter_map(|input| self.history.makers(input.version).next_back()).map(|maker| maker.id);
        let runs: Vec<JobRunId> = set.runs().into_iter().chain(makers).collect();
        roots.iter().all(|root| runs.iter().any(|run| self.stands_on(*run, *root)))
    }

    fn is_approval(&self, id: JobId) -> bool {
        let document = self.jobs.get(&id).and_then(|job| Some((&job.name, &self.pipelines.get(&job.pipeline)?.document)));
        document
            .is_some_and(|(name, document)| document.jobs.iter().any(|job| job.name == *name && matches!(job.body, JobBody::Approval(_))))
    }

    fn deploys(&self, id: JobId) -> bool {
        self.jobs.get(&id).is_some_and(|job| job.outputs.iter().any(|output| self.is_environment(*output)))
    }

    fn is_environment(&self, id: ResourceId) -> bool {
        self.is_of_kind(id, |kind| matches!(kind, ResourceKind::Environment))
    }

    /// Whether the resource is something that is deployed: neither an environment nor a state.
    #[must_use]
    pub fn is_deployable(&self, id: ResourceId) -> bool {
        !self.is_of_kind(id, |kind| matches!(kind, ResourceKind::Environment | ResourceKind::State))
    }

    fn is_of_kind(&self, id: ResourceId, wanted: impl Fn(&ResourceKind) -> bool) -> bool {
        let facts = self.resources.get(&id).and_then(|facts| Some((&facts.name, &self.pipelines.get(&facts.pipeline)?.document)));
        facts.is_some_and(|(name, document)| document.resources.iter().any(|resource| resource.name == *name && wanted(&resource.kind)))
    }

    /// What a set stands on, environments and states left out: its own versions, then what the upstream runs that it takes vouch for.
    #[must_use]
    pub fn lineage_of_set(&self, job: JobId, set: &Resolved) -> BTreeMap<ResourceId, VersionId> {
        let Some(JobFacts { question, .. }) = self.jobs.get(&job) else { return BTreeMap::new() };
        let resource_of = |name: &str| question.inputs.iter().find(|asked| asked.name == name).map(|asked| asked.resource);
        let own = set.inputs.iter().filter_map(|input| Some(LineageEntry { resource: resource_of(&input.name)?, version: input.version }));
        let makers = set.inputs.iter().flat_map(|input| self.history.makers(input.version).next_back()).map(|run| run.id);
        let lineage = self.history.gather_lineage(own.collect(), set.runs().into_iter().chain(makers));
        let deployable = lineage.iter().filter(|entry| self.is_deployable(entry.resource));
        deployable.map(|entry| (entry.resource, entry.version)).collect()
    }

    /// Up to `limit` sets of a job that have exactly these versions under these inputs, best first.
    #[must_use]
    pub fn list_sets_with(&self, job: JobId, pins: &BTreeMap<String, VersionId>, limit: usize) -> Vec<Resolved> {
        let Some(mut question) = self.jobs.get(&job).map(|facts| facts.question.clone()) else { return Vec::new() };
        for input in &mut question.inputs {
            if let Some(version) = pins.get(&input.name) {
                input.version = Choice::Pin(*version);
            }
        }
        list_sets_of(self, question, limit)
    }

    /// Whether a job run is another one, or stands on it, directly or through others.
    #[must_use]
    pub fn stands_on(&self, run: JobRunId, root: JobRunId) -> bool {
        let Some(oldest) = self.history.run(root).map(|run| run.sequence) else { return false };
        let (mut seen, mut open) = (BTreeSet::new(), vec![run]);
        while let Some(id) = open.pop() {
            if id == root {
                return true;
            }
            // A job run stands only on earlier ones.
            let Some(run) = self.history.run(id).filter(|run| run.sequence > oldest && seen.insert(id)) else { continue };
            let makers = run.inputs().flat_map(|(_, version)| self.history.makers(version));
            let makers = makers.filter(|maker| maker.sequence < run.sequence).map(|maker| maker.id);
            open.extend(run.consumed_runs().chain(makers));
        }
        false
    }
}
