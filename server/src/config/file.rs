//! Reading `andon.toml`: keys, the text of their values, and their lines.

use super::fields::{FIELDS, Field};
use super::{ConfigError, Kind, Origin};
use andon_pipelines::document::suggest;
use std::collections::BTreeMap;
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// A larger file is not a file of settings.
const LARGEST_FILE_BYTES: u64 = 1 << 20;

/// A value's text and where it stands.
pub(super) type Found = (String, Origin);

/// Every setting of a file, by name.
pub(super) fn read_file(path: &Path) -> Result<BTreeMap<&'static str, Found>, ConfigError> {
    let unreadable = |message: String| ConfigError::Unreadable { file: path.to_owned(), message };
    let size = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?.len();
    if size > LARGEST_FILE_BYTES {
        return Err(unreadable(format!("it has {size} bytes, and settings have at most {LARGEST_FILE_BYTES}")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    read_text(&text, path)
}

pub(super) fn read_text(text: &str, path: &Path) -> Result<BTreeMap<&'static str, Found>, ConfigError> {
    let table = DeTable::parse(text)
        .map_err(|error| ConfigError::Syntax { file: path.to_owned(), message: error.to_string().trim_end().to_owned() })?;
    let mut found = BTreeMap::new();
    for (key, value) in table.get_ref() {
        let line = text[..key.span().start].matches('\n').count() + 1;
        let field = find_key(key.get_ref(), path, line)?;
        let origin = Origin::File { path: path.to_owned(), line };
        let text = to_text(value.get_ref(), field.kind).ok_or_else(|| ConfigError::WrongSort {
            file: path.to_owned(),
            line,
            key: key.get_ref().to_string(),
            wanted: field.kind.wanted(),
        })?;
        found.insert(field.name, (text, origin));
    }
    Ok(found)
}

fn find_key(key: &str, file: &Path, line: usize) -> Result<&'static Field, ConfigError> {
    FIELDS.iter().find(|field| field.key() == key).ok_or_else(|| {
        let keys: Vec<String> = FIELDS.iter().map(Field::key).collect();
        let suggestion = suggest(&key.replace('-', "_"), keys.iter().map(String::as_str));
        ConfigError::UnknownKey { file: file.to_owned(), line, key: key.chars().take(64).collect(), suggestion }
    })
}

/// A value as the text that a flag would have. Numbers, switches and lists may be written as TOML has them.
fn to_text(value: &DeValue<'_>, kind: Kind) -> Option<String> {
    match (value, kind) {
        (DeValue::String(text), _) => Some(text.to_string()),
        (DeValue::Boolean(on), Kind::Switch) => Some(on.to_string()),
        (DeValue::Integer(number), Kind::Count) if number.radix() == 10 => Some(number.as_str().to_owned()),
        (DeValue::Array(items), Kind::Words) => {
            let words: Option<Vec<&str>> = items.iter().map(|item| item.get_ref().as_str().filter(|word| !word.contains(','))).collect();
            words.map(|words| words.join(","))
        }
        _ => None,
    }
}
