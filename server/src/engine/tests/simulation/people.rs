//! What people do to a line: at its gates, and by the handles that operators have.

use super::act::{Act, Vote};
use super::player::{ACTOR, Checked, Player, answered};
use crate::accounts::Actor;
pub use crate::accounts::Caller;
use crate::engine::tests::world::Line;
use crate::engine::{self, ManualStart};
use crate::http;
use crate::store::line::versions::{self, Version};
use crate::store::line::{gate_decisions, gates, resources, runs};
use crate::store::people::{members, users};
use andon_pipelines::document::Role;
use andon_pipelines::gate::DecisionKind;
use andon_pipelines::ids::RunId;
use std::collections::BTreeMap;

/// Makes the people who may decide at gates: `ada`, who starts everything, and `ben`.
pub async fn invite(line: &Line) -> crate::store::Result<Vec<Caller>> {
    let mut tx = line.app().db.begin("andon").await?;
    let mut people = Vec::new();
    for name in ["ada", "ben"] {
        let id = tx.new_id();
        let user = users::User { id, name: name.to_owned(), email: None, administrator: false, disabled: false, created_at: tx.at() };
        users::create(&mut tx, &user, None).await?;
        members::set_role(&mut tx, (line.workspace, "main"), &user, Role::Operator).await?;
        let actor = Actor::User { id, name: name.to_owned() };
        people.push(Caller { actor, roles: BTreeMap::from([(line.workspace, Role::Operator)]), everywhere: None, scopes: None });
    }
    tx.commit().await?;
    Ok(people)
}

impl Player {
    /// Somebody says something at one of the gates that are open.
    pub async fn decide(&mut self, gate: u8, person: u8, vote: Vote) -> Checked {
        let open =
            gates::list_open(&mut self.app().db.read().await.unwrap().connection(), self.line.workspace, None, 10_000).await.unwrap();
        let Some(index) = usize::from(gate).checked_rem(open.len()) else { return Ok(()) };
        let (place, caller) = ((self.line.workspace, open[index].id), &self.people[usize::from(person) % self.people.len()]);
        let kind = match vote {
            Vote::Approve => DecisionKind::Approve,
            Vote::Reject => DecisionKind::Reject,
            Vote::RequestChanges => DecisionKind::RequestChanges,
            Vote::Revoke => return answered(engine::revoke_decision(self.app(), caller, place).await).map(drop),
        };
        answered(engine::decide_gate(self.app(), caller, place, (kind, Some("seen"))).await).map(drop)
    }

    /// Whoever has asked for changes at an open gate takes that back: until then no time runs out there. Answers whether anybody had.
    pub async fn withdraw_requests(&mut self) -> Result<bool, String> {
        let mut reader = self.app().db.read().await.unwrap();
        let mut asked = Vec::new();
        for gate in gates::list_open(&mut reader.connection(), self.line.workspace, None, 10_000).await.unwrap() {
            let decisions = gate_decisions::list(&mut reader.connection(), gate.id).await.unwrap();
            let requests =
                decisions.into_iter().filter(|decision| decision.kind == DecisionKind::RequestChanges && decision.revoked_at.is_none());
            asked.extend(requests.map(|decision| (gate.id, decision.user)));
        }
        drop(reader);
        for (gate, user) in &asked {
            let caller = self.people.iter().find(|caller| caller.actor.user() == Some(*user)).unwrap();
            answered(engine::revoke_decision(self.app(), caller, (self.line.workspace, *gate)).await)?;
        }
        Ok(!asked.is_empty())
    }

    /// What people do.
    pub async fn handle(&mut self, act: &Act) -> Checked {
        let app = self.app();
        match act {
            Act::Rerun { pick } => drop(answered(self.rerun(*pick).await)?),
            Act::RerunFailed { pick } | Act::RerunRun { pick } | Act::StopRun { pick } | Act::Delete { pick } => {
                let Some(run) = self.pick_run(*pick) else { return Ok(()) };
                match act {
                    Act::RerunFailed { .. } => drop(answered(engine::rerun_failed(app, ACTOR, run).await)?),
                    Act::RerunRun { .. } => drop(answered(engine::rerun_run(app, ACTOR, run).await)?),
                    Act::StopRun { .. } => drop(answered(engine::stop_run(app, ACTOR, run, None).await)?),
                    _ => self.delete(run).await.map_err(|error| error.to_string())?,
                }
            }
            Act::Stop { pick } => {
                let Some(job_run) = self.pick_job_run(*pick) else { return Ok(()) };
                answered(engine::stop_job_run(app, ACTOR, job_run, None).await)?;
            }
            Act::Pin { source, pick } => {
                let Some(version) = self.pick_version(*source, *pick).await else { return Ok(()) };
                self.pin(*source, Some(&version)).await.map_err(|error| error.to_string())?;
            }
            Act::Unpin { source } => self.pin(*source, None).await.map_err(|error| error.to_string())?,
            Act::Enable { source, pick, enabled } => {
                let Some(version) = self.pick_version(*source, *pick).await else { return Ok(()) };
                self.enable(&version, *enabled).await.map_err(|error| error.to_string())?;
            }
            Act::PauseJob { job, paused } => {
                let index = usize::from(*job) % self.plan.jobs.len();
                self.pause_job(index, *paused).await?;
            }
            Act::PausePipeline { second, paused } => {
                let pipeline = self.pipeline(if *second { "q" } else { "p" }).await;
                answered(engine::pause_pipeline(app, ACTOR, &pipeline, (*paused, None)).await)?;
            }
            Act::PauseWorkspace { paused } => {
                let workspace = self.line.world.workspace("main").await;
                answered(engine::pause_workspace(app, ACTOR, &workspace, (*paused, None)).await)?;
            }
            Act::Start { job } => drop(answered(self.start(*job).await)?),
            _ => {}
        }
        Ok(())
    }

    pub async fn rerun(&self, pick: u8) -> http::Result<()> {
        let Some(job_run) = self.pick_job_run(pick) else { return Ok(()) };
        engine::rerun_job_run(self.app(), ACTOR, job_run, pick % 2 == 1).await.map(drop)
    }

    pub async fn start(&self, job: u8) -> http::Result<()> {
        let index = usize::from(job) % self.plan.jobs.len();
        let pipeline = self.pipeline(self.plan.pipeline_of(index)).await;
        let asked = ManualStart { cause: "manual", ..ManualStart::default() };
        engine::start_manual(self.app(), ACTOR, (pipeline.id, &self.plan.name(index)), asked).await.map(drop)
    }

    pub async fn pin(&self, source: u8, version: Option<&Version>) -> crate::store::Result<()> {
        let resource = self.source(source).await;
        let mut tx = self.app().db.begin(ACTOR).await?;
        resources::set_pin(&mut tx, self.line.workspace, resource.id, (version.map(|version| version.id), None)).await?;
        tx.commit().await
    }

    pub async fn enable(&self, version: &Version, enabled: bool) -> crate::store::Result<()> {
        let mut tx = self.app().db.begin(ACTOR).await?;
        versions::set_enabled(&mut tx, self.line.workspace, version, (enabled, None)).await?;
        tx.commit().await
    }

    async fn delete(&self, run: RunId) -> crate::store::Result<()> {
        let mut tx = self.app().db.begin(ACTOR).await?;
        let run = runs::get(&mut tx.connection(), run).await?;
        runs::delete(&mut tx, &run).await?;
        tx.commit().await
    }

    pub async fn pause_job(&self, index: usize, paused: bool) -> Checked {
        let pipeline = self.pipeline(self.plan.pipeline_of(index)).await;
        let Some(job) = self.job_id(&pipeline, index).await else { return Ok(()) };
        answered(engine::pause_job(self.app(), ACTOR, (&pipeline, job), (paused, None)).await).map(drop)
    }
}
