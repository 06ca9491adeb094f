//! The API: thin handlers that check who asks, call the store or the engine, and say what came of it.

mod access;
mod caller;
pub mod channels;
pub mod csrf;
pub mod deliveries;
mod error;
pub mod extract;
pub mod groups;
pub mod idempotency;
mod limit;
pub mod me;
pub mod members;
mod people;
pub mod secrets;
pub mod session;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub mod tokens;
pub mod users;

pub use access::Access;
pub use caller::{enter, git_caller, identify_password, peer_address, refuse_git};
pub use error::{Error, Problem, Result};
pub use limit::SignIns;
pub use crate::store::line::workspaces::Workspace;
pub use people::people_routes;
