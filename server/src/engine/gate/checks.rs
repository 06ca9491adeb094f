//! What machines have to say at a gate.

use super::changes::{by_resource, list_lineage};
use super::view::GateView;
use crate::app::App;
use crate::engine::context::Context;
use crate::engine::names;
use crate::store::line::deployments::Deployment;
use crate::store::line::versions::Version;
use crate::store::line::{deployments, gates, job_runs, jobs, resources, versions};
use crate::store::{Connection, Result, StoreError, Tx};
use andon_pipelines::document::{CheckBody, Millis, ResourceKind};
use andon_pipelines::event::Event;
use andon_pipelines::expression::{Expression, number_if_exact};
use andon_pipelines::ids::{ResourceId, VersionId};
use andon_pipelines::state::JobRunStatus;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// How many runs of a job are looked at to find one on the same versions.
const RUNS: i64 = 50;
/// How many deployments are looked at to find since when something runs.
const DEPLOYMENTS: i64 = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CheckStatus {
    Passed,
    Failed,
    /// It may pass by itself: time has to pass, or something has to end.
    Waiting,
    /// It could not be asked.
    Errored,
}

/// What one check said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CheckResult {
    pub name: String,
    /// `expression`, `http`, `job` or `soak`.
    pub kind: String,
    pub status: CheckStatus,
    /// For people.
    pub detail: String,
    /// Milliseconds since 1970 UTC.
    pub at: i64,
    /// When it will pass by itself, where that is known.
    pub next_at: Option<i64>,
}

/// What a check came to.
pub(super) struct Answer {
    pub status: CheckStatus,
    pub detail: String,
    pub next_at: Option<i64>,
}

impl Answer {
    pub(super) fn new(status: CheckStatus, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), next_at: None }
    }
}

/// The kind of a check, as people and programs call it.
const fn kind_of(body: &CheckBody) -> &'static str {
    match body {
        CheckBody::Expression(_) => "expression",
        CheckBody::Http(_) => "http",
        CheckBody::Job(_) => "job",
        CheckBody::Soak { .. } => "soak",
    }
}

/// Asks every check of a gate, in the order of the file. Not to be called inside a transaction: probes go over the network.
///
/// # Errors
/// Whatever the database says.
pub(super) async fn ask(app: &App, view: &GateView) -> Result<Vec<CheckResult>> {
    let now = app.clock.now_ms();
    let inside = {
        let mut reader = app.db.read().await?;
        ask_database(&mut reader.connection(), view, now).await?
    };
    let probes = view.approval.checks.iter().zip(inside).map(|(check, answer)| async move {
        match (&check.body, answer) {
            (CheckBody::Http(probe), _) => app.prober.ask(probe).await,
            (_, answer) => answer.unwrap_or_else(|| Answer::new(CheckStatus::Errored, "it was not asked")),
        }
    });
    let answers = futures::future::join_all(probes).await;
    Ok(view.approval.checks.iter().zip(answers).map(|(check, answer)| result(&check.name, &check.body, answer, now)).collect())
}

/// Asks the checks of a gate that has no probes.
///
/// # Errors
/// Whatever the database says.
pub(super) async fn ask_inside(connection: &mut Connection<'_>, view: &GateView, now_ms: i64) -> Result<Vec<CheckResult>> {
    let answers = ask_database(connection, view, now_ms).await?;
    let unasked = || Answer::new(CheckStatus::Errored, "it was not asked");
    let pairs = view.approval.checks.iter().zip(answers);
    Ok(pairs.map(|(check, answer)| result(&check.name, &check.body, answer.unwrap_or_else(unasked), now_ms)).collect())
}

fn result(name: &str, body: &CheckBody, answer: Answer, at: i64) -> CheckResult {
    let Answer { status, detail, next_at } = answer;
    let detail = detail.chars().filter(|c| !c.is_control()).take(1_000).collect();
    CheckResult { name: name.to_owned(), kind: kind_of(body).to_owned(), status, detail, at, next_at }
}

/// Writes down what the checks said; an event says so when anything has changed.
///
/// # Errors
/// [`StoreError::WrongCount`] when the gate is closed.
pub(super) async fn keep(tx: &mut Tx, view: &GateView, results: &[CheckResult]) -> Result<()> {
    let known: Vec<CheckResult> = serde_json::from_value(view.gate.checks.clone()).unwrap_or_default();
    let shown = |results: &[CheckResult]| results.iter().map(|result| (result.name.clone(), result.status)).collect::<Vec<_>>();
    let changed = shown(&known) != shown(results);
    let written = serde_json::to_value(results).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    gates::set_checks(tx, view.gate.id, &written).await?;
    if changed {
        let passed = results.iter().all(|result| result.status == CheckStatus::Passed);
        tx.emit(Some(view.run.workspace), Event::GateChecked { gate: view.gate.id, job_run: view.job_run.id, passed });
    }
    Ok(())
}

/// Answers what the store can answer; probes are left out.
async fn ask_database(connection: &mut Connection<'_>, view: &GateView, now_ms: i64) -> Result<Vec<Option<Answer>>> {
    let lineage = list_lineage(connection, &view.job_run).await?;
    let mut context = None;
    let mut answers = Vec::new();
    for check in &view.approval.checks {
        answers.push(match &check.body {
            CheckBody::Http(_) => None,
            CheckBody::Expression(text) => {
                if context.is_none() {
                    context = Some(read_context(connection, view, &lineage).await?);
                }
                context.as_ref().map(|context| evaluate(text, context))
            }
            CheckBody::Job(job) => Some(ask_job(connection, view, (job, &lineage)).await?),
            CheckBody::Soak { environment, duration } => {
                Some(ask_soak(connection, view, (environment, *duration, &lineage), now_ms).await?)
            }
        });
    }
    Ok(answers)
}

/// What expressions see: what those of a job see, the state of everything upstream, and the lineage.
async fn read_context(connection: &mut Connection<'_>, view: &GateView, lineage: &[Version]) -> Result<Value> {
    let context = Context::read(connection, (view.job_run.clone(), view.run.clone()), None).await?;
    let mut json = context.to_json(&BTreeMap::new());
    let mut versions = Map::new();
    for version in lineage {
        versions.insert(resources::get(connection, version.resource).await?.name, json!(version.map));
    }
    let upstream = job_runs::list_upstream(connection, view.job_run.id).await?;
    if let Some(object) = json.as_object_mut() {
        object.insert("lineage".to_owned(), Value::Object(versions));
        if let Some(state) = object.get_mut("state").and_then(Value::as_object_mut) {
            for job_run in upstream {
                let values: Map<String, Value> = job_run.state.iter().map(|(key, value)| (key.clone(), number_if_exact(value))).collect();
                state.insert(job_run.job_name, Value::Object(values));
            }
        }
    }
    Ok(json)
}

/// What an expression says of a context.
pub(super) fn evaluate(text: &str, context: &Value) -> Answer {
    let parsed = Expression::parse(text).map_err(|error| error.to_string());
    match parsed.and_then(|expression| expression.evaluate_bool(context).map_err(|error| error.to_string())) {
        Ok(true) => Answer::new(CheckStatus::Passed, "true"),
        Ok(false) => Answer::new(CheckStatus::Failed, format!("false: {}", show_values(text, context))),
        Err(error) => Answer::new(CheckStatus::Errored, error),
    }
}

/// The values of the names that the expression reads: `state.test = {"coverage":79}`.
fn show_values(text: &str, context: &Value) -> String {
    let references = Expression::parse(text).map(|expression| expression.references()).unwrap_or_default();
    let mut shown: Vec<String> = Vec::new();
    for reference in references {
        let root = context.get(&reference.root);
        let (name, value) = match &reference.member {
            Some(member) => (format!("{}.{member}", reference.root), root.and_then(|root| root.get(member))),
            None => (reference.root, root),
        };
        let value: String = value.map_or_else(|| "nothing".to_owned(), Value::to_string).chars().take(200).collect();
        let part = format!("{name} is {value}");
        if !shown.contains(&part) {
            shown.push(part);
        }
    }
    shown.join(", ")
}

async fn ask_job(connection: &mut Connection<'_>, view: &GateView, (job, lineage): (&str, &[Version])) -> Result<Answer> {
    let known = jobs::list(connection, view.job_run.pipeline).await?;
    let Some(found) = known.iter().find(|candidate| candidate.name == job) else {
        return Ok(Answer::new(CheckStatus::Errored, format!("there is no job {job}")));
    };
    for job_run in job_runs::list_ended(connection, found.id, RUNS).await? {
        let mut vouched = job_runs::list_vouchers(connection, job_run.id).await?;
        if vouched.is_empty() {
            vouched =
                job_runs::list_inputs(connection, job_run.id).await?.into_iter().map(|input| (input.resource, input.version)).collect();
        }
        if agree(connection, lineage, &vouched).await? != Agreement::Agree {
            continue;
        }
        let status = if job_run.status == JobRunStatus::Succeeded { CheckStatus::Passed } else { CheckStatus::Failed };
        return Ok(Answer::new(status, format!("{job} #{} {}", job_run.label(), job_run.status)));
    }
    Ok(Answer::new(CheckStatus::Waiting, format!("no run of {job} on these versions has ended")))
}

/// How what another job run vouches for compares with a lineage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Agreement {
    NothingInCommon,
    Agree,
    DifferOn(ResourceId),
}

async fn agree(connection: &mut Connection<'_>, lineage: &[Version], vouched: &BTreeMap<ResourceId, VersionId>) -> Result<Agreement> {
    let mut agreement = Agreement::NothingInCommon;
    for (resource, version) in by_resource(lineage) {
        let Some(other) = vouched.get(&resource) else { continue };
        let kind = resources::get(connection, resource).await?.source;
        if matches!(kind, ResourceKind::State | ResourceKind::Environment) {
            continue;
        }
        if *other != version.id {
            return Ok(Agreement::DifferOn(resource));
        }
        agreement = Agreement::Agree;
    }
    Ok(agreement)
}

async fn ask_soak(
    connection: &mut Connection<'_>,
    view: &GateView,
    (environment, duration, lineage): (&str, Millis, &[Version]),
    now_ms: i64,
) -> Result<Answer> {
    let Some(resource) = resources::find_by_name(connection, view.job_run.pipeline, environment).await? else {
        return Ok(Answer::new(CheckStatus::Errored, format!("there is no environment {environment}")));
    };
    let Some(current) = deployments::find_current(connection, resource.id).await? else {
        return Ok(Answer::new(CheckStatus::Waiting, format!("nothing runs in {environment}")));
    };
    let vouched = job_runs::list_vouchers(connection, current.job_run).await?;
    match agree(connection, lineage, &vouched).await? {
        Agreement::NothingInCommon => Ok(Answer::new(CheckStatus::Waiting, format!("{environment} runs nothing of what is proposed"))),
        Agreement::DifferOn(differs) => {
            let name = resources::get(connection, differs).await?.name;
            let there = match vouched.get(&differs) {
                Some(version) => names::short(&versions::get(connection, *version).await?.map),
                None => String::new(),
            };
            Ok(Answer::new(CheckStatus::Waiting, format!("{environment} runs {name} {there}, not what is proposed")))
        }
        Agreement::Agree => {
            let began = find_soak_start(connection, &current, lineage).await?;
            let ready = began.saturating_add(i64::try_from(duration).unwrap_or(i64::MAX));
            let since = (now_ms - began) / 1_000;
            if now_ms >= ready {
                return Ok(Answer::new(CheckStatus::Passed, format!("it has run in {environment} for {since} s")));
            }
            let left = (ready - now_ms + 999) / 1_000;
            let detail = format!("it has run in {environment} for {since} s; {left} s are left");
            Ok(Answer { next_at: Some(ready), ..Answer::new(CheckStatus::Waiting, detail) })
        }
    }
}

/// Since when the environment runs what is proposed without a break: deploying it again, or other things beside it, is none.
async fn find_soak_start(connection: &mut Connection<'_>, current: &Deployment, lineage: &[Version]) -> Result<i64> {
    let mut began = current.at;
    for earlier in deployments::list(connection, current.resource, Some((current.at, current.job_run)), DEPLOYMENTS).await? {
        let vouched = job_runs::list_vouchers(connection, earlier.job_run).await?;
        if agree(connection, lineage, &vouched).await? != Agreement::Agree {
            break;
        }
        began = earlier.at;
    }
    Ok(began)
}
