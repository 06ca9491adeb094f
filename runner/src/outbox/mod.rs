//! Reports on their way to the server: numbered, kept until acknowledged, on disk while the server is away.

mod lane;
mod queue;
mod spool;

pub use queue::{Outbox, Reporter};
