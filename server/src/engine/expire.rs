//! Gates whose time has run out.

use super::finish::{self, Ending};
use super::gate::approval_of;
use super::notices;
use crate::app::App;
use crate::store::Result;
use crate::store::line::gates::Gate;
use crate::store::line::{gates, job_runs, runs};
use andon_pipelines::document::NotifyEvent;
use andon_pipelines::gate::timeout_outcome;

/// Closes every gate whose time has run out, as its `on_timeout` says. Answers how many.
///
/// # Errors
/// Whatever the database says; the next tick goes on.
pub async fn tick(app: &App) -> Result<usize> {
    let now = app.clock.now_ms();
    let expired = gates::list_expired(&mut app.db.read().await?.connection(), now).await?;
    let count = expired.len();
    for gate in expired {
        match expire(app, &gate).await {
            // Somebody decided at the last moment.
            Err(error) if super::schedule::is_race(&error) => {}
            other => other?,
        }
    }
    Ok(count)
}

async fn expire(app: &App, gate: &Gate) -> Result<()> {
    let mut tx = app.db.begin("andon").await?;
    let job_run = job_runs::get(&mut tx.connection(), gate.job_run).await?;
    let run = runs::get(&mut tx.connection(), job_run.run).await?;
    let document = app.documents.get(&mut tx.connection(), job_run.pipeline, job_run.revision).await?;
    let approval = approval_of(&document, &job_run)?;
    let outcome = timeout_outcome(approval.on_timeout);
    let ending = Ending { gate: Some(outcome.gate), ..Ending::new(outcome.job_run, Some(outcome.reason)) };
    finish::finish(app, &mut tx, &job_run, ending).await?;
    let notice = notices::Notice { event: NotifyEvent::Expired, gate: Some((gate.id, &approval)) };
    notices::notify(app, &mut tx, &document, (&job_run, &run), notice).await?;
    tx.commit().await
}
