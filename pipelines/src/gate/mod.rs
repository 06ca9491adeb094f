//! The judgement of a gate: who may decide, what the decisions made so far amount to, what happens when its time runs
//! out, and the digest that binds it to what it lets through.

mod digest;
mod judgement;
mod matching;
mod permission;

pub use digest::digest;
pub use judgement::{Decision, DecisionKind, Member, RequirementState, TimeoutOutcome, Verdict, VerdictStatus, judge, timeout_outcome};
pub use permission::{WhyNot, describe_approver, describe_requirement, may_decide};
