//! What moves the line: loops that look at the store and do what the rules in `pipelines` say should happen. Each loop has a `tick`; events
//! wake it at once, and a timer finds what a lost wake-up missed. Any of them may be killed at any line: the next tick goes on.

mod assign;
mod bindings;
pub mod channel;
mod check;
mod comparison;
mod context;
mod control;
mod cord;
mod define;
pub mod deliver;
mod delivery;
mod desk;
mod dispatch;
mod documents;
mod downstream;
mod environments;
mod finish;
mod gate;
mod inbound;
mod log;
mod loop_guard;
pub mod loops;
mod manual;
mod modules;
mod names;
mod notices;
pub mod notify;
mod numbers;
mod parts;
mod publish;
mod reap;
mod redecide;
mod report;
mod rerun;
mod schedule;
mod sets;
mod simulate;
mod stale;
mod start;
mod statuses;
mod sync;
mod tasks;
mod tell;
#[cfg(test)]
mod tests;
mod why;

pub use assign::{Assigner, find_secret};
pub use bindings::read_definition;
pub use check::{CheckedNow, check_now, tick as tick_checks};
pub use comparison::{SinceBefore, compare_with_before};
pub use control::{close_run, stop_job_run, stop_run};
pub use cord::{pause_job, pause_pipeline, pause_workspace};
pub use define::{Defined, Definition, get_modules, list_disagreements, plan_change, set_pipeline};
pub use delivery::{Deliveries, Delivery, list_deliveries};
pub use desk::Desk;
pub use dispatch::{claim, register};
pub use documents::Documents;
pub use environments::{
    AskedFor, Behind, Candidate, Detail, Failure, Overview, Preview, UnderWay, Wish as EnvironmentWish, ask as ask_promotion,
    find_environment, list_environments, lock_environment, preview as preview_promotion, show_environment, tick as tick_locks,
    unlock_environment,
};
pub use gate::{
    Ballot, Change, Changes, CheckResult, CheckStatus, Evidence, GateView, Histories, Prober, TestSummary, break_gate, claim_gate,
    decide_gate, gather_evidence, review_gate, revoke_decision, tick as tick_gates, unclaim_gate, view_gate,
};
pub use inbound::{Arrival, arrive, reconcile, recover, take_hook, take_push};
pub use log::{LiveLogs, LogMark, list_marks, read_log, tick as tick_seal};
pub use manual::{ManualStart, Starts, find_version, start_manual};
pub use modules::{NewModuleText, SetModule, set_module};
pub use publish::{Publication, publish};
pub use reap::tick as tick_reap;
pub use report::take_reports;
pub use rerun::{Rerun, rerun_failed, rerun_job_run, rerun_run};
pub use schedule::{Scheduler, tick as tick_schedule};
pub use sets::{NamedSet, NamedSets, list_sets};
pub use simulate::{Edit, NoLonger, PretendedVersion, Simulated, SimulatedIdle, SimulatedInput, SimulatedStart, Wish, simulate};
pub use stale::{RevisionChange, Staleness, compare_revisions};
pub use tasks::{
    Batched, MOST_AT_ONCE, NewTask, TaskChange, Team, add_task, change_task, change_tasks, facts_of as task_facts, tick as tick_tasks,
};
pub use tell::{Progress, tick as tick_tell};
pub use why::{explain_job, explain_version, find_version_for};
