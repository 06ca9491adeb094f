//! Checklists and their tasks.

use super::job_runs::JobRun;
use crate::store::db::values;
use crate::store::{Connection, Result, Row, StoreError, Tx};
use andon_pipelines::event::{Event, TaskFacts};
use andon_pipelines::ids::{JobRunId, PipelineId, RunId, TaskId, UserId, WorkspaceId};
use andon_pipelines::tasks::{TaskStatus, Told};

/// The checklist of a job run.
#[derive(Clone, Debug)]
pub struct Checklist {
    pub job_run: JobRunId,
    pub workspace: WorkspaceId,
    pub deadline_at: Option<i64>,
    pub opened_at: i64,
    pub closed_at: Option<i64>,
}

/// One task of a checklist.
#[derive(Clone, Debug)]
pub struct Task {
    pub id: TaskId,
    pub workspace: WorkspaceId,
    pub pipeline: PipelineId,
    pub run: RunId,
    pub job_run: JobRunId,
    pub position: i64,
    /// What other tasks of the checklist call it.
    pub name: String,
    pub title: String,
    pub description: Option<String>,
    pub assignee_user: Option<UserId>,
    pub assignee_group: Option<String>,
    /// Why it is nobody's although the file names somebody.
    pub assignee_problem: Option<String>,
    pub claimed_by: Option<UserId>,
    pub claimed_at: Option<i64>,
    pub due_at: Option<i64>,
    pub due_set_at: i64,
    pub due_told: Told,
    /// While it is due after another task that is not closed: that task's name, and milliseconds.
    pub due_after: Option<(String, i64)>,
    pub next_at: Option<i64>,
    /// Names of the tasks before it.
    pub after: Vec<String>,
    pub optional: bool,
    pub reason_required: bool,
    /// Somebody added it to the checklist.
    pub added: bool,
    pub added_by: Option<UserId>,
    pub status: TaskStatus,
    /// Why it was skipped, or is on hold.
    pub reason: Option<String>,
    /// Its checklist goes on, and it is neither done nor skipped.
    pub active: bool,
    /// Nothing before it is left to do.
    pub ready: bool,
    pub closed_user: Option<UserId>,
    pub closed_by: Option<String>,
    pub closed_at: Option<i64>,
    /// One more with every change.
    pub version: i64,
    pub created_at: i64,
}

impl Task {
    /// One that nobody has touched yet, for nobody in particular. What it asks for is for the caller to fill in; whose turn it is, is found
    /// out once all tasks are there.
    #[must_use]
    pub fn fresh(tx: &Tx, workspace: WorkspaceId, job_run: &JobRun) -> Self {
        let now = tx.at();
        Self {
            id: tx.new_id(),
            workspace,
            pipeline: job_run.pipeline,
            run: job_run.run,
            job_run: job_run.id,
            position: 0,
            name: String::new(),
            title: String::new(),
            description: None,
            assignee_user: None,
            assignee_group: None,
            assignee_problem: None,
            claimed_by: None,
            claimed_at: None,
            due_at: None,
            due_set_at: now,
            due_told: Told::Nothing,
            due_after: None,
            next_at: None,
            after: Vec::new(),
            optional: false,
            reason_required: false,
            added: false,
            added_by: None,
            status: TaskStatus::Open,
            reason: None,
            active: true,
            ready: false,
            closed_user: None,
            closed_by: None,
            closed_at: None,
            version: 1,
            created_at: now,
        }
    }
}

impl Task {
    /// What events say of it.
    #[must_use]
    pub fn facts(&self) -> TaskFacts {
        let mut users: Vec<UserId> = self.assignee_user.into_iter().chain(self.claimed_by).collect();
        users.dedup();
        let groups = self.assignee_group.iter().cloned().collect();
        TaskFacts { task: self.id, job_run: self.job_run, run: self.run, pipeline: self.pipeline, status: self.status, users, groups }
    }
}

pub(super) const COLUMNS: &str = "SELECT t.id, t.workspace_id, t.pipeline_id, t.run_id, t.job_run_id, t.position, t.name, t.title, t.description, \
     t.assignee_user, t.assignee_group, t.assignee_problem, t.claimed_by, t.claimed_at, t.due_at, t.due_set_at, t.due_told, t.due_after, \
     t.due_after_ms, t.next_at, t.after, t.optional, t.reason_required, t.added, t.added_by, t.status, t.reason, t.active, t.ready, \
     t.closed_user, t.closed_by, t.closed_at, t.version, t.created_at FROM tasks t";

/// Opens the checklist of a job run; its tasks follow.
///
/// # Errors
/// [`StoreError::Conflict`] when it has one.
pub async fn open(
    tx: &mut Tx,
    (job_run, run): (JobRunId, RunId),
    place: (WorkspaceId, PipelineId),
    deadline_at: Option<i64>,
) -> Result<()> {
    let at = tx.at();
    let sql =
        "INSERT INTO checklists (job_run_id, workspace_id, pipeline_id, run_id, deadline_at, opened_at) VALUES ($1, $2, $3, $4, $5, $6)";
    tx.connection().execute_exactly(1, sql, values![job_run, place.0, place.1, run, deadline_at, at]).await
}

/// The checklist of a job run, if it is one.
///
/// # Errors
/// Whatever the database says.
pub async fn find_checklist(connection: &mut Connection<'_>, job_run: JobRunId) -> Result<Option<Checklist>> {
    let sql = "SELECT job_run_id, workspace_id, deadline_at, opened_at, closed_at FROM checklists WHERE job_run_id = $1";
    connection.find(sql, values![job_run]).await?.as_ref().map(checklist).transpose()
}

/// Keeps others from changing the checklist until this transaction ends: each change is judged with all that were made before it.
///
/// # Errors
/// [`StoreError::NotFound`] when there is none.
pub async fn lock(tx: &mut Tx, job_run: JobRunId) -> Result<()> {
    match tx.connection().execute("UPDATE checklists SET opened_at = opened_at WHERE job_run_id = $1", values![job_run]).await? {
        0 => Err(StoreError::NotFound { what: "the checklist" }),
        _ => Ok(()),
    }
}

/// Closes the checklist of a job run that ends, if it has one: nothing of it waits for anybody any more. Answers how many tasks waited.
///
/// # Errors
/// Whatever the database says.
pub async fn close(tx: &mut Tx, job_run: JobRunId) -> Result<u64> {
    let at = tx.at();
    let sql = "UPDATE checklists SET closed_at = $1 WHERE job_run_id = $2 AND closed_at IS NULL";
    if tx.connection().execute(sql, values![at, job_run]).await? == 0 {
        return Ok(0);
    }
    let left: Vec<Task> = list(&mut tx.connection(), job_run).await?.into_iter().filter(|task| task.active).collect();
    let sql = "UPDATE tasks SET active = $1, next_at = NULL, version = version + 1 WHERE job_run_id = $2 AND active = $3";
    let count = tx.connection().execute(sql, values![false, job_run, true]).await?;
    for task in left {
        tx.emit(Some(task.workspace), Event::TaskMoved(task.facts()));
    }
    Ok(count)
}

/// Puts a task on a checklist.
///
/// # Errors
/// [`StoreError::Conflict`] when one of its name is there.
pub async fn create(tx: &mut Tx, task: &Task) -> Result<()> {
    let sql = "INSERT INTO tasks (id, workspace_id, pipeline_id, run_id, job_run_id, position, name, title, description, assignee_user, \
               assignee_group, assignee_problem, due_at, due_set_at, due_told, due_after, due_after_ms, next_at, after, optional, \
               reason_required, added, added_by, status, active, ready, version, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, \
               $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28)";
    let due_after = task.due_after.as_ref();
    let values = values![
        task.id,
        task.workspace,
        task.pipeline,
        task.run,
        task.job_run,
        task.position,
        &task.name,
        &task.title,
        &task.description,
        task.assignee_user,
        &task.assignee_group,
        &task.assignee_problem,
        task.due_at,
        task.due_set_at,
        task.due_told.number(),
        due_after.map(|(name, _)| name.clone()),
        due_after.map(|(_, ms)| *ms),
        task.next_at,
        names_text(&task.after),
        task.optional,
        task.reason_required,
        task.added,
        task.added_by,
        task.status.name(),
        task.active,
        task.ready,
        task.version,
        task.created_at
    ];
    tx.connection().execute_exactly(1, sql, values).await?;
    tx.emit(Some(task.workspace), Event::TaskCreated(task.facts()));
    Ok(())
}

/// Writes what has changed of a task that nobody has changed since it was read; answers its next version. The caller says what happened.
///
/// # Errors
/// [`StoreError::WrongCount`] when somebody has.
pub async fn save(tx: &mut Tx, task: &Task) -> Result<i64> {
    let sql = "UPDATE tasks SET title = $1, description = $2, assignee_user = $3, assignee_group = $4, assignee_problem = $5, claimed_by = $6, \
               claimed_at = $7, due_at = $8, due_set_at = $9, due_told = $10, due_after = $11, due_after_ms = $12, next_at = $13, status = $14, \
               reason = $15, active = $16, ready = $17, closed_user = $18, closed_by = $19, closed_at = $20, version = version + 1 WHERE id = \
               $21 AND version = $22";
    let due_after = task.due_after.as_ref();
    let values = values![
        &task.title,
        &task.description,
        task.assignee_user,
        &task.assignee_group,
        &task.assignee_problem,
        task.claimed_by,
        task.claimed_at,
        task.due_at,
        task.due_set_at,
        task.due_told.number(),
        due_after.map(|(name, _)| name.clone()),
        due_after.map(|(_, ms)| *ms),
        task.next_at,
        task.status.name(),
        &task.reason,
        task.active,
        task.ready,
        task.closed_user,
        &task.closed_by,
        task.closed_at,
        task.id,
        task.version
    ];
    tx.connection().execute_exactly(1, sql, values).await?;
    Ok(task.version + 1)
}

/// Writes what follows for a task from what happened to others, or from the passing of time. What people saw of it still holds, so its
/// version stays.
///
/// # Errors
/// [`StoreError::WrongCount`] when somebody has changed it since it was read.
pub async fn set_turn(tx: &mut Tx, task: &Task) -> Result<()> {
    let sql = "UPDATE tasks SET ready = $1, due_at = $2, due_set_at = $3, due_told = $4, due_after = $5, due_after_ms = $6, next_at = $7 WHERE \
               id = $8 AND version = $9";
    let due_after = task.due_after.as_ref();
    let (name, ms) = (due_after.map(|(name, _)| name.clone()), due_after.map(|(_, ms)| *ms));
    let told = task.due_told.number();
    let values = values![task.ready, task.due_at, task.due_set_at, told, name, ms, task.next_at, task.id, task.version];
    tx.connection().execute_exactly(1, sql, values).await
}

/// # Errors
/// [`StoreError::NotFound`] when there is none.
pub async fn get(connection: &mut Connection<'_>, id: TaskId) -> Result<Task> {
    let rows = connection.list_built(format!("{COLUMNS} WHERE t.id = $1"), values![id]).await?;
    rows.first().map(task).transpose()?.ok_or(StoreError::NotFound { what: "the task" })
}

/// The tasks of a checklist, in order.
///
/// # Errors
/// Whatever the database says.
pub async fn list(connection: &mut Connection<'_>, job_run: JobRunId) -> Result<Vec<Task>> {
    let sql = format!("{COLUMNS} WHERE t.job_run_id = $1 ORDER BY t.position, t.id");
    connection.list_built(sql, values![job_run]).await?.iter().map(task).collect()
}

/// Tasks whose due time has to be looked at by now, the longest overdue first.
///
/// # Errors
/// Whatever the database says.
pub async fn list_due(connection: &mut Connection<'_>, now_ms: i64, limit: i64) -> Result<Vec<Task>> {
    let sql = format!("{COLUMNS} WHERE t.active AND t.next_at <= $1 ORDER BY t.next_at, t.id LIMIT $2");
    connection.list_built(sql, values![now_ms, limit]).await?.iter().map(task).collect()
}

/// Checklists whose time has run out.
///
/// # Errors
/// Whatever the database says.
pub async fn list_late(connection: &mut Connection<'_>, now_ms: i64, limit: i64) -> Result<Vec<Checklist>> {
    let sql = "SELECT job_run_id, workspace_id, deadline_at, opened_at, closed_at FROM checklists WHERE closed_at IS NULL AND deadline_at <= $1 \
               ORDER BY deadline_at, job_run_id LIMIT $2";
    connection.list(sql, values![now_ms, limit]).await?.iter().map(checklist).collect()
}

/// When the next task or checklist has to be looked at.
///
/// # Errors
/// Whatever the database says.
pub async fn next_due(connection: &mut Connection<'_>) -> Result<Option<i64>> {
    let sql = "SELECT MIN(next_at) AS at FROM tasks WHERE active AND next_at IS NOT NULL";
    let task: Option<i64> = connection.get("the next task", sql, values![]).await?.get("at")?;
    let sql = "SELECT MIN(deadline_at) AS at FROM checklists WHERE closed_at IS NULL AND deadline_at IS NOT NULL";
    let checklist: Option<i64> = connection.get("the next checklist", sql, values![]).await?.get("at")?;
    Ok([task, checklist].into_iter().flatten().min())
}

fn names_text(names: &[String]) -> String {
    serde_json::Value::from(names.to_vec()).to_string()
}

fn checklist(row: &Row) -> Result<Checklist> {
    Ok(Checklist {
        job_run: row.id("job_run_id")?,
        workspace: row.id("workspace_id")?,
        deadline_at: row.get("deadline_at")?,
        opened_at: row.get("opened_at")?,
        closed_at: row.get("closed_at")?,
    })
}

pub(super) fn task(row: &Row) -> Result<Task> {
    let due_after: Option<String> = row.get("due_after")?;
    let due_after_ms: Option<i64> = row.get("due_after_ms")?;
    Ok(Task {
        id: row.id("id")?,
        workspace: row.id("workspace_id")?,
        pipeline: row.id("pipeline_id")?,
        run: row.id("run_id")?,
        job_run: row.id("job_run_id")?,
        position: row.get("position")?,
        name: row.get("name")?,
        title: row.get("title")?,
        description: row.get("description")?,
        assignee_user: row.find_id("assignee_user")?,
        assignee_group: row.get("assignee_group")?,
        assignee_problem: row.get("assignee_problem")?,
        claimed_by: row.find_id("claimed_by")?,
        claimed_at: row.get("claimed_at")?,
        due_at: row.get("due_at")?,
        due_set_at: row.get("due_set_at")?,
        due_told: Told::from_number(row.get("due_told")?),
        due_after: due_after.zip(due_after_ms),
        next_at: row.get("next_at")?,
        after: row.json("after")?,
        optional: row.get("optional")?,
        reason_required: row.get("reason_required")?,
        added: row.get("added")?,
        added_by: row.find_id("added_by")?,
        status: row.word("status", TaskStatus::from_name)?,
        reason: row.get("reason")?,
        active: row.get("active")?,
        ready: row.get("ready")?,
        closed_user: row.find_id("closed_user")?,
        closed_by: row.get("closed_by")?,
        closed_at: row.get("closed_at")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
    })
}
