//! What setting a file would change.

use super::model::{Document, Job};
use super::resource::{Resource, ResourceKind};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What setting a new text of a pipeline would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Plan {
    pub pipeline: String,
    /// The pipeline is not there yet.
    pub new: bool,
    /// Changed keys of the pipeline itself: `description`, `project`, `params`.
    pub settings: Vec<String>,
    /// In the order of the new file, removed ones last.
    pub resources: Vec<ResourceChange>,
    /// In the order of the new file, removed ones last.
    pub jobs: Vec<JobChange>,
    /// The notification rules differ.
    pub notify: bool,
    /// What else people should know before they go on: a consumer in another pipeline that loses something, a `was` without effect.
    #[serde(default)]
    pub warnings: Vec<String>,
}

impl Plan {
    /// Whether setting the file would change nothing that the line does.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.new && self.settings.is_empty() && self.resources.is_empty() && self.jobs.is_empty() && !self.notify
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    Added,
    Changed,
    Removed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ResourceChange {
    pub name: String,
    /// Its name until now, where that changes. Only with `changed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// `git`, `cron`, …: of the new file, or of the old one where the resource goes.
    pub kind: String,
    pub change: Change,
    /// Changed keys; empty unless changed.
    pub parts: Vec<String>,
    /// The resource is found in another way now, so its versions begin anew. Only with `changed`.
    pub new_history: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobChange {
    pub name: String,
    /// Its name until now, where that changes. Only with `changed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    pub change: Change,
    /// Changed keys; empty unless changed. `kind` where a program became a gate or the other way round.
    pub parts: Vec<String>,
}

/// Compares what runs now (`None` for a new pipeline) with what would.
#[must_use]
pub fn plan(old: Option<&Document>, new: &Document) -> Plan {
    let settings = old.map(|old| changed_settings(old, new)).unwrap_or_default();
    let (old_resources, old_jobs) = old.map_or((&[][..], &[][..]), |old| (&old.resources[..], &old.jobs[..]));
    let mut resources: Vec<ResourceChange> = new.resources.iter().filter_map(|now| plan_resource(old_resources, now)).collect();
    for gone in removed_resources(old_resources, new) {
        resources.push(resource_change(gone, Change::Removed, Vec::new(), false));
    }
    let mut jobs: Vec<JobChange> = new.jobs.iter().filter_map(|now| plan_job(old_jobs, now)).collect();
    for gone in removed_jobs(old_jobs, new) {
        jobs.push(JobChange { name: gone.name.clone(), was: None, change: Change::Removed, parts: Vec::new() });
    }
    let notify = old.map_or(!new.notify.is_empty(), |old| old.notify != new.notify);
    Plan { pipeline: new.pipeline.clone(), new: old.is_none(), settings, resources, jobs, notify, warnings: Vec::new() }
}

fn changed_settings(old: &Document, new: &Document) -> Vec<String> {
    let differs = [
        ("description", old.description != new.description),
        ("project", old.project != new.project),
        ("params", old.params != new.params),
        ("closing_reasons", old.closing_reasons != new.closing_reasons),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| key.to_owned()).collect()
}

fn resource_change(resource: &Resource, change: Change, parts: Vec<String>, new_history: bool) -> ResourceChange {
    ResourceChange { name: resource.name.clone(), was: None, kind: resource.kind.name().to_owned(), change, parts, new_history }
}

/// What the new file continues under a name: what has the name already, else what has the name that it had before.
fn former<'a, T>(old: &'a [T], (name, was): (&str, Option<&str>), name_of: impl Fn(&T) -> &str) -> Option<&'a T> {
    let named = |name: &str| old.iter().find(|part| name_of(part) == name);
    named(name).or_else(|| named(was?))
}

fn former_resource<'a>(old: &'a [Resource], now: &Resource) -> Option<&'a Resource> {
    former(old, (&now.name, now.was.as_deref()), |resource| &resource.name)
}

fn former_job<'a>(old: &'a [Job], now: &Job) -> Option<&'a Job> {
    former(old, (&now.name, now.was.as_deref()), |job| &job.name)
}

/// The resources that the new file neither has nor renames.
pub fn removed_resources<'a>(old: &'a [Resource], new: &Document) -> Vec<&'a Resource> {
    let kept: BTreeSet<&str> = new.resources.iter().filter_map(|now| former_resource(old, now)).map(|was| was.name.as_str()).collect();
    old.iter().filter(|was| !kept.contains(was.name.as_str())).collect()
}

/// The jobs that the new file neither has nor renames.
pub fn removed_jobs<'a>(old: &'a [Job], new: &Document) -> Vec<&'a Job> {
    let kept: BTreeSet<&str> = new.jobs.iter().filter_map(|now| former_job(old, now)).map(|was| was.name.as_str()).collect();
    old.iter().filter(|was| !kept.contains(was.name.as_str())).collect()
}

fn plan_resource(old: &[Resource], now: &Resource) -> Option<ResourceChange> {
    let Some(was) = former_resource(old, now) else {
        return Some(resource_change(now, Change::Added, Vec::new(), false));
    };
    let parts = differing_keys(&fields_of_resource(was), &fields_of_resource(now));
    let name = (was.name != now.name).then(|| was.name.clone());
    let change =
        |parts| ResourceChange { was: name.clone(), ..resource_change(now, Change::Changed, parts, !same_source(&was.kind, &now.kind)) };
    (name.is_some() || !parts.is_empty()).then(|| change(parts))
}

/// Whether two resources find the same versions: then a changed file keeps the history.
pub fn same_source(was: &ResourceKind, now: &ResourceKind) -> bool {
    match (was, now) {
        (ResourceKind::Git(was), ResourceKind::Git(now)) => was.origin == now.origin && was.follow == now.follow && was.paths == now.paths,
        (ResourceKind::Cron(was), ResourceKind::Cron(now)) => was.schedule == now.schedule && was.timezone == now.timezone,
        // Values and buttons make versions of one history, whatever they hold.
        (was, now) => was.name() == now.name(),
    }
}

fn plan_job(old: &[Job], now: &Job) -> Option<JobChange> {
    let Some(was) = former_job(old, now) else {
        return Some(JobChange { name: now.name.clone(), was: None, change: Change::Added, parts: Vec::new() });
    };
    let parts = if std::mem::discriminant(&was.body) == std::mem::discriminant(&now.body) {
        differing_keys(&fields_of_job(was), &fields_of_job(now))
    } else {
        vec!["kind".to_owned()]
    };
    let name = (was.name != now.name).then(|| was.name.clone());
    (name.is_some() || !parts.is_empty()).then(|| JobChange { name: now.name.clone(), was: name, change: Change::Changed, parts })
}

/// The keys of a resource in one flat map.
fn fields_of_resource(resource: &Resource) -> Map<String, Value> {
    let mut fields = object_of(&resource.kind);
    // A branch that becomes a tag, or a URL a repository, is said in the file's words.
    for key in ["origin", "follow"] {
        if let Some(Value::Object(inner)) = fields.remove(key) {
            fields.extend(inner);
        }
    }
    fields.insert("description".to_owned(), serde_json::json!(resource.description));
    fields.insert("approval".to_owned(), serde_json::json!(resource.approval));
    fields
}

/// The keys of a job and of its body in one flat map.
fn fields_of_job(job: &Job) -> Map<String, Value> {
    let mut fields = object_of(job);
    // A new name is told as such.
    fields.retain(|key, _| key != "name" && key != "was");
    if let Some(Value::Object(body)) = fields.remove("body") {
        for (kind, inner) in body {
            match inner {
                Value::Object(inner) => fields.extend(inner),
                other => {
                    fields.insert(kind, other);
                }
            }
        }
    }
    fields
}

fn object_of(value: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

fn differing_keys(was: &Map<String, Value>, now: &Map<String, Value>) -> Vec<String> {
    let keys: BTreeSet<&String> = was.keys().chain(now.keys()).collect();
    keys.into_iter().filter(|key| was.get(*key) != now.get(*key)).cloned().collect()
}
