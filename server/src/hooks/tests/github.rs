//! The public collection of real GitHub payloads.

use super::signed::{SECRET, headers, hex_mac, secrets};
use crate::hooks::{Forge, HookCommit, HookEvent, HookRepository, Push, parse};
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

/// The collection's folder: named by `ANDON_WEBHOOK_EXAMPLES`, else fetched once into the cache.
fn find_examples() -> PathBuf {
    if let Some(folder) = std::env::var_os("ANDON_WEBHOOK_EXAMPLES") {
        return folder.into();
    }
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let fetched = Command::new(root.join("tests/fetch-webhook-examples.sh")).output().expect("the script that fetches the payloads starts");
    let complaint = String::from_utf8_lossy(&fetched.stderr).into_owned();
    assert!(
        fetched.status.success(),
        "the payloads cannot be had: npm must reach its registry, or ANDON_WEBHOOK_EXAMPLES must name the unpacked npm package \
         @octokit/webhooks-examples 7.6.1\n{complaint}"
    );
    root.join(".cache/webhooks-examples")
}

/// Each event's name with its payloads.
fn read_examples() -> Vec<(String, Vec<Value>)> {
    let file = find_examples().join("api.github.com/index.json");
    let text = std::fs::read(&file).unwrap_or_else(|error| panic!("{} cannot be read: {error}", file.display()));
    let events: Vec<Value> = serde_json::from_slice(&text).unwrap();
    let read = |event: &Value| (event["name"].as_str().unwrap().to_owned(), event["examples"].as_array().unwrap().clone());
    events.iter().map(read).collect()
}

fn read_payload(event: &str, payload: &Value) -> HookEvent {
    let body = serde_json::to_vec(payload).unwrap();
    let signature = format!("sha256={}", hex_mac(&body));
    let signed = headers(&[("X-GitHub-Event", event), ("X-GitHub-Delivery", "72d3162e"), ("X-Hub-Signature-256", &signature)]);
    let mut hook = parse(&signed, &body, &secrets(&[SECRET])).unwrap_or_else(|error| panic!("{event}: {error}"));
    assert_eq!((hook.forge, hook.delivery.as_deref(), hook.events.len()), (Forge::GitHub, Some("72d3162e"), 1));
    hook.events.remove(0)
}

#[test]
fn every_payload_of_the_collection_is_read() {
    let examples = read_examples();
    let mut count = 0;
    for (event, payloads) in &examples {
        for payload in payloads {
            count += 1;
            let read = read_payload(event, payload);
            match (event.as_str(), &read) {
                ("push", HookEvent::Push(_) | HookEvent::TagPush(_)) => assert_eq!(payload["deleted"], false),
                ("push", HookEvent::Ignored { why }) => assert!(payload["deleted"] == true && why.ends_with("was deleted"), "{why}"),
                ("pull_request", HookEvent::PullRequest(pull)) => {
                    assert_eq!(pull.head_sha, payload["pull_request"]["head"]["sha"].as_str().unwrap());
                    assert_eq!(pull.head_ref, payload["pull_request"]["head"]["ref"].as_str().unwrap());
                    assert_eq!(pull.base_ref, payload["pull_request"]["base"]["ref"].as_str().unwrap());
                    assert_eq!(pull.action, payload["action"].as_str().unwrap());
                    assert_eq!(pull.number, payload["number"].as_u64().unwrap());
                    assert_eq!(pull.repository.full_name, payload["repository"]["full_name"].as_str().unwrap());
                }
                ("ping", HookEvent::Ping) => {}
                (_, HookEvent::Ignored { why }) => assert!(why.contains(event.as_str()), "{why}"),
                (_, other) => panic!("{event} was read as {other:?}"),
            }
        }
    }
    assert_eq!((examples.len(), count), (58, 329), "the collection is not the one that is expected");
}

fn hello_world() -> HookRepository {
    HookRepository {
        full_name: "Codertocat/Hello-World".into(),
        urls: vec![
            "https://github.com/Codertocat/Hello-World.git".into(),
            "git@github.com:Codertocat/Hello-World.git".into(),
            "git://github.com/Codertocat/Hello-World.git".into(),
            "https://github.com/Codertocat/Hello-World".into(),
        ],
    }
}

#[test]
fn the_pushes_of_the_collection_are_read_exactly() {
    let after = "6113728f27ae82c7b1a177c8d03f9e96e0adf246";
    let tag = HookEvent::TagPush(Push {
        repository: hello_world(),
        reference: "refs/tags/simple-tag".into(),
        before: None,
        after: after.into(),
        commits: vec![],
        pusher: Some("Codertocat".into()),
    });
    let branch = HookEvent::Push(Push {
        repository: hello_world(),
        reference: "refs/heads/master".into(),
        before: None,
        after: after.into(),
        commits: vec![HookCommit {
            id: after.into(),
            author_name: "Codertocat".into(),
            author_email: Some("21031067+Codertocat@users.noreply.github.com".into()),
            message: "Initial commit".into(),
            paths: vec!["README.md".into()],
        }],
        pusher: Some("Codertocat".into()),
    });
    let gone = HookEvent::Ignored { why: "refs/tags/simple-tag was deleted".into() };
    let (_, payloads) = read_examples().into_iter().find(|(event, _)| event == "push").unwrap();
    let read: Vec<_> = payloads.iter().map(|payload| read_payload("push", payload)).collect();
    assert_eq!(read, [tag, gone.clone(), gone.clone(), gone.clone(), branch.clone(), branch, gone]);
}
