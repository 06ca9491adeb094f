//! The names that a file defines.

use crate::document::file::{JobFile, PipelineFile};
use crate::document::file_resource::ResourceItem;
use crate::document::findings::Findings;
use crate::document::position::Span;
use crate::document::shape::At;
use crate::document::suggestion::{find_nearest, suggest};
use crate::document::syntax::shorten;
use std::collections::BTreeMap;

/// Defined names. The value is `None` where the definition itself could not be read; the name is known all the same.
pub(super) struct Names<'a> {
    pub resources: BTreeMap<&'a str, Option<&'a ResourceItem>>,
    pub jobs: BTreeMap<&'a str, Option<&'a JobFile>>,
    pub params: Vec<&'a str>,
}

impl<'a> Names<'a> {
    pub(super) fn of(file: &'a PipelineFile) -> Self {
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
        }
    }

    /// The kind of a resource that is known and readable.
    pub(super) fn kind_of(&self, resource: &str) -> Option<&'a str> {
        self.resources.get(resource).copied().flatten().map(ResourceItem::kind)
    }

    /// Whether the resource is defined; if not, says so.
    pub(super) fn check_resource(&self, name: &str, span: Span, findings: &mut Findings<'_>) -> bool {
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
