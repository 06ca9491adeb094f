//! What follows from every change of a checklist: whose turn it is now, what is due after what has ended, and the end of it all.

use super::team::{Team, facts_of};
use super::tell;
use crate::app::App;
use crate::engine::finish::{self, Ending};
use crate::store::line::job_runs;
use crate::store::line::tasks::{self, Task};
use crate::store::{Result, Tx};
use andon_pipelines::document::NotifyEvent;
use andon_pipelines::event::Event;
use andon_pipelines::ids::JobRunId;
use andon_pipelines::state::JobRunStatus;
use andon_pipelines::tasks::{Progress, Told, list_blockers, next_look, progress};

/// Looks at the whole checklist, as it is in this transaction, and ends its job run once nothing required is left.
pub(super) async fn settle(app: &App, tx: &mut Tx, job_run: JobRunId, team: &Team) -> Result<()> {
    let all = tasks::list(&mut tx.connection(), job_run).await?;
    let facts = facts_of(&all);
    let counted = progress(&facts);
    if counted.is_complete() {
        return complete(app, tx, job_run, counted).await;
    }
    for task in &all {
        let ready = list_blockers(&facts, &task.after).is_empty();
        let due = due_now(task, &all);
        if ready == task.ready && due.is_none() {
            continue;
        }
        let mut changed = Task { ready, ..task.clone() };
        if let Some(at) = due {
            (changed.due_at, changed.due_set_at, changed.due_told, changed.due_after) = (Some(at), tx.at(), Told::Nothing, None);
            changed.next_at = next_look(changed.due_at, changed.due_set_at, Told::Nothing).filter(|_| changed.active);
        }
        tasks::set_turn(tx, &changed).await?;
        if changed.active && ready && !task.ready {
            tx.emit(Some(changed.workspace), Event::TaskAssigned(changed.facts()));
            tell::tell(app, tx, &changed, (team, NotifyEvent::TaskAssigned)).await?;
        } else {
            tx.emit(Some(changed.workspace), Event::TaskChanged(changed.facts()));
        }
    }
    Ok(())
}

/// When a task is due that counts from another one which has ended by now.
fn due_now(task: &Task, all: &[Task]) -> Option<i64> {
    let (name, ms) = task.due_after.as_ref()?;
    let ended = all.iter().find(|other| other.name == *name && other.status.is_closed())?.closed_at?;
    Some(ended.saturating_add(*ms))
}

async fn complete(app: &App, tx: &mut Tx, id: JobRunId, counted: Progress) -> Result<()> {
    let job_run = job_runs::get(&mut tx.connection(), id).await?;
    let Progress { done, skipped, total, .. } = counted;
    let left = total.saturating_sub(done + skipped);
    let mut detail = format!("{done} of {total} tasks done");
    if skipped > 0 {
        detail.push_str(&format!(", {skipped} skipped"));
    }
    if left > 0 {
        detail.push_str(&format!(", {left} optional left"));
    }
    finish::finish(app, tx, &job_run, Ending { detail: Some(detail), ..Ending::new(JobRunStatus::Succeeded, None) }).await
}

/// Closes the checklist of a job run that ends, if it has one.
pub(in crate::engine) async fn close_checklist(tx: &mut Tx, job_run: JobRunId) -> Result<()> {
    tasks::close(tx, job_run).await.map(drop)
}
