//! Who vouches for a version.

use super::history::{Run, RunStatus};
use super::index::History;
use crate::ids::{JobId, ResourceId, VersionId};

impl History {
    /// The ended runs of the job that vouch for the version, by how they ended, each way oldest first and successes last.
    pub fn runs_vouching(&self, job: JobId, resource: ResourceId, version: VersionId) -> impl Iterator<Item = &Run> {
        let ends = [RunStatus::Aborted, RunStatus::Failed, RunStatus::Skipped, RunStatus::Succeeded];
        let ended = ends.into_iter().filter_map(move |status| self.job_line(job)?.ended(status));
        ended.flat_map(move |runs| runs.vouching(resource, version)).filter_map(|position| self.run(position.run()))
    }
}
