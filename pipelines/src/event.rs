//! What has happened. Every change of state appends one of these in the same transaction; the sequence is global and
//! gapless. The stream wakes the engine, feeds subscribers, and keeps the in-memory history of the line up to date, so an
//! event carries every fact that a reader of the stream needs.

use crate::document::Diagnostic;
use crate::ids::{
    ChannelId, DeliveryId, ExecutionId, GateId, JobId, JobRunId, PipelineId, PromotionId, ResourceId, RunId, RunnerId, TaskId, UserId,
    VersionId, WorkspaceId,
};
use crate::state::{GateStatus, JobRunStatus, RunOutcome};
use crate::tasks::TaskStatus;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An event with its place in the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Recorded {
    pub sequence: i64,
    /// Milliseconds since 1970 UTC, by the server's clock.
    pub at: i64,
    pub workspace: Option<WorkspaceId>,
    /// Who did it: `user:ada`, `token:ci`, `runner:eu-1`, `push:ada`, or `andon` for the server itself.
    pub actor: String,
    #[serde(flatten)]
    pub event: Event,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Event {
    WorkspaceCreated {
        name: String,
    },
    /// The cord of the whole workspace was pulled, or released.
    WorkspacePaused {
        name: String,
        paused: bool,
        reason: Option<String>,
    },
    PipelineSet {
        pipeline: PipelineId,
        name: String,
        revision: i64,
    },
    /// A push brought a pipeline's file, and it is the pipeline's text by now.
    PipelineSynced {
        pipeline: PipelineId,
        /// Of the built-in git server.
        repository: String,
        commit: String,
        file: String,
        revision: i64,
    },
    /// A push brought a pipeline's file that cannot be used; the revision in force stays.
    SyncFailed {
        /// The pipeline that is set from this file, where there is one already.
        pipeline: Option<PipelineId>,
        repository: String,
        commit: String,
        file: String,
        /// The first twenty.
        diagnostics: Vec<Diagnostic>,
    },
    PipelinePaused {
        pipeline: PipelineId,
        paused: bool,
        reason: Option<String>,
    },
    JobPaused {
        pipeline: PipelineId,
        job: JobId,
        paused: bool,
        reason: Option<String>,
    },
    /// A new version. `values` is its map; `order` its place among its resource's versions.
    VersionCreated {
        pipeline: PipelineId,
        resource: ResourceId,
        version: VersionId,
        order: i64,
        values: BTreeMap<String, String>,
        made_by: Option<JobRunId>,
    },
    VersionEnabled {
        resource: ResourceId,
        version: VersionId,
        enabled: bool,
        reason: Option<String>,
    },
    /// A check put known versions into another order.
    VersionsReordered {
        resource: ResourceId,
        orders: Vec<(VersionId, i64)>,
    },
    ResourcePinned {
        resource: ResourceId,
        version: Option<VersionId>,
        comment: Option<String>,
    },
    /// A check of the resource failed, or succeeded again (`error: None`).
    ResourceChecked {
        resource: ResourceId,
        error: Option<String>,
    },
    RunCreated {
        run: RunId,
        pipeline: PipelineId,
        number: i64,
        cause: String,
    },
    RunEnded {
        run: RunId,
        pipeline: PipelineId,
        outcome: RunOutcome,
    },
    /// A run that had ended goes on (a rerun).
    RunReopened {
        run: RunId,
        pipeline: PipelineId,
    },
    RunRenamed {
        run: RunId,
        pipeline: PipelineId,
        name: Option<String>,
    },
    RunDeleted {
        run: RunId,
        pipeline: PipelineId,
    },
    /// Somebody closed a run by hand: what was active of it is stopped.
    RunClosed {
        run: RunId,
        pipeline: PipelineId,
        reason: String,
    },
    /// A rerun takes these job runs along: each is run again once what it stands on has passed again.
    RerunPlanned {
        run: RunId,
        job_run: JobRunId,
        originals: Vec<JobRunId>,
    },
    JobRunCreated(JobRunFacts),
    /// A newer set replaced the inputs of a job run that had not begun.
    JobRunSuperseded(JobRunFacts),
    JobRunMoved {
        job_run: JobRunId,
        run: RunId,
        pipeline: PipelineId,
        job: JobId,
        status: JobRunStatus,
        reason: Option<String>,
        /// Versions it made; only with a terminal status.
        outputs: Vec<VersionId>,
    },
    ExecutionQueued {
        execution: ExecutionId,
        job_run: JobRunId,
    },
    ExecutionStarted {
        execution: ExecutionId,
        job_run: JobRunId,
        runner: RunnerId,
    },
    ExecutionEnded {
        execution: ExecutionId,
        job_run: JobRunId,
    },
    GateOpened {
        gate: GateId,
        job_run: JobRunId,
        pipeline: PipelineId,
    },
    /// `decision` is `approve`, `reject`, `request-changes` or `revoke`.
    GateDecided {
        gate: GateId,
        job_run: JobRunId,
        user: Option<UserId>,
        decision: String,
    },
    /// What the gate is bound to has changed: it asks anew, and what was decided before does not count.
    GateRebound {
        gate: GateId,
        job_run: JobRunId,
        digest: String,
    },
    /// Those who may decide were told again.
    GateReminded {
        gate: GateId,
        job_run: JobRunId,
    },
    /// Its time ran out, and more people may decide.
    GateEscalated {
        gate: GateId,
        job_run: JobRunId,
    },
    /// What the gate's checks say has changed.
    GateChecked {
        gate: GateId,
        job_run: JobRunId,
        passed: bool,
    },
    /// Somebody looks after it (`user`), or nobody any more.
    GateClaimed {
        gate: GateId,
        job_run: JobRunId,
        user: Option<UserId>,
    },
    /// Somebody opened it alone, in an emergency.
    GateBroken {
        gate: GateId,
        job_run: JobRunId,
        user: UserId,
        reason: String,
    },
    /// Somebody else has looked at why it was opened alone.
    GateReviewed {
        gate: GateId,
        job_run: JobRunId,
        user: UserId,
    },
    GateClosed {
        gate: GateId,
        job_run: JobRunId,
        status: GateStatus,
    },
    /// A task stands on a checklist, from the file or because somebody added it.
    TaskCreated(TaskFacts),
    /// A task has another status.
    TaskMoved(TaskFacts),
    /// It is somebody's turn: those of `users` and `groups` have the task, and nothing before it is left to do.
    TaskAssigned(TaskFacts),
    /// Somebody looks after it, or nobody any more.
    TaskClaimed(TaskFacts),
    TaskNoted(TaskFacts),
    /// It says something else, or is due at another time.
    TaskChanged(TaskFacts),
    /// It is due soon.
    TaskDue(TaskFacts),
    TaskOverdue(TaskFacts),
    /// A job run has put these versions into an environment, new ones or the ones that were there.
    EnvironmentDeployed {
        pipeline: PipelineId,
        environment: ResourceId,
        version: VersionId,
        job_run: JobRunId,
    },
    /// Nothing is deployed to the environment until it is unlocked.
    EnvironmentLocked {
        pipeline: PipelineId,
        environment: ResourceId,
        locked: bool,
        reason: Option<String>,
        /// When it ends by itself, milliseconds since 1970 UTC.
        until: Option<i64>,
    },
    /// Somebody asked to bring versions into an environment: `kind` is `promote` or `rollback`, `gates` are the job runs that people decide first.
    PromotionOpened {
        promotion: PromotionId,
        pipeline: PipelineId,
        environment: ResourceId,
        kind: String,
        gates: Vec<JobRunId>,
    },
    /// What came of it: `started` with the job run that deploys, or `dropped` because its gates did not let it through.
    PromotionClosed {
        promotion: PromotionId,
        pipeline: PipelineId,
        environment: ResourceId,
        outcome: String,
        job_run: Option<JobRunId>,
    },
    RunnerChanged {
        runner: RunnerId,
        name: String,
        state: String,
    },
    DeliveryMoved {
        delivery: DeliveryId,
        state: String,
    },
    ChannelChanged {
        channel: ChannelId,
        name: String,
    },
    /// A module of the workspace has another revision, or was removed.
    ModuleChanged {
        name: String,
        revision: i64,
        removed: bool,
    },
    /// A channel stopped sending, by hand or because its receiver failed for too long, or sends again.
    ChannelPaused {
        channel: ChannelId,
        name: String,
        paused: bool,
        reason: Option<String>,
    },
    /// The workspace's own notification rules were set.
    NotificationsChanged {
        rules: i64,
    },
    /// A person changed what they are told of.
    PreferencesChanged {
        user: UserId,
    },
    SecretChanged {
        name: String,
        deleted: bool,
    },
    AccessChanged {
        what: String,
    },
}

/// A task, and whom it concerns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TaskFacts {
    pub task: TaskId,
    pub job_run: JobRunId,
    pub run: RunId,
    pub pipeline: PipelineId,
    pub status: TaskStatus,
    /// Whose task it is, or was until now, and who looks after it.
    pub users: Vec<UserId>,
    /// Groups whose task it is, or was until now, by name.
    pub groups: Vec<String>,
}

/// A job run as the scheduler sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobRunFacts {
    pub job_run: JobRunId,
    pub run: RunId,
    pub pipeline: PipelineId,
    pub job: JobId,
    /// Order among all job runs of the installation.
    pub sequence: i64,
    /// `12`, or `12.1` for a rerun.
    pub number: String,
    pub rerun_of: Option<JobRunId>,
    /// Input name → version.
    pub inputs: BTreeMap<String, VersionId>,
    /// Made by the line itself, not by a person.
    pub automatic: bool,
    /// Upstream job runs that it follows.
    pub follows: Vec<JobRunId>,
}
