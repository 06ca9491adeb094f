//! What moves the line: loops that look at the store and do what the rules in `pipelines` say should happen. Each loop has a `tick`; events
//! wake it at once, and a timer finds what a lost wake-up missed. Any of them may be killed at any line: the next tick goes on.

mod assign;
pub mod channel;
mod check;
mod context;
mod control;
mod define;
pub mod deliver;
mod dispatch;
mod documents;
mod expire;
mod finish;
mod forecast;
mod gate;
mod inbound;
mod live;
pub mod loops;
mod manual;
mod names;
mod notices;
pub mod notify;
mod publish;
mod reap;
mod report;
mod schedule;
mod seal;
mod start;
mod statuses;
mod tell;
#[cfg(test)]
mod tests;

pub use assign::{Assigner, find_secret};
pub use check::tick as tick_checks;
pub use control::{pause_job, pause_pipeline, rerun_failed, rerun_job_run, rerun_run, stop_job_run, stop_run};
pub use define::{Defined, Definition, set_pipeline};
pub use dispatch::{claim, register};
pub use documents::Documents;
pub use expire::tick as tick_gates;
pub use forecast::forecast_starts;
pub use gate::{GateView, decide_gate, view_gate};
pub use inbound::{Arrival, arrive, reconcile, take_hook, take_push};
pub use live::LiveLogs;
pub use manual::{ManualStart, find_version, start_manual};
pub use publish::{Publication, publish};
pub use reap::tick as tick_reap;
pub use report::take_reports;
pub use schedule::{Scheduler, tick as tick_schedule};
pub use seal::{read_log, tick as tick_seal};
pub use statuses::{SyncedFile, tell_sync};
pub use tell::{Progress, tick as tick_tell};
