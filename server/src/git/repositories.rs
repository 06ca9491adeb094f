//! The built-in bare repositories: `root/{workspace}/{repository}.git`.

use super::GitError;
use super::names::check_name;
use git2::{Repository, RepositoryInitOptions};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedMutexGuard, Semaphore};

/// Names in `root` that no workspace can have, because they begin with a dot.
const INCOMING: &str = ".incoming";
const NO_HOOKS: &str = ".no-hooks";

/// How many git processes serve at once; further requests wait.
const PROCESSES_MAX: usize = 64;

/// The built-in repositories and their smart-HTTP server. Cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Repositories {
    root: PathBuf,
    /// How large a push may be, as sent and unpacked from gzip. 2 GiB at first.
    pub push_max_bytes: u64,
    /// How long git may take for one request once its body is here. 30 minutes at first.
    pub timeout: Duration,
    /// How long a client may pause while it sends. A minute at first.
    pub idle: Duration,
    pub(super) processes: Arc<Semaphore>,
    orders: Mutex<HashMap<PathBuf, Arc<tokio::sync::Mutex<()>>>>,
}

impl Repositories {
    /// Takes the folder as it is; [`Self::create`] and pushes make what is missing in it.
    #[must_use]
    pub fn new(root: PathBuf) -> Self {
        Self {
            root,
            push_max_bytes: 2 * 1024 * 1024 * 1024,
            timeout: Duration::from_secs(30 * 60),
            idle: Duration::from_secs(60),
            processes: Arc::new(Semaphore::new(PROCESSES_MAX)),
            orders: Mutex::new(HashMap::new()),
        }
    }

    /// Where a repository is, or would be.
    ///
    /// # Errors
    /// [`GitError::Name`].
    pub fn path(&self, workspace: &str, repository: &str) -> Result<PathBuf, GitError> {
        check_name("workspace", workspace)?;
        check_name("repository", repository)?;
        Ok(self.root.join(workspace).join(format!("{repository}.git")))
    }

    /// # Errors
    /// [`GitError::Name`].
    pub fn exists(&self, workspace: &str, repository: &str) -> Result<bool, GitError> {
        Ok(self.path(workspace, repository)?.join("HEAD").is_file())
    }

    /// The path of a repository that must be there.
    ///
    /// # Errors
    /// [`GitError::Name`], [`GitError::NoRepository`].
    pub fn get_path(&self, workspace: &str, repository: &str) -> Result<PathBuf, GitError> {
        if !self.exists(workspace, repository)? {
            return Err(GitError::NoRepository { workspace: workspace.to_owned(), repository: repository.to_owned() });
        }
        self.path(workspace, repository)
    }

    /// Creates a bare repository, whole or not at all; one that is there already is left as it is. Blocks for milliseconds.
    ///
    /// # Errors
    /// [`GitError::Name`], [`GitError::Io`], [`GitError::Read`] where libgit2 cannot write it.
    pub fn create(&self, workspace: &str, repository: &str) -> Result<PathBuf, GitError> {
        let path = self.path(workspace, repository)?;
        if self.exists(workspace, repository)? {
            return Ok(path);
        }
        let no_hooks = self.no_hooks()?;
        let parent = self.folder(workspace)?;
        let draft = tempfile::tempdir_in(self.folder(INCOMING)?).map_err(GitError::io("making a folder for a new repository"))?;
        create_bare(draft.path(), &self.settings(&no_hooks))?;
        let finished = parent.join(format!("{repository}.git"));
        match std::fs::rename(draft.path(), &finished) {
            // The folder has gone to its place; there is nothing left to clear away.
            Ok(()) => drop(draft.keep()),
            Err(_) if self.exists(workspace, repository)? => {}
            Err(error) => return Err(GitError::io(format!("moving the new repository to {}", finished.display()))(error)),
        }
        Ok(path)
    }

    /// Every ref under `refs/` that leads to a commit, with that commit (annotated tags are peeled). Blocks.
    ///
    /// # Errors
    /// [`GitError::Name`], [`GitError::NoRepository`], [`GitError::Read`].
    pub fn refs(&self, workspace: &str, repository: &str) -> Result<BTreeMap<String, String>, GitError> {
        list_refs(&self.get_path(workspace, repository)?)
    }

    /// A folder directly under the root, made where it is missing.
    pub(super) fn folder(&self, name: &str) -> Result<PathBuf, GitError> {
        let folder = self.root.join(name);
        std::fs::create_dir_all(&folder).map_err(GitError::io(format!("making the folder {}", folder.display())))?;
        Ok(folder)
    }

    /// An empty folder in which git finds no hooks.
    pub(super) fn no_hooks(&self) -> Result<PathBuf, GitError> {
        self.folder(NO_HOOKS)
    }

    /// The folder for what is on its way in: on the repositories' own disk, not in the system's temporary folder.
    pub(super) fn incoming(&self) -> Result<PathBuf, GitError> {
        self.folder(INCOMING)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The settings that hold for every repository whatever its own file says; they are also written into new ones.
    pub(super) fn settings(&self, no_hooks: &Path) -> Vec<(String, String)> {
        let mut settings: Vec<(String, String)> = [
            ("http.receivepack", "true"),
            ("http.uploadpack", "true"),
            ("http.getanyfile", "false"),
            ("uploadpack.allowAnySHA1InWant", "true"),
            ("uploadpack.allowFilter", "true"),
            ("receive.fsckObjects", "true"),
            // Old, harmless flaws of widely used histories; what could harm a checkout stays an error.
            ("receive.fsck.zeroPaddedFilemode", "warn"),
            ("receive.fsck.missingSpaceBeforeDate", "warn"),
            ("receive.fsck.badTimezone", "warn"),
            ("receive.advertisePushOptions", "false"),
            // Done apart from the push, without a process that outlives its parent.
            ("receive.autogc", "false"),
            ("transfer.hideRefs", "refs/andon"),
            ("core.logAllRefUpdates", "true"),
            // A version that a push made names a commit that a power cut must not take back.
            ("core.fsync", "committed,loose-object"),
            ("core.fsyncMethod", "batch"),
            ("protocol.version", "2"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
        settings.push(("core.hooksPath".into(), no_hooks.display().to_string()));
        settings.push(("receive.maxInputSize".into(), self.push_max_bytes.to_string()));
        settings
    }

    /// Waits until no other push to this repository is being taken.
    pub(super) async fn take_turn(&self, path: &Path) -> OwnedMutexGuard<()> {
        let order = {
            let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(orders.entry(path.to_owned()).or_default())
        };
        order.lock_owned().await
    }
}

/// Makes `path` a bare repository whose first branch is `main`.
pub(super) fn create_bare(path: &Path, settings: &[(String, String)]) -> Result<(), GitError> {
    let read = |error: git2::Error| GitError::Read { path: path.display().to_string(), why: error.message().to_owned() };
    let mut options = RepositoryInitOptions::new();
    options.bare(true).initial_head("main").external_template(false);
    let repository = Repository::init_opts(path, &options).map_err(read)?;
    let mut config = repository.config().and_then(|c| c.open_level(git2::ConfigLevel::Local)).map_err(read)?;
    for (key, value) in settings {
        config.set_str(key, value).map_err(read)?;
    }
    Ok(())
}

pub(super) fn list_refs(path: &Path) -> Result<BTreeMap<String, String>, GitError> {
    let read = |error: git2::Error| GitError::Read { path: path.display().to_string(), why: error.message().to_owned() };
    let repository = Repository::open_bare(path).map_err(read)?;
    let mut refs = BTreeMap::new();
    for reference in repository.references().map_err(read)? {
        let reference = reference.map_err(read)?;
        // Names that are not UTF-8 and tags of things that are no commits cannot become versions.
        let (Ok(name), Ok(commit)) = (reference.name(), reference.peel_to_commit()) else { continue };
        refs.insert(name.to_owned(), commit.id().to_string());
    }
    Ok(refs)
}
