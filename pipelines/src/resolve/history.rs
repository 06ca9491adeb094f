//! The facts that a resolution looks at, and what follows from them (vouchers, lineage), kept up to date as facts arrive.

use crate::ids::{JobId, JobRunId, ResourceId, VersionId};

/// One version of a resource. `order` orders the versions of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub id: VersionId,
    pub resource: ResourceId,
    pub order: i64,
    pub disabled: bool,
}

/// One job run. `sequence` orders all job runs of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub id: JobRunId,
    pub job: JobId,
    pub sequence: i64,
    /// A rerun counts just after its original, never as the newest.
    pub rerun_of: Option<JobRunId>,
    pub status: RunStatus,
    pub inputs: Vec<RunInput>,
    /// Versions it made; known once it has ended.
    pub outputs: Vec<VersionId>,
    /// The upstream job runs that it followed: through `passed`, and through `after`.
    pub consumed_runs: Vec<JobRunId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunInput {
    pub name: String,
    pub version: VersionId,
}

/// As far as a resolution cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunStatus {
    /// Not ended: it has consumed its inputs, and vouches for nothing yet.
    Active,
    Succeeded,
    Failed,
    /// Errored or stopped: an end, but neither a success nor a failure.
    Aborted,
    /// By its own `when`: it passes.
    Skipped,
}
