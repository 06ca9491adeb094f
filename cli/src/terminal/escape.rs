//! Text from elsewhere must not steer the terminal.

/// Every control character replaced by a visible mark; line breaks and tabs by a space.
pub fn clean(text: &str) -> String {
    let visible = |c: char| match c {
        '\n' | '\t' => ' ',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    text.chars().map(visible).collect()
}

/// Lets a log's text, tabs and colours through to a terminal, and nothing else that a terminal obeys. Works on pieces: a sequence may be cut
/// anywhere.
#[derive(Debug, Default)]
pub struct LogFilter {
    /// An escape sequence that has begun.
    pending: Vec<u8>,
}

/// A longer sequence is no colour.
const LONGEST_SEQUENCE: usize = 32;

impl LogFilter {
    pub fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        for &byte in bytes {
            if self.pending.is_empty() {
                match byte {
                    0x1b => self.pending.push(byte),
                    b'\n' | b'\t' | b'\r' => out.push(byte),
                    0..=0x1f | 0x7f => {}
                    _ => out.push(byte),
                }
            } else {
                self.go_on(byte, &mut out);
            }
        }
        out
    }

    fn go_on(&mut self, byte: u8, out: &mut Vec<u8>) {
        self.pending.push(byte);
        let is_opened = self.pending.len() == 2 && byte == b'[';
        let is_parameter = self.pending.len() > 2 && matches!(byte, b'0'..=b'9' | b';' | b':' | b'?');
        if self.pending.len() > 2 && byte == b'm' {
            out.append(&mut self.pending);
        } else if !(is_opened || is_parameter) || self.pending.len() > LONGEST_SEQUENCE {
            // Anything else than a colour goes, but a line break that stands in a broken sequence stays.
            self.pending.clear();
            if byte == b'\n' {
                out.push(byte);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn colours_stay_and_commands_go() {
        let mut filter = LogFilter::default();
        assert_eq!(filter.push(b"\x1b[1;31mred\x1b[0m\tok\r\n"), b"\x1b[1;31mred\x1b[0m\tok\r\n");
        assert_eq!(filter.push(b"a\x1b[2Jb\x1b]0;title\x07c\x08d\n"), b"ab0;titlecd\n");
        assert_eq!(filter.push("grün ✔".as_bytes()), "grün ✔".as_bytes());
        assert_eq!(filter.push(b"\x1b[\nx"), b"\nx");
    }

    #[test]
    fn shown_text_has_no_control_characters() {
        assert_eq!(clean("a\x1b[2J\nb\u{9b}"), "a\u{fffd}[2J b\u{fffd}");
    }

    proptest! {
        #[test]
        fn where_the_pieces_are_cut_makes_no_difference(bytes in proptest::collection::vec(prop_oneof![Just(0x1b_u8), Just(b'['), Just(b'm'), any::<u8>()], 0..60), at in 0_usize..60) {
            let whole = LogFilter::default().push(&bytes);
            let mut filter = LogFilter::default();
            let (left, right) = bytes.split_at(at.min(bytes.len()));
            let mut pieces = filter.push(left);
            pieces.extend(filter.push(right));
            prop_assert_eq!(pieces, whole);
        }
    }
}
