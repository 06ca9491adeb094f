//! The API: thin handlers that check who asks, call the store or the engine, and say what came of it.

mod access;
mod caller;
pub mod channels;
pub mod csrf;
pub mod deliveries;
mod error;
pub mod events;
pub mod extract;
pub mod gate_links;
pub mod gates;
mod git;
pub mod groups;
mod health;
pub mod idempotency;
pub mod inbound;
pub mod job_runs;
pub mod jobs;
mod limit;
pub mod logs;
pub mod me;
pub mod members;
pub mod notifications;
mod page;
mod people;
pub mod pipelines;
pub mod resources;
mod router;
pub mod runner_protocol;
pub mod runners;
pub mod runs;
pub mod secrets;
pub mod session;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub mod tokens;
pub mod users;
pub mod view;

pub use crate::store::line::workspaces::Workspace;
pub use access::Access;
pub use caller::{enter, git_caller, identify_password, peer_address, refuse_git};
pub use error::{Error, Problem, Result};
pub use limit::SignIns;
pub use people::people_routes;
pub use router::{describe_api, router};
