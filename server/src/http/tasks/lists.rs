//! Tasks, one by one and in lists.

use super::view::{Shower, TaskDetail, TaskEntryView, TaskView};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::http::extract::{Page, PageQuery, parse_id};
use crate::http::job_runs::find_job_run;
use crate::http::{Error, Problem, Result, enter};
use crate::store::line::task_lists::{self, Slice};
use crate::store::line::{runs, task_history, tasks};
use andon_pipelines::ids::TaskId;
use axum::Json;
use axum::extract::{Path, State};

/// Every task of the workspace that is neither done nor skipped, those that are due first on top.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/tasks", operation_id = "listTasks", tag = "people", params(PageQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<TaskView>), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn list(State(app): State<App>, caller: Caller, Path(workspace): Path<String>, page: PageQuery) -> Result<Json<Page<TaskView>>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let after = page.after.as_deref().map(read_cursor).transpose()?;
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let slice = Slice { after, limit: page.limit() + 1 };
    let found = task_lists::list_active(&mut connection, workspace.id, slice).await?;
    let mut shower = Shower::new(&mut connection, &caller, (workspace.id, app.clock.now_ms())).await?;
    let mut items = Vec::with_capacity(found.len());
    for task in &found {
        items.push(shower.show(&mut connection, task).await?);
    }
    let cursor = |task: &TaskView| format!("{}_{}", task.due_at.unwrap_or(i64::MAX), task.id);
    Ok(Json(Page::cut(items, page.limit(), cursor)))
}

fn read_cursor(text: &str) -> Result<(i64, TaskId)> {
    let parts = text.split_once('_').and_then(|(at, id)| Some((at.parse().ok()?, id.parse().ok()?)));
    parts.ok_or_else(|| Error::invalid("after is the `next` of the page before"))
}

/// The tasks of a job run's checklist, in order; empty where it has none.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/job-runs/{job_run}/tasks", operation_id = "listChecklist", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<TaskView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub async fn list_of_job_run(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, job_run)): Path<(String, String)>,
) -> Result<Json<Page<TaskView>>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let job_run = find_job_run(&app, &workspace, &job_run).await?;
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let mut shower = Shower::new(&mut connection, &caller, (workspace.id, app.clock.now_ms())).await?;
    let mut items = Vec::new();
    for task in &tasks::list(&mut connection, job_run.id).await? {
        items.push(shower.show(&mut connection, task).await?);
    }
    Ok(Json(Page::whole(items)))
}

/// A task with what happened to it: who did what, when, and what they said.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/tasks/{task}", operation_id = "getTask", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = TaskDetail), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get(State(app): State<App>, caller: Caller, Path((workspace, task)): Path<(String, String)>) -> Result<Json<TaskDetail>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let task = tasks::get(&mut connection, parse_id("the task", &task)?).await?;
    if task.workspace != workspace.id || runs::get(&mut connection, task.run).await?.deleted {
        return Err(Error::not_found("the task does not exist"));
    }
    let mut shower = Shower::new(&mut connection, &caller, (workspace.id, app.clock.now_ms())).await?;
    let shown = shower.show(&mut connection, &task).await?;
    let history = task_history::list(&mut connection, task.id).await?.into_iter().map(TaskEntryView::from).collect();
    Ok(Json(TaskDetail { task: shown, history }))
}
