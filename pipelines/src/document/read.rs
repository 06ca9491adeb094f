//! Reading a file: syntax, then keys and values, then what they mean together.

use super::file::PipelineFile;
use super::findings::Findings;
use super::lower::lower;
use super::position::{Source, Span};
use super::shape::Shape;
use super::syntax::read_tree;
use super::{Diagnostic, Document, Surroundings};

/// The largest file, in bytes.
pub const LARGEST_FILE_BYTES: usize = 1 << 20;

/// What came of reading a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The file's meaning; present exactly when no diagnostic is an error.
    pub document: Option<Document>,
    /// Everything found, in the order of the text; at most about 100.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads and checks one pipeline file. `file` is the name that diagnostics show. Never fails: what is wrong comes back as
/// diagnostics, all at once, and no text of any kind makes it panic or take long. What the file uses of other pipelines is
/// noted as unchecked.
#[must_use]
pub fn read(text: &str, file: &str) -> Reading {
    read_among(text, file, &Surroundings::default())
}

/// As [`read`], with a view of the workspace's other pipelines: what the file uses of them is checked against it.
#[must_use]
pub fn read_among(text: &str, file: &str, surroundings: &Surroundings) -> Reading {
    if text.len() > LARGEST_FILE_BYTES {
        let mut findings = Findings::new(Source::new("", file));
        let message = format!("the file has {} bytes; the limit is {LARGEST_FILE_BYTES} (1 MiB)", text.len());
        findings.error("too-large", Span::default(), message);
        return Reading { document: None, diagnostics: findings.finish() };
    }
    let mut findings = Findings::new(Source::new(text, file));
    let document = read_document(surroundings, &mut findings);
    Reading { document, diagnostics: findings.finish() }
}

fn read_document(surroundings: &Surroundings, findings: &mut Findings<'_>) -> Option<Document> {
    let root = read_tree(findings)?;
    let file = PipelineFile::read(&root, findings)?;
    super::check::check(&file, surroundings, findings);
    if findings.has_errors() {
        return None;
    }
    let document = lower(&file);
    if document.is_none() {
        findings.error("unreadable", root.span, "the file could not be understood, though no single key is wrong");
    }
    document
}
