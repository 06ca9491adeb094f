//! How a job run ends: its outputs become versions, its state is kept, it vouches, its gate closes; and how a run ends.

use super::{names, notices, numbers, start, tasks};
use crate::app::App;
use crate::store::line::executions::Execution;
use crate::store::line::job_runs::{JobRun, Move, Traces};
use crate::store::line::{
    deployments, executions, gate_decisions, gates, job_runs, jobs, pipelines, reports, resources, revision_names, runs, versions,
};
use crate::store::{Result, Tx};
use andon_pipelines::document::{self, Document, Job, JobBody, ResourceKind};
use andon_pipelines::gate::state_of;
use andon_pipelines::ids::{ResourceId, RunId, VersionId};
use andon_pipelines::state::{GateStatus, JobRunEvent, JobRunStatus, RunOutcome, RunStatus, run_status};
use andon_pipelines::wire::{Blob, Outcome};
use std::collections::BTreeMap;

/// How a job run is to end.
#[derive(Clone, Debug)]
pub(super) struct Ending<'a> {
    pub status: JobRunStatus,
    /// Machine-readable.
    pub reason: Option<&'a str>,
    /// For people.
    pub detail: Option<String>,
    /// For gates: how the gate closes.
    pub gate: Option<GateStatus>,
}

impl<'a> Ending<'a> {
    pub(super) const fn new(status: JobRunStatus, reason: Option<&'a str>) -> Self {
        Self { status, reason, detail: None, gate: None }
    }
}

/// Ends a job run, with everything that follows from it, in the caller's transaction.
pub(super) async fn finish(app: &App, tx: &mut Tx, job_run: &JobRun, ending: Ending<'_>) -> Result<()> {
    finish_traced(app, tx, (job_run, Traces::UNKNOWN), ending).await
}

/// The same, where somebody has looked for what its end has to look at.
async fn finish_traced(app: &App, tx: &mut Tx, (job_run, traces): (&JobRun, Traces), ending: Ending<'_>) -> Result<()> {
    let status = start::step(job_run.status, JobRunEvent::End(ending.status))?;
    let document = app.documents.get(&mut tx.connection(), job_run.pipeline, job_run.revision).await?;
    let job = document.jobs.iter().find(|job| job.name == job_run.job_name);
    if job_run.status == JobRunStatus::Awaiting {
        close_gate(tx, job_run, ending.gate).await?;
        tasks::close_checklist(tx, job_run.id).await?;
    }
    let mut vouchers = Vouchers::default();
    let outputs = match job {
        Some(job) => publish(tx, job_run, (job, &document), status).await?,
        None => Vec::new(),
    };
    let mut made: Vec<_> = outputs.iter().map(|(_, version)| *version).collect();
    let vouches = matches!(status, JobRunStatus::Succeeded | JobRunStatus::Skipped | JobRunStatus::Failed);
    if vouches {
        for (resource, version) in &outputs {
            vouchers.add(*resource, *version, 0);
        }
        // Who takes nothing and follows nobody stands on nothing.
        if job.is_none_or(|job| !job.inputs.is_empty() || job.names_upstream()) {
            for (resource, version, distance) in job_runs::list_foundations(&mut tx.connection(), job_run.id).await? {
                vouchers.add(resource, version, distance);
            }
        }
    }
    if status == JobRunStatus::Succeeded {
        keep_state(tx, (job_run, traces), job).await?;
        if let Some(job) = job {
            made.extend(deploy(tx, job_run, (job, &document), &mut vouchers).await?);
        }
    }
    if vouches {
        job_runs::insert_vouchers(tx, job_run.id, &vouchers.0).await?;
    }
    let step = Move { to: status, reason: ending.reason, detail: ending.detail.as_deref(), outputs: made };
    job_runs::set_status(tx, job_run, step).await?;
    // What waits for people holds its own gate, and must not wait for another one that does the same.
    if job_run.status != JobRunStatus::Awaiting && traces.watched {
        gates::touch_watching(tx, job_run.pipeline).await?;
    }
    if !traces.wishes && document.notify.is_empty() {
        return Ok(());
    }
    notices::notify_end(app, tx, &document, job_run, (status, ending.gate)).await
}

/// What a job run vouches for: the nearer version of a resource stands.
#[derive(Default)]
struct Vouchers(Vec<(ResourceId, VersionId, i64)>);

impl Vouchers {
    fn add(&mut self, resource: ResourceId, version: VersionId, distance: i64) {
        if !self.0.iter().any(|(known, _, _)| *known == resource) {
            self.0.push((resource, version, distance));
        }
    }
}

async fn close_gate(tx: &mut Tx, job_run: &JobRun, how: Option<GateStatus>) -> Result<()> {
    let Some(gate) = gates::find_by_job_run(&mut tx.connection(), job_run.id).await? else { return Ok(()) };
    // Who lets something through says so before.
    if gate.status != GateStatus::Open {
        return Ok(());
    }
    let status = how.unwrap_or(GateStatus::Withdrawn);
    let cause = match status {
        GateStatus::Open | GateStatus::Approved | GateStatus::Rejected => "people",
        GateStatus::Expired => "timeout",
        GateStatus::Superseded => "newer-set",
        GateStatus::Withdrawn => "stop",
    };
    gates::close(tx, job_run.workspace, &gate, (status, cause)).await
}

/// Makes versions of what the executions put out, as far as the end allows.
async fn publish(
    tx: &mut Tx,
    job_run: &JobRun,
    (job, document): (&Job, &Document),
    status: JobRunStatus,
) -> Result<Vec<(ResourceId, VersionId)>> {
    let may = matches!(job.body, JobBody::Steps(_)) && matches!(status, JobRunStatus::Succeeded | JobRunStatus::Failed);
    if !may || job.outputs.is_empty() {
        return Ok(Vec::new());
    }
    let allowed =
        |name: &str| job.outputs.iter().any(|output| output.resource == name && (status == JobRunStatus::Succeeded || output.always));
    let mut made = Vec::new();
    for wish in numbers::list_wishes(tx, job_run, (job, document)).await?.into_iter().filter(|wish| allowed(&wish.name)) {
        match wish.make(tx).await? {
            Ok(map) => {
                let (version, _) = versions::create(tx, made_by(job_run, (wish.resource, map), None)).await?;
                made.push((wish.resource, version));
            }
            // A success does not come here with it; a failure has its own reason already.
            Err(error) => tracing::warn!(job_run = %job_run.id, output = wish.name, %error, "a number was not published"),
        }
    }
    let outputs = reports::list_outputs(&mut tx.connection(), job_run.id).await?;
    if made.is_empty() && outputs.is_empty() {
        return Ok(made);
    }
    let ids = own_resources(tx, job_run).await?;
    for output in outputs {
        let (true, Some(resource)) = (allowed(&output.resource), ids.get(&output.resource)) else { continue };
        let kind = document.resources.iter().find(|candidate| candidate.name == output.resource).map(|resource| &resource.kind);
        let Some(map) = version_map(tx, *resource, kind, &output).await? else { continue };
        let (version, _) = versions::create(tx, made_by(job_run, (*resource, map), output.archive)).await?;
        made.push((*resource, version));
    }
    job_runs::insert_outputs(tx, job_run.id, &made).await?;
    Ok(made)
}

/// The pipeline's resources by the names that they have in the job run's revision, whatever they are called by now.
pub(super) async fn own_resources(tx: &mut Tx, job_run: &JobRun) -> Result<BTreeMap<String, ResourceId>> {
    Ok(revision_names::get(&mut tx.connection(), job_run.pipeline, job_run.revision).await?.resources)
}

/// A version that a job run makes.
fn made_by(job_run: &JobRun, (resource, map): (ResourceId, BTreeMap<String, String>), archive: Option<Blob>) -> versions::NewVersion {
    versions::NewVersion {
        workspace: job_run.workspace,
        pipeline: job_run.pipeline,
        resource,
        map,
        metadata: BTreeMap::new(),
        archive,
        origin: "job",
        made_by: Some(job_run.id),
    }
}

/// The map of the version that an output makes, by the kind of its resource.
async fn version_map(
    tx: &mut Tx,
    resource: ResourceId,
    kind: Option<&ResourceKind>,
    output: &reports::Output,
) -> Result<Option<BTreeMap<String, String>>> {
    Ok(match (kind, &output.archive) {
        (Some(ResourceKind::File), Some(blob)) => {
            Some(BTreeMap::from([("digest".to_owned(), blob.digest.clone()), ("size".to_owned(), blob.size.to_string())]))
        }
        // Numbers are made apart: see `numbers`.
        (Some(ResourceKind::File | ResourceKind::Semver { .. }) | None, _) => None,
        (Some(ResourceKind::State), _) => {
            let newest = versions::find_newest(&mut tx.connection(), resource).await?;
            let mut map = newest.as_ref().map(|version| version.map.clone()).unwrap_or_default();
            let revision: i64 = map.get("revision").and_then(|revision| revision.parse().ok()).unwrap_or(0);
            map.extend(output.map.clone());
            map.insert("revision".to_owned(), (revision + 1).to_string());
            Some(map)
        }
        _ => Some(output.map.clone()),
    })
}

/// The last good key-values, with what this job run wrote on top, and what approvers answered. A gate has only the latter: an answer that
/// nobody gave this time does not come from the last one.
async fn keep_state(tx: &mut Tx, (job_run, traces): (&JobRun, Traces), job: Option<&Job>) -> Result<()> {
    let is_gate = job.is_some_and(|job| matches!(job.body, JobBody::Approval(_)));
    let mut written = BTreeMap::new();
    if traces.state {
        written = reports::get_state(&mut tx.connection(), job_run.id).await?;
    }
    if traces.gate {
        written.extend(state_of(&gate_decisions::get_output(&mut tx.connection(), job_run.id).await?));
    }
    let mut state = if is_gate { BTreeMap::new() } else { job_run.job_state.clone() };
    let changed = is_gate || !written.is_empty();
    state.extend(written);
    if changed {
        jobs::set_state(tx, job_run.job, &state).await?;
    }
    if state.is_empty() { Ok(()) } else { job_runs::set_state(tx, job_run.id, &state).await }
}

/// Writes what now runs where: for each environment that the job puts out, a version that holds the main value of everything in its lineage.
async fn deploy(tx: &mut Tx, job_run: &JobRun, (job, document): (&Job, &Document), vouchers: &mut Vouchers) -> Result<Vec<VersionId>> {
    let is_environment =
        |name: &str| document.resources.iter().any(|resource| resource.name == name && matches!(resource.kind, ResourceKind::Environment));
    let targets: Vec<_> = job.outputs.iter().filter(|output| is_environment(&output.resource)).collect();
    let mut made = Vec::new();
    if targets.is_empty() {
        return Ok(made);
    }
    let ids = own_resources(tx, job_run).await?;
    let mut map = BTreeMap::new();
    for (resource, version, _) in &vouchers.0 {
        let resource = resources::get(&mut tx.connection(), *resource).await?;
        let name = match resource.pipeline == job_run.pipeline {
            true => resource.name,
            false => format!("{}/{}", pipelines::get(&mut tx.connection(), resource.pipeline).await?.name, resource.name),
        };
        if !matches!(resource.source, ResourceKind::Environment | ResourceKind::State) {
            map.insert(name, names::main_value(&versions::get(&mut tx.connection(), *version).await?.map));
        }
    }
    // What the line starts by itself was brought about by who started the run.
    let deployer = match job_run.actor.as_str() {
        "andon" => runs::get(&mut tx.connection(), job_run.run).await?.actor,
        actor => actor.to_owned(),
    };
    let mut outputs = Vec::new();
    for target in targets {
        let Some(resource) = ids.get(&target.resource).copied() else { continue };
        let (version, _) = versions::create(tx, made_by(job_run, (resource, map.clone()), None)).await?;
        deployments::create(tx, (job_run.workspace, job_run.pipeline), job_run.id, (resource, version), &deployer).await?;
        outputs.push((resource, version));
        vouchers.add(resource, version, 0);
        made.push(version);
    }
    job_runs::insert_outputs(tx, job_run.id, &outputs).await?;
    Ok(made)
}

/// Ends the job run when the last of its executions has ended. The job run has to be locked: see [`job_runs::get_locked`].
pub(super) async fn finish_executions(app: &App, tx: &mut Tx, job_run: &JobRun) -> Result<()> {
    let all = executions::list_of_job_run(&mut tx.connection(), job_run.id).await?;
    finish_with(app, tx, (job_run, Traces::UNKNOWN), &all).await
}

/// Ends a job run whose one execution has ended: there are no others but those that it took the place of.
pub(super) async fn finish_single(app: &App, tx: &mut Tx, (job_run, traces): (&JobRun, Traces), ended: Execution) -> Result<()> {
    finish_with(app, tx, (job_run, traces), &[ended]).await
}

async fn finish_with(app: &App, tx: &mut Tx, (job_run, traces): (&JobRun, Traces), all: &[Execution]) -> Result<()> {
    let counted: Vec<_> = all.iter().filter(|execution| execution.status != executions::ExecutionStatus::Replaced).collect();
    if counted.iter().any(|execution| execution.status != executions::ExecutionStatus::Ended) {
        return Ok(());
    }
    let worst =
        [(Outcome::Errored, JobRunStatus::Errored), (Outcome::Failed, JobRunStatus::Failed), (Outcome::Stopped, JobRunStatus::Stopped)];
    let culprit = worst.iter().find_map(|(outcome, status)| Some((counted.iter().find(|one| one.outcome == Some(*outcome))?, *status)));
    let ending = match culprit {
        None => match find_fault(app, tx, job_run).await? {
            None => Ending::new(JobRunStatus::Succeeded, None),
            detail => Ending { detail, ..Ending::new(JobRunStatus::Failed, Some("output-invalid")) },
        },
        // Who stopped it, and why, was written down when they asked.
        Some((execution, JobRunStatus::Stopped)) if job_run.detail.is_some() => {
            let reason = job_run.reason.as_deref().or(execution.reason.as_deref());
            Ending { detail: job_run.detail.clone(), ..Ending::new(JobRunStatus::Stopped, reason) }
        }
        Some((execution, status)) => {
            let detail = match (&execution.cell, &execution.detail) {
                (Some(cell), Some(detail)) => Some(format!("{cell}: {detail}")),
                (cell, detail) => detail.clone().or_else(|| cell.clone()),
            };
            Ending { detail, ..Ending::new(status, execution.reason.as_deref()) }
        }
    };
    finish_traced(app, tx, (job_run, traces), ending).await
}

/// What the job run put out and nobody can publish.
async fn find_fault(app: &App, tx: &mut Tx, job_run: &JobRun) -> Result<Option<String>> {
    let document = app.documents.get(&mut tx.connection(), job_run.pipeline, job_run.revision).await?;
    match document.jobs.iter().find(|job| job.name == job_run.job_name) {
        Some(job) => numbers::find_fault(tx, job_run, (job, &document)).await,
        None => Ok(None),
    }
}

/// Records the ends of runs of which nothing is active.
pub(super) async fn end_runs(app: &App, tx: &mut Tx, ids: &[RunId]) -> Result<()> {
    for (run, parts) in runs::list_parts(&mut tx.connection(), ids).await? {
        let document = app.documents.get(&mut tx.connection(), run.pipeline, run.revision).await?;
        if let Some(outcome) = outcome_of(&document, &parts) {
            runs::end(tx, &run, outcome).await?;
        }
    }
    Ok(())
}

/// How a run has ended; `None` while something of it is active.
fn outcome_of(document: &Document, parts: &[runs::Part]) -> Option<RunOutcome> {
    let ends = document::ends_of_line(document);
    // A rerun stands for its original.
    let replaced: Vec<_> = parts.iter().filter_map(|part| part.rerun_of).collect();
    let statuses: Vec<_> = parts
        .iter()
        .filter(|part| !replaced.contains(&part.id) && part.reason.as_deref() != Some("superseded"))
        .map(|part| (part.status, ends.contains(&part.job_name)))
        .collect();
    match run_status(&statuses) {
        RunStatus::Ended(outcome) => Some(outcome),
        // Every job run of it was superseded, or went on in a newer run.
        RunStatus::Scheduled => Some(RunOutcome::Stopped),
        _ => None,
    }
}
