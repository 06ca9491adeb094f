//! The shapes in which a secret may turn up in an output.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::collections::BTreeSet;

/// Shorter values would mask half of every log.
pub const SHORTEST: usize = 3;
/// Longer secrets are masked as they are and line by line, but in no other form.
const LONGEST_ENCODED: usize = 16 * 1024;
/// Where the usual tools break base64.
const BASE64_LINE: usize = 76;

/// Every form of the secret that is masked. None holds a line break and none is shorter than [`SHORTEST`].
pub fn list_forms(secret: &[u8]) -> BTreeSet<Vec<u8>> {
    let mut forms = BTreeSet::new();
    for line in secret.split(|byte| *byte == b'\n') {
        insert(&mut forms, line.trim_ascii());
    }
    let whole = secret.trim_ascii();
    if whole.len() < SHORTEST || whole.len() > LONGEST_ENCODED {
        return forms;
    }
    add_base64(&mut forms, secret);
    add_base64(&mut forms, whole);
    for text in [secret, whole] {
        insert(&mut forms, &percent_encode(text, "0123456789ABCDEF", false));
        insert(&mut forms, &percent_encode(text, "0123456789abcdef", false));
        insert(&mut forms, &percent_encode(text, "0123456789ABCDEF", true));
        if let Ok(text) = std::str::from_utf8(text) {
            add_json(&mut forms, text);
        }
    }
    forms
}

fn insert(forms: &mut BTreeSet<Vec<u8>>, form: &[u8]) {
    // A last carriage return or the like never makes a secret less recognisable.
    if form.len() >= SHORTEST && !form.contains(&b'\n') {
        forms.insert(form.to_vec());
    }
}

/// A secret inside a longer encoded text stands at one of three alignments; the characters that depend on it alone are masked.
fn add_base64(forms: &mut BTreeSet<Vec<u8>>, secret: &[u8]) {
    for before in 0..3usize {
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(secret);
        let first = (before * 8).div_ceil(6);
        let settled = bytes.len() * 8 / 6;
        for encoded in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
            let encoded = encoded.as_bytes();
            insert(forms, encoded.get(first..settled).unwrap_or_default());
            // The secret at the very end of what was encoded.
            insert(forms, encoded.get(first..).unwrap_or_default());
            if before == 0 && encoded.len() > BASE64_LINE {
                for piece in encoded.chunks(BASE64_LINE).filter(|piece| piece.len() >= 8) {
                    insert(forms, piece);
                }
            }
        }
    }
}

fn percent_encode(text: &[u8], digits: &str, plus: bool) -> Vec<u8> {
    let digits = digits.as_bytes();
    let mut out = Vec::with_capacity(text.len() * 3);
    for byte in text {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(*byte),
            b' ' if plus => out.push(b'+'),
            other => out.extend_from_slice(&[b'%', digits[usize::from(other >> 4)], digits[usize::from(other & 15)]]),
        }
    }
    out
}

/// As JSON writers put it inside quotes: as is, and with everything outside ASCII escaped.
fn add_json(forms: &mut BTreeSet<Vec<u8>>, text: &str) {
    let Ok(quoted) = serde_json::to_string(text) else { return };
    let inner = &quoted[1..quoted.len() - 1];
    insert(forms, inner.as_bytes());
    insert(forms, inner.replace('/', "\\/").as_bytes());
    let mut ascii = String::with_capacity(inner.len());
    for character in inner.chars() {
        if character.is_ascii() {
            ascii.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                ascii.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    insert(forms, ascii.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(secret: &str, form: &str) -> bool {
        list_forms(secret.as_bytes()).contains(form.as_bytes())
    }

    #[test]
    fn a_secret_is_known_in_other_writings() {
        assert!(holds("p&s/word é", "p%26s%2Fword%20%C3%A9"));
        assert!(holds("p&s/word é", "p%26s%2fword%20%c3%a9"));
        assert!(holds("p&s/word é", "p%26s%2Fword+%C3%A9"));
        assert!(holds("say \"so\" é", "say \\\"so\\\" \\u00e9"));
        assert!(holds("first\nsecond", "second"));
        assert!(holds("first\nsecond", "first\\nsecond"));
    }

    #[test]
    fn base64_is_known_at_each_alignment() {
        let forms = list_forms(b"correct horse");
        for before in ["", "x", "xy", "xyz", "xyzw"] {
            let encoded = STANDARD_NO_PAD.encode(format!("{before}correct horse battery"));
            let found = forms.iter().any(|form| form.len() > 12 && encoded.contains(&*String::from_utf8_lossy(form)));
            assert!(found, "{encoded}");
        }
    }

    #[test]
    fn short_values_are_left_alone() {
        assert!(list_forms(b"ab").is_empty());
        assert!(list_forms(b"a\nb\nc").iter().all(|form| form.len() >= SHORTEST));
    }
}
