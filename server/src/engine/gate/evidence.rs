//! What an approver has to know: what would change, who wrote it, what was tested, what the checks say.

use super::changes::{self, Changes};
use super::checks::{self, CheckResult};
use super::view::GateView;
use crate::app::App;
use crate::engine::environments::find_lock_before;
use crate::store::line::resources::{self, Resource};
use crate::store::line::versions::Version;
use crate::store::line::{job_runs, reports};
use crate::store::{Connection, Result};
use andon_pipelines::gate::{is_open, next_opening};
use andon_pipelines::ids::{GateId, JobRunId};
use andon_pipelines::wire::TestStatus;

/// Most failing tests that are named.
const MOST_FAILING: usize = 20;

/// The results of one upstream job run.
#[derive(Clone, Debug)]
pub struct TestSummary {
    pub job: String,
    pub number: String,
    pub job_run: JobRunId,
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
    /// At most 20 names.
    pub failing: Vec<String>,
}

/// Everything about a gate that helps to decide.
#[derive(Debug)]
pub struct Evidence {
    pub view: GateView,
    pub changes: Changes,
    /// What it stands on, nearest first.
    pub lineage: Vec<(Resource, Version)>,
    pub tests: Vec<TestSummary>,
    /// What they said last.
    pub checks: Vec<CheckResult>,
    pub window_open: bool,
    /// When the windows allow it next; absent while they do, and where they never will.
    pub opens_at: Option<i64>,
    /// What it waits for, a sentence each; empty once it is closed.
    pub waits_for: Vec<String>,
}

/// Gathers the evidence.
///
/// # Errors
/// [`crate::store::StoreError::NotFound`] when there is no such gate.
pub async fn gather_evidence(app: &App, connection: &mut Connection<'_>, id: GateId) -> Result<Evidence> {
    let (view, changes) = changes::view_with_changes(app, connection, id).await?;
    let mut lineage = Vec::new();
    for version in changes::list_lineage(connection, &view.job_run).await? {
        lineage.push((resources::get(connection, version.resource).await?, version));
    }
    let tests = summarise_tests(connection, view.job_run.id).await?;
    let checks: Vec<CheckResult> = serde_json::from_value(view.gate.checks.clone()).unwrap_or_default();
    let now = app.clock.now_ms();
    let window_open = is_open(&view.approval.windows, now);
    let opens_at = if window_open { None } else { next_opening(&view.approval.windows, now) };
    let mut waits_for = list_waits(&view, &checks, window_open);
    if view.gate.status == andon_pipelines::state::GateStatus::Open {
        waits_for.extend(find_lock_before(connection, &view.job_run, &view.document).await?);
    }
    Ok(Evidence { view, changes, lineage, tests, checks, window_open, opens_at, waits_for })
}

async fn summarise_tests(connection: &mut Connection<'_>, job_run: JobRunId) -> Result<Vec<TestSummary>> {
    let mut summaries = Vec::new();
    for upstream in job_runs::list_upstream(connection, job_run).await? {
        let tests = reports::list_tests(connection, upstream.id).await?;
        if tests.is_empty() {
            continue;
        }
        let count = |wanted: &[TestStatus]| tests.iter().filter(|(_, case)| wanted.contains(&case.status)).count();
        let failing = tests.iter().filter(|(_, case)| matches!(case.status, TestStatus::Failed | TestStatus::Errored));
        summaries.push(TestSummary {
            number: upstream.label(),
            job: upstream.job_name,
            job_run: upstream.id,
            passed: count(&[TestStatus::Passed]),
            failed: count(&[TestStatus::Failed, TestStatus::Errored]),
            skipped: count(&[TestStatus::Skipped]),
            failing: failing.take(MOST_FAILING).map(|(suite, case)| format!("{suite}: {}", case.name)).collect(),
        });
    }
    Ok(summaries)
}

fn list_waits(view: &GateView, results: &[CheckResult], window_open: bool) -> Vec<String> {
    if view.gate.status != andon_pipelines::state::GateStatus::Open {
        return Vec::new();
    }
    let mut waits = Vec::new();
    if !view.is_approved() {
        let missing = view.verdict.requirements.iter().filter(|rule| rule.missing() > 0);
        waits.extend(missing.map(andon_pipelines::gate::describe_requirement));
        waits.extend(view.verdict.changes_requested.iter().map(|user| format!("{} asks for changes", view.name_of(*user))));
    }
    if !window_open {
        waits.push("its windows do not allow it now".to_owned());
    }
    let known = |name: &str| results.iter().find(|result| result.name == name);
    for check in &view.approval.checks {
        match known(&check.name) {
            None => waits.push(format!("the check {} has not been asked yet", check.name)),
            Some(result) if result.status != checks::CheckStatus::Passed => {
                waits.push(format!("the check {}: {}", result.name, result.detail));
            }
            Some(_) => {}
        }
    }
    waits
}
