//! What would happen: the very rules of the engine, on a copy of the line. Nothing is changed.

mod edit;
mod play;
mod view;
mod wish;

pub use edit::Edit;
pub use play::simulate;
pub use view::{NoLonger, PretendedVersion, Simulated, SimulatedIdle, SimulatedInput, SimulatedStart};
pub use wish::Wish;
