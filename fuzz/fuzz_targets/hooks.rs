//! The webhook parsers, past the signature: the first byte chooses the forge, the second the event, the rest is the body,
//! signed with the right secret.
#![no_main]

use andon_server::hooks::parse;
use axum::http::{HeaderMap, HeaderValue};
use hmac::{Hmac, KeyInit, Mac};
use libfuzzer_sys::fuzz_target;
use secrecy::SecretString;
use sha2::Sha256;

const SECRET: &str = "andon";
/// The header that names the event, and the header that proves the delivery.
const FORGES: [(&str, &str); 5] = [
    ("x-github-event", "x-hub-signature-256"),
    ("x-gitea-event", "x-gitea-signature"),
    ("x-forgejo-event", "x-forgejo-signature"),
    ("x-gitlab-event", "x-gitlab-token"),
    ("x-event-key", "x-hub-signature"),
];
const EVENTS: [&str; 12] = [
    "push",
    "create",
    "delete",
    "pull_request",
    "ping",
    "Push Hook",
    "Tag Push Hook",
    "Merge Request Hook",
    "repo:push",
    "pullrequest:created",
    "pullrequest:fulfilled",
    "diagnostics:ping",
];

fuzz_target!(|data: &[u8]| {
    let [forge, event, body @ ..] = data else { return };
    let (event_header, proof_header) = FORGES[usize::from(*forge) % FORGES.len()];
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length is a key");
    mac.update(body);
    let proof = if proof_header == "x-gitlab-token" { SECRET.to_owned() } else { format!("sha256={}", hex::encode(mac.finalize().into_bytes())) };
    let mut headers = HeaderMap::new();
    headers.insert(event_header, HeaderValue::from_static(EVENTS[usize::from(*event) % EVENTS.len()]));
    headers.insert(proof_header, HeaderValue::from_str(&proof).expect("hexadecimal digits"));
    if let Err(error) = parse(&headers, body, &[SecretString::from(SECRET)]) {
        assert!(!error.to_string().is_empty());
    }
});
