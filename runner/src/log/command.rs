//! Log commands: lines that speak to Andon, in the widely used form `::name key=value,key=value::message`.

use andon_pipelines::wire::{Annotation, AnnotationLevel};

/// Longer messages are cut.
const MESSAGE_BYTES: usize = 16 * 1024;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    AddMask(String),
    Annotate(Annotation),
}

/// The command on this line (without its line break), if it is one that needs an act.
pub fn find_command(line: &[u8]) -> Option<Command> {
    let rest = line.strip_prefix(b"::")?;
    let text = String::from_utf8_lossy(rest);
    let (head, message) = text.split_once("::")?;
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let level = match name {
        "add-mask" => return Some(Command::AddMask(unescape(message))),
        "error" => AnnotationLevel::Error,
        "warning" => AnnotationLevel::Warning,
        "notice" => AnnotationLevel::Notice,
        _ => return None,
    };
    let property = |wanted: &str| {
        let mut pairs = properties.split(',').filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(key, _)| *key == wanted).map(|(_, value)| unescape(value)).filter(|value| !value.is_empty())
    };
    let mut message = unescape(message);
    message.truncate(message.floor_char_boundary(MESSAGE_BYTES));
    let mut file = property("file");
    if let Some(file) = &mut file {
        file.truncate(file.floor_char_boundary(4096));
    }
    let line = property("line").and_then(|line| line.parse().ok());
    Some(Command::Annotate(Annotation { level, message, file, line }))
}

/// `%25`, `%0A`, `%0D`, and in properties `%3A`, `%2C`, stand for what they encode; anything else stands for itself.
fn unescape(text: &str) -> String {
    const PAIRS: [(&str, char); 5] = [("25", '%'), ("0A", '\n'), ("0D", '\r'), ("3A", ':'), ("2C", ',')];
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let known = PAIRS.iter().find(|(code, _)| rest.get(..2).is_some_and(|head| head.eq_ignore_ascii_case(code)));
        match known {
            Some((_, character)) => {
                out.push(*character);
                rest = &rest[2..];
            }
            None => out.push('%'),
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn annotation(line: &str) -> Annotation {
        match find_command(line.as_bytes()) {
            Some(Command::Annotate(annotation)) => annotation,
            other => panic!("{line} is {other:?}"),
        }
    }

    #[test]
    fn annotations_carry_file_line_and_message() {
        let found = annotation("::error file=src/a%2Cb.rs,line=12,col=3::100%25 wrong%0Asecond line");
        assert_eq!(found.level, AnnotationLevel::Error);
        assert_eq!(found.message, "100% wrong\nsecond line");
        assert_eq!((found.file.as_deref(), found.line), (Some("src/a,b.rs"), Some(12)));
        let bare = annotation("::warning::careful");
        assert_eq!((bare.level, bare.file, bare.line), (AnnotationLevel::Warning, None, None));
    }

    #[test]
    fn other_lines_are_text() {
        for line in ["::group::x", "::endgroup::", "::error no end", "error::x", ":::", "::", "plain"] {
            assert_eq!(find_command(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn masks_are_unescaped() {
        assert_eq!(find_command(b"::add-mask::a%0Ab"), Some(Command::AddMask("a\nb".to_owned())));
    }
}
