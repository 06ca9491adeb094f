//! The mailbox: a folder of mails as they would have been sent.

use anyhow::Context;
use std::path::Path;

/// A mail of the folder.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Everything before the first empty line.
    pub head: String,
    /// All parts, with their quoted-printable encoding undone.
    pub body: String,
}

/// The mails of a folder, in the order of their names; none where there is no folder yet.
///
/// # Errors
/// When a mail cannot be read.
pub fn read_mails(folder: &Path) -> anyhow::Result<Vec<Mail>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut paths: Vec<_> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.extension().is_some_and(|end| end == "eml")).collect();
    paths.sort();
    paths.iter().map(|path| read_mail(path).with_context(|| path.display().to_string())).collect()
}

fn read_mail(path: &Path) -> anyhow::Result<Mail> {
    let text = String::from_utf8(std::fs::read(path)?)?;
    let (head, body) = text.split_once("\r\n\r\n").context("a mail has a head and a body")?;
    Ok(Mail { head: head.to_owned(), body: decode_quoted_printable(body) })
}

/// Undoes soft line breaks and `=XX`.
fn decode_quoted_printable(text: &str) -> String {
    let joined = text.replace("=\r\n", "");
    let mut bytes = Vec::with_capacity(joined.len());
    let mut rest = joined.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok()).and_then(|code| u8::from_str_radix(code, 16).ok());
        match (first, code) {
            (b'=', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::decode_quoted_printable;

    #[test]
    fn soft_breaks_and_codes_are_undone() {
        assert_eq!(decode_quoted_printable("a=3Db =E2=80=\r\n=93 c=\r\nd\r\ne"), "a=b – cd\r\ne");
    }
}
