//! Cloning and fetching from the built-in server.

use super::world::{World, commit, git, noise, request, try_git};
use crate::git::{GitError, Repositories, Served, Service};
use axum::http::HeaderMap;
use futures::StreamExt;
use std::io::Write;
use std::process::{Command, Stdio};

#[tokio::test]
async fn clones_are_whole_shallow_or_partial() {
    let world = World::new().await;
    let copy = world.begin("copy").await;
    for number in 0..5 {
        commit(&copy, "counter", &number.to_string()).await;
    }
    git(&copy, &["push", "-q", "origin", "main"]).await;
    let clone = async |name: &str, option: &str| {
        git(world.folder.path(), &["clone", "-q", option, &world.url("shop"), name]).await;
        git(&world.path(name), &["rev-list", "--count", "HEAD"]).await
    };
    assert_eq!(clone("whole", "--no-tags").await, "6");
    assert_eq!(clone("shallow", "--depth=2").await, "2");
    assert_eq!(clone("partial", "--filter=blob:none").await, "6");
    assert_eq!(std::fs::read_to_string(world.path("partial/counter")).unwrap(), "4");
    commit(&copy, "counter", "5").await;
    git(&copy, &["push", "-q", "origin", "main"]).await;
    git(&world.path("shallow"), &["pull", "-q"]).await;
    assert_eq!(std::fs::read_to_string(world.path("shallow/counter")).unwrap(), "5");
}

#[tokio::test]
async fn one_commit_can_be_fetched_by_its_id() {
    let world = World::new().await;
    let copy = world.begin("copy").await;
    let first = git(&copy, &["rev-parse", "HEAD"]).await;
    commit(&copy, "more", "more").await;
    git(&copy, &["push", "-q", "origin", "main"]).await;
    git(world.folder.path(), &["init", "-q", "other"]).await;
    git(&world.path("other"), &["fetch", "-q", "--depth=1", &world.url("shop"), &first]).await;
    assert_eq!(git(&world.path("other"), &["rev-parse", "FETCH_HEAD"]).await, first);
}

#[tokio::test]
async fn gzip_and_the_second_protocol_are_understood() {
    let world = World::new().await;
    let copy = world.begin("copy").await;
    git(&copy, &["push", "-q", "origin", "main"]).await;
    let mut gzip = Command::new("gzip").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    gzip.stdin.take().unwrap().write_all(b"0014command=ls-refs\n00010000").unwrap();
    let body = gzip.wait_with_output().unwrap().stdout;
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "application/x-git-upload-pack-request".parse().unwrap());
    headers.insert("content-encoding", "gzip".parse().unwrap());
    headers.insert("git-protocol", "version=2".parse().unwrap());
    let Served::Answer(response) = world.forge.repositories.serve(request(Service::Fetch, body, headers)).await.unwrap() else {
        panic!("a fetch gives an answer");
    };
    assert_eq!(response.headers["content-type"], "application/x-git-upload-pack-result");
    let chunks: Vec<_> = response.body.map(|chunk| chunk.unwrap().to_vec()).collect().await;
    let text = String::from_utf8_lossy(&chunks.concat()).into_owned();
    assert!(text.contains("refs/heads/main"), "{text}");
}

#[tokio::test]
async fn a_client_that_goes_away_ends_git() {
    let world = World::new().await;
    let copy = world.begin("copy").await;
    std::fs::write(copy.join("big"), noise(8 * 1024 * 1024)).unwrap();
    let id = commit(&copy, "small", "big").await;
    git(&copy, &["push", "-q", "origin", "main"]).await;
    let processes = &world.forge.repositories.processes;
    let all = u32::try_from(processes.available_permits()).unwrap();
    let body = format!("0032want {id}\n00000009done\n").into_bytes();
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "application/x-git-upload-pack-request".parse().unwrap());
    let Served::Answer(mut response) = world.forge.repositories.serve(request(Service::Fetch, body, headers)).await.unwrap() else {
        panic!("a fetch gives an answer");
    };
    assert!(response.body.next().await.unwrap().unwrap().starts_with(b"0008NAK"));
    assert!(processes.try_acquire_many(all).is_err(), "git is still writing");
    drop(response);
    // The place is given back only once git's process has been ended.
    drop(processes.acquire_many(all).await.unwrap());
}

#[tokio::test]
async fn git_is_ended_when_it_takes_too_long() {
    let world = World::with(|repositories| repositories.timeout = std::time::Duration::ZERO).await;
    let refused = world.forge.repositories.serve(request(Service::Push, b"0000".to_vec(), HeaderMap::new())).await;
    assert!(matches!(refused, Err(GitError::Timeout { seconds: 0 })), "{refused:?}");
}

#[tokio::test]
async fn the_dumb_protocol_and_everything_else_is_not_served() {
    let world = World::new().await;
    let copy = world.begin("copy").await;
    git(&copy, &["push", "-q", "origin", "main"]).await;
    for (method, path, query) in [
        ("GET", "/HEAD", ""),
        ("GET", "/config", ""),
        ("GET", "/info/refs", ""),
        ("GET", "/objects/info/packs", ""),
        ("PUT", "/git-receive-pack", ""),
    ] {
        let service = Service::of(&method.parse().unwrap(), path, query);
        assert!(matches!(service, Err(GitError::NotServed(_))), "{method} {path}");
    }
    let hidden = world.forge.repositories.get_path("main", "shop").unwrap();
    git(&hidden, &["update-ref", "refs/andon/secret", "refs/heads/main"]).await;
    let listed = git(&copy, &["ls-remote", "origin"]).await;
    assert!(listed.contains("refs/heads/main") && !listed.contains("refs/andon"), "{listed}");
    assert!(!try_git(&copy, &["push", "origin", "main:refs/andon/x"]).await.success);
}

#[test]
fn a_repository_is_created_once_and_whole() {
    let folder = tempfile::tempdir().unwrap();
    let repositories = Repositories::new(folder.path().join("deep/root"));
    assert!(matches!(repositories.refs("main", "shop"), Err(GitError::NoRepository { .. })));
    assert!(matches!(repositories.create("main", "../shop"), Err(GitError::Name { .. })));
    let path = repositories.create("main", "shop").unwrap();
    assert_eq!(repositories.create("main", "shop").unwrap(), path);
    assert!(repositories.exists("main", "shop").unwrap() && repositories.refs("main", "shop").unwrap().is_empty());
    assert_eq!(std::fs::read_to_string(path.join("HEAD")).unwrap(), "ref: refs/heads/main\n");
    assert_eq!(std::fs::read_dir(folder.path().join("deep/root/.incoming")).unwrap().count(), 0, "nothing is left over");
    let created: Vec<_> = std::thread::scope(|scope| {
        let one = || scope.spawn(|| repositories.create("main", "race").unwrap());
        [one(), one(), one()].map(|thread| thread.join().unwrap()).into()
    });
    assert!(created.iter().all(|path| path == &created[0]));
}
