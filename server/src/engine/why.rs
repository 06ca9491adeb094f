//! Why a job does or does not run, and why a version has or has not got to a job: the line's own explanation, with the names, times and
//! words that stand in the store.

use super::{names, view_gate};
pub(super) use crate::accounts::approver_name;
use crate::app::App;
use crate::http;
use crate::store::line::pipelines::Pipeline;
use crate::store::line::{executions, gates, notes, pipelines, resources, runners, tasks, versions};
use crate::store::{Connection, Result, StoreError, Tx};
use andon_pipelines::decide::{Asked, Decision, GateNote, Line, Notes, PinNote, RunNote, VersionNote};
use andon_pipelines::document::{Document, ResourceKind};
use andon_pipelines::event::Event;
use andon_pipelines::ids::{JobId, JobRunId, VersionId};
use andon_pipelines::state::JobRunStatus;

/// What is noted may name further things; after so many rounds it is enough.
const ROUNDS: usize = 3;

/// Why the job does or does not run, as things stand now. `None` for a job that is not on the line.
///
/// # Errors
/// Whatever the database says.
pub async fn explain_job(app: &App, job: JobId) -> Result<Option<Decision>> {
    explain(app, |line, notes| line.explain(job, notes)).await
}

/// Why the version has or has not got to the job. `None` when the line has one of them no more.
///
/// # Errors
/// Whatever the database says.
pub async fn explain_version(app: &App, job: JobId, version: VersionId) -> Result<Option<Decision>> {
    explain(app, |line, notes| line.explain_version(job, version, notes)).await
}

async fn explain(app: &App, explain: impl Fn(&Line, &Notes) -> Option<(Decision, Asked)>) -> Result<Option<Decision>> {
    let turn = app.scheduler.turn(app).await?;
    let mut reader = app.db.read().await?;
    let (mut notes, mut noted) = (Notes::default(), Asked::default());
    for _ in 0..ROUNDS {
        let Some((decision, asked)) = explain(&turn.line, &notes) else { return Ok(None) };
        if asked == noted {
            return Ok(Some(decision));
        }
        notes = read_notes(app, &mut reader.connection(), &turn.line, &asked).await?;
        noted = asked;
    }
    Ok(explain(&turn.line, &notes).map(|(decision, _)| decision))
}

/// The decisions for these jobs as they are stored: about the job alone, with names. What stands in `known` is not asked for.
pub(super) async fn name_decisions(
    connection: &mut Connection<'_>,
    (line, known): (&Line, Notes),
    jobs: &[JobId],
) -> Result<Vec<(JobId, Decision)>> {
    let mut asked = Asked::default();
    for job in jobs {
        asked.extend(line.explain_briefly(*job, &Notes::default()).map(|(_, asked)| asked).unwrap_or_default());
    }
    asked.runs.retain(|run| !known.runs.contains_key(run));
    let mut notes = read_names(connection, &asked).await?;
    notes.runs.extend(known.runs);
    Ok(jobs.iter().filter_map(|job| Some((*job, line.explain_briefly(*job, &notes)?.0))).collect())
}

/// What the job runs are called that a transaction has made and that have not begun.
pub(super) fn note_made(tx: &Tx) -> Notes {
    let mut noted = Notes::default();
    for event in tx.events_from(0) {
        match event {
            Event::JobRunCreated(made) => {
                let note = RunNote { number: made.number.clone(), at: Some(tx.at()), ..RunNote::default() };
                noted.runs.insert(made.job_run, note);
            }
            Event::JobRunMoved { job_run, status, .. } if !matches!(status, JobRunStatus::Waiting | JobRunStatus::Queued) => {
                noted.runs.remove(job_run);
            }
            Event::JobRunSuperseded(facts) => _ = noted.runs.remove(&facts.job_run),
            _ => {}
        }
    }
    noted
}

/// What versions and job runs are called.
pub(super) async fn read_names(connection: &mut Connection<'_>, asked: &Asked) -> Result<Notes> {
    let mut noted = Notes::default();
    let ids: Vec<VersionId> = asked.versions.iter().copied().collect();
    for version in notes::list_versions(connection, &ids).await? {
        let note = VersionNote {
            label: names::short(&version.map),
            value: names::main_value(&version.map),
            disabled_reason: version.disabled_reason,
        };
        noted.versions.insert(version.id, note);
    }
    let ids: Vec<JobRunId> = asked.runs.iter().copied().collect();
    for run in notes::list_job_runs(connection, &ids).await? {
        let at = match run.status {
            JobRunStatus::Waiting | JobRunStatus::Queued => Some(run.created_at),
            status if status.is_terminal() => run.ended_at,
            _ => run.started_at,
        };
        let note =
            RunNote { number: run.number, reason: run.reason, detail: run.detail, at, superseded: run.superseded, ..RunNote::default() };
        noted.runs.insert(run.id, note);
    }
    Ok(noted)
}

async fn read_notes(app: &App, connection: &mut Connection<'_>, line: &Line, asked: &Asked) -> Result<Notes> {
    let mut noted = read_names(connection, asked).await?;
    for id in &asked.runs {
        let Some(status) = line.active_status(*id) else { continue };
        let (gate, stuck) = match status {
            JobRunStatus::Awaiting => {
                let left = tasks::list(connection, *id).await?.into_iter().filter(|task| task.active && !task.optional);
                if let Some(note) = noted.runs.get_mut(id) {
                    note.tasks = left.map(|task| task.title).collect();
                }
                (read_gate(app, connection, *id).await?, None)
            }
            JobRunStatus::Queued => (None, find_stuck(connection, *id).await?),
            _ => continue,
        };
        if let Some(note) = noted.runs.get_mut(id) {
            (note.gate, note.stuck) = (gate, stuck);
        }
    }
    for id in &asked.pins {
        let resource = resources::get(connection, *id).await?;
        noted.pins.insert(*id, PinNote { by: resource.pinned_by, comment: resource.pinned_comment });
    }
    Ok(noted)
}

/// The gate of a job run, and what its rules still ask for.
async fn read_gate(app: &App, connection: &mut Connection<'_>, job_run: JobRunId) -> Result<Option<GateNote>> {
    let Some(gate) = gates::find_by_job_run(connection, job_run).await? else { return Ok(None) };
    let view = view_gate(app, connection, gate.id).await?;
    let open = view.verdict.requirements.iter().filter(|rule| rule.have.len() < rule.needed as usize);
    let missing = open.map(|rule| {
        let from: Vec<String> = rule.from.iter().map(approver_name).collect();
        format!("{} of {} from {}", rule.have.len(), rule.needed, from.join(" or "))
    });
    Ok(Some(GateNote { id: gate.id, missing: missing.collect() }))
}

/// Why no runner can take a queued job run, if none can: what is the matter, and what would be right.
async fn find_stuck(connection: &mut Connection<'_>, job_run: JobRunId) -> Result<Option<(String, String)>> {
    let known = runners::list(connection).await?;
    let active: Vec<_> = known.iter().filter(|runner| runner.state == "active").collect();
    if active.is_empty() {
        return Ok(Some(("no runner is connected".to_owned(), "start a runner".to_owned())));
    }
    let queued = executions::list_of_job_run(connection, job_run).await?;
    let queued = queued.into_iter().filter(|execution| execution.status == executions::ExecutionStatus::Queued);
    for execution in queued {
        if !active.iter().any(|runner| execution.labels.iter().all(|label| runner.labels.contains(label))) {
            let labels = execution.labels.join(", ");
            return Ok(Some((
                format!("no runner that is connected has the labels {labels}"),
                format!("start a runner with the labels {labels}"),
            )));
        }
    }
    Ok(None)
}

/// A version by its identifier, `RESOURCE@BEGINNING`, or the beginning of its main value: of the job's inputs, else of any resource of the
/// pipeline.
///
/// # Errors
/// 404 when there is none, 400 when there are several.
pub async fn find_version_for(app: &App, pipeline: &Pipeline, job: &str, text: &str) -> http::Result<VersionId> {
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let document = app.documents.get(&mut connection, pipeline.id, pipeline.revision).await?;
    if let Ok(id) = text.parse::<VersionId>() {
        let version = versions::get(&mut connection, id).await?;
        let resource = resources::get(&mut connection, version.resource).await?;
        let is_near = pipelines::get(&mut connection, resource.pipeline).await?.workspace == pipeline.workspace;
        return if is_near { Ok(id) } else { Err(StoreError::NotFound { what: "the version" }.into()) };
    }
    let (names, beginning) = match text.split_once('@') {
        Some((resource, beginning)) => (vec![resource.to_owned()], beginning),
        None => (list_near(&document, job), text),
    };
    for name in &names {
        for history in notes::list_histories(&mut connection, pipeline.id, name).await? {
            match super::find_version(&mut connection, (name, history.resource), beginning).await {
                Ok(version) => return Ok(version),
                Err(error) if error.detail().contains("several") => return Err(error),
                Err(_) => {}
            }
        }
    }
    Err(http::Error::not_found(unknown_version(&document, &names, text)))
}

/// The resources of the pipeline, those that the job takes first.
fn list_near(document: &Document, job: &str) -> Vec<String> {
    let inputs = document.jobs.iter().filter(|candidate| candidate.name == job).flat_map(|job| &job.inputs);
    let mut names: Vec<String> = inputs.map(|input| input.resource.clone()).collect();
    for resource in &document.resources {
        if !names.contains(&resource.name) {
            names.push(resource.name.clone());
        }
    }
    names
}

fn unknown_version(document: &Document, names: &[String], text: &str) -> String {
    let filtered = document.resources.iter().filter(|resource| names.contains(&resource.name)).find_map(|resource| match &resource.kind {
        ResourceKind::Git(git) if !git.paths.is_empty() => Some((&resource.name, git.paths.join(", "))),
        _ => None,
    });
    match filtered {
        Some((name, paths)) => format!(
            "There is no version {text:?}. A commit that changes nothing below the paths of {name} ({paths}) makes no version; `andon versions` lists those there are."
        ),
        None => format!("There is no version {text:?}; `andon versions` lists those there are."),
    }
}
