//! Lines for the pusher's terminal: `remote: andon: …`, put into git's answer as side-band progress.

use super::{GitBody, GitResponse};
use bytes::{BufMut, Bytes, BytesMut};

const FLUSH: &[u8] = b"0000";
/// The most text of one line; the rest is cut.
const LINE_MAX_BYTES: usize = 900;

/// Adds `lines` to a push's answer, before its end, for clients that take progress messages; other answers stay as they are.
/// Control characters in the lines are left out: a commit's message must not drive somebody's terminal.
#[must_use]
pub fn with_message(mut response: GitResponse, lines: &[String]) -> GitResponse {
    if let GitBody::Whole(body) = &response.body
        && uses_side_band(body)
    {
        response.body = GitBody::Whole(insert_lines(body, lines));
    }
    response
}

fn insert_lines(body: &[u8], lines: &[String]) -> Bytes {
    let mut out = BytesMut::with_capacity(body.len() + 256);
    out.put_slice(&body[..body.len() - FLUSH.len()]);
    for line in lines {
        let mut text: String = line.chars().filter(|c| !c.is_control()).collect();
        text.truncate(text.floor_char_boundary(LINE_MAX_BYTES));
        // Four digits of length, the band, the text, the line's end.
        out.put_slice(format!("{:04x}\u{2}{text}\n", text.len() + 6).as_bytes());
    }
    out.put_slice(FLUSH);
    out.freeze()
}

/// Whether a body is packets of the bands 1 to 3 and then a flush: only then did the client agree to side-band.
fn uses_side_band(body: &[u8]) -> bool {
    let mut rest = body;
    let mut packets = 0;
    loop {
        let Some(length) = rest.get(..4).and_then(|d| std::str::from_utf8(d).ok()).and_then(|d| usize::from_str_radix(d, 16).ok()) else {
            return false;
        };
        match (length, rest.get(4)) {
            (0, None) => return packets > 0,
            (5.., Some(1..=3)) if length <= rest.len() => rest = &rest[length..],
            _ => return false,
        }
        packets += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BANDED: &[u8] = b"002e\x01000eunpack ok\n0017ok refs/heads/main\n00000000";

    fn lines() -> Vec<String> {
        vec!["andon: shop/source \x1b[31mgot 1a2b".into()]
    }

    #[test]
    fn lines_go_before_the_last_flush() {
        let out = insert_lines(BANDED, &lines());
        assert!(uses_side_band(BANDED));
        assert!(uses_side_band(&out));
        assert!(out.ends_with(b"0025\x02andon: shop/source [31mgot 1a2b\n0000"), "{out:?}");
    }

    #[test]
    fn answers_without_side_band_stay_as_they_are() {
        for plain in [&b"000eunpack ok\n0017ok refs/heads/main\n0000"[..], b"", b"0000", b"zzzz", b"ffff\x01", b"0005\x01", b"0030\x01000e"]
        {
            assert!(!uses_side_band(plain), "{plain:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_looked_at_without_harm(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            if uses_side_band(&bytes) {
                proptest::prop_assert!(uses_side_band(&insert_lines(&bytes, &lines())));
            }
        }
    }
}
