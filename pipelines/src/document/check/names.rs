//! The names that a file defines.

use super::jobs::after_job;
use crate::document::file::{JobFile, PipelineFile};
use crate::document::file_parts::NameOr;
use crate::document::file_resource::ResourceItem;
use crate::document::findings::Findings;
use crate::document::foreign::split_foreign;
use crate::document::model::Document;
use crate::document::position::Span;
use crate::document::shape::At;
use crate::document::suggestion::{find_nearest, suggest};
use crate::document::surroundings::{Sight, Surroundings};
use crate::document::syntax::shorten;
use std::collections::{BTreeMap, BTreeSet};

/// Defined names. The value is `None` where the definition itself could not be read; the name is known all the same.
pub(super) struct Names<'a> {
    pub resources: BTreeMap<&'a str, Option<&'a ResourceItem>>,
    pub jobs: BTreeMap<&'a str, Option<&'a JobFile>>,
    pub params: Vec<&'a str>,
    /// Jobs of other pipelines that some job follows or names in `passed`.
    pub foreign_jobs: BTreeSet<&'a str>,
    pub pipeline: Option<&'a str>,
    pub surroundings: &'a Surroundings,
}

/// What a reference is to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Resource,
    Job,
}

impl<'a> Names<'a> {
    pub(super) fn of(file: &'a PipelineFile, surroundings: &'a Surroundings) -> Self {
        fn value<T>(at: &Option<At<T>>) -> Option<&T> {
            at.as_ref().map(|at| &at.value)
        }
        let resources = file.resources.iter().flat_map(|map| &map.value.entries);
        let jobs = file.jobs.iter().flat_map(|map| &map.value.entries);
        let params = file.params.iter().flat_map(|map| &map.value.entries);
        Self {
            resources: resources.map(|(name, item)| (name.value.0.as_str(), value(item))).collect(),
            jobs: jobs.map(|(name, job)| (name.value.0.as_str(), value(job))).collect(),
            params: params.map(|(name, _)| name.value.0.as_str()).collect(),
            foreign_jobs: list_foreign_jobs(file),
            pipeline: file.pipeline.as_ref().map(|name| name.value.0.as_str()),
            surroundings,
        }
    }

    /// The kind of a resource that is known and readable, in this file or in another pipeline that was looked at.
    pub(super) fn kind_of(&self, resource: &str) -> Option<&'a str> {
        let own = self.resources.get(resource).copied().flatten().map(ResourceItem::kind);
        own.or_else(|| self.surroundings.find_resource(resource).map(|resource| resource.kind.name()))
    }

    /// Whether the job is known and readable, in this file or in another pipeline that was looked at.
    pub(super) fn sees_job(&self, job: &str) -> bool {
        self.jobs.get(job).copied().flatten().is_some() || self.surroundings.find_job(job).is_some()
    }

    /// Says that a name has to be one of this file, if it is of another pipeline; `why` goes on with what the name is for.
    pub(super) fn check_own(&self, name: &str, span: Span, (why, findings): (&str, &mut Findings<'_>)) -> bool {
        let is_own = split_foreign(name).is_none();
        if !is_own {
            findings.error("other-pipeline", span, format!("\"{}\" belongs to another pipeline; {why}", shorten(name)));
        }
        is_own
    }

    /// Whether a `pipeline/name` may be there; if it is not, says so. What was not looked at may be.
    fn check_foreign(&self, part: Part, name: &str, span: Span, findings: &mut Findings<'_>) -> bool {
        let Some((pipeline, inner)) = split_foreign(name) else { return false };
        if self.pipeline == Some(pipeline) {
            let message = format!("\"{}\" is in this very pipeline", shorten(name));
            findings.error_with("own-pipeline", span, message, Some(format!("write \"{inner}\"")));
            return false;
        }
        match self.surroundings.look(pipeline) {
            Sight::Unseen => {
                let help = "check its file together with this one; the server checks it when the file is set".to_owned();
                let message = format!("\"{}\" is in another pipeline, which was not looked at", shorten(name));
                findings.note("unchecked", span, message, Some(help));
                true
            }
            Sight::NoPipeline => {
                let suggestion = suggest(pipeline, self.surroundings.list_names().filter(|name| Some(*name) != self.pipeline));
                let message = format!("there is no pipeline \"{}\" in this workspace", shorten(pipeline));
                let help = suggestion.unwrap_or_else(|| "set that pipeline first".to_owned());
                findings.error_with("unknown-pipeline", span, message, Some(help));
                false
            }
            Sight::Seen(document) => check_part(part, (document, inner), span, findings),
        }
    }

    /// Whether the resource is defined; if not, says so.
    pub(super) fn check_resource(&self, name: &str, span: Span, findings: &mut Findings<'_>) -> bool {
        if split_foreign(name).is_some() {
            return self.check_foreign(Part::Resource, name, span, findings);
        }
        let known = self.resources.contains_key(name);
        if !known && !findings.wants_suggestions() {
            findings.error("unknown-resource", span, format!("unknown resource \"{}\"", shorten(name)));
        } else if !known {
            let suggestion = match find_nearest(name, self.resources.keys().copied()) {
                None if self.jobs.contains_key(name) => Some(format!("\"{name}\" is a job; to follow it, write `after: [{name}]`")),
                _ => suggest(name, self.resources.keys().copied()),
            };
            let message = format!("unknown resource \"{}\"", shorten(name));
            let suggestion = suggestion.or_else(|| Some("define it under `resources`".to_owned()));
            findings.error_with("unknown-resource", span, message, suggestion);
        }
        known
    }

    /// Whether the job is defined; if not, says so.
    pub(super) fn check_job(&self, name: &str, span: Span, findings: &mut Findings<'_>) -> bool {
        if split_foreign(name).is_some() {
            return self.check_foreign(Part::Job, name, span, findings);
        }
        let known = self.jobs.contains_key(name);
        if !known && !findings.wants_suggestions() {
            findings.error("unknown-job", span, format!("unknown job \"{}\"", shorten(name)));
        } else if !known {
            let suggestion = match find_nearest(name, self.jobs.keys().copied()) {
                None if self.resources.contains_key(name) => {
                    Some(format!("\"{name}\" is a resource; to take its versions, write `inputs: [{name}]`"))
                }
                _ => suggest(name, self.jobs.keys().copied()),
            };
            findings.error_with("unknown-job", span, format!("unknown job \"{}\"", shorten(name)), suggestion);
        }
        known
    }
}

fn list_foreign_jobs(file: &PipelineFile) -> BTreeSet<&str> {
    let jobs = file.jobs.iter().flat_map(|map| &map.value.entries).filter_map(|(_, job)| Some(&job.as_ref()?.value));
    let mut found = BTreeSet::new();
    for job in jobs {
        let after = job.after.iter().flat_map(|list| &list.value.0).filter_map(after_job).map(|(reference, _)| reference.0.as_str());
        let records = job.inputs.iter().flat_map(|list| &list.value.0).filter_map(|item| match &item.value {
            NameOr::Record(record) => record.passed.as_ref(),
            NameOr::Name(_) => None,
        });
        let passed = records.flat_map(|passed| passed.value.jobs()).map(|job| job.value.0.as_str());
        found.extend(after.chain(passed).filter(|name| split_foreign(name).is_some()));
    }
    found
}

/// Whether another pipeline has the part; if not, says so.
fn check_part(part: Part, (document, name): (&Document, &str), span: Span, findings: &mut Findings<'_>) -> bool {
    let resources = document.resources.iter().map(|resource| (resource.name.as_str(), resource.was.as_deref()));
    let jobs = document.jobs.iter().map(|job| (job.name.as_str(), job.was.as_deref()));
    let (what, known, others): (_, Vec<_>, Vec<_>) = match part {
        Part::Resource => ("resource", resources.collect(), jobs.collect()),
        Part::Job => ("job", jobs.collect(), resources.collect()),
    };
    if known.iter().any(|(known, _)| *known == name) {
        return true;
    }
    let pipeline = &document.pipeline;
    let names = known.iter().map(|(name, _)| *name);
    let suggestion = if let Some((now, _)) = known.iter().find(|(_, was)| *was == Some(name)) {
        Some(format!("it was renamed: write \"{pipeline}/{now}\""))
    } else if others.iter().any(|(other, _)| *other == name) {
        let help = ["a job; to follow it, write `after`", "a resource; to take its versions, write `inputs`"];
        Some(format!("\"{pipeline}/{name}\" is {}", help[usize::from(part == Part::Job)]))
    } else if findings.wants_suggestions() {
        find_nearest(name, names.clone()).map(|near| format!("did you mean \"{pipeline}/{near}\"?")).or_else(|| suggest(name, names))
    } else {
        None
    };
    let code = if part == Part::Job { "unknown-job" } else { "unknown-resource" };
    findings.error_with(code, span, format!("the pipeline \"{pipeline}\" has no {what} \"{}\"", shorten(name)), suggestion);
    false
}
