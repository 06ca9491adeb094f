//! Inbound webhooks of forges: a signature is proved on the raw bytes first, then the payload is read.

mod error;
mod model;

pub use error::HookError;
pub use model::{Forge, Hook, HookCommit, HookEvent, HookRepository, PullRequest, Push};
