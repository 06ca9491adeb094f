//! A task as the caller sees it.

use crate::accounts::Caller;
use crate::engine::{Team, task_facts};
use crate::http::Result;
use crate::store::Connection;
use crate::store::line::job_runs::{self, JobRun};
use crate::store::line::runs::{self, Run};
use crate::store::line::task_history::Entry;
use crate::store::line::tasks::{self, Checklist, Task};
use andon_pipelines::ids::{JobRunId, RunId, TaskId, WorkspaceId};
use andon_pipelines::tasks::{Act, Person, Progress, TaskStatus, list_blockers, may_act, progress};
use serde::{Deserialize, Serialize};
use std::collections::hash_map::{self, HashMap};

/// A task of a people's checklist.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TaskView {
    pub id: TaskId,
    /// What other tasks of the checklist call it.
    pub name: String,
    pub title: String,
    pub description: Option<String>,
    pub status: TaskStatus,
    /// Why it was skipped, or is on hold.
    pub reason: Option<String>,
    pub pipeline: String,
    pub job: String,
    pub number: String,
    pub run: RunId,
    pub run_number: i64,
    pub job_run: JobRunId,
    /// Its place in the checklist.
    pub position: i64,
    /// `user:NAME` or `group:NAME`; absent where it is nobody's.
    pub assignee: Option<String>,
    /// Why it is nobody's although the file names somebody.
    pub assignee_problem: Option<String>,
    /// Who looks after it.
    pub claimed_by: Option<String>,
    pub claimed_at: Option<i64>,
    /// Milliseconds since 1970 UTC.
    pub due_at: Option<i64>,
    /// While it is due after another task that is not closed: that task's name, and so many milliseconds after.
    pub due_after: Option<String>,
    pub due_after_ms: Option<i64>,
    pub overdue: bool,
    /// Names of the tasks before it.
    pub after: Vec<String>,
    /// Titles of those before it that are neither done nor skipped.
    pub blocked_by: Vec<String>,
    pub optional: bool,
    /// Skipping it needs a note.
    pub reason_required: bool,
    /// Somebody added it to the checklist.
    pub added: bool,
    pub added_by: Option<String>,
    /// Its checklist goes on: it can be changed, and opened again.
    pub open_checklist: bool,
    /// Who did or skipped it: `user:ada`.
    pub closed_by: Option<String>,
    pub closed_at: Option<i64>,
    /// One more with every change; a change that names another one is refused.
    pub version: i64,
    pub created_at: i64,
    /// Whether it is the caller's: given to them or a group of theirs, or looked after by them.
    pub mine: bool,
    /// Whether the caller may give it a status, a note or somebody else.
    pub may_change: bool,
    /// Whether the caller may change what it says and when it is due.
    pub may_edit: bool,
    /// Why the caller may not change it.
    pub why_not: Option<String>,
}

/// A task with what happened to it.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TaskDetail {
    #[serde(flatten)]
    pub task: TaskView,
    /// Oldest first.
    pub history: Vec<TaskEntryView>,
}

/// Something that happened to a task.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TaskEntryView {
    pub at: i64,
    /// `user:ada`, `token:ci`, or `andon`.
    pub actor: String,
    /// `created`, `status`, `assigned`, `claimed`, `released`, `note`, `title`, `description`, `due`.
    pub kind: String,
    pub before: Option<String>,
    pub now: Option<String>,
    pub note: Option<String>,
}

impl From<Entry> for TaskEntryView {
    fn from(entry: Entry) -> Self {
        Self { at: entry.at, actor: entry.actor, kind: entry.kind, before: entry.before, now: entry.now, note: entry.note }
    }
}

/// A checklist, and what its tasks stand in.
struct Surrounding {
    job_run: JobRun,
    run: Run,
    checklist: Option<Checklist>,
    all: Vec<Task>,
}

/// Shows tasks; reads each checklist once.
pub(in crate::http) struct Shower<'a> {
    caller: &'a Caller,
    now_ms: i64,
    pub team: Team,
    known: HashMap<JobRunId, Surrounding>,
}

impl<'a> Shower<'a> {
    pub async fn new(connection: &mut Connection<'_>, caller: &'a Caller, (workspace, now_ms): (WorkspaceId, i64)) -> Result<Self> {
        Ok(Self { caller, now_ms, team: Team::read(connection, workspace).await?, known: HashMap::new() })
    }

    /// The caller, for the rules.
    pub fn person(&self) -> Person {
        self.team.person(self.caller)
    }

    pub async fn show(&mut self, connection: &mut Connection<'_>, task: &Task) -> Result<TaskView> {
        if let hash_map::Entry::Vacant(unread) = self.known.entry(task.job_run) {
            unread.insert(Surrounding {
                job_run: job_runs::get(connection, task.job_run).await?,
                run: runs::get(connection, task.run).await?,
                checklist: tasks::find_checklist(connection, task.job_run).await?,
                all: tasks::list(connection, task.job_run).await?,
            });
        }
        Ok(self.view(task, &self.known[&task.job_run]))
    }

    fn view(&self, task: &Task, around: &Surrounding) -> TaskView {
        let (person, standing) = (self.person(), self.team.standing(task));
        let open = around.checklist.as_ref().is_some_and(|checklist| checklist.closed_at.is_none());
        let closed = (!open).then(|| "the checklist is closed".to_owned());
        let standings = [standing];
        let why_not = closed.clone().or_else(|| may_act(&person, Act::Work, &standings));
        let name = |user| self.team.name_of(user);
        TaskView {
            id: task.id,
            name: task.name.clone(),
            title: task.title.clone(),
            description: task.description.clone(),
            status: task.status,
            reason: task.reason.clone(),
            pipeline: around.run.pipeline_name.clone(),
            job: around.job_run.job_name.clone(),
            number: around.job_run.label(),
            run: task.run,
            run_number: around.run.number,
            job_run: task.job_run,
            position: task.position,
            assignee: self.team.assignee_of(task).map(|assignee| assignee.to_string()),
            assignee_problem: task.assignee_problem.clone(),
            claimed_by: task.claimed_by.map(name),
            claimed_at: task.claimed_at,
            due_at: task.due_at,
            due_after: task.due_after.as_ref().map(|(name, _)| name.clone()),
            due_after_ms: task.due_after.as_ref().map(|(_, ms)| *ms),
            overdue: task.active && task.due_at.is_some_and(|due| due <= self.now_ms),
            after: task.after.clone(),
            blocked_by: if open { list_blockers(&task_facts(&around.all), &task.after) } else { Vec::new() },
            optional: task.optional,
            reason_required: task.reason_required,
            added: task.added,
            added_by: task.added_by.map(name),
            open_checklist: open,
            closed_by: task.closed_by.clone(),
            closed_at: task.closed_at,
            version: task.version,
            created_at: task.created_at,
            mine: person.has(&standings[0]),
            may_change: why_not.is_none(),
            may_edit: closed.is_none() && may_act(&person, Act::Edit, &standings).is_none(),
            why_not,
        }
    }
}

/// How far the checklist of a job run is; `None` where it has none.
pub(in crate::http) async fn progress_of(connection: &mut Connection<'_>, job_run: JobRunId) -> Result<Option<Progress>> {
    Ok(match tasks::find_checklist(connection, job_run).await? {
        Some(_) => Some(progress(&task_facts(&tasks::list(connection, job_run).await?))),
        None => None,
    })
}
