//! The andon cord: holding a workspace, a pipeline or a job, and letting it go. What is held starts no job run and gives no slot away; what is
//! queued or runs already goes on.

use crate::app::App;
use crate::http;
use crate::store::line::pipelines::{Pause, Pipeline};
use crate::store::line::workspaces::{self, Workspace};
use crate::store::line::{jobs, pipelines};
use andon_pipelines::decide::Line;
use andon_pipelines::ids::JobId;

/// Pulls the cord on everything in a workspace, or lets it go.
///
/// # Errors
/// 409 when it is held already, or is not held.
pub async fn pause_workspace(app: &App, actor: &str, workspace: &Workspace, (pause, reason): (bool, Option<&str>)) -> http::Result<()> {
    let mut tx = app.db.begin(actor).await?;
    let held = workspaces::find_pause(&mut tx.connection(), workspace.id).await?;
    check_change(&format!("the workspace {}", workspace.name), held.as_ref(), pause)?;
    workspaces::set_paused(&mut tx, workspace, pause, reason).await?;
    Ok(tx.commit().await?)
}

/// Pulls the cord on a whole pipeline, or lets it go.
///
/// # Errors
/// 409 when it is held already, or is not held.
pub async fn pause_pipeline(app: &App, actor: &str, pipeline: &Pipeline, (pause, reason): (bool, Option<&str>)) -> http::Result<()> {
    let mut tx = app.db.begin(actor).await?;
    let pipeline = pipelines::get(&mut tx.connection(), pipeline.id).await?;
    let what = format!("the pipeline {}", pipeline.name);
    check_change(&what, pipeline.paused.as_ref(), pause)?;
    pipelines::set_paused(&mut tx, &pipeline, pause, reason).await?;
    Ok(tx.commit().await?)
}

/// Pulls the cord on one job, or lets it go.
///
/// # Errors
/// 409 when it is held already, or is not held.
pub async fn pause_job(
    app: &App,
    actor: &str,
    (pipeline, job): (&Pipeline, JobId),
    (pause, reason): (bool, Option<&str>),
) -> http::Result<()> {
    let mut tx = app.db.begin(actor).await?;
    let held = jobs::get(&mut tx.connection(), job).await?;
    check_change(&format!("the job {}", held.name), held.paused.as_ref(), pause)?;
    pipelines::set_job_paused(&mut tx, pipeline, held.id, (pause, reason)).await?;
    Ok(tx.commit().await?)
}

/// Nobody's reason is overwritten, and a release that releases nothing is a mistake somewhere.
fn check_change(what: &str, held: Option<&Pause>, pause: bool) -> http::Result<()> {
    match held {
        Some(held) if pause => Err(http::Error::conflict(format!("Nothing was changed: {what} is {} already.", held.describe()))),
        None if !pause => Err(http::Error::conflict(format!("Nothing was changed: {what} is not paused."))),
        _ => Ok(()),
    }
}

/// Refuses to start a job that the cord holds.
///
/// # Errors
/// 409 with who holds it, why and since when, and what releases it.
pub(super) fn refuse_held(line: &Line, job: JobId) -> http::Result<()> {
    let held = line.list_pauses(job);
    if held.is_empty() {
        return Ok(());
    }
    let texts: Vec<_> = held.iter().map(|reason| reason.text.as_str()).collect();
    let advice: Vec<_> = held.iter().filter_map(|reason| reason.command.as_deref()).collect();
    Err(http::Error::conflict(format!("Nothing starts while {}. Release it first: {}.", texts.join(", and "), advice.join(", "))))
}
