//! GitLab's payloads, with the fields that its documentation names.

use super::signed::{headers, mac, secrets};
use crate::hooks::{Forge, Hook, HookCommit, HookError, HookEvent, HookRepository, PullRequest, Push, parse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

const BEFORE: &str = "1111111111111111111111111111111111111111";
const AFTER: &str = "2222222222222222222222222222222222222222";
const TAG: &str = "3333333333333333333333333333333333333333";
const ZERO: &str = "0000000000000000000000000000000000000000";

fn project() -> Value {
    json!({
        "id": 15, "name": "Shop", "web_url": "https://gitlab.example.org/web/shop", "namespace": "Web",
        "git_ssh_url": "git@gitlab.example.org:web/shop.git", "git_http_url": "https://gitlab.example.org/web/shop.git",
        "path_with_namespace": "web/shop", "default_branch": "main", "url": "git@gitlab.example.org:web/shop.git",
        "ssh_url": "git@gitlab.example.org:web/shop.git", "http_url": "https://gitlab.example.org/web/shop.git"
    })
}

fn repository() -> HookRepository {
    HookRepository {
        full_name: "web/shop".into(),
        urls: vec![
            "https://gitlab.example.org/web/shop.git".into(),
            "git@gitlab.example.org:web/shop.git".into(),
            "https://gitlab.example.org/web/shop".into(),
        ],
    }
}

fn push(kind: &str, reference: &str, before: &str, after: &str) -> Value {
    json!({
        "object_kind": kind, "event_name": kind, "before": before, "after": after, "ref": reference, "ref_protected": true,
        "checkout_sha": if after == ZERO { Value::Null } else { AFTER.into() }, "user_id": 4, "user_name": "Ada L", "user_username": "ada",
        "user_email": "", "project_id": 15, "project": project(), "total_commits_count": 1, "push_options": {},
        "commits": [{
            "id": AFTER, "message": "Sell more\n", "title": "Sell more", "timestamp": "2026-01-03T23:36:29+02:00",
            "url": "https://gitlab.example.org/web/shop/-/commit/2222", "author": { "name": "Ada L", "email": "[REDACTED]" },
            "added": ["a.txt"], "modified": ["src/b.rs"], "removed": ["c"]
        }]
    })
}

fn read(event: &str, payload: &Value) -> Result<Hook, HookError> {
    let sent =
        headers(&[("X-Gitlab-Event", event), ("X-Gitlab-Token", "tok"), ("X-Gitlab-Event-UUID", "uuid-1"), ("Idempotency-Key", "key-1")]);
    parse(&sent, payload.to_string().as_bytes(), &secrets(&["other", "tok"]))
}

fn read_one(event: &str, payload: &Value) -> HookEvent {
    let mut hook = read(event, payload).unwrap();
    assert_eq!((hook.forge, hook.delivery.as_deref(), hook.events.len()), (Forge::GitLab, Some("key-1"), 1));
    hook.events.remove(0)
}

#[test]
fn a_push_is_read() {
    let expected = Push {
        repository: repository(),
        reference: "refs/heads/main".into(),
        before: Some(BEFORE.into()),
        after: AFTER.into(),
        commits: vec![HookCommit {
            id: AFTER.into(),
            author_name: "Ada L".into(),
            author_email: Some("[REDACTED]".into()),
            message: "Sell more\n".into(),
            paths: vec!["a.txt".into(), "src/b.rs".into(), "c".into()],
        }],
        pusher: Some("ada".into()),
    };
    assert_eq!(read_one("Push Hook", &push("push", "refs/heads/main", BEFORE, AFTER)), HookEvent::Push(expected.clone()));
    assert_eq!(read_one("System Hook", &push("push", "refs/heads/main", BEFORE, AFTER)), HookEvent::Push(expected));
}

#[test]
fn an_annotated_tag_gives_its_commit() {
    let HookEvent::TagPush(tag) = read_one("Tag Push Hook", &push("tag_push", "refs/tags/v1", ZERO, TAG)) else { panic!("no tag") };
    assert_eq!((tag.reference.as_str(), tag.before, tag.after.as_str()), ("refs/tags/v1", None, AFTER));
}

#[test]
fn a_deleted_branch_is_ignored() {
    let event = read_one("Push Hook", &push("push", "refs/heads/old", BEFORE, ZERO));
    assert_eq!(event, HookEvent::Ignored { why: "refs/heads/old was deleted".into() });
}

#[test]
fn a_merge_request_is_read() {
    let payload = json!({
        "object_kind": "merge_request", "event_type": "merge_request", "user": { "id": 1, "name": "Ada L", "username": "ada" }, "project": project(),
        "object_attributes": {
            "id": 99, "iid": 7, "target_branch": "main", "source_branch": "more", "title": "Sell more", "state": "opened", "action": "update",
            "oldrev": BEFORE, "source": project(), "target": project(),
            "last_commit": { "id": AFTER, "message": "x", "author": { "name": "Ada L", "email": "ada@example.org" } }
        }
    });
    let expected = PullRequest {
        repository: repository(),
        number: 7,
        action: "update".into(),
        title: "Sell more".into(),
        head_ref: "more".into(),
        base_ref: "main".into(),
        head_sha: AFTER.into(),
        author: Some("ada".into()),
    };
    assert_eq!(read_one("Merge Request Hook", &payload), HookEvent::PullRequest(expected));
    assert!(matches!(read_one("Pipeline Hook", &json!({"object_kind": "pipeline"})), HookEvent::Ignored { .. }));
}

#[test]
fn the_token_must_be_the_same() {
    let body = push("push", "refs/heads/main", BEFORE, AFTER).to_string();
    for wrong in ["to", "tokk", "TOK", "other1"] {
        let sent = headers(&[("X-Gitlab-Event", "Push Hook"), ("X-Gitlab-Token", wrong)]);
        assert_eq!(parse(&sent, body.as_bytes(), &secrets(&["tok"])).unwrap_err(), HookError::BadSignature { header: "X-Gitlab-Token" });
    }
}

#[test]
fn a_signing_token_proves_id_time_and_body() {
    let key = [7u8; 32];
    let secret = format!("whsec_{}", BASE64.encode(key));
    let body = push("push", "refs/heads/main", BEFORE, AFTER).to_string();
    let signature = format!("v1,{}", BASE64.encode(mac(&key, format!("id-1.1700000000.{body}").as_bytes())));
    let sent = |id: &str, at: &str, signature: &str| {
        let sent =
            headers(&[("X-Gitlab-Event", "Push Hook"), ("webhook-id", id), ("webhook-timestamp", at), ("webhook-signature", signature)]);
        parse(&sent, body.as_bytes(), &secrets(&["tok", &secret]))
    };
    let hook = sent("id-1", "1700000000", &format!("v1,AAAA v2,x {signature}")).unwrap();
    assert_eq!((hook.signed_at_seconds, hook.delivery.as_deref()), (Some(1_700_000_000), Some("id-1")));
    let bad = HookError::BadSignature { header: "webhook-signature" };
    assert_eq!(sent("id-2", "1700000000", &signature).unwrap_err(), bad);
    assert_eq!(sent("id-1", "1700000001", &signature).unwrap_err(), bad);
    assert_eq!(sent("id-1", "1700000000", "v1,").unwrap_err(), bad);
}
