//! The sorts of values that settings have: what is right, and how a value reads and shows.

use andon_pipelines::document::{parse_duration_ms, parse_size_bytes};

/// The sort of a setting's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A folder.
    Folder,
    /// Any text of one line.
    Text,
    /// A URL that may hold a password: masked wherever it is shown.
    SecretUrl,
    Address,
    /// On or off.
    Switch,
    /// A whole number, at least 1.
    Count,
    /// `90s`, `20m`.
    Duration,
    /// `512MiB`.
    Size,
    /// Words, with commas between them.
    Words,
    /// One of some words.
    Choice(&'static [&'static str]),
}

impl Kind {
    /// What stands for the value in the help.
    #[must_use]
    pub const fn placeholder(self) -> &'static str {
        match self {
            Self::Folder => "DIR",
            Self::Text => "TEXT",
            Self::SecretUrl => "URL",
            Self::Address => "ADDRESS",
            Self::Switch => "true|false",
            Self::Count => "NUMBER",
            Self::Duration => "DURATION",
            Self::Size => "SIZE",
            Self::Words => "A,B",
            Self::Choice(_) => "WORD",
        }
    }

    /// What would be right, for an error message.
    #[must_use]
    pub fn wanted(self) -> String {
        match self {
            Self::Folder => "it is a folder's path, as in /var/lib/andon".to_owned(),
            Self::Text => "it is one line of text".to_owned(),
            Self::SecretUrl => "it is a URL".to_owned(),
            Self::Address => "it is an address with a port, as in 127.0.0.1:8080 (port 0 picks a free one)".to_owned(),
            Self::Switch => "it is true or false".to_owned(),
            Self::Count => "it is a whole number from 1 to 1000".to_owned(),
            Self::Duration => "it is a duration, as in 500ms, 90s, 20m, 4h or 3d".to_owned(),
            Self::Size => "it is a size, as in 512KiB, 20MiB or 2GiB".to_owned(),
            Self::Words => "it is a list of words, as in linux,large".to_owned(),
            Self::Choice(words) => format!("it is one of {}", words.join(", ")),
        }
    }
}

pub(super) fn read_switch(text: &str) -> Option<bool> {
    match text {
        "true" | "yes" | "on" | "1" => Some(true),
        "false" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

pub(super) fn read_count(text: &str) -> Option<u32> {
    text.parse().ok().filter(|count| (1..=1000).contains(count))
}

/// At least a millisecond.
pub(super) fn read_duration(text: &str) -> Option<i64> {
    parse_duration_ms(text).filter(|ms| *ms > 0).and_then(|ms| i64::try_from(ms).ok())
}

/// At least a byte.
pub(super) fn read_size(text: &str) -> Option<i64> {
    parse_size_bytes(text).filter(|bytes| *bytes > 0).and_then(|bytes| i64::try_from(bytes).ok())
}

pub(super) fn read_words(text: &str) -> Option<Vec<String>> {
    let words: Vec<String> = text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let right = |word: &String| word.len() <= 64 && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    words.iter().all(right).then_some(words)
}

/// A duration in the form that [`read_duration`] reads.
pub(super) fn show_duration(mut ms: i64) -> String {
    let mut text = String::new();
    for (unit, length) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)] {
        if ms >= length {
            text.push_str(&format!("{}{unit}", ms / length));
            ms %= length;
        }
    }
    text
}

/// A size in the form that [`read_size`] reads.
pub(super) fn show_size(bytes: i64) -> String {
    let units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let unit = units.iter().find(|(_, shift)| bytes >= 1 << shift && bytes % (1 << shift) == 0);
    unit.map_or_else(|| format!("{bytes}B"), |(name, shift)| format!("{}{name}", bytes >> shift))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_shown_reads_back(ms in 1_i64..315_360_000_000, bytes in 1_i64..(1 << 50)) {
            prop_assert_eq!(read_duration(&show_duration(ms)), Some(ms));
            prop_assert_eq!(read_size(&show_size(bytes)), Some(bytes));
        }
    }

    #[test]
    fn sizes_and_durations_show_as_people_write_them() {
        assert_eq!(show_duration(5_400_000), "1h30m");
        assert_eq!(show_size(2 << 30), "2GiB");
        assert_eq!(show_size((2 << 30) + 1), "2147483649B");
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!((read_switch("maybe"), read_count("0"), read_duration("0s"), read_size("12")), (None, None, None, None));
        assert_eq!(read_words("linux, large,"), Some(vec!["linux".to_owned(), "large".to_owned()]));
        assert_eq!(read_words("a b"), None);
    }
}
