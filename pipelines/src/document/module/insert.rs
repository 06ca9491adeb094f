//! Puts the values of `with` into the texts of a module.

use super::arguments::{Argument, Arguments};
use crate::document::findings::Findings;
use crate::document::model::ParamKind;
use crate::document::position::Span;
use crate::document::suggestion::suggest;
use crate::document::syntax::{measure, shorten};
use crate::document::tree::{Content, Entry, Node, Scalar, Style};
use crate::expression::{Expression, Reference, TemplatePart, split_template};
use std::collections::HashSet;
use std::ops::Range;
use std::rc::Rc;

/// Keys whose value is an expression as a whole.
const CONDITIONS: [&str; 2] = ["if", "when"];
/// Mappings whose keys the author chooses, so that `when` below them is no condition.
const OWN_KEYS: [&str; 3] = ["env", "secrets", "with"];
/// Largest text that values may make of one text, in bytes.
const LARGEST: usize = 1 << 20;

/// Puts values into one use of a module.
pub(super) struct Inserter<'i, 'f> {
    pub arguments: &'i Arguments,
    pub findings: &'i mut Findings<'f>,
    /// Scalars that hold a made-up value.
    pub sampled: HashSet<Span>,
}

impl Inserter<'_, '_> {
    /// The node with every value of `with` in its place.
    pub(super) fn insert(&mut self, node: &Rc<Node>) -> Rc<Node> {
        self.insert_below(node, "")
    }

    fn insert_below(&mut self, node: &Rc<Node>, key: &str) -> Rc<Node> {
        let content = match &node.content {
            Content::Scalar(scalar) => match self.insert_scalar(scalar, node.span, false) {
                Some(scalar) => Content::Scalar(scalar),
                None => return Rc::clone(node),
            },
            Content::List(items) => Content::List(items.iter().map(|item| self.insert_below(item, key)).collect()),
            Content::Map(entries) => Content::Map(entries.iter().map(|entry| self.insert_entry(entry, key)).collect()),
        };
        Rc::new(measure(Node { span: node.span, owner: node.owner, content, size: 1, height: 1 }))
    }

    fn insert_entry(&mut self, entry: &Entry, above: &str) -> Entry {
        let condition = CONDITIONS.contains(&entry.key.as_str()) && !OWN_KEYS.contains(&above);
        let value = match &entry.value.content {
            Content::Scalar(scalar) if condition => match self.insert_scalar(scalar, entry.value.span, true) {
                Some(scalar) => {
                    let Node { span, owner, size, height, .. } = *entry.value;
                    Rc::new(Node { span, owner, content: Content::Scalar(scalar), size, height })
                }
                None => Rc::clone(&entry.value),
            },
            _ => self.insert_below(&entry.value, &entry.key),
        };
        Entry { key: entry.key.clone(), key_span: entry.key_span, value }
    }

    /// The scalar with its values; `None` where it names none.
    fn insert_scalar(&mut self, scalar: &Scalar, span: Span, condition: bool) -> Option<Scalar> {
        let text = scalar.text.as_str();
        if !text.contains("with") {
            return None;
        }
        if condition {
            let changed = self.insert_expression(scalar, 0..text.len(), span)?;
            return Some(Scalar { text: changed, style: Style::Quoted });
        }
        // What cannot be split is reported with everything else that is wrong with texts.
        let parts = split_template(text).ok()?;
        let alone = parts.len() == 1;
        let (mut made, mut style, mut changed) = (String::new(), scalar.style, false);
        for part in parts {
            match part {
                TemplatePart::Text(range) => made.push_str(&text[range]),
                TemplatePart::Expression(range) => {
                    if let Some(argument) = self.find_alone(&text[range.clone()]) {
                        made.push_str(&argument.text);
                        let is_text = argument.kind == ParamKind::String || argument.text.contains("${{");
                        style = if !alone {
                            style
                        } else if is_text {
                            Style::Quoted
                        } else {
                            Style::Plain
                        };
                        let sample = argument.sample;
                        self.note_sample(sample, span);
                        changed = true;
                        continue;
                    }
                    let inserted = self.insert_expression(scalar, range.clone(), span);
                    changed |= inserted.is_some();
                    made.push_str("${{ ");
                    made.push_str(inserted.as_deref().unwrap_or(&text[range]));
                    made.push_str(" }}");
                }
            }
            if made.len() > LARGEST {
                self.findings.error("too-large", span, format!("with its values in place, this text has more than {LARGEST} bytes"));
                return None;
            }
        }
        changed.then_some(Scalar { text: made, style })
    }

    fn note_sample(&mut self, sample: bool, span: Span) {
        if sample {
            self.sampled.insert(span);
        }
    }

    /// The argument, where an expression is its name and nothing else.
    fn find_alone(&self, expression: &str) -> Option<&Argument> {
        let rest = expression.trim().strip_prefix("with")?.trim_start();
        let name = match rest.strip_prefix('.') {
            Some(name) => name.trim(),
            None => rest.strip_prefix('[')?.strip_suffix(']')?.trim().trim_matches(|c| c == '"' || c == '\''),
        };
        self.arguments.get(name)
    }

    /// An expression with its values as CEL; `None` where it reads none, or is no expression.
    fn insert_expression(&mut self, scalar: &Scalar, range: Range<usize>, span: Span) -> Option<String> {
        let text = &scalar.text[range.clone()];
        let references = Expression::parse(text).ok()?.references();
        let mut places: Vec<(Range<usize>, String)> = Vec::new();
        for reference in references.iter().filter(|reference| reference.root == "with") {
            let whole = whole_reference(text, reference);
            let found = reference.member.as_deref().and_then(|name| self.arguments.get(name));
            let Some(argument) = found else {
                let part = range.start + whole.start..range.start + whole.end;
                let place = scalar.locate(self.findings.source().slice(span), span, part);
                self.report_unknown(reference, place);
                continue;
            };
            let (value, sample) = (as_expression(argument), argument.sample);
            self.note_sample(sample, span);
            places.push((whole, value));
        }
        if places.is_empty() {
            return None;
        }
        places.sort_by_key(|(range, _)| range.start);
        places.dedup_by_key(|(range, _)| range.start);
        let mut made = text.to_owned();
        for (range, value) in places.iter().rev() {
            made.replace_range(range.clone(), value);
        }
        Some(made)
    }

    fn report_unknown(&mut self, reference: &Reference, span: Span) {
        let known = self.arguments.keys().map(String::as_str);
        match &reference.member {
            Some(name) => {
                let help = suggest(name, known).or_else(|| Some("declare it under `params`".to_owned()));
                self.findings.error_with("unknown-parameter", span, format!("this module has no parameter \"{}\"", shorten(name)), help);
            }
            None => {
                let help = Some("write `with.NAME`".to_owned());
                self.findings.error_with("bad-expression", span, "`with` is read one parameter at a time", help);
            }
        }
    }
}

/// The bytes of `with.name` or `with["name"]`.
fn whole_reference(text: &str, reference: &Reference) -> Range<usize> {
    let Range { start, end } = reference.range.clone();
    let root_end = start + reference.root.len();
    if end > root_end {
        return start..end;
    }
    let behind = text.get(root_end..).unwrap_or_default();
    let close = reference.member.as_ref().filter(|_| behind.trim_start().starts_with('[')).and_then(|name| {
        let after_name = behind.find(name.as_str())? + name.len();
        Some(root_end + after_name + behind.get(after_name..)?.find(']')? + 1)
    });
    start..close.unwrap_or(end)
}

/// A value as CEL: text in quotes, and what its `${{ }}` compute as an expression.
fn as_expression(argument: &Argument) -> String {
    let parts = split_template(&argument.text).unwrap_or_default();
    let computed = parts.iter().any(|part| matches!(part, TemplatePart::Expression(_)));
    match (computed, parts.as_slice()) {
        (true, [TemplatePart::Expression(only)]) => format!("({})", &argument.text[only.clone()]),
        (true, parts) => {
            let part = |part: &TemplatePart| match part {
                TemplatePart::Text(range) => quote(&argument.text[range.clone()]),
                TemplatePart::Expression(range) => format!("string({})", &argument.text[range.clone()]),
            };
            format!("({})", parts.iter().map(part).collect::<Vec<_>>().join(" + "))
        }
        (false, _) => match argument.kind {
            ParamKind::String => quote(&argument.text),
            ParamKind::Boolean | ParamKind::Integer => argument.text.clone(),
            // 1 is a whole number in CEL, which is never equal to 1.0.
            ParamKind::Number if argument.text.contains(['.', 'e', 'E']) => argument.text.clone(),
            ParamKind::Number => format!("{}.0", argument.text),
        },
    }
}

/// Text as a CEL literal; JSON's escapes are a part of CEL's.
fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
