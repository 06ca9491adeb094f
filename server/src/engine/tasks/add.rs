//! Tasks that people add to a checklist that goes on.

use super::change::{Locked, check_description, check_title, lock, read_due};
use super::settle;
use crate::accounts::Caller;
use crate::app::App;
use crate::http;
use crate::store::line::job_runs::JobRun;
use crate::store::line::task_history::{self, NewEntry};
use crate::store::line::tasks::{self, Task};
use andon_pipelines::ids::WorkspaceId;
use andon_pipelines::tasks::{Act, MOST_WITH_ADDED, Standing, Told, may_act, next_look};

/// A task to be.
#[derive(Clone, Debug, Default)]
pub struct NewTask {
    pub title: String,
    pub description: Option<String>,
    /// `user:NAME`, `group:NAME` or a member's name.
    pub assignee: Option<String>,
    /// A moment (RFC 3339), a date, or a duration from now such as `4h`.
    pub due: Option<String>,
    /// Names of the tasks before it.
    pub after: Vec<String>,
    pub optional: bool,
    pub reason_required: bool,
}

/// Adds a task to the checklist of a job run.
///
/// # Errors
/// 400 for what makes no sense, 403 with the reason when the caller may not, 404 where the job run has no checklist, 409 when that is
/// closed or full.
pub async fn add_task(app: &App, caller: &Caller, (workspace, job_run): (WorkspaceId, &JobRun), new: &NewTask) -> http::Result<Task> {
    check_title(&new.title)?;
    check_description(new.description.as_deref())?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    let locked = lock(&mut tx, job_run.id).await?;
    let standings: Vec<Standing> = locked.all.iter().map(|task| locked.team.standing(task)).collect();
    if let Some(why) = may_act(&locked.team.person(caller), Act::Add, &standings) {
        return Err(http::Error::forbidden(why));
    }
    check_place(&locked, new)?;
    let now = tx.at();
    let due_at = new.due.as_deref().map(|due| read_due(due, now)).transpose()?;
    let position = locked.all.last().map_or(0, |task| task.position + 1);
    let mut task = Task {
        position,
        name: format!("added-{}", position + 1),
        title: new.title.trim().to_owned(),
        description: new.description.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned),
        due_at,
        next_at: next_look(due_at, now, Told::Nothing),
        after: new.after.clone(),
        optional: new.optional,
        reason_required: new.reason_required,
        added: true,
        added_by: caller.actor.user(),
        ..Task::fresh(&tx, workspace, job_run)
    };
    if let Some(text) = &new.assignee {
        let assignee = locked.team.find_assignee(text).map_err(|error| http::Error::invalid(error.to_string()))?;
        locked.team.assign(&mut task, Some(&assignee));
    }
    tasks::create(&mut tx, &task).await?;
    let assignee = locked.team.assignee_of(&task).map(|assignee| assignee.to_string());
    task_history::create(&mut tx, task.id, &NewEntry { kind: "created", now: assignee, ..NewEntry::default() }).await?;
    settle::settle(app, &mut tx, job_run.id, &locked.team).await?;
    tx.commit().await?;
    Ok(tasks::get(&mut app.db.read().await?.connection(), task.id).await?)
}

fn check_place(locked: &Locked, new: &NewTask) -> http::Result<()> {
    if locked.all.len() >= MOST_WITH_ADDED {
        return Err(http::Error::conflict(format!("The checklist is full: it has {MOST_WITH_ADDED} tasks.")));
    }
    match new.after.iter().find(|name| !locked.all.iter().any(|task| task.name == **name)) {
        Some(unknown) => {
            let known: Vec<&str> = locked.all.iter().take(20).map(|task| task.name.as_str()).collect();
            let shown: String = unknown.chars().take(100).collect();
            Err(http::Error::invalid(format!("The checklist has no task {shown:?}; it has {}", known.join(", "))))
        }
        None => Ok(()),
    }
}
