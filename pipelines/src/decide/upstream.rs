//! Which jobs stand upstream of which, across pipelines: through `after`, `passed`, and the resources that jobs make. A `state` joins nothing.

use super::facts::JobFacts;
use super::line::Line;
use crate::ids::JobId;
use std::collections::BTreeSet;

impl Line {
    /// Every job upstream of a job, at any distance, itself left out.
    #[must_use]
    pub fn list_upstream(&self, id: JobId) -> BTreeSet<JobId> {
        let mut found = self.walk(id, |line, job, next| line.push_upstream(job, next));
        found.remove(&id);
        found
    }

    /// Every job downstream of a job, at any distance, itself left out.
    #[must_use]
    pub fn list_downstream(&self, id: JobId) -> BTreeSet<JobId> {
        let mut found = self.walk(id, |line, job, next| line.push_downstream(job, next));
        found.remove(&id);
        found
    }

    fn walk(&self, from: JobId, step: impl Fn(&Self, JobId, &mut Vec<JobId>)) -> BTreeSet<JobId> {
        let mut found = BTreeSet::new();
        let mut open = vec![from];
        while let Some(job) = open.pop() {
            let begin = open.len();
            step(self, job, &mut open);
            let near = open.split_off(begin);
            open.extend(near.into_iter().filter(|job| found.insert(*job)));
        }
        found
    }

    pub(super) fn push_upstream(&self, job: JobId, next: &mut Vec<JobId>) {
        let Some(JobFacts { question, .. }) = self.jobs.get(&job) else { return };
        next.extend(question.after.iter().map(|after| after.job));
        for input in &question.inputs {
            next.extend(super::judge::jobs_of(&input.passed));
            if !input.state {
                next.extend(self.producers.get(&input.resource).into_iter().flatten());
            }
        }
    }

    fn push_downstream(&self, job: JobId, next: &mut Vec<JobId>) {
        next.extend(self.followers.get(&job).into_iter().flatten());
        let made = self.jobs.get(&job).into_iter().flat_map(|facts| &facts.outputs);
        next.extend(made.flat_map(|resource| self.consumers.get(resource)).flatten());
    }

    /// The jobs with `settle` downstream of a job: something that they wait for may be done.
    pub(super) fn list_settling(&self, job: JobId) -> BTreeSet<JobId> {
        if self.settlers.is_empty() {
            return BTreeSet::new();
        }
        self.list_downstream(job).intersection(&self.settlers).copied().collect()
    }

    /// Takes the jobs out of `dirty` that can be judged now: a job with `settle` only once nothing upstream of it is still to be judged, for
    /// that may start something. In a loop somebody has to begin: the first.
    pub(super) fn take_judgeable(&mut self) -> BTreeSet<JobId> {
        let dirty = std::mem::take(&mut self.dirty);
        if dirty.is_disjoint(&self.settlers) {
            return dirty;
        }
        let is_late = |job: &JobId| self.settlers.contains(job) && !self.list_upstream(*job).is_disjoint(&dirty);
        let (mut late, mut judgeable): (BTreeSet<JobId>, BTreeSet<JobId>) = dirty.iter().copied().partition(is_late);
        if judgeable.is_empty() {
            judgeable.extend(late.pop_first());
        }
        self.dirty = late;
        judgeable
    }
}
