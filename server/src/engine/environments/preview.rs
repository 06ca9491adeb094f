//! What bringing something into an environment would change, before anybody does it.

use super::candidates::Named;
use super::plan::{Wish, plan};
use crate::app::App;
use crate::engine::gate::{Change, compare_lineages};
use crate::http;
use crate::store::line::job_runs;
use crate::store::line::resources::Resource;
use andon_pipelines::ids::WorkspaceId;
use std::collections::BTreeMap;

/// What would happen.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The job that deploys.
    pub job: String,
    /// The gates that people decide first.
    pub gates: Vec<String>,
    /// Resource → main value, as it would be.
    pub values: BTreeMap<String, String>,
    pub changes: Vec<Change>,
    /// Why it cannot be done now: the environment is locked, or a job is held.
    pub refused: Option<String>,
}

/// Works out what a wish would do. Changes nothing.
///
/// # Errors
/// As for doing it, but for locks and holds.
pub async fn preview(app: &App, workspace: WorkspaceId, environment: &Resource, wish: &Wish) -> http::Result<Preview> {
    let (plan, job, gates, refused) = {
        let turn = app.scheduler.turn(app).await?;
        let line = &turn.line;
        let plan = plan(line, &mut app.db.read().await?.connection(), environment, wish).await?;
        let name_of = |id| line.job(id).map(|job| job.name.clone()).unwrap_or_default();
        let job = name_of(plan.job);
        let gates: Vec<String> = if plan.has_gates() { plan.starts.iter().map(|start| name_of(start.job)).collect() } else { Vec::new() };
        let jobs = std::iter::once(plan.job).chain(plan.starts.iter().map(|start| start.job));
        let refused = jobs.flat_map(|job| line.list_pauses(job)).map(|reason| reason.text).next();
        (plan, job, gates, refused)
    };
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let running = match &plan.current {
        Some(current) => job_runs::list_vouchers(&mut connection, current.job_run).await?,
        None => BTreeMap::new(),
    };
    let values = Named::default().values(&mut connection, environment.pipeline, &plan.lineage).await?;
    let changes = compare_lineages(app, &mut connection, workspace, (&running, &plan.lineage)).await?;
    Ok(Preview { job, gates, values, changes, refused })
}
