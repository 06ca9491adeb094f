//! Who may decide, and if not, why not: the same answer for the web, the command line, the API and the link in a mail.

use super::exclusion::Excluded;
use super::judgement::{Case, DecisionKind, Member, RequirementState, latest_decisions};
use crate::document::{Approver, Role};
use crate::state::GateStatus;
use std::collections::BTreeSet;

/// Why somebody may not decide a gate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhyNot {
    #[error("the gate is closed: it is {}", status.name())]
    GateClosed { status: GateStatus },
    #[error("{name} is not a member of this workspace")]
    NotAMember { name: String },
    #[error("{name} is in none of this gate's rules: it needs {needs}; {name} has {has}")]
    NotInAnyRule { name: String, needs: String, has: String },
    #[error("{name} has already decided: {}; revoke that decision first", kind.name())]
    AlreadyDecided { name: String, kind: DecisionKind },
    #[error("{name} may not approve: {why}")]
    Excluded { name: String, why: Excluded },
}

impl WhyNot {
    /// A machine-readable word for the reason.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::GateClosed { .. } => "gate-closed",
            Self::NotAMember { .. } => "not-a-member",
            Self::NotInAnyRule { .. } => "not-in-any-rule",
            Self::AlreadyDecided { .. } => "already-decided",
            Self::Excluded { .. } => "excluded",
        }
    }
}

/// Whether the member may decide so at the gate now. Whoever is excluded may still reject and ask for changes; whoever asked for
/// changes may approve or reject without taking that back first.
///
/// # Errors
/// [`WhyNot`] tells the first thing that stands in the way, in a sentence.
pub fn may_decide(case: &Case<'_>, member: &Member, status: GateStatus, kind: DecisionKind) -> Result<(), WhyNot> {
    let name = || member.name.clone();
    if status != GateStatus::Open {
        return Err(WhyNot::GateClosed { status });
    }
    let Some(role) = member.role else { return Err(WhyNot::NotAMember { name: name() }) };
    if case.fitting_rules(member).is_empty() {
        return Err(WhyNot::NotInAnyRule { name: name(), needs: describe_all(case), has: describe_member(member, role) });
    }
    let own = latest_decisions(case.decisions).into_iter().find(|decision| decision.user == member.user);
    if let Some(decision) = own.filter(|own| own.kind == kind || own.kind != DecisionKind::RequestChanges) {
        return Err(WhyNot::AlreadyDecided { name: name(), kind: decision.kind });
    }
    match case.excluded.get(&member.user).filter(|_| kind == DecisionKind::Approve) {
        Some(why) => Err(WhyNot::Excluded { name: name(), why: why.clone() }),
        None => Ok(()),
    }
}

/// An approver in words: `user ada`, `a member of group release`, `somebody with the role admin`.
#[must_use]
pub fn describe_approver(approver: &Approver) -> String {
    match approver {
        Approver::User(name) => format!("user {name}"),
        Approver::Group(name) => format!("a member of group {name}"),
        Approver::Role(role) => format!("somebody with the role {}", role_name(*role)),
    }
}

/// What a rule asks for and how far it has come: `2 approvals from group release or user ada (1 so far)`.
#[must_use]
pub fn describe_requirement(state: &RequirementState) -> String {
    let short = |approver: &Approver| match approver {
        Approver::User(name) => format!("user {name}"),
        Approver::Group(name) => format!("group {name}"),
        Approver::Role(role) => format!("role {}", role_name(*role)),
    };
    let from: Vec<String> = state.from.iter().map(short).collect();
    let approvals = if state.needed == 1 { "approval" } else { "approvals" };
    let progress = match state.have.len() {
        0 => String::new(),
        have => format!(" ({have} so far)"),
    };
    format!("{} {approvals} from {}{progress}", state.needed, from.join(" or "))
}

fn describe_all(case: &Case<'_>) -> String {
    let mut seen = BTreeSet::new();
    let escalation = case.approval.escalation.iter().filter(|_| case.escalated).flat_map(|escalation| &escalation.to);
    let words: Vec<String> = case
        .approval
        .require
        .iter()
        .flat_map(|rule| &rule.from)
        .chain(escalation)
        .filter(|approver| seen.insert((*approver).clone()))
        .map(describe_approver)
        .collect();
    match words.as_slice() {
        [] => "nobody".to_owned(),
        [only] => only.clone(),
        [others @ .., last] => format!("{} or {last}", others.join(", ")),
    }
}

fn describe_member(member: &Member, role: Role) -> String {
    let groups: Vec<&str> = member.groups.iter().map(String::as_str).collect();
    let groups = match groups.as_slice() {
        [] => "is in no group".to_owned(),
        [only] => format!("is in group {only}"),
        many => format!("is in the groups {}", many.join(", ")),
    };
    format!("the role {} and {groups}", role_name(role))
}

const fn role_name(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Operator => "operator",
        Role::Editor => "editor",
        Role::Admin => "admin",
    }
}
