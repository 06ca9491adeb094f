//! What the decisions made so far amount to.

use super::exclusion::Excluded;
use super::matching::assign_people;
use crate::document::{Approval, Approver, OnTimeout, Rejection, Role};
use crate::ids::UserId;
use crate::state::{GateStatus, JobRunStatus};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A member of the workspace, as far as gates ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Member {
    pub user: UserId,
    pub name: String,
    pub email: Option<String>,
    /// Names of the groups that the member is in.
    pub groups: BTreeSet<String>,
    /// `None` for somebody who has no role in the workspace (any more); then nothing they decided counts.
    pub role: Option<Role>,
}

impl Member {
    /// Whether the member is one of those whom the approver names. A role includes the roles below it: an
    /// administrator fits `role:operator`.
    #[must_use]
    pub fn fits(&self, approver: &Approver) -> bool {
        let Some(own) = self.role else { return false };
        match approver {
            Approver::User(name) => *name == self.name,
            Approver::Group(name) => self.groups.contains(name),
            Approver::Role(role) => own >= *role,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DecisionKind {
    Approve,
    Reject,
    /// Something has to change first: nothing goes through until they approve or take it back.
    RequestChanges,
}

impl DecisionKind {
    pub const ALL: [Self; 3] = [Self::Approve, Self::Reject, Self::RequestChanges];

    /// The word in the store and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::RequestChanges => "request-changes",
        }
    }

    /// The inverse of [`Self::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One person's decision. Revoked ones are left out by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub user: UserId,
    pub kind: DecisionKind,
    /// Milliseconds since 1970 UTC.
    pub at: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictStatus {
    Open,
    Approved,
    Rejected,
}

impl VerdictStatus {
    /// The gate's status that follows.
    #[must_use]
    pub const fn gate_status(self) -> GateStatus {
        match self {
            Self::Open => GateStatus::Open,
            Self::Approved => GateStatus::Approved,
            Self::Rejected => GateStatus::Rejected,
        }
    }
}

/// How far one rule of a gate has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequirementState {
    pub from: Vec<Approver>,
    pub needed: u32,
    /// Those who count for this rule, in the order of their decisions; never more than `needed`.
    pub have: Vec<UserId>,
}

impl RequirementState {
    /// How many people are still missing.
    #[must_use]
    pub fn missing(&self) -> u32 {
        self.needed.saturating_sub(u32::try_from(self.have.len()).unwrap_or(u32::MAX))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub status: VerdictStatus,
    /// In the order of the file's `require`.
    pub requirements: Vec<RequirementState>,
    /// Those who asked for changes, in the order in which they did.
    pub changes_requested: Vec<UserId>,
}

/// A gate and what is known of it: what every judgement and every answer about permission starts from.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    pub approval: &'a Approval,
    /// The people who decided or ask (others do no harm), as they are now.
    pub members: &'a [Member],
    /// Those that were not revoked and are about the set that the gate is bound to.
    pub decisions: &'a [Decision],
    /// Whose approval does not count, and why.
    pub excluded: &'a BTreeMap<UserId, Excluded>,
    /// Whether those whom `escalate_to` names may decide too.
    pub escalated: bool,
}

impl Case<'_> {
    /// Judges a gate by the decisions made so far. A rejection by somebody whom a rule names closes it, or as many as the rule
    /// asks for where rejection takes a quorum; otherwise it is approved when every rule has its people, where each person
    /// counts once, and nobody asks for changes.
    ///
    /// A decision by somebody who is no member, or whom no rule names, does not count; nor does the approval of somebody who is
    /// excluded. Of several decisions of one person the latest counts.
    #[must_use]
    pub fn judge(&self) -> Verdict {
        let latest = latest_decisions(self.decisions);
        let voters: Vec<(&Member, DecisionKind, Vec<usize>)> = latest
            .iter()
            .filter_map(|decision| {
                let member = self.members.iter().find(|member| member.user == decision.user)?;
                let fits = self.fitting_rules(member);
                (!fits.is_empty()).then_some((member, decision.kind, fits))
            })
            .collect();
        let of_kind = |wanted: DecisionKind| voters.iter().filter(move |(_, kind, _)| *kind == wanted);
        let changes_requested: Vec<UserId> = of_kind(DecisionKind::RequestChanges).map(|(member, _, _)| member.user).collect();
        let rejections: Vec<&Vec<usize>> = of_kind(DecisionKind::Reject).map(|(_, _, fits)| fits).collect();
        let counted = of_kind(DecisionKind::Approve).filter(|(member, _, _)| !self.excluded.contains_key(&member.user));
        let (approvers, fits): (Vec<&Member>, Vec<Vec<usize>>) = counted.map(|(member, _, fits)| (*member, fits.clone())).unzip();
        let requirements = self.fill_rules(&approvers, &fits);
        // A gate without rules cannot be read from a file; should one appear all the same, it stays shut.
        let filled = !requirements.is_empty() && requirements.iter().all(|rule| rule.missing() == 0);
        let status = if self.is_rejected(&rejections) {
            VerdictStatus::Rejected
        } else if filled && changes_requested.is_empty() {
            VerdictStatus::Approved
        } else {
            VerdictStatus::Open
        };
        Verdict { status, requirements, changes_requested }
    }

    fn fill_rules(&self, approvers: &[&Member], fits: &[Vec<usize>]) -> Vec<RequirementState> {
        let needed: Vec<u32> = self.approval.require.iter().map(|rule| rule.count).collect();
        let assigned = self.approval.require.iter().zip(assign_people(fits, &needed));
        let state = |(rule, people): (&crate::document::Requirement, Vec<usize>)| RequirementState {
            from: rule.from.clone(),
            needed: rule.count,
            have: people.into_iter().map(|person| approvers[person].user).collect(),
        };
        assigned.map(state).collect()
    }

    fn is_rejected(&self, rejections: &[&Vec<usize>]) -> bool {
        match self.approval.rejection {
            Rejection::Any => !rejections.is_empty(),
            Rejection::Quorum => self.approval.require.iter().enumerate().any(|(index, rule)| {
                let against = rejections.iter().filter(|fits| fits.contains(&index)).count();
                against >= rule.count as usize
            }),
        }
    }

    /// The indices of the rules that the member counts for.
    pub(super) fn fitting_rules(&self, member: &Member) -> Vec<usize> {
        let escalation = self.approval.escalation.as_ref().filter(|_| self.escalated);
        let everywhere = escalation.is_some_and(|escalation| escalation.to.iter().any(|approver| member.fits(approver)));
        let names = |rule: &crate::document::Requirement| everywhere || rule.from.iter().any(|approver| member.fits(approver));
        self.approval.require.iter().enumerate().filter(|(_, rule)| names(rule)).map(|(index, _)| index).collect()
    }

    /// Whether the member may open the gate alone.
    #[must_use]
    pub fn may_break(&self, member: &Member) -> bool {
        self.approval.break_glass.iter().any(|approver| member.fits(approver))
    }
}

/// Judges a gate from which nobody is excluded and that has not escalated.
#[must_use]
pub fn judge(approval: &Approval, members: &[Member], decisions: &[Decision]) -> Verdict {
    Case { approval, members, decisions, excluded: &BTreeMap::new(), escalated: false }.judge()
}

/// The latest decision of each person, ordered by time.
pub(super) fn latest_decisions(decisions: &[Decision]) -> Vec<Decision> {
    let mut latest: BTreeMap<UserId, Decision> = BTreeMap::new();
    for decision in decisions {
        let newer = latest.get(&decision.user).is_none_or(|known| decision.at >= known.at);
        if newer {
            latest.insert(decision.user, *decision);
        }
    }
    let mut latest: Vec<Decision> = latest.into_values().collect();
    latest.sort_by_key(|decision| decision.at);
    latest
}

/// What becomes of a gate, and of its job run, when its time runs out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeoutOutcome {
    /// Both end.
    Close {
        gate: GateStatus,
        job_run: JobRunStatus,
        /// The machine-readable reason of the job run's status.
        reason: &'static str,
    },
    /// It counts as approved by everybody.
    Approve,
    /// More people may decide.
    Escalate,
}

/// What the file's `on_timeout` means; what was escalated once is rejected.
#[must_use]
pub const fn timeout_outcome(on_timeout: OnTimeout, escalated: bool) -> TimeoutOutcome {
    match on_timeout {
        OnTimeout::Escalate if !escalated => TimeoutOutcome::Escalate,
        OnTimeout::Reject | OnTimeout::Escalate => close_as(JobRunStatus::Failed),
        OnTimeout::Skip => close_as(JobRunStatus::Skipped),
        OnTimeout::Approve => TimeoutOutcome::Approve,
    }
}

const fn close_as(job_run: JobRunStatus) -> TimeoutOutcome {
    TimeoutOutcome::Close { gate: GateStatus::Expired, job_run, reason: "expired" }
}

#[cfg(test)]
mod tests;
