//! What time does to tasks: one is due soon, or overdue; a checklist takes too long. Each says in one column when it is to be looked at next,
//! so that what waits costs nothing.

use super::team::Team;
use super::tell;
use crate::app::App;
use crate::engine::finish::{self, Ending};
use crate::store::line::job_runs;
use crate::store::line::tasks::{self, Checklist, Task};
use crate::store::{Result, Tx};
use andon_pipelines::document::NotifyEvent;
use andon_pipelines::event::Event;
use andon_pipelines::state::JobRunStatus;
use andon_pipelines::tasks::{Told, next_look, what_to_tell};

/// Most that one pass looks at; the next pass follows at once.
const PASS: i64 = 1_000;

/// Looks at every task and checklist whose time has come. Answers how many.
///
/// # Errors
/// Whatever the database says; what was not looked at is at the next tick.
pub async fn tick(app: &App) -> Result<usize> {
    let now = app.clock.now_ms();
    let mut reader = app.db.read().await?;
    let late = tasks::list_late(&mut reader.connection(), now, PASS).await?;
    let due = tasks::list_due(&mut reader.connection(), now, PASS).await?;
    drop(reader);
    let count = late.len() + due.len();
    for checklist in late {
        pass_over(run_out(app, &checklist).await)?;
    }
    for task in due {
        pass_over(look(app, &task).await)?;
    }
    Ok(count)
}

/// Somebody changed it at the same moment; the next look sees what is left to do.
fn pass_over(outcome: Result<()>) -> Result<()> {
    match outcome {
        Err(error) if crate::engine::schedule::is_race(&error) => Ok(()),
        other => other,
    }
}

async fn run_out(app: &App, checklist: &Checklist) -> Result<()> {
    let mut tx = app.db.begin("andon").await?;
    tasks::lock(&mut tx, checklist.job_run).await?;
    let now = tasks::find_checklist(&mut tx.connection(), checklist.job_run).await?;
    if now.is_none_or(|now| now.closed_at.is_some()) {
        return Ok(());
    }
    let left = tasks::list(&mut tx.connection(), checklist.job_run).await?.iter().filter(|task| task.active && !task.optional).count();
    let job_run = job_runs::get(&mut tx.connection(), checklist.job_run).await?;
    let detail = Some(format!("people's time ran out with {left} required {} left", if left == 1 { "task" } else { "tasks" }));
    finish::finish(app, &mut tx, &job_run, Ending { detail, ..Ending::new(JobRunStatus::Failed, Some("timed-out")) }).await?;
    tx.commit().await
}

async fn look(app: &App, seen: &Task) -> Result<()> {
    let mut tx = app.db.begin("andon").await?;
    tasks::lock(&mut tx, seen.job_run).await?;
    let task = tasks::get(&mut tx.connection(), seen.id).await?;
    let now = tx.at();
    let what = what_to_tell(task.due_at, task.due_set_at, task.due_told, now).filter(|_| task.active);
    let Some(told) = what else { return Ok(()) };
    let task = Task { due_told: told, next_at: next_look(task.due_at, task.due_set_at, told), ..task };
    tasks::set_turn(&mut tx, &task).await?;
    tell_due(app, &mut tx, &task, told).await?;
    tx.commit().await
}

async fn tell_due(app: &App, tx: &mut Tx, task: &Task, told: Told) -> Result<()> {
    let (event, notice) = match told {
        Told::Overdue => (Event::TaskOverdue(task.facts()), NotifyEvent::TaskOverdue),
        _ => (Event::TaskDue(task.facts()), NotifyEvent::TaskDue),
    };
    tx.emit(Some(task.workspace), event);
    let team = Team::read(&mut tx.connection(), task.workspace).await?;
    tell::tell(app, tx, task, (&team, notice)).await
}
