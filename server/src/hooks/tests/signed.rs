//! Signing deliveries, and what is refused.

use crate::hooks::{HookError, HookEvent, PAYLOAD_MAX_BYTES, parse};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use secrecy::SecretString;
use sha2::Sha256;

pub const SECRET: &str = "a secret of both sides";

pub fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&str, &str)| (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
    pairs.iter().map(pair).collect()
}

pub fn secrets(texts: &[&str]) -> Vec<SecretString> {
    texts.iter().map(|text| SecretString::from(*text)).collect()
}

pub fn mac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

pub fn hex_mac(body: &[u8]) -> String {
    hex::encode(mac(SECRET.as_bytes(), body))
}

fn github(signature: &str) -> HeaderMap {
    headers(&[("x-github-event", "ping"), ("x-github-delivery", "d-1"), ("x-hub-signature-256", signature)])
}

#[test]
fn any_of_several_secrets_proves_a_delivery() {
    let signed = github(&format!("sha256={}", hex_mac(b"{}")));
    let hook = parse(&signed, b"{}", &secrets(&["old", SECRET])).unwrap();
    assert_eq!((hook.delivery.as_deref(), hook.events), (Some("d-1"), vec![HookEvent::Ping]));
}

#[test]
fn what_is_not_proved_is_refused() {
    let bad = HookError::BadSignature { header: "X-Hub-Signature-256" };
    let signature = format!("sha256={}", hex_mac(b"{}"));
    assert_eq!(parse(&github(&signature), b"{} ", &secrets(&[SECRET])).unwrap_err(), bad, "another body");
    assert_eq!(parse(&github(&signature), b"{}", &secrets(&["other"])).unwrap_err(), bad, "another secret");
    assert_eq!(parse(&github(&signature), b"{}", &[]).unwrap_err(), bad, "no secret at all");
    assert_eq!(parse(&github("sha256=zz"), b"{}", &secrets(&[SECRET])).unwrap_err(), bad, "no digits");
    assert_eq!(parse(&github(&signature[..20]), b"{}", &secrets(&[SECRET])).unwrap_err(), bad, "half a signature");
    assert_eq!(parse(&github("sha256="), b"{}", &secrets(&[SECRET])).unwrap_err(), bad, "an empty signature");
    let empty_key = format!("sha256={}", hex::encode(mac(b"", b"{}")));
    assert_eq!(parse(&github(&empty_key), b"{}", &secrets(&[""])).unwrap_err(), bad, "an empty secret lets nobody in");
}

#[test]
fn what_is_not_signed_is_refused_whatever_it_says() {
    for (event, expected) in [
        ("x-github-event", "X-Hub-Signature-256"),
        ("x-gitlab-event", "X-Gitlab-Token"),
        ("x-gitea-event", "X-Gitea-Signature"),
        ("x-forgejo-event", "X-Forgejo-Signature"),
        ("x-event-key", "X-Hub-Signature"),
    ] {
        // The old SHA-1 header proves nothing.
        let unsigned = headers(&[(event, "push"), ("x-hub-signature-1", "sha1=0123")]);
        assert_eq!(parse(&unsigned, b"no json", &secrets(&[SECRET])).unwrap_err(), HookError::Unsigned { expected });
    }
    assert_eq!(parse(&HeaderMap::new(), b"{}", &secrets(&[SECRET])).unwrap_err(), HookError::UnknownForge);
}

#[test]
fn a_payload_above_the_limit_is_refused_unread() {
    let body = vec![b' '; PAYLOAD_MAX_BYTES + 1];
    let error = parse(&HeaderMap::new(), &body, &secrets(&[SECRET])).unwrap_err();
    assert_eq!(error, HookError::TooLarge { size_bytes: PAYLOAD_MAX_BYTES + 1, limit_bytes: PAYLOAD_MAX_BYTES });
}

#[test]
fn a_signed_form_is_read_as_its_payload() {
    let body = b"x=1&payload=%7B%22zen%22%3A+%22a%2Bb%22%7D";
    let mut signed = github(&format!("sha256={}", hex_mac(body)));
    signed.insert("content-type", HeaderValue::from_static("application/x-www-form-urlencoded"));
    assert_eq!(parse(&signed, body, &secrets(&[SECRET])).unwrap().events, [HookEvent::Ping]);
    let body = b"x=1";
    signed.insert("x-hub-signature-256", format!("sha256={}", hex_mac(body)).parse().unwrap());
    assert!(matches!(parse(&signed, body, &secrets(&[SECRET])).unwrap_err(), HookError::Malformed { .. }));
}

#[test]
fn malformed_payloads_name_the_place() {
    let push = |body: &str| {
        let signature = format!("sha256={}", hex_mac(body.as_bytes()));
        let signed = headers(&[("x-github-event", "push"), ("x-hub-signature-256", &signature)]);
        parse(&signed, body.as_bytes(), &secrets(&[SECRET])).unwrap_err().to_string()
    };
    assert!(push("{\n]").contains("line 2 column 1"), "{}", push("{\n]"));
    assert!(push("{}").contains("at $: \"ref\" is missing"), "{}", push("{}"));
    assert!(push(r#"{"ref": 7}"#).contains("at $.ref: a text is expected"));
    assert!(push(r#"{"ref": "main"}"#).contains("at $.ref: a ref such as refs/heads/main is expected"));
    let body = r#"{"ref": "refs/heads/x", "repository": {"full_name": "a/b"}, "after": "--upload-pack=x"}"#;
    assert!(push(body).contains("at $.after: a commit id"), "{}", push(body));
    assert!(push(&"[".repeat(100_000)).contains("recursion limit"));
}

fn any_event() -> impl Strategy<Value = (&'static str, &'static str, &'static str)> {
    prop_oneof![
        Just(("x-github-event", "push", "x-hub-signature-256")),
        Just(("x-github-event", "pull_request", "x-hub-signature-256")),
        Just(("x-gitea-event", "push", "x-gitea-signature")),
        Just(("x-gitlab-event", "Push Hook", "x-gitlab-token")),
        Just(("x-gitlab-event", "Merge Request Hook", "x-gitlab-token")),
        Just(("x-event-key", "repo:push", "x-hub-signature")),
        Just(("x-event-key", "repo:refs_changed", "x-hub-signature")),
        Just(("x-event-key", "pr:opened", "x-hub-signature")),
    ]
}

/// JSON whose keys are those that payloads have, with anything in them.
fn any_payload() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::{Map, Value, json};
    let zero = "0".repeat(40);
    let text = prop_oneof![Just("refs/heads/x".to_owned()), Just(zero), Just("a".repeat(40)), "\\PC{0,12}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(|b| json!(b)),
        any::<i64>().prop_map(|n| json!(n)),
        text.prop_map(Value::from)
    ];
    let key = prop::sample::select(vec![
        "ref",
        "before",
        "after",
        "repository",
        "full_name",
        "commits",
        "id",
        "push",
        "changes",
        "new",
        "target",
        "hash",
        "type",
        "name",
        "project",
        "path_with_namespace",
        "object_attributes",
        "last_commit",
        "pull_request",
        "pullRequest",
        "toHash",
        "refId",
        "author",
        "key",
        "slug",
    ]);
    leaf.prop_recursive(5, 60, 8, move |inner| {
        let map = prop::collection::vec((key.clone(), inner.clone()), 0..8);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            map.prop_map(|pairs| Value::Object(pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #[test]
    fn signed_bytes_of_any_kind_never_panic((name, event, signature) in any_event(), body in prop::collection::vec(any::<u8>(), 0..300)) {
        let value = if signature == "x-gitlab-token" { SECRET.to_owned() } else { hex_mac(&body) };
        let signed = headers(&[(name, event), (signature, &value)]);
        let result = parse(&signed, &body, &secrets(&[SECRET]));
        let fine = result.is_ok() || matches!(result, Err(HookError::Malformed { .. }));
        prop_assert!(fine, "{:?}", result);
    }

    #[test]
    fn signed_payloads_of_any_shape_never_panic((name, event, signature) in any_event(), payload in any_payload()) {
        let body = payload.to_string().into_bytes();
        let value = if signature == "x-gitlab-token" { SECRET.to_owned() } else { hex_mac(&body) };
        let signed = headers(&[(name, event), (signature, &value)]);
        match parse(&signed, &body, &secrets(&[SECRET])) {
            Ok(hook) => prop_assert!(!hook.events.is_empty()),
            Err(HookError::Malformed { .. }) => {}
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    #[test]
    fn unsigned_bytes_of_any_kind_are_never_taken(
        (name, event, signature) in any_event(), given in "[ -~]{0,80}", body in prop::collection::vec(any::<u8>(), 0..300)
    ) {
        let result = parse(&headers(&[(name, event), (signature, &given)]), &body, &secrets(&[SECRET]));
        let refused = matches!(result, Err(HookError::BadSignature { .. } | HookError::Unsigned { .. }));
        prop_assert!(refused, "{:?}", result);
    }
}
