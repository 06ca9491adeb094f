//! Job runs that people and programs ask for.

mod together;

pub use together::Starts;

use self::together::Prepared;
use super::cord::refuse_held;
use super::publish::check_params;
use crate::app::App;
use crate::http;
use crate::store::Connection;
use crate::store::db::Author;
use crate::store::line::job_runs::NewInput;
use crate::store::line::runs::NewRun;
use crate::store::line::versions;
use andon_pipelines::decide::{Line, PipelineFacts, explain_blocked};
use andon_pipelines::ids::{JobId, JobRunId, PipelineId, ResourceId, RunId, VersionId};
use andon_pipelines::resolve::{Choice, Question, Resolution, resolve};
use andon_pipelines::state::JobRunStatus;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What somebody asks for.
#[derive(Clone, Debug, Default)]
pub struct ManualStart {
    /// Input → a version: its identifier, or the beginning of its main value.
    pub inputs: BTreeMap<String, String>,
    pub params: Map<String, Value>,
    pub note: Option<String>,
    /// Take the named versions even where they do not satisfy `passed`.
    pub force: bool,
    /// `manual` or `api`.
    pub cause: &'static str,
}

/// Starts a job by hand. Answers the new run and the job run, and how far that has got.
///
/// # Errors
/// 404 for an unknown job, 400 for unfitting versions or parameters, 409 when no set satisfies the job's inputs, with the reasons.
pub async fn start_manual(
    app: &App,
    actor: &str,
    (pipeline, job): (PipelineId, &str),
    asked: ManualStart,
) -> http::Result<(RunId, JobRunId, JobRunStatus)> {
    let turn = app.scheduler.turn(app).await?;
    let facts = turn.line.pipeline(pipeline).ok_or_else(|| http::Error::not_found("the pipeline does not exist"))?;
    let id = *facts.jobs.get(job).ok_or_else(|| http::Error::not_found(format!("the pipeline has no job {job}")))?;
    refuse_held(&turn.line, id)?;
    let chosen = choose(app, facts, job, &asked.inputs).await?;
    let params = check_params(&facts.document.params, asked.params)?;
    let (inputs, follows) = resolve_manual(&turn.line, id, &chosen, asked.force)?;
    let slots = turn.line.free_slots(id).map(|(_, free)| free);
    let prepared = Prepared {
        author: Author::here(actor),
        job: id,
        noted: json!({ "cause": asked.cause, "job": job, "note": asked.note, "inputs": asked.inputs, "forced": asked.force }),
        run: new_run(facts, job, asked.cause, (asked.force, asked.note), params),
        inputs,
        follows,
        has_slot: slots.is_none_or(|free| free > 0),
    };
    // Only where slots are counted others have to wait until this one is taken.
    let turn = slots.is_some().then_some(turn);
    // Where there is one writer, what queues for it shares its commit anyway, and nobody has to wait for the others' answers.
    let started = match turn.is_some() || app.db.has_one_writer() {
        true => together::write_one(app, &prepared).await?,
        false => together::write(app, prepared).await?,
    };
    drop(turn);
    Ok(started)
}

/// The run that somebody asks for.
fn new_run(facts: &PipelineFacts, job: &str, cause: &str, (force, note): (bool, Option<String>), params: Map<String, Value>) -> NewRun {
    NewRun {
        workspace: facts.workspace,
        pipeline: facts.id,
        revision: facts.revision,
        cause: cause.to_owned(),
        cause_version: None,
        cause_detail: Some(if force { format!("{job}, forced") } else { job.to_owned() }),
        actor: None,
        author: None,
        note,
        params,
    }
}

/// The versions that the caller named, by input.
async fn choose(
    app: &App,
    facts: &PipelineFacts,
    job: &str,
    named: &BTreeMap<String, String>,
) -> http::Result<BTreeMap<String, VersionId>> {
    let mut chosen = BTreeMap::new();
    if named.is_empty() {
        return Ok(chosen);
    }
    let mut reader = app.db.read().await?;
    let declared = facts.document.jobs.iter().find(|candidate| candidate.name == job);
    for (name, text) in named {
        let input = declared.and_then(|job| job.inputs.iter().find(|input| input.name == *name));
        let input = input.ok_or_else(|| http::Error::invalid(format!("{job} has no input {name}.")))?;
        let resource = facts.find_resource(&input.resource);
        let resource = resource.ok_or_else(|| http::Error::invalid(format!("{job} has no input {name}.")))?;
        chosen.insert(name.clone(), find_version(&mut reader.connection(), (name, resource), text).await?);
    }
    Ok(chosen)
}

/// A version by its identifier, or by the beginning of its main value, among the newest.
pub async fn find_version(connection: &mut Connection<'_>, (name, resource): (&str, ResourceId), text: &str) -> http::Result<VersionId> {
    if let Ok(id) = text.parse::<VersionId>()
        && versions::get(connection, id).await.is_ok_and(|version| version.resource == resource)
    {
        return Ok(id);
    }
    let newest = versions::list(connection, resource, i64::MAX, 1_000).await?;
    let mut fitting = newest.iter().filter(|version| !text.is_empty() && super::names::main_value(&version.map).starts_with(text));
    match (fitting.next(), fitting.next()) {
        (Some(version), None) => Ok(version.id),
        (Some(_), Some(_)) => {
            Err(http::Error::invalid(format!("{text:?} is the beginning of several versions of {name}; give more of it.")))
        }
        (None, _) => Err(http::Error::invalid(format!("{name} has no version {text:?}; andon versions lists them."))),
    }
}

/// The whole set: named versions as named, the others the newest that satisfy.
fn resolve_manual(
    line: &Line,
    job: JobId,
    chosen: &BTreeMap<String, VersionId>,
    force: bool,
) -> http::Result<(Vec<NewInput>, Vec<JobRunId>)> {
    let facts = line.job(job).ok_or_else(|| http::Error::not_found("the job does not exist"))?;
    if let Some(missing) = facts.missing.first() {
        return Err(http::Error::conflict(format!("{} cannot run: {}.", facts.name, missing.text)));
    }
    let mut question: Question = facts.question.clone();
    for input in &mut question.inputs {
        if let Some(version) = chosen.get(&input.name) {
            input.version = Choice::Pin(*version);
            if force {
                input.passed = andon_pipelines::resolve::PassedQuestion::All(Vec::new());
            }
        } else if input.version == Choice::Every {
            input.version = Choice::Latest;
        }
    }
    if force {
        question.after.clear();
    }
    match resolve(line.history(), &question) {
        Resolution::Resolved(resolved) => {
            let inputs = question.inputs.iter().zip(&resolved.inputs);
            let inputs =
                inputs.map(|(asked, found)| NewInput { name: asked.name.clone(), resource: asked.resource, version: found.version });
            let mut follows = resolved.follows.clone();
            follows.extend(resolved.inputs.iter().flat_map(|input| input.passed_runs.iter().copied()));
            follows.sort();
            follows.dedup();
            Ok((inputs.collect(), follows))
        }
        Resolution::Blocked(blocked) => {
            let reasons: Vec<String> = explain_blocked(line, job, &blocked).into_iter().map(|reason| reason.text).collect();
            Err(http::Error::conflict(format!("{} cannot run on that: {}.", facts.name, reasons.join("; "))))
        }
    }
}
