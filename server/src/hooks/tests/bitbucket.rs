//! Bitbucket's payloads, of the cloud and of the data centre, with the fields that its documentation names.

use super::signed::{SECRET, headers, hex_mac, secrets};
use crate::hooks::{HookEvent, parse};
use serde_json::{Value, json};

const BEFORE: &str = "1e65c05c1d5171631d92438a13901ca7dae9618c";
const AFTER: &str = "8cbbd65829c7ad834a97841e0defc965718036a0";
const ZERO: &str = "0000000000000000000000000000000000000000";

fn read(event: &str, payload: &Value) -> Vec<HookEvent> {
    let body = payload.to_string();
    let signature = format!("sha256={}", hex_mac(body.as_bytes()));
    let sent = headers(&[("X-Event-Key", event), ("X-Request-UUID", "r-1"), ("X-Hub-Signature", &signature)]);
    let hook = parse(&sent, body.as_bytes(), &secrets(&[SECRET])).unwrap();
    assert_eq!(hook.delivery.as_deref(), Some("r-1"));
    hook.events
}

#[test]
fn one_push_of_the_cloud_moves_several_refs() {
    let payload = json!({
        "actor": { "type": "user", "display_name": "Ada L", "nickname": "ada" },
        "repository": { "full_name": "web/shop", "links": { "html": { "href": "https://bitbucket.org/web/shop" } } },
        "push": { "changes": [
            {
                "new": { "type": "branch", "name": "main", "target": { "type": "commit", "hash": AFTER } },
                "old": { "type": "branch", "name": "main", "target": { "type": "commit", "hash": BEFORE } },
                "created": false, "closed": false, "forced": false, "truncated": false,
                "commits": [
                    { "hash": AFTER, "message": "second", "author": { "raw": "Ada L <ada@example.org>" } },
                    { "hash": BEFORE, "message": "first", "author": { "raw": "nobody" } }
                ]
            },
            { "new": { "type": "tag", "name": "v1", "target": { "hash": AFTER } }, "old": null, "created": true },
            { "new": null, "old": { "type": "branch", "name": "gone", "target": { "hash": BEFORE } }, "closed": true }
        ] }
    });
    let events = read("repo:push", &payload);
    let [HookEvent::Push(push), HookEvent::TagPush(tag), HookEvent::Ignored { why }] = &events[..] else { panic!("{events:?}") };
    assert_eq!((push.reference.as_str(), push.before.as_deref(), push.after.as_str()), ("refs/heads/main", Some(BEFORE), AFTER));
    assert_eq!((push.commits[0].message.as_str(), push.commits[1].author_email.as_deref()), ("first", Some("ada@example.org")));
    assert_eq!(push.pusher.as_deref(), Some("ada"));
    assert!(push.repository.urls.contains(&"https://bitbucket.org/web/shop.git".to_owned()));
    assert_eq!((tag.reference.as_str(), tag.before.as_deref()), ("refs/tags/v1", None));
    assert_eq!(why, "gone was deleted");
}

#[test]
fn a_push_to_a_data_centre_is_read() {
    let payload = json!({
        "eventKey": "repo:refs_changed", "date": "2026-01-03T13:11:25+1100", "actor": { "name": "ada", "emailAddress": "ada@example.org" },
        "repository": {
            "slug": "shop", "name": "shop", "project": { "key": "WEB" },
            "links": { "clone": [
                { "href": "https://git.example.org/scm/web/shop.git", "name": "http" }, { "href": "ssh://git@git.example.org:7999/web/shop.git", "name": "ssh" }
            ] }
        },
        "changes": [
            { "ref": { "id": "refs/heads/main", "displayId": "main", "type": "BRANCH" }, "refId": "refs/heads/main", "fromHash": BEFORE, "toHash": AFTER, "type": "UPDATE" },
            { "ref": { "id": "refs/tags/v1" }, "refId": "refs/tags/v1", "fromHash": ZERO, "toHash": AFTER, "type": "ADD" },
            { "ref": { "id": "refs/heads/gone" }, "refId": "refs/heads/gone", "fromHash": BEFORE, "toHash": ZERO, "type": "DELETE" }
        ]
    });
    let events = read("repo:refs_changed", &payload);
    let [HookEvent::Push(push), HookEvent::TagPush(tag), HookEvent::Ignored { .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!((push.repository.full_name.as_str(), push.repository.urls.len(), push.pusher.as_deref()), ("WEB/shop", 2, Some("ada")));
    assert_eq!((tag.before.as_deref(), tag.after.as_str()), (None, AFTER));
    assert_eq!(read("diagnostics:ping", &json!({"test": true})), [HookEvent::Ping]);
}

#[test]
fn pull_requests_are_read_from_both() {
    let cloud = json!({
        "repository": { "full_name": "web/shop" },
        "pullrequest": {
            "id": 5, "title": "More", "author": { "nickname": "ada" },
            "source": { "branch": { "name": "more" }, "commit": { "hash": "8cbbd65829c7" } }, "destination": { "branch": { "name": "main" } }
        }
    });
    let own = json!({
        "pullRequest": {
            "id": 5, "title": "More", "author": { "user": { "name": "ada" } },
            "fromRef": { "displayId": "more", "latestCommit": AFTER },
            "toRef": { "displayId": "main", "repository": { "slug": "shop", "project": { "key": "WEB" } } }
        }
    });
    for (event, payload, sha) in [("pullrequest:created", cloud, "8cbbd65829c7"), ("pr:opened", own, AFTER)] {
        let events = read(event, &payload);
        let [HookEvent::PullRequest(pull)] = &events[..] else { panic!("{events:?}") };
        assert_eq!((pull.number, pull.head_ref.as_str(), pull.base_ref.as_str(), pull.head_sha.as_str()), (5, "more", "main", sha));
        assert_eq!(pull.author.as_deref(), Some("ada"));
    }
    assert!(matches!(read("repo:fork", &json!({}))[..], [HookEvent::Ignored { .. }]));
}
