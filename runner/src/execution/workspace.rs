//! The folders in which executions happen. What an execution leaves is removed off its way, but the folders themselves serve the next one: to a
//! short job, making and removing them costs more than anything else that the runner does for it.

use crate::files::{check_relative, create_folder_beneath, remove_folder};
use andon_pipelines::wire::Assignment;
use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio_util::task::TaskTracker;

/// What every workspace holds.
const FOLDERS: [&str; 4] = ["work", "outputs", "home", "tmp"];
const FILES: [&str; 2] = ["state", "summary"];
/// Nobody else on the machine gets further than this.
const MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
/// So many stay for further executions.
const MOST_SPARE: usize = 16;

/// The workspaces of one runner.
#[derive(Debug)]
pub struct Workspaces {
    /// Each workspace in it is named by the execution that has it or had it last.
    folder: PathBuf,
    /// Nothing is left in them of those that had them.
    spare: Mutex<Vec<PathBuf>>,
    most_spare: usize,
    removals: TaskTracker,
}

impl Workspaces {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, spare: Mutex::new(Vec::new()), most_spare: MOST_SPARE, removals: TaskTracker::new() }
    }

    /// The place of an execution's workspace.
    pub fn place(&self, assignment: &Assignment) -> PathBuf {
        self.folder.join(assignment.execution.to_string())
    }

    /// Makes the execution's workspace: what a job sees of the machine, besides the system.
    ///
    /// # Errors
    /// If it cannot be made; what there is of it is to be left.
    pub fn create(&self, assignment: &Assignment) -> anyhow::Result<()> {
        let root = self.place(assignment);
        let spare = self.lock().pop();
        match spare {
            Some(spare) => fs::rename(spare, &root)?,
            None => create_folders(&root)?,
        }
        for output in &assignment.outputs {
            let path = check_relative(&output.resource).map_err(anyhow::Error::msg)?;
            create_folder_beneath(&root.join("outputs"), &path)?;
        }
        Ok(())
    }

    /// Takes a workspace back, some time soon. No process of its execution remains.
    pub fn leave(self: &Arc<Self>, root: PathBuf) {
        let workspaces = Arc::clone(self);
        self.removals.spawn_blocking(move || {
            if workspaces.lock().len() < workspaces.most_spare && clear(&root).is_ok_and(|is_clear| is_clear) {
                return workspaces.lock().push(root);
            }
            remove(&root);
        });
    }

    /// Removes a folder, some time soon.
    pub fn remove_later(&self, path: PathBuf) {
        self.removals.spawn_blocking(move || remove(&path));
    }

    /// Waits until nothing is left to be removed.
    pub async fn settle(&self) {
        self.removals.close();
        self.removals.wait().await;
        for spare in std::mem::take(&mut *self.lock()) {
            remove(&spare);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<PathBuf>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn remove(path: &Path) {
    if let Err(error) = remove_folder(path) {
        tracing::warn!(path = %path.display(), %error, "cannot remove a workspace");
    }
}

fn create_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().mode(MODE).create(path)
}

fn create_file(path: &Path) -> io::Result<()> {
    fs::OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path).map(drop)
}

fn create_folders(root: &Path) -> io::Result<()> {
    create_folder(root)?;
    FOLDERS.iter().try_for_each(|name| create_folder(&root.join(name)))?;
    FILES.iter().try_for_each(|name| create_file(&root.join(name)))
}

/// Makes a workspace like a new one, and answers whether it is: what is not as it was made is removed, and made again.
fn clear(root: &Path) -> io::Result<bool> {
    if !is_plain_folder(root)? {
        return Ok(false);
    }
    let mut kept = Vec::with_capacity(FOLDERS.len() + FILES.len());
    for entry in fs::read_dir(root)? {
        let (entry, path) = entry.map(|entry| (entry.file_name(), entry.path()))?;
        if FOLDERS.iter().any(|name| entry == *name) && is_plain_folder(&path)? && fs::read_dir(&path)?.next().is_none()
            || FILES.iter().any(|name| entry == *name) && is_plain_file(&path)?
        {
            kept.push(entry);
        } else if fs::symlink_metadata(&path)?.is_dir() {
            remove_folder(&path)?;
        } else {
            fs::remove_file(&path)?;
        }
    }
    let is_gone = |name: &&&str| !kept.iter().any(|kept| kept == **name);
    FOLDERS.iter().filter(is_gone).try_for_each(|name| create_folder(&root.join(name)))?;
    FILES.iter().filter(is_gone).try_for_each(|name| create_file(&root.join(name)))?;
    Ok(true)
}

/// Whether it is an empty file as this runner makes them, under no other name.
fn is_plain_file(path: &Path) -> io::Result<bool> {
    let data = fs::symlink_metadata(path)?;
    Ok(data.is_file() && data.len() == 0 && data.mode() & 0o7777 == FILE_MODE && data.nlink() == 1 && is_ours(path, &data)?)
}

/// Whether it is a folder as this runner makes them.
fn is_plain_folder(path: &Path) -> io::Result<bool> {
    let data = fs::symlink_metadata(path)?;
    Ok(data.is_dir() && data.mode() & 0o7777 == MODE && is_ours(path, &data)?)
}

/// Whether it belongs to this runner's user, with nothing mounted on it, and no attributes (lists of further rights are some).
fn is_ours(path: &Path, data: &fs::Metadata) -> io::Result<bool> {
    let parent = path.parent().map(fs::symlink_metadata).transpose()?;
    let is_mounted = parent.is_some_and(|parent| parent.dev() != data.dev());
    Ok(data.uid() == nix::unistd::geteuid().as_raw() && !is_mounted && rustix::fs::llistxattr(path, &mut [0u8; 0])? == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    /// What is in a workspace, with modes: what an execution could tell it by.
    fn list(root: &Path) -> Vec<(PathBuf, u32, u64)> {
        let mut found = vec![(PathBuf::new(), fs::symlink_metadata(root).expect("it is there").mode(), 0)];
        for entry in fs::read_dir(root).expect("it can be read").map(|entry| entry.expect("it is there").path()) {
            let data = fs::symlink_metadata(&entry).expect("it is there");
            let inside = if data.is_dir() { fs::read_dir(&entry).expect("it can be read").count() as u64 } else { data.len() };
            found.push((entry.strip_prefix(root).expect("it is below").to_owned(), data.mode(), inside));
        }
        found.sort();
        found
    }

    #[test]
    fn what_an_execution_changed_is_as_new_for_the_next_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("one");
        create_folders(&root).expect("it is made");
        let new = list(&root);
        type Change = fn(&Path);
        let changes: [Change; 11] = [
            |_| {},
            |root| fs::write(root.join("step-000.sh"), "echo").expect("it is written"),
            |root| fs::write(root.join("work/file"), "left").expect("it is written"),
            |root| fs::create_dir_all(root.join("home/.cache/deep")).expect("it is made"),
            |root| fs::write(root.join("state"), "count=1").expect("it is written"),
            |root| fs::set_permissions(root.join("tmp"), fs::Permissions::from_mode(0o1777)).expect("its mode is set"),
            |root| fs::set_permissions(root.join("summary"), fs::Permissions::from_mode(0o777)).expect("its mode is set"),
            |root| fs::remove_dir(root.join("outputs")).expect("it goes"),
            |root| fs::remove_dir(root.join("work")).and_then(|()| symlink("/", root.join("work"))).expect("it is linked"),
            |root| fs::hard_link(root.join("state"), root.join("home/state")).expect("it is linked"),
            |root| fs::create_dir_all(root.join("more/and/more")).expect("it is made"),
        ];
        for (number, change) in changes.into_iter().enumerate() {
            change(&root);
            assert!(clear(&root).expect("it is cleared"), "change {number}");
            assert_eq!(list(&root), new, "change {number}");
        }
    }

    #[test]
    fn a_workspace_whose_own_rights_changed_is_not_used_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("one");
        create_folders(&root).expect("it is made");
        fs::set_permissions(&root, fs::Permissions::from_mode(0o755)).expect("its mode is set");
        assert!(!clear(&root).expect("it is looked at"));
    }
}
