//! What people do to a task: the same for the page, the command line and the API.

use super::settle;
use super::team::{Team, facts_of};
use super::tell;
use crate::accounts::{Actor, Caller};
use crate::app::App;
use crate::http;
use crate::store::line::task_history::{self, NewEntry};
use crate::store::line::tasks::{self, Task};
use crate::store::line::{job_runs, runs};
use crate::store::{Connection, Result, StoreError, Tx};
use andon_pipelines::document::{NotifyEvent, parse_duration_ms, parse_moment_ms};
use andon_pipelines::event::Event;
use andon_pipelines::ids::{JobRunId, TaskId, UserId, WorkspaceId};
use andon_pipelines::tasks::{
    Act, LONGEST_DESCRIPTION, LONGEST_NOTE, LONGEST_TITLE, MOST_NOTES, TaskStatus, Told, check_move, due_after, list_blockers, may_act,
    next_look,
};

/// What is to be different about a task. What is absent stays; the inner absence takes away.
#[derive(Clone, Debug, Default)]
pub struct TaskChange {
    pub status: Option<TaskStatus>,
    /// `user:NAME`, `group:NAME` or a member's name.
    pub assignee: Option<Option<String>>,
    /// Whether the caller looks after it.
    pub claim: Option<bool>,
    /// A moment (RFC 3339), a date, or a duration from now such as `4h`.
    pub due: Option<Option<String>>,
    /// What the caller says; with `skipped` it is the reason.
    pub note: Option<String>,
    pub title: Option<String>,
    pub description: Option<Option<String>>,
    /// The version that the caller saw; another one is refused.
    pub version: Option<i64>,
}

impl TaskChange {
    fn edits(&self) -> bool {
        self.due.is_some() || self.title.is_some() || self.description.is_some()
    }

    fn is_empty(&self) -> bool {
        !self.edits() && self.status.is_none() && self.assignee.is_none() && self.claim.is_none() && self.note.is_none()
    }
}

/// A checklist that goes on and is kept from others, with the task in question.
pub(super) struct Locked {
    pub all: Vec<Task>,
    pub team: Team,
}

/// Changes a task; answers it as it is afterwards.
///
/// # Errors
/// 400 for what makes no sense, 403 with the reason when the caller may not, 404, 409 when the checklist is closed, somebody has changed
/// the task since the caller saw it, it has the status already, or it waits for others.
pub async fn change_task(app: &App, caller: &Caller, (workspace, id): (WorkspaceId, TaskId), change: &TaskChange) -> http::Result<Task> {
    check_texts(change)?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    let found = find(&mut tx.connection(), workspace, id).await?;
    let locked = lock(&mut tx, found.job_run).await?;
    let before = locked.all.iter().find(|task| task.id == id).cloned().ok_or(StoreError::NotFound { what: "the task" })?;
    check_version(&before, change.version)?;
    check_permission(&locked, caller, (&before, change))?;
    let mut work = Work { team: &locked.team, user: caller.actor.user(), before: &before, task: before.clone(), entries: Vec::new() };
    work.assign(change)?;
    work.claim(caller, change)?;
    work.edit(tx.at(), change)?;
    let blockers = list_blockers(&facts_of(&locked.all), &before.after);
    work.go(&tx, &caller.actor, (change, &blockers))?;
    if let (Some(note), None) = (&change.note, change.status) {
        work.note("note", None, None, Some(note));
    }
    let Work { task, entries, .. } = work;
    check_room(&mut tx.connection(), id, entries.len()).await?;
    write(app, &mut tx, (&before, task), (&entries, &locked.team)).await?;
    settle::settle(app, &mut tx, found.job_run, &locked.team).await?;
    tx.commit().await?;
    Ok(tasks::get(&mut app.db.read().await?.connection(), id).await?)
}

/// The task, if it is of this workspace.
pub(super) async fn find(connection: &mut Connection<'_>, workspace: WorkspaceId, id: TaskId) -> http::Result<Task> {
    let task = tasks::get(connection, id).await?;
    let run = runs::get(connection, task.run).await?;
    if task.workspace == workspace && !run.deleted { Ok(task) } else { Err(http::Error::not_found("the task does not exist")) }
}

/// Keeps a checklist from others, if it goes on.
pub(super) async fn lock(tx: &mut Tx, job_run: JobRunId) -> http::Result<Locked> {
    tasks::lock(tx, job_run).await?;
    let checklist = tasks::find_checklist(&mut tx.connection(), job_run).await?.ok_or(StoreError::NotFound { what: "the checklist" })?;
    if checklist.closed_at.is_some() {
        let job_run = job_runs::get(&mut tx.connection(), job_run).await?;
        let why = job_run.detail.as_deref().or(job_run.reason.as_deref()).map(|why| format!(" ({why})")).unwrap_or_default();
        let message = format!("The checklist {} #{} is closed: it {}{why}.", job_run.job_name, job_run.label(), ended(job_run.status));
        return Err(http::Error::conflict(message));
    }
    let team = Team::read(&mut tx.connection(), checklist.workspace).await?;
    Ok(Locked { all: tasks::list(&mut tx.connection(), job_run).await?, team })
}

fn ended(status: andon_pipelines::state::JobRunStatus) -> String {
    match status {
        andon_pipelines::state::JobRunStatus::Stopped => "was stopped".to_owned(),
        andon_pipelines::state::JobRunStatus::Skipped => "was skipped".to_owned(),
        other => other.to_string(),
    }
}

fn check_texts(change: &TaskChange) -> http::Result<()> {
    if change.is_empty() {
        return Err(http::Error::invalid("Say what is to change: status, assignee, claim, due, note, title or description"));
    }
    if change.note.as_deref().is_some_and(|note| note.chars().count() > LONGEST_NOTE || note.trim().is_empty()) {
        return Err(http::Error::invalid(format!("A note has 1 to {LONGEST_NOTE} characters")));
    }
    if let Some(title) = &change.title {
        check_title(title)?;
    }
    check_description(change.description.as_ref().and_then(Option::as_deref))
}

pub(super) fn check_title(title: &str) -> http::Result<()> {
    if title.trim().is_empty() || title.contains(char::is_control) || title.chars().count() > LONGEST_TITLE {
        return Err(http::Error::invalid(format!("A title is one line of 1 to {LONGEST_TITLE} characters")));
    }
    Ok(())
}

pub(super) fn check_description(text: Option<&str>) -> http::Result<()> {
    if text.is_some_and(|text| text.chars().count() > LONGEST_DESCRIPTION) {
        return Err(http::Error::invalid(format!("A description has at most {LONGEST_DESCRIPTION} characters")));
    }
    Ok(())
}

fn check_version(task: &Task, seen: Option<i64>) -> http::Result<()> {
    match seen {
        Some(seen) if seen != task.version => Err(http::Error::conflict(format!(
            "Somebody has changed this task since you saw it: it is at version {}, you saw {seen}. Look at it again.",
            task.version
        ))),
        _ => Ok(()),
    }
}

fn check_permission(locked: &Locked, caller: &Caller, (task, change): (&Task, &TaskChange)) -> http::Result<()> {
    let (person, standing) = (locked.team.person(caller), [locked.team.standing(task)]);
    let works = change.status.is_some() || change.assignee.is_some() || change.claim.is_some() || change.note.is_some();
    let why = if works { may_act(&person, Act::Work, &standing) } else { None };
    let why = why.or_else(|| if change.edits() { may_act(&person, Act::Edit, &standing) } else { None });
    why.map_or(Ok(()), |why| Err(http::Error::forbidden(why)))
}

/// There is an end to what is written down about one task.
async fn check_room(connection: &mut Connection<'_>, id: TaskId, more: usize) -> http::Result<()> {
    let there = task_history::count(connection, id).await?;
    if there + i64::try_from(more).unwrap_or(i64::MAX) > MOST_NOTES {
        return Err(http::Error::conflict(format!("The history of this task is full: it has at most {MOST_NOTES} entries.")));
    }
    Ok(())
}

/// When a text says that a task is due.
pub(super) fn read_due(text: &str, now_ms: i64) -> http::Result<i64> {
    let text = text.trim();
    let relative = parse_duration_ms(text).filter(|duration| *duration > 0).map(|duration| due_after(now_ms, duration));
    relative.or_else(|| parse_moment_ms(text)).ok_or_else(|| {
        http::Error::invalid("due is a date (2026-03-31), a moment (2026-03-31T17:00:00+02:00), or a duration from now (4h)")
    })
}

/// A line of the history to be.
pub(super) struct Line {
    kind: &'static str,
    before: Option<String>,
    now: Option<String>,
    note: Option<String>,
}

/// A task while it is changed.
struct Work<'a> {
    team: &'a Team,
    user: Option<UserId>,
    before: &'a Task,
    task: Task,
    entries: Vec<Line>,
}

impl Work<'_> {
    fn note(&mut self, kind: &'static str, before: Option<String>, now: Option<String>, note: Option<&str>) {
        self.entries.push(Line { kind, before, now, note: note.map(|note| note.trim().to_owned()) });
    }

    fn assign(&mut self, change: &TaskChange) -> http::Result<()> {
        let Some(wanted) = &change.assignee else { return Ok(()) };
        let assignee = wanted.as_deref().map(|text| self.team.find_assignee(text)).transpose();
        let assignee = assignee.map_err(|error| http::Error::invalid(error.to_string()))?;
        let was = self.team.assignee_of(self.before);
        if assignee == was {
            return Ok(());
        }
        self.team.assign(&mut self.task, assignee.as_ref());
        self.task.assignee_problem = None;
        // Who looked after it for those who had it has given it away with it.
        (self.task.claimed_by, self.task.claimed_at) = (None, None);
        self.note("assigned", was.map(|was| was.to_string()), assignee.map(|now| now.to_string()), None);
        Ok(())
    }

    fn claim(&mut self, caller: &Caller, change: &TaskChange) -> http::Result<()> {
        match (change.claim, self.task.claimed_by) {
            (None, _) => Ok(()),
            (Some(true), holder) => {
                let user = self.user.ok_or_else(|| http::Error::forbidden("only people look after tasks; this token belongs to nobody"))?;
                match holder {
                    Some(other) if other == user => Err(http::Error::conflict("You look after this task already.")),
                    Some(other) => Err(http::Error::conflict(format!("{} looks after this task.", self.team.name_of(other)))),
                    None => {
                        (self.task.claimed_by, self.task.claimed_at) = (Some(user), Some(0));
                        self.note("claimed", None, Some(self.team.name_of(user)), None);
                        Ok(())
                    }
                }
            }
            (Some(false), None) => Err(http::Error::conflict("Nobody looks after this task.")),
            (Some(false), Some(holder)) => {
                let operates = caller.may(crate::accounts::Permission::Operate, self.task.workspace).is_ok();
                if self.user != Some(holder) && !operates {
                    let name = self.team.name_of(holder);
                    return Err(http::Error::forbidden(format!("{name} looks after this task; they or an operator can let go of it.")));
                }
                (self.task.claimed_by, self.task.claimed_at) = (None, None);
                self.note("released", Some(self.team.name_of(holder)), None, None);
                Ok(())
            }
        }
    }

    fn edit(&mut self, now_ms: i64, change: &TaskChange) -> http::Result<()> {
        if let Some(title) = change.title.as_deref().map(str::trim).filter(|title| *title != self.before.title) {
            self.note("title", Some(self.before.title.clone()), Some(title.to_owned()), None);
            title.clone_into(&mut self.task.title);
        }
        if let Some(text) = &change.description {
            let text = text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
            if text != self.before.description {
                self.note("description", self.before.description.clone(), text.clone(), None);
                self.task.description = text;
            }
        }
        if let Some(due) = &change.due {
            let due = due.as_deref().map(|due| read_due(due, now_ms)).transpose()?;
            if due != self.before.due_at || self.before.due_after.is_some() {
                let shown = |at: Option<i64>| at.map(|at| at.to_string());
                self.note("due", shown(self.before.due_at), shown(due), None);
                (self.task.due_at, self.task.due_set_at, self.task.due_told, self.task.due_after) = (due, now_ms, Told::Nothing, None);
            }
        }
        Ok(())
    }

    /// Gives it the status, if that is possible now.
    fn go(&mut self, tx: &Tx, actor: &Actor, (change, blockers): (&TaskChange, &[String])) -> http::Result<()> {
        let now = tx.at();
        if self.task.claimed_at == Some(0) {
            self.task.claimed_at = Some(now);
        }
        if let Some(status) = change.status {
            let from = self.before.status;
            let given = change.note.as_deref().is_some_and(|note| !note.trim().is_empty());
            check_move(from, status, blockers, (self.before.reason_required, given)).map_err(|error| {
                let who = self.before.closed_by.as_deref().filter(|_| from == status).map(|who| format!(", by {who}")).unwrap_or_default();
                http::Error::conflict(format!("\u{201c}{}\u{201d}: {error}{who}.", self.before.title))
            })?;
            self.note("status", Some(from.name().to_owned()), Some(status.name().to_owned()), change.note.as_deref());
            let task = &mut self.task;
            task.status = status;
            let says_why = matches!(status, TaskStatus::Skipped | TaskStatus::OnHold);
            task.reason = change.note.as_deref().map(|note| note.trim().to_owned()).filter(|_| says_why);
            task.active = !status.is_closed();
            (task.closed_user, task.closed_by, task.closed_at) =
                if status.is_closed() { (self.user, Some(actor.to_string()), Some(now)) } else { (None, None, None) };
            // Who begins a task looks after it.
            if status == TaskStatus::InProgress && task.claimed_by.is_none() && self.user.is_some() {
                (task.claimed_by, task.claimed_at) = (self.user, Some(now));
            }
        }
        let task = &mut self.task;
        task.next_at = next_look(task.due_at, task.due_set_at, task.due_told).filter(|_| task.active);
        Ok(())
    }
}

/// Writes the task and its history, says what happened, and tells whoever has the task from now on.
async fn write(app: &App, tx: &mut Tx, (before, mut task): (&Task, Task), (entries, team): (&[Line], &Team)) -> Result<()> {
    task.version = tasks::save(tx, &task).await?;
    for line in entries {
        let entry = NewEntry { kind: line.kind, before: line.before.clone(), now: line.now.clone(), note: line.note.as_deref() };
        task_history::create(tx, task.id, &entry).await?;
    }
    let mut facts = task.facts();
    // Those who had it until now want to know, too.
    for user in before.facts().users {
        if !facts.users.contains(&user) {
            facts.users.push(user);
        }
    }
    facts.groups.extend(before.assignee_group.iter().filter(|group| Some(*group) != task.assignee_group.as_ref()).cloned());
    let reassigned = entries.iter().any(|line| line.kind == "assigned");
    for line in entries {
        let event = match line.kind {
            "status" => Event::TaskMoved(facts.clone()),
            "assigned" => Event::TaskAssigned(facts.clone()),
            "claimed" | "released" => Event::TaskClaimed(facts.clone()),
            "note" => Event::TaskNoted(facts.clone()),
            _ => Event::TaskChanged(facts.clone()),
        };
        tx.emit(Some(task.workspace), event);
    }
    if reassigned && task.active && task.ready {
        tell::tell(app, tx, &task, (team, NotifyEvent::TaskAssigned)).await?;
    }
    Ok(())
}
