//! Reading files of a commit, to find pipelines in a repository. Everything here blocks.

use super::GitError;
use super::history::{find_commit, open, read_error};
use git2::{ErrorCode, ObjectType, Tree};
use std::path::{Component, Path};

const FILE_MAX_BYTES: usize = 1024 * 1024;
const FILES_MAX: usize = 10_000;
/// The bits of a tree entry's mode that tell a plain file from a link or a submodule.
const MODE_KIND: i32 = 0o170_000;
const MODE_FILE: i32 = 0o100_000;

/// A plain file's content. `None`: no such path, or it is a folder, a symbolic link or a submodule.
///
/// # Errors
/// [`GitError::TooLarge`] above 1 MiB, [`GitError::NoCommit`], [`GitError::Read`].
pub fn read_file(repository: &Path, sha: &str, file: &str) -> Result<Option<Vec<u8>>, GitError> {
    let opened = open(repository)?;
    let tree = find_commit(&opened, repository, sha)?.tree().map_err(|error| read_error(repository, &error))?;
    if !is_plain(file) {
        return Ok(None);
    }
    let entry = match tree.get_path(Path::new(file)) {
        Ok(entry) if entry.filemode() & MODE_KIND == MODE_FILE => entry,
        Ok(_) => return Ok(None),
        Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
        Err(error) => return Err(read_error(repository, &error)),
    };
    // The header alone tells the size: a huge blob is refused without being read.
    let database = opened.odb().map_err(|error| read_error(repository, &error))?;
    let (size, _) = database.read_header(entry.id()).map_err(|error| read_error(repository, &error))?;
    if size > FILE_MAX_BYTES {
        return Err(GitError::TooLarge { what: format!("{file} ({size} bytes)"), limit_bytes: FILE_MAX_BYTES as u64 });
    }
    let blob = opened.find_blob(entry.id()).map_err(|error| read_error(repository, &error))?;
    Ok(Some(blob.content().to_vec()))
}

/// The plain files directly in a folder (`""` is the root), as paths from the root, sorted. A folder that is not there has none.
///
/// # Errors
/// [`GitError::TooLarge`] above 10,000 files, [`GitError::NoCommit`], [`GitError::Read`].
pub fn list_files(repository: &Path, sha: &str, folder: &str) -> Result<Vec<String>, GitError> {
    let opened = open(repository)?;
    let read = |error: git2::Error| read_error(repository, &error);
    let root = find_commit(&opened, repository, sha)?.tree().map_err(read)?;
    let folder = folder.trim_matches('/');
    if folder.is_empty() {
        return list_entries(&root, "");
    }
    if !is_plain(folder) {
        return Ok(Vec::new());
    }
    match root.get_path(Path::new(folder)) {
        Ok(entry) if entry.kind() == Some(ObjectType::Tree) => {
            list_entries(&opened.find_tree(entry.id()).map_err(read)?, &format!("{folder}/"))
        }
        Ok(_) => Ok(Vec::new()),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(Vec::new()),
        Err(error) => Err(read(error)),
    }
}

/// Whether a path only goes down: no `..`, no beginning `/`, not empty.
fn is_plain(path: &str) -> bool {
    !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

fn list_entries(tree: &Tree<'_>, prefix: &str) -> Result<Vec<String>, GitError> {
    if tree.len() > FILES_MAX {
        return Err(GitError::TooLarge {
            what: format!("the folder \"{prefix}\" ({} entries)", tree.len()),
            limit_bytes: FILES_MAX as u64,
        });
    }
    let files = tree.iter().filter(|entry| entry.filemode() & MODE_KIND == MODE_FILE);
    let mut names: Vec<String> = files.filter_map(|entry| entry.name().ok().map(|name| format!("{prefix}{name}"))).collect();
    names.sort();
    Ok(names)
}
