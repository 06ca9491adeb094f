//! Runners come for work.

use super::assign::Assigner;
use super::desk::{Given, Place};
use super::start::step;
use crate::app::App;
use crate::store::line::executions::{Execution, ExecutionStatus};
use crate::store::line::job_runs::Stand;
use crate::store::line::runners::Runner;
use crate::store::line::{executions, job_runs, runners, runs};
use crate::store::{Result, StoreError, Tx};
use andon_pipelines::event::Event;
use andon_pipelines::state::{JobRunEvent, JobRunStatus};
use andon_pipelines::wire::{Assignment, Claim, Claimed, Registered, Registration};
use std::collections::BTreeSet;

/// How many queued executions are read at once, at most.
const PAGE: usize = 100;
/// How many more than are wanted are read at first: most runners can take most of what waits.
const SPARE: usize = 2;

/// Takes a runner in. What it held in an earlier life is lost.
///
/// # Errors
/// Whatever the database says.
pub async fn register(app: &App, registration: &Registration, address: Option<&str>) -> Result<Registered> {
    let mut tx = app.db.begin(&format!("runner:{}", registration.name)).await?;
    let runner = runners::register(&mut tx, registration, address).await?;
    tx.commit().await?;
    let milliseconds = |value: i64| u64::try_from(value).unwrap_or(0);
    Ok(Registered { runner, heartbeat_ms: milliseconds(app.settings.heartbeat_ms), lease_ms: milliseconds(app.settings.lease_ms) })
}

/// Answers work as soon as there is some that fits the runner, executions it should stop, or nothing after the time it is willing to wait.
///
/// # Errors
/// [`StoreError::NotFound`] when the runner is unknown: it has to register.
pub async fn claim(app: &App, assigner: &Assigner, claim: &Claim) -> Result<Claimed> {
    let until = app.clock.now_ms() + i64::try_from(claim.wait_ms.min(60_000)).unwrap_or(60_000);
    let mut newest = app.db.events().watch();
    let mut seen = *newest.borrow_and_update();
    let mut look = Look { work: claim.free > 0, stops: true };
    let mut is_back = true;
    loop {
        let found = claim_now(app, assigner, (claim, look), is_back).await?;
        if !found.assignments.is_empty() || !found.stop.is_empty() {
            return Ok(found);
        }
        is_back = false;
        let mut place = (claim.free > 0).then(|| app.desk.wait(claim.runner, claim.free as usize));
        let (given, is_over) = tokio::select! {
            given = wait_at(&mut place) => (given, false),
            () = app.clock.sleep_until(until) => (None, true),
            changed = newest.changed() => (None, changed.is_err()),
        };
        let given = match (given, place) {
            (None, Some(place)) => place.leave().await,
            (given, _) => given,
        };
        if let Some(given) = given {
            return Ok(Claimed { assignments: assign_all(app, assigner, given).await?, stop: Vec::new() });
        }
        if is_over {
            return Ok(Claimed::default());
        }
        let latest = *newest.borrow_and_update();
        (look, seen) = concerns(app, (seen, latest), claim);
    }
}

async fn wait_at(place: &mut Option<Place<'_>>) -> Option<Given> {
    match place {
        Some(place) => place.wait().await,
        None => std::future::pending().await,
    }
}

/// What is worth looking for.
#[derive(Clone, Copy, Debug, Default)]
struct Look {
    work: bool,
    stops: bool,
}

/// What anything after the event `seen` could have brought, and the last event that was looked at. What stands behind a gap is looked at when
/// the gap is filled.
fn concerns(app: &App, (seen, latest): (i64, i64), claim: &Claim) -> (Look, i64) {
    let has_free = claim.free > 0;
    let Some(events) = app.db.events().after(seen) else {
        return (Look { work: has_free && latest > seen, stops: latest > seen }, latest);
    };
    let mut look = Look::default();
    // Most of what is queued by the end of something is given away by the same commit.
    let mut queued = BTreeSet::new();
    for event in &events {
        match &event.event {
            Event::ExecutionQueued { execution, .. } => _ = queued.insert(*execution),
            Event::ExecutionStarted { execution, .. } => _ = queued.remove(execution),
            Event::RunnerChanged { .. } => look.work = has_free,
            Event::JobRunMoved { status: JobRunStatus::Stopping, .. } => look.stops = true,
            _ => {}
        }
    }
    look.work |= has_free && !queued.is_empty();
    (look, events.last().map_or(seen, |event| event.sequence))
}

async fn claim_now(app: &App, assigner: &Assigner, (claim, look): (&Claim, Look), is_back: bool) -> Result<Claimed> {
    if !look.work && !look.stops {
        return Ok(Claimed::default());
    }
    let (held, any_queued) = {
        let mut reader = app.db.read().await?;
        executions::list_for_claim(&mut reader.connection(), claim.runner, look.work).await?
    };
    let stops = held.iter().filter(|execution| execution.stop_requested && !claim.stopping.contains(&execution.id));
    let stop: Vec<_> = stops.map(|execution| execution.id).collect();
    let lost = if is_back { list_undelivered(claim, held) } else { Vec::new() };
    if !lost.is_empty() {
        return Ok(Claimed { assignments: assign_all(app, assigner, lost).await?, stop: Vec::new() });
    }
    let claimed = if look.work && any_queued { take(app, claim).await? } else { Vec::new() };
    Ok(Claimed { assignments: assign_all(app, assigner, claimed).await?, stop })
}

pub(super) async fn assign_all(app: &App, assigner: &Assigner, claimed: Given) -> Result<Vec<Assignment>> {
    let mut assignments = Vec::with_capacity(claimed.len());
    if claimed.is_empty() {
        return Ok(assignments);
    }
    let mut ids: Vec<_> = claimed.iter().map(|execution| execution.job_run).collect();
    ids.sort_unstable();
    ids.dedup();
    let known = runs::list_of_job_runs(&mut app.db.read().await?.connection(), &ids).await?;
    for execution in claimed {
        let Some((job_run, run)) = known.iter().find(|(job_run, _)| job_run.id == execution.job_run) else { continue };
        match assigner.assign(app, &execution, (job_run.clone(), run.clone())).await {
            Ok(assignment) => assignments.push(assignment),
            Err(error) => super::report::fail_assignment(app, &execution, &format!("{error:#}")).await?,
        }
    }
    Ok(assignments)
}

/// What the runner was given by an answer that never reached it: it was written down, then the server or the connection died. A runner sends
/// one claim after the other, so what it does not hold now it has never had, or has long reported on, or is given at this moment by the
/// answer to a report; it begins nothing twice.
fn list_undelivered(claim: &Claim, mut held: Vec<Execution>) -> Vec<Execution> {
    let Some(holding) = &claim.holding else { return Vec::new() };
    held.retain(|execution| execution.reported == 0 && !holding.contains(&execution.id));
    held.truncate(claim.free as usize);
    held
}

/// Gives as many queued executions to the runner as it has slots for.
async fn take(app: &App, claim: &Claim) -> Result<Given> {
    let mut tx = app.db.begin("andon").await?;
    let runner = runners::find(&mut tx.connection(), claim.runner).await?.ok_or(StoreError::NotFound { what: "the runner" })?;
    let given = give(app, &mut tx, &runner, claim.free as usize).await?;
    if given.is_empty() {
        tx.rollback().await?;
    } else {
        tx.commit().await?;
    }
    Ok(given)
}

/// The same in the caller's transaction, for so many slots.
pub(super) async fn give(app: &App, tx: &mut Tx, runner: &Runner, free: usize) -> Result<Given> {
    if free == 0 {
        return Ok(Vec::new());
    }
    let fitting = find_fitting(tx, app.db.row_lock(), runner, free).await?;
    if fitting.is_empty() {
        return Ok(Vec::new());
    }
    let lease_until = tx.at() + app.settings.lease_ms;
    let ids: Vec<_> = fitting.iter().map(|(execution, _)| execution.id).collect();
    executions::claim(tx, &ids, runner.id, lease_until).await?;
    let mut begun = BTreeSet::new();
    for (execution, job_run) in &fitting {
        if job_run.status == JobRunStatus::Queued && begun.insert(job_run.id) {
            step(job_run.status, JobRunEvent::Start)?;
            job_runs::set_running(tx, *job_run, execution.cell.is_none()).await?;
        }
        let started = Event::ExecutionStarted { execution: execution.id, job_run: job_run.id, runner: runner.id };
        tx.emit(Some(job_run.workspace), started);
    }
    let taken = |execution: Execution| Execution { status: ExecutionStatus::Running, runner: Some(runner.id), ..execution };
    Ok(fitting.into_iter().map(|(execution, _)| taken(execution)).collect())
}

/// The oldest queued executions that the runner can take, past however many that it cannot.
async fn find_fitting(tx: &mut Tx, lock: &'static str, runner: &Runner, free: usize) -> Result<Vec<(Execution, Stand)>> {
    let mut fitting = Vec::new();
    let mut last: Option<Execution> = None;
    // What is read is locked for others, too.
    let mut size = (free + SPARE).min(PAGE);
    loop {
        let page = executions::list_queued(tx, lock, last.as_ref(), size).await?;
        let is_last = page.len() < size;
        size = PAGE;
        last = page.last().map(|(execution, _)| execution.clone());
        fitting.extend(page.into_iter().filter(|(execution, _)| fits(runner, execution)).take(free - fitting.len()));
        if is_last || fitting.len() == free {
            return Ok(fitting);
        }
    }
}

/// A runner has to offer every label that the job asks for.
fn fits(runner: &Runner, execution: &Execution) -> bool {
    runner.state == "active" && runner.drained.is_none() && execution.labels.iter().all(|label| runner.labels.contains(label))
}
