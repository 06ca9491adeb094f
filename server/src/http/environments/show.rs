//! Environments as the API shows them.

use crate::engine::{self, Overview};
use crate::http::gates::{ChangeView, show_change};
use crate::store::line::deployments::Deployment;
use crate::store::line::promotions::PromotionKind;
use andon_pipelines::decide::Lock;
use andon_pipelines::ids::{GateId, JobRunId, RunId, VersionId};
use andon_pipelines::state::JobRunStatus;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An environment: what runs there, since when, by whom, and how far behind it is. Times are milliseconds since 1970 UTC.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EnvironmentView {
    pub pipeline: String,
    pub name: String,
    pub description: Option<String>,
    /// Absent, like all that follows from it, while nothing has been deployed there.
    pub version: Option<VersionId>,
    /// Resource → the main value of the version that runs.
    pub values: BTreeMap<String, String>,
    /// The job run that deployed it.
    pub job_run: Option<JobRunId>,
    pub job: Option<String>,
    /// `12`, or `12.1` for a rerun.
    pub number: Option<String>,
    pub run: Option<RunId>,
    pub run_number: Option<i64>,
    /// Who brought it there.
    pub actor: Option<String>,
    /// When it was deployed last.
    pub at: Option<i64>,
    /// Since when it runs without a break: deploying the same again is none.
    pub since: Option<i64>,
    /// Somebody asked for exactly this.
    pub kind: Option<PromotionKind>,
    pub note: Option<String>,
    /// The jobs that deploy to it, in the order of the file.
    pub jobs: Vec<String>,
    /// The gates before them.
    pub gates: Vec<String>,
    /// It has rules of its own, which every job that deploys to it has to pass.
    pub own_rules: bool,
    pub lock: Option<LockView>,
    /// What is on its way there.
    pub under_way: Vec<UnderWayView>,
    /// The newest attempt to deploy, where it is newer than what runs and has brought nothing there.
    pub failed: Option<UnderWayView>,
    pub behind: BehindView,
    /// Where a roll back goes to.
    pub last_good: Option<ReachableDeployment>,
}

/// Nothing is deployed to the environment until then.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LockView {
    pub by: String,
    pub reason: String,
    pub since: i64,
    /// When it ends by itself; absent where somebody has to unlock it.
    pub until: Option<i64>,
}

/// A job run on the way to an environment.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UnderWayView {
    pub job_run: JobRunId,
    pub job: String,
    pub number: String,
    pub run: RunId,
    pub status: JobRunStatus,
    pub reason: Option<String>,
    /// What people decide, where it is a gate or waits at one.
    pub gate: Option<GateId>,
    pub created_at: i64,
    pub ended_at: Option<i64>,
}

/// How far what runs is behind what could run.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BehindView {
    /// Sets of versions that have come as far as its gate, or its job, and are newer than what runs.
    pub sets: usize,
    /// There are more than were counted.
    pub more: bool,
    /// The newest of them: resource → main value. Empty where there is none.
    pub newest: BTreeMap<String, String>,
    /// Commits between; absent where they cannot be known.
    pub commits: Option<usize>,
}

/// A deployment that can be gone back to.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReachableDeployment {
    pub job_run: JobRunId,
    pub values: BTreeMap<String, String>,
    pub at: i64,
}

/// One environment with what could be brought there.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EnvironmentDetail {
    #[serde(flatten)]
    pub environment: EnvironmentView,
    /// Newest first, at most 30.
    pub candidates: Vec<CandidateView>,
}

/// A set of versions that could be brought there.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CandidateView {
    /// What `promote` takes for it; absent where every version of it also stands in a newer set.
    pub version: Option<VersionId>,
    pub values: BTreeMap<String, String>,
    /// It is what runs there.
    pub current: bool,
}

/// One deployment of an environment's history.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeploymentEntry {
    pub version: VersionId,
    pub values: BTreeMap<String, String>,
    pub job_run: JobRunId,
    pub job: String,
    pub number: String,
    pub run: RunId,
    pub run_number: i64,
    pub actor: String,
    pub at: i64,
    /// When the next one took its place; absent for what runs now.
    pub until: Option<i64>,
    pub kind: Option<PromotionKind>,
    pub note: Option<String>,
}

/// What bringing something there would do.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PreviewView {
    /// The job that would deploy.
    pub job: String,
    /// The gates that people decide first.
    pub gates: Vec<String>,
    /// What would run.
    pub values: BTreeMap<String, String>,
    pub changes: Vec<ChangeView>,
    /// Why it cannot be done now.
    pub refused: Option<String>,
}

impl From<&Lock> for LockView {
    fn from(lock: &Lock) -> Self {
        Self { by: lock.by.clone(), reason: lock.reason.clone(), since: lock.at, until: lock.until }
    }
}

pub(super) fn show(overview: Overview) -> EnvironmentView {
    let under_way = overview.under_way.into_iter().map(|one| show_job_run(&one.job_run, one.gate)).collect();
    let behind = overview.behind;
    let current = overview.current;
    EnvironmentView {
        pipeline: overview.pipeline.name,
        name: overview.resource.name,
        description: overview.description,
        version: current.as_ref().map(|current| current.version),
        values: current.as_ref().map(|current| current.map.clone()).unwrap_or_default(),
        job_run: current.as_ref().map(|current| current.job_run),
        job: current.as_ref().map(|current| current.job_name.clone()),
        number: current.as_ref().map(|current| current.number.clone()),
        run: current.as_ref().map(|current| current.run),
        run_number: current.as_ref().map(|current| current.run_number),
        actor: current.as_ref().map(|current| current.actor.clone()),
        at: current.as_ref().map(|current| current.at),
        since: overview.since,
        kind: current.as_ref().and_then(|current| current.kind),
        note: current.and_then(|current| current.note),
        jobs: overview.jobs,
        gates: overview.gates,
        own_rules: overview.own_rules,
        lock: overview.lock.as_ref().map(LockView::from),
        under_way,
        failed: overview.failed.map(|failure| show_job_run(&failure.job_run, None)),
        behind: BehindView { sets: behind.sets, more: behind.more, newest: behind.newest, commits: behind.commits },
        last_good: overview.last_good.map(|good| ReachableDeployment { job_run: good.job_run, values: good.map, at: good.at }),
    }
}

fn show_job_run(job_run: &crate::store::line::job_runs::JobRun, gate: Option<GateId>) -> UnderWayView {
    UnderWayView {
        job_run: job_run.id,
        job: job_run.job_name.clone(),
        number: job_run.label(),
        run: job_run.run,
        status: job_run.status,
        reason: job_run.reason.clone(),
        gate,
        created_at: job_run.created_at,
        ended_at: job_run.ended_at,
    }
}

pub(super) fn show_detail(detail: engine::Detail) -> EnvironmentDetail {
    let candidates = detail.candidates.into_iter();
    let candidates = candidates.map(|one| CandidateView { version: one.version, values: one.values, current: one.current }).collect();
    EnvironmentDetail { environment: show(detail.overview), candidates }
}

/// The entry of one deployment; `until` is when the next one took its place.
pub(super) fn show_deployment(deployment: Deployment, until: Option<i64>) -> DeploymentEntry {
    DeploymentEntry {
        version: deployment.version,
        values: deployment.map,
        job_run: deployment.job_run,
        job: deployment.job_name,
        number: deployment.number,
        run: deployment.run,
        run_number: deployment.run_number,
        actor: deployment.actor,
        at: deployment.at,
        until,
        kind: deployment.kind,
        note: deployment.note,
    }
}

pub(super) fn show_preview(preview: &engine::Preview) -> PreviewView {
    PreviewView {
        job: preview.job.clone(),
        gates: preview.gates.clone(),
        values: preview.values.clone(),
        changes: preview.changes.iter().map(show_change).collect(),
        refused: preview.refused.clone(),
    }
}
