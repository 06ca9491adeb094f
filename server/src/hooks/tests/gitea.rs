//! Gitea's and Forgejo's payloads, with the fields that their documentation names.

use super::signed::{SECRET, headers, hex_mac, secrets};
use crate::hooks::{Forge, Hook, HookError, HookEvent, parse};
use serde_json::{Value, json};

const BEFORE: &str = "28e1879d029cb852e4844d9c718537df08844e03";
const AFTER: &str = "bffeb74224043ba2feb48d137756c8a9331c449a";

fn push(after: &str) -> Value {
    json!({
        "ref": "refs/heads/develop", "before": BEFORE, "after": after, "compare_url": "http://localhost:3000/web/shop/compare/a...b",
        "commits": [{
            "id": AFTER, "message": "Webhooks\n", "url": "http://localhost:3000/web/shop/commit/bffe",
            "author": { "name": "Ada", "email": "ada@example.org", "username": "ada" },
            "committer": { "name": "Ada", "email": "ada@example.org", "username": "ada" },
            "verification": null, "timestamp": "2026-03-13T13:52:11-04:00", "added": [], "removed": ["old"], "modified": ["src/x"]
        }],
        "total_commits": 1, "head_commit": null, "repository": repository(),
        "pusher": { "id": 1, "login": "ada", "full_name": "Ada L", "email": "ada@example.org", "username": "ada" },
        "sender": { "id": 1, "login": "ada", "username": "ada" }
    })
}

fn repository() -> Value {
    json!({
        "id": 140, "owner": { "id": 1, "login": "web" }, "name": "shop", "full_name": "web/shop", "private": false,
        "html_url": "http://localhost:3000/web/shop", "ssh_url": "ssh://git@localhost:2222/web/shop.git",
        "clone_url": "http://localhost:3000/web/shop.git", "default_branch": "main"
    })
}

/// As they send them: with GitHub's and Gogs' headers besides their own.
fn read(own: &str, event: &str, payload: &Value) -> Result<Hook, HookError> {
    let body = payload.to_string();
    let signature = hex_mac(body.as_bytes());
    let hub = format!("sha256={signature}");
    let sent = headers(&[
        (&format!("X-{own}-Event"), event),
        (&format!("X-{own}-Delivery"), "f6266f16"),
        (&format!("X-{own}-Signature"), &signature),
        ("X-Gitea-Event", event),
        ("X-Gogs-Event", event),
        ("X-GitHub-Event", event),
        ("X-Hub-Signature-256", &hub),
    ]);
    parse(&sent, body.as_bytes(), &secrets(&[SECRET]))
}

#[test]
fn a_push_is_read_from_both() {
    for (own, forge) in [("Gitea", Forge::Gitea), ("Forgejo", Forge::Forgejo)] {
        let hook = read(own, "push", &push(AFTER)).unwrap();
        assert_eq!((hook.forge, hook.delivery.as_deref()), (forge, Some("f6266f16")));
        let [HookEvent::Push(push)] = &hook.events[..] else { panic!("{hook:?}") };
        assert_eq!((push.reference.as_str(), push.before.as_deref(), push.after.as_str()), ("refs/heads/develop", Some(BEFORE), AFTER));
        assert_eq!(push.repository.full_name, "web/shop");
        assert!(push.repository.urls.contains(&"ssh://git@localhost:2222/web/shop.git".to_owned()));
        assert_eq!((push.pusher.as_deref(), &push.commits[0].paths[..]), (Some("ada"), &["src/x".to_owned(), "old".to_owned()][..]));
    }
}

#[test]
fn a_deleted_branch_and_other_events_are_ignored() {
    let gone = read("Gitea", "push", &push(&"0".repeat(40))).unwrap();
    assert_eq!(gone.events, [HookEvent::Ignored { why: "refs/heads/develop was deleted".into() }]);
    assert!(matches!(read("Gitea", "issues", &json!({})).unwrap().events[..], [HookEvent::Ignored { .. }]));
}

#[test]
fn a_pull_request_is_read() {
    let payload = json!({
        "action": "synchronized", "number": 3, "repository": repository(),
        "pull_request": {
            "number": 3, "title": "More", "user": { "login": "ada" },
            "head": { "label": "more", "ref": "more", "sha": AFTER, "repo": null }, "base": { "label": "main", "ref": "main", "sha": BEFORE }
        }
    });
    let hook = read("Forgejo", "pull_request", &payload).unwrap();
    let [HookEvent::PullRequest(pull)] = &hook.events[..] else { panic!("{hook:?}") };
    assert_eq!((pull.number, pull.action.as_str(), pull.head_sha.as_str(), pull.base_ref.as_str()), (3, "synchronized", AFTER, "main"));
}

#[test]
fn another_secret_is_refused() {
    let sent = headers(&[("X-Gitea-Event", "push"), ("X-Gitea-Signature", &hex_mac(b"{}"))]);
    assert_eq!(parse(&sent, b"{}", &secrets(&["x"])).unwrap_err(), HookError::BadSignature { header: "X-Gitea-Signature" });
}
