//! What people need to know about a job run, as a message, queued with the change itself.

use super::names;
use super::notify::{Approver, Occasion, queue_notifications};
use crate::app::App;
use crate::notify::{Commit, Fact, Message, notify_event_of};
use crate::store::line::job_runs::JobRun;
use crate::store::line::pipelines::Pipeline;
use crate::store::line::runs::Run;
use crate::store::line::{job_runs, versions, workspaces};
use crate::store::people::members;
use crate::store::{Result, Tx};
use andon_pipelines::document::{Approval, Document, NotifyEvent, NotifyRule};
use andon_pipelines::expression::Expression;
use andon_pipelines::gate;
use andon_pipelines::ids::{GateId, TaskId, UserId};
use andon_pipelines::state::{GateStatus, JobRunStatus};
use serde_json::json;
use std::collections::BTreeSet;

/// What happened to a job run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Notice<'a> {
    pub event: NotifyEvent,
    pub gate: Option<(GateId, &'a Approval)>,
}

/// Tells about the end of a job run. A gate that people closed, or that ran out of time, is told of where that happens.
pub(super) async fn notify_end(
    app: &App,
    tx: &mut Tx,
    document: &Document,
    (job_run, run): (&JobRun, &Run),
    (status, gate): (JobRunStatus, Option<GateStatus>),
) -> Result<()> {
    if gate.is_some() || document.notify.is_empty() {
        return Ok(());
    }
    let previous = job_runs::find_previous_verdict(&mut tx.connection(), job_run).await?;
    for event in notify_event_of(previous, status) {
        notify(app, tx, document, (job_run, run), Notice { event, gate: None }).await?;
    }
    Ok(())
}

/// Queues a message for everybody whom the pipeline's rules name for this event.
pub(super) async fn notify(app: &App, tx: &mut Tx, document: &Document, (job_run, run): (&JobRun, &Run), notice: Notice<'_>) -> Result<()> {
    let concerned = |rule: &&NotifyRule| crate::notify::matches(rule, notice.event, &job_run.job_name);
    if !document.notify.iter().any(|rule| concerned(&rule)) {
        return Ok(());
    }
    let context = context(job_run, run);
    let holds = |rule: &&NotifyRule| {
        let Some(when) = &rule.when else { return true };
        Expression::parse(when).ok().and_then(|when| when.evaluate_bool(&context).ok()).unwrap_or_else(|| {
            tracing::warn!(pipeline = run.pipeline_name, when, "a notification's `when` cannot be evaluated; it is sent");
            true
        })
    };
    let members = members::list(&mut tx.connection(), run.workspace, true).await?;
    let approvers: Vec<Approver> = match notice.gate {
        Some((_, approval)) => members
            .iter()
            .filter(|member| {
                let member = as_gate_member(member);
                approval.require.iter().any(|rule| rule.from.iter().any(|approver| member.fits(approver)))
            })
            .map(|member| Approver { user: member.user, name: member.name.clone(), email: member.email.clone() })
            .collect(),
        None => Vec::new(),
    };
    let message = message(app, tx, job_run, run, notice).await?;
    let occasion = Occasion {
        workspace: run.workspace,
        event: notice.event,
        job: &job_run.job_name,
        job_run: Some(job_run.id),
        message: &message,
        approvers: &approvers,
        assignees: &[],
    };
    let rules: Vec<_> = document.notify.iter().filter(concerned).filter(holds).collect();
    queue_notifications(tx, &app.random, rules, &occasion).await.map(drop)
}

/// A task that something is told about.
#[derive(Debug)]
pub(super) struct TaskNotice<'a> {
    pub id: TaskId,
    pub title: &'a str,
    pub due_at: Option<i64>,
    /// Whose it is.
    pub people: BTreeSet<UserId>,
}

/// Queues a message about a task for everybody whom the pipeline's rules name.
pub(super) async fn notify_task(
    app: &App,
    tx: &mut Tx,
    document: &Document,
    (job_run, run): (&JobRun, &Run),
    (event, task): (NotifyEvent, TaskNotice<'_>),
) -> Result<()> {
    let concerned = |rule: &&NotifyRule| crate::notify::matches(rule, event, &job_run.job_name);
    let rules: Vec<_> = document.notify.iter().filter(concerned).collect();
    if rules.is_empty() {
        return Ok(());
    }
    let members = members::list(&mut tx.connection(), run.workspace, true).await?;
    let named = members.iter().filter(|member| task.people.contains(&member.user));
    let assignees: Vec<Approver> =
        named.map(|member| Approver { user: member.user, name: member.name.clone(), email: member.email.clone() }).collect();
    let mut message = message(app, tx, job_run, run, Notice { event, gate: None }).await?;
    task.fill(&mut message);
    let occasion = Occasion {
        workspace: run.workspace,
        event,
        job: &job_run.job_name,
        job_run: Some(job_run.id),
        message: &message,
        approvers: &[],
        assignees: &assignees,
    };
    queue_notifications(tx, &app.random, rules, &occasion).await.map(drop)
}

impl TaskNotice<'_> {
    fn fill(&self, message: &mut Message) {
        message.title = Some(self.title.to_owned());
        message.link.push_str(&format!("?task={}", self.id));
        let due = self.due_at.and_then(chrono::DateTime::from_timestamp_millis);
        message.needs = due.map(|due| format!("due {}", due.format("%Y-%m-%d %H:%M UTC"))).into_iter().collect();
        message.why = None;
    }
}

/// A member as the judgement of gates sees them.
pub(super) fn as_gate_member(member: &members::Member) -> gate::Member {
    gate::Member {
        user: member.user,
        name: member.name.clone(),
        email: member.email.clone(),
        groups: member.groups.clone(),
        role: Some(member.role),
    }
}

/// What the cord holds, and why.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cord<'a> {
    /// The job, where it is one job only.
    pub job: Option<&'a str>,
    pub what: &'a str,
    pub reason: Option<&'a str>,
}

/// Queues a message for everybody whom the pipeline's rules name for `paused`. A rule that names jobs hears of those, and of what holds them all.
pub(super) async fn notify_paused(app: &App, tx: &mut Tx, pipeline: &Pipeline, cord: Cord<'_>) -> Result<()> {
    let document = app.documents.get(&mut tx.connection(), pipeline.id, pipeline.revision).await?;
    let (event, all) = (NotifyEvent::Paused, cord.job.is_none());
    let rules: Vec<_> = document.notify.iter().filter(|rule| rule.on.contains(&event)).collect();
    if rules.is_empty() {
        return Ok(());
    }
    let workspace = workspaces::get(&mut tx.connection(), pipeline.workspace).await?.name;
    let message = Message {
        event,
        link: format!("{}/w/{workspace}/runs", app.public_url()),
        workspace,
        pipeline: pipeline.name.clone(),
        job: cord.job.map(str::to_owned),
        number: None,
        run: None,
        run_number: None,
        title: Some(cord.what.to_owned()),
        what: Vec::new(),
        why: cord.reason.map(str::to_owned),
        who: Some(tx.actor().to_owned()),
        commits: Vec::new(),
        failing_lines: Vec::new(),
        needs: Vec::new(),
    };
    // A rule hears once, however many of its jobs are held.
    for rule in rules {
        let job = cord.job.or_else(|| rule.jobs.first().map(String::as_str).filter(|_| all)).unwrap_or_default();
        let occasion =
            Occasion { workspace: pipeline.workspace, event, job, job_run: None, message: &message, approvers: &[], assignees: &[] };
        queue_notifications(tx, &app.random, [rule], &occasion).await?;
    }
    Ok(())
}

fn context(job_run: &JobRun, run: &Run) -> serde_json::Value {
    let mut params = run.params.clone();
    params.extend(job_run.params.clone());
    let state = json!({ job_run.job_name.clone(): job_run.state });
    json!({ "inputs": {}, "params": params, "state": state, "matrix": {}, "run": { "number": run.number, "cause": run.cause } })
}

async fn message(app: &App, tx: &mut Tx, job_run: &JobRun, run: &Run, notice: Notice<'_>) -> Result<Message> {
    let workspace = workspaces::get(&mut tx.connection(), run.workspace).await?.name;
    let inputs = versions::list_inputs_of(&mut tx.connection(), job_run.id).await?;
    let lineage = versions::list_inherited_of(&mut tx.connection(), job_run.id).await?;
    let mut commits = Vec::new();
    for version in inputs.iter().map(|(_, version)| version).chain(&lineage) {
        let Some(id) = version.map.get("commit") else { continue };
        let commit = Commit {
            id: id.clone(),
            author: version.metadata.get("author").cloned().unwrap_or_default(),
            subject: names::subject(version).unwrap_or_default(),
        };
        if !commits.iter().any(|known: &Commit| known.id == commit.id) {
            commits.push(commit);
        }
    }
    let needs = match notice.gate {
        Some((_, approval)) => gate::judge(approval, &[], &[]).requirements.iter().map(gate::describe_requirement).collect(),
        None => Vec::new(),
    };
    let link = match notice.gate {
        Some(_) => format!("{}/w/{workspace}/runs/{}", app.public_url(), run.id),
        None => format!("{}/w/{workspace}/runs/{}/job-runs/{}", app.public_url(), run.id, job_run.id),
    };
    Ok(Message {
        event: notice.event,
        workspace,
        pipeline: run.pipeline_name.clone(),
        job: Some(job_run.job_name.clone()),
        number: Some(job_run.label()),
        run: Some(run.id),
        run_number: Some(run.number),
        title: run.name.clone().or_else(|| run.cause_detail.clone()),
        what: inputs.iter().map(|(name, version)| Fact { name: name.clone(), value: names::short(&version.map) }).collect(),
        why: job_run.detail.clone().or_else(|| job_run.reason.clone()).or_else(|| Some(run.cause.clone())),
        who: run.author.clone().or_else(|| Some(run.actor.clone())),
        commits,
        failing_lines: Vec::new(),
        needs,
        link,
    })
}
