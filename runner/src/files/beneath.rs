//! Opening what lies below a folder without ever leaving it.

use nix::{
    fcntl::{OFlag, OpenHow, ResolveFlag, openat2},
    sys::stat::Mode,
};
use std::{
    fs::File,
    io::{self, Read},
    os::fd::OwnedFd,
    path::{Component, Path, PathBuf},
};

/// The path, if it is relative and goes nowhere but down. The empty path and `.` are the folder itself.
pub fn check_relative(path: &str) -> Result<PathBuf, String> {
    let mut clean = PathBuf::new();
    for component in Path::new(path).components() {
        match component {
            Component::Normal(part) => clean.push(part),
            Component::CurDir => {}
            _ => return Err(format!("{path:?} must be a path below the workspace, without a leading \"/\" and without \"..\"")),
        }
    }
    Ok(clean)
}

/// Opens the regular file `root/relative`, of which no part below `root` may be a link.
///
/// # Errors
/// If it is not there, is no regular file, or a link stands in the way.
pub fn open_beneath(root: &Path, relative: &Path) -> io::Result<File> {
    let folder = File::open(root)?;
    let how = OpenHow::new()
        // A pipe must not keep the runner waiting.
        .flags(OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOCTTY)
        .mode(Mode::empty())
        .resolve(ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS | ResolveFlag::RESOLVE_NO_MAGICLINKS);
    let file: OwnedFd = openat2(&folder, relative, how)?;
    let file = File::from(file);
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::other("not a regular file")),
    }
}

/// The first `limit` bytes of a file, and whether there are more; `None` if there is no such file.
pub fn read_beneath(root: &Path, relative: &Path, limit: u64) -> io::Result<Option<(Vec<u8>, bool)>> {
    let file = match open_beneath(root, relative) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = bytes.len() > limit;
    bytes.truncate(limit);
    Ok(Some((bytes, more)))
}

/// Makes `root/relative` with all folders on the way, none of which may be a link.
pub fn create_folder_beneath(root: &Path, relative: &Path) -> io::Result<PathBuf> {
    let mut path = root.to_owned();
    for part in relative {
        path.push(part);
        match std::fs::create_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if !std::fs::symlink_metadata(&path)?.is_dir() {
                    return Err(io::Error::other(format!("{} is in the way: it is no folder", path.display())));
                }
            }
            other => other?,
        }
    }
    Ok(path)
}
