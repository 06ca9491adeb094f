//! Bringing something into an environment because somebody asks for it.

use super::plan::{Plan, Planned, Wish, plan};
use crate::app::App;
use crate::engine::cord::refuse_held;
use crate::engine::publish::check_params;
use crate::engine::start;
use crate::http;
use crate::store::Tx;
use crate::store::line::job_runs::NewJobRun;
use crate::store::line::promotions::{self, NewPromotion, Target};
use crate::store::line::resources::Resource;
use crate::store::line::runs::NewRun;
use crate::store::line::{jobs, runs};
use andon_pipelines::decide::Line;
use andon_pipelines::ids::{JobRunId, PipelineId, PromotionId, RunId, WorkspaceId};
use serde_json::Map;
use std::collections::BTreeMap;

/// What was started.
#[derive(Clone, Debug)]
pub struct AskedFor {
    pub promotion: PromotionId,
    /// The gates that people decide now, or the job run that deploys.
    pub job_runs: Vec<JobRunId>,
    /// Whether they are gates.
    pub gates: bool,
}

/// Starts what brings a set into an environment: the gates before the job that deploys, or that job where there are none. A gate that is
/// open on this very set is not opened twice.
///
/// # Errors
/// 400 for a version that is unknown or ambiguous; 409 while the environment is locked or a job is held, where nothing can be started on it,
/// and where it is on its way already.
pub async fn ask(
    app: &App,
    actor: &str,
    (workspace, environment): (WorkspaceId, &Resource),
    (wish, note): (&Wish, Option<&str>),
) -> http::Result<AskedFor> {
    let turn = app.scheduler.turn(app).await?;
    let line = &turn.line;
    let plan = {
        let mut reader = app.db.read().await?;
        plan(line, &mut reader.connection(), environment, wish).await?
    };
    refuse_held(line, plan.job)?;
    for start in &plan.starts {
        refuse_held(line, start.job)?;
    }
    let mut tx = app.db.begin(actor).await?;
    let mut opened = BTreeMap::new();
    let mut job_runs = Vec::new();
    for start in &plan.starts {
        let inputs = start.inputs.iter().map(|input| (input.name.clone(), input.version)).collect();
        job_runs.push(match line.find_active_on(start.job, &inputs, &start.follows) {
            Some(_) if !plan.has_gates() => {
                return Err(http::Error::conflict(format!("That is on its way to {} already.", environment.name)));
            }
            Some(open) => open,
            None => begin(app, &mut tx, (line, &plan, start), (environment, note, &mut opened)).await?,
        });
    }
    let target = Target { workspace, pipeline: environment.pipeline, environment: environment.id };
    let gates = if plan.has_gates() { job_runs.as_slice() } else { &[] };
    let new = NewPromotion { target, job: plan.job, kind: plan.kind, pins: &plan.pins, note, gates };
    let promotion = promotions::create(&mut tx, &new).await?;
    if !plan.has_gates() {
        promotions::close(&mut tx, (promotion, target), job_runs.first().copied()).await?;
    }
    tx.commit().await?;
    Ok(AskedFor { promotion, gates: plan.has_gates(), job_runs })
}

/// Starts one job run; those of one pipeline share a run.
async fn begin(
    app: &App,
    tx: &mut Tx,
    (line, plan, start): (&Line, &Plan, &Planned),
    (environment, note, opened): (&Resource, Option<&str>, &mut BTreeMap<PipelineId, RunId>),
) -> http::Result<JobRunId> {
    let gone = || http::Error::not_found("the job does not exist");
    let job = line.job(start.job).ok_or_else(gone)?;
    let facts = line.pipeline(job.pipeline).ok_or_else(gone)?;
    let run = match opened.get(&facts.id) {
        Some(run) => *run,
        None => {
            let params = match &start.params {
                Some(params) => params.clone(),
                None => check_params(&facts.document.params, Map::new())?,
            };
            let new = NewRun {
                workspace: facts.workspace,
                pipeline: facts.id,
                revision: facts.revision,
                cause: plan.kind.name().to_owned(),
                cause_version: None,
                cause_detail: Some(environment.name.clone()),
                actor: None,
                author: None,
                note: note.map(str::to_owned),
                params,
            };
            let run = runs::create(tx, &new).await?;
            opened.insert(facts.id, run);
            run
        }
    };
    let taken = jobs::take_number(tx, start.job).await?;
    let new = NewJobRun {
        workspace: facts.workspace,
        pipeline: facts.id,
        run,
        job: start.job,
        revision: facts.revision,
        number: taken.number,
        attempt: 0,
        rerun_of: None,
        set_digest: None,
        params: Map::new(),
        inputs: start.inputs.clone(),
        follows: start.follows.clone(),
    };
    let has_slot = line.free_slots(start.job).is_none_or(|(_, free)| free > 0);
    Ok(start::create(app, tx, &new, &taken, has_slot).await?.id)
}
