//! Why a job does or does not run, and why a version has or has not got to a job: trees of reasons, up the line to where something can
//! be done about it.
//!
//! The line knows what stands where; names, times and what people wrote stand in the store. So an explanation is made twice: the first
//! pass says what it would like to know ([`Asked`]), the second one has the [`Notes`]. Without notes it is plainer, and as true.

mod blocked;
mod explainer;
mod journey;
mod missing;
mod names;
mod notes;
mod settled;
mod upstream;
mod work;

pub(super) use explainer::Explainer;
pub use explainer::explain_blocked;
pub use names::show_time;
pub use notes::{Asked, GateNote, Notes, PinNote, RunNote, VersionNote};
