//! Tests: how they went, how they went before, and which of them cannot be relied on.

use super::extract::Page;
use super::job_runs::find_job_run;
use super::routes::{Routes, routes};
use super::{Problem, Result, enter};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::store::line::reports;
use crate::store::line::test_history::{self, PastTest, TestName};
use andon_pipelines::ids::{JobRunId, RunId};
use andon_pipelines::wire::{TestCase, TestStatus};
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A test's result.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TestView {
    pub suite: String,
    #[serde(flatten)]
    pub case: TestCase,
    /// Lately it has passed and failed on the same versions.
    #[serde(default)]
    pub flaky: bool,
}

/// How a test went once.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PastTestView {
    pub run: RunId,
    pub job_run: JobRunId,
    /// `12`, or `12.1` for a rerun.
    pub number: String,
    /// The matrix cell as people read it.
    pub cell: Option<String>,
    /// 0 for the first try of the cell, 1 for the first retry.
    pub attempt: i64,
    pub status: TestStatus,
    pub duration_ms: Option<u64>,
    pub created_at: i64,
}

/// Which test.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TestQuery {
    pub suite: String,
    pub name: String,
    #[serde(default)]
    pub class: Option<String>,
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(list_tests)).routes(routes!(list_test_history))
}

/// The test results of a job run, failed ones first.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/job-runs/{job_run}/tests", operation_id = "listTests", tag = "runs",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<TestView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn list_tests(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, job_run)): Path<(String, String)>,
) -> Result<Json<Page<TestView>>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let job_run = find_job_run(&app, &workspace, &job_run).await?;
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let found = reports::list_tests(&mut connection, job_run.id).await?;
    let flaky = if found.is_empty() { BTreeSet::new() } else { test_history::list_flaky(&mut connection, &job_run).await? };
    let view = |(suite, case): (String, TestCase)| {
        let name = TestName { suite, class: case.class.clone(), name: case.name.clone() };
        TestView { flaky: flaky.contains(&name), suite: name.suite, case }
    };
    Ok(Json(Page::whole(found.into_iter().map(view).collect())))
}

/// How one test went in this job run and in the job's runs before it, newest first.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/job-runs/{job_run}/tests/history", operation_id = "listTestHistory", tag = "runs",
    params(TestQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<PastTestView>), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn list_test_history(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, job_run)): Path<(String, String)>,
    Query(TestQuery { suite, name, class }): Query<TestQuery>,
) -> Result<Json<Page<PastTestView>>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let job_run = find_job_run(&app, &workspace, &job_run).await?;
    let wanted = TestName { suite, class, name };
    let found = test_history::list(&mut app.db.read().await?.connection(), &job_run, &wanted).await?;
    Ok(Json(Page::whole(found.into_iter().map(PastTestView::from).collect())))
}

impl From<PastTest> for PastTestView {
    fn from(past: PastTest) -> Self {
        Self {
            run: past.run,
            job_run: past.job_run,
            number: past.number,
            cell: past.cell,
            attempt: past.attempt,
            status: past.status,
            duration_ms: past.duration_ms,
            created_at: past.created_at,
        }
    }
}
