//! Gates: the one code path by which people decide at them, whichever way they come in, and what time and machines do to them.
//!
//! A gate opens (`open`), bound to a digest of what it lets through (`binding`). People decide (`decide`), or open it alone
//! (`emergency`); time passes (`timer`); machines are asked (`checks`, `probe`). Each of them ends in `settle`, which judges the gate
//! and closes it or says when it is to be looked at again; `release` is the only way through. `changes` finds out what would change, and
//! who wrote it; `evidence` gathers what an approver has to know.

mod binding;
mod changes;
mod checks;
mod decide;
mod emergency;
mod evidence;
mod given;
mod open;
mod probe;
mod settle;
mod timer;
mod view;

pub(super) use binding::{rules_for, rules_of};
pub use changes::{Change, Changes, Histories};
pub(super) use changes::{compare_lineages, count_commits, list_lineage};
pub use checks::{CheckResult, CheckStatus};
pub use decide::{Ballot, claim_gate, decide_gate, revoke_decision, unclaim_gate};
pub use emergency::{break_gate, review_gate};
pub use evidence::{Evidence, TestSummary, gather_evidence};
pub(super) use open::{open_gate, rebind_open};
pub use probe::Prober;
pub use timer::tick;
pub use view::{GateView, view_gate};
