//! How a set of versions becomes a job run, and a job run gets to the runners or to people.

use super::context::Context;
use super::finish::{self, Ending};
use super::schedule::Slots;
use super::{gate, loop_guard, names, tasks};
use crate::app::App;
use crate::store::line::job_runs::{JobRun, Move, NewInput, NewJobRun};
use crate::store::line::jobs::Numbered;
use crate::store::line::runs::NewRun;
use crate::store::line::{executions, job_runs, jobs, runs, versions};
use crate::store::{Result, StoreError, Tx};
use andon_pipelines::decide::{Line, PipelineFacts, Start};
use andon_pipelines::document::{Job, JobBody, Matrix, StepsBody};
use andon_pipelines::event::Event;
use andon_pipelines::expression;
use andon_pipelines::ids::{JobId, JobRunId, PipelineId, RunId};
use andon_pipelines::state::{GateStatus, JobRunEvent, JobRunStatus, apply};
use std::collections::BTreeMap;

/// Starts a job run on a set that the line has chosen. Answers `false` when it exists already.
pub(super) async fn start_set(app: &App, tx: &mut Tx, line: &Line, slots: &mut Slots, set: &Start) -> Result<bool> {
    let Some(pipeline) = pipeline_of(line, set.job) else { return Ok(false) };
    let digest = set.digest();
    let sequence = job_runs::take_sequence(tx).await?;
    if loop_guard::may_trip(line, set) {
        if job_runs::exists_for_set(&mut tx.connection(), set.job, &digest).await? {
            return Ok(false);
        }
        if loop_guard::trip(tx, line, set).await? {
            return Ok(true);
        }
    }
    let Some(taken) = jobs::take_number_for_set(tx, set.job, sequence, &digest).await? else { return Ok(false) };
    let before = find_before(tx, set).await?;
    let run = run_of(tx, (line, pipeline), set, before).await?;
    let new = NewJobRun {
        workspace: pipeline.workspace,
        pipeline: pipeline.id,
        run,
        job: set.job,
        revision: pipeline.revision,
        number: taken.number,
        attempt: 0,
        rerun_of: None,
        set_digest: Some(digest),
        params: serde_json::Map::new(),
        inputs: inputs_of(line, set),
        follows: set.follows.clone(),
    };
    let has_slot = slots.take(line, set.job);
    create(app, tx, &new, &taken, has_slot).await?;
    Ok(true)
}

/// What a set goes on from, where that is an upstream job run.
async fn find_before(tx: &mut Tx, set: &Start) -> Result<Option<Before>> {
    let Some(upstream) = set.pushed_by else { return Ok(None) };
    if let Some((run, pipeline)) = tx.events_from(0).find_map(|event| ended_in(event, upstream)) {
        return Ok(Some(Before { upstream, run, pipeline, run_has_ended: false }));
    }
    let origin = job_runs::get_origin(&mut tx.connection(), upstream).await?;
    Ok(Some(Before { upstream, run: origin.run, pipeline: origin.pipeline, run_has_ended: origin.run_has_ended }))
}

/// An upstream job run.
struct Before {
    upstream: JobRunId,
    run: RunId,
    pipeline: PipelineId,
    run_has_ended: bool,
}

/// The run and the pipeline of a job run, if the event tells its end. What ends in this transaction, has kept its run open until now.
fn ended_in(event: &Event, of: JobRunId) -> Option<(RunId, PipelineId)> {
    match event {
        Event::JobRunMoved { job_run, run, pipeline, status, .. } if *job_run == of && status.is_terminal() => Some((*run, *pipeline)),
        _ => None,
    }
}

/// Makes a job run of a number that was just taken, and begins it. What goes to the runners at once is in their queue from its first moment.
pub(super) async fn create(app: &App, tx: &mut Tx, new: &NewJobRun, taken: &Numbered, has_slot: bool) -> Result<JobRun> {
    let document = app.documents.get(&mut tx.connection(), new.pipeline, new.revision).await?;
    let job = document.jobs.iter().find(|job| job.name == taken.name);
    if has_slot
        && let Some(job) = job.filter(|job| job.when.is_none())
        && let JobBody::Steps(body) = &job.body
        && gate::rules_for(app, &mut tx.connection(), new, taken).await?.is_none()
    {
        let status = step(JobRunStatus::Waiting, JobRunEvent::Queue)?;
        let made = job_runs::create(tx, new, taken.into(), (taken.sequence, status)).await?;
        offer(tx, &made, (job, body)).await?;
        return Ok(made);
    }
    let made = job_runs::create(tx, new, taken.into(), (taken.sequence, JobRunStatus::Waiting)).await?;
    begin(app, tx, &made, has_slot).await?;
    Ok(made)
}

/// Gives a job run that has not begun the newer set.
pub(super) async fn supersede_set(tx: &mut Tx, line: &Line, id: JobRunId, set: &Start) -> Result<bool> {
    let Some(pipeline) = pipeline_of(line, set.job) else { return Ok(false) };
    if job_runs::exists_for_set(&mut tx.connection(), set.job, &set.digest()).await? {
        return Ok(false);
    }
    let before = find_before(tx, set).await?;
    let old = job_runs::get(&mut tx.connection(), id).await?;
    let run = run_of(tx, (line, pipeline), set, before).await?;
    let new = NewJobRun {
        workspace: pipeline.workspace,
        pipeline: pipeline.id,
        run,
        job: set.job,
        revision: pipeline.revision,
        number: old.number,
        attempt: old.attempt,
        rerun_of: old.rerun_of,
        set_digest: Some(set.digest()),
        params: old.params.clone(),
        inputs: inputs_of(line, set),
        follows: set.follows.clone(),
    };
    job_runs::supersede(tx, &old, &new).await?;
    Ok(true)
}

/// Ends a gate that people look at, because a newer set has come.
pub(super) async fn withdraw(app: &App, tx: &mut Tx, id: JobRunId) -> Result<()> {
    let job_run = job_runs::get(&mut tx.connection(), id).await?;
    let ending = Ending { gate: Some(GateStatus::Superseded), ..Ending::new(JobRunStatus::Stopped, Some("superseded")) };
    finish::finish(app, tx, &job_run, ending).await
}

/// Moves a job run that waits for a slot on to the runners.
pub(super) async fn queue_waiting(app: &App, tx: &mut Tx, id: JobRunId) -> Result<()> {
    let job_run = job_runs::get(&mut tx.connection(), id).await?;
    if job_run.status != JobRunStatus::Waiting {
        return Ok(());
    }
    begin(app, tx, &job_run, true).await
}

/// Brings a job run that was just made, or has a slot now, as far as it gets without a runner: skipped by its `when`, before people, in the
/// queue, or waiting for a slot.
pub(super) async fn begin(app: &App, tx: &mut Tx, job_run: &JobRun, has_slot: bool) -> Result<()> {
    let document = app.documents.get(&mut tx.connection(), job_run.pipeline, job_run.revision).await?;
    let Some(job) = document.jobs.iter().find(|job| job.name == job_run.job_name) else {
        return Err(StoreError::Corrupt(format!("revision {} has no job {}", job_run.revision, job_run.job_name)));
    };
    if let Some(when) = &job.when {
        let run = runs::get(&mut tx.connection(), job_run.run).await?;
        let context = Context::read(&mut tx.connection(), (job_run.clone(), run), Some(job)).await?;
        if let Some(ending) = judge_when(when, &context) {
            return finish::finish(app, tx, job_run, ending).await;
        }
    }
    if !has_slot {
        return Ok(());
    }
    let rules = gate::rules_of(app, &mut tx.connection(), job_run).await?;
    if let (None, JobBody::Steps(body)) = (&rules, &job.body) {
        return queue(tx, job_run, (job, body)).await;
    }
    let run = runs::get(&mut tx.connection(), job_run.run).await?;
    match (rules, &job.body) {
        (Some(rules), _) => gate::open_gate(app, tx, (job_run, &run), &rules).await,
        (None, JobBody::Tasks(body)) => tasks::open_checklist(app, tx, (job_run, &run), body).await,
        (None, _) => Err(StoreError::Corrupt(format!("the gate {} has no rules", job_run.job_name))),
    }
}

/// What a false or failing `when` makes of the job run.
fn judge_when(when: &str, context: &Context) -> Option<Ending<'static>> {
    let evaluated = expression::Expression::parse(when).map_err(|error| error.to_string());
    let evaluated = evaluated.and_then(|when| when.evaluate_bool(&context.to_json(&BTreeMap::new())).map_err(|error| error.to_string()));
    match evaluated {
        Ok(true) => None,
        Ok(false) => Some(Ending { detail: Some(format!("`when` is false: {when}")), ..Ending::new(JobRunStatus::Skipped, Some("when")) }),
        Err(error) => Some(Ending {
            detail: Some(format!("`when` cannot be evaluated: {error}")),
            ..Ending::new(JobRunStatus::Errored, Some("when-failed"))
        }),
    }
}

pub(super) async fn queue(tx: &mut Tx, job_run: &JobRun, (job, body): (&Job, &StepsBody)) -> Result<()> {
    let status = step(job_run.status, JobRunEvent::Queue)?;
    job_runs::set_status(tx, job_run, Move::to(status)).await?;
    offer(tx, job_run, (job, body)).await
}

/// Writes what runners can take of it.
async fn offer(tx: &mut Tx, job_run: &JobRun, (job, body): (&Job, &StepsBody)) -> Result<()> {
    let cells = body.matrix.as_ref().map_or_else(|| vec![BTreeMap::new()], Matrix::cells);
    let new = cells.into_iter().map(|matrix| executions::NewExecution {
        cell: cell_name(&matrix),
        matrix,
        labels: body.labels.clone(),
        attempt: 0,
        priority: job.priority,
        queued_at: None,
    });
    executions::create(tx, job_run.workspace, job_run.id, new.collect()).await.map(drop)
}

fn cell_name(matrix: &BTreeMap<String, String>) -> Option<String> {
    (!matrix.is_empty()).then(|| matrix.iter().map(|(axis, value)| format!("{axis}={value}")).collect::<Vec<_>>().join(", "))
}

/// Applies the rule of the states; what it forbids is a bug or a race, and ends the transaction.
pub(super) fn step(status: JobRunStatus, event: JobRunEvent) -> Result<JobRunStatus> {
    apply(status, event).map_err(|error| StoreError::Conflict(error.to_string()))
}

fn pipeline_of(line: &Line, job: JobId) -> Option<&PipelineFacts> {
    line.pipeline(line.job(job)?.pipeline)
}

fn inputs_of(line: &Line, set: &Start) -> Vec<NewInput> {
    let with_resource = |(name, version): &(String, _)| {
        let resource = line.history().version(*version)?.resource;
        Some(NewInput { name: name.clone(), resource, version: *version })
    };
    set.inputs.iter().filter_map(with_resource).collect()
}

/// The run that a set belongs to: the one that goes on, or a new one.
async fn run_of(tx: &mut Tx, (line, pipeline): (&Line, &PipelineFacts), set: &Start, before: Option<Before>) -> Result<RunId> {
    if let Some(before) = before {
        if before.pipeline != pipeline.id {
            let upstream = job_runs::get(&mut tx.connection(), before.upstream).await?;
            return run_of_upstream(tx, pipeline, &upstream).await;
        }
        if before.run_has_ended {
            runs::reopen(tx, pipeline.workspace, pipeline.id, before.run).await?;
        }
        return Ok(before.run);
    }
    let cause = set.triggered_by.or_else(|| set.inputs.first().map(|(_, version)| *version));
    let Some(cause) = cause else {
        return create_run(tx, pipeline, ("job", None)).await;
    };
    let version = versions::get(&mut tx.connection(), cause).await?;
    if let Some(maker) = version.made_by {
        let maker = job_runs::get(&mut tx.connection(), maker).await?;
        if maker.pipeline == pipeline.id {
            runs::reopen(tx, pipeline.workspace, pipeline.id, maker.run).await?;
            return Ok(maker.run);
        }
        return run_of_upstream(tx, pipeline, &maker).await;
    }
    if let Some(run) = runs::find_by_cause(&mut tx.connection(), pipeline.id, cause).await? {
        runs::reopen(tx, pipeline.workspace, pipeline.id, run).await?;
        return Ok(run);
    }
    let name = line.resource(version.resource).map_or("", |resource| resource.name.as_str());
    create_run(tx, pipeline, (&version.origin.clone(), Some((&version, name)))).await
}

/// The run that goes on from a job run of another pipeline: one for each run there.
async fn run_of_upstream(tx: &mut Tx, pipeline: &PipelineFacts, upstream: &JobRun) -> Result<RunId> {
    if let Some(run) = runs::find_by_upstream(&mut tx.connection(), pipeline.id, upstream.run).await? {
        runs::reopen(tx, pipeline.workspace, pipeline.id, run).await?;
        return Ok(run);
    }
    let cause = runs::get(&mut tx.connection(), upstream.run).await?;
    let new = NewRun {
        workspace: pipeline.workspace,
        pipeline: pipeline.id,
        revision: pipeline.revision,
        cause: "upstream".to_owned(),
        cause_version: None,
        cause_detail: Some(format!("{}/{} #{}", cause.pipeline_name, upstream.job_name, upstream.label())),
        actor: Some(cause.actor),
        author: cause.author,
        note: None,
        params: serde_json::Map::new(),
    };
    let run = runs::create(tx, &new).await?;
    runs::set_upstream(tx, run, upstream.run).await?;
    Ok(run)
}

async fn create_run(tx: &mut Tx, pipeline: &PipelineFacts, cause: (&str, Option<(&versions::Version, &str)>)) -> Result<RunId> {
    let (cause, version) = cause;
    let new = NewRun {
        workspace: pipeline.workspace,
        pipeline: pipeline.id,
        revision: pipeline.revision,
        cause: cause.to_owned(),
        cause_version: version.map(|(version, _)| version.id),
        cause_detail: version.map(|(version, resource)| match names::subject(version) {
            Some(subject) => format!("{resource}@{} {subject}", names::short(&version.map)),
            None => format!("{resource}@{}", names::short(&version.map)),
        }),
        author: version.and_then(|(version, _)| version.metadata.get("author").cloned()),
        actor: version.map(|(version, _)| version.actor.clone()),
        note: None,
        params: serde_json::Map::new(),
    };
    runs::create(tx, &new).await
}
