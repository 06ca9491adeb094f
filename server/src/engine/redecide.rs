//! What a new revision means for job runs that have not ended. Those that have begun keep the revision that they began with. Those that
//! wait, for a slot, a runner or people, are withdrawn when their job is gone or asks for something else now; the line then decides anew,
//! as if they had never been. Job runs that people asked for keep what they asked for.

use super::finish::{self, Ending};
use crate::app::App;
use crate::store::line::job_runs::JobRun;
use crate::store::line::{executions, job_runs, jobs};
use crate::store::{Result, Tx};
use andon_pipelines::document::{Document, Job, JobBody, rename_foreign};
use andon_pipelines::ids::PipelineId;
use andon_pipelines::state::{GateStatus, JobRunStatus};
use std::collections::BTreeMap;

/// Goes through the job runs of a pipeline whose jobs have just been brought in line with `document`.
pub(super) async fn redecide(app: &App, tx: &mut Tx, (pipeline, revision): (PipelineId, i64), document: &Document) -> Result<()> {
    for id in job_runs::list_unfinished(&mut tx.connection(), pipeline).await? {
        let job_run = job_runs::get_locked(tx, app.db.row_lock(), id).await?;
        if !(job_run.status.is_pending() || job_run.status == JobRunStatus::Awaiting) {
            continue;
        }
        let row = jobs::get(&mut tx.connection(), job_run.job).await?;
        let now = document.jobs.iter().find(|job| row.current && job.name == row.name);
        let Some(now) = now else {
            let detail = format!("revision {revision} has no job {}", job_run.job_name);
            withdraw(app, tx, &job_run, ("removed", detail)).await?;
            continue;
        };
        let before = app.documents.get(&mut tx.connection(), pipeline, job_run.revision).await?;
        let before = under_new_names(&before, document);
        // What people have been given to do goes on as it was given, like a program that runs.
        let asks_people = |job: &&Job| job.name == job_run.job_name && matches!(job.body, JobBody::Tasks(_));
        if job_run.status == JobRunStatus::Awaiting && before.jobs.iter().any(|job| asks_people(&job)) {
            continue;
        }
        let was = before.jobs.iter().find(|job| job.name == job_run.job_name);
        if job_run.automatic && !was.is_some_and(|was| asks_the_same(was, now)) {
            let detail = format!("revision {revision} changes the job");
            withdraw(app, tx, &job_run, ("superseded", detail)).await?;
        }
    }
    Ok(())
}

/// The older document with the names that jobs and resources have in the newer one, where others refer to them.
fn under_new_names(before: &Document, now: &Document) -> Document {
    let resources = now.resources.iter().filter_map(|resource| Some((resource.was.clone()?, resource.name.clone())));
    let jobs = now.jobs.iter().filter_map(|job| Some((job.was.clone()?, job.name.clone())));
    rename_foreign(before, (&resources.collect::<BTreeMap<_, _>>(), &jobs.collect::<BTreeMap<_, _>>()))
}

/// Whether a job run of the one is as good as one of the other. How many may run at once is looked up when a slot is free; an open gate that
/// gets other rules stays, and asks anew by itself.
fn asks_the_same(was: &Job, now: &Job) -> bool {
    let stays_gate = matches!((&was.body, &now.body), (JobBody::Approval(_), JobBody::Approval(_)));
    let body = |job: &Job| if stays_gate { now.body.clone() } else { job.body.clone() };
    let bare = |job: &Job| Job { name: String::new(), was: None, description: None, concurrency: None, body: body(job), ..job.clone() };
    bare(was) == bare(now)
}

async fn withdraw(app: &App, tx: &mut Tx, job_run: &JobRun, (reason, detail): (&'static str, String)) -> Result<()> {
    executions::request_stop(tx, job_run.id).await?;
    if job_run.automatic {
        job_runs::give_set_back(tx, job_run.workspace, job_run).await?;
    }
    let gate = if reason == "removed" { GateStatus::Withdrawn } else { GateStatus::Superseded };
    let ending = Ending { detail: Some(detail), gate: Some(gate), ..Ending::new(JobRunStatus::Stopped, Some(reason)) };
    finish::finish(app, tx, job_run, ending).await
}
