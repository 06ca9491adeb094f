//! Locks: nothing is deployed to an environment until it is unlocked, or the lock comes to its end.

use crate::app::App;
use crate::http;
use crate::store::line::job_runs::JobRun;
use crate::store::line::resources::Resource;
use crate::store::line::{environment_locks, gates, pipelines, resources, revision_names};
use crate::store::{Connection, Result, Tx};
use andon_pipelines::decide::Lock;
use andon_pipelines::document::{Document, JobBody};
use andon_pipelines::ids::WorkspaceId;

/// Keeps everything away from an environment. What is queued for a runner, or runs already, goes on.
///
/// # Errors
/// 400 for an end that has passed, 409 with who, why and since when where it is locked already.
pub async fn lock_environment(
    app: &App,
    actor: &str,
    (workspace, environment): (WorkspaceId, &Resource),
    (reason, until): (&str, Option<i64>),
) -> http::Result<()> {
    let mut tx = app.db.begin(actor).await?;
    if until.is_some_and(|until| until <= tx.at()) {
        return Err(http::Error::invalid("until lies in the past; give a moment to come, or leave it out"));
    }
    if let Some(lock) = environment_locks::find(&mut tx.connection(), environment.id).await? {
        let (name, since) = (&environment.name, lock.describe());
        return Err(http::Error::conflict(format!("Nothing was changed: the environment {name} is {since}. Unlock it first.")));
    }
    environment_locks::create(&mut tx, workspace, environment, (reason, until)).await?;
    Ok(tx.commit().await?)
}

/// Lets an environment go: what waited for it goes on.
///
/// # Errors
/// 409 when it is not locked.
pub async fn unlock_environment(
    app: &App,
    actor: &str,
    (workspace, environment): (WorkspaceId, &Resource),
    reason: Option<&str>,
) -> http::Result<()> {
    let mut tx = app.db.begin(actor).await?;
    if environment_locks::find(&mut tx.connection(), environment.id).await?.is_none() {
        return Err(http::Error::conflict(format!("Nothing was changed: the environment {} is not locked.", environment.name)));
    }
    release(&mut tx, workspace, environment, reason).await?;
    Ok(tx.commit().await?)
}

async fn release(tx: &mut Tx, workspace: WorkspaceId, environment: &Resource, reason: Option<&str>) -> Result<()> {
    environment_locks::release(tx, workspace, environment, reason).await?;
    gates::touch_open(tx, environment.pipeline).await.map(drop)
}

/// Releases the locks whose end has come. Answers how many.
///
/// # Errors
/// Whatever the database says; the next tick goes on.
pub async fn tick(app: &App) -> Result<usize> {
    let due = environment_locks::list_due(&mut app.db.read().await?.connection(), app.clock.now_ms()).await?;
    for id in &due {
        let mut tx = app.db.begin("andon").await?;
        // Somebody may have unlocked it meanwhile, and locked it anew.
        let lock = environment_locks::find(&mut tx.connection(), *id).await?;
        if lock.and_then(|lock| lock.until).is_none_or(|until| until > tx.at()) {
            continue;
        }
        let environment = resources::get(&mut tx.connection(), *id).await?;
        let workspace = pipelines::get(&mut tx.connection(), environment.pipeline).await?.workspace;
        release(&mut tx, workspace, &environment, Some("its time has come")).await?;
        tx.commit().await?;
    }
    Ok(due.len())
}

/// The lock that keeps a job run from beginning its deployment: `the environment production is locked by …`. A gate that stands by itself
/// deploys nothing.
pub async fn find_lock_before(connection: &mut Connection<'_>, job_run: &JobRun, document: &Document) -> Result<Option<String>> {
    let locks = environment_locks::list_of_pipeline(connection, job_run.pipeline).await?;
    let job = document.jobs.iter().find(|job| job.name == job_run.job_name && matches!(job.body, JobBody::Steps(_)));
    let (Some(job), false) = (job, locks.is_empty()) else { return Ok(None) };
    let ids = revision_names::get(connection, job_run.pipeline, job_run.revision).await?.resources;
    let locked = job.outputs.iter().find_map(|output| Some((&output.resource, locks.get(ids.get(&output.resource)?)?)));
    Ok(locked.map(|(name, lock): (&String, &Lock)| format!("the environment {name} is {}", lock.describe())))
}
