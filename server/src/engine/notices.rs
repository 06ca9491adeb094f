//! What people need to know about a job run, a version or a pipeline, as a message, queued with the change itself.

use super::names;
use super::notify::{Occasion, People, queue_notifications};
use crate::app::App;
use crate::notify::{Commit, Fact, GateRef, Message, Preferences, Subject, first_match, matches, notify_event_of};
use crate::store::line::job_runs::JobRun;
use crate::store::line::runs::Run;
use crate::store::line::versions::Version;
use crate::store::line::{gates, job_runs, runs, versions, workspaces};
use crate::store::people::{members, preferences};
use crate::store::{Connection, Result, Tx};
use andon_pipelines::document::{Approval, Document, NotifyEvent, NotifyRule};
use andon_pipelines::expression::Expression;
use andon_pipelines::gate;
use andon_pipelines::ids::{GateId, TaskId, UserId, WorkspaceId};
use andon_pipelines::state::{GateStatus, JobRunStatus};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// What happened to a job run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Notice<'a> {
    pub event: NotifyEvent,
    pub about: Option<About<'a>>,
}

/// What of the job run it is about.
#[derive(Clone, Copy, Debug)]
pub(super) enum About<'a> {
    Gate(GateId, &'a Approval),
    Task(&'a TaskNotice<'a>),
}

/// Tells about the end of a job run. A gate that people closed, or that ran out of time, is told of where that happens.
pub(super) async fn notify_end(
    app: &App,
    tx: &mut Tx,
    document: &Document,
    job_run: &JobRun,
    (status, gate): (JobRunStatus, Option<GateStatus>),
) -> Result<()> {
    if gate.is_some() {
        return Ok(());
    }
    let run = runs::get(&mut tx.connection(), job_run.run).await?;
    let interest = Interest::find(&mut tx.connection(), (run.workspace, &run.pipeline_name), document).await?;
    if interest.is_empty() {
        return Ok(());
    }
    let previous = job_runs::find_previous_verdict(&mut tx.connection(), job_run).await?;
    tell(app, tx, &interest, (job_run, &run), (&notify_event_of(previous, status), None)).await
}

/// Queues a message for everybody whom the rules of the pipeline and the workspace, or their own settings, name for this event.
pub(super) async fn notify(app: &App, tx: &mut Tx, document: &Document, (job_run, run): (&JobRun, &Run), notice: Notice<'_>) -> Result<()> {
    let interest = Interest::find(&mut tx.connection(), (run.workspace, &run.pipeline_name), document).await?;
    tell(app, tx, &interest, (job_run, run), (&[notice.event], notice.about)).await
}

/// Everything that might ask for a message about a pipeline.
#[derive(Debug)]
pub(super) struct Interest {
    rules: Vec<NotifyRule>,
    people: People,
}

impl Interest {
    /// The rules of the pipeline and of its workspace, and everybody's own settings.
    pub(super) async fn find(
        connection: &mut Connection<'_>,
        (workspace, pipeline): (WorkspaceId, &str),
        document: &Document,
    ) -> Result<Self> {
        let of_workspace = preferences::find_rules(connection, workspace).await?.map(|found| found.rules).unwrap_or_default();
        Ok(Self::of((pipeline, document), &of_workspace, People::read_preferences(connection).await?))
    }

    /// The same from what is known.
    pub(super) fn of(
        (pipeline, document): (&str, &Document),
        of_workspace: &[NotifyRule],
        preferences: BTreeMap<UserId, Preferences>,
    ) -> Self {
        let mut rules = document.notify.clone();
        let concerns = |rule: &&NotifyRule| rule.pipelines.is_empty() || rule.pipelines.iter().any(|name| name == pipeline);
        rules.extend(of_workspace.iter().filter(concerns).cloned());
        Self { rules, people: People { preferences, ..People::default() } }
    }

    fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.people.preferences.values().all(|wishes| wishes.events.is_empty())
    }

    /// Whether anything may ask for this event, whatever it is about.
    pub(super) fn asks_for(&self, event: NotifyEvent) -> bool {
        self.rules.iter().any(|rule| matches(rule, event, Subject::Pipeline))
            || self.people.preferences.values().any(|wishes| wishes.events.contains(&event))
    }

    /// Whether anything asks for one of these events.
    pub(super) fn is_in(&self, events: &[NotifyEvent], subject: Subject<'_>) -> bool {
        self.rules.iter().any(|rule| first_match(rule, events, subject).is_some())
            || self.people.preferences.values().any(|wishes| events.iter().any(|event| wishes.events.contains(event)))
    }

    /// The rules that ask for one of these events, and whose `when` holds.
    fn rules_for<'a>(
        &'a self,
        events: &'a [NotifyEvent],
        subject: Subject<'a>,
        facts: &'a serde_json::Value,
    ) -> impl Iterator<Item = &'a NotifyRule> {
        let holds = move |rule: &&NotifyRule| {
            let Some(when) = &rule.when else { return true };
            Expression::parse(when).ok().and_then(|when| when.evaluate_bool(facts).ok()).unwrap_or_else(|| {
                tracing::warn!(when, "a notification's `when` cannot be evaluated; it is sent");
                true
            })
        };
        self.rules.iter().filter(move |rule| first_match(rule, events, subject).is_some()).filter(holds)
    }
}

/// Queues messages about a job run. The most telling event stands last.
pub(super) async fn tell(
    app: &App,
    tx: &mut Tx,
    interest: &Interest,
    (job_run, run): (&JobRun, &Run),
    (events, about): (&[NotifyEvent], Option<About<'_>>),
) -> Result<()> {
    let subject = Subject::Job(&job_run.job_name);
    let Some(event) = events.last().copied().filter(|_| interest.is_in(events, subject)) else { return Ok(()) };
    let carried = carried_versions(&mut tx.connection(), job_run).await?;
    let members = members::list(&mut tx.connection(), run.workspace, true).await?;
    let (approvers, assignees) = match about {
        Some(About::Gate(_, approval)) => (list_approvers(&members, approval), BTreeSet::new()),
        Some(About::Task(task)) => (BTreeSet::new(), task.people.clone()),
        None => Default::default(),
    };
    let people = People {
        approvers,
        assignees,
        initiator: initiator(&members, &run.actor),
        authors: authors(&members, &carried),
        preferences: interest.people.preferences.clone(),
        members,
    };
    let message = message(app, tx, (job_run, run, &carried), Notice { event, about }).await?;
    let (workspace, job_run_id) = (run.workspace, Some(job_run.id));
    let occasion = Occasion { workspace, events, subject, job_run: job_run_id, message: &message, people: &people };
    let facts = context(job_run, run);
    queue_notifications(tx, &app.random, interest.rules_for(events, subject, &facts), &occasion).await.map(drop)
}

/// What is told about a version or a pipeline.
#[derive(Debug)]
pub(super) struct Plain<'a> {
    pub workspace: WorkspaceId,
    pub pipeline: &'a str,
    pub event: NotifyEvent,
    pub subject: Subject<'a>,
    /// What it is about, in words, where the names alone do not say it.
    pub title: Option<String>,
    pub why: Option<String>,
    pub who: &'a str,
    /// Of a version.
    pub version: Option<&'a Version>,
}

/// Queues messages about what is no job run.
pub(super) async fn tell_plain(app: &App, tx: &mut Tx, interest: &Interest, plain: &Plain<'_>) -> Result<()> {
    let members = members::list(&mut tx.connection(), plain.workspace, true).await?;
    let carried: Vec<&Version> = plain.version.into_iter().collect();
    let people = People {
        initiator: initiator(&members, plain.who),
        authors: carried.iter().filter_map(|version| author(&members, version)).collect(),
        preferences: interest.people.preferences.clone(),
        members,
        ..People::default()
    };
    let workspace = workspaces::get(&mut tx.connection(), plain.workspace).await?.name;
    let what = match (plain.subject, plain.version) {
        (Subject::Resource(name), Some(version)) => vec![Fact { name: name.to_owned(), value: names::short(&version.map) }],
        _ => Vec::new(),
    };
    let name = match plain.subject {
        Subject::Job(name) | Subject::Resource(name) => Some(name.to_owned()),
        Subject::Pipeline => None,
    };
    let message = Message {
        event: plain.event,
        link: format!("{}/w/{workspace}/pipelines", app.public_url()),
        workspace,
        pipeline: plain.pipeline.to_owned(),
        job: name,
        number: None,
        run: None,
        run_number: None,
        title: plain.title.clone(),
        what,
        why: plain.why.clone(),
        who: Some(plain.who.to_owned()),
        commits: carried.iter().filter_map(|version| commit(version)).collect(),
        failing_lines: Vec::new(),
        needs: Vec::new(),
        gate: None,
    };
    let events = [plain.event];
    let occasion =
        Occasion { workspace: plain.workspace, events: &events, subject: plain.subject, job_run: None, message: &message, people: &people };
    let facts = json!({ "inputs": {}, "params": {}, "state": {}, "matrix": {}, "run": {} });
    queue_notifications(tx, &app.random, interest.rules_for(&events, plain.subject, &facts), &occasion).await.map(drop)
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

fn list_approvers(members: &[members::Member], approval: &Approval) -> BTreeSet<UserId> {
    let may = |member: &&members::Member| {
        let member = as_gate_member(member);
        approval.require.iter().any(|rule| rule.from.iter().any(|approver| member.fits(approver)))
    };
    members.iter().filter(may).map(|member| member.user).collect()
}

/// `user:ada` and `push:ada` are people; `token:ci` and `andon` are not.
fn initiator(members: &[members::Member], actor: &str) -> Option<UserId> {
    let (kind, name) = actor.split_once(':')?;
    let found = members.iter().find(|member| member.name == name);
    found.filter(|_| matches!(kind, "user" | "push")).map(|member| member.user)
}

fn authors(members: &[members::Member], carried: &[(Option<String>, Version)]) -> BTreeSet<UserId> {
    carried.iter().filter_map(|(_, version)| author(members, version)).collect()
}

fn author(members: &[members::Member], version: &Version) -> Option<UserId> {
    let address = version.metadata.get("email")?;
    let found = members.iter().find(|member| member.email.as_ref().is_some_and(|known| known.eq_ignore_ascii_case(address)));
    found.map(|member| member.user)
}

/// The inputs of a job run under their names, then what they stand on.
async fn carried_versions(connection: &mut Connection<'_>, job_run: &JobRun) -> Result<Vec<(Option<String>, Version)>> {
    let inputs = versions::list_inputs_of(connection, job_run.id).await?;
    let lineage = versions::list_inherited_of(connection, job_run.id).await?;
    let named = inputs.into_iter().map(|(name, version)| (Some(name), version));
    Ok(named.chain(lineage.into_iter().map(|version| (None, version))).collect())
}

fn commit(version: &Version) -> Option<Commit> {
    Some(Commit {
        id: version.map.get("commit")?.clone(),
        author: version.metadata.get("author").cloned().unwrap_or_default(),
        subject: names::subject(version).unwrap_or_default(),
    })
}

fn context(job_run: &JobRun, run: &Run) -> serde_json::Value {
    let mut params = run.params.clone();
    params.extend(job_run.params.clone());
    let state = json!({ job_run.job_name.clone(): job_run.state });
    json!({ "inputs": {}, "params": params, "state": state, "matrix": {}, "run": { "number": run.number, "cause": run.cause } })
}

type Carried = [(Option<String>, Version)];

async fn message(app: &App, tx: &mut Tx, (job_run, run, carried): (&JobRun, &Run, &Carried), notice: Notice<'_>) -> Result<Message> {
    let workspace = workspaces::get(&mut tx.connection(), run.workspace).await?.name;
    let mut commits: Vec<Commit> = Vec::new();
    for commit in carried.iter().filter_map(|(_, version)| commit(version)) {
        if !commits.iter().any(|known| known.id == commit.id) {
            commits.push(commit);
        }
    }
    let (needs, gate) = match notice.about {
        Some(About::Gate(id, approval)) => {
            let needs = gate::judge(approval, &[], &[]).requirements.iter().map(gate::describe_requirement).collect();
            let digest = gates::get(&mut tx.connection(), id).await?.digest;
            (needs, Some(GateRef { id, digest }))
        }
        Some(About::Task(_)) | None => (Vec::new(), None),
    };
    let link = match notice.about {
        Some(About::Gate(..)) => format!("{}/w/{workspace}/runs/{}", app.public_url(), run.id),
        Some(About::Task(_)) | None => format!("{}/w/{workspace}/runs/{}/job-runs/{}", app.public_url(), run.id, job_run.id),
    };
    let input = |(name, version): &(Option<String>, Version)| Some(Fact { name: name.clone()?, value: names::short(&version.map) });
    let mut message = Message {
        event: notice.event,
        workspace,
        pipeline: run.pipeline_name.clone(),
        job: Some(job_run.job_name.clone()),
        number: Some(job_run.label()),
        run: Some(run.id),
        run_number: Some(run.number),
        title: run.name.clone().or_else(|| run.cause_detail.clone()),
        what: carried.iter().filter_map(input).collect(),
        why: job_run.detail.clone().or_else(|| job_run.reason.clone()).or_else(|| Some(run.cause.clone())),
        who: run.author.clone().or_else(|| Some(run.actor.clone())),
        commits,
        failing_lines: Vec::new(),
        needs,
        link,
        gate,
    };
    if let Some(About::Task(task)) = notice.about {
        task.fill(&mut message);
    }
    Ok(message)
}
