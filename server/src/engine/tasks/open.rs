//! How a checklist opens.

use super::settle;
use super::team::Team;
use crate::app::App;
use crate::engine::context::Context;
use crate::engine::finish::{self, Ending};
use crate::engine::start::step;
use crate::store::line::job_runs;
use crate::store::line::job_runs::{JobRun, Move};
use crate::store::line::runs::Run;
use crate::store::line::task_history::{self, NewEntry};
use crate::store::line::tasks::{self, Task};
use crate::store::{Result, Tx};
use andon_pipelines::document::{Anchor, Assign, Checklist, ChecklistItem, Due};
use andon_pipelines::expression::interpolate;
use andon_pipelines::state::{JobRunEvent, JobRunStatus};
use andon_pipelines::tasks::{LONGEST_DESCRIPTION, LONGEST_TITLE, Told, due_after, next_look};
use serde_json::Value;
use std::collections::BTreeMap;

/// What every task of a checklist is made from.
struct Opening<'a> {
    job_run: &'a JobRun,
    run: &'a Run,
    upstream: Vec<JobRun>,
    /// What expressions see.
    facts: Value,
    team: Team,
}

/// Brings a job run before those whom its checklist names.
pub(in crate::engine) async fn open_checklist(app: &App, tx: &mut Tx, (job_run, run): (&JobRun, &Run), body: &Checklist) -> Result<()> {
    let context = Context::read(&mut tx.connection(), (job_run.clone(), run.clone()), None).await?;
    let opening = Opening {
        job_run,
        run,
        upstream: job_runs::list_upstream(&mut tx.connection(), job_run.id).await?,
        facts: context.to_json(&BTreeMap::new()),
        team: Team::read(&mut tx.connection(), run.workspace).await?,
    };
    let mut made = Vec::with_capacity(body.tasks.len());
    for (position, item) in (0_i64..).zip(&body.tasks) {
        match opening.make(tx, position, item) {
            Ok(task) => made.push(task),
            Err(detail) => {
                let ending = Ending { detail: Some(detail), ..Ending::new(JobRunStatus::Errored, Some("expression-failed")) };
                return finish::finish(app, tx, job_run, ending).await;
            }
        }
    }
    let status = step(job_run.status, JobRunEvent::OpenGate)?;
    job_runs::set_status(tx, job_run, Move::to(status)).await?;
    let deadline_at = body.timeout.map(|timeout| due_after(tx.at(), timeout));
    tasks::open(tx, (job_run.id, run.id), (run.workspace, job_run.pipeline), deadline_at).await?;
    for task in &made {
        tasks::create(tx, task).await?;
        let now = opening.team.assignee_of(task).map(|assignee| assignee.to_string());
        task_history::create(
            tx,
            task.id,
            &NewEntry { kind: "created", now, note: task.assignee_problem.as_deref(), ..NewEntry::default() },
        )
        .await?;
    }
    settle::settle(app, tx, job_run.id, &opening.team).await
}

impl Opening<'_> {
    /// A task as its file says it, or why its texts cannot be made.
    fn make(&self, tx: &Tx, position: i64, item: &ChecklistItem) -> Result<Task, String> {
        let title = self.text(&item.title, (item, "title"))?;
        let title: String = title.split(['\n', '\r']).next().unwrap_or_default().chars().take(LONGEST_TITLE).collect();
        let description = item.description.as_deref().map(|text| self.text(text, (item, "description"))).transpose()?;
        let description = description.map(|text| text.chars().take(LONGEST_DESCRIPTION).collect());
        let (due_at, due_after) = self.due(tx, item.due.as_ref());
        let now = tx.at();
        let mut task = Task {
            position,
            name: item.id.clone(),
            title,
            description,
            due_at,
            due_after,
            next_at: next_look(due_at, now, Told::Nothing),
            after: item.after.clone(),
            optional: item.optional,
            reason_required: item.reason_required,
            ..Task::fresh(tx, self.run.workspace, self.job_run)
        };
        self.assign(&mut task, item.assign.as_ref());
        Ok(task)
    }

    fn text(&self, template: &str, (item, key): (&ChecklistItem, &str)) -> Result<String, String> {
        interpolate(template, &self.facts).map_err(|error| format!("the {key} of the task {} cannot be made: {error}", item.id))
    }

    /// A name that nobody has leaves the task to the operators, and says so: the checklist must not be lost for it.
    fn assign(&self, task: &mut Task, assign: Option<&Assign>) {
        let text = match assign {
            None => return,
            Some(Assign::User(name)) => Ok(format!("user:{name}")),
            Some(Assign::Group(name)) => Ok(format!("group:{name}")),
            Some(Assign::Expression(template)) => interpolate(template, &self.facts).map_err(|error| error.to_string()),
        };
        match text.and_then(|text| self.team.find_assignee(&text).map_err(|error| error.to_string())) {
            Ok(assignee) => self.team.assign(task, Some(&assignee)),
            Err(why) => task.assignee_problem = Some(format!("it could be given to nobody: {why}")),
        }
    }

    /// When the task is due, or after which task it will be.
    fn due(&self, tx: &Tx, due: Option<&Due>) -> (Option<i64>, Option<(String, i64)>) {
        match due {
            None => (None, None),
            Some(Due::At(at)) => (Some(*at), None),
            Some(Due::After { duration, anchor: Anchor::Run }) => (Some(due_after(self.run.created_at, *duration)), None),
            Some(Due::After { duration, anchor: Anchor::Task(name) }) => (None, Some((name.clone(), due_after(0, *duration)))),
            Some(Due::After { duration, anchor: Anchor::Job(name) }) => {
                let named = self.upstream.iter().filter(|before| before.job_name == *name || before.current_name == *name);
                // A job that is not before this one, or has not ended, leaves the opening to count from.
                let ended = named.filter_map(|before| before.ended_at).max().unwrap_or_else(|| tx.at());
                (Some(due_after(ended, *duration)), None)
            }
        }
    }
}
