//! From the server to the runner: what to execute.

use crate::ids::{ExecutionId, JobRunId, RunnerId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `POST /api/v1/runner/register`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Registration {
    /// Unique among runners; registering a known name again takes its identity over.
    pub name: String,
    pub labels: Vec<String>,
    /// How many executions it takes at once, at least 1.
    pub slots: u32,
    /// `host`, `dummy`, …
    pub executor: String,
    /// `bubblewrap` or `none`: what separates an execution from the machine.
    pub isolation: String,
    /// What people should know: why `auto` found no isolation, for example.
    pub notice: Option<String>,
    /// The runner's program version.
    pub version: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Registered {
    pub runner: RunnerId,
    /// Report at least this often, milliseconds.
    pub heartbeat_ms: u64,
    /// Without a report for this long the runner counts as lost, milliseconds.
    pub lease_ms: u64,
}

/// `POST /api/v1/runner/claim`: answers as soon as there is work, or with none after `wait_ms`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Claim {
    pub runner: RunnerId,
    /// Free slots; 0 waits for stops only.
    pub free: u32,
    /// At most 60,000.
    pub wait_ms: u64,
    /// Executions that the runner stops already: they need not be named again.
    #[serde(default)]
    pub stopping: Vec<ExecutionId>,
    /// Every execution that the runner holds. What the server has given it beyond these got lost on its way, and is given again.
    #[serde(default)]
    pub holding: Option<Vec<ExecutionId>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Claimed {
    pub assignments: Vec<Assignment>,
    /// Executions of this runner that people asked to stop.
    pub stop: Vec<ExecutionId>,
}

/// One execution, complete: a runner needs nothing else but the blobs and repositories it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Assignment {
    pub execution: ExecutionId,
    pub job_run: JobRunId,
    /// For people: `shop/build #12`, with the matrix cell where there is one.
    pub title: String,
    /// `CI`, `ANDON_*`, the job's `env`, state of upstream jobs: everything but what the runner alone knows
    /// (`ANDON_OUTPUTS`, `ANDON_STATE`, `ANDON_SUMMARY`).
    pub environment: BTreeMap<String, String>,
    pub secrets: Vec<AssignedSecret>,
    pub inputs: Vec<AssignedInput>,
    pub outputs: Vec<AssignedOutput>,
    pub steps: Vec<AssignedStep>,
    pub on_success: Vec<AssignedStep>,
    pub on_failure: Vec<AssignedStep>,
    pub on_stop: Vec<AssignedStep>,
    pub always: Vec<AssignedStep>,
    pub limits: Limits,
}

/// A secret on its way into one execution's environment. Its value is masked in everything the runner sends back.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AssignedSecret {
    /// The environment variable; `None` for a value that is only masked (a credential of an input's URL).
    pub variable: Option<String>,
    pub value: String,
}

impl std::fmt::Debug for AssignedSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AssignedSecret({})", self.variable.as_deref().unwrap_or("masked only"))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AssignedInput {
    pub name: String,
    /// Where it is fetched to, relative to the workspace.
    pub path: String,
    pub fetch: Fetch,
}

/// How an input's version becomes files.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Fetch {
    /// Nothing to fetch: the version is in the environment.
    Nothing,
    /// A checkout of `commit`, shallow, by the `git` command.
    Git {
        /// Without credentials.
        url: String,
        commit: String,
        /// The ref that led to the commit (`refs/heads/main`), for servers that serve no bare commits.
        reference: String,
        submodules: bool,
        /// For HTTP Basic or a bearer: `user:password`.
        credentials: Option<String>,
    },
    /// A blob that is a tar archive compressed with zstd; unpacked into the path.
    Archive { digest: String, size: u64 },
    /// A `state` resource: its files, as an archive if it has any, and its keys, written to the file `state` as
    /// `key=value` lines.
    State { archive: Option<String>, values: BTreeMap<String, String> },
    /// A short text, written to a file of this name in the path.
    Text { file: String, text: String },
}

impl std::fmt::Debug for Fetch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nothing => write!(f, "Nothing"),
            Self::Git { url, commit, .. } => write!(f, "Git({url} at {commit})"),
            Self::Archive { digest, size } => write!(f, "Archive({digest}, {size} bytes)"),
            Self::State { archive, values } => {
                write!(f, "State({archive:?}, {} keys)", values.len())
            }
            Self::Text { file, .. } => write!(f, "Text({file})"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AssignedOutput {
    /// The folder below `ANDON_OUTPUTS`.
    pub resource: String,
    pub kind: OutputKind,
    /// Collected after a failure too.
    pub always: bool,
}

/// What the runner makes of the output's folder.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum OutputKind {
    /// The folder, as a deterministic archive (sorted names, no times, no owners): the same files give the same digest.
    /// An empty or missing folder publishes nothing.
    Archive,
    /// `key=value` lines of the file `version` in the folder; a missing file publishes nothing.
    Values,
    /// As `values`, for a `semver` resource: `number=1.2.3`, or `bump=minor` with an optional `pre=rc`; else the output is refused.
    Number,
    /// Both: files as an archive, keys from the file `version`.
    State,
    /// What the job committed on top of the input that has this resource is pushed to `url`, branch `branch`.
    Git {
        url: String,
        branch: String,
        credentials: Option<String>,
        /// The folder of the checkout, relative to the workspace.
        path: String,
    },
    /// Written by the server.
    Environment,
}

impl std::fmt::Debug for OutputKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Archive => write!(f, "Archive"),
            Self::Values => write!(f, "Values"),
            Self::Number => write!(f, "Number"),
            Self::State => write!(f, "State"),
            Self::Git { url, branch, .. } => write!(f, "Git({url}, {branch})"),
            Self::Environment => write!(f, "Environment"),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AssignedStep {
    pub name: String,
    /// Why the step is left out (its `if` was false), if it is.
    pub skip: Option<String>,
    pub timeout_ms: Option<u64>,
    pub retry_times: u32,
    pub retry_backoff_ms: u64,
    pub continue_on_error: bool,
    pub action: AssignedAction,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum AssignedAction {
    Run {
        script: String,
        /// A command line to which the script's file is appended; `None` is `bash -euo pipefail`.
        shell: Option<String>,
        dir: Option<String>,
        environment: BTreeMap<String, String>,
    },
    Parallel {
        #[schema(no_recursion)]
        steps: Vec<AssignedStep>,
    },
    Artifacts {
        paths: Vec<String>,
    },
    Junit {
        paths: Vec<String>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Limits {
    /// From the first step's start to the last step's end.
    pub timeout_ms: u64,
    /// Between TERM and KILL.
    pub grace_ms: u64,
    /// All hooks together.
    pub hooks_ms: u64,
    /// Past this many bytes the log is cut with a line that says so, and the execution fails with `log-limit`.
    pub log_bytes: u64,
    /// One output or artifact, packed.
    pub output_bytes: u64,
    /// The workspace's size on disk; past it the execution fails with `disk-limit`.
    pub workspace_bytes: u64,
}
