//! What can be asked of the history.

use super::history::{Run, Version};
use super::index::History;
use super::job_line::JobLine;
use super::lineage::{Lineage, LineageEntry};
use super::position::Position;
use super::version_line::VersionLine;
use crate::ids::{JobId, JobRunId, ResourceId, VersionId};

impl History {
    #[must_use]
    pub fn version(&self, version: VersionId) -> Option<&Version> {
        self.versions.get(&version)
    }

    #[must_use]
    pub fn run(&self, run: JobRunId) -> Option<&Run> {
        self.runs.get(&run).map(|entry| &entry.run)
    }

    /// The newest version of the resource that is not disabled.
    #[must_use]
    pub fn newest_version(&self, resource: ResourceId) -> Option<&Version> {
        self.version(self.resources.get(&resource)?.newest_enabled()?)
    }

    /// All versions of the resource, disabled ones too, oldest first.
    pub fn versions(&self, resource: ResourceId) -> impl DoubleEndedIterator<Item = &Version> {
        self.resources.get(&resource).into_iter().flat_map(|line| &line.all).filter_map(|(_, id)| self.version(*id))
    }

    /// All runs of the job, newest first. A rerun comes directly before its original (it is newer), after any later run.
    pub fn runs_of(&self, job: JobId) -> impl Iterator<Item = &Run> {
        self.jobs.get(&job).into_iter().flat_map(|line| line.runs.iter().rev()).filter_map(|position| self.run(position.run()))
    }

    /// What an ended run vouches for; empty while it is active or unknown.
    #[must_use]
    pub fn lineage(&self, run: JobRunId) -> &[LineageEntry] {
        self.runs.get(&run).map_or(&[], |entry| entry.lineage.entries())
    }

    /// What a run would vouch for that has these of its own and follows those.
    #[must_use]
    pub fn gather_lineage(&self, own: Vec<LineageEntry>, upstream: impl IntoIterator<Item = JobRunId>) -> Lineage {
        let upstream: Vec<&Lineage> = upstream.into_iter().filter_map(|run| self.lineage_of(run)).collect();
        Lineage::gather(own, &upstream)
    }

    /// The runs that made the version, oldest first.
    pub fn makers(&self, version: VersionId) -> impl DoubleEndedIterator<Item = &Run> {
        self.makers.get(&version).into_iter().flatten().filter_map(|position| self.run(position.run()))
    }

    /// Whether a run of the job has, or had, the version under that input name.
    #[must_use]
    pub fn has_had(&self, job: JobId, input: &str, version: VersionId) -> bool {
        self.jobs.get(&job).is_some_and(|line| line.had.has(input, version))
    }

    /// Whether a run of the job followed that upstream run.
    #[must_use]
    pub fn has_followed(&self, job: JobId, upstream: JobRunId) -> bool {
        self.jobs.get(&job).is_some_and(|line| line.had.has_followed(upstream))
    }

    pub(super) fn job_line(&self, job: JobId) -> Option<&JobLine> {
        self.jobs.get(&job)
    }

    pub(super) fn version_line(&self, resource: ResourceId) -> Option<&VersionLine> {
        self.resources.get(&resource)
    }

    pub(super) fn lineage_of(&self, run: JobRunId) -> Option<&Lineage> {
        self.runs.get(&run).map(|entry| &entry.lineage)
    }

    pub(super) fn roots(&self, run: JobRunId) -> &[(JobId, JobRunId)] {
        self.ancestors.get(&run).map_or(&[], |ancestor| &ancestor.roots)
    }

    /// The job of a run, and where the run stands among its runs.
    pub(super) fn place_of(&self, run: JobRunId) -> Option<(JobId, Position)> {
        self.runs.get(&run).map(|entry| (entry.run.job, entry.position))
    }

    pub(super) fn is_untriggering(&self, resource: ResourceId) -> bool {
        self.untriggering.contains(&resource)
    }
}
