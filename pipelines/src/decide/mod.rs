//! What should happen next on the line, and why: the judgement of the scheduler. [`Line`] is the state it judges by, kept up to date
//! from events; [`Line::decide`] says for one job what should start, and explains itself. `explain` says at length why; `rehearsal` lets
//! a copy of the line run on as if everything succeeded.

mod bindings;
mod decision;
mod deploying;
mod explain;
mod facts;
mod free;
mod holds;
mod judge;
mod line;
mod loops;
mod rehearsal;
mod rollback;
mod sets;
mod slots;
mod upstream;

pub use bindings::Bindings;
pub use decision::{Action, Decision, Evaluation, Reason, Start, Verdict};
pub use explain::{Asked, GateNote, Notes, PinNote, RunNote, VersionNote, explain_blocked, show_time};
pub use facts::{JobFacts, JobRunFact, PinnedInput, PipelineFacts, ResourceFacts, SlotKey};
pub use holds::{Lock, Pause, Pauses};
pub use line::Line;
pub use loops::Window;
pub use rehearsal::{Pretended, Rehearsal, RehearsedInput, RehearsedStart, Wave, rehearse};
pub use rollback::{PastDeployment, find_rollback};
pub use sets::{Satisfying, list_satisfying};
