//! How versions are called when there is room for a word or two.

use crate::store::line::versions::Version;
use std::collections::BTreeMap;

/// The value that tells a version of this kind from the others: the commit, the digest, the time, …
#[must_use]
pub fn main_value(map: &BTreeMap<String, String>) -> String {
    for key in ["commit", "digest", "number", "at", "n", "revision"] {
        if let Some(value) = map.get(key) {
            return value.clone();
        }
    }
    map.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
}

/// The main value, cut to what people recognise: `3f2a1c9`.
#[must_use]
pub fn short(map: &BTreeMap<String, String>) -> String {
    let value = main_value(map);
    let is_digest = value.len() >= 40 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_digest { value[..7].to_owned() } else { value.chars().take(60).collect() }
}

/// The first line of what the version's author said about it.
#[must_use]
pub fn subject(version: &Version) -> Option<String> {
    version.metadata.get("message").and_then(|message| message.lines().next()).map(str::to_owned)
}
