//! Files of `key=value` lines and `key<<EOF` blocks, in which jobs hand over what they found out.

use std::collections::BTreeMap;

/// The whole file, bytes.
pub const FILE_BYTES: u64 = 1024 * 1024;
const VALUE_BYTES: usize = 64 * 1024;
const MOST_KEYS: usize = 1000;

/// The last value of each key. Empty lines are passed over.
///
/// # Errors
/// One sentence that names the line and what would be right.
pub fn parse_key_values(bytes: &[u8]) -> Result<BTreeMap<String, String>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
    let mut values = BTreeMap::new();
    let mut lines = (1u32..).zip(text.lines());
    while let Some((number, line)) = lines.next() {
        if line.trim().is_empty() {
            continue;
        }
        let wrong = |what: &str| format!("line {number} {what}");
        let (key, value) = match (line.find('='), line.find("<<")) {
            (Some(equals), block) if block.is_none_or(|block| equals < block) => (&line[..equals], line[equals + 1..].to_owned()),
            (_, Some(block)) => {
                let end = line[block + 2..].trim();
                if end.is_empty() {
                    return Err(wrong("begins a block without naming its end; key<<EOF would be right"));
                }
                let value = read_block(&mut lines, end).ok_or_else(|| wrong(&format!("begins a block whose end {end:?} never comes")))?;
                (&line[..block], value)
            }
            _ => return Err(wrong("is neither key=value nor the beginning of a key<<EOF block")),
        };
        let key = key.trim();
        if !is_key(key) {
            return Err(wrong(&format!("has the key {key:?}; letters, digits, \"_\", \"-\" and \".\" are right, at most 128 of them")));
        }
        if value.len() > VALUE_BYTES {
            return Err(wrong(&format!("has a value of more than {VALUE_BYTES} bytes")));
        }
        values.insert(key.to_owned(), value);
        if values.len() > MOST_KEYS {
            return Err(wrong(&format!("is one key too many; at most {MOST_KEYS} are taken")));
        }
    }
    Ok(values)
}

fn read_block<'a>(lines: &mut impl Iterator<Item = (u32, &'a str)>, end: &str) -> Option<String> {
    let mut block: Vec<&str> = Vec::new();
    for (_, line) in lines {
        if line == end {
            return Some(block.join("\n"));
        }
        block.push(line);
    }
    None
}

fn is_key(key: &str) -> bool {
    let known = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.');
    !key.is_empty() && key.len() <= 128 && key.chars().all(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Vec<(String, String)>, String> {
        parse_key_values(text.as_bytes()).map(|values| values.into_iter().collect())
    }

    fn pair(key: &str, value: &str) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn lines_and_blocks_are_read() {
        let text = "a=1\n\nurl=https://x/?a=b<<c\nb<<END\nfirst\nkey=not one\n\nlast\nEND\na=2\n";
        let expected = vec![pair("a", "2"), pair("b", "first\nkey=not one\n\nlast"), pair("url", "https://x/?a=b<<c")];
        assert_eq!(parse(text), Ok(expected));
        assert_eq!(parse("empty<<EOF\nEOF"), Ok(vec![pair("empty", "")]));
    }

    #[test]
    fn wrong_lines_are_named() {
        for (text, part) in [
            ("a=1\nnonsense", "line 2 is neither"),
            ("a<<", "line 1 begins a block without"),
            ("x=1\na<<EOF\nb", "line 2 begins a block whose end \"EOF\""),
            ("=x", "line 1 has the key \"\""),
            ("a b=x", "line 1 has the key \"a b\""),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(part), "{error}");
        }
        assert!(parse_key_values(b"a=\xff").is_err());
        assert!(parse(&format!("a={}", "x".repeat(VALUE_BYTES + 1))).is_err());
    }
}
