//! A commit out of a small repository on this machine, without starting git: what `git fetch --depth=1` would bring, in a fraction of the time
//! that its processes take. Whatever is unusual is left to git.

use std::{fs, path::Path};

/// A repository whose packs are larger is left to git, which sends what is packed as it is.
const LARGEST_BYTES: u64 = 32 * 1024 * 1024;

/// Puts the commit with its files, and without history, into the repository in `folder`. `false` if nothing was done.
pub async fn copy_commit(from: &str, commit: &str, folder: &Path) -> bool {
    if !from.starts_with('/') || commit.len() != 40 {
        return false;
    }
    let (from, commit, folder) = (from.to_owned(), commit.to_owned(), folder.to_owned());
    let copied = tokio::task::spawn_blocking(move || copy(Path::new(&from), &commit, &folder)).await;
    match copied {
        Ok(Ok(done)) => done,
        Ok(Err(error)) => {
            tracing::debug!(error = %format!("{error:#}"), "a commit is left to git");
            false
        }
        Err(_) => false,
    }
}

fn copy(from: &Path, commit: &str, folder: &Path) -> anyhow::Result<bool> {
    if measure_packs(from)? > LARGEST_BYTES {
        return Ok(false);
    }
    let source = git2::Repository::open_bare(from)?;
    let id = git2::Oid::from_str(commit)?;
    let history = source.find_commit(id)?.parent_count() > 0;
    let mut builder = source.packbuilder()?;
    builder.insert_commit(id)?;
    let packs = folder.join(".git/objects/pack");
    fs::create_dir_all(&packs)?;
    builder.write(&packs, 0o444)?;
    if history {
        // The history ends here.
        fs::write(folder.join(".git/shallow"), format!("{commit}\n"))?;
    }
    Ok(true)
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
        assert!(copy_commit(from.to_str().unwrap(), &commit, &to).await);
        let found = target.find_commit(git2::Oid::from_str(&commit).unwrap()).unwrap();
        let file = found.tree().unwrap().get_name("file").unwrap().to_object(&target).unwrap();
        assert_eq!(file.as_blob().unwrap().content(), b"second");
        let parent = found.parent_id(0).unwrap();
        assert!(target.find_commit(parent).is_err());
        assert_eq!(fs::read_to_string(to.join(".git/shallow")).unwrap(), format!("{commit}\n"));
    }

    #[tokio::test]
    async fn what_is_not_there_is_left_to_git() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("from.git");
        make_repository(&from);
        let to = folder.path().join("to");
        git2::Repository::init(&to).unwrap();
        assert!(!copy_commit(from.to_str().unwrap(), &"a".repeat(40), &to).await);
        assert!(!copy_commit("https://localhost/from.git", &"a".repeat(40), &to).await);
        assert!(!to.join(".git/shallow").exists());
    }
}
