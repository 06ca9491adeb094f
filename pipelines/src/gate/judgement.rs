//! What the decisions made so far amount to.

use super::matching::assign_people;
use crate::document::{Approval, Approver, OnTimeout, Role};
use crate::ids::UserId;
use crate::state::{GateStatus, JobRunStatus};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A member of the workspace, as far as gates ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Member {
    pub user: UserId,
    pub name: String,
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
}

impl DecisionKind {
    /// The word in the store and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
        }
    }

    /// The inverse of [`Self::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Approve, Self::Reject].into_iter().find(|kind| kind.name() == name)
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
}

/// Judges a gate by the decisions made so far. One rejection by somebody whom a rule names closes it; otherwise it is
/// approved when every rule has its people, where each person counts once.
///
/// `members` are the people who decided (others do no harm), as they are now; a decision by somebody who is not among
/// them, or whom no rule names, does not count. Of several decisions of one person the latest counts.
#[must_use]
pub fn judge(approval: &Approval, members: &[Member], decisions: &[Decision]) -> Verdict {
    let latest = latest_decisions(decisions);
    let voters: Vec<(&Member, DecisionKind, Vec<usize>)> = latest
        .iter()
        .filter_map(|decision| {
            let member = members.iter().find(|member| member.user == decision.user)?;
            let fits = fitting_rules(approval, member);
            (!fits.is_empty()).then_some((member, decision.kind, fits))
        })
        .collect();
    let rejected = voters.iter().any(|(_, kind, _)| *kind == DecisionKind::Reject);
    let (approvers, fits): (Vec<&Member>, Vec<Vec<usize>>) =
        voters.into_iter().filter(|(_, kind, _)| *kind == DecisionKind::Approve).map(|(member, _, fits)| (member, fits)).unzip();
    let needed: Vec<u32> = approval.require.iter().map(|rule| rule.count).collect();
    let requirements: Vec<RequirementState> = approval
        .require
        .iter()
        .zip(assign_people(&fits, &needed))
        .map(|(rule, people)| RequirementState {
            from: rule.from.clone(),
            needed: rule.count,
            have: people.into_iter().map(|person| approvers[person].user).collect(),
        })
        .collect();
    let status = if rejected {
        VerdictStatus::Rejected
    } else if !requirements.is_empty() && requirements.iter().all(|rule| rule.missing() == 0) {
        VerdictStatus::Approved
    } else {
        // A gate without rules cannot be read from a file; should one appear all the same, it stays shut.
        VerdictStatus::Open
    };
    Verdict { status, requirements }
}

/// The indices of the rules that name the member.
pub(super) fn fitting_rules(approval: &Approval, member: &Member) -> Vec<usize> {
    let names = |rule: &crate::document::Requirement| rule.from.iter().any(|approver| member.fits(approver));
    approval.require.iter().enumerate().filter(|(_, rule)| names(rule)).map(|(index, _)| index).collect()
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
pub struct TimeoutOutcome {
    pub gate: GateStatus,
    pub job_run: JobRunStatus,
    /// The machine-readable reason of the job run's status.
    pub reason: &'static str,
}

/// What the file's `on_timeout` means.
#[must_use]
pub const fn timeout_outcome(on_timeout: OnTimeout) -> TimeoutOutcome {
    match on_timeout {
        OnTimeout::Reject => TimeoutOutcome { gate: GateStatus::Expired, job_run: JobRunStatus::Failed, reason: "expired" },
        OnTimeout::Skip => TimeoutOutcome { gate: GateStatus::Expired, job_run: JobRunStatus::Skipped, reason: "expired" },
        OnTimeout::Approve => {
            TimeoutOutcome { gate: GateStatus::Approved, job_run: JobRunStatus::Succeeded, reason: "approved-by-timeout" }
        }
    }
}

#[cfg(test)]
mod tests;
