//! What is wrong with a setting, where it was set, and what would be right.

use super::Origin;
use std::path::PathBuf;

/// Why the settings cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A value that makes no sense. `value` is absent where it may hold a password.
    #[error("the setting {name} ({origin}) {}: {wanted}", shown(value.as_deref()))]
    Value { name: &'static str, origin: Origin, value: Option<String>, wanted: String },
    /// A key of the file that is no setting.
    #[error("{}, line {line}: there is no setting {key:?}{}", file.display(), hint(suggestion.as_deref()))]
    UnknownKey { file: PathBuf, line: usize, key: String, suggestion: Option<String> },
    /// The file has a value of the wrong sort: a table, a date.
    #[error("{}, line {line}: {key} has a value of the wrong sort: {wanted}", file.display())]
    WrongSort { file: PathBuf, line: usize, key: String, wanted: String },
    /// The file is no TOML.
    #[error("{} is not TOML: {message}", file.display())]
    Syntax { file: PathBuf, message: String },
    #[error("{} cannot be read: {message}; leave --config out, or name a file that can be", file.display())]
    Unreadable { file: PathBuf, message: String },
    /// Two settings that do not go together.
    #[error("{0}")]
    Conflict(String),
}

fn shown(value: Option<&str>) -> String {
    value.map_or_else(|| "cannot be used".to_owned(), |value| format!("is {value:?}"))
}

fn hint(suggestion: Option<&str>) -> String {
    suggestion.map(|suggestion| format!("; {suggestion}")).unwrap_or_default()
}
