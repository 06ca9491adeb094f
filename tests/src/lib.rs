//! The harness of the end-to-end tests and of the benchmark: real processes on loopback addresses, and people's ways to
//! reach them: the API, the command line, git, the mailbox.
//!
//! Nothing here sleeps: whoever waits follows the server's event stream, a process's lines, or a [`Valve`] in a job.
//! Every process that is started ends with the value that stands for it, also when a test panics.

mod api;
mod binary;
mod database;
mod events;
mod git;
mod mail;
mod process;
mod runner;
mod server;
mod valve;

pub use api::{Answer, Api, text};
pub use binary::find_binary;
pub use database::TestDatabase;
pub use events::Events;
pub use git::Checkout;
pub use mail::{Mail, read_mails};
pub use process::{Output, Program, run_program};
pub use runner::{Runner, RunnerToken};
pub use server::{Server, ServerOptions};
pub use valve::{OpenValve, Valve};

use std::time::Duration;

/// A hang becomes a failure after this; nothing is judged by it.
pub const PATIENCE: Duration = Duration::from_secs(60);
