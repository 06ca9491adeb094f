//! One delivery from its headers and bytes: which forge, is it true, what does it say.

use super::field::Field;
use super::signature::{Proof, prove};
use super::{Forge, Hook, HookError, bitbucket, github, gitlab};
use axum::http::{HeaderMap, header};
use secrecy::SecretString;
use serde_json::Value;
use std::borrow::Cow;

/// What GitHub caps its own payloads at; the other forges stay below.
pub const PAYLOAD_MAX_BYTES: usize = 25 * 1024 * 1024;
const DELIVERY_MAX_CHARS: usize = 200;

/// Proves a delivery's signature on the raw `body` with any of `secrets` (empty ones never count), in constant time, and only then reads it.
///
/// The delivery's id is a header that most forges do not sign: use it to take repeats once, not as proof against replay.
/// A replayed push names a version that is known already, and so changes nothing.
///
/// # Errors
/// Every [`HookError`].
pub fn parse(headers: &HeaderMap, body: &[u8], secrets: &[SecretString]) -> Result<Hook, HookError> {
    if body.len() > PAYLOAD_MAX_BYTES {
        return Err(HookError::TooLarge { size_bytes: body.len(), limit_bytes: PAYLOAD_MAX_BYTES });
    }
    let (forge, event) = find_forge(headers).ok_or(HookError::UnknownForge)?;
    let Proof { signed_at_seconds } = prove(forge, headers, body, secrets)?;
    let json = read_body(headers, body)?;
    let value: Value = serde_json::from_slice(&json).map_err(|error| HookError::Malformed {
        what: format!("it is no JSON: {error}"),
        place: format!("line {} column {}", error.line(), error.column()),
    })?;
    let root = Field::root(&value);
    let events = match forge {
        Forge::GitHub | Forge::Gitea | Forge::Forgejo => vec![github::read_event(&event, root)?],
        Forge::GitLab => vec![gitlab::read_event(&event, root)?],
        Forge::Bitbucket => bitbucket::read_events(&event, root)?,
    };
    Ok(Hook { forge, delivery: find_delivery(forge, headers), signed_at_seconds, events })
}

/// The forge and its word for the event. Gitea and Forgejo send GitHub's headers besides their own, so theirs are looked at first.
fn find_forge(headers: &HeaderMap) -> Option<(Forge, String)> {
    [
        ("x-forgejo-event", Forge::Forgejo),
        ("x-gitea-event", Forge::Gitea),
        ("x-gitlab-event", Forge::GitLab),
        ("x-event-key", Forge::Bitbucket),
        ("x-github-event", Forge::GitHub),
    ]
    .into_iter()
    .find_map(|(name, forge)| find_header(headers, name).map(|event| (forge, event.to_owned())))
}

fn find_delivery(forge: Forge, headers: &HeaderMap) -> Option<String> {
    let names: &[&str] = match forge {
        Forge::GitHub => &["x-github-delivery"],
        Forge::Gitea => &["x-gitea-delivery"],
        Forge::Forgejo => &["x-forgejo-delivery", "x-gitea-delivery"],
        // The first two stay the same when a delivery is sent again; the third names the event and is shared by all its deliveries.
        Forge::GitLab => &["webhook-id", "idempotency-key", "x-gitlab-event-uuid"],
        Forge::Bitbucket => &["x-request-uuid", "x-request-id"],
    };
    let id = names.iter().find_map(|name| find_header(headers, name))?;
    (id.len() <= DELIVERY_MAX_CHARS).then(|| id.to_owned())
}

pub(super) fn find_header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim).filter(|value| !value.is_empty())
}

/// The JSON of a body; GitHub and Gitea can also send it as the field `payload` of a form.
fn read_body<'b>(headers: &HeaderMap, body: &'b [u8]) -> Result<Cow<'b, [u8]>, HookError> {
    let is_form =
        find_header(headers, header::CONTENT_TYPE.as_str()).is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    if !is_form {
        return Ok(Cow::Borrowed(body));
    }
    let field = body.split(|byte| *byte == b'&').find_map(|pair| pair.strip_prefix(b"payload="));
    let field = field.ok_or_else(|| HookError::Malformed { what: "the form has no field \"payload\"".into(), place: "the body".into() })?;
    Ok(Cow::Owned(decode_form(field)))
}

fn decode_form(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let decoded = text.get(at + 1..at + 3).filter(|_| *byte == b'%').and_then(|pair| hex::decode(pair).ok());
        match (decoded.as_deref(), byte) {
            (Some([decoded]), _) => {
                out.push(*decoded);
                at += 3;
                continue;
            }
            (_, b'+') => out.push(b' '),
            (_, other) => out.push(*other),
        }
        at += 1;
    }
    out
}
