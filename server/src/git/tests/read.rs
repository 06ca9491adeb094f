//! Reading commits, changes and files.

use super::world::{commit, git};
use crate::git::{GitError, changed_paths, commit_info, commits_between, list_files, newest_relevant_commit, read_file};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

async fn begin() -> (TempDir, PathBuf, String) {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    git(folder.path(), &["init", "-q", "-b", "main", "copy"]).await;
    let first = commit(&copy, "README.md", "first").await;
    (folder, copy, first)
}

fn globs(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[tokio::test]
async fn a_commit_tells_who_when_and_what() {
    let (_folder, copy, first) = begin().await;
    let long = format!("title\n\n{}", "ä".repeat(3_000));
    let second = commit(&copy, "x", &long).await;
    git(&copy, &["tag", "-a", "v1", "-m", "one"]).await;
    let tag = git(&copy, &["rev-parse", "v1"]).await;
    let info = commit_info(&copy, &second).unwrap();
    assert_eq!(commit_info(&copy, &tag).unwrap(), info, "an annotated tag leads to its commit");
    assert_eq!((info.author_name.as_str(), info.author_email.as_str()), ("Ada L", "ada@example.org"));
    assert_eq!((info.committer.as_str(), info.date_ms), ("Carl C <carl@example.org>", 1_700_000_100_000));
    assert_eq!((info.message.chars().count(), info.parents), (2_000, vec![first.clone()]));
    for unknown in ["", "main", &first[..12], &"f".repeat(40), &"z".repeat(40)] {
        assert!(matches!(commit_info(&copy, unknown), Err(GitError::NoCommit { .. })), "{unknown}");
    }
    assert!(matches!(commit_info(Path::new("/nowhere"), &first), Err(GitError::Read { .. })));
}

#[tokio::test]
async fn history_goes_along_first_parents_newest_first() {
    let (_folder, copy, first) = begin().await;
    git(&copy, &["checkout", "-q", "-b", "side"]).await;
    commit(&copy, "side", "on the side").await;
    git(&copy, &["checkout", "-q", "main"]).await;
    let second = commit(&copy, "x", "second").await;
    git(&copy, &["merge", "-q", "--no-ff", "-m", "merge", "side"]).await;
    let merge = git(&copy, &["rev-parse", "HEAD"]).await;
    let walk = |old: Option<&str>, limit| {
        let found = commits_between(&copy, old, &merge, limit).unwrap();
        (found.commits.into_iter().map(|info| info.commit).collect::<Vec<_>>(), found.truncated)
    };
    assert_eq!(walk(Some(&first), 10), (vec![merge.clone(), second.clone()], false));
    assert_eq!(walk(None, 10), (vec![merge.clone(), second.clone(), first.clone()], false));
    assert!(!walk(None, 3).1);
    assert_eq!(walk(None, 2), (vec![merge.clone(), second], true));
    assert_eq!(walk(Some(&"e".repeat(40)), 10).0.len(), 3, "an unknown old commit counts as none");
    assert_eq!(walk(Some(&merge), 10), (vec![], false));
    assert_eq!(changed_paths(&copy, Some(&first), &merge).unwrap().paths, ["side", "x"], "a merge brings the side's paths");
}

#[tokio::test]
async fn changed_paths_know_additions_removals_and_moves() {
    let (_folder, copy, first) = begin().await;
    let second = commit(&copy, "src/a.rs", "long enough a text to be recognised when it is moved").await;
    git(&copy, &["mv", "src/a.rs", "src/b.rs"]).await;
    git(&copy, &["rm", "-q", "README.md"]).await;
    let third = commit(&copy, "ä ö", "third").await;
    assert_eq!(changed_paths(&copy, None, &first).unwrap().paths, ["README.md"]);
    assert_eq!(changed_paths(&copy, Some(&first), &second).unwrap().paths, ["src/a.rs"]);
    let mut paths = changed_paths(&copy, Some(&second), &third).unwrap().paths;
    paths.sort();
    assert_eq!(paths, ["README.md", "src/a.rs", "src/b.rs", "ä ö"]);
}

#[tokio::test]
async fn path_filters_decide_over_the_whole_push() {
    let (_folder, copy, first) = begin().await;
    commit(&copy, "src/a.rs", "code").await;
    let tip = commit(&copy, "docs/a.md", "words").await;
    let last = commit(&copy, "docs/b.md", "more words").await;
    let relevant = |old: &str, new: &str, texts: &[&str]| newest_relevant_commit(&copy, Some(old), new, &globs(texts)).unwrap();
    assert_eq!(relevant(&first, &tip, &["src/**"]), Some(tip.clone()), "the newest one, though an older one changed the path");
    assert_eq!(relevant(&tip, &last, &["src/**"]), None);
    assert_eq!(relevant(&tip, &last, &["!**/*.md"]), None);
    assert_eq!(relevant(&first, &last, &["!**/*.md"]), Some(last.clone()));
    assert_eq!(relevant(&tip, &last, &[]), Some(last.clone()));
    assert_eq!(newest_relevant_commit(&copy, None, &last, &globs(&["src"])).unwrap(), Some(last.clone()), "a first push counts whole");
    assert_eq!(newest_relevant_commit(&copy, None, &last, &globs(&["nothing"])).unwrap(), None);
    assert!(matches!(newest_relevant_commit(&copy, None, &last, &globs(&["["])), Err(GitError::Pattern { .. })));
}

#[tokio::test]
async fn files_are_found_and_read_within_limits() {
    let (_folder, copy, first) = begin().await;
    std::os::unix::fs::symlink("/etc/passwd", copy.join("link.yml")).unwrap();
    std::fs::write(copy.join("huge"), vec![b'x'; 1024 * 1024 + 1]).unwrap();
    std::fs::create_dir_all(copy.join(".andon/deep")).unwrap();
    std::fs::write(copy.join(".andon/b.yml"), "b").unwrap();
    std::fs::write(copy.join(".andon/deep/c.yml"), "c").unwrap();
    let sha = commit(&copy, ".andon/a.yml", "a").await;
    assert_eq!(list_files(&copy, &sha, ".andon").unwrap(), [".andon/a.yml", ".andon/b.yml"]);
    assert_eq!(list_files(&copy, &sha, "/.andon/").unwrap().len(), 2);
    assert_eq!(list_files(&copy, &sha, "").unwrap(), ["README.md", "huge"], "no link, no folder");
    for nothing in ["nowhere", "huge", "..", "../copy"] {
        assert!(list_files(&copy, &sha, nothing).unwrap().is_empty(), "{nothing}");
    }
    assert_eq!(read_file(&copy, &sha, ".andon/a.yml").unwrap().as_deref(), Some(&b"a"[..]));
    for nothing in ["andon.yml", ".andon", "link.yml", "../copy/README.md", ""] {
        assert_eq!(read_file(&copy, &sha, nothing).unwrap(), None, "{nothing}");
    }
    assert_eq!(read_file(&copy, &first, ".andon/a.yml").unwrap(), None, "as of that commit");
    assert!(matches!(read_file(&copy, &sha, "huge"), Err(GitError::TooLarge { limit_bytes: 1_048_576, .. })));
}
