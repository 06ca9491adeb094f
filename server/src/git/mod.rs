//! Git: the built-in repositories and their smart-HTTP server, reading commits, and asking repositories elsewhere.
//!
//! Everything that crosses a transport goes through the `git` command; objects are read with libgit2.
//! Functions that read objects block: call them from `tokio::task::spawn_blocking`.
//!
//! ```text
//! Repositories::new(root: PathBuf) -> Self            Repositories { max_push_bytes, timeout, … } are settable fields
//!   .exists(ws, repo) -> Result<bool, GitError>       .path(ws, repo) -> Result<PathBuf, GitError>
//!   .create(ws, repo) -> Result<PathBuf, GitError>    (idempotent)      .refs(ws, repo) -> Result<BTreeMap<String, String>, GitError>
//!   async .serve(GitRequest<B>) -> Result<Served, GitError>
//! with_message(GitResponse, lines: &[String]) -> GitResponse
//! commit_info(path, sha) -> Result<CommitInfo, GitError>
//! commits_between(path, old: Option<&str>, new, limit) -> Result<Commits { commits: Vec<CommitInfo>, truncated }, GitError>
//! changed_paths(path, old: Option<&str>, new) -> Result<Vec<String>, GitError>
//! paths_match(globs: &[String], paths) -> Result<bool, GitError>      tag_matches(pattern, name) -> Result<bool, GitError>
//! newest_relevant_commit(path, old: Option<&str>, new, globs) -> Result<Option<String>, GitError>
//! read_file(path, sha, file) -> Result<Option<Vec<u8>>, GitError>     list_files(path, sha, dir) -> Result<Vec<String>, GitError>
//! async list_remote(url, credentials: Option<&str>, patterns: &[String]) -> Result<BTreeMap<String, String>, PollError>
//! async fetch_commit(cache_dir, url, credentials, reference, commit) -> Result<PathBuf, PollError>
//! normalise_url(url) -> String
//! hooks::parse(&HeaderMap, &[u8], &[SecretString]) -> Result<Hook, HookError>
//! ```

mod error;
mod request;

pub use error::{GitError, PollError};
pub use request::{GitBody, GitRequest, GitResponse, PushOutcome, RefUpdate, Served, Service};
