//! Text from outside, made fit to show: names of branches, subjects of commits and lines of logs may hold anything.

/// One line: every run of white space and control characters becomes one space; at most `limit` characters, cut with `…`.
pub(super) fn one_line(text: &str, limit: usize) -> String {
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || is_unprintable(c)).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        // Enough to know that it must be cut; the rest of a huge text is not looked at.
        if line.len() > limit.saturating_mul(4) {
            break;
        }
    }
    shorten(&line, limit)
}

/// At most `limit` characters, cut with `…`.
pub(super) fn shorten(text: &str, limit: usize) -> String {
    if text.chars().nth(limit).is_none() {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(limit.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// At most `limit` UTF-16 units, cut with `…`: some services count like that.
pub(super) fn shorten_utf16(text: &str, limit: usize) -> String {
    if text.encode_utf16().count() <= limit {
        return text.to_owned();
    }
    let mut left = limit.saturating_sub(1);
    let mut short = String::new();
    for c in text.chars() {
        let Some(rest) = left.checked_sub(c.len_utf16()) else { break };
        left = rest;
        short.push(c);
    }
    short.push('…');
    short
}

/// A line of a log without escape sequences, tabs as spaces, at most `limit` characters.
pub(super) fn log_line(text: &str, limit: usize) -> String {
    let mut line = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' if rest.peek() == Some(&'[') => {
                rest.next();
                // A control sequence ends with its first character from `@` to `~`.
                rest.by_ref().find(|c| ('@'..='~').contains(c));
            }
            '\t' => line.push_str("    "),
            c if is_unprintable(c) => {}
            c => line.push(c),
        }
        if line.len() > limit.saturating_mul(4) {
            break;
        }
    }
    shorten(line.trim_end(), limit)
}

/// Control characters, and those that turn the direction of text around or hide it.
fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// For HTML text and attributes.
pub(super) fn escape_html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// For Markdown: a sign that could begin a link, a mention or an emphasis gets a backslash.
pub(super) fn escape_markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '~' | '|' | '[' | ']' | '(' | ')' | '<' | '>' | '#') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one_line_of_its_length() {
        assert_eq!(one_line("a\r\nBcc: x@example.org\u{0}\t b", 99), "a Bcc: x@example.org b");
        assert_eq!(one_line("gnp.\u{202e}exe", 99), "gnp. exe");
        assert_eq!(one_line("äöüß", 4), "äöüß");
        assert_eq!(one_line("äöüßx", 4), "äöü…");
        assert_eq!(one_line(&"x".repeat(1 << 20), 10).chars().count(), 10);
        assert_eq!(one_line(&"x ".repeat(1 << 20), 10), "x x x x x…");
    }

    #[test]
    fn log_lines_lose_their_colours() {
        assert_eq!(log_line("\u{1b}[1;31merror\u{1b}[0m:\tbad\u{7}\r", 99), "error:    bad");
        assert_eq!(log_line("\u{1b}[", 99), "");
        assert_eq!(log_line("abcdef", 4), "abc…");
    }

    #[test]
    fn utf16_units_are_counted_where_a_service_counts_them() {
        assert_eq!(shorten_utf16("ab😀cd", 6), "ab😀cd");
        assert_eq!(shorten_utf16("ab😀cde", 6), "ab😀c…");
        assert_eq!(shorten_utf16("ab😀cd", 4), "ab…");
    }
}
