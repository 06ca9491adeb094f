//! What a pipeline file means, once read and checked: plain data without positions. Positions live in the reader and in
//! the diagnostics it makes.
//!
//! Only what works is here. A key of the language that the server cannot honour yet has no field, and the reader refuses
//! it by name.

use super::approval::Approval;
use super::checklist::Checklist;
use super::resource::Resource;
use crate::number::Bump;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Durations are milliseconds everywhere in the model; the file writes `90s`, `20m`, `4h`, `3d`.
pub type Millis = u64;

/// One pipeline file. Resources and jobs keep the order of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    pub pipeline: String,
    pub description: Option<String>,
    pub project: Option<String>,
    /// Typed parameters of a manual or API run.
    pub params: BTreeMap<String, Param>,
    /// From which whoever closes a run by hand chooses one; empty means any words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closing_reasons: Vec<String>,
    pub resources: Vec<Resource>,
    pub jobs: Vec<Job>,
    pub notify: Vec<NotifyRule>,
}

/// A typed parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Param {
    pub kind: ParamKind,
    pub description: Option<String>,
    /// Always of the parameter's kind; absent makes the parameter required.
    pub default: Option<serde_json::Value>,
    /// Allowed values; empty allows all of the kind.
    pub options: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParamKind {
    String,
    Boolean,
    Integer,
    Number,
}

/// One step of the line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    pub name: String,
    /// What it was called before: it goes on with that history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    pub description: Option<String>,
    pub inputs: Vec<Input>,
    pub after: Vec<After>,
    pub outputs: Vec<Output>,
    pub concurrency: Option<Concurrency>,
    /// Held until nothing upstream of it, at any distance, is at work.
    pub settle: bool,
    /// -100 to 100: the higher one gets the slot, and the runner, first.
    pub priority: i32,
    pub loop_guard: LoopGuard,
    /// CEL; false skips the job run (`skipped`, which still passes).
    pub when: Option<String>,
    pub body: JobBody,
}

impl Job {
    /// Whether it goes on from other jobs.
    #[must_use]
    pub fn names_upstream(&self) -> bool {
        let has_passed = |input: &Input| input.passed.as_ref().is_some_and(|passed| !passed.jobs().is_empty());
        !self.after.is_empty() || self.inputs.iter().any(has_passed)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// What the job calls it; the resource's name (without its pipeline) unless the file says otherwise.
    pub name: String,
    /// `pipeline/name` for a resource of another pipeline; the same goes for jobs in `passed` and `after`.
    pub resource: String,
    /// `None` where the file names no `passed`; then `after` may imply one.
    pub passed: Option<Passed>,
    pub trigger: bool,
    pub version: VersionChoice,
    /// Where it is fetched to, relative to the workspace; the default is the input's name.
    pub path: Option<String>,
}

/// Which upstream jobs must have succeeded with a version before this input takes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Passed {
    /// A run of every one of them; the empty list asks nothing.
    All(Vec<String>),
    /// A run of one of them.
    Any(Vec<String>),
}

impl Passed {
    /// The jobs that it names.
    #[must_use]
    pub fn jobs(&self) -> &[String] {
        match self {
            Self::All(jobs) | Self::Any(jobs) => jobs,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VersionChoice {
    #[default]
    Latest,
    Every,
    /// The newest version whose map holds these entries.
    Pinned(BTreeMap<String, String>),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct After {
    pub job: String,
    pub on: AfterOutcome,
}

/// Which ends of the upstream run let the downstream job follow it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AfterOutcome {
    /// Succeeded, or skipped by its own `when`.
    #[default]
    Passed,
    Succeeded,
    Failed,
    Finished,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    pub resource: String,
    /// `on: always` publishes after a failure too.
    pub always: bool,
    /// For a `semver` resource: what happens to the number where the job does not say so itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bump: Option<Bump>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concurrency {
    /// At least 1.
    pub limit: u32,
    /// Jobs of the workspace that name one group share its slots; absent means this job alone.
    pub group: Option<String>,
    pub on_new: OnNew,
}

/// What a newer set does to those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnNew {
    /// It takes the place of the one that has not begun; what has begun goes on.
    #[default]
    Supersede,
    /// Each set keeps its own job run, and they begin in the order in which they came.
    Queue,
    /// As `supersede`, and what the line has started is stopped.
    CancelRunning,
}

/// How often a job may start itself through what it puts out before it is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoopGuard {
    /// At least 1.
    pub starts: u32,
    pub within: Millis,
}

impl Default for LoopGuard {
    fn default() -> Self {
        Self { starts: 20, within: 300_000 }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobBody {
    Steps(Box<StepsBody>),
    Approval(Box<Approval>),
    Tasks(Box<Checklist>),
}

/// A program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepsBody {
    pub steps: Vec<Step>,
    pub on_success: Vec<Step>,
    pub on_failure: Vec<Step>,
    pub on_stop: Vec<Step>,
    pub always: Vec<Step>,
    pub matrix: Option<Matrix>,
    /// The whole job's limit; absent takes the server's default.
    pub timeout: Option<Millis>,
    /// Environment for every step; values may hold `${{ }}`.
    pub env: BTreeMap<String, String>,
    /// Environment variable → name of a secret of the workspace.
    pub secrets: BTreeMap<String, String>,
    /// Labels that a runner must have.
    pub labels: Vec<String>,
    /// May be started again when its runner is lost in the middle.
    pub idempotent: bool,
}

/// Axes are multiplied, then `exclude` takes cells away and `include` adds whole cells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matrix {
    pub axes: Vec<(String, Vec<String>)>,
    pub include: Vec<BTreeMap<String, String>>,
    pub exclude: Vec<BTreeMap<String, String>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// May hold `${{ }}`; absent, the runner shows the first line of the script.
    pub name: Option<String>,
    /// `if:`, CEL; false leaves the step out.
    pub condition: Option<String>,
    pub timeout: Option<Millis>,
    pub retry: Option<Retry>,
    pub continue_on_error: bool,
    pub action: StepAction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// Further attempts after the first; 1 to 10.
    pub times: u32,
    /// Pause before the first further attempt; doubled for each one after it.
    pub backoff: Millis,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepAction {
    Run {
        script: String,
        /// The default is `bash -euo pipefail`.
        shell: Option<String>,
        /// Relative to the step's usual working directory.
        dir: Option<String>,
        env: BTreeMap<String, String>,
    },
    Parallel(Vec<Step>),
    /// Globs of files to keep.
    Artifacts {
        paths: Vec<String>,
    },
    /// Globs of JUnit XML files.
    Reports {
        junit: Vec<String>,
    },
}

/// What a member of a workspace may do; each includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    Viewer,
    Operator,
    Editor,
    Admin,
}

/// Who is told of what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotifyRule {
    pub on: Vec<NotifyEvent>,
    /// Empty means every job.
    pub jobs: Vec<String>,
    /// For `version-published`: empty means every resource.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// For the rules of a workspace: empty means every pipeline.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pipelines: Vec<String>,
    pub to: Vec<NotifyTarget>,
    /// CEL; absent means always.
    pub when: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NotifyEvent {
    Started,
    Succeeded,
    Failed,
    /// Succeeded after the job's previous run had failed.
    Fixed,
    /// Failed after the job's previous run had succeeded.
    Broken,
    Stopped,
    Errored,
    AwaitingApproval,
    Approved,
    Rejected,
    Expired,
    /// An open gate still waits; a rule on `awaiting-approval` hears it too.
    Reminded,
    /// It is somebody's turn to do a task.
    TaskAssigned,
    /// A task is due soon.
    TaskDue,
    TaskOverdue,
    VersionPublished,
    Paused,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotifyTarget {
    /// `email:ADDRESS`
    Email(String),
    /// `channel:NAME`
    Channel(String),
    /// Those who may decide the gate that the event is about.
    Approvers,
    /// Those whose task the event is about.
    Assignee,
    /// Whoever started the run by hand, by API or by a push.
    Initiator,
    /// Whoever wrote the commits that the job run carries, as far as their addresses belong to accounts.
    Authors,
    /// `user:NAME`
    User(String),
    /// `group:NAME`: everybody in it.
    Group(String),
}
