//! What comes of a promotion once people have decided at its gates: the job that deploys begins on the set that was asked for, once, whatever
//! crashes in between. Nothing but the rows says how far it has come.

use super::candidates::agree;
use crate::app::App;
use crate::engine::schedule::Slots;
use crate::engine::start;
use crate::store::line::job_runs::{NewInput, NewJobRun};
use crate::store::line::promotions::{self, Promotion};
use crate::store::line::runs::NewRun;
use crate::store::line::{job_runs, jobs, runs};
use crate::store::{Result, Tx};
use andon_pipelines::decide::{Line, PipelineFacts};
use andon_pipelines::ids::{JobRunId, ResourceId, RunId, VersionId};
use andon_pipelines::resolve::{Resolved, RunStatus};
use serde_json::Map;
use std::collections::BTreeMap;

/// Most sets of the job that deploys that are looked at.
const MOST_SETS: usize = 50;

/// When a promotion is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Before the line starts anything by itself.
    Before,
    /// After it has started everything that it would: what has not come by then does not come.
    After,
}

enum Next {
    Wait,
    Start(Resolved),
    Drop,
}

/// Goes on with every promotion whose gates have been decided. Answers how many moved, and whether any still waits.
pub async fn advance(app: &App, line: &Line, phase: Phase) -> Result<(usize, bool)> {
    let open = promotions::list_open(&mut app.db.read().await?.connection()).await?;
    let (mut done, mut slots) = (0, Slots::default());
    for promotion in &open {
        let next = judge(line, promotion, phase);
        if matches!(next, Next::Wait) {
            continue;
        }
        let mut tx = app.db.begin(&promotion.actor).await?;
        let started = match next {
            Next::Start(set) => Some(begin(app, &mut tx, (line, &mut slots), (promotion, &set)).await?),
            Next::Wait | Next::Drop => None,
        };
        promotions::close(&mut tx, (promotion.id, promotion.target), started).await?;
        tx.commit().await?;
        done += 1;
    }
    Ok((done, open.len() > done))
}

fn judge(line: &Line, promotion: &Promotion, phase: Phase) -> Next {
    let status = |gate: &JobRunId| line.history().run(*gate).map(|run| run.status);
    let statuses: Vec<_> = promotion.gates.iter().map(status).collect();
    if statuses.iter().any(|status| matches!(status, Some(RunStatus::Failed | RunStatus::Aborted))) || line.job(promotion.job).is_none() {
        return Next::Drop;
    }
    let passed = |status: &Option<RunStatus>| matches!(status, Some(RunStatus::Succeeded | RunStatus::Skipped));
    if !statuses.iter().all(passed) || !line.list_pauses(promotion.job).is_empty() {
        return Next::Wait;
    }
    let mut sets = line.list_sets_with(promotion.job, &promotion.pins, MOST_SETS);
    if let Some(place) = sets.iter().position(|set| line.set_stands_on(set, &promotion.gates)) {
        return Next::Start(sets.swap_remove(place));
    }
    // Between the gate and the deployment something is still to come, or is at work.
    if phase == Phase::Before || line.is_under_way(promotion.job, &promotion.gates) {
        return Next::Wait;
    }
    // What the gate let through has been this way before, so the line does not go it again: it may go to where the gate leads.
    let approved = list_approved(line, promotion);
    let fits = |set: &Resolved| agree(&line.lineage_of_set(promotion.job, set), &approved);
    match sets.iter().position(fits) {
        Some(place) => Next::Start(sets.swap_remove(place)),
        None => Next::Drop,
    }
}

/// What the gates vouch for.
fn list_approved(line: &Line, promotion: &Promotion) -> BTreeMap<ResourceId, VersionId> {
    let entries = promotion.gates.iter().flat_map(|gate| line.history().lineage(*gate));
    let mut approved = BTreeMap::new();
    for entry in entries {
        approved.entry(entry.resource).or_insert(entry.version);
    }
    approved
}

async fn begin(app: &App, tx: &mut Tx, (line, slots): (&Line, &mut Slots), (promotion, set): (&Promotion, &Resolved)) -> Result<JobRunId> {
    let missing = || crate::store::StoreError::NotFound { what: "the job" };
    let job = line.job(promotion.job).ok_or_else(missing)?;
    let facts = line.pipeline(job.pipeline).ok_or_else(missing)?;
    let resource_of = |name: &str| job.question.inputs.iter().find(|input| input.name == name).map(|input| input.resource);
    let inputs = set
        .inputs
        .iter()
        .filter_map(|input| Some(NewInput { name: input.name.clone(), resource: resource_of(&input.name)?, version: input.version }));
    let mut follows = set.runs();
    follows.extend(promotion.gates.iter().copied());
    follows.sort_unstable();
    follows.dedup();
    let taken = jobs::take_number(tx, promotion.job).await?;
    let run = run_of(tx, facts, promotion).await?;
    let new = NewJobRun {
        workspace: facts.workspace,
        pipeline: facts.id,
        run,
        job: promotion.job,
        revision: facts.revision,
        number: taken.number,
        attempt: 0,
        rerun_of: None,
        set_digest: None,
        params: Map::new(),
        inputs: inputs.collect(),
        follows,
    };
    let has_slot = slots.take(line, promotion.job);
    Ok(start::create(app, tx, &new, &taken, has_slot).await?.id)
}

/// The run that goes on: the one of a gate of the same pipeline, else a new one.
async fn run_of(tx: &mut Tx, facts: &PipelineFacts, promotion: &Promotion) -> Result<RunId> {
    for gate in &promotion.gates {
        let gate = job_runs::get(&mut tx.connection(), *gate).await?;
        if gate.pipeline == facts.id {
            runs::reopen(tx, facts.workspace, facts.id, gate.run).await?;
            return Ok(gate.run);
        }
    }
    let new = NewRun {
        workspace: facts.workspace,
        pipeline: facts.id,
        revision: facts.revision,
        cause: promotion.kind.name().to_owned(),
        cause_version: None,
        cause_detail: None,
        actor: None,
        author: None,
        note: promotion.note.clone(),
        params: Map::new(),
    };
    runs::create(tx, &new).await
}
