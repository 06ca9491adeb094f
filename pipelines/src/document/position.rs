//! Places in the source text, and the lines that diagnostics show.

use super::{Diagnostic, Severity};

/// The longest part of a source line that a diagnostic carries, in characters.
const SHOWN_CHARACTERS: usize = 400;

/// A range of bytes in the source text; both ends lie on character borders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    pub(crate) const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }
}

/// One finding before its place is turned into line and column.
#[derive(Debug)]
pub(crate) struct Finding {
    pub severity: Severity,
    pub code: &'static str,
    pub span: Span,
    pub message: String,
    pub suggestion: Option<String>,
}

/// The source text with an index of its lines.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    text: &'a str,
    file: &'a str,
    line_starts: Vec<usize>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(text: &'a str, file: &'a str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(index, _)| index + 1);
        Self { text, file, line_starts: std::iter::once(0).chain(breaks).collect() }
    }

    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    /// The line, counted from 1, that holds a byte.
    pub(crate) fn line_of(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset).max(1)
    }

    /// The line's text without its line break.
    fn line_text(&self, line: usize) -> &'a str {
        let start = self.line_starts.get(line - 1).copied().unwrap_or(self.text.len());
        let end = self.line_starts.get(line).copied().unwrap_or(self.text.len());
        self.text.get(start..end).unwrap_or_default().trim_end_matches(['\n', '\r'])
    }

    /// The nearest character border at or before a byte.
    fn border(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }

    pub(crate) fn diagnostic(&self, finding: Finding) -> Diagnostic {
        let start = self.border(finding.span.start);
        let end = self.border(finding.span.end).max(start);
        let line = self.line_of(start);
        let shown = self.line_text(line);
        let line_start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        // A place inside the line break itself is shown just behind the line's last character.
        let from = (start - line_start).min(shown.len());
        let to = (end - line_start).clamp(from, shown.len());
        let count = |text: &str| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        Diagnostic {
            severity: finding.severity,
            code: finding.code.to_owned(),
            file: self.file.to_owned(),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: count(&shown[..from]).saturating_add(1),
            length: count(shown[from..to].trim_end()).max(1),
            source: shown.chars().take(SHOWN_CHARACTERS).collect(),
            message: finding.message,
            suggestion: finding.suggestion,
        }
    }
}
