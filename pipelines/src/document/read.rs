//! Reading a file: syntax, then modules, then keys and values, then what they mean together.

use super::file::PipelineFile;
use super::findings::Findings;
use super::lower::lower;
use super::module::{Modules, expand};
use super::position::{Source, Span};
use super::shape::Shape;
use super::syntax::{DEPTH, NODES, read_tree};
use super::{Diagnostic, Document, Surroundings};
use std::collections::BTreeMap;

/// The largest file, in bytes.
pub const LARGEST_FILE_BYTES: usize = 1 << 20;

/// What came of reading a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The file's meaning; present exactly when no diagnostic is an error.
    pub document: Option<Document>,
    /// Everything found, in the order of the text, then in the modules that it uses; at most about 100.
    pub diagnostics: Vec<Diagnostic>,
    /// The texts of the modules that it uses, by full name: with them, and the file, it reads the same for ever.
    pub modules: BTreeMap<String, String>,
}

/// Reads and checks one pipeline file that uses no modules but the library's; what it uses of other pipelines is noted as unchecked. See
/// [`read_in`].
#[must_use]
pub fn read(text: &str, file: &str) -> Reading {
    read_in(text, file, (&Modules::library(), &Surroundings::default()))
}

/// As [`read`], with a view of the workspace's other pipelines: what the file uses of them is checked against it.
#[must_use]
pub fn read_among(text: &str, file: &str, surroundings: &Surroundings) -> Reading {
    read_in(text, file, (&Modules::library(), surroundings))
}

/// As [`read`], with the modules that the file may use.
#[must_use]
pub fn read_with(text: &str, file: &str, modules: &Modules) -> Reading {
    read_in(text, file, (modules, &Surroundings::default()))
}

/// Reads and checks one pipeline file. `file` is the name that diagnostics show; it may use these modules and these pipelines. Never fails:
/// what is wrong comes back as diagnostics, all at once, and no text of any kind makes it panic or take long.
#[must_use]
pub fn read_in(text: &str, file: &str, (modules, surroundings): (&Modules, &Surroundings)) -> Reading {
    if text.len() > LARGEST_FILE_BYTES {
        let mut findings = Findings::new(Source::new("", file));
        let message = format!("the file has {} bytes; the limit is {LARGEST_FILE_BYTES} (1 MiB)", text.len());
        findings.error("too-large", Span::default(), message);
        return Reading { document: None, diagnostics: findings.finish(), modules: BTreeMap::new() };
    }
    let mut findings = Findings::new(Source::new(text, file));
    let mut used = BTreeMap::new();
    let document = read_document((modules, surroundings), &mut used, &mut findings);
    Reading { document, diagnostics: findings.finish(), modules: used }
}

fn read_document<'a>(
    (modules, surroundings): (&'a Modules, &Surroundings),
    used: &mut BTreeMap<String, String>,
    findings: &mut Findings<'a>,
) -> Option<Document> {
    let expanded = expand(&read_tree(0, findings)?, modules, findings);
    *used = expanded.used;
    let root = expanded.root;
    if root.size > NODES || root.height as usize > DEPTH {
        return None;
    }
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
