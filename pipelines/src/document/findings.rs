//! Collects everything that is wrong with a file, up to a limit.

use super::position::{Finding, Source, Span};
use super::{Diagnostic, Severity};
use std::collections::HashSet;

/// More findings than this are counted, not listed.
const LISTED: usize = 100;
/// After so many findings, repeated ones included, suggestions are no longer looked for: comparing words is slow.
const SUGGESTED: usize = 200;

/// What the passes over a file found so far.
#[derive(Debug)]
pub(crate) struct Findings<'a> {
    source: Source<'a>,
    found: Vec<Finding>,
    /// An alias brings one text into several places; each finding about it is said once.
    said: HashSet<(Span, &'static str, String)>,
    unlisted: usize,
    attempts: usize,
}

impl<'a> Findings<'a> {
    pub(crate) fn new(source: Source<'a>) -> Self {
        Self { source, found: Vec::new(), said: HashSet::new(), unlisted: 0, attempts: 0 }
    }

    pub(crate) fn source(&self) -> &Source<'a> {
        &self.source
    }

    /// Whether a further finding deserves a suggestion that takes a search.
    pub(crate) fn wants_suggestions(&self) -> bool {
        self.attempts < SUGGESTED
    }

    /// Whether any finding so far makes the file unusable.
    pub(crate) fn has_errors(&self) -> bool {
        self.unlisted > 0 || self.found.iter().any(|finding| finding.severity == Severity::Error)
    }

    pub(crate) fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.add(Finding { severity: Severity::Error, code, span, message: message.into(), suggestion: None, related: None });
    }

    /// An error with what would be right.
    pub(crate) fn error_with(&mut self, code: &'static str, span: Span, message: impl Into<String>, suggestion: Option<String>) {
        self.add(Finding { severity: Severity::Error, code, span, message: message.into(), suggestion, related: None });
    }

    /// Something that people should know and that keeps nobody from using the file. Left out when the list is full.
    pub(crate) fn note(&mut self, code: &'static str, span: Span, message: impl Into<String>, suggestion: Option<String>) {
        let message = message.into();
        if self.found.len() < LISTED && self.said.insert((span, code, message.clone())) {
            self.found.push(Finding { severity: Severity::Note, code, span, message, suggestion, related: None });
        }
    }

    /// A finding with everything that is known about it.
    pub(crate) fn add(&mut self, finding: Finding) {
        self.attempts += 1;
        if self.found.len() >= LISTED {
            self.unlisted += 1;
        } else if self.said.insert((finding.span, finding.code, finding.message.clone())) {
            self.found.push(finding);
        }
    }

    /// Brings in the text of a module that is used at a place. Answers where its spans begin.
    pub(crate) fn add_text(&mut self, text: &'a str, file: &str, used_at: Span) -> usize {
        self.source.add(text, file, used_at)
    }

    /// Takes back what was found at these places.
    pub(crate) fn forget(&mut self, places: &HashSet<Span>) {
        self.found.retain(|finding| !places.contains(&finding.span));
    }

    /// Everything found, in the order of the text.
    pub(crate) fn finish(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|finding| finding.span.start);
        if self.unlisted > 0 {
            let last = self.found.last().map_or(Span::default(), |finding| finding.span);
            let message = format!("{} more findings are not listed; mend these first", self.unlisted);
            let (severity, code) = (Severity::Error, "too-many-findings");
            self.found.push(Finding { severity, code, span: last, message, suggestion: None, related: None });
        }
        let Self { source, found, .. } = self;
        found.into_iter().map(|finding| source.diagnostic(finding)).collect()
    }
}
