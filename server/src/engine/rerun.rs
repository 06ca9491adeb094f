//! Running again what has run: one job run, with what follows from it if asked for; the failed ones of a run; a whole run.

use super::cord::refuse_held;
use super::downstream;
use super::environments::find_lock_before;
use super::schedule::{Slots, Turn};
use super::start;
use crate::app::App;
use crate::http;
use crate::store::Tx;
use crate::store::line::job_runs::{JobRun, NewInput, NewJobRun};
use crate::store::line::{job_runs, runs};
use andon_pipelines::ids::{JobRunId, RunId};
use andon_pipelines::state::JobRunStatus;

/// What a rerun made, and what it takes along.
#[derive(Clone, Debug)]
pub struct Rerun {
    pub job_run: JobRunId,
    /// The job runs that are run again behind it, as people call them: `deploy #3`.
    pub downstream: Vec<String>,
}

/// Runs a job run again, on the same set; with `with_downstream`, also every job run of its run that stood on it, each on what comes of the
/// ones before it.
///
/// # Errors
/// 409 while it, or what it would take along, has not ended, and while its job is paused.
pub async fn rerun_job_run(app: &App, actor: &str, id: JobRunId, with_downstream: bool) -> http::Result<Rerun> {
    let turn = app.scheduler.turn(app).await?;
    let mut tx = app.db.begin(actor).await?;
    let original = job_runs::get(&mut tx.connection(), id).await?;
    let behind = if with_downstream { downstream::list_behind(&mut tx, &original).await? } else { Vec::new() };
    let mut slots = Slots::default();
    let job_run = rerun(app, &mut tx, (&turn, &mut slots), &original).await?;
    if with_downstream {
        downstream::plan(&mut tx, &original, job_run, &behind).await?;
    }
    tx.commit().await?;
    Ok(Rerun { job_run, downstream: behind.iter().map(|one| format!("{} #{}", one.job_name, one.label())).collect() })
}

/// Runs the failed job runs of a run again. Answers the new ones.
///
/// # Errors
/// 409 when none has failed.
pub async fn rerun_failed(app: &App, actor: &str, id: RunId) -> http::Result<Vec<JobRunId>> {
    let turn = app.scheduler.turn(app).await?;
    let mut tx = app.db.begin(actor).await?;
    let all = job_runs::list_of_run(&mut tx.connection(), id).await?;
    let replaced: Vec<_> = all.iter().filter_map(|job_run| job_run.rerun_of).collect();
    let failed = |job_run: &&JobRun| {
        matches!(job_run.status, JobRunStatus::Failed | JobRunStatus::Errored | JobRunStatus::Stopped)
            && !replaced.contains(&job_run.id)
            && job_run.reason.as_deref() != Some("superseded")
    };
    let mut slots = Slots::default();
    let mut made = Vec::new();
    for job_run in all.iter().filter(failed) {
        made.push(rerun(app, &mut tx, (&turn, &mut slots), job_run).await?);
    }
    if made.is_empty() {
        return Err(http::Error::conflict("Nothing of this run has failed."));
    }
    tx.commit().await?;
    Ok(made)
}

/// Runs a whole run again on the versions it began with: the job runs that followed nothing within it. The others follow by themselves.
///
/// # Errors
/// 409 while something of it is active.
pub async fn rerun_run(app: &App, actor: &str, id: RunId) -> http::Result<Vec<JobRunId>> {
    let turn = app.scheduler.turn(app).await?;
    let mut tx = app.db.begin(actor).await?;
    let all = job_runs::list_of_run(&mut tx.connection(), id).await?;
    let mut slots = Slots::default();
    let mut made = Vec::new();
    for job_run in all.iter().filter(|job_run| job_run.rerun_of.is_none()) {
        let upstream = job_runs::list_follows(&mut tx.connection(), job_run.id).await?;
        if upstream.iter().all(|upstream| upstream.run != id) {
            made.push(rerun(app, &mut tx, (&turn, &mut slots), job_run).await?);
        }
    }
    if made.is_empty() {
        return Err(http::Error::conflict("The run has no job runs to run again."));
    }
    tx.commit().await?;
    Ok(made)
}

async fn rerun(app: &App, tx: &mut Tx, (turn, slots): (&Turn<'_>, &mut Slots), original: &JobRun) -> http::Result<JobRunId> {
    refuse_active(original)?;
    refuse_held(&turn.line, original.job)?;
    if let Some(locked) = find_lock(app, tx, original).await? {
        return Err(http::Error::conflict(format!("Nothing starts while {locked}. Unlock it first.")));
    }
    let inputs = job_runs::list_inputs(&mut tx.connection(), original.id).await?;
    let follows = job_runs::list_follows(&mut tx.connection(), original.id).await?.into_iter().map(|job_run| job_run.id).collect();
    let cause = format!("rerun of {} #{} by {}", original.job_name, original.label(), tx.actor());
    let has_slot = slots.take(&turn.line, original.job);
    Ok(create(app, tx, original, Again { inputs, follows, cause, has_slot }).await?)
}

/// The lock that another attempt would run into: it deploys where its own revision says, whatever the job does today, and also
/// where that has gone.
pub(super) async fn find_lock(app: &App, tx: &mut Tx, original: &JobRun) -> crate::store::Result<Option<String>> {
    let document = app.documents.get(&mut tx.connection(), original.pipeline, original.revision).await?;
    find_lock_before(&mut tx.connection(), original, &document).await
}

/// # Errors
/// 409 when it has not ended.
pub(super) fn refuse_active(job_run: &JobRun) -> http::Result<()> {
    if job_run.status.is_terminal() {
        return Ok(());
    }
    let (name, label, status) = (&job_run.job_name, job_run.label(), job_run.status);
    Err(http::Error::conflict(format!("{name} #{label} has not ended yet: {status}. Stop it first, or wait.")))
}

/// What another attempt runs on, and why there is one.
pub(super) struct Again {
    pub inputs: Vec<NewInput>,
    pub follows: Vec<JobRunId>,
    pub cause: String,
    pub has_slot: bool,
}

/// Makes the next attempt of a job run.
pub(super) async fn create(app: &App, tx: &mut Tx, original: &JobRun, again: Again) -> crate::store::Result<JobRunId> {
    let workspace = original.workspace;
    let attempt = job_runs::get_last_attempt(&mut tx.connection(), original.job, original.number).await? + 1;
    let new = NewJobRun {
        workspace,
        pipeline: original.pipeline,
        run: original.run,
        job: original.job,
        revision: original.revision,
        number: original.number,
        attempt,
        rerun_of: Some(original.id),
        set_digest: None,
        params: original.params.clone(),
        inputs: again.inputs,
        follows: again.follows,
    };
    let sequence = job_runs::take_sequence(tx).await?;
    let mut made = job_runs::create(tx, &new, original.into(), (sequence, JobRunStatus::Waiting)).await?;
    job_runs::set_cause(tx, made.id, &again.cause).await?;
    made.cause = Some(again.cause);
    runs::reopen(tx, workspace, original.pipeline, original.run).await?;
    start::begin(app, tx, &made, again.has_slot).await?;
    Ok(made.id)
}
