//! One change for several tasks.

use super::change::{TaskChange, change_task};
use crate::accounts::Caller;
use crate::app::App;
use crate::http;
use crate::store::line::tasks::{self, Task};
use crate::store::{Connection, Result};
use andon_pipelines::ids::{TaskId, WorkspaceId};
use std::collections::BTreeMap;

/// Most tasks that one request changes.
pub const MOST_AT_ONCE: usize = 200;

/// What became of each task, in the order asked for.
pub type Batched = Vec<(TaskId, http::Result<Task>)>;

/// Changes each of the tasks, by itself: what cannot be changed says why, and holds up only what waits for it. Tasks that others of the
/// request wait for go first.
///
/// # Errors
/// Whatever the database says.
pub async fn change_tasks(
    app: &App,
    caller: &Caller,
    (workspace, ids): (WorkspaceId, &[TaskId]),
    change: &TaskChange,
) -> http::Result<Batched> {
    let depths = read_depths(&mut app.db.read().await?.connection(), ids).await?;
    let mut order: Vec<usize> = (0..ids.len()).collect();
    order.sort_by_key(|at| depths.get(&ids[*at]).copied());
    let mut outcomes: Vec<Option<http::Result<Task>>> = ids.iter().map(|_| None).collect();
    for at in order {
        outcomes[at] = Some(change_task(app, caller, (workspace, ids[at]), change).await);
    }
    Ok(ids.iter().copied().zip(outcomes).filter_map(|(id, outcome)| Some((id, outcome?))).collect())
}

/// How many tasks at most stand one after the other before each of these.
async fn read_depths(connection: &mut Connection<'_>, ids: &[TaskId]) -> Result<BTreeMap<TaskId, usize>> {
    let mut depths = BTreeMap::new();
    for id in ids {
        if depths.contains_key(id) {
            continue;
        }
        let found = match tasks::get(connection, *id).await {
            Err(crate::store::StoreError::NotFound { .. }) => continue,
            found => found?,
        };
        let all = tasks::list(connection, found.job_run).await?;
        let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
        // The file has no circles, and what is added comes after what was there: so many rounds are enough.
        for _ in 0..all.len() {
            let mut grown = false;
            for task in &all {
                let depth = task.after.iter().filter_map(|name| by_name.get(name.as_str())).max().map_or(0, |before| before + 1);
                grown |= by_name.insert(&task.name, depth) != Some(depth);
            }
            if !grown {
                break;
            }
        }
        depths.extend(all.iter().map(|task| (task.id, by_name.get(task.name.as_str()).copied().unwrap_or_default())));
    }
    Ok(depths)
}
