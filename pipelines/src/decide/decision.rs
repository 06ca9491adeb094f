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
    /// The command that does that, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Why it is so: what stands behind it, further up the line. Empty in what is stored with the job.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    pub children: Vec<Reason>,
}

impl Reason {
    /// A reason without advice.
    #[must_use]
    pub fn new(kind: &str, text: impl Into<String>) -> Self {
        Self { kind: kind.to_owned(), input: None, text: text.into(), unblock: None, command: None, children: Vec::new() }
    }

    /// With what would unblock it.
    #[must_use]
    pub fn advise(self, unblock: impl Into<String>) -> Self {
        Self { unblock: Some(unblock.into()), ..self }
    }

    /// With the command that does what is advised.
    #[must_use]
    pub fn by(self, command: impl Into<String>) -> Self {
        Self { command: Some(command.into()), ..self }
    }

    /// With what stands behind it. The advice of the first one that has any is the better one: it is nearer to the cause.
    #[must_use]
    pub fn because(mut self, children: Vec<Self>) -> Self {
        if let Some(nearest) = children.iter().find(|child| child.unblock.is_some()) {
            self.unblock.clone_from(&nearest.unblock);
            self.command.clone_from(&nearest.command);
        }
        self.children = children;
        self
    }

    /// The reasons that have nothing behind them: where something can be done.
    pub fn leaves(&self) -> Vec<&Self> {
        if self.children.is_empty() { vec![self] } else { self.children.iter().flat_map(Self::leaves).collect() }
    }
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
