//! Proof that a delivery comes from who knows a secret, on its raw bytes and in constant time.

use super::delivery::find_header;
use super::{Forge, HookError};
use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What a true signature covers besides the body.
pub(super) struct Proof {
    pub signed_at_seconds: Option<i64>,
}

/// How GitLab's signing tokens begin; the rest is the key in base64.
const SIGNING_TOKEN: &str = "whsec_";

/// Proves a delivery by its forge's own header.
///
/// # Errors
/// [`HookError::Unsigned`], [`HookError::BadSignature`].
pub(super) fn prove(forge: Forge, headers: &HeaderMap, body: &[u8], secrets: &[SecretString]) -> Result<Proof, HookError> {
    let names: &[&'static str] = match forge {
        Forge::GitHub => &["X-Hub-Signature-256"],
        Forge::Gitea => &["X-Gitea-Signature", "X-Hub-Signature-256"],
        Forge::Forgejo => &["X-Forgejo-Signature", "X-Gitea-Signature", "X-Hub-Signature-256"],
        Forge::Bitbucket => &["X-Hub-Signature", "X-Hub-Signature-256"],
        Forge::GitLab => return prove_gitlab(headers, body, secrets),
    };
    let found = names.iter().find_map(|name| find_header(headers, name).map(|value| (*name, value)));
    let (header, value) = found.ok_or(HookError::Unsigned { expected: names[0] })?;
    let given = hex::decode(value.strip_prefix("sha256=").unwrap_or(value)).map_err(|_| HookError::BadSignature { header })?;
    let proved = keys(secrets).any(|secret| is_mac(secret.as_bytes(), &[body], &given));
    if proved { Ok(Proof { signed_at_seconds: None }) } else { Err(HookError::BadSignature { header }) }
}

/// GitLab sends the secret itself, or a signature over id, time and body as the Standard Webhooks specification says, or both.
fn prove_gitlab(headers: &HeaderMap, body: &[u8], secrets: &[SecretString]) -> Result<Proof, HookError> {
    const TOKEN: &str = "X-Gitlab-Token";
    const SIGNATURE: &str = "webhook-signature";
    let signature = find_header(headers, SIGNATURE);
    if let (Some(signature), Some(id), Some(at)) =
        (signature, find_header(headers, "webhook-id"), find_header(headers, "webhook-timestamp"))
    {
        // Several may stand there while a key is being replaced.
        let given: Vec<Vec<u8>> = signature.split(' ').filter_map(|s| BASE64.decode(s.strip_prefix("v1,")?).ok()).take(8).collect();
        let message: [&[u8]; 5] = [id.as_bytes(), b".", at.as_bytes(), b".", body];
        if keys(secrets).any(|secret| signing_key(secret).is_some_and(|key| given.iter().any(|given| is_mac(&key, &message, given)))) {
            return Ok(Proof { signed_at_seconds: at.parse().ok() });
        }
    }
    match find_header(headers, TOKEN) {
        Some(token) if keys(secrets).any(|secret| is_same(secret.as_bytes(), token.as_bytes())) => Ok(Proof { signed_at_seconds: None }),
        Some(_) => Err(HookError::BadSignature { header: TOKEN }),
        None if signature.is_some() => Err(HookError::BadSignature { header: SIGNATURE }),
        None => Err(HookError::Unsigned { expected: TOKEN }),
    }
}

/// An empty secret would let everybody in.
fn keys(secrets: &[SecretString]) -> impl Iterator<Item = &str> {
    secrets.iter().map(ExposeSecret::expose_secret).filter(|secret| !secret.is_empty())
}

fn signing_key(secret: &str) -> Option<Vec<u8>> {
    match secret.strip_prefix(SIGNING_TOKEN) {
        Some(encoded) => BASE64.decode(encoded).ok().filter(|key| !key.is_empty()),
        None => Some(secret.as_bytes().to_vec()),
    }
}

fn is_mac(key: &[u8], message: &[&[u8]], given: &[u8]) -> bool {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    message.iter().for_each(|part| mac.update(part));
    mac.verify_slice(given).is_ok()
}

/// Compares digests, so that not even the length shows in the time taken.
fn is_same(a: &[u8], b: &[u8]) -> bool {
    Sha256::digest(a).as_slice().ct_eq(Sha256::digest(b).as_slice()).into()
}
