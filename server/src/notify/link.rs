//! Links of mails that lead one person to one gate. The token says for whom it is, for which gate on which digest, and until when; the
//! vault's key signs it. Without a sign-in of that person it is worth nothing.

use crate::vault::Vault;
use andon_pipelines::ids::{GateId, UserId};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// How long a link works.
pub const LINK_LIFE_MS: i64 = 7 * 24 * 3600 * 1000;
const PURPOSE: &str = "gate link 1";
const DIGEST_BYTES: usize = 16;
const BODY_BYTES: usize = 16 + 16 + 8 + DIGEST_BYTES;
const MAC_BYTES: usize = 32;

/// What a link is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateLink {
    pub gate: GateId,
    pub user: UserId,
    /// Milliseconds since 1970 UTC.
    pub expires_at: i64,
    digest: [u8; DIGEST_BYTES],
}

impl GateLink {
    /// A link for a person to a gate as it is now.
    #[must_use]
    pub fn new(gate: GateId, digest: &str, user: UserId, expires_at: i64) -> Self {
        Self { gate, user, expires_at, digest: shorten(digest) }
    }

    /// The token: 118 characters of base64url. The same link gives the same token.
    #[must_use]
    pub fn sign(&self, vault: &Vault) -> String {
        let body = self.body();
        URL_SAFE_NO_PAD.encode([&body[..], &vault.sign(PURPOSE, &body)].concat())
    }

    /// Reads a token. `None` where this server did not make it, or somebody altered it.
    #[must_use]
    pub fn verify(token: &str, vault: &Vault) -> Option<Self> {
        if token.len() > 200 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (body, mac) = bytes.split_at_checked(BODY_BYTES)?;
        if mac.len() != MAC_BYTES || !vault.verify(PURPOSE, body, mac) {
            return None;
        }
        let id = |range: std::ops::Range<usize>| Uuid::from_slice(&body[range]).ok();
        Some(Self {
            gate: id(0..16)?.into(),
            user: id(16..32)?.into(),
            expires_at: i64::from_be_bytes(body[32..40].try_into().ok()?),
            digest: body[40..].try_into().ok()?,
        })
    }

    /// Whether the gate still asks about the same thing.
    #[must_use]
    pub fn is_for(&self, digest: &str) -> bool {
        self.digest == shorten(digest)
    }

    /// Under which a token's use is remembered.
    #[must_use]
    pub fn hash(token: &str) -> String {
        hex::encode(Sha256::digest(token))
    }

    fn body(&self) -> [u8; BODY_BYTES] {
        let mut body = [0; BODY_BYTES];
        body[..16].copy_from_slice(self.gate.uuid().as_bytes());
        body[16..32].copy_from_slice(self.user.uuid().as_bytes());
        body[32..40].copy_from_slice(&self.expires_at.to_be_bytes());
        body[40..].copy_from_slice(&self.digest);
        body
    }
}

fn shorten(digest: &str) -> [u8; DIGEST_BYTES] {
    let mut short = [0; DIGEST_BYTES];
    short.copy_from_slice(&Sha256::digest(digest)[..DIGEST_BYTES]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::TestRandom;

    #[test]
    fn a_token_is_read_back_and_no_change_of_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = |name: &str| Vault::open_or_create(&folder.path().join(name), TestRandom::with_clock(0).1).expect("a vault");
        let vault = open("key");
        let link = GateLink::new(GateId::from_number(5), "digest", UserId::from_number(7), 1_700_000_000_000);
        let token = link.sign(&vault);
        assert_eq!((GateLink::verify(&token, &vault), token.len()), (Some(link), 118));
        assert!(link.is_for("digest") && !link.is_for("another"));
        for at in 0..token.len() {
            let mut altered = token.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).expect("text");
            assert!(GateLink::verify(&altered, &vault).is_none(), "{at}");
        }
        for bad in ["", "x", "💥", &token[1..], &format!("{token}A"), &"A".repeat(5_000)] {
            assert!(GateLink::verify(bad, &vault).is_none(), "{bad}");
        }
        std::fs::write(folder.path().join("other"), format!("{}\n", "ab".repeat(32))).expect("written");
        std::fs::set_permissions(folder.path().join("other"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("set");
        assert!(GateLink::verify(&token, &open("other")).is_none(), "another server's key");
    }
}
