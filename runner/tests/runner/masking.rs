//! The masker, however its input is cut.

use andon_runner::mask::{Masker, Masks};
use base64::Engine;
use proptest::prelude::*;
use std::sync::Arc;

fn mask(secrets: &[&str], text: &[u8], cuts: &[usize]) -> Vec<u8> {
    let masks = Arc::new(Masks::new(secrets.iter().map(|secret| secret.as_bytes())));
    let mut masker = Masker::new(masks);
    let mut out = Vec::new();
    let mut at = 0;
    for cut in cuts {
        let next = (at + cut).min(text.len());
        masker.feed(&text[at..next], &mut out);
        at = next;
    }
    masker.feed(&text[at..], &mut out);
    masker.flush(&mut out);
    out
}

/// What the masker should do, written as plainly as possible.
fn mask_plainly(secrets: &[&str], text: &[u8]) -> Vec<u8> {
    let mut covered = vec![false; text.len()];
    // Borders inside of one find; two that only touch each have their stars.
    let mut inside = vec![false; text.len() + 1];
    for secret in secrets {
        for at in 0..text.len() {
            if text[at..].starts_with(secret.as_bytes()) {
                covered[at..at + secret.len()].fill(true);
                inside[at + 1..at + secret.len()].fill(true);
            }
        }
    }
    let mut out = Vec::new();
    for at in 0..text.len() {
        if !covered[at] {
            out.push(text[at]);
        } else if !inside[at] {
            out.extend_from_slice(b"***");
        }
    }
    out
}

proptest! {
    #[test]
    fn cuts_change_nothing(text in "[abc\n]{0,200}", cuts in prop::collection::vec(0usize..9, 0..60)) {
        // None of these has another form that these texts could hold.
        let secrets = ["abcab", "bcc", "cabca", "aaaa"];
        let whole = mask_plainly(&secrets, text.as_bytes());
        prop_assert_eq!(mask(&secrets, text.as_bytes(), &cuts), whole);
    }

    #[test]
    fn other_writings_of_a_secret_are_masked(
        secret in "[A-Za-z0-9/+ é\"\\\\&-]{8,40}",
        before in "[a-z]{0,7}",
        after in "[a-z]{0,7}",
        cuts in prop::collection::vec(0usize..9, 0..60),
    ) {
        prop_assume!(secret.trim().len() >= 8);
        let secret = secret.trim();
        let encoded = base64::engine::general_purpose::STANDARD.encode(format!("{before}{secret}{after}"));
        let url_safe = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(format!("{before}{secret}{after}"));
        let quoted = serde_json::to_string(&format!("{before}{secret}{after}")).expect("it is a text");
        for text in [encoded, url_safe, quoted, format!("{before}{secret}{after}")] {
            let masked = mask(&[secret], text.as_bytes(), &cuts);
            prop_assert!(masked.windows(3).any(|window| window == b"***"), "{}", text);
            // At most the edges of the encoding, which other bytes share, are left.
            prop_assert!(masked.len() <= before.len() * 2 + after.len() * 2 + 3 + 14, "{} became {}", text, String::from_utf8_lossy(&masked));
        }
    }

    #[test]
    fn nothing_else_changes(bytes in prop::collection::vec(any::<u8>(), 0..500), cuts in prop::collection::vec(0usize..99, 0..9)) {
        prop_assert_eq!(mask(&["a secret that random bytes do not hold"], &bytes, &cuts), bytes);
    }
}

#[test]
fn only_a_possible_beginning_is_held_back() {
    let masks = Arc::new(Masks::new([b"hunter2".as_slice()]));
    let mut masker = Masker::new(Arc::clone(&masks));
    let mut out = Vec::new();
    masker.feed(b"password: hun", &mut out);
    assert_eq!(out, b"password: ");
    masker.feed(b"ger\nhunt", &mut out);
    assert_eq!(out, b"password: hunger\n");
    masker.feed(b"\nhunter", &mut out);
    masker.feed(b"2!", &mut out);
    assert_eq!(out, b"password: hunger\nhunt\n***!");
}

#[test]
fn lines_of_a_secret_are_masked_one_by_one_and_masks_can_be_added() {
    let masks = Arc::new(Masks::new([b"-----BEGIN-----\nabcdef\r\n-----END-----\n".as_slice(), b"ab"]));
    assert_eq!(masks.mask_text("x abcdef y\n-----BEGIN-----\nab"), "x *** y\n***\nab");
    assert!(masks.add(b"later"));
    assert_eq!(masks.mask_text("sooner or later"), "sooner or ***");
}
