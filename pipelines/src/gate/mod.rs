//! The judgement of a gate: who may decide, what the decisions made so far amount to, what a form takes, when something may go
//! through, what happens when its time runs out, and the digest that binds it to what it lets through.

mod digest;
mod exclusion;
mod form;
mod judgement;
mod matching;
mod permission;
mod timing;
mod window;

pub use digest::{Bound, digest};
pub use exclusion::{Author, Excluded, list_excluded};
pub use form::{LARGEST_FORM_BYTES, check_answers, form_schema, state_of};
pub use judgement::{
    Case, Decision, DecisionKind, Member, RequirementState, TimeoutOutcome, Verdict, VerdictStatus, judge, timeout_outcome,
};
pub use permission::{WhyNot, describe_approver, describe_requirement, may_decide};
pub use timing::{Times, deadline, next_due, next_reminder};
pub use window::{is_open, next_opening};
