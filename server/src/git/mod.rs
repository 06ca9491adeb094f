//! Git: the built-in repositories and their smart-HTTP server, reading commits, and asking repositories elsewhere.
//!
//! Everything that crosses a transport goes through the `git` command; objects are read with libgit2.
//! What reads objects blocks: call it from `tokio::task::spawn_blocking`.

mod backend;
mod error;
mod filter;
mod history;
mod mirror;
mod names;
mod process;
mod remote;
mod repositories;
mod request;
mod serve;
mod sideband;
mod spool;
mod tidy;
mod tree;
mod url;

pub use error::{GitError, PollError};
pub use filter::{PathFilter, paths_match, tag_matches};
pub use history::{
    ChangedPaths, CommitInfo, CommitRange, Commits, changed_paths, commit_info, commit_range, commits_between, newest_relevant_commit,
};
pub use mirror::fetch_commit;
pub use remote::{Remote, list_remote};
pub use repositories::Repositories;
pub use request::{GitBody, GitRequest, GitResponse, PushOutcome, RefUpdate, Served, Service};
pub use sideband::with_message;
pub use tree::{list_files, read_file};
pub use url::normalise_url;

#[cfg(test)]
mod tests;
