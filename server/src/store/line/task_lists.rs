//! Lists of tasks across checklists: what waits for somebody, and what they have done.

use super::tasks::{COLUMNS, Task, task};
use crate::store::db::{places, values};
use crate::store::{Connection, Result};
use andon_pipelines::ids::{TaskId, UserId, WorkspaceId};

/// Where a page begins, and how long it is.
#[derive(Clone, Copy, Debug)]
pub struct Slice<T = TaskId> {
    /// When the last one of the page before is due (the greatest number where it never is), and that one.
    pub after: Option<(i64, T)>,
    pub limit: i64,
}

impl<T> Slice<T> {
    /// As many as anybody may ask for.
    pub const WHOLE: Self = Self { after: None, limit: 10_000 };
}

/// The order of lists: what is due first, then what never is; and within that the oldest.
const DUE: &str = "COALESCE(t.due_at, 9223372036854775807)";

/// Tasks given to somebody, or looked after by them, whose turn it is.
///
/// # Errors
/// Whatever the database says.
pub async fn list_of_user(connection: &mut Connection<'_>, workspace: WorkspaceId, user: UserId, slice: Slice) -> Result<Vec<Task>> {
    let condition = "t.active = $1 AND t.ready = $1 AND t.workspace_id = $2 AND (t.assignee_user = $3 OR t.claimed_by = $3)";
    list(connection, condition, values![true, workspace, user], slice).await
}

/// Tasks that somebody looks after.
///
/// # Errors
/// Whatever the database says.
pub async fn list_claimed(connection: &mut Connection<'_>, workspace: WorkspaceId, user: UserId, slice: Slice) -> Result<Vec<Task>> {
    list(connection, "t.active = $1 AND t.workspace_id = $2 AND t.claimed_by = $3", values![true, workspace, user], slice).await
}

/// Tasks of these groups whose turn it is, and, if `nobodys`, those that are nobody's.
///
/// # Errors
/// Whatever the database says.
pub async fn list_of_groups(
    connection: &mut Connection<'_>,
    workspace: WorkspaceId,
    (groups, nobodys): (&[String], bool),
    slice: Slice,
) -> Result<Vec<Task>> {
    let mut values = values![true, workspace];
    let mut wanted = Vec::new();
    if !groups.is_empty() {
        wanted.push(format!("t.assignee_group IN ({})", places(3, groups.len())));
        values.extend(groups.iter().map(crate::store::db::Value::from));
    }
    if nobodys {
        wanted.push("(t.assignee_group IS NULL AND t.assignee_user IS NULL AND t.claimed_by IS NULL)".to_owned());
    }
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let condition = format!("t.active = $1 AND t.ready = $1 AND t.workspace_id = $2 AND ({})", wanted.join(" OR "));
    list(connection, &condition, values, slice).await
}

/// Everything of a workspace that is neither done nor skipped, whether its turn has come or not.
///
/// # Errors
/// Whatever the database says.
pub async fn list_active(connection: &mut Connection<'_>, workspace: WorkspaceId, slice: Slice) -> Result<Vec<Task>> {
    list(connection, "t.active = $1 AND t.workspace_id = $2", values![true, workspace], slice).await
}

/// What somebody has done or skipped, the newest first; `before` is when the last one of the page before was closed, and that task.
///
/// # Errors
/// Whatever the database says.
pub async fn list_closed_by(
    connection: &mut Connection<'_>,
    (workspace, user): (WorkspaceId, UserId),
    before: Option<(i64, TaskId)>,
    limit: i64,
) -> Result<Vec<Task>> {
    let (at, id) = before.map_or((i64::MAX, String::from("g")), |(at, id)| (at, id.to_string()));
    let sql = format!(
        "{COLUMNS} WHERE t.closed_user = $1 AND t.workspace_id = $2 AND (t.closed_at < $3 OR (t.closed_at = $3 AND t.id < $4)) ORDER BY \
         t.closed_at DESC, t.id DESC LIMIT $5"
    );
    connection.list_built(sql, values![user, workspace, at, id, limit]).await?.iter().map(task).collect()
}

async fn list(
    connection: &mut Connection<'_>,
    condition: &str,
    mut values: Vec<crate::store::db::Value>,
    slice: Slice,
) -> Result<Vec<Task>> {
    let mut sql = format!("{COLUMNS} WHERE {condition}");
    let next = values.len() + 1;
    if let Some((due, id)) = slice.after {
        sql.push_str(&format!(" AND ({DUE} > ${next} OR ({DUE} = ${next} AND t.id > ${}))", next + 1));
        values.extend(values![due, id]);
    }
    sql.push_str(&format!(" ORDER BY {DUE}, t.id LIMIT ${}", values.len() + 1));
    values.extend(values![slice.limit]);
    connection.list_built(sql, values).await?.iter().map(task).collect()
}
