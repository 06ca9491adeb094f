//! The evidence of a gate, as the API shows it.

use crate::accounts::approver_name;
use crate::engine::{self, Change, CheckResult, Evidence};
use crate::http::view::{GateView, UsedVersion};
use andon_pipelines::ids::JobRunId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most commits of one resource that are shown.
const MOST_COMMITS: usize = 200;

/// A gate, and what an approver has to know.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GateDetail {
    #[serde(flatten)]
    pub gate: GateView,
    pub evidence: EvidenceView,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EvidenceView {
    /// The environment that is compared with; absent where nothing downstream is one.
    pub environment: Option<String>,
    /// What it runs now; absent while it runs nothing.
    pub current: Option<DeploymentView>,
    /// What would run, resource by resource, with what is there now.
    pub changes: Vec<ChangeView>,
    /// Whoever wrote a commit between.
    pub authors: Vec<AuthorView>,
    /// Everything that it stands on, nearest first.
    pub lineage: Vec<UsedVersion>,
    pub tests: Vec<TestView>,
    /// What the checks said last.
    pub checks: Vec<CheckResult>,
    /// When the checks were asked last.
    pub checked_at: Option<i64>,
    pub window: WindowView,
    /// What it waits for, a sentence each.
    pub waits_for: Vec<String>,
    /// Names of those who may still approve.
    pub may_still_approve: Vec<String>,
    /// Whose approval does not count: name → why.
    pub excluded: BTreeMap<String, String>,
    /// Who may open it alone: `role:admin`.
    pub break_glass: Vec<String>,
    /// Set once somebody has opened it alone.
    pub broken: Option<BreakGlassView>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeploymentView {
    pub values: BTreeMap<String, String>,
    /// The job run that put it there.
    pub job_run: JobRunId,
    pub by: String,
    pub since: i64,
}

/// One resource of what is proposed.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ChangeView {
    pub resource: String,
    /// The values that are there now; absent where there are none.
    pub from: Option<BTreeMap<String, String>>,
    pub to: BTreeMap<String, String>,
    pub changed: bool,
    /// For git: the commits between, newest first, at most 200.
    pub commits: Vec<CommitView>,
    /// There are more commits than are shown.
    pub truncated: bool,
    /// Why the commits cannot all be known, if that is so.
    pub unknown: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CommitView {
    pub commit: String,
    pub author: String,
    pub email: String,
    /// The first line.
    pub subject: String,
    pub at: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuthorView {
    pub name: String,
    pub email: String,
    pub commits: usize,
}

/// The test results of one upstream job run.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = UpstreamTests)]
pub struct TestView {
    pub job: String,
    pub number: String,
    pub job_run: JobRunId,
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
    /// At most 20 names.
    pub failing: Vec<String>,
}

/// Whether its windows let it release something now.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WindowView {
    pub open: bool,
    /// When they do next; absent while they do, and where they do not within 400 days.
    pub opens_at: Option<i64>,
}

/// Somebody has opened the gate alone.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BreakGlassView {
    pub by: String,
    pub reason: String,
    pub reviewed_by: Option<String>,
    pub reviewed_at: Option<i64>,
    pub review_comment: Option<String>,
}

pub(super) fn show_evidence(evidence: &Evidence) -> EvidenceView {
    let view = &evidence.view;
    let current = evidence.changes.current.as_ref().map(|current| DeploymentView {
        values: current.map.clone(),
        job_run: current.job_run,
        by: current.actor.clone(),
        since: current.at,
    });
    let lineage = evidence.lineage.iter().map(|(resource, version)| UsedVersion {
        name: resource.name.clone(),
        resource: resource.name.clone(),
        version: version.clone().into(),
    });
    EvidenceView {
        environment: evidence.changes.environment.as_ref().map(|environment| environment.name.clone()),
        current,
        changes: evidence.changes.changes.iter().map(show_change).collect(),
        authors: list_authors(&evidence.changes.changes),
        lineage: lineage.collect(),
        tests: evidence.tests.iter().map(show_tests).collect(),
        checks: evidence.checks.clone(),
        checked_at: view.gate.checked_at,
        window: WindowView { open: evidence.window_open, opens_at: evidence.opens_at },
        waits_for: evidence.waits_for.clone(),
        may_still_approve: view.may_still_approve().into_iter().map(|member| member.name.clone()).collect(),
        excluded: view.excluded.iter().map(|(user, why)| (view.name_of(*user), why.to_string())).collect(),
        break_glass: view.approval.break_glass.iter().map(approver_name).collect(),
        broken: view.gate.broken_by.map(|user| BreakGlassView {
            by: view.name_of(user),
            reason: view.gate.broken_reason.clone().unwrap_or_default(),
            reviewed_by: view.gate.reviewed_by.map(|user| view.name_of(user)),
            reviewed_at: view.gate.reviewed_at,
            review_comment: view.gate.review_comment.clone(),
        }),
    }
}

pub(in crate::http) fn show_change(change: &Change) -> ChangeView {
    let commits = change.commits.iter().flat_map(|range| &range.commits);
    let shown: Vec<CommitView> = commits
        .take(MOST_COMMITS)
        .map(|commit| CommitView {
            commit: commit.commit.clone(),
            author: commit.author_name.clone(),
            email: commit.author_email.clone(),
            subject: commit.message.lines().next().unwrap_or_default().to_owned(),
            at: commit.date_ms,
        })
        .collect();
    ChangeView {
        resource: change.resource.name.clone(),
        from: change.from.as_ref().map(|from| from.map.clone()),
        to: change.to.map.clone(),
        changed: change.from.as_ref().is_none_or(|from| from.id != change.to.id),
        truncated: change.commits.as_ref().is_some_and(|range| range.truncated || range.commits.len() > shown.len()),
        commits: shown,
        unknown: change.unknown.clone(),
    }
}

fn list_authors(changes: &[Change]) -> Vec<AuthorView> {
    let mut authors: BTreeMap<(String, String), usize> = BTreeMap::new();
    for commit in changes.iter().flat_map(|change| &change.commits).flat_map(|range| &range.commits) {
        *authors.entry((commit.author_name.clone(), commit.author_email.clone())).or_default() += 1;
    }
    authors.into_iter().map(|((name, email), commits)| AuthorView { name, email, commits }).collect()
}

fn show_tests(summary: &engine::TestSummary) -> TestView {
    TestView {
        job: summary.job.clone(),
        number: summary.number.clone(),
        job_run: summary.job_run,
        passed: summary.passed,
        failed: summary.failed,
        skipped: summary.skipped,
        failing: summary.failing.clone(),
    }
}
