//! Versions from outside: published by hand or API, uploaded, or by pressing a trigger.

use super::numbers;
use super::schedule::Attempt;
use crate::app::App;
use crate::http;
use crate::store::Tx;
use crate::store::line::resources::Resource;
use crate::store::line::versions::{self, NewVersion};
use andon_pipelines::document::{Param, ParamKind, ResourceKind};
use andon_pipelines::ids::{VersionId, WorkspaceId};
use andon_pipelines::wire::Blob;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// At most so many entries in a version's map, each key and value at most so many bytes.
const ENTRIES: usize = 64;
const ENTRY_BYTES: usize = 4_096;

/// What somebody publishes.
#[derive(Clone, Debug)]
pub struct Publication {
    pub map: BTreeMap<String, String>,
    /// The blob of an upload, already stored.
    pub archive: Option<Blob>,
}

/// Makes a version of a resource from outside. Answers it, and whether it is new.
///
/// # Errors
/// 400 when the resource takes no such version, and why.
pub async fn publish(
    app: &App,
    actor: &str,
    (workspace, resource): (WorkspaceId, &Resource),
    publication: Publication,
) -> http::Result<(VersionId, bool)> {
    let mut attempt = Attempt::begin(app, actor).await?;
    loop {
        let new = NewVersion {
            workspace,
            pipeline: resource.pipeline,
            resource: resource.id,
            map: map_of(attempt.tx(), resource, publication.map.clone(), publication.archive.as_ref()).await?,
            metadata: BTreeMap::new(),
            archive: publication.archive.clone(),
            origin: if matches!(resource.source, ResourceKind::Trigger { .. }) { "trigger" } else { "publish" },
            made_by: None,
        };
        let made = versions::create(attempt.tx(), new).await?;
        attempt = match attempt.end().await? {
            Some(next) => next,
            None => return Ok(made),
        };
    }
}

async fn map_of(
    tx: &mut Tx,
    resource: &Resource,
    given: BTreeMap<String, String>,
    archive: Option<&Blob>,
) -> http::Result<BTreeMap<String, String>> {
    check_size(&given)?;
    let kind = resource.source.name();
    match (&resource.source, archive) {
        (ResourceKind::File, Some(blob)) => {
            Ok(BTreeMap::from([("digest".to_owned(), blob.digest.clone()), ("size".to_owned(), blob.size.to_string())]))
        }
        (ResourceKind::File, None) => Err(http::Error::invalid(format!("{} is a file: upload its content (--file PATH).", resource.name))),
        (_, Some(_)) => Err(http::Error::invalid(format!("{} is of type {kind}, which takes key=value and no file.", resource.name))),
        (ResourceKind::Trigger { params }, None) => {
            let mut map = typed(params, given)?;
            let newest = versions::find_newest(&mut tx.connection(), resource.id).await?;
            let last: i64 = newest.and_then(|version| version.map.get("n").and_then(|n| n.parse().ok())).unwrap_or(0);
            map.insert("n".to_owned(), (last + 1).to_string());
            Ok(map)
        }
        (ResourceKind::Semver { initial }, None) => {
            let wrong = |error| http::Error::invalid(format!("{}: {error}.", resource.name));
            let request = numbers::read_given(&given).map_err(wrong)?;
            let number = numbers::make_number(tx, (resource.id, initial), &request, None).await?.map_err(wrong)?;
            Ok(numbers::map_of(&number))
        }
        (ResourceKind::State, None) => set_state(tx, resource, given).await,
        (ResourceKind::Git(_), None) => match given.get("commit") {
            Some(commit) if is_commit(commit) => Ok(given),
            _ => Err(http::Error::invalid(format!("A version of {} needs commit=<40 hexadecimal digits>.", resource.name))),
        },
        (ResourceKind::Params { .. } | ResourceKind::Cron(_), None) if !given.is_empty() => Ok(given),
        (ResourceKind::Environment, None) => {
            Err(http::Error::invalid(format!("{} is an environment: only a job that succeeds writes it.", resource.name)))
        }
        _ => Err(http::Error::invalid(format!("A version of {} needs at least one key=value.", resource.name))),
    }
}

/// Compare-and-set: whoever names the revision that they saw is refused when it is not the newest any more.
async fn set_state(tx: &mut Tx, resource: &Resource, mut given: BTreeMap<String, String>) -> http::Result<BTreeMap<String, String>> {
    let newest = versions::find_newest(&mut tx.connection(), resource.id).await?;
    let mut map = newest.map(|version| version.map).unwrap_or_default();
    let current = map.get("revision").cloned().unwrap_or_else(|| "0".to_owned());
    if given.remove("revision").is_some_and(|seen| seen != current) {
        return Err(http::Error::conflict(format!("{} is at revision {current} by now; look at it again.", resource.name)));
    }
    map.extend(given);
    map.insert("revision".to_owned(), (current.parse::<i64>().unwrap_or(0) + 1).to_string());
    Ok(map)
}

pub(super) fn check_size(given: &BTreeMap<String, String>) -> http::Result<()> {
    if given.len() > ENTRIES {
        return Err(http::Error::invalid(format!("A version has at most {ENTRIES} entries; this one has {}.", given.len())));
    }
    for (key, value) in given {
        let name_is_plain = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
        if !name_is_plain || key.len() > 100 {
            return Err(http::Error::invalid(format!("The key {key:?} is not made of letters, digits, `_`, `.` and `-`.")));
        }
        if value.len() > ENTRY_BYTES {
            return Err(http::Error::invalid(format!("The value of {key} is longer than {ENTRY_BYTES} bytes.")));
        }
    }
    Ok(())
}

pub(super) fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase())
}

/// Values that come as text, checked and completed by the typed parameters.
fn typed(params: &BTreeMap<String, Param>, given: BTreeMap<String, String>) -> http::Result<BTreeMap<String, String>> {
    let given = given.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
    let checked = check_params(params, given)?;
    Ok(checked.into_iter().map(|(name, value)| (name, value.as_str().map_or_else(|| value.to_string(), str::to_owned))).collect())
}

/// Checks parameters against their types, turns text into the type, and fills in defaults.
///
/// # Errors
/// 400 naming the parameter and what would be right.
pub(super) fn check_params(params: &BTreeMap<String, Param>, mut given: Map<String, Value>) -> http::Result<Map<String, Value>> {
    let mut checked = Map::new();
    for (name, param) in params {
        let value = match given.remove(name).or_else(|| param.default.clone()) {
            Some(value) => convert(name, param, value)?,
            None => return Err(http::Error::invalid(format!("The parameter {name} is required."))),
        };
        checked.insert(name.clone(), value);
    }
    match given.keys().next() {
        None => Ok(checked),
        Some(unknown) if params.is_empty() => Err(http::Error::invalid(format!("There is no parameter {unknown}: there are none at all."))),
        Some(unknown) => {
            let known: Vec<_> = params.keys().map(String::as_str).collect();
            Err(http::Error::invalid(format!("There is no parameter {unknown}; there are {}.", known.join(", "))))
        }
    }
}

fn convert(name: &str, param: &Param, value: Value) -> http::Result<Value> {
    let wrong = |wanted: &str| http::Error::invalid(format!("The parameter {name} has to be {wanted}, not {value}."));
    let parsed = value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let converted = match param.kind {
        ParamKind::String => match &value {
            Value::String(text) if text.len() <= ENTRY_BYTES => value.clone(),
            Value::String(_) => return Err(http::Error::invalid(format!("The parameter {name} is longer than {ENTRY_BYTES} bytes."))),
            Value::Bool(_) | Value::Number(_) => Value::String(value.to_string()),
            _ => return Err(wrong("text")),
        },
        ParamKind::Boolean => {
            [Some(value.clone()), parsed].into_iter().flatten().find(Value::is_boolean).ok_or_else(|| wrong("true or false"))?
        }
        ParamKind::Integer => {
            [Some(value.clone()), parsed].into_iter().flatten().find(Value::is_i64).ok_or_else(|| wrong("a whole number"))?
        }
        ParamKind::Number => [Some(value.clone()), parsed].into_iter().flatten().find(Value::is_number).ok_or_else(|| wrong("a number"))?,
    };
    let text = converted.as_str().map_or_else(|| converted.to_string(), str::to_owned);
    if param.options.is_empty() || param.options.contains(&text) {
        Ok(converted)
    } else {
        Err(http::Error::invalid(format!("The parameter {name} has to be one of {}, not {text}.", param.options.join(", "))))
    }
}
