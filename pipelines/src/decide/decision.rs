//! What the scheduler concluded for a job, and what it wants done.

use crate::ids::{JobId, JobRunId, VersionId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The conclusion for one job, stored with it and shown to whoever asks why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Decision {
    pub verdict: Verdict,
    pub reasons: Vec<Reason>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Started,
    UpToDate,
    /// For something that is on its way.
    Waiting,
    /// By something that somebody has to change.
    Blocked,
}

/// One branch of the explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Reason {
    /// Machine-readable: `no-version`, `no-passed-run`, `paused`, …
    pub kind: String,
    pub input: Option<String>,
    pub text: String,
    /// The smallest thing that would unblock it, where there is one.
    pub unblock: Option<String>,
}

/// A set of versions for a job, ready to become a job run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    pub job: JobId,
    /// In the order of the job's inputs.
    pub inputs: Vec<(String, VersionId)>,
    /// Every upstream job run that it follows, through `after` or `passed`.
    pub follows: Vec<JobRunId>,
    /// The upstream job run that made it start, if it was one: its run is the one that goes on.
    pub pushed_by: Option<JobRunId>,
    /// Else the version that made it start.
    pub triggered_by: Option<VersionId>,
}

impl Start {
    /// The same set has the same digest: job, inputs by name, and the upstream runs it follows.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut inputs: Vec<_> = self.inputs.iter().collect();
        inputs.sort();
        let mut follows = self.follows.clone();
        follows.sort();
        let mut hash = Sha256::new();
        hash.update(self.job.uuid());
        for (name, version) in inputs {
            hash.update(name);
            hash.update([0]);
            hash.update(version.uuid());
        }
        hash.update([1]);
        for run in follows {
            hash.update(run.uuid());
        }
        hex::encode(hash.finalize())
    }
}

/// What the engine should do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Start(Start),
    /// The job run has not begun: the newer set takes the place of its inputs.
    Supersede {
        job_run: JobRunId,
        start: Start,
    },
    /// What the line has started is stopped as superseded, and then the newer set is taken as usual.
    CancelRunning {
        running: Vec<JobRunId>,
        then: Box<Action>,
    },
    /// People look at the gate already: it is closed, and the newer set opens another.
    Reopen {
        job_run: JobRunId,
        start: Start,
    },
}

/// A decision with what it leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    pub job: JobId,
    pub decision: Decision,
    pub action: Option<Action>,
}
