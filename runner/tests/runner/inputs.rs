//! Inputs on their way into the workspace, and commits on their way out.

use crate::harness::{Ended, Runner, Server, job, new_folder};
use andon_pipelines::wire::*;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, path::Path, process::Command};

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args([
            "-c",
            "user.name=Test",
            "-c",
            "user.email=test@example.org",
            "-c",
            "init.defaultBranch=main",
            "-c",
            "protocol.file.allow=always",
        ])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .expect("git is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A bare repository with three commits, of which the second is returned.
fn create_repository(folder: &Path) -> (String, String) {
    let work = folder.join("work");
    std::fs::create_dir(&work).expect("a folder can be made");
    git(&work, &["init", "--quiet"]);
    for number in 1..=3 {
        std::fs::write(work.join("file"), format!("{number}\n")).expect("a file can be written");
        git(&work, &["add", "file"]);
        git(&work, &["commit", "--quiet", "-m", &format!("commit {number}")]);
    }
    git(folder, &["clone", "--quiet", "--bare", "work", "origin.git"]);
    (folder.join("origin.git").display().to_string(), git(&work, &["rev-parse", "HEAD~1"]))
}

fn git_input(url: &str, commit: &str, path: &str) -> AssignedInput {
    let fetch = Fetch::Git {
        url: url.to_owned(),
        commit: commit.to_owned(),
        reference: "refs/heads/main".to_owned(),
        submodules: false,
        credentials: Some("user:topsecret".to_owned()),
    };
    AssignedInput { name: path.to_owned(), path: path.to_owned(), fetch }
}

#[tokio::test]
async fn a_job_starts_inside_its_only_checkout() {
    let folder = new_folder();
    let (url, commit) = create_repository(folder.path());
    let runner = Runner::start();
    let mut assignment = job(&["cat file; git log --format=%s; cat .git/config; basename $PWD"]);
    assignment.inputs =
        vec![git_input(&url, &commit, "source"), AssignedInput { name: "p".into(), path: "p".into(), fetch: Fetch::Nothing }];
    let ended = runner.run(assignment.clone()).await;
    ended.succeeds();
    assert!(ended.log.starts_with("2\ncommit 2\n") && ended.log.ends_with("source\n"), "{}", ended.log);
    assert!(!ended.log.contains("topsecret"));
    assert_eq!(ended.steps()[0].phase, Phase::Fetch);
    // A second checkout puts the job above both.
    let mut assignment = job(&["cat source/file other/file"]);
    assignment.inputs = vec![git_input(&url, &commit, "source"), git_input(&url, &commit, "other")];
    assert_eq!(runner.run(assignment).await.log, "2\n2\n");
    runner.leave().await;
}

#[tokio::test]
async fn a_commit_that_is_not_there_errors_the_job_before_its_first_step() {
    let folder = new_folder();
    let (url, _) = create_repository(folder.path());
    let runner = Runner::start();
    let mut assignment = job(&["echo never"]);
    assignment.inputs = vec![git_input(&url, &"0".repeat(39).replace('0', "a").replacen('a', "b", 1).repeat(2)[..40], "source")];
    let ended = runner.run(assignment).await;
    ended.ends(Outcome::Errored, Some("fetch-failed"));
    assert!(ended.detail.as_ref().is_some_and(|detail| detail.contains("\"source\" cannot be fetched")), "{ended:?}");
    assert!(!ended.bodies.contains(&ReportBody::StepsBegun));
    runner.leave().await;
}

#[tokio::test]
async fn submodules_cannot_reach_into_the_machine() {
    let folder = new_folder();
    let (url, _) = create_repository(folder.path());
    let outer = folder.path().join("outer");
    std::fs::create_dir(&outer).expect("a folder can be made");
    git(&outer, &["init", "--quiet"]);
    git(&outer, &["submodule", "--quiet", "add", &url, "inner"]);
    git(&outer, &["commit", "--quiet", "-m", "outer"]);
    let commit = git(&outer, &["rev-parse", "HEAD"]);
    let runner = Runner::start();
    let mut assignment = job(&["echo never"]);
    let mut input = git_input(&outer.display().to_string(), &commit, "source");
    if let Fetch::Git { submodules, .. } = &mut input.fetch {
        *submodules = true;
    }
    assignment.inputs = vec![input];
    let ended = runner.run(assignment).await;
    ended.ends(Outcome::Errored, Some("fetch-failed"));
    assert!(ended.log.contains("transport 'file' not allowed"), "{}", ended.log);
    runner.leave().await;
}

#[tokio::test]
async fn what_a_job_commits_is_pushed() {
    let folder = new_folder();
    let (url, _) = create_repository(folder.path());
    let tip = git(Path::new(&url), &["rev-parse", "main"]);
    let runner = Runner::start();
    let push = |script: &str| {
        let mut assignment = job(&[script]);
        assignment.inputs = vec![git_input(&url, &tip, "source")];
        let kind = OutputKind::Git { url: url.clone(), branch: "main".to_owned(), credentials: None, path: "source".to_owned() };
        assignment.outputs = vec![AssignedOutput { resource: "source".to_owned(), kind, always: false }];
        assignment
    };
    let ended = runner.run(push("true")).await;
    ended.succeeds();
    assert!(!ended.bodies.iter().any(|body| matches!(body, ReportBody::Output { .. })));
    // A program that the job puts into its checkout must not run with the runner's rights.
    let trap = folder.path().join("trapped");
    let commit = "echo 4 > file; git -c user.name=J -c user.email=j@example.org commit --quiet -am 'commit 4'; mkdir .git/hooks";
    let hook = format!("printf '#!/bin/sh\ntouch {}\n' > .git/hooks/pre-push; chmod +x .git/hooks/pre-push", trap.display());
    let ended = runner.run(push(&format!("{commit}; {hook}"))).await;
    assert!(!trap.exists());
    ended.succeeds();
    let now = git(Path::new(&url), &["rev-parse", "main"]);
    let values = BTreeMap::from([("commit".to_owned(), now.clone()), ("ref".to_owned(), "refs/heads/main".to_owned())]);
    assert!(ended.bodies.contains(&ReportBody::Output { resource: "source".to_owned(), values, archive: None }), "{ended:#?}");
    assert_eq!(git(Path::new(&url), &["log", "--format=%s", &now]), "commit 4\ncommit 3\ncommit 2\ncommit 1");
    runner.leave().await;
}

/// One entry: name, kind, link target or content.
fn archive(entries: &[(&str, tar::EntryType, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, kind, content) in entries {
        let mut header = tar::Header::new_gnu();
        // Written past the library, which would not take such names.
        header.as_gnu_mut().expect("it is GNU").name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_mode(0o755);
        let data = if *kind == tar::EntryType::Regular { content.as_bytes() } else { &[] };
        header.set_size(data.len() as u64);
        if *kind != tar::EntryType::Regular {
            header.as_gnu_mut().expect("it is GNU").linkname[..content.len()].copy_from_slice(content.as_bytes());
        }
        header.set_cksum();
        builder.append(&header, data).expect("memory takes it");
    }
    zstd::encode_all(builder.into_inner().expect("memory takes it").as_slice(), 1).expect("memory takes it")
}

fn store(server: &Server, bytes: Vec<u8>) -> Fetch {
    let digest = hex::encode(Sha256::digest(&bytes));
    let size = bytes.len() as u64;
    server.set(|state| {
        state.blobs.insert(digest.clone(), bytes);
    });
    Fetch::Archive { digest, size }
}

async fn fetch(runner: &Runner, fetch: Fetch, script: &str) -> Ended {
    let mut assignment = job(&[script]);
    assignment.inputs = vec![AssignedInput { name: "app".into(), path: "app".into(), fetch }];
    runner.run(assignment).await
}

#[tokio::test]
async fn archives_are_unpacked() {
    let runner = Runner::start();
    let entries = [
        ("bin", tar::EntryType::Directory, ""),
        ("bin/tool", tar::EntryType::Regular, "#!/bin/sh\necho tool\n"),
        ("bin/link", tar::EntryType::Symlink, "../bin/tool"),
        ("out", tar::EntryType::Symlink, "/etc/passwd"),
    ];
    let input = store(&runner.server, archive(&entries));
    let ended = fetch(&runner, input, "app/bin/link; test ! -e app/out; pwd").await;
    ended.succeeds();
    assert!(ended.log.contains("tool\n") && ended.log.contains("links that point out of the archive were left out"), "{}", ended.log);
    let values = BTreeMap::from([("k".to_owned(), "v".to_owned())]);
    let ended = fetch(&runner, Fetch::State { archive: None, values }, "cat app/state").await;
    assert_eq!(ended.log, "k=v\n");
    runner.leave().await;
}

#[tokio::test]
async fn archives_cannot_leave_their_folder() {
    use tar::EntryType::{Block, Fifo, Link, Regular, Symlink};
    let runner = Runner::start();
    let outside = new_folder();
    let target = outside.path().join("x").display().to_string();
    let attacks: Vec<Vec<(&str, tar::EntryType, &str)>> = vec![
        vec![("../escaped", Regular, "x")],
        vec![(&target, Regular, "x")],
        vec![("a/../../escaped", Regular, "x")],
        vec![("here", Symlink, "."), ("here/x", Regular, "x")],
        vec![("up", Symlink, ".."), ("up/escaped", Regular, "x")],
        vec![("hard", Link, "/etc/passwd")],
        vec![("device", Block, "")],
        vec![("pipe", Fifo, "")],
        vec![("twice", Symlink, "other"), ("twice", Regular, "x")],
    ];
    for attack in attacks {
        let input = store(&runner.server, archive(&attack));
        let ended = fetch(&runner, input, "test ! -e escaped && test ! -e ../escaped").await;
        // A link upwards is left out, and what would have gone through it lands inside.
        if attack[0].0 != "up" {
            ended.ends(Outcome::Errored, Some("fetch-failed"));
        } else {
            ended.succeeds();
        }
    }
    assert_eq!(std::fs::read_dir(outside.path()).expect("it is there").count(), 0);
    runner.leave().await;
}

#[tokio::test]
async fn blobs_must_be_what_they_are_called_and_fit() {
    let runner = Runner::start();
    let bytes = archive(&[("a", tar::EntryType::Regular, "x")]);
    let digest = hex::encode(Sha256::digest(b"something else"));
    runner.server.set(|state| {
        state.blobs.insert(digest.clone(), bytes);
    });
    let ended = fetch(&runner, Fetch::Archive { digest, size: 1 }, "true").await;
    ended.ends(Outcome::Errored, Some("fetch-failed"));
    assert!(ended.detail.is_some_and(|detail| detail.contains("are not those of the blob")));
    let bomb = archive(&[("a", tar::EntryType::Regular, &"0".repeat(3_000_000))]);
    let mut assignment = job(&["true"]);
    assignment.limits.workspace_bytes = 1_000_000;
    assignment.inputs = vec![AssignedInput { name: "app".into(), path: "app".into(), fetch: store(&runner.server, bomb) }];
    runner.run(assignment).await.ends(Outcome::Errored, Some("fetch-failed"));
    let broken = store(&runner.server, b"no archive".to_vec());
    fetch(&runner, broken, "true").await.ends(Outcome::Errored, Some("fetch-failed"));
    runner.leave().await;
}

#[tokio::test]
async fn an_input_cannot_be_led_through_a_link_of_another() {
    let runner = Runner::start();
    let folder = new_folder();
    let work = folder.path().join("work");
    std::fs::create_dir(&work).expect("a folder can be made");
    git(&work, &["init", "--quiet"]);
    let outside = new_folder();
    std::os::unix::fs::symlink(outside.path(), work.join("data")).expect("a link can be made");
    git(&work, &["add", "data"]);
    git(&work, &["commit", "--quiet", "-m", "trap"]);
    let commit = git(&work, &["rev-parse", "HEAD"]);
    let mut assignment = job(&["true"]);
    let files = store(&runner.server, archive(&[("a", tar::EntryType::Regular, "x")]));
    assignment.inputs = vec![
        git_input(&work.display().to_string(), &commit, "source"),
        AssignedInput { name: "app".into(), path: "source/data/app".into(), fetch: files },
    ];
    runner.run(assignment).await.ends(Outcome::Errored, Some("fetch-failed"));
    assert_eq!(std::fs::read_dir(outside.path()).expect("it is there").count(), 0);
    runner.leave().await;
}
