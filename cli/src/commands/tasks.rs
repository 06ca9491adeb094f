//! People's tasks: lists, one task, and what is done to them.

use crate::client::{Client, Payload, typed};
use crate::context::{Context, Format};
use crate::failure::{Failure, Outcome};
use crate::names::JobRunName;
use crate::terminal::{Cell, Table, Terminal, clean, show_iso};
use andon_server::http::tasks::{Batched, TaskDetail, TaskEntryView, TaskView};
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};
use std::fmt::Write as _;
use uuid::Uuid;

#[derive(Subcommand, Debug)]
pub enum TaskCommand {
    /// List the tasks of a checklist, or every open task of the workspace
    List(ListArgs),
    /// Show a task with what happened to it
    Show(ShowArgs),
    /// Say that tasks are done
    Done(ActArgs),
    /// Skip tasks
    Skip(ActArgs),
    /// Say that you look after tasks
    Claim(ClaimArgs),
    /// Begin tasks
    Start(ActArgs),
    /// Put tasks on hold
    Hold(ActArgs),
    /// Take tasks up again that are on hold
    Open(ActArgs),
    /// Open tasks again that are done or skipped
    Reopen(ActArgs),
    /// Give tasks to somebody
    Assign(AssignArgs),
    /// Add a note to tasks
    Note(NoteArgs),
    /// Say when tasks are due
    Due(DueArgs),
    /// Add a task to a checklist that goes on
    Add(AddArgs),
}

#[derive(Args, Debug)]
pub struct ListArgs {
    /// The ID of a checklist's job run, or PIPELINE/JOB#NUMBER; without it, all that is open
    #[arg(value_name = "JOB-RUN")]
    job_run: Option<JobRunName>,
    #[command(flatten)]
    format: Format,
}

#[derive(Args, Debug)]
pub struct ShowArgs {
    /// The task's ID, as in `andon inbox`
    task: Uuid,
    #[command(flatten)]
    format: Format,
}

#[derive(Args, Debug)]
pub struct ActArgs {
    /// IDs of tasks, as in `andon inbox`
    #[arg(required = true, value_name = "TASK")]
    tasks: Vec<Uuid>,
    /// Why, or anything else that others should know
    #[arg(long, short = 'm', value_name = "NOTE")]
    message: Option<String>,
}

#[derive(Args, Debug)]
pub struct ClaimArgs {
    /// IDs of tasks
    #[arg(required = true, value_name = "TASK")]
    tasks: Vec<Uuid>,
    /// Let go of them instead
    #[arg(long)]
    release: bool,
}

#[derive(Args, Debug)]
pub struct AssignArgs {
    /// IDs of tasks
    #[arg(required = true, value_name = "TASK")]
    tasks: Vec<Uuid>,
    /// user:NAME, group:NAME or a member's name; `nobody` takes them away
    #[arg(long, value_name = "ASSIGNEE")]
    to: String,
}

#[derive(Args, Debug)]
pub struct NoteArgs {
    /// IDs of tasks
    #[arg(required = true, value_name = "TASK")]
    tasks: Vec<Uuid>,
    /// What others should know
    #[arg(long, short = 'm', value_name = "NOTE")]
    message: String,
}

#[derive(Args, Debug)]
pub struct DueArgs {
    /// IDs of tasks
    #[arg(required = true, value_name = "TASK")]
    tasks: Vec<Uuid>,
    /// 2026-03-31, 2026-03-31T17:00:00+02:00, 4h from now, or `never`
    #[arg(long, value_name = "TIME")]
    at: String,
}

#[derive(Args, Debug)]
pub struct AddArgs {
    /// The ID of the checklist's job run, or PIPELINE/JOB#NUMBER
    #[arg(value_name = "JOB-RUN")]
    job_run: JobRunName,
    /// What is to be done, in one line
    title: String,
    /// How, at length
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// user:NAME, group:NAME or a member's name
    #[arg(long, value_name = "ASSIGNEE")]
    assign: Option<String>,
    /// 2026-03-31, 2026-03-31T17:00:00+02:00, or 4h from now
    #[arg(long, value_name = "TIME")]
    due: Option<String>,
    /// A task of the checklist that has to be done before; may be given several times
    #[arg(long, value_name = "NAME")]
    after: Vec<String>,
    /// The checklist is complete without it
    #[arg(long)]
    optional: bool,
}

pub async fn task(context: &Context, command: &TaskCommand) -> Outcome {
    match command {
        TaskCommand::List(args) => list(context, args).await,
        TaskCommand::Show(args) => show(context, args).await,
        TaskCommand::Done(args) => go(context, args, "done").await,
        TaskCommand::Skip(args) => go(context, args, "skipped").await,
        TaskCommand::Start(args) => go(context, args, "in-progress").await,
        TaskCommand::Hold(args) => go(context, args, "on-hold").await,
        TaskCommand::Open(args) | TaskCommand::Reopen(args) => go(context, args, "open").await,
        TaskCommand::Claim(args) => change(context, &args.tasks, json!({ "claim": !args.release })).await,
        TaskCommand::Assign(args) => {
            let to = Some(args.to.as_str()).filter(|to| *to != "nobody");
            change(context, &args.tasks, json!({ "assignee": to })).await
        }
        TaskCommand::Note(args) => change(context, &args.tasks, json!({ "note": args.message })).await,
        TaskCommand::Due(args) => {
            let at = Some(args.at.as_str()).filter(|at| *at != "never");
            change(context, &args.tasks, json!({ "due": at })).await
        }
        TaskCommand::Add(args) => add(context, args).await,
    }
}

async fn list(context: &Context, args: &ListArgs) -> Outcome {
    let client = context.client()?;
    let url = match &args.job_run {
        Some(job_run) => client.place(&["job-runs", job_run.as_str(), "tasks"]),
        None => client.place(&["tasks"]),
    };
    let listing = client.list(url, usize::MAX).await?;
    if args.format.json {
        return context.terminal.json(&listing.items);
    }
    context.terminal.table(&table(context.terminal, &listing.typed()?), "There are no tasks here")
}

fn table(terminal: Terminal, tasks: &[TaskView]) -> Table {
    let mut table = Table::new(&["TASK", "TITLE", "STATUS", "WHOSE", "JOB", "DUE", "WAITS FOR"]);
    for task in tasks {
        let optional = if task.optional { " (optional)" } else { "" };
        table.row(vec![
            Cell::whole(task.id.to_string()),
            Cell::text(format!("{}{optional}", task.title)),
            Cell::text(format!("{}{}", task.status.name(), if task.overdue { ", overdue" } else { "" })),
            Cell::text(whose(task)),
            Cell::text(format!("{}/{} #{}", task.pipeline, task.job, task.number)),
            terminal.time(task.due_at),
            Cell::text(task.blocked_by.join("; ")),
        ]);
    }
    table
}

/// `group:support, ada looks after it`.
pub(super) fn whose(task: &TaskView) -> String {
    let assignee = task.assignee.clone().unwrap_or_else(|| "nobody".to_owned());
    match &task.claimed_by {
        Some(name) if task.assignee.as_deref() != Some(&format!("user:{name}")) => format!("{assignee}, {name} looks after it"),
        _ => assignee,
    }
}

async fn show(context: &Context, args: &ShowArgs) -> Outcome {
    let client = context.client()?;
    let answer = client.get(client.place(&["tasks", &args.task.to_string()])).await?;
    let detail: TaskDetail = typed(answer)?;
    if args.format.json {
        return context.terminal.json(&detail);
    }
    context.terminal.write(describe(&detail).as_bytes())
}

fn describe(detail: &TaskDetail) -> String {
    let task = &detail.task;
    let mut text = format!("{}: {}\n", clean(&task.title), task.status.name());
    // Writing to a String cannot fail.
    let mut line = |words: String| {
        let _ = writeln!(text, "{}", clean(&words));
    };
    line(format!("Of {}/{} #{}, run {}#{}", task.pipeline, task.job, task.number, task.pipeline, task.run_number));
    line(format!("Whose: {}", whose(task)));
    if let Some(problem) = &task.assignee_problem {
        line(format!("Although the file names somebody, {problem}"));
    }
    if let Some(due) = task.due_at {
        line(format!("Due: {}{}", show_iso(due), if task.overdue { ", overdue" } else { "" }));
    }
    if !task.blocked_by.is_empty() {
        line(format!("Waits for: {}", task.blocked_by.join("; ")));
    }
    if let Some(reason) = &task.reason {
        line(format!("Because: {reason}"));
    }
    for words in task.description.iter().flat_map(|description| description.lines()) {
        line(format!("  {words}"));
    }
    for entry in &detail.history {
        line(describe_entry(entry));
    }
    if let Some(why) = &task.why_not {
        line(format!("You may not change it: {why}"));
    }
    text
}

fn describe_entry(entry: &TaskEntryView) -> String {
    let mut text = format!("{} {} {}", show_iso(entry.at), entry.actor, entry.kind);
    let shown = |value: &str| match (entry.kind.as_str(), value.parse()) {
        ("due", Ok(at)) => show_iso(at),
        _ => value.to_owned(),
    };
    let change = match (entry.before.as_deref(), entry.now.as_deref()) {
        (Some(before), Some(now)) => format!(" {} -> {}", shown(before), shown(now)),
        (None, Some(now)) => format!(" {}", shown(now)),
        (Some(before), None) => format!(" {} -> nothing", shown(before)),
        (None, None) => String::new(),
    };
    text.push_str(&change);
    if let Some(note) = &entry.note {
        let _ = write!(text, ": {note}");
    }
    text
}

async fn go(context: &Context, args: &ActArgs, status: &str) -> Outcome {
    let mut body = json!({ "status": status });
    if let Some(message) = &args.message {
        body["note"] = json!(message);
    }
    change(context, &args.tasks, body).await
}

/// Makes one change to one task or several; says what became of each, and fails if one was refused.
async fn change(context: &Context, tasks: &[Uuid], body: Value) -> Outcome {
    let client = context.client()?;
    if let [task] = tasks {
        let url = client.place(&["tasks", &task.to_string()]);
        let task: TaskView = typed(client.send(Method::PATCH, url, Payload::Json(body)).await?)?;
        return tell(context, &task);
    }
    let answer = change_many(&client, tasks, body).await?;
    let mut refused = 0;
    for item in &answer.items {
        match (&item.task, &item.detail) {
            (Some(task), _) => tell(context, task)?,
            (None, detail) => {
                refused += 1;
                context.terminal.line(clean(&format!("{}: {}", item.id, detail.as_deref().unwrap_or("refused"))))?;
            }
        }
    }
    match refused {
        0 => Ok(()),
        _ => Err(Failure::failed(format!("{refused} of {} tasks were not changed", tasks.len()))),
    }
}

async fn change_many(client: &Client, tasks: &[Uuid], body: Value) -> Outcome<Batched> {
    typed(client.post(client.place(&["tasks:batch"]), json!({ "tasks": tasks, "change": body })).await?)
}

async fn add(context: &Context, args: &AddArgs) -> Outcome {
    let client = context.client()?;
    let body = json!({ "title": args.title, "description": args.description, "assignee": args.assign, "due": args.due, "after": args.after,
        "optional": args.optional });
    let task: TaskView = typed(client.post(client.place(&["job-runs", args.job_run.as_str(), "tasks"]), body).await?)?;
    context.terminal.line(clean(&format!("Added {} ({}) to {}/{} #{}", task.title, task.id, task.pipeline, task.job, task.number)))
}

fn tell(context: &Context, task: &TaskView) -> Outcome {
    let place = format!("{}/{} #{}", task.pipeline, task.job, task.number);
    context.terminal.line(clean(&format!("{place}, {}: {}, {}", task.title, task.status.name(), whose(task))))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const ID: &str = "019aa3c1-0000-7000-8000-00000000000a";

    pub fn example() -> Value {
        json!({"id": ID, "name": "page", "title": "Update the page", "description": "Both\nof them", "status": "on-hold", "reason": "no access",
            "pipeline": "shop", "job": "checklist", "number": "3", "run": ID, "run_number": 12, "job_run": ID, "position": 0,
            "assignee": "group:support", "assignee_problem": null, "claimed_by": "ada", "claimed_at": 0, "due_at": 3_600_000, "due_after": null,
            "due_after_ms": null, "overdue": true, "after": ["tell"], "blocked_by": ["Tell support"], "optional": false,
            "reason_required": false, "added": false, "added_by": null, "open_checklist": true, "closed_by": null, "closed_at": null,
            "version": 2, "created_at": 0, "mine": true, "may_change": false, "may_edit": false, "why_not": "it is a task of group:support"})
    }

    #[test]
    fn a_task_shows_what_happened_to_it() {
        let mut detail = example();
        detail["history"] = json!([
            {"at": 0, "actor": "andon", "kind": "created", "before": null, "now": "group:support", "note": null},
            {"at": 0, "actor": "user:ada", "kind": "status", "before": "open", "now": "on-hold", "note": "no access"},
            {"at": 0, "actor": "user:ada", "kind": "due", "before": null, "now": "3600000", "note": null}
        ]);
        let shown = describe(&serde_json::from_value(detail).expect("a task"));
        insta::assert_snapshot!(shown, @r"
        Update the page: on-hold
        Of shop/checklist #3, run shop#12
        Whose: group:support, ada looks after it
        Due: 1970-01-01T01:00:00Z, overdue
        Waits for: Tell support
        Because: no access
          Both
          of them
        1970-01-01T00:00:00Z andon created group:support
        1970-01-01T00:00:00Z user:ada status open -> on-hold: no access
        1970-01-01T00:00:00Z user:ada due 1970-01-01T01:00:00Z
        You may not change it: it is a task of group:support
        ");
    }

    #[test]
    fn tasks_make_a_table() {
        let terminal = Terminal { live: false, colours: false, interactive: false };
        let task = serde_json::from_value(example()).expect("a task");
        let shown = table(terminal, &[task]).render(false);
        assert!(shown.contains("shop/checklist #3") && shown.contains("on-hold, overdue") && shown.contains("Tell support"), "{shown}");
    }
}
