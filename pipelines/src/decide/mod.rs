//! What should happen next on the line, and why: the judgement of the scheduler. [`Line`] is the state it judges by, kept up to date
//! from events; [`Line::decide`] says for one job what should start, and explains itself.

mod bindings;
mod decision;
mod facts;
mod free;
mod holds;
mod judge;
mod line;
mod loops;
mod slots;
mod upstream;

pub use bindings::Bindings;
pub use decision::{Action, Decision, Evaluation, Reason, Start, Verdict};
pub use facts::{JobFacts, JobRunFact, PinnedInput, PipelineFacts, ResourceFacts, SlotKey};
pub use holds::{Pause, Pauses};
pub use judge::explain_blocked;
pub use line::Line;
pub use loops::Window;
