//! A run as those see it who ask the history for it.

use super::history::RunStatus;
use super::index::History;
use super::number::{Number, RunNo};
use crate::ids::{JobId, JobRunId, VersionId};
use std::fmt;

/// One job run of a history.
#[derive(Clone, Copy)]
pub struct RunView<'a> {
    history: &'a History,
    number: RunNo,
    pub id: JobRunId,
    pub job: JobId,
    /// Orders all job runs of the history.
    pub sequence: i64,
    pub status: RunStatus,
}

impl fmt::Debug for RunView<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { history: _, number: _, id, job, sequence, status } = self;
        formatter.debug_struct("RunView").field("id", id).field("job", job).field("sequence", sequence).field("status", status).finish()
    }
}

impl<'a> RunView<'a> {
    /// The run it is a rerun of.
    #[must_use]
    pub fn rerun_of(self) -> Option<JobRunId> {
        let original = self.history.runs.get(self.number).rerun_of;
        (original != RunNo::NONE).then(|| self.history.runs.id(original))
    }

    /// The versions that it took, each with the name of the input.
    pub fn inputs(self) -> impl Iterator<Item = (&'a str, VersionId)> {
        let Self { history, number, .. } = self;
        history.runs.inputs(number).map(|(name, version)| (history.runs.name(name), history.versions.id(version)))
    }

    /// The versions that it made; known once it has ended.
    pub fn outputs(self) -> impl Iterator<Item = VersionId> + use<'a> {
        let Self { history, number, .. } = self;
        history.runs.outputs(number).map(|version| history.versions.id(version))
    }

    /// The upstream runs that it followed.
    pub fn consumed_runs(self) -> impl Iterator<Item = JobRunId> + use<'a> {
        let Self { history, number, .. } = self;
        history.runs.follows(number).map(|run| history.runs.id(run))
    }
}

impl History {
    pub(super) fn view(&self, number: RunNo) -> RunView<'_> {
        let record = self.runs.get(number);
        let (id, job) = (self.runs.id(number), self.job_numbers.id(record.job));
        RunView { history: self, number, id, job, sequence: record.sequence, status: record.status }
    }
}
