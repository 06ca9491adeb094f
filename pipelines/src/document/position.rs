//! Places in the source text, and the lines that diagnostics show.

use super::{Diagnostic, RelatedPlace, Severity};

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
    /// Another place, and what it is.
    pub related: Option<(Span, &'static str)>,
}

/// A file's text, and each use of a module as a text of its own behind it: a span says by itself in which of them it lies.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    parts: Vec<Part<'a>>,
}

/// One text with an index of its lines.
#[derive(Debug)]
struct Part<'a> {
    /// Where it begins among all texts.
    base: usize,
    text: &'a str,
    file: String,
    line_starts: Vec<usize>,
    /// What brought it in.
    used_at: Option<Span>,
}

impl<'a> Part<'a> {
    fn new(base: usize, text: &'a str, file: &str, used_at: Option<Span>) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(index, _)| index + 1);
        Self { base, text, file: file.to_owned(), line_starts: std::iter::once(0).chain(breaks).collect(), used_at }
    }

    /// The line, counted from 1, that holds a byte of this text.
    fn line_of(&self, offset: usize) -> usize {
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

    /// Line, column and length of a span, and the line's text.
    fn place(&self, span: Span) -> (Place, &'a str) {
        let start = self.border(span.start.saturating_sub(self.base));
        let end = self.border(span.end.saturating_sub(self.base)).max(start);
        let line = self.line_of(start);
        let shown = self.line_text(line);
        let line_start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        // A place inside the line break itself is shown just behind the line's last character.
        let from = (start - line_start).min(shown.len());
        let to = (end - line_start).clamp(from, shown.len());
        let count = |text: &str| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        let place = Place {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: count(&shown[..from]).saturating_add(1),
            length: count(shown[from..to].trim_end()).max(1),
        };
        (place, shown)
    }
}

struct Place {
    line: u32,
    column: u32,
    length: u32,
}

impl<'a> Source<'a> {
    pub(crate) fn new(text: &'a str, file: &str) -> Self {
        Self { parts: vec![Part::new(0, text, file, None)] }
    }

    /// Adds the text of a module that is used at a place. Answers where its spans begin.
    pub(crate) fn add(&mut self, text: &'a str, file: &str, used_at: Span) -> usize {
        let base = self.parts.last().map_or(0, |last| last.base + last.text.len() + 1);
        self.parts.push(Part::new(base, text, file, Some(used_at)));
        base
    }

    /// The text that begins at a base.
    pub(crate) fn text_at(&self, base: usize) -> &'a str {
        self.part_of(base).map_or("", |part| part.text)
    }

    /// The text under a span.
    pub(crate) fn slice(&self, span: Span) -> &'a str {
        let part = self.part_of(span.start);
        part.and_then(|part| part.text.get(span.start - part.base..span.end.checked_sub(part.base)?)).unwrap_or_default()
    }

    fn part_of(&self, offset: usize) -> Option<&Part<'a>> {
        let behind = self.parts.partition_point(|part| part.base <= offset);
        self.parts.get(behind.saturating_sub(1))
    }

    /// The line, counted from 1 in its text, that holds a byte.
    pub(crate) fn line_of(&self, offset: usize) -> usize {
        self.part_of(offset).map_or(1, |part| part.line_of(offset - part.base))
    }

    fn related(&self, span: Span, note: &str) -> Option<RelatedPlace> {
        let part = self.part_of(span.start)?;
        let (place, _) = part.place(span);
        Some(RelatedPlace { file: part.file.clone(), line: place.line, column: place.column, note: note.to_owned() })
    }

    /// Where the module is used that a place lies in, and where the module that uses it is, and so on.
    fn list_uses(&self, offset: usize) -> Vec<RelatedPlace> {
        let uses = std::iter::successors(self.part_of(offset).and_then(|part| part.used_at), |span| {
            self.part_of(span.start).and_then(|part| part.used_at)
        });
        uses.filter_map(|span| self.related(span, "used here")).collect()
    }

    pub(crate) fn diagnostic(&self, finding: Finding) -> Diagnostic {
        let part = self.part_of(finding.span.start);
        let (place, shown) = part.map_or((Place { line: 1, column: 1, length: 1 }, ""), |part| part.place(finding.span));
        let other = finding.related.and_then(|(span, note)| self.related(span, note));
        Diagnostic {
            severity: finding.severity,
            code: finding.code.to_owned(),
            file: part.map_or_else(String::new, |part| part.file.clone()),
            line: place.line,
            column: place.column,
            length: place.length,
            source: shown.chars().take(SHOWN_CHARACTERS).collect(),
            message: finding.message,
            suggestion: finding.suggestion,
            related: other.into_iter().chain(self.list_uses(finding.span.start)).collect(),
        }
    }
}
