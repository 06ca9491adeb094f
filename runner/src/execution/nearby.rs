//! A commit out of a small repository on this machine, without starting git: what `git fetch --depth=1` and `git checkout` would bring, in a
//! fraction of the time that their processes take. Whatever is unusual is left to git.

use std::{fs, path::Path};

/// A repository whose packs are larger is left to git, which sends what is packed as it is.
const LARGEST_BYTES: u64 = 32 * 1024 * 1024;

/// Files are laid out here only if there are no more of them, and they are no larger together: nobody can stop it halfway.
const MOST_FILES: usize = 2_000;
const MOST_FILE_BYTES: usize = 16 * 1024 * 1024;

/// How far the way was gone without git.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copied {
    Nothing,
    /// The commit and all it holds are in the repository.
    Objects,
    /// And its files are in the folder, with the commit as a detached `HEAD`.
    Files,
}

/// Puts the commit with its files, and without history, into the repository in `folder`, which is new.
pub async fn copy_commit(from: &str, commit: &str, folder: &Path) -> Copied {
    if !from.starts_with('/') || commit.len() != 40 {
        return Copied::Nothing;
    }
    let (from, commit, folder) = (from.to_owned(), commit.to_owned(), folder.to_owned());
    let copied = tokio::task::spawn_blocking(move || copy(Path::new(&from), &commit, &folder)).await;
    match copied {
        Ok(Ok(copied)) => copied,
        Ok(Err(error)) => {
            tracing::debug!(error = %format!("{error:#}"), "a commit is left to git");
            Copied::Nothing
        }
        Err(_) => Copied::Nothing,
    }
}

fn copy(from: &Path, commit: &str, folder: &Path) -> anyhow::Result<Copied> {
    if measure_packs(from)? > LARGEST_BYTES {
        return Ok(Copied::Nothing);
    }
    let source = git2::Repository::open_bare(from)?;
    let id = git2::Oid::from_str(commit)?;
    let found = source.find_commit(id)?;
    let history = found.parent_count() > 0;
    let mut builder = source.packbuilder()?;
    builder.insert_commit(id)?;
    let packs = folder.join(".git/objects/pack");
    fs::create_dir_all(&packs)?;
    builder.write(&packs, 0o444)?;
    if history {
        // The history ends here.
        fs::write(folder.join(".git/shallow"), format!("{commit}\n"))?;
    }
    if !is_plain(&source, &found.tree()?)? || fs::read_dir(folder)?.count() > 1 {
        return Ok(Copied::Objects);
    }
    match lay_out(folder, id) {
        Ok(()) => Ok(Copied::Files),
        Err(error) => {
            tracing::debug!(%error, "a checkout is left to git");
            Ok(Copied::Objects)
        }
    }
}

/// Whether a checkout is nothing but writing files: no attributes, which may ask for filters, and no submodules.
fn is_plain(repository: &git2::Repository, tree: &git2::Tree<'_>) -> Result<bool, git2::Error> {
    let odb = repository.odb()?;
    let (mut files, mut bytes, mut plain) = (0, 0, true);
    let walked = tree.walk(git2::TreeWalkMode::PreOrder, |_, entry| {
        plain &= match entry.kind() {
            Some(git2::ObjectType::Tree) => true,
            Some(git2::ObjectType::Blob) => {
                files += 1;
                bytes += odb.read_header(entry.id()).map_or(MOST_FILE_BYTES, |(size, _)| size);
                entry.name_bytes() != b".gitattributes" && files <= MOST_FILES && bytes <= MOST_FILE_BYTES
            }
            _ => false,
        };
        if plain { git2::TreeWalkResult::Ok } else { git2::TreeWalkResult::Abort }
    });
    if plain { walked.map(|()| true) } else { Ok(false) }
}

fn lay_out(folder: &Path, commit: git2::Oid) -> Result<(), git2::Error> {
    let repository = git2::Repository::open(folder)?;
    let object = repository.find_object(commit, Some(git2::ObjectType::Commit))?;
    // No settings of this machine's or its user's have a say.
    let mut how = git2::build::CheckoutBuilder::new();
    how.force().disable_filters(true);
    repository.checkout_tree(&object, Some(&mut how))?;
    repository.set_head_detached(commit)
}

fn measure_packs(repository: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(repository.join("objects/pack"))? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bare repository with two commits of one file; answers the newer one.
    fn make_repository(folder: &Path) -> String {
        let repository = git2::Repository::init_bare(folder).unwrap();
        let author = git2::Signature::now("a", "a@localhost").unwrap();
        let mut newest: Option<git2::Oid> = None;
        for text in ["first", "second"] {
            let mut tree = repository.treebuilder(None).unwrap();
            tree.insert("file", repository.blob(text.as_bytes()).unwrap(), 0o100_644).unwrap();
            let tree = repository.find_tree(tree.write().unwrap()).unwrap();
            let parent = newest.map(|id| repository.find_commit(id).unwrap());
            let parents: Vec<_> = parent.iter().collect();
            newest = Some(repository.commit(Some("refs/heads/main"), &author, &author, text, &tree, &parents).unwrap());
        }
        newest.unwrap().to_string()
    }

    #[tokio::test]
    async fn a_commit_comes_with_its_files_and_without_its_history() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from.git"), folder.path().join("to"));
        let commit = make_repository(&from);
        let target = git2::Repository::init(&to).unwrap();
        assert_eq!(copy_commit(from.to_str().unwrap(), &commit, &to).await, Copied::Files);
        let found = target.find_commit(git2::Oid::from_str(&commit).unwrap()).unwrap();
        let file = found.tree().unwrap().get_name("file").unwrap().to_object(&target).unwrap();
        assert_eq!(file.as_blob().unwrap().content(), b"second");
        let parent = found.parent_id(0).unwrap();
        assert!(target.find_commit(parent).is_err());
        assert_eq!(fs::read_to_string(to.join(".git/shallow")).unwrap(), format!("{commit}\n"));
    }

    fn git(folder: &Path, arguments: &[&str]) -> String {
        let output = std::process::Command::new("git").current_dir(folder).args(arguments).output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    #[tokio::test]
    async fn git_sees_nothing_to_do_in_what_was_laid_out() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from.git"), folder.path().join("to"));
        let repository = git2::Repository::init_bare(&from).unwrap();
        let mut inner = repository.treebuilder(None).unwrap();
        inner.insert("run", repository.blob(b"#!/bin/sh\r\n").unwrap(), 0o100_755).unwrap();
        let mut tree = repository.treebuilder(None).unwrap();
        tree.insert("bin", inner.write().unwrap(), 0o040_000).unwrap();
        tree.insert("link", repository.blob(b"bin/run").unwrap(), 0o120_000).unwrap();
        let tree = repository.find_tree(tree.write().unwrap()).unwrap();
        let author = git2::Signature::now("a", "a@localhost").unwrap();
        let commit = repository.commit(Some("refs/heads/main"), &author, &author, "only", &tree, &[]).unwrap().to_string();
        git2::Repository::init(&to).unwrap();
        assert_eq!(copy_commit(from.to_str().unwrap(), &commit, &to).await, Copied::Files);
        assert_eq!(git(&to, &["status", "--porcelain"]), "");
        assert_eq!(git(&to, &["rev-parse", "HEAD"]).trim(), commit);
        assert_eq!(git(&to, &["rev-parse", "--abbrev-ref", "HEAD"]).trim(), "HEAD");
        assert_eq!(fs::read(to.join("link")).unwrap(), b"#!/bin/sh\r\n");
        assert_eq!(fs::read_link(to.join("link")).unwrap(), Path::new("bin/run"));
    }

    #[tokio::test]
    async fn what_may_ask_for_filters_is_laid_out_by_git() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from.git"), folder.path().join("to"));
        let repository = git2::Repository::init_bare(&from).unwrap();
        let mut tree = repository.treebuilder(None).unwrap();
        tree.insert(".gitattributes", repository.blob(b"* text").unwrap(), 0o100_644).unwrap();
        let tree = repository.find_tree(tree.write().unwrap()).unwrap();
        let author = git2::Signature::now("a", "a@localhost").unwrap();
        let commit = repository.commit(Some("refs/heads/main"), &author, &author, "only", &tree, &[]).unwrap().to_string();
        git2::Repository::init(&to).unwrap();
        assert_eq!(copy_commit(from.to_str().unwrap(), &commit, &to).await, Copied::Objects);
        assert!(!to.join(".gitattributes").exists());
    }

    #[tokio::test]
    async fn what_is_not_there_is_left_to_git() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("from.git");
        make_repository(&from);
        let to = folder.path().join("to");
        git2::Repository::init(&to).unwrap();
        assert_eq!(copy_commit(from.to_str().unwrap(), &"a".repeat(40), &to).await, Copied::Nothing);
        assert_eq!(copy_commit("https://localhost/from.git", &"a".repeat(40), &to).await, Copied::Nothing);
        assert!(!to.join(".git/shallow").exists());
    }
}
