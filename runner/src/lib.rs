//! The runner: takes job runs from a server, executes them, reports.
//!
//! It speaks first, always: [`run`] registers, claims by long poll, executes and reports in batches through a
//! [`Transport`]. [`HttpTransport`] reaches a server elsewhere; a server that runs jobs in its own process implements the
//! trait itself. What the server cannot take is kept on disk until it can.

pub mod clock;
mod config;
mod execution;
mod files;
mod log;
pub mod mask;
mod outbox;
mod process;
mod session;
pub mod transport;

pub use clock::{Clock, SystemClock};
pub use config::{ExecutorKind, Isolation, RunnerConfig};
pub use files::{PackError, pack_folder};
pub use session::run;
pub use transport::{BlobReader, HttpTransport, Transport, TransportError};
