//! What people do to tasks.

use super::view::{Shower, TaskView};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::engine::{self, MOST_AT_ONCE, NewTask, TaskChange};
use crate::http::extract::{Body, parse_id};
use crate::http::job_runs::find_job_run;
use crate::http::{Error, Problem, Result, enter};
use crate::store::line::tasks::Task;
use andon_pipelines::ids::{TaskId, WorkspaceId};
use andon_pipelines::tasks::{MOST_WITH_ADDED, TaskStatus};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Deserializer, Serialize};

/// What is to be different about a task; what is absent stays, and null takes away.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatchTask {
    /// `open`, `in-progress`, `on-hold`, `done` or `skipped`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// `user:NAME`, `group:NAME` or a member's name; null for nobody.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub assignee: Option<Option<String>>,
    /// Whether the caller looks after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<bool>,
    /// A moment (RFC 3339), a date, or a duration from now such as `4h`; null for never.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub due: Option<Option<String>>,
    /// What the caller says, at most 10,000 characters; with `skipped` it is the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// One line of at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// At most 10,000 characters; null for none.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub description: Option<Option<String>>,
    /// The version that the caller saw, as in the header `If-Match`; a task that has changed since refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// A null that stands there is not an absence.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// One change for several tasks.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchTasks {
    /// 1 to 200 of them.
    pub tasks: Vec<TaskId>,
    pub change: PatchTask,
}

/// What became of one of several tasks.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BatchedTask {
    pub id: TaskId,
    /// The task as it is afterwards; absent where it was refused.
    pub task: Option<TaskView>,
    /// The status that the change would have been answered with by itself.
    pub status: u16,
    /// Why it was refused.
    pub detail: Option<String>,
}

/// What became of several tasks.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Batched {
    /// In the order asked for.
    pub items: Vec<BatchedTask>,
}

/// A task for a checklist that goes on.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddTask {
    /// One line of at most 200 characters.
    pub title: String,
    /// At most 10,000 characters.
    pub description: Option<String>,
    /// `user:NAME`, `group:NAME` or a member's name.
    pub assignee: Option<String>,
    /// A moment (RFC 3339), a date, or a duration from now such as `4h`.
    pub due: Option<String>,
    /// Names of the tasks before it.
    #[serde(default)]
    pub after: Vec<String>,
    #[serde(default)]
    pub optional: bool,
    #[serde(default)]
    pub reason_required: bool,
}

impl PatchTask {
    fn into_change(self, seen: Option<i64>) -> Result<TaskChange> {
        let status = self.status.as_deref().map(|word| {
            TaskStatus::from_name(word).ok_or_else(|| {
                let known: Vec<_> = TaskStatus::ALL.iter().map(|status| status.name()).collect();
                let shown: String = word.chars().take(40).collect();
                Error::invalid(format!("status is one of {}; not {shown:?}", known.join(", ")))
            })
        });
        Ok(TaskChange {
            status: status.transpose()?,
            assignee: self.assignee,
            claim: self.claim,
            due: self.due,
            note: self.note,
            title: self.title,
            description: self.description,
            version: self.version.or(seen),
        })
    }
}

/// The version that `If-Match` names: `"3"`.
fn find_version(headers: &HeaderMap) -> Result<Option<i64>> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let number = value.to_str().ok().map(|text| text.trim().trim_matches('"')).and_then(|text| text.parse().ok());
    number.map(Some).ok_or_else(|| Error::invalid("If-Match is the task's `version` in quotation marks"))
}

async fn show(app: &App, caller: &Caller, workspace: WorkspaceId, task: &Task) -> Result<TaskView> {
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let mut shower = Shower::new(&mut connection, caller, (workspace, app.clock.now_ms())).await?;
    shower.show(&mut connection, task).await
}

/// Changes a task: its status, whose it is, who looks after it, when it is due, what it says; or adds a note.
#[utoipa::path(patch, path = "/api/v1/workspaces/{workspace}/tasks/{task}", operation_id = "changeTask", tag = "people",
    request_body = PatchTask, security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = TaskView), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem)))]
pub async fn patch(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, task)): Path<(String, String)>,
    headers: HeaderMap,
    Body(body): Body<PatchTask>,
) -> Result<Json<TaskView>> {
    let workspace = enter(&app, &caller, &workspace, Permission::Decide).await?;
    let change = body.into_change(find_version(&headers)?)?;
    let task = engine::change_task(&app, &caller, (workspace.id, parse_id("the task", &task)?), &change).await?;
    Ok(Json(show(&app, &caller, workspace.id, &task).await?))
}

/// Makes one change to several tasks. Each is changed by itself: what is refused says why, and the others are changed all the same.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/tasks:batch", operation_id = "changeTasks", tag = "people",
    request_body = BatchTasks, security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Batched), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 413, body = Problem)))]
pub async fn batch(
    State(app): State<App>,
    caller: Caller,
    Path(workspace): Path<String>,
    Body(body): Body<BatchTasks>,
) -> Result<Json<Batched>> {
    let workspace = enter(&app, &caller, &workspace, Permission::Decide).await?;
    if !(1..=MOST_AT_ONCE).contains(&body.tasks.len()) {
        return Err(Error::invalid(format!("tasks names 1 to {MOST_AT_ONCE} tasks")));
    }
    if body.change.version.is_some() {
        return Err(Error::invalid("version is of one task; leave it out, or change the tasks one by one"));
    }
    let change = body.change.into_change(None)?;
    let mut items = Vec::with_capacity(body.tasks.len());
    for (id, outcome) in engine::change_tasks(&app, &caller, (workspace.id, &body.tasks), &change).await? {
        items.push(match outcome {
            Ok(task) => BatchedTask { id, task: Some(show(&app, &caller, workspace.id, &task).await?), status: 200, detail: None },
            Err(error) => BatchedTask { id, task: None, status: error.status().as_u16(), detail: Some(error.detail().to_owned()) },
        });
    }
    Ok(Json(Batched { items }))
}

/// Adds a task to the checklist of a job run that goes on.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/job-runs/{job_run}/tasks", operation_id = "addTask", tag = "people",
    request_body = AddTask, security(("bearer" = []), ("session" = [])),
    responses((status = 201, body = TaskView), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem)))]
pub async fn add(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, job_run)): Path<(String, String)>,
    Body(body): Body<AddTask>,
) -> Result<(StatusCode, Json<TaskView>)> {
    let workspace = enter(&app, &caller, &workspace, Permission::Decide).await?;
    let job_run = find_job_run(&app, &workspace, &job_run).await?;
    if body.after.len() > MOST_WITH_ADDED {
        return Err(Error::invalid(format!("after names at most {MOST_WITH_ADDED} tasks")));
    }
    let new = NewTask {
        title: body.title,
        description: body.description,
        assignee: body.assignee,
        due: body.due,
        after: body.after,
        optional: body.optional,
        reason_required: body.reason_required,
    };
    let task = engine::add_task(&app, &caller, (workspace.id, &job_run), &new).await?;
    Ok((StatusCode::CREATED, Json(show(&app, &caller, workspace.id, &task).await?)))
}
