//! A gate with everything that judging it needs.

use super::binding::rules_at;
use super::changes::{self, Known};
use crate::app::App;
use crate::engine::notices;
use crate::store::line::gate_decisions::{self, GateDecision};
use crate::store::line::gates::Gate;
use crate::store::line::job_runs::JobRun;
use crate::store::line::runs::Run;
use crate::store::line::{gates, job_runs, runs};
use crate::store::people::members;
use crate::store::{Connection, Result, StoreError};
use andon_pipelines::document::{Approval, Document, Exclusion};
use andon_pipelines::gate::{self, Case, Decision, DecisionKind, Excluded, Member, Times, Verdict, VerdictStatus};
use andon_pipelines::ids::{GateId, UserId};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A gate, and the people around it.
#[derive(Debug)]
pub struct GateView {
    pub gate: Gate,
    pub job_run: JobRun,
    pub run: Run,
    /// The revision whose rules it asks by.
    pub document: Arc<Document>,
    pub approval: Approval,
    /// What was taken back included.
    pub decisions: Vec<GateDecision>,
    /// Everybody of the workspace.
    pub members: Vec<Member>,
    /// Whose approval does not count, and why.
    pub excluded: BTreeMap<UserId, Excluded>,
    pub verdict: Verdict,
}

impl GateView {
    /// Why this person may not approve; `None` when they may.
    #[must_use]
    pub fn why_not(&self, user: Option<UserId>) -> Option<String> {
        self.why_not_so(user, DecisionKind::Approve)
    }

    /// Why this person may not decide so; `None` when they may.
    #[must_use]
    pub fn why_not_so(&self, user: Option<UserId>, kind: DecisionKind) -> Option<String> {
        let Some(user) = user else { return Some("only people decide at gates; this token belongs to nobody".to_owned()) };
        let Some(member) = self.members.iter().find(|member| member.user == user) else {
            return Some("you are not a member of this workspace".to_owned());
        };
        let decisions = self.facts();
        gate::may_decide(&self.case(&decisions), member, self.gate.status, kind).err().map(|why| why.to_string())
    }

    /// The decisions that count: not taken back, and about what the gate is bound to.
    pub(super) fn standing(&self) -> impl Iterator<Item = &GateDecision> {
        self.decisions.iter().filter(|decision| decision.revoked_at.is_none() && decision.digest == self.gate.digest)
    }

    pub(super) fn facts(&self) -> Vec<Decision> {
        self.standing().map(|decision| Decision { user: decision.user, kind: decision.kind, at: decision.at }).collect()
    }

    pub(super) fn case<'a>(&'a self, decisions: &'a [Decision]) -> Case<'a> {
        let escalated = self.gate.escalated_at.is_some();
        Case { approval: &self.approval, members: &self.members, decisions, excluded: &self.excluded, escalated }
    }

    /// Whether people have approved it, or their time has run out and that counts as approval.
    #[must_use]
    pub fn is_approved(&self) -> bool {
        // Whoever asks for changes holds the gate up, whatever the time.
        let by_time = self.gate.timed_out_at.is_some() && self.verdict.changes_requested.is_empty();
        self.verdict.status == VerdictStatus::Approved || (by_time && self.verdict.status == VerdictStatus::Open)
    }

    /// Whether somebody has a decision to take back.
    #[must_use]
    pub fn stands_for(&self, user: Option<UserId>) -> bool {
        self.standing().any(|decision| Some(decision.user) == user)
    }

    /// Those who may still approve.
    #[must_use]
    pub fn may_still_approve(&self) -> Vec<&Member> {
        self.members.iter().filter(|member| self.why_not(Some(member.user)).is_none()).collect()
    }

    /// What the timers go by.
    #[must_use]
    pub fn times(&self) -> Times {
        Times {
            opened_at: self.gate.opened_at,
            reminded_at: self.gate.reminded_at,
            escalated_at: self.gate.escalated_at,
            approved: self.is_approved(),
            check_at: self.gate.check_at,
        }
    }

    /// The answers to its form that stand, those of later approvals on top.
    #[must_use]
    pub fn answers(&self) -> Map<String, Value> {
        let approvals = self.standing().filter(|decision| decision.kind == DecisionKind::Approve);
        approvals.flat_map(|decision| decision.answers.clone()).collect()
    }

    /// What somebody is called.
    #[must_use]
    pub fn name_of(&self, user: UserId) -> String {
        let member = self.members.iter().find(|member| member.user == user);
        member.map_or_else(|| "a former member".to_owned(), |member| member.name.clone())
    }

    /// Its rules, with those who may decide too once it has escalated.
    pub(super) fn approval_for(&self, escalated: bool) -> Approval {
        let mut approval = self.approval.clone();
        if let (Some(escalation), true) = (&self.approval.escalation, escalated) {
            approval.require.iter_mut().for_each(|rule| rule.from.extend(escalation.to.iter().cloned()));
        }
        approval
    }
}

/// Reads a gate.
///
/// # Errors
/// [`StoreError::NotFound`] when there is none.
pub async fn view_gate(app: &App, connection: &mut Connection<'_>, id: GateId) -> Result<GateView> {
    let known = changes::learn_authors(app, connection, id).await?;
    view_known(app, connection, id, &known).await
}

/// Reads a gate with what was found out before about who wrote what it lets through.
///
/// # Errors
/// [`StoreError::Conflict`] when that is not so any more: the environment runs something else now.
pub(super) async fn view_known(app: &App, connection: &mut Connection<'_>, id: GateId, known: &Known) -> Result<GateView> {
    let gate = gates::get(connection, id).await?;
    let job_run = job_runs::get(connection, gate.job_run).await?;
    let run = runs::get(connection, job_run.run).await?;
    let rules = rules_at(app, connection, &job_run, gate.revision).await?;
    let rules = rules.ok_or_else(|| StoreError::Corrupt(format!("{} has a gate, but its revision defines none", job_run.job_name)))?;
    let decisions = gate_decisions::list(connection, id).await?;
    let members = members::list(connection, run.workspace, true).await?.iter().map(notices::as_gate_member).collect::<Vec<_>>();
    let mut view = GateView {
        gate,
        job_run,
        run,
        document: rules.document,
        approval: rules.approval,
        decisions,
        members,
        excluded: BTreeMap::new(),
        verdict: Verdict { status: VerdictStatus::Open, requirements: Vec::new(), changes_requested: Vec::new() },
    };
    view.excluded = find_excluded(app, connection, &view, known).await?;
    view.verdict = view.case(&view.facts()).judge();
    Ok(view)
}

async fn find_excluded(app: &App, connection: &mut Connection<'_>, view: &GateView, known: &Known) -> Result<BTreeMap<UserId, Excluded>> {
    let exclude = &view.approval.exclude;
    if exclude.is_empty() {
        return Ok(BTreeMap::new());
    }
    if exclude.contains(&Exclusion::Authors) {
        let now = changes::compare(app, connection, view).await?;
        if now.key() != known.key {
            return Err(StoreError::Conflict("the environment has changed meanwhile".to_owned()));
        }
    }
    let mut initiators = Vec::new();
    for actor in [&view.run.actor, &view.job_run.actor] {
        initiators.extend(changes::people_behind(connection, actor).await?);
    }
    let previous = gate_decisions::list_previous(connection, view.run.id, view.job_run.job).await?;
    let authors = (known.authors.as_slice(), known.unknown.as_deref());
    Ok(gate::list_excluded(exclude, &view.members, &initiators, authors, &previous))
}
