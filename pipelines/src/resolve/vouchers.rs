//! Who vouches for a version.

use super::history::RunStatus;
use super::index::History;
use super::view::RunView;
use crate::ids::{JobId, ResourceId, VersionId};

impl History {
    /// The ended runs of the job that vouch for the version, by how they ended, each way oldest first and successes last.
    pub fn runs_vouching(&self, job: JobId, resource: ResourceId, version: VersionId) -> impl Iterator<Item = RunView<'_>> {
        let line = self.job_line(self.job_numbers.find_or_none(job));
        let (resource, version) = (self.resource_numbers.find_or_none(resource), self.versions.find_known(version));
        let ends = [RunStatus::Aborted, RunStatus::Failed, RunStatus::Skipped, RunStatus::Succeeded];
        let ended = ends.into_iter().filter_map(move |status| line?.ended(status));
        ended.flat_map(move |runs| runs.vouching(resource, version)).map(|run| self.view(*run))
    }
}
