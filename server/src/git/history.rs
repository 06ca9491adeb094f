//! Reading commits: who, when, what, and which paths changed. Everything here blocks.

use super::GitError;
use super::filter::PathFilter;
use git2::{Commit, ObjectType, Oid, Repository, Sort};
use serde::Serialize;
use std::path::Path;

const MESSAGE_MAX_CHARS: usize = 2_000;
/// A change of more paths than this counts as touching everything.
const CHANGED_PATHS_MAX: usize = 100_000;

/// One commit, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CommitInfo {
    /// 40 digits.
    pub commit: String,
    pub author_name: String,
    pub author_email: String,
    /// `Name <email>`
    pub committer: String,
    /// The first 2,000 characters.
    pub message: String,
    /// When it was committed, milliseconds since 1970 UTC.
    pub date_ms: i64,
    pub parents: Vec<String>,
}

/// A stretch of history, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Commits {
    pub commits: Vec<CommitInfo>,
    /// There are more than the limit.
    pub truncated: bool,
}

/// The paths that differ between two commits; a moved file counts with both its names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangedPaths {
    /// Relative to the repository's root, in git's order.
    pub paths: Vec<String>,
    /// There are more than 100,000: treat it as everything.
    pub truncated: bool,
}

/// Reads a commit; an annotated tag's id leads to the commit it names.
///
/// # Errors
/// [`GitError::NoCommit`], [`GitError::Read`].
pub fn commit_info(repository: &Path, sha: &str) -> Result<CommitInfo, GitError> {
    let opened = open(repository)?;
    Ok(describe(&find_commit(&opened, repository, sha)?))
}

/// The commits that `new` has and `old` has not, along first parents, newest first, at most `limit`.
/// Without `old`, or where it is not known here (a first push, a rewritten history), all that lead to `new`.
///
/// # Errors
/// [`GitError::NoCommit`] for `new`, [`GitError::Read`].
pub fn commits_between(repository: &Path, old: Option<&str>, new: &str, limit: usize) -> Result<Commits, GitError> {
    let opened = open(repository)?;
    let read = |error: git2::Error| read_error(repository, &error);
    let newest = find_commit(&opened, repository, new)?;
    let mut walk = opened.revwalk().map_err(read)?;
    walk.simplify_first_parent().map_err(read)?;
    walk.set_sorting(Sort::TOPOLOGICAL).map_err(read)?;
    walk.push(newest.id()).map_err(read)?;
    if let Some(old) = find_old(&opened, repository, old)? {
        walk.hide(old.id()).map_err(read)?;
    }
    let mut commits = Vec::new();
    for id in walk {
        if commits.len() == limit {
            return Ok(Commits { commits, truncated: true });
        }
        commits.push(describe(&opened.find_commit(id.map_err(read)?).map_err(read)?));
    }
    Ok(Commits { commits, truncated: false })
}

/// Every commit that `new` has and `old` has not, merged ones included, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CommitRange {
    pub commits: Vec<CommitInfo>,
    /// There are more than the limit.
    pub truncated: bool,
    /// Some may be missing: `old` is not known here, or this copy does not go back far enough.
    pub cut_off: bool,
}

/// Reads every commit that `new` has and `old` has not, at most `limit`; without `old` all that lead to `new`.
///
/// # Errors
/// [`GitError::NoCommit`] for `new`, [`GitError::Read`].
pub fn commit_range(repository: &Path, old: Option<&str>, new: &str, limit: usize) -> Result<CommitRange, GitError> {
    let opened = open(repository)?;
    let read = |error: git2::Error| read_error(repository, &error);
    let mut walk = opened.revwalk().map_err(read)?;
    walk.set_sorting(Sort::TOPOLOGICAL).map_err(read)?;
    walk.push(find_commit(&opened, repository, new)?.id()).map_err(read)?;
    let known = find_old(&opened, repository, old)?;
    if let Some(old) = &known {
        walk.hide(old.id()).map_err(read)?;
    }
    let shallow = std::fs::read_to_string(opened.path().join("shallow")).unwrap_or_default();
    let mut range = CommitRange { commits: Vec::new(), truncated: false, cut_off: old.is_some() && known.is_none() };
    for id in walk {
        if range.commits.len() == limit {
            range.truncated = true;
            break;
        }
        let commit = describe(&opened.find_commit(id.map_err(read)?).map_err(read)?);
        range.cut_off |= shallow.lines().any(|line| line == commit.commit);
        range.commits.push(commit);
    }
    Ok(range)
}

/// The paths that differ from `old` to `new`; without `old`, or where it is not known here, every path of `new`.
///
/// # Errors
/// [`GitError::NoCommit`] for `new`, [`GitError::Read`].
pub fn changed_paths(repository: &Path, old: Option<&str>, new: &str) -> Result<ChangedPaths, GitError> {
    let opened = open(repository)?;
    let read = |error: git2::Error| read_error(repository, &error);
    let new_tree = find_commit(&opened, repository, new)?.tree().map_err(read)?;
    let old_tree = find_old(&opened, repository, old)?.map(|commit| commit.tree()).transpose().map_err(read)?;
    let mut options = git2::DiffOptions::new();
    options.skip_binary_check(true).ignore_submodules(false);
    let diff = opened.diff_tree_to_tree(old_tree.as_ref(), Some(&new_tree), Some(&mut options)).map_err(read)?;
    let mut changed = ChangedPaths { paths: Vec::new(), truncated: false };
    for delta in diff.deltas() {
        if changed.paths.len() == CHANGED_PATHS_MAX {
            changed.truncated = true;
            break;
        }
        // Without a search for renames both sides of a delta carry the same path.
        let path = delta.new_file().path_bytes().or_else(|| delta.old_file().path_bytes());
        changed.paths.extend(path.map(|bytes| String::from_utf8_lossy(bytes).into_owned()));
    }
    Ok(changed)
}

/// The commit that a move of a branch from `old` to `new` makes a version of: `new`, if any path that changed on the way
/// matches `globs`, else none. Without globs always `new`.
///
/// # Errors
/// [`GitError::Pattern`], [`GitError::NoCommit`] for `new`, [`GitError::Read`].
pub fn newest_relevant_commit(repository: &Path, old: Option<&str>, new: &str, globs: &[String]) -> Result<Option<String>, GitError> {
    let filter = PathFilter::new(globs)?;
    let newest = find_commit(&open(repository)?, repository, new)?.id().to_string();
    if globs.is_empty() {
        return Ok(Some(newest));
    }
    let changed = changed_paths(repository, old, new)?;
    let relevant = changed.truncated || changed.paths.iter().any(|path| filter.matches(path));
    Ok(relevant.then_some(newest))
}

pub(super) fn open(path: &Path) -> Result<Repository, GitError> {
    Repository::open(path).map_err(|error| read_error(path, &error))
}

pub(super) fn read_error(path: &Path, error: &git2::Error) -> GitError {
    GitError::Read { path: path.display().to_string(), why: error.message().to_owned() }
}

/// A full id, peeled to its commit.
pub(super) fn find_commit<'r>(opened: &'r Repository, path: &Path, sha: &str) -> Result<Commit<'r>, GitError> {
    let unknown =
        || GitError::NoCommit { sha: sha.chars().filter(|c| !c.is_control()).take(80).collect(), path: path.display().to_string() };
    if sha.len() != 40 {
        return Err(unknown());
    }
    let id = Oid::from_str(sha).map_err(|_| unknown())?;
    let object = opened.find_object(id, None).map_err(|_| unknown())?;
    object.peel(ObjectType::Commit).ok().and_then(|object| object.into_commit().ok()).ok_or_else(unknown)
}

/// `old` may be gone after a rewrite, or lie before a shallow copy's beginning: then there is none.
fn find_old<'r>(opened: &'r Repository, path: &Path, old: Option<&str>) -> Result<Option<Commit<'r>>, GitError> {
    match old.map(|old| find_commit(opened, path, old)) {
        None | Some(Err(GitError::NoCommit { .. })) => Ok(None),
        Some(found) => found.map(Some),
    }
}

fn describe(commit: &Commit<'_>) -> CommitInfo {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (author, committer) = (commit.author(), commit.committer());
    CommitInfo {
        commit: commit.id().to_string(),
        author_name: text(author.name_bytes()),
        author_email: text(author.email_bytes()),
        committer: format!("{} <{}>", text(committer.name_bytes()), text(committer.email_bytes())),
        message: text(commit.message_bytes()).chars().take(MESSAGE_MAX_CHARS).collect(),
        date_ms: commit.time().seconds().saturating_mul(1_000),
        parents: commit.parent_ids().map(|id| id.to_string()).collect(),
    }
}
