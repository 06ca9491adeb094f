//! What can be asked of the history.

use super::history::Version;
use super::index::History;
use super::job_line::JobLine;
use super::number::{JobNo, Number, ResourceNo, RunNo, VersionNo};
use super::position::Position;
use super::version_line::VersionLine;
use super::view::RunView;
use crate::ids::{JobId, JobRunId, ResourceId, VersionId};

impl History {
    #[must_use]
    pub fn version(&self, version: VersionId) -> Option<Version> {
        self.describe_version(self.versions.find_known(version))
    }

    fn describe_version(&self, version: VersionNo) -> Option<Version> {
        let record = self.versions.find(version)?;
        let (order, id) = self.versions.order(version);
        Some(Version { id, resource: self.resource_numbers.id(record.resource), order, disabled: record.disabled })
    }

    #[must_use]
    pub fn run(&self, run: JobRunId) -> Option<RunView<'_>> {
        self.runs.find_known(run).map(|run| self.view(run))
    }

    /// The newest version of the resource that is not disabled.
    #[must_use]
    pub fn newest_version(&self, resource: ResourceId) -> Option<Version> {
        self.describe_version(self.version_line(self.resource_numbers.find(resource)?)?.newest_enabled()?)
    }

    /// All versions of the resource, disabled ones too, oldest first.
    pub fn versions(&self, resource: ResourceId) -> impl DoubleEndedIterator<Item = Version> {
        let line = self.version_line(self.resource_numbers.find_or_none(resource));
        line.into_iter().flat_map(|line| &line.all).filter_map(|version| self.describe_version(*version))
    }

    /// All runs of the job, newest first. A rerun comes directly before its original (it is newer), after any later run.
    pub fn runs_of(&self, job: JobId) -> impl Iterator<Item = RunView<'_>> {
        let line = self.job_line(self.job_numbers.find_or_none(job));
        line.into_iter().flat_map(|line| line.runs.as_slice().iter().rev()).map(|run| self.view(*run))
    }

    /// The runs that made the version, oldest first.
    pub fn makers(&self, version: VersionId) -> impl DoubleEndedIterator<Item = RunView<'_>> {
        self.versions.find_number(version).into_iter().flat_map(|version| self.makers.get(version)).map(|run| self.view(*run))
    }

    /// Whether a run of the job has, or had, the version under that input name.
    #[must_use]
    pub fn has_had(&self, job: JobId, input: &str, version: VersionId) -> bool {
        let had = || self.job_line(self.job_numbers.find(job)?)?.had.under(self.runs.find_name(input)?);
        had().is_some_and(|had| self.versions.find_number(version).is_some_and(|version| had.has(version)))
    }

    pub(super) fn job_line(&self, job: JobNo) -> Option<&JobLine> {
        self.jobs.get(job.place())
    }

    pub(super) fn version_line(&self, resource: ResourceNo) -> Option<&VersionLine> {
        self.resources.get(resource.place())
    }

    pub(super) fn position(&self, run: RunNo) -> Position {
        self.runs.position(run)
    }
}
