//! A cache of repositories elsewhere: commits and trees without files, to learn who, why and which paths.

use super::remote::Remote;
use super::repositories::create_bare;
use super::{PollError, commit_info};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::path::{Path, PathBuf};

/// How far back the first fetch of a ref goes; later ones bring all that is new since.
const FIRST_DEPTH: u32 = 100;
const OUTPUT_MAX_BYTES: u64 = 1024 * 1024;

impl Remote {
    /// Makes sure that `commit`, which `reference` named when it was listed, is in a bare copy under `cache_dir`, and gives the copy's path:
    /// for [`commit_info`], `commits_between` and `changed_paths`, not for reading files. Copies are told apart by address and credentials.
    ///
    /// # Errors
    /// Every [`PollError`]; `NoSuchRef` where the commit is gone.
    pub async fn fetch_commit(&self, cache_dir: &Path, reference: &str, commit: &str) -> Result<PathBuf, PollError> {
        if !git2::Reference::is_valid_name(reference) || commit.len() != 40 || !commit.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(PollError::Refused { url: self.shown(), why: format!("\"{reference}\" at \"{commit}\" is no ref with a commit") });
        }
        let path = cache_dir.join(format!("{}.git", self.cache_key()));
        let _alone = self.prepare(cache_dir.to_owned(), path.clone()).await?;
        if has_commit(&path, commit).await {
            return Ok(path);
        }
        let kept = format!("refs/andon/{}", hex::encode(&Sha256::digest(reference.as_bytes())[..16]));
        self.fetch(&path, &format!("+{reference}:{kept}"), reference).await?;
        if !has_commit(&path, commit).await {
            // The ref has moved on meanwhile, to a history without this commit.
            self.fetch(&path, &format!("+{commit}:{kept}"), &format!("commit {commit} at {reference}")).await?;
        }
        if has_commit(&path, commit).await {
            Ok(path)
        } else {
            Err(PollError::NoSuchRef { url: self.shown(), reference: format!("commit {commit} at {reference}") })
        }
    }

    /// Makes the copy where it is missing, and keeps every other fetch into it waiting until the answer is dropped.
    async fn prepare(&self, cache_dir: PathBuf, path: PathBuf) -> Result<File, PollError> {
        let url = self.shown();
        let work = move || -> Result<File, String> {
            std::fs::create_dir_all(&cache_dir).map_err(|error| format!("making {}: {error}", cache_dir.display()))?;
            let lock = path.with_extension("lock");
            let file = File::create(&lock).map_err(|error| format!("making {}: {error}", lock.display()))?;
            file.lock().map_err(|error| format!("locking {}: {error}", lock.display()))?;
            if !path.join("HEAD").is_file() {
                create_bare(&path, &[]).map_err(|error| error.to_string())?;
            }
            Ok(file)
        };
        let done = tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string());
        done.and_then(|result| result).map_err(|detail| PollError::Local { url, detail })
    }

    async fn fetch(&self, path: &Path, refspec: &str, wanted: &str) -> Result<(), PollError> {
        let mut settings = self.settings();
        // Named here and not on the command line, so that git writes no trace of a promising remote into the copy: libgit2 would not open it.
        settings.push(("remote.andon.promisor".into(), "true".into()));
        settings.push(("remote.andon.partialCloneFilter".into(), "blob:none".into()));
        settings.push(("gc.autoDetach".into(), "false".into()));
        settings.push(("maintenance.autoDetach".into(), "false".into()));
        let mut command = super::process::git_command(&settings);
        command.arg("--git-dir").arg(path).args(["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"]);
        if !has_ref(path, refspec.rsplit(':').next().unwrap_or_default()).await {
            command.arg(format!("--depth={FIRST_DEPTH}"));
        }
        command.args(["--", "andon", refspec]);
        self.run(command, OUTPUT_MAX_BYTES, wanted).await.map(drop)
    }
}

/// Fetches once; see [`Remote::new`] and [`Remote::fetch_commit`].
///
/// # Errors
/// As there.
pub async fn fetch_commit(
    cache_dir: &Path,
    url: &str,
    credentials: Option<&str>,
    reference: &str,
    commit: &str,
) -> Result<PathBuf, PollError> {
    Remote::new(url, credentials)?.fetch_commit(cache_dir, reference, commit).await
}

async fn has_ref(path: &Path, reference: &str) -> bool {
    let (path, reference) = (path.to_owned(), reference.to_owned());
    let find = move || git2::Repository::open_bare(&path).and_then(|opened| opened.refname_to_id(&reference)).is_ok();
    tokio::task::spawn_blocking(find).await.unwrap_or(false)
}

async fn has_commit(path: &Path, commit: &str) -> bool {
    let (path, commit) = (path.to_owned(), commit.to_owned());
    tokio::task::spawn_blocking(move || commit_info(&path, &commit).is_ok()).await.unwrap_or(false)
}
