//! Workspaces: how large they are, and their end.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

/// Removes a folder with all that is in it, write-protected folders included. Links are removed, not followed.
pub fn remove_folder(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open_folders(path);
            fs::remove_dir_all(path)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn open_folders(path: &Path) {
    let mut open = vec![path.to_owned()];
    while let Some(folder) = open.pop() {
        if !fs::symlink_metadata(&folder).is_ok_and(|data| data.is_dir()) {
            continue;
        }
        let _ = fs::set_permissions(&folder, fs::Permissions::from_mode(0o700));
        open.extend(list_folders(&folder));
    }
}

fn list_folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).map(|entry| entry.path()).collect()
}

/// The space on disk that a folder takes, bytes. Ends as soon as `enough` is passed or `patience` is used up, with what it
/// has counted by then.
pub fn measure_folder(path: &Path, enough: u64, patience: Duration) -> u64 {
    let begin = tokio::time::Instant::now();
    let (mut total, mut open) = (0u64, vec![path.to_owned()]);
    while let Some(folder) = open.pop() {
        if begin.elapsed() > patience {
            break;
        }
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(data) = entry.metadata() else { continue };
            total += data.blocks() * 512;
            if data.is_dir() {
                open.push(entry.path());
            }
            if total > enough {
                return total;
            }
        }
    }
    total
}
