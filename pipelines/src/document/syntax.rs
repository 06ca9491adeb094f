//! The syntax pass: YAML events to a tree. It runs on the event parser inside serde-saphyr, whose serde face stops at the
//! first duplicate key or wrong type; from the events, every finding is collected.
//!
//! Bounds: nesting, events, and the size of the tree with its aliases expanded. Aliases share nodes, so they cost no
//! memory; the bound keeps later passes, which do walk them, short.

use super::findings::Findings;
use super::position::Span;
use super::tree::{Content, Entry, Node, Scalar, Style};
use serde_yaml::granit_parser as parser;
use std::collections::HashMap;
use std::rc::Rc;

/// Deepest nesting of mappings and lists.
pub(super) const DEPTH: usize = 64;
/// Most nodes, aliases expanded.
pub(super) const NODES: u32 = 200_000;
/// Most aliases.
const ALIASES: usize = 10_000;
/// Longest key or value, in characters, that is repeated in messages.
const SHOWN_KEY: usize = 80;

/// A mapping or list that is still open.
struct Frame {
    start: usize,
    owner: Option<Span>,
    anchor: usize,
    children: Children,
}

enum Children {
    List(Vec<Rc<Node>>),
    Map { entries: Vec<(Rc<Node>, Rc<Node>)>, key: Option<Rc<Node>> },
}

/// Turns the text that begins at `base` into a tree; `None` after a finding that ends the pass.
pub(crate) fn read_tree(base: usize, findings: &mut Findings<'_>) -> Option<Rc<Node>> {
    let text = findings.source().text_at(base);
    let mut options = parser::Options::default();
    options.set_emit_comments(false);
    options.flow_nesting_limit = DEPTH;
    options.block_nesting_limit = DEPTH;
    let mut builder = Builder { text, base, stack: Vec::new(), anchors: HashMap::new(), root: None, documents: 0, nodes: 0, aliases: 0 };
    for next in parser::Parser::new_from_str_with_options(text, options) {
        match next {
            Ok((event, span)) => builder.take(event, &span, findings)?,
            Err(error) => {
                builder.report(&error, findings);
                return None;
            }
        }
    }
    if builder.root.is_none() {
        findings.error_with("empty", Span::new(base, base), "the file is empty", Some("begin with `pipeline: NAME`".to_owned()));
    }
    builder.root
}

struct Builder<'a> {
    text: &'a str,
    /// Where the text begins among all texts.
    base: usize,
    stack: Vec<Frame>,
    anchors: HashMap<usize, Rc<Node>>,
    root: Option<Rc<Node>>,
    documents: usize,
    nodes: u32,
    aliases: usize,
}

impl Builder<'_> {
    fn report(&self, error: &parser::ScanError, findings: &mut Findings<'_>) {
        let at = self.offset(error.marker());
        let message = error.info();
        findings.error("syntax", Span::new(at, at), message);
    }

    fn offset(&self, marker: &parser::Marker) -> usize {
        let found = marker.byte_offset().or_else(|| self.text.char_indices().nth(marker.index()).map(|(at, _)| at));
        self.base + found.unwrap_or(self.text.len()).min(self.text.len())
    }

    fn span(&self, span: &parser::Span) -> Span {
        let start = self.offset(&span.start);
        Span::new(start, self.offset(&span.end).max(start))
    }

    fn take(&mut self, event: parser::Event<'_>, place: &parser::Span, findings: &mut Findings<'_>) -> Option<()> {
        use parser::Event;
        let span = self.span(place);
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    findings.error("several-documents", span, "one file is one pipeline, but a second document begins here");
                    return None;
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let tagged = self.check_tag(tag.as_deref(), place, findings);
                let style = if tagged { Style::Quoted } else { style_of(style) };
                let content = Content::Scalar(Scalar { text: text.into_owned(), style });
                let node = Rc::new(Node { span, owner: self.owner().unwrap_or(span), content, size: 1, height: 1 });
                self.place(node, anchor, findings)?;
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.check_tag(tag.as_deref(), place, findings);
                self.open(span, anchor, Children::List(Vec::new()), findings)?;
            }
            Event::MappingStart(_, anchor, tag) => {
                self.check_tag(tag.as_deref(), place, findings);
                self.open(span, anchor, Children::Map { entries: Vec::new(), key: None }, findings)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span, findings)?,
            Event::Alias(anchor) => self.take_alias(anchor, span, findings)?,
            _ => {}
        }
        Some(())
    }

    /// Whether the tag says that the scalar is text. Tags of the language's own types are let through; others mean nothing.
    fn check_tag(&self, tag: Option<&parser::Tag>, place: &parser::Span, findings: &mut Findings<'_>) -> bool {
        let Some(tag) = tag else { return false };
        match tag.core_suffix() {
            Some("str") => true,
            Some("int" | "float" | "bool" | "null" | "map" | "seq") => false,
            _ => {
                let span = self.span(&place.tag_span().unwrap_or(*place));
                findings.error("unknown-tag", span, format!("the tag {} means nothing here", shorten(&tag.original())));
                false
            }
        }
    }

    fn owner(&self) -> Option<Span> {
        match &self.stack.last()?.children {
            Children::Map { key, .. } => key.as_ref().map(|key| key.span),
            Children::List(_) => None,
        }
    }

    fn open(&mut self, span: Span, anchor: usize, children: Children, findings: &mut Findings<'_>) -> Option<()> {
        if self.stack.len() >= DEPTH {
            findings.error("too-deep", span, format!("mappings and lists are nested more than {DEPTH} deep"));
            return None;
        }
        let owner = self.owner();
        self.stack.push(Frame { start: span.start, owner, anchor, children });
        Some(())
    }

    fn close(&mut self, span: Span, findings: &mut Findings<'_>) -> Option<()> {
        let frame = self.stack.pop()?;
        let (content, end) = match frame.children {
            Children::List(items) => {
                let end = items.last().map(|item| item.span.end);
                (Content::List(items), end)
            }
            Children::Map { entries, .. } => {
                let end = entries.last().map(|(key, value)| value.span.end.max(key.span.end));
                (Content::Map(self.join_entries(entries, findings)), end)
            }
        };
        // A block collection's end event stands behind the blank lines that follow it.
        let closed = self.text.get(span.start - self.base..span.end - self.base).is_some_and(|text| text == "]" || text == "}");
        let end = if closed { span.end } else { end.unwrap_or(span.end) };
        let span = Span::new(frame.start, end.max(frame.start));
        let node = measure(Node { span, owner: frame.owner.unwrap_or(span), content, size: 1, height: 1 });
        self.place(Rc::new(node), frame.anchor, findings)
    }

    fn take_alias(&mut self, anchor: usize, span: Span, findings: &mut Findings<'_>) -> Option<()> {
        self.aliases += 1;
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            findings.error("recursive-alias", span, "an alias stands inside the node that it names");
            return None;
        };
        if self.aliases > ALIASES {
            findings.error("too-large", span, format!("the file has more than {ALIASES} aliases"));
            return None;
        }
        if self.stack.len() + node.height as usize > DEPTH {
            findings.error("too-deep", span, format!("with this alias expanded, nesting is more than {DEPTH} deep"));
            return None;
        }
        self.place(node, 0, findings)
    }

    /// Puts a finished node into the collection that is open.
    fn place(&mut self, node: Rc<Node>, anchor: usize, findings: &mut Findings<'_>) -> Option<()> {
        // A collection's own children were counted as they came; only aliases bring many nodes at once.
        self.nodes = self.nodes.saturating_add(1);
        if self.nodes > NODES || node.size > NODES {
            findings.error("too-large", node.span, format!("the file has more than {NODES} nodes, aliases expanded"));
            return None;
        }
        if anchor != 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        match self.stack.last_mut().map(|frame| &mut frame.children) {
            None => self.root = Some(node),
            Some(Children::List(items)) => items.push(node),
            Some(Children::Map { entries, key }) => match key.take() {
                None => *key = Some(node),
                Some(key) => entries.push((key, node)),
            },
        }
        Some(())
    }
}

/// The entries of one mapping while they are joined.
#[derive(Default)]
struct Joined {
    entries: Vec<Entry>,
    places: HashMap<String, usize>,
}

impl Builder<'_> {
    /// Keys become text, duplicates are reported, and merge keys (`<<`) bring in what the mapping does not say itself.
    fn join_entries(&mut self, pairs: Vec<(Rc<Node>, Rc<Node>)>, findings: &mut Findings<'_>) -> Vec<Entry> {
        let mut joined = Joined::default();
        let mut merged: Vec<Rc<Node>> = Vec::new();
        for (key, value) in pairs {
            let Some(scalar) = key.scalar() else {
                findings.error("wrong-type", key.span, format!("a key is text, but this one is {}", key.describe()));
                continue;
            };
            if scalar.style == Style::Plain && scalar.text == "<<" {
                merged.push(value);
                continue;
            }
            if let Some(first) = joined.places.get(&scalar.text).copied() {
                let line = findings.source().line_of(joined.entries[first].key_span.start);
                let message = format!("duplicate key \"{}\"", shorten(&scalar.text));
                let suggestion = format!("it stands already in line {line}; keep one of them");
                findings.error_with("duplicate-key", key.span, message, Some(suggestion));
                continue;
            }
            joined.places.insert(scalar.text.clone(), joined.entries.len());
            joined.entries.push(Entry { key: scalar.text.clone(), key_span: key.span, value });
        }
        for node in merged {
            self.merge(&node, &mut joined, findings);
        }
        joined.entries
    }

    fn merge(&mut self, node: &Rc<Node>, joined: &mut Joined, findings: &mut Findings<'_>) {
        let sources: Vec<&Rc<Node>> = match &node.content {
            Content::List(items) => items.iter().collect(),
            _ => vec![node],
        };
        for source in sources {
            let Content::Map(others) = &source.content else {
                let message = format!("`<<` merges mappings, but this is {}", source.describe());
                findings.error("wrong-type", source.span, message);
                continue;
            };
            // Merging copies entries, so it is charged like nodes; `place` ends the pass once the bound is passed.
            self.nodes = self.nodes.saturating_add(u32::try_from(others.len()).unwrap_or(u32::MAX));
            if self.nodes > NODES {
                return;
            }
            for other in others {
                if !joined.places.contains_key(&other.key) {
                    joined.places.insert(other.key.clone(), joined.entries.len());
                    joined.entries.push(Entry { key: other.key.clone(), key_span: other.key_span, value: Rc::clone(&other.value) });
                }
            }
        }
    }
}

fn style_of(style: parser::ScalarStyle) -> Style {
    match style {
        parser::ScalarStyle::Plain => Style::Plain,
        parser::ScalarStyle::Literal => Style::Literal,
        parser::ScalarStyle::Folded => Style::Folded,
        _ => Style::Quoted,
    }
}

/// The node with the size and height that its children give it.
pub(super) fn measure(mut node: Node) -> Node {
    let (mut size, mut height) = (1_u32, 0);
    let mut add = |child: &Node| {
        size = size.saturating_add(child.size);
        height = height.max(child.height);
    };
    match &node.content {
        Content::Scalar(_) => {}
        Content::List(items) => items.iter().for_each(|item| add(item)),
        Content::Map(entries) => entries.iter().for_each(|entry| add(&entry.value)),
    }
    node.size = size;
    node.height = height + 1;
    node
}

/// A key or value as it is repeated in a message: cut, and without control characters.
pub(crate) fn shorten(text: &str) -> String {
    let cut: String = text.chars().take(SHOWN_KEY).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(SHOWN_KEY).is_some() { format!("{cut}…") } else { cut }
}
