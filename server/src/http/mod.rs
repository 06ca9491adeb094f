//! The API: thin handlers that check who asks, call the store or the engine, and say what came of it.

mod access;
pub mod audit;
mod badge;
mod caller;
mod cctray;
pub mod channels;
pub mod comparison;
pub mod csrf;
pub mod deliveries;
pub mod environments;
mod error;
pub mod events;
pub mod explanation;
pub mod extract;
pub mod gate_links;
pub mod gates;
mod git;
pub mod graph;
pub mod groups;
mod health;
pub mod idempotency;
pub mod inbound;
pub mod inbox;
pub mod job_runs;
pub mod jobs;
mod limit;
pub mod lineage;
pub mod logs;
pub mod me;
pub mod members;
mod metrics;
pub mod modules;
pub mod monitor;
pub mod notifications;
mod page;
mod people;
pub mod pipelines;
pub mod resources;
pub mod revisions;
mod router;
pub mod runner_protocol;
pub mod runners;
pub mod runs;
pub mod schema;
pub mod secrets;
pub mod session;
pub mod tasks;
pub mod test_results;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod timeline;
pub mod tokens;
pub mod users;
pub mod view;
pub mod workspaces;

pub use crate::store::line::workspaces::Workspace;
pub use access::Access;
pub use caller::{enter, git_caller, identify_password, peer_address, refuse_git};
pub use error::{Error, Problem, Result, Stale};
pub use limit::SignIns;
pub use people::people_routes;
#[cfg(test)]
pub(crate) use router::describe_api;
pub use router::router;
