//! Where a setting's value came from, and how a value is shown without its passwords.

use std::{fmt, path::PathBuf};

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The flag, with its dashes.
    Flag(String),
    /// The variable's name.
    Environment(String),
    File {
        path: PathBuf,
        line: usize,
    },
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(f, "flag {flag}"),
            Self::Environment(variable) => write!(f, "environment {variable}"),
            Self::File { path, line } => write!(f, "{}, line {line}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// The URL with the password in it, and the values of its query that look like one, replaced by `***`; anything else as it is.
#[must_use]
pub fn mask(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    // A password with an unescaped @ or / still must not show: everything up to the last @ of the text counts as credentials.
    let (credentials, host) = match (rest.rfind('@'), authority.rfind('@')) {
        (Some(last), inner) if inner != Some(last) && is_credential_tail(rest, last) => return format!("{scheme}://***{}", &rest[last..]),
        (_, Some(at)) => (Some(&authority[..at]), &authority[at..]),
        _ => (None, authority),
    };
    let credentials = credentials.map_or_else(String::new, |credentials| match credentials.split_once(':') {
        Some((user, _)) => format!("{user}:***"),
        None => credentials.to_owned(),
    });
    format!("{scheme}://{credentials}{host}{}", mask_query(tail))
}

/// Whether the `@` at `last`, behind the host, belongs to a password that was not escaped rather than to a query such as `from=a@b`.
fn is_credential_tail(rest: &str, last: usize) -> bool {
    !rest[..last].contains('?') && rest[..last].contains(':')
}

fn mask_query(tail: &str) -> String {
    let Some((path, query)) = tail.split_once('?') else { return tail.to_owned() };
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((key, _)) if is_secret_key(key) => format!("{key}=***"),
        _ => pair.to_owned(),
    });
    format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
}

fn is_secret_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["pass", "secret", "token", "key"].iter().any(|part| key.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_do_not_show() {
        for (text, shown) in [
            ("postgres://ada:pa55@db.example.org/andon", "postgres://ada:***@db.example.org/andon"),
            ("postgres://ada@db/andon?password=pa55&sslmode=require", "postgres://ada@db/andon?password=***&sslmode=require"),
            ("smtp://u:pa55@host:587?from=Andon <a@example.org>", "smtp://u:***@host:587?from=Andon <a@example.org>"),
            ("smtp://host:25?from=a@example.org", "smtp://host:25?from=a@example.org"),
            ("postgres://ada:pa/55@db/andon", "postgres://***@db/andon"),
            ("sqlite:andon.sqlite", "sqlite:andon.sqlite"),
            ("file:mails", "file:mails"),
        ] {
            assert_eq!(mask(text), shown);
            assert!(!mask(text).contains("55"), "{text}");
        }
    }
}
