//! Who is told about a task.

use super::team::Team;
use crate::app::App;
use crate::engine::notices::{self, About, Notice, TaskNotice};
use crate::store::line::tasks::Task;
use crate::store::line::{job_runs, runs};
use crate::store::{Result, Tx};
use andon_pipelines::document::NotifyEvent;

/// Queues messages about a task for everybody whom the rules name; `assignee` are those whose task it is.
pub(super) async fn tell(app: &App, tx: &mut Tx, task: &Task, (team, event): (&Team, NotifyEvent)) -> Result<()> {
    let job_run = job_runs::get(&mut tx.connection(), task.job_run).await?;
    let run = runs::get(&mut tx.connection(), task.run).await?;
    let document = app.documents.get(&mut tx.connection(), job_run.pipeline, job_run.revision).await?;
    let about = TaskNotice { id: task.id, title: &task.title, due_at: task.due_at, people: team.concerned(task) };
    notices::notify(app, tx, &document, (&job_run, &run), Notice { event, about: Some(About::Task(&about)) }).await
}
