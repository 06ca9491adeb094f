//! Inbound webhooks of forges: a signature is proved on the raw bytes first, then the payload is read.

mod bitbucket;
mod delivery;
mod error;
mod field;
mod github;
mod gitlab;
mod model;
mod signature;

pub use delivery::{PAYLOAD_MAX_BYTES, parse};
pub use error::HookError;
pub use model::{Forge, Hook, HookCommit, HookEvent, HookRepository, PullRequest, Push};

#[cfg(test)]
mod tests;
