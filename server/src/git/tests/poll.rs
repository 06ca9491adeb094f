//! Asking repositories elsewhere: over HTTP, from a folder, and where nobody answers properly.

use super::world::{World, commit, git};
use crate::git::{PollError, Remote, changed_paths, commit_info, commits_between, fetch_commit, list_remote};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::path::PathBuf;
use std::time::Duration;

fn patterns(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

async fn begin_pushed(world: &World) -> (PathBuf, String) {
    let copy = world.begin("copy").await;
    git(&copy, &["tag", "-a", "v1", "-m", "one"]).await;
    git(&copy, &["push", "-q", "origin", "main", "main:side/main", "v1"]).await;
    let first = git(&copy, &["rev-parse", "HEAD"]).await;
    (copy, first)
}

#[tokio::test]
async fn refs_are_listed_by_pattern_and_peeled() {
    let world = World::new().await;
    let (_, first) = begin_pushed(&world).await;
    let list =
        async |texts: &[&str]| list_remote(&world.url("shop"), None, &patterns(texts)).await.unwrap().into_iter().collect::<Vec<_>>();
    assert_eq!(list(&["refs/heads/main"]).await, [("refs/heads/main".to_owned(), first.clone())], "and not side/main");
    assert_eq!(list(&["refs/tags/v*"]).await, [("refs/tags/v1".to_owned(), first.clone())], "the commit, not the tag");
    assert_eq!(list(&["refs/tags/v1"]).await, [("refs/tags/v1".to_owned(), first.clone())]);
    assert_eq!(list(&["refs/heads/*"]).await.len(), 2);
    assert_eq!(list(&["refs/heads/nothing"]).await, []);
    assert_eq!(list(&[]).await.len(), 4, "HEAD, two branches, a tag");
    let folder = world.forge.repositories.get_path("main", "shop").unwrap();
    let local = list_remote(&format!("file://{}", folder.display()), None, &patterns(&["refs/heads/main"])).await.unwrap();
    assert_eq!(local["refs/heads/main"], first);
}

#[tokio::test]
async fn credentials_are_sent_and_seen_by_nobody() {
    let world = World::new().await;
    let (_, first) = begin_pushed(&world).await;
    *world.forge.authorization.lock().unwrap() = Some(format!("Basic {}", BASE64.encode("ada:hunter22")));
    let list = async |url: &str, credentials| list_remote(url, credentials, &patterns(&["refs/heads/main"])).await;
    let url = world.url("shop");
    assert_eq!(list(&url, Some("ada:hunter22")).await.unwrap()["refs/heads/main"], first);
    assert_eq!(list(&url.replace("http://", "http://ada:hunter22@"), None).await.unwrap().len(), 1);
    let cache = world.path("cache");
    fetch_commit(&cache, &url, Some("ada:hunter22"), "refs/heads/main", &first).await.unwrap();
    for credentials in [None, Some("ada:hunter23"), Some("a-bare-token")] {
        let error = list(&url, credentials).await.unwrap_err();
        assert!(matches!(error, PollError::Unauthorised { .. }), "{error}");
        assert!(!error.to_string().contains("hunter23") && !error.to_string().contains("a-bare-token"), "{error}");
    }
    let seen = world.forge.command_lines.lock().unwrap().clone();
    assert!(seen.contains("remote-http"), "the list of processes was looked at");
    for secret in ["hunter22", &BASE64.encode("ada:hunter22")] {
        assert!(!seen.contains(secret), "a credential stands in the list of processes");
        assert!(!grep_folder(&cache, secret), "a credential lies in the cache");
    }
}

fn grep_folder(folder: &std::path::Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        if path.is_dir() { grep_folder(&path, text) } else { String::from_utf8_lossy(&std::fs::read(&path).unwrap()).contains(text) }
    })
}

#[tokio::test]
async fn failures_are_told_apart() {
    let world = World::new().await;
    let list = async |url: &str| list_remote(url, Some("ada:hunter22"), &[]).await.unwrap_err();
    assert!(matches!(list(&world.url("nowhere")).await, PollError::NotARepository { .. }));
    let empty = world.path("empty");
    std::fs::create_dir(&empty).unwrap();
    assert!(matches!(list(&format!("file://{}", empty.display())).await, PollError::NotARepository { .. }));
    assert!(matches!(list("ext::sh -c id").await, PollError::Refused { .. }));
    // A port that was free a moment ago, and that nobody listens on.
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert!(matches!(list(&format!("http://{closed}/x.git")).await, PollError::Unreachable { .. }));
    // One that takes connections and never answers.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut remote = Remote::new(&format!("http://{}/x.git", silent.local_addr().unwrap()), None).unwrap();
    remote.timeout = Duration::from_millis(300);
    assert!(matches!(remote.list(&[]).await, Err(PollError::Timeout { .. })));
}

#[tokio::test]
async fn a_commit_is_fetched_with_its_history_and_without_files() {
    let world = World::new().await;
    let (copy, first) = begin_pushed(&world).await;
    let cache = world.path("cache");
    let fetch = async |reference: &str, commit: &str| fetch_commit(&cache, &world.url("shop"), None, reference, commit).await;
    let path = fetch("refs/heads/main", &first).await.unwrap();
    assert_eq!(commit_info(&path, &first).unwrap().message, "first\n");
    commit(&copy, "src/a.rs", "second").await;
    let third = commit(&copy, "docs/x", "third").await;
    git(&copy, &["push", "-q", "origin", "main"]).await;
    assert_eq!(fetch("refs/heads/main", &third).await.unwrap(), path, "the same copy grows");
    assert_eq!(changed_paths(&path, Some(&first), &third).unwrap().paths, ["docs/x", "src/a.rs"]);
    assert_eq!(commits_between(&path, Some(&first), &third, 10).unwrap().commits.len(), 2);
    assert!(crate::git::read_file(&path, &third, "docs/x").is_err(), "files are not fetched");
    assert!(!std::fs::read_to_string(path.join("config")).unwrap().contains("promisor"));
    fetch("refs/tags/v1", &first).await.unwrap();
    let gone = fetch("refs/heads/main", &"e".repeat(40)).await.unwrap_err();
    assert!(matches!(gone, PollError::NoSuchRef { .. }), "{gone}");
    let missing = fetch("refs/heads/nothing", &"e".repeat(40)).await.unwrap_err();
    assert!(matches!(missing, PollError::NoSuchRef { .. }), "{missing}");
    for (reference, commit) in [("--upload-pack=x", first.as_str()), ("refs/heads/a:b", &first), ("refs/heads/main", "HEAD")] {
        assert!(matches!(fetch(reference, commit).await, Err(PollError::Refused { .. })), "{reference}");
    }
}

#[tokio::test]
async fn a_commit_that_was_rewritten_away_is_fetched_by_its_id() {
    let world = World::new().await;
    let (copy, first) = begin_pushed(&world).await;
    git(&copy, &["commit", "-q", "--amend", "-m", "other"]).await;
    let other = git(&copy, &["rev-parse", "HEAD"]).await;
    git(&copy, &["push", "-q", "--force", "origin", "main"]).await;
    let path = fetch_commit(&world.path("cache"), &world.url("shop"), None, "refs/heads/main", &first).await.unwrap();
    assert_eq!(commit_info(&path, &first).unwrap().commit, first);
    assert_eq!(commit_info(&path, &other).unwrap().commit, other);
}

#[tokio::test]
async fn fetches_at_the_same_time_do_not_disturb_each_other() {
    let world = World::new().await;
    let (_, first) = begin_pushed(&world).await;
    let (cache, url) = (world.path("cache"), world.url("shop"));
    let fetch = |reference: &'static str| fetch_commit(&cache, &url, None, reference, &first);
    let (a, b, c) = tokio::join!(fetch("refs/heads/main"), fetch("refs/heads/side/main"), fetch("refs/tags/v1"));
    assert!(a.is_ok() && b.is_ok() && c.is_ok(), "{a:?} {b:?} {c:?}");
}
