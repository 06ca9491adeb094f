//! Environments: what people ask to bring there, what they lock, and what must hold of both.

use super::act::Place;
use super::plan::environment_name;
use super::player::{ACTOR, Checked, Player};
use super::sets::Rows;
use crate::engine::{self, EnvironmentWish};
use crate::http;
use crate::store::line::promotions::{self, PromotionKind};
use crate::store::line::resources::Resource;
use andon_pipelines::ids::{JobRunId, ResourceId, VersionId};
use andon_pipelines::resolve::{Run, RunStatus};
use std::collections::{BTreeMap, BTreeSet};

/// What somebody asked to bring into an environment.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The version that was named.
    version: Option<VersionId>,
    /// The deployment that was named.
    to: Option<JobRunId>,
    /// What was settled then, while it waits for its gates: input of the job that deploys → version.
    pins: BTreeMap<String, VersionId>,
}

impl Player {
    async fn environment(&self, place: Place) -> http::Result<Resource> {
        let pipeline = self.pipeline(place.pipeline()).await;
        engine::find_environment(self.app(), &pipeline, &environment_name(place.number)).await
    }

    pub async fn promote(&mut self, place: Place, version: Option<(u8, u8)>) -> http::Result<()> {
        let version = match version {
            Some((source, pick)) => self.pick_version(source, pick).await.map(|version| version.id),
            None => None,
        };
        self.bring(place, Asked { version, to: None, pins: BTreeMap::new() }, PromotionKind::Promote).await
    }

    pub async fn roll_back(&mut self, place: Place, to: Option<u8>) -> http::Result<()> {
        let environment = self.environment(place).await?.id;
        let deployed: Vec<JobRunId> =
            self.journal.deployments.iter().filter(|(other, _)| *other == environment).map(|(_, job_run)| *job_run).collect();
        let to = to.and_then(|pick| deployed.get(usize::from(pick).checked_rem(deployed.len())?).copied());
        self.bring(place, Asked { version: None, to, pins: BTreeMap::new() }, PromotionKind::Rollback).await
    }

    async fn bring(&mut self, place: Place, asked: Asked, kind: PromotionKind) -> http::Result<()> {
        let environment = self.environment(place).await?;
        let named = asked.version.map(|version| version.to_string()).or(asked.to.map(|job_run| job_run.to_string()));
        // Several jobs may deploy there: then the first.
        let deploys = |job: &usize| (self.plan.jobs[*job].second, self.plan.environment(*job)) == (place.second, Some(place.number));
        let job = self.plan.standing().find(deploys).map(|job| self.plan.name(job));
        let wish = EnvironmentWish { kind, version: named, job };
        let made = engine::ask_promotion(self.app(), ACTOR, (self.line.workspace, &environment), (&wish, None)).await?;
        let open = promotions::list_open(&mut self.app().db.read().await?.connection()).await?;
        let pins = open.into_iter().find(|open| open.id == made.promotion).map(|open| open.pins).unwrap_or_default();
        self.asked.insert(made.promotion, Asked { pins, ..asked });
        Ok(())
    }

    pub async fn lock(&self, place: Place, hours: Option<u8>) -> http::Result<()> {
        let environment = self.environment(place).await?;
        let until = hours.map(|hours| self.app().clock.now_ms() + i64::from(hours) * 3_600_000);
        engine::lock_environment(self.app(), ACTOR, (self.line.workspace, &environment), ("audit", until)).await
    }

    pub async fn unlock(&self, place: Place) -> http::Result<()> {
        let environment = self.environment(place).await?;
        engine::unlock_environment(self.app(), ACTOR, (self.line.workspace, &environment), None).await
    }
}

/// Where the run's job deploys to, whether the job stands or was removed.
fn target_of(player: &Player, rows: &Rows, run: &Run) -> Option<ResourceId> {
    let index = *player.known.get(&run.job)?;
    let place = Place { second: player.plan.jobs[index].second, number: player.plan.environment(index)? };
    rows.environments.get(&place).copied()
}

/// Nothing was made, or went on to the runners, that deploys to an environment which was locked then.
pub fn check_locks(player: &mut Player, rows: &Rows) -> Checked {
    for (id, locked) in std::mem::take(&mut player.journal.under_locks) {
        let run = &rows.runs[&id];
        if let Some(target) = target_of(player, rows, run).filter(|target| locked.contains(target)) {
            let told = &player.journal.job_runs[&id];
            return Err(format!("{told:?} goes to the environment {target}, which is locked"));
        }
    }
    Ok(())
}

/// What people asked for was started once, and on that.
pub fn check_promotions(player: &mut Player, rows: &Rows) -> Checked {
    let mut started = BTreeSet::new();
    for (id, told) in &player.journal.promotions {
        let Some(Some(job_run)) = told.closed else { continue };
        if !started.insert(job_run) {
            return Err(format!("two promotions started one job run, {id} was the second"));
        }
        let run = &rows.runs[&job_run];
        check_alone(player, (run, &told.gates)).map_err(|error| format!("promotion {id}: {error}"))?;
        let Some(asked) = player.asked.remove(id) else { continue };
        if target_of(player, rows, run) != Some(told.environment) {
            return Err(format!("promotion {id} started what does not deploy there: {run:?}"));
        }
        let passed = |gate: &JobRunId| matches!(rows.runs[gate].status, RunStatus::Succeeded | RunStatus::Skipped);
        if !told.gates.iter().all(|gate| run.consumed_runs.contains(gate) && passed(gate)) {
            return Err(format!("promotion {id} went round its gates {:?}: {run:?}", told.gates));
        }
        check_set(rows, run, &asked).map_err(|error| format!("promotion {id}: {error}"))?;
    }
    Ok(())
}

/// The line has not started by itself what somebody asked for.
fn check_alone(player: &Player, (run, gates): (&Run, &[JobRunId])) -> Checked {
    let gates: BTreeSet<JobRunId> = gates.iter().copied().collect();
    let inputs: BTreeMap<String, VersionId> = run.inputs.iter().map(|input| (input.name.clone(), input.version)).collect();
    let follows: BTreeSet<JobRunId> = run.consumed_runs.iter().copied().collect();
    let is_twin = |told: &&super::journal::Told| {
        let with_gates: BTreeSet<JobRunId> = told.facts.follows.iter().copied().chain(gates.iter().copied()).collect();
        told.facts.automatic && told.facts.job == run.job && told.facts.inputs == inputs && with_gates == follows
    };
    match player.journal.job_runs.values().find(is_twin) {
        // What had no gate may be what ran before.
        Some(twin) if !gates.is_empty() => Err(format!("the line started it as well: {twin:?}")),
        _ => Ok(()),
    }
}

/// The job run has the set that was asked for.
fn check_set(rows: &Rows, run: &Run, asked: &Asked) -> Checked {
    let mut wanted = asked.pins.clone();
    wanted.extend(asked.to.iter().flat_map(|to| &rows.runs[to].inputs).map(|input| (input.name.clone(), input.version)));
    for input in &run.inputs {
        if let Some(version) = wanted.get(&input.name).filter(|version| **version != input.version) {
            return Err(format!("{version} was asked for as {}: {run:?}", input.name));
        }
    }
    let named = asked.version.map(|version| (version, rows.versions[&version].resource));
    match named {
        Some((version, resource)) if rows.stands_on(run, resource) != Some(version) => {
            Err(format!("it does not stand on {version}: {run:?}"))
        }
        _ => Ok(()),
    }
}
