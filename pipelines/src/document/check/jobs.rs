//! Jobs: their kind, inputs, outputs and references.

use super::approval::check_approval;
use super::checklist::check_checklist;
use super::handles::check_handles;
use super::names::Names;
use super::steps::check_steps_body;
use crate::document::file::{JobFile, OutputRecord, PipelineFile};
use crate::document::file_parts::{AfterItem, ConcurrencyItem, InputItem, NameOr, OutputItem};
use crate::document::file_resource::ResourceItem;
use crate::document::findings::Findings;
use crate::document::foreign::short_name;
use crate::document::position::Span;
use crate::document::shape::{At, List, Record};
use crate::document::words::Reference;
use std::collections::{BTreeMap, BTreeSet};

/// Keys that only a program has.
const PROGRAM_KEYS: [&str; 10] =
    ["on_success", "on_failure", "on_stop", "always", "matrix", "timeout", "env", "secrets", "runner", "idempotent"];
/// Most inputs, outputs or followed jobs of one job.
const MOST: usize = 100;

pub(super) fn check_jobs(file: &PipelineFile, names: &Names<'_>, findings: &mut Findings<'_>) {
    for (name, job) in file.jobs.iter().flat_map(|map| &map.value.entries) {
        let Some(job) = job else { continue };
        check_kind((&name.value.0, name.span), &job.value, findings);
        check_inputs(&job.value, names, findings);
        check_after(&job.value, names, findings);
        check_outputs(&job.value, names, findings);
        check_steps_body(&job.value, findings);
        check_handles(&job.value, findings);
        check_checklist(&job.value, names, findings);
        if let Some(approval) = &job.value.approval {
            check_approval(&approval.value, names, findings);
        }
    }
    check_groups(file, findings);
}

/// Jobs of one group share its slots, so they must agree on how many there are.
fn check_groups(file: &PipelineFile, findings: &mut Findings<'_>) {
    let mut groups: BTreeMap<&str, (u32, Span)> = BTreeMap::new();
    let jobs = file.jobs.iter().flat_map(|map| &map.value.entries).filter_map(|(_, job)| job.as_ref());
    for item in jobs.filter_map(|job| job.value.concurrency.as_ref()) {
        let ConcurrencyItem::Record(record) = &item.value else { continue };
        let (Some(group), Some(limit)) = (&record.group, &record.limit) else { continue };
        let (first, place) = *groups.entry(&group.value.0).or_insert((limit.value.0, limit.span));
        if first != limit.value.0 {
            let line = findings.source().line_of(place.start);
            let message = format!("the group \"{}\" has the limit {first} in line {line}, but {} here", group.value.0, limit.value.0);
            findings.error_with("conflicting-limits", limit.span, message, Some("give every job of a group the same limit".to_owned()));
        }
    }
}

/// A job does one kind of thing.
pub(super) fn check_kind((name, span): (&str, Span), job: &JobFile, findings: &mut Findings<'_>) {
    if let Some(with) = job.with.as_ref().filter(|_| job.uses.is_none()) {
        findings.error("conflicting-keys", with.span, "`with` gives values to a module, and this job has no `uses`");
    }
    let kinds: Vec<&str> = ["steps", "approval", "tasks"].into_iter().filter(|key| job.has(key)).collect();
    match kinds.as_slice() {
        // A `uses` that is still there has been reported already.
        [] if job.has("uses") => {}
        [] => {
            let help = "give it `steps` to run a program, `approval` or `tasks` to ask people, or `uses` for a module".to_owned();
            let message = format!("job \"{name}\" does nothing: it has neither `steps` nor `approval` nor `tasks`");
            findings.error_with("missing-key", span, message, Some(help));
        }
        ["steps"] => {
            if let Some(steps) = job.steps.as_ref().filter(|steps| steps.value.is_empty()) {
                findings.error("empty", steps.span, "`steps` is empty; a job runs at least one step");
            }
        }
        ["approval"] => check_no_program((name, span), ("a gate", &PROGRAM_KEYS), job, findings),
        // Its `timeout` says how long people have.
        ["tasks"] => {
            let keys: Vec<&str> = PROGRAM_KEYS.into_iter().filter(|key| *key != "timeout").collect();
            check_no_program((name, span), ("a checklist", &keys), job, findings);
        }
        [first, .., last] => {
            let help = "a gate decides, a checklist is done and a program runs; make a job of each, one `after` the other".to_owned();
            let message = format!("job \"{name}\" has both `{first}` and `{last}`");
            findings.error_with("conflicting-keys", span, message, Some(help));
        }
        [_] => {}
    }
}

/// What people do has nothing that only a program has.
fn check_no_program((name, span): (&str, Span), (what, keys): (&str, &[&str]), job: &JobFile, findings: &mut Findings<'_>) {
    for key in keys.iter().copied().filter(|key| job.has(key)) {
        let message = format!("job \"{name}\" is {what}; `{key}` belongs to a job with `steps`");
        let help = (key == "timeout").then(|| "a gate's `timeout` stands under `approval`".to_owned());
        findings.error_with("conflicting-keys", span, message, help);
    }
    if job.outputs.as_ref().is_some_and(|outputs| !outputs.value.0.is_empty()) {
        let message = format!("job \"{name}\" is {what} and makes no versions, so it has no `outputs`");
        findings.error("conflicting-keys", span, message);
    }
}

fn check_length<T>(key: &str, list: &Option<At<List<T>>>, findings: &mut Findings<'_>) {
    if let Some(list) = list.as_ref().filter(|list| list.value.0.len() > MOST) {
        let message = format!("`{key}` has {} items; the limit is {MOST}", list.value.0.len());
        findings.error("too-large", list.span, message);
    }
}

fn check_inputs(job: &JobFile, names: &Names<'_>, findings: &mut Findings<'_>) {
    check_length("inputs", &job.inputs, findings);
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    let mut paths: BTreeSet<&str> = BTreeSet::new();
    for item in job.inputs.iter().flat_map(|list| &list.value.0) {
        let Some((name, span)) = input_name(item) else { continue };
        if !taken.insert(name) {
            let help = format!("give one of them another `name`: `{{ resource: …, name: {name}-2 }}`");
            findings.error_with("duplicate-input", span, format!("two inputs are called \"{name}\""), Some(help));
        } else if !paths.insert(input_path(item).unwrap_or(name)) {
            findings.error("duplicate-path", span, "two inputs are fetched to the same path");
        }
        let Some((resource, span)) = input_resource(item) else { continue };
        let known = names.check_resource(resource, span, findings);
        if let (true, NameOr::Record(record)) = (known, &item.value) {
            for job in record.passed.iter().flat_map(|passed| passed.value.jobs()) {
                names.check_job(&job.value.0, job.span, findings);
            }
            if let Some(passed) = record.passed.as_ref().filter(|passed| !passed.value.jobs().is_empty())
                && names.kind_of(resource) == Some("state")
            {
                let message = format!("\"{resource}\" is a state resource, which no run vouches for; `passed` means nothing here");
                findings.error("conflicting-keys", passed.span, message);
            }
            if let Some(trigger) = record.trigger.as_ref().filter(|trigger| trigger.value)
                && names.kind_of(resource) == Some("state")
            {
                findings.error("conflicting-keys", trigger.span, format!("\"{resource}\" is a state resource, which starts no job"));
            }
        }
    }
}

/// What the job calls an input.
pub(super) fn input_name(item: &At<InputItem>) -> Option<(&str, Span)> {
    match &item.value {
        NameOr::Name(reference) => Some((short_name(&reference.0), item.span)),
        NameOr::Record(record) => {
            let own = record.name.as_ref().map(|name| (name.value.0.as_str(), name.span));
            own.or_else(|| record.resource.as_ref().map(|resource| (short_name(&resource.value.0), resource.span)))
        }
    }
}

/// The resource that an input takes.
fn input_resource(item: &At<InputItem>) -> Option<(&str, Span)> {
    match &item.value {
        NameOr::Name(reference) => Some((reference.0.as_str(), item.span)),
        NameOr::Record(record) => record.resource.as_ref().map(|resource| (resource.value.0.as_str(), resource.span)),
    }
}

fn input_path(item: &At<InputItem>) -> Option<&str> {
    match &item.value {
        NameOr::Name(_) => None,
        NameOr::Record(record) => record.path.as_ref().map(|path| path.value.0.trim_end_matches('/')),
    }
}

/// The job that an `after` item names.
pub(super) fn after_job(item: &At<AfterItem>) -> Option<(&Reference, Span)> {
    match &item.value {
        NameOr::Name(reference) => Some((reference, item.span)),
        NameOr::Record(record) => record.job.as_ref().map(|job| (&job.value, job.span)),
    }
}

fn check_after(job: &JobFile, names: &Names<'_>, findings: &mut Findings<'_>) {
    check_length("after", &job.after, findings);
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    for item in job.after.iter().flat_map(|list| &list.value.0) {
        let Some((reference, span)) = after_job(item) else { continue };
        names.check_job(&reference.0, span, findings);
        if !taken.insert(&reference.0) {
            findings.error("duplicate-after", span, format!("`after` names \"{}\" twice", reference.0));
        }
    }
}

/// The resource that an output names.
pub(super) fn output_resource(item: &At<OutputItem>) -> Option<(&Reference, Span)> {
    match &item.value {
        NameOr::Name(reference) => Some((reference, item.span)),
        NameOr::Record(record) => record.resource.as_ref().map(|resource| (&resource.value, resource.span)),
    }
}

fn check_outputs(job: &JobFile, names: &Names<'_>, findings: &mut Findings<'_>) {
    check_length("outputs", &job.outputs, findings);
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    for item in job.outputs.iter().flat_map(|list| &list.value.0) {
        let Some((reference, span)) = output_resource(item) else { continue };
        let name = reference.0.as_str();
        if !names.check_own(name, span, ("a job makes versions only of its own pipeline's resources", findings)) {
            continue;
        }
        names.check_resource(name, span, findings);
        if !taken.insert(name) {
            findings.error("duplicate-output", span, format!("`outputs` names \"{name}\" twice"));
        }
        match names.resources.get(name).copied().flatten() {
            Some(item @ (ResourceItem::Cron(_) | ResourceItem::Trigger(_))) => {
                let help = "outputs are git, file, params, semver, state and environment resources".to_owned();
                let message = format!("\"{name}\" is a {} resource, which no job publishes", item.kind());
                findings.error_with("bad-output", span, message, Some(help));
            }
            Some(ResourceItem::Git(git)) => check_push(job, name, git.tag.is_some(), (span, findings)),
            _ => {}
        }
        if let NameOr::Record(record) = &item.value {
            check_bump(record, names.kind_of(name), findings);
        }
    }
}

/// `bump` belongs to a semver resource, and `pre` to `bump`.
fn check_bump(record: &OutputRecord, kind: Option<&str>, findings: &mut Findings<'_>) {
    if let (Some(bump), Some(kind)) = (&record.bump, kind.filter(|kind| *kind != "semver")) {
        findings.error("conflicting-keys", bump.span, format!("`bump` belongs to a semver resource, and this is a {kind} resource"));
    }
    let Some(pre) = &record.pre else { return };
    if record.bump.is_none() && !record.has("bump") {
        let help = Some("add `bump: pre`, or the part that grows".to_owned());
        findings.error_with("missing-key", pre.span, "`pre` says how `bump` names a prerelease, and there is no `bump`", help);
    } else if let Err(error) = crate::number::check_identifier(&pre.value) {
        findings.error_with("bad-number", pre.span, error.to_string(), Some("write `rc`, for example".to_owned()));
    }
}

/// A job pushes what it committed on top of an input of the same resource.
fn check_push(job: &JobFile, name: &str, follows_tags: bool, (span, findings): (Span, &mut Findings<'_>)) {
    if follows_tags {
        let message = format!("\"{name}\" follows tags; a job pushes to a resource with a `branch`");
        findings.error("bad-output", span, message);
    }
    let mut taken = job.inputs.iter().flat_map(|list| &list.value.0).filter_map(input_resource);
    if !taken.any(|(resource, _)| resource == name) {
        let help = format!("add `{{ resource: {name}, trigger: false }}` to `inputs`");
        let message = format!("a push to \"{name}\" begins from an input of it, which this job does not have");
        findings.error_with("bad-output", span, message, Some(help));
    }
}
