//! Putting flags, environment, file and defaults together.

use super::fields::FIELDS;
use super::file::{Found, read_file};
use super::{ConfigError, Field, Kind, Origin, Settings, mask};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The settings, and where each value came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub settings: Settings,
    /// By the name of the field.
    pub origins: BTreeMap<&'static str, Origin>,
}

impl Loaded {
    /// Every setting in a line of its own, as `andon.toml` has them, with its origin behind it. Passwords do not show.
    #[must_use]
    pub fn describe(&self) -> String {
        let lines: Vec<(String, String)> = FIELDS.iter().map(|field| (self.line(field), self.origin(field))).collect();
        let width = lines.iter().map(|(line, _)| line.chars().count()).max().unwrap_or_default();
        lines.iter().map(|(line, origin)| format!("{line:width$}  # {origin}\n")).collect()
    }

    fn line(&self, field: &Field) -> String {
        let value = (field.show)(&self.settings);
        let value = if field.kind == Kind::SecretUrl { mask(&value) } else { value };
        match field.kind {
            Kind::Switch | Kind::Count => format!("{} = {value}", field.key()),
            _ => format!("{} = {}", field.key(), toml::Value::String(value)),
        }
    }

    fn origin(&self, field: &Field) -> String {
        self.origins.get(field.name).unwrap_or(&Origin::Default).to_string()
    }
}

/// Fills the settings. `flags` holds the flags that were given, by field name, `environment` answers for variables, and `file` is read where
/// it is given.
///
/// # Errors
/// [`ConfigError`] names the setting, where it came from, and what would be right.
pub fn load(
    flags: &BTreeMap<String, String>,
    environment: &impl Fn(&str) -> Option<String>,
    file: Option<&Path>,
) -> Result<Loaded, ConfigError> {
    let mut found = file.map(read_file).transpose()?.unwrap_or_default();
    for field in FIELDS {
        // An empty variable is one that somebody wanted to be away.
        if let Some(text) = environment(&field.variable()).filter(|text| !text.is_empty()) {
            found.insert(field.name, (text, Origin::Environment(field.variable())));
        }
        if let Some(text) = flags.get(field.name) {
            found.insert(field.name, (text.clone(), Origin::Flag(format!("--{}", field.name))));
        }
    }
    let mut settings = Settings::with_data(default_data(environment));
    if let (Some(field), Some(found)) = (FIELDS.first(), found.get("data")) {
        set(&mut settings, field, found)?;
        settings = Settings::with_data(settings.data);
    }
    for field in &FIELDS[1..] {
        if let Some(found) = found.get(field.name) {
            set(&mut settings, field, found)?;
        }
    }
    check_together(&settings)?;
    Ok(Loaded { settings, origins: found.into_iter().map(|(name, (_, origin))| (name, origin)).collect() })
}

fn set(settings: &mut Settings, field: &Field, (text, origin): &Found) -> Result<(), ConfigError> {
    (field.set)(settings, text).map_err(|wanted| ConfigError::Value {
        name: field.name,
        origin: origin.clone(),
        value: (field.kind != Kind::SecretUrl).then(|| text.chars().take(100).collect()),
        wanted,
    })
}

fn check_together(settings: &Settings) -> Result<(), ConfigError> {
    if settings.heartbeat_ms >= settings.lease_ms {
        return Err(ConfigError::Conflict(
            "a runner must report more often than it takes to count as lost: set heartbeat to less than lease, a third of it for example"
                .to_owned(),
        ));
    }
    Ok(())
}

/// The user's folder for data; where there is no home, a folder beside the program's working directory.
fn default_data(environment: &impl Fn(&str) -> Option<String>) -> PathBuf {
    let folder = |variable: &str| environment(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    folder("XDG_DATA_HOME")
        .or_else(|| folder("HOME").map(|home| home.join(".local/share")))
        .map(|base| base.join("andon"))
        .or_else(|| std::path::absolute("andon-data").ok())
        .unwrap_or_else(|| PathBuf::from("andon-data"))
}

#[cfg(test)]
mod tests;
