//! The file as a tree of nodes with positions: everything the author wrote, nothing interpreted. Scalars keep their text,
//! so `010`, `on` and `1.10` stay what they are until a key says what it wants.

use super::position::Span;
use std::rc::Rc;

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Without quotes: may mean a number, a boolean or nothing.
    Plain,
    /// In quotes, or tagged `!!str`: always text.
    Quoted,
    /// `|` keeps line breaks.
    Literal,
    /// `>` folds them.
    Folded,
}

#[derive(Clone, Debug)]
pub(crate) struct Scalar {
    pub text: String,
    pub style: Style,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub key: String,
    pub key_span: Span,
    pub value: Rc<Node>,
}

#[derive(Debug)]
pub(crate) enum Content {
    Scalar(Scalar),
    List(Vec<Rc<Node>>),
    Map(Vec<Entry>),
}

#[derive(Debug)]
pub(crate) struct Node {
    pub span: Span,
    /// The key that the node is the value of, else the node itself: where a finding about something absent points.
    pub owner: Span,
    pub content: Content,
    /// Nodes in this tree, aliases counted as often as they stand; saturating.
    pub size: u32,
    /// Levels below and with this node.
    pub height: u32,
}

impl Node {
    /// The node as people call it in a message.
    pub(crate) fn describe(&self) -> &'static str {
        match &self.content {
            Content::List(_) => "a list",
            Content::Map(_) => "a mapping",
            Content::Scalar(scalar) if scalar.is_null() => "nothing",
            Content::Scalar(scalar) if scalar.is_flag() => "a boolean",
            Content::Scalar(scalar) if scalar.is_number() => "a number",
            Content::Scalar(_) => "text",
        }
    }

    pub(crate) fn scalar(&self) -> Option<&Scalar> {
        match &self.content {
            Content::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The scalar's text, unless it is absent.
    pub(crate) fn text(&self) -> Option<&str> {
        self.scalar().filter(|scalar| !scalar.is_null()).map(|scalar| scalar.text.as_str())
    }
}

impl Scalar {
    pub(crate) fn is_null(&self) -> bool {
        self.style == Style::Plain && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    fn is_flag(&self) -> bool {
        self.style == Style::Plain && matches!(self.text.as_str(), "true" | "false")
    }

    fn is_number(&self) -> bool {
        let digits = self.text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.');
        self.style == Style::Plain && digits && self.text.parse::<f64>().is_ok()
    }

    /// Where a part of the scalar's text stands in the source, of which `raw` is what the scalar's span covers: exact for plain, quoted and literal text without escapes
    /// before the part, else the whole scalar.
    pub(crate) fn locate(&self, raw: &str, span: Span, part: std::ops::Range<usize>) -> Span {
        let place = match self.style {
            Style::Plain | Style::Quoted => self.locate_inline(raw, &part),
            Style::Literal => self.locate_in_block(raw, &part),
            Style::Folded => None,
        };
        let place = place.or_else(|| {
            let wanted = self.text.get(part.clone())?;
            raw.find(wanted).filter(|_| !wanted.is_empty())
        });
        place.map_or(span, |at| Span::new(span.start + at, span.start + at + part.len()))
    }

    fn locate_inline(&self, raw: &str, part: &std::ops::Range<usize>) -> Option<usize> {
        let lead = usize::from(raw.starts_with(['"', '\'']));
        let upto = self.text.get(..part.end)?;
        raw.get(lead..)?.starts_with(upto).then_some(lead + part.start)
    }

    fn locate_in_block(&self, raw: &str, part: &std::ops::Range<usize>) -> Option<usize> {
        let before = self.text.get(..part.start)?;
        let line = before.matches('\n').count();
        let column = part.start - before.rfind('\n').map_or(0, |index| index + 1);
        let written = self.text.split('\n').nth(line)?;
        // The first line of a block scalar is its header (`|`, `|-`, …).
        let skip = usize::from(raw.starts_with('|'));
        let start: usize = raw.split_inclusive('\n').take(line + skip).map(str::len).sum();
        let raw_line = raw.get(start..)?.split('\n').next()?.trim_end_matches('\r');
        raw_line.ends_with(written).then(|| start + raw_line.len() - written.len() + column)
    }
}
