//! Numbers of `semver` resources: what is one, and which one comes next.

use semver::{BuildMetadata, Prerelease, Version};
use serde::{Deserialize, Serialize};

/// The longest number, in bytes.
const LONGEST: usize = 200;
/// The identifier of a prerelease where nobody names one: `1.3.0-rc.1`.
pub const PRERELEASE: &str = "rc";
/// So many numbers in a row may be taken already.
const MOST_TAKEN: usize = 10_000;

/// Which part of a number grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    Major,
    Minor,
    Patch,
    /// The number behind the prerelease's identifier; from a release, the first prerelease of the next patch.
    Pre,
}

impl Part {
    /// The words of `bump`.
    pub const WORDS: [&str; 4] = ["major", "minor", "patch", "pre"];

    /// The part that a word of `bump` names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let parts = [Self::Major, Self::Minor, Self::Patch, Self::Pre];
        Self::WORDS.iter().position(|known| *known == word).map(|index| parts[index])
    }
}

/// How the next number is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bump {
    pub part: Part,
    /// The prerelease's identifier (`rc`). With `major`, `minor` or `patch` it makes the first prerelease of that number.
    pub pre: Option<String>,
}

/// What a version of a `semver` resource is asked to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    Number(String),
    Bump(Bump),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    #[error("\"{0}\" is not a semantic version such as 1.4.0 or 2.0.0-rc.1 ({1})")]
    Malformed(String, String),
    #[error("\"{0}\" is no part of a number; `bump` is major, minor, patch or pre")]
    UnknownPart(String),
    #[error("\"{0}\" is no prerelease identifier: letters, digits and -, not digits alone")]
    BadIdentifier(String),
    #[error("a version of a semver resource is `number=1.2.3`, or `bump=minor` with an optional `pre=rc`; \"{0}\" is none of these keys")]
    UnknownKey(String),
    #[error("`number` and `bump` exclude each other")]
    Both,
    #[error("neither `number` nor `bump` is given")]
    Neither,
    #[error("{0} cannot grow any more")]
    Overflow(String),
    #[error("the next {MOST_TAKEN} numbers behind {0} are taken")]
    Taken(String),
}

/// A number exactly as semver.org writes it.
///
/// # Errors
/// [`NumberError::Malformed`] with what is wrong.
pub fn parse(text: &str) -> Result<Version, NumberError> {
    if text.len() > LONGEST {
        let shown: String = text.chars().take(40).collect();
        return Err(NumberError::Malformed(format!("{shown}…"), format!("it is longer than {LONGEST} bytes")));
    }
    Version::parse(text).map_err(|error| NumberError::Malformed(text.to_owned(), error.to_string()))
}

/// Checks a prerelease's identifier.
///
/// # Errors
/// [`NumberError::BadIdentifier`].
pub fn check_identifier(text: &str) -> Result<(), NumberError> {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if plain && !digits && text.len() <= 50 { Ok(()) } else { Err(NumberError::BadIdentifier(text.chars().take(60).collect())) }
}

/// What the `key=value` lines of a job or a person ask for.
///
/// # Errors
/// Which key or value is wrong, and what would be right.
pub fn read_request<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Request, NumberError> {
    let (mut number, mut part, mut pre) = (None, None, None);
    for (key, value) in entries {
        match key {
            "number" => number = Some(parse(value)?.to_string()),
            "bump" => part = Some(Part::parse(value).ok_or_else(|| NumberError::UnknownPart(value.chars().take(60).collect()))?),
            "pre" => {
                check_identifier(value)?;
                pre = Some(value.to_owned());
            }
            _ => return Err(NumberError::UnknownKey(key.to_owned())),
        }
    }
    match (number, part) {
        (Some(_), Some(_)) => Err(NumberError::Both),
        (Some(_), None) if pre.is_some() => Err(NumberError::UnknownKey("pre".to_owned())),
        (Some(number), None) => Ok(Request::Number(number)),
        (None, Some(part)) => Ok(Request::Bump(Bump { part, pre })),
        (None, None) => Err(NumberError::Neither),
    }
}

/// The number that a bump makes of `base`. From a prerelease, `patch`, `minor` and `major` go to the release that it leads to.
///
/// # Errors
/// [`NumberError::Malformed`] where `base` is no number, [`NumberError::Overflow`] at the end of 64 bits.
pub fn bump(base: &str, how: &Bump) -> Result<String, NumberError> {
    let mut next = parse(base)?;
    let was = std::mem::take(&mut next.pre);
    next.build = BuildMetadata::EMPTY;
    let overflow = || NumberError::Overflow(base.to_owned());
    let up = |number: u64| number.checked_add(1).ok_or_else(overflow);
    // A prerelease leads to a release already: 1.3.0-rc.2 to 1.3.0, which is a patch and a minor, but no major.
    let open = !was.is_empty() && how.pre.is_none();
    match how.part {
        Part::Major if open && next.minor == 0 && next.patch == 0 => {}
        Part::Major => next = Version::new(up(next.major)?, 0, 0),
        Part::Minor if open && next.patch == 0 => {}
        Part::Minor => next = Version::new(next.major, up(next.minor)?, 0),
        Part::Patch if open => {}
        Part::Patch => next.patch = up(next.patch)?,
        Part::Pre => return bump_prerelease(next, &was, how.pre.as_deref()).ok_or_else(overflow),
    }
    if let Some(identifier) = &how.pre {
        next.pre = prerelease(identifier, 1).ok_or_else(|| NumberError::BadIdentifier(identifier.clone()))?;
    }
    Ok(next.to_string())
}

fn bump_prerelease(mut next: Version, was: &Prerelease, wanted: Option<&str>) -> Option<String> {
    let (own, count) = match was.as_str().rsplit_once('.') {
        Some((own, count)) if count.bytes().all(|byte| byte.is_ascii_digit()) => (own, count.parse::<u64>().ok()?),
        _ => (was.as_str(), 0),
    };
    let identifier = wanted.unwrap_or(if own.is_empty() { PRERELEASE } else { own });
    if was.is_empty() {
        next.patch = next.patch.checked_add(1)?;
    }
    let count = if identifier == own { count.checked_add(1)? } else { 1 };
    next.pre = prerelease(identifier, count)?;
    Some(next.to_string())
}

fn prerelease(identifier: &str, count: u64) -> Option<Prerelease> {
    Prerelease::new(&format!("{identifier}.{count}")).ok()
}

/// The first number behind `base` that is not `taken`. Two that bump the same base at once so get two numbers.
///
/// # Errors
/// As [`bump`], and [`NumberError::Taken`] after ten thousand.
pub fn find_free(base: &str, how: &Bump, taken: impl Fn(&str) -> bool) -> Result<String, NumberError> {
    let mut number = bump(base, how)?;
    // After the first step a named prerelease only counts on: 1.3.0-rc.1, 1.3.0-rc.2.
    let further = if how.pre.is_some() { Bump { part: Part::Pre, pre: how.pre.clone() } } else { how.clone() };
    for _ in 0..MOST_TAKEN {
        if !taken(&number) {
            return Ok(number);
        }
        number = bump(&number, &further)?;
    }
    Err(NumberError::Taken(base.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bumped(base: &str, part: Part, pre: Option<&str>) -> String {
        bump(base, &Bump { part, pre: pre.map(str::to_owned) }).unwrap()
    }

    #[test]
    fn each_part_grows_and_clears_what_is_below_it() {
        for (base, part, pre, next) in [
            ("1.2.3", Part::Major, None, "2.0.0"),
            ("1.2.3", Part::Minor, None, "1.3.0"),
            ("1.2.3+linux", Part::Patch, None, "1.2.4"),
            ("1.2.3", Part::Pre, None, "1.2.4-rc.1"),
            ("1.2.4-rc.9", Part::Pre, None, "1.2.4-rc.10"),
            ("1.2.4-alpha", Part::Pre, None, "1.2.4-alpha.1"),
            ("1.2.4-alpha.3", Part::Pre, Some("rc"), "1.2.4-rc.1"),
            ("1.2.4-rc.9", Part::Patch, None, "1.2.4"),
            ("1.3.0-rc.1", Part::Minor, None, "1.3.0"),
            ("1.3.1-rc.1", Part::Minor, None, "1.4.0"),
            ("2.0.0-rc.1", Part::Major, None, "2.0.0"),
            ("2.1.0-rc.1", Part::Major, None, "3.0.0"),
            ("1.2.3", Part::Minor, Some("beta"), "1.3.0-beta.1"),
        ] {
            assert_eq!(bumped(base, part, pre), next, "{base} {part:?} {pre:?}");
        }
        let end = format!("1.2.{}", u64::MAX);
        assert_eq!(bump(&end, &Bump { part: Part::Patch, pre: None }), Err(NumberError::Overflow(end.clone())));
    }

    #[test]
    fn a_taken_number_is_passed_over() {
        let taken = |number: &str| ["1.2.4", "1.2.5", "1.3.0-rc.1"].contains(&number);
        assert_eq!(find_free("1.2.3", &Bump { part: Part::Patch, pre: None }, taken).unwrap(), "1.2.6");
        assert_eq!(find_free("1.2.3", &Bump { part: Part::Minor, pre: Some("rc".to_owned()) }, taken).unwrap(), "1.3.0-rc.2");
        assert_eq!(find_free("1.2.3", &Bump { part: Part::Patch, pre: None }, |_| true), Err(NumberError::Taken("1.2.3".to_owned())));
    }

    #[test]
    fn only_strict_numbers_and_known_keys_are_taken() {
        for wrong in ["", "1", "1.2", "v1.2.3", "01.2.3", "1.2.3-", "1.2.3 ", "1.2.3-01", &format!("1.2.3-{}", "a".repeat(300))] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        let ask = |entries: &[(&'static str, &'static str)]| read_request(entries.iter().copied());
        assert_eq!(ask(&[("number", "1.2.3-rc.1+x")]), Ok(Request::Number("1.2.3-rc.1+x".to_owned())));
        assert_eq!(ask(&[("bump", "pre"), ("pre", "beta")]), Ok(Request::Bump(Bump { part: Part::Pre, pre: Some("beta".to_owned()) })));
        assert_eq!(ask(&[]), Err(NumberError::Neither));
        assert_eq!(ask(&[("bump", "patch"), ("number", "1.0.0")]), Err(NumberError::Both));
        assert_eq!(ask(&[("number", "1.0.0"), ("pre", "rc")]), Err(NumberError::UnknownKey("pre".to_owned())));
        assert_eq!(ask(&[("version", "1.0.0")]), Err(NumberError::UnknownKey("version".to_owned())));
        assert_eq!(ask(&[("bump", "huge")]), Err(NumberError::UnknownPart("huge".to_owned())));
        assert_eq!(ask(&[("bump", "pre"), ("pre", "7")]), Err(NumberError::BadIdentifier("7".to_owned())));
        assert_eq!(ask(&[("bump", "pre"), ("pre", "")]), Err(NumberError::BadIdentifier(String::new())));
    }
}
