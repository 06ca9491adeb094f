//! Pushing: what it changes, what the server learns before the client, and what is refused.

use super::world::{World, commit, git, noise, request, try_git};
use crate::git::tidy::tidy_repository;
use crate::git::{GitError, RefUpdate, Service};
use axum::http::HeaderMap;

fn update(reference: &str, old: Option<&str>, new: Option<&str>) -> RefUpdate {
    RefUpdate { reference: reference.into(), old: old.map(str::to_owned), new: new.map(str::to_owned) }
}

#[tokio::test]
async fn a_push_tells_the_server_first_and_then_the_client() {
    let world = World::new().await;
    let copy = world.begin("copy").await;
    let first = git(&copy, &["rev-parse", "HEAD"]).await;
    let said = git(&copy, &["push", "origin", "main"]).await;
    assert!(said.contains("remote: andon: refs/heads/main moved"), "{said}");
    assert_eq!(world.take_updates(), [update("refs/heads/main", None, Some(&first))]);
    let second = commit(&copy, "src/a.rs", "second").await;
    git(&copy, &["push", "origin", "main"]).await;
    assert_eq!(world.take_updates(), [update("refs/heads/main", Some(&first), Some(&second))]);
    git(&copy, &["push", "origin", "main"]).await;
    assert_eq!(world.take_updates(), [], "a push of nothing new changes nothing");
    assert_eq!(world.forge.repositories.refs("main", "shop").unwrap()["refs/heads/main"], second);
}

#[tokio::test]
async fn force_tags_and_deletions_are_updates() {
    let world = World::new().await;
    let copy = world.begin("copy").await;
    let first = git(&copy, &["rev-parse", "HEAD"]).await;
    git(&copy, &["push", "-q", "origin", "main", "main:side"]).await;
    world.take_updates();
    git(&copy, &["commit", "-q", "--amend", "-m", "other"]).await;
    let other = git(&copy, &["rev-parse", "HEAD"]).await;
    assert!(!try_git(&copy, &["push", "origin", "main"]).await.success, "a rewrite needs force");
    assert_eq!(world.take_updates(), []);
    git(&copy, &["push", "-q", "--force", "origin", "main"]).await;
    assert_eq!(world.take_updates(), [update("refs/heads/main", Some(&first), Some(&other))]);
    git(&copy, &["tag", "-a", "v1", "-m", "one"]).await;
    git(&copy, &["tag", "v2"]).await;
    git(&copy, &["push", "-q", "origin", "--tags"]).await;
    let tags = [update("refs/tags/v1", None, Some(&other)), update("refs/tags/v2", None, Some(&other))];
    assert_eq!(world.take_updates(), tags, "an annotated tag gives its commit");
    git(&copy, &["push", "-q", "origin", ":side"]).await;
    assert_eq!(world.take_updates(), [update("refs/heads/side", Some(&first), None)]);
}

#[tokio::test]
async fn a_first_push_of_another_branch_can_be_cloned() {
    let world = World::new().await;
    let copy = world.begin("copy").await;
    git(&copy, &["push", "-q", "origin", "main:trunk"]).await;
    git(world.folder.path(), &["clone", "-q", &world.url("shop"), "clone"]).await;
    assert_eq!(std::fs::read_to_string(world.path("clone/README.md")).unwrap(), "first");
    assert_eq!(git(&world.path("clone"), &["branch", "--show-current"]).await, "trunk");
}

#[tokio::test]
async fn a_big_push_arrives_whole() {
    let world = World::new().await;
    let copy = world.begin("copy").await;
    let bytes = noise(24 * 1024 * 1024);
    std::fs::write(copy.join("big"), &bytes).unwrap();
    commit(&copy, "small", "big").await;
    git(&copy, &["push", "-q", "origin", "main"]).await;
    assert_eq!(world.take_updates().len(), 1);
    git(world.folder.path(), &["clone", "-q", &world.url("shop"), "clone"]).await;
    assert!(std::fs::read(world.path("clone/big")).unwrap() == bytes);
}

#[tokio::test]
async fn a_push_above_the_limit_is_refused_and_leaves_nothing() {
    let world = World::with(|repositories| repositories.push_max_bytes = 1024 * 1024).await;
    let copy = world.begin("copy").await;
    std::fs::write(copy.join("big"), noise(3 * 1024 * 1024)).unwrap();
    commit(&copy, "small", "big").await;
    let done = try_git(&copy, &["push", "origin", "main"]).await;
    assert!(!done.success && done.text.contains("413"), "{}", done.text);
    assert_eq!(world.take_updates(), []);
    assert!(world.forge.repositories.refs("main", "shop").unwrap().is_empty());
}

#[tokio::test]
async fn concurrent_pushes_are_taken_one_after_the_other() {
    let world = World::new().await;
    let (one, two) = (world.begin("one").await, world.begin("two").await);
    let (a, b) = (commit(&one, "one", "1").await, commit(&two, "two", "2").await);
    let sides = tokio::join!(git(&one, &["push", "-q", "origin", "main:a"]), git(&two, &["push", "-q", "origin", "main:b"]));
    drop(sides);
    let mut updates = world.take_updates();
    updates.sort_by(|x, y| x.reference.cmp(&y.reference));
    assert_eq!(updates, [update("refs/heads/a", None, Some(&a)), update("refs/heads/b", None, Some(&b))], "each belongs to one push");
    let same = tokio::join!(try_git(&one, &["push", "origin", "main"]), try_git(&two, &["push", "origin", "main"]));
    assert!(same.0.success != same.1.success, "{}\n{}", same.0.text, same.1.text);
    let winner = if same.0.success { &a } else { &b };
    assert_eq!(world.take_updates(), [update("refs/heads/main", None, Some(winner))]);
}

#[tokio::test]
async fn the_next_push_waits_until_the_outcome_is_dropped() {
    let world = World::new().await;
    let copy = world.begin("copy").await;
    let path = world.forge.repositories.get_path("main", "shop").unwrap();
    let turn = world.forge.repositories.take_turn(&path).await;
    let mut push = Box::pin(git(&copy, &["push", "-q", "origin", "main"]));
    // The client gets as far as it can; then only the turn holds it.
    let url = world.url("shop");
    let arguments = ["ls-remote", &url];
    let fetch = git(world.folder.path(), &arguments);
    tokio::select! {
        _ = &mut push => panic!("the push did not wait for its turn"),
        _ = fetch => {}
    }
    assert_eq!(world.take_updates(), []);
    drop(turn);
    push.await;
    assert_eq!(world.take_updates().len(), 1);
}

#[tokio::test]
async fn unknown_repositories_and_odd_names_are_refused() {
    let world = World::new().await;
    let copy = world.begin("copy").await;
    for name in ["nowhere", "..%2fmain%2fshop", "UPPER", ".incoming"] {
        let done = try_git(&copy, &["push", &world.url(name), "main"]).await;
        assert!(!done.success && done.text.contains("not found"), "{name}: {}", done.text);
    }
    assert_eq!(world.take_updates(), []);
    assert!(!world.forge.repositories.exists("main", "nowhere").unwrap());
}

#[tokio::test]
async fn broken_packs_are_refused_and_leave_nothing() {
    let world = World::new().await;
    let copy = world.begin("copy").await;
    let id = git(&copy, &["rev-parse", "HEAD"]).await;
    let command = format!("{} {id} refs/heads/main\0report-status side-band-64k", "0".repeat(40));
    let body = format!("{:04x}{command}0000PACK\0\0\0\u{2}garbage", command.len() + 4).into_bytes();
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "application/x-git-receive-pack-request".parse().unwrap());
    let crate::git::Served::Push(outcome) = world.forge.repositories.serve(request(Service::Push, body, headers)).await.unwrap() else {
        panic!("a push gives an outcome");
    };
    assert_eq!(outcome.updates, []);
    assert!(world.forge.repositories.refs("main", "shop").unwrap().is_empty());
}

#[tokio::test]
async fn bodies_that_break_off_or_stall_are_refused() {
    let world = World::with(|repositories| repositories.idle = std::time::Duration::from_millis(50)).await;
    let whole = request(Service::Push, vec![], HeaderMap::new());
    let broken = crate::git::GitRequest {
        body: futures::stream::iter([Ok(bytes::Bytes::from_static(b"00")), Err("the client is gone".to_owned())]),
        workspace: whole.workspace.clone(),
        repository: whole.repository.clone(),
        path_info: whole.path_info.clone(),
        query: String::new(),
        method: whole.method.clone(),
        headers: HeaderMap::new(),
        user: None,
    };
    assert!(matches!(world.forge.repositories.serve(broken).await, Err(GitError::Body(why)) if why == "the client is gone"));
    let stalled = crate::git::GitRequest {
        body: futures::stream::pending::<Result<bytes::Bytes, String>>(),
        workspace: whole.workspace,
        repository: whole.repository,
        path_info: whole.path_info,
        query: String::new(),
        method: whole.method,
        headers: HeaderMap::new(),
        user: None,
    };
    assert!(matches!(world.forge.repositories.serve(stalled).await, Err(GitError::Body(_))));
}

#[tokio::test]
async fn many_loose_objects_are_packed_and_nothing_is_lost() {
    let world = World::new().await;
    let copy = world.begin("copy").await;
    let first = git(&copy, &["rev-parse", "HEAD"]).await;
    git(&copy, &["push", "-q", "origin", "main"]).await;
    let path = world.forge.repositories.get_path("main", "shop").unwrap();
    git(&copy, &["commit", "-q", "--amend", "-m", "other"]).await;
    git(&copy, &["push", "-q", "--force", "origin", "main"]).await;
    tidy_repository(path.clone(), vec![]).await;
    assert_eq!(
        git(&path, &["count-objects", "-v"]).await.lines().find(|line| line.starts_with("packs")),
        Some("packs: 0"),
        "few are left alone"
    );
    std::fs::create_dir_all(path.join("objects/17")).unwrap();
    for number in 0..30 {
        std::fs::write(path.join(format!("objects/17/not-an-object-{number}")), "").unwrap();
    }
    tidy_repository(path.clone(), vec![]).await;
    let counts = git(&path, &["count-objects", "-v"]).await;
    assert!(counts.lines().any(|line| line == "count: 0"), "{counts}");
    assert_eq!(git(&path, &["cat-file", "-t", &first]).await, "commit", "what no ref leads to stays");
}
