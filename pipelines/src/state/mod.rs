//! The states of job runs, gates and runs, and the moves between them.

mod gate;
mod job_run;
mod run;

pub use gate::GateStatus;
pub use job_run::{IllegalTransition, JobRunEvent, JobRunStatus, apply};
pub use run::{RunOutcome, RunStatus, run_status};
