//! Tokens: 32 random bytes in base 62 behind a word that says what it is for, with a checksum that tells a mistyped or cut
//! token from a wrong one without asking the store. Only their SHA-256 is stored.

use crate::clock::Random;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 62^43 is the first power of 62 above 2^256.
const SECRET_DIGITS: usize = 43;
/// 62^6 is above 2^32.
const CHECKSUM_DIGITS: usize = 6;

/// What a token is for. The word in front keeps one kind from passing for another, and lets scanners find leaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// An API token.
    Api,
    /// What a runner registers with.
    Runner,
    /// A browser's session.
    Session,
    /// The token in a link that works once.
    Link,
}

impl TokenKind {
    const ALL: [Self; 4] = [Self::Api, Self::Runner, Self::Session, Self::Link];

    const fn prefix(self) -> &'static str {
        match self {
            Self::Api => "andon_",
            Self::Runner => "andonrunner_",
            Self::Session => "andonsession_",
            Self::Link => "andonlink_",
        }
    }
}

/// A token just made: shown to its owner once, stored as its digest.
#[derive(Debug)]
pub struct NewToken {
    pub secret: SecretString,
    /// SHA-256 of the whole token, 64 lower-case hexadecimal digits.
    pub digest: String,
    /// The last four characters, so that people can tell their tokens apart.
    pub hint: String,
}

/// Draws a token.
#[must_use]
pub fn new_token(kind: TokenKind, random: &Random) -> NewToken {
    let bytes = Zeroizing::new(random.bytes::<32>());
    let mut text = String::with_capacity(kind.prefix().len() + SECRET_DIGITS + CHECKSUM_DIGITS);
    text.push_str(kind.prefix());
    push_base62(bytes.as_slice(), SECRET_DIGITS, &mut text);
    let checksum = checksum(&text);
    text.push_str(&checksum);
    let digest = hex::encode(Sha256::digest(text.as_bytes()));
    let hint = text[text.len() - 4..].to_owned();
    NewToken { secret: text.into(), digest, hint }
}

/// Reads a token that somebody presents: its kind, and the digest to look up. `None` where it cannot be one, so that the
/// store is not asked.
#[must_use]
pub fn digest_token(text: &str) -> Option<(TokenKind, String)> {
    let kind = TokenKind::ALL.into_iter().find(|kind| text.starts_with(kind.prefix()))?;
    let rest = &text[kind.prefix().len()..];
    if rest.len() != SECRET_DIGITS + CHECKSUM_DIGITS || !rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let (body, sum) = text.split_at(text.len() - CHECKSUM_DIGITS);
    (checksum(body) == sum).then(|| (kind, hex::encode(Sha256::digest(text.as_bytes()))))
}

/// The token against forged requests that belongs to a session: derived, so it needs no storage, and useless for finding
/// the session's own secret.
#[must_use]
pub fn csrf_token(session: &SecretString) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(session.expose_secret().as_bytes()).expect("HMAC takes keys of any length");
    mac.update(b"andon csrf 1");
    URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}

/// Whether the presented value is the session's own, in constant time.
#[must_use]
pub fn csrf_matches(session: &SecretString, presented: &str) -> bool {
    equal_in_constant_time(csrf_token(session).as_bytes(), presented.as_bytes())
}

/// Compares without telling by its time where two values differ. Their lengths are no secret.
#[must_use]
pub fn equal_in_constant_time(one: &[u8], two: &[u8]) -> bool {
    one.ct_eq(two).into()
}

fn checksum(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let mut sum = String::with_capacity(CHECKSUM_DIGITS);
    push_base62(&digest[..4], CHECKSUM_DIGITS, &mut sum);
    sum
}

/// The bytes as one number in base 62, always with that many digits.
fn push_base62(bytes: &[u8], digits: usize, text: &mut String) {
    let mut number = Zeroizing::new(bytes.to_vec());
    let mut reversed = Zeroizing::new(Vec::with_capacity(digits));
    for _ in 0..digits {
        let mut remainder = 0_u32;
        for byte in number.iter_mut() {
            let value = remainder << 8 | u32::from(*byte);
            *byte = u8::try_from(value / 62).expect("the remainder is below 62, so the quotient is below 256");
            remainder = value % 62;
        }
        reversed.push(DIGITS[remainder as usize]);
    }
    text.extend(reversed.iter().rev().map(|digit| char::from(*digit)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::TestRandom;

    #[test]
    fn a_token_is_recognised_with_its_kind_and_its_digest() {
        let random = TestRandom::with_clock(0).1;
        for kind in TokenKind::ALL {
            let token = new_token(kind, &random);
            assert_eq!(digest_token(token.secret.expose_secret()), Some((kind, token.digest.clone())));
            assert!(token.secret.expose_secret().starts_with(kind.prefix()) && token.secret.expose_secret().ends_with(&token.hint));
            assert!(!format!("{token:?}").contains(token.secret.expose_secret()));
        }
    }

    #[test]
    fn any_single_change_is_noticed() {
        let token = new_token(TokenKind::Api, &TestRandom::with_clock(0).1);
        let text = token.secret.expose_secret();
        for at in 0..text.len() {
            let mut changed = text.to_owned();
            changed.replace_range(at..=at, if &text[at..=at] == "x" { "y" } else { "x" });
            assert_eq!(digest_token(&changed), None, "changed at {at}");
        }
        for other in ["", "andon_", &text[..text.len() - 1], &format!("{text}x"), "andon_ä", &text.replace("andon_", "andonlink_")] {
            assert_eq!(digest_token(other), None, "{other}");
        }
    }

    #[test]
    fn base_62_keeps_the_whole_number() {
        let mut text = String::new();
        push_base62(&[255; 32], SECRET_DIGITS, &mut text);
        push_base62(&[0, 0, 0, 61], 2, &mut text);
        push_base62(&[0, 0, 1, 0], 2, &mut text);
        let (all, small) = text.split_at(SECRET_DIGITS);
        assert_eq!(small, "0z48");
        assert!(all > "1" && all.len() == 43);
    }

    #[test]
    fn the_csrf_token_belongs_to_its_session_alone() {
        let random = TestRandom::with_clock(0).1;
        let (one, two) = (new_token(TokenKind::Session, &random).secret, new_token(TokenKind::Session, &random).secret);
        assert!(csrf_matches(&one, &csrf_token(&one)));
        assert!(!csrf_matches(&one, &csrf_token(&two)) && !csrf_matches(&one, "") && !csrf_matches(&one, one.expose_secret()));
    }
}
