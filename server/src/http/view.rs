//! What the API shows of the line; shared by the routes that show it.

use crate::store::line::{commit_reports, executions, job_runs, pipelines, runs, versions};
use andon_pipelines::ids::{ExecutionId, GateId, JobRunId, PipelineId, RunId, VersionId};
use andon_pipelines::state::{GateStatus, JobRunStatus};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Who holds the line, why, and since when.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PauseView {
    pub by: String,
    pub reason: Option<String>,
    /// Milliseconds since 1970 UTC, as all times here.
    pub at: i64,
}

impl From<pipelines::Pause> for PauseView {
    fn from(pause: pipelines::Pause) -> Self {
        Self { by: pause.by, reason: pause.reason, at: pause.at }
    }
}

/// A version of a resource.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct VersionView {
    pub id: VersionId,
    /// What makes it the one it is.
    pub values: BTreeMap<String, String>,
    /// For people: author, message, date.
    pub metadata: BTreeMap<String, String>,
    pub order: i64,
    pub origin: String,
    pub actor: String,
    pub made_by: Option<JobRunId>,
    pub enabled: bool,
    pub disabled_reason: Option<String>,
    pub created_at: i64,
    /// For a commit of a built-in repository: what came of the pipeline files in it. Only in lists of versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<ReportView>,
}

/// What came of a pipeline's file in a commit.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReportView {
    pub file: String,
    pub pipeline: Option<String>,
    /// The file could be used.
    pub ok: bool,
    /// What was wrong, with the lines of the file; or which revision it is.
    pub detail: Option<String>,
    pub at: i64,
}

impl From<commit_reports::CommitReport> for ReportView {
    fn from(report: commit_reports::CommitReport) -> Self {
        Self { file: report.file, pipeline: report.pipeline, ok: report.ok, detail: report.detail, at: report.at }
    }
}

impl From<versions::Version> for VersionView {
    fn from(version: versions::Version) -> Self {
        Self {
            id: version.id,
            values: version.map,
            metadata: version.metadata,
            order: version.order,
            origin: version.origin,
            actor: version.actor,
            made_by: version.made_by,
            enabled: version.enabled,
            disabled_reason: version.disabled_reason,
            created_at: version.created_at,
            reports: Vec::new(),
        }
    }
}

/// A version that a job run consumed or made.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UsedVersion {
    /// The input's name; for an output, the resource's.
    pub name: String,
    /// `pipeline/name` for one of another pipeline.
    pub resource: String,
    pub version: VersionView,
}

/// A run in a list.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RunView {
    pub id: RunId,
    pub number: i64,
    pub name: Option<String>,
    pub pipeline: String,
    pub pipeline_id: PipelineId,
    pub revision: i64,
    /// `scheduled`, `pending`, `running`, `awaiting`, `stopping`, or how it ended: `completed`, `partial-success`, `failed`, `stopped`, `error`.
    pub status: String,
    pub cause: String,
    pub cause_detail: Option<String>,
    pub author: Option<String>,
    pub actor: String,
    pub note: Option<String>,
    pub created_at: i64,
    pub ended_at: Option<i64>,
    /// Job runs by status, and `total`.
    pub job_runs: BTreeMap<String, i64>,
    /// Somebody closed it by hand.
    #[serde(default)]
    pub closing: Option<ClosingView>,
}

/// Who closed a run by hand, why, and when.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClosingView {
    pub reason: String,
    /// As an actor: `user:ada`.
    pub by: String,
    pub at: i64,
}

impl From<runs::Closing> for ClosingView {
    fn from(closing: runs::Closing) -> Self {
        Self { reason: closing.reason, by: closing.by, at: closing.at }
    }
}

impl RunView {
    /// From the run and the statuses of its job runs.
    #[must_use]
    pub fn new(run: runs::Run, statuses: &[JobRunStatus]) -> Self {
        let flat: Vec<_> = statuses.iter().map(|status| (*status, true)).collect();
        let status = match run.outcome {
            Some(outcome) => outcome.name(),
            None => match andon_pipelines::state::run_status(&flat) {
                // Between two of its jobs.
                andon_pipelines::state::RunStatus::Ended(_) => "running",
                status => status.name(),
            },
        };
        let mut job_runs = BTreeMap::from([("total".to_owned(), i64::try_from(statuses.len()).unwrap_or(0))]);
        for status in statuses {
            *job_runs.entry(status.name().to_owned()).or_insert(0) += 1;
        }
        Self {
            id: run.id,
            number: run.number,
            name: run.name,
            pipeline: run.pipeline_name,
            pipeline_id: run.pipeline,
            revision: run.revision,
            status: status.to_owned(),
            cause: run.cause,
            cause_detail: run.cause_detail,
            author: run.author,
            actor: run.actor,
            note: run.note,
            created_at: run.created_at,
            ended_at: run.ended_at,
            job_runs,
            closing: run.closing.map(ClosingView::from),
        }
    }
}

/// What a runner executes: one cell of the matrix.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ExecutionView {
    pub id: ExecutionId,
    pub cell: Option<String>,
    pub attempt: i64,
    /// `queued`, `running`, `replaced`, or the outcome once ended.
    pub status: String,
    pub reason: Option<String>,
    pub detail: Option<String>,
    pub runner: Option<String>,
    pub log_size: i64,
    pub summary: Option<String>,
    pub queued_at: i64,
    pub started_at: Option<i64>,
    pub ended_at: Option<i64>,
}

impl ExecutionView {
    pub(super) fn new(execution: executions::Execution, runner: Option<String>) -> Self {
        let status = execution.outcome.map_or(execution.status.name(), executions::outcome_name);
        Self {
            id: execution.id,
            cell: execution.cell,
            attempt: execution.attempt,
            status: status.to_owned(),
            reason: execution.reason,
            detail: execution.detail,
            runner,
            log_size: execution.log_size,
            summary: execution.summary,
            queued_at: execution.queued_at,
            started_at: execution.started_at,
            ended_at: execution.ended_at,
        }
    }
}

/// What a rule of a gate asks for, and who fulfils it so far.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RequirementView {
    /// `user:ada`, `group:release`, `role:admin`.
    pub from: Vec<String>,
    pub needed: u32,
    /// Names.
    pub have: Vec<String>,
}

/// What somebody decided.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DecisionView {
    pub user: String,
    pub decision: String,
    pub comment: Option<String>,
    pub at: i64,
    /// Answers to the gate's form.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub form: serde_json::Value,
    /// When it was taken back.
    pub revoked_at: Option<i64>,
    /// By whom: `user:ada`, or `andon` because what it was about has changed.
    pub revoked_by: Option<String>,
}

/// A gate.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GateView {
    pub id: GateId,
    pub status: GateStatus,
    pub pipeline: String,
    pub job: String,
    pub number: String,
    pub run: RunId,
    pub run_number: i64,
    pub job_run: JobRunId,
    /// What it is bound to.
    pub digest: String,
    pub opened_at: i64,
    pub closed_at: Option<i64>,
    /// `people`, `timeout`, `break-glass`, `newer-set`, `stop`.
    pub closed_how: Option<String>,
    /// When people's time runs out.
    pub deadline_at: Option<i64>,
    /// When those who may decide are told again.
    pub remind_at: Option<i64>,
    /// Since when more people may decide.
    pub escalated_at: Option<i64>,
    /// People have approved it; while it is open all the same it waits for a window or a check.
    #[serde(default)]
    pub approved: bool,
    pub requirements: Vec<RequirementView>,
    /// What was taken back included.
    pub decisions: Vec<DecisionView>,
    /// Whether the caller may approve.
    pub may_decide: bool,
    /// Why not, where not.
    pub why_not: Option<String>,
    #[serde(default)]
    pub may_reject: bool,
    /// Whether the caller has a decision to take back.
    #[serde(default)]
    pub may_revoke: bool,
    /// Who looks after it.
    pub claimed_by: Option<String>,
    /// The gate whose approval of the very same thing counts here.
    pub carried_from: Option<GateId>,
    /// The JSON Schema of the answers that an approval needs; absent where there is no form.
    #[schema(value_type = Option<Object>)]
    pub form: Option<serde_json::Value>,
    /// What it lets through.
    pub inputs: Vec<UsedVersion>,
}

/// A job run.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobRunView {
    pub id: JobRunId,
    pub run: RunId,
    pub pipeline: String,
    pub job: String,
    /// `12`, or `12.1` for a rerun.
    pub number: String,
    pub revision: i64,
    pub status: JobRunStatus,
    pub reason: Option<String>,
    pub detail: Option<String>,
    pub superseded: i64,
    pub actor: String,
    /// Why there is this job run, where its run does not say it: `rerun of build #12 by user:ada`.
    pub cause: Option<String>,
    pub created_at: i64,
    pub started_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub inputs: Vec<UsedVersion>,
    pub outputs: Vec<UsedVersion>,
    pub gate: Option<GateView>,
    /// How far its checklist is, where it has one.
    #[serde(default)]
    pub tasks: Option<andon_pipelines::tasks::Progress>,
    pub executions: Vec<ExecutionView>,
    pub state: BTreeMap<String, String>,
    /// Upstream job runs that it followed.
    pub follows: Vec<JobRunId>,
}

impl JobRunView {
    pub(super) fn new(job_run: job_runs::JobRun, pipeline: String) -> Self {
        Self {
            id: job_run.id,
            run: job_run.run,
            pipeline,
            number: job_run.label(),
            job: job_run.job_name,
            revision: job_run.revision,
            status: job_run.status,
            reason: job_run.reason,
            detail: job_run.detail,
            superseded: job_run.superseded,
            actor: job_run.actor,
            cause: job_run.cause,
            created_at: job_run.created_at,
            started_at: job_run.started_at,
            ended_at: job_run.ended_at,
            inputs: Vec::new(),
            outputs: Vec::new(),
            gate: None,
            tasks: None,
            executions: Vec::new(),
            state: job_run.state,
            follows: Vec::new(),
        }
    }
}
