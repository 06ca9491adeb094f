//! Environments: what runs where, what could, and what people do about it.
//!
//! A promotion brings a set of versions into an environment, a roll back the set of the last good deployment (`plan`, `ask`). Neither goes
//! round a gate: what is started is the gate before the job that deploys, and `advance` starts that job once the gate has let the set
//! through. `lock` keeps everything away from an environment for a while. `overview` says what runs, and how far behind it is.

mod advance;
mod ask;
mod candidates;
mod lock;
mod overview;
mod place;
mod plan;
mod preview;

pub(super) use advance::{Phase, advance};
pub use ask::{AskedFor, ask};
pub use candidates::{Behind, Candidate};
pub(super) use lock::find_lock_before;
pub use lock::{lock_environment, tick, unlock_environment};
pub use overview::{Detail, Failure, Overview, UnderWay, list_environments, show_environment};
pub use place::find_environment;
pub use plan::Wish;
pub use preview::{Preview, preview};
