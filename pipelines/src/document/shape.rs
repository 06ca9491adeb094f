//! What a key may hold. One declaration per type yields both the reader and the JSON Schema: scalars here and in
//! `words.rs`, records and choices through the macros at the end of this file.

use super::findings::Findings;
use super::position::Span;
use super::suggestion::{find_nearest, suggest};
use super::syntax::shorten;
use super::tree::{Content, Node};
use serde_json::{Map as JsonMap, Value, json};
use std::collections::BTreeMap;
use std::rc::Rc;

/// A type that can be read from a node and described as a JSON Schema.
pub(crate) trait Shape: Sized {
    /// Reads the node; what is wrong goes to the findings, and `None` comes back where nothing usable remains.
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self>;

    /// The schema of what `read` accepts.
    fn schema(definitions: &mut Definitions) -> Value;
}

/// A value with its place.
#[derive(Clone, Debug)]
pub(crate) struct At<T> {
    pub value: T,
    pub span: Span,
}

/// Named schemas, each built once.
#[derive(Debug, Default)]
pub(crate) struct Definitions {
    built: BTreeMap<&'static str, Value>,
}

impl Definitions {
    /// A reference to the named schema, which `build` makes on first use. A schema may refer to itself.
    pub(crate) fn define(&mut self, name: &'static str, build: impl FnOnce(&mut Self) -> Value) -> Value {
        if !self.built.contains_key(name) {
            self.built.insert(name, Value::Null);
            let built = build(self);
            self.built.insert(name, built);
        }
        json!({ "$ref": format!("#/$defs/{name}") })
    }

    pub(crate) fn finish(self) -> Value {
        json!(self.built)
    }
}

/// Reports that a node is not what a key wants.
pub(crate) fn report_type(node: &Node, wanted: &str, findings: &mut Findings<'_>) {
    let span = match &node.content {
        Content::Scalar(scalar) if scalar.is_null() => node.owner,
        _ => node.span,
    };
    findings.error("wrong-type", span, format!("expected {wanted}, found {}", node.describe()));
}

/// A list, in order, and how many items it has in the file: those that cannot be read are left out after a finding.
#[derive(Clone, Debug)]
pub(crate) struct List<T>(pub Vec<At<T>>, usize);

impl<T> List<T> {
    /// Whether the file's list has no items, readable or not.
    pub(crate) fn is_empty(&self) -> bool {
        self.1 == 0
    }
}

impl<T: Shape> Shape for List<T> {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        let Content::List(items) = &node.content else {
            report_type(node, "a list", findings);
            return None;
        };
        Some(Self(items.iter().filter_map(|item| read_at(item, findings)).collect(), items.len()))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "type": "array", "items": T::schema(definitions) })
    }
}

/// One item, or a list of them.
#[derive(Clone, Debug)]
pub(crate) struct OneOrMany<T>(pub List<T>);

impl<T: Shape> Shape for OneOrMany<T> {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        match node.content {
            Content::List(_) => List::read(node, findings).map(Self),
            _ => read_at(node, findings).map(|item| Self(List(vec![item], 1))),
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let item = T::schema(definitions);
        json!({ "oneOf": [item, { "type": "array", "items": item }] })
    }
}

/// A name that the author chose, and what it names: `None` where that could not be read.
pub(crate) type Named<K, T> = (At<K>, Option<At<T>>);

/// A mapping whose keys are names that the author chooses. Entries keep the order of the file; the value is `None` where
/// it could not be read, so that the name is still known.
#[derive(Clone, Debug)]
pub(crate) struct Map<K, T> {
    pub entries: Vec<Named<K, T>>,
}

/// Text that may be a key of a [`Map`].
pub(crate) trait Key: Shape {
    fn read_key(text: &str, span: Span, findings: &mut Findings<'_>) -> Option<Self>;

    fn pattern() -> &'static str;
}

impl<K: Key, T: Shape> Shape for Map<K, T> {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        let Content::Map(entries) = &node.content else {
            report_type(node, "a mapping", findings);
            return None;
        };
        let mut read = Vec::with_capacity(entries.len());
        for entry in entries {
            let key = K::read_key(&entry.key, entry.key_span, findings);
            let value = read_at(&entry.value, findings);
            if let Some(key) = key {
                read.push((At { value: key, span: entry.key_span }, value));
            }
        }
        Some(Self { entries: read })
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "type": "object", "propertyNames": { "pattern": K::pattern() }, "additionalProperties": T::schema(definitions) })
    }
}

/// Reads a node and keeps its place.
pub(crate) fn read_at<T: Shape>(node: &Node, findings: &mut Findings<'_>) -> Option<At<T>> {
    T::read(node, findings).map(|value| At { value, span: node.span })
}

/// A mapping with known keys; implemented by [`record`].
pub(crate) trait Record {
    /// What the declaration says about the keys.
    const KEYS: RecordKeys;

    /// Whether the key stands there, readable or not.
    fn has(&self, key: &str) -> bool;
}

/// What a record's declaration says about its keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordKeys {
    /// How people call the record: `a job`.
    pub noun: &'static str,
    pub known: &'static [&'static str],
    /// Keys of the language that do not work yet.
    pub refused: &'static [&'static str],
    /// Added where something else than a mapping stands.
    pub hint: &'static str,
}

/// The members of a mapping that is read as a record.
#[derive(Debug)]
pub(crate) struct Members {
    owner: Span,
    noun: &'static str,
    values: BTreeMap<String, Rc<Node>>,
    /// Keys that do not work yet, and the known keys that misspelt ones were meant to be: not missing, only wrong.
    meant: Vec<String>,
}

impl Members {
    /// Checks that the node is a mapping and that each of its keys is known.
    pub(crate) fn open(node: &Node, keys: &RecordKeys, findings: &mut Findings<'_>) -> Option<Self> {
        let Content::Map(entries) = &node.content else {
            let message = format!("{} is a mapping, but this is {}", keys.noun, node.describe());
            let hint = (!keys.hint.is_empty()).then(|| keys.hint.to_owned());
            let null = node.scalar().is_some_and(super::tree::Scalar::is_null);
            findings.error_with("wrong-type", if null { node.owner } else { node.span }, message, hint);
            return None;
        };
        let mut values = BTreeMap::new();
        let mut meant = Vec::new();
        for entry in entries {
            if keys.known.contains(&entry.key.as_str()) {
                values.insert(entry.key.clone(), Rc::clone(&entry.value));
            } else if keys.refused.contains(&entry.key.as_str()) {
                findings.error("not-supported", entry.key_span, format!("\"{}\" is not supported yet", entry.key));
                meant.push(entry.key.clone());
            } else {
                let message = format!("unknown key \"{}\" in {}", shorten(&entry.key), keys.noun);
                let searched = findings.wants_suggestions();
                let known = || keys.known.iter().copied().filter(|_| searched);
                meant.extend(find_nearest(&entry.key, known()).map(str::to_owned));
                let suggestion = suggest(&entry.key, known());
                findings.error_with("unknown-key", entry.key_span, message, suggestion);
            }
        }
        Some(Self { owner: node.owner, noun: keys.noun, values, meant })
    }

    pub(crate) fn optional<T: Shape>(&self, key: &str, findings: &mut Findings<'_>) -> Option<At<T>> {
        self.values.get(key).and_then(|node| read_at(node, findings))
    }

    pub(crate) fn required<T: Shape>(&self, key: &str, findings: &mut Findings<'_>) -> Option<At<T>> {
        if !self.values.contains_key(key) && !self.meant.iter().any(|meant| meant == key) {
            findings.error("missing-key", self.owner, format!("{} needs the key \"{key}\"", self.noun));
        }
        self.optional(key, findings)
    }

    /// The keys that stand there, readable or not, misspelt ones as what they were meant to be.
    pub(crate) fn given(&self) -> Vec<String> {
        self.values.keys().chain(&self.meant).cloned().collect()
    }
}

/// The schema of a record while its keys are added.
#[derive(Debug)]
pub(crate) struct RecordSchema {
    description: String,
    properties: JsonMap<String, Value>,
    required: Vec<&'static str>,
}

impl RecordSchema {
    pub(crate) fn new(lines: &[&str]) -> Self {
        Self { description: join_lines(lines), properties: JsonMap::new(), required: Vec::new() }
    }

    pub(crate) fn optional(&mut self, key: &'static str, lines: &[&str], mut schema: Value) {
        if let (Some(object), false) = (schema.as_object_mut(), lines.is_empty()) {
            object.insert("description".to_owned(), json!(join_lines(lines)));
        }
        self.properties.insert(key.to_owned(), schema);
    }

    pub(crate) fn required(&mut self, key: &'static str, lines: &[&str], schema: Value) {
        self.required.push(key);
        self.optional(key, lines, schema);
    }

    pub(crate) fn finish(self) -> Value {
        let Self { description, properties, required } = self;
        let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
        if let Some(object) = schema.as_object_mut() {
            object.insert("description".to_owned(), json!(description));
            if !required.is_empty() {
                object.insert("required".to_owned(), json!(required));
            }
        }
        schema
    }
}

/// Doc lines as one description.
pub(crate) fn join_lines(lines: &[&str]) -> String {
    lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

/// One of some words; words of the language that do not work yet are refused by name.
pub(crate) fn read_word(node: &Node, words: &[&str], refused: &[&str], findings: &mut Findings<'_>) -> Option<usize> {
    let Some(text) = node.text() else {
        report_type(node, &format!("one of {}", words.join(", ")), findings);
        return None;
    };
    let found = words.iter().position(|word| *word == text);
    if found.is_none() {
        if refused.contains(&text) {
            findings.error("not-supported", node.span, format!("\"{text}\" is not supported yet"));
        } else {
            let near = find_nearest(text, words.iter().copied()).map(|word| format!("did you mean \"{word}\"?"));
            let message = format!("unknown value \"{}\"", shorten(text));
            findings.error_with("unknown-value", node.span, message, near.or_else(|| Some(format!("one of {}", words.join(", ")))));
        }
    }
    found
}

/// Declares a record: its Rust type, its reader and its schema.
macro_rules! record {
    (
        $(#[doc = $doc:literal])+
        $name:ident as $noun:literal {
            $( $(#[doc = $field_doc:literal])* $need:ident $field:ident ($key:literal): $shape:ty, )*
        }
        refused [ $($refused:literal),* $(,)? ]
        $( hint $hint:literal )?
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug)]
        pub(crate) struct $name {
            given: Vec<String>,
            $( $(#[doc = $field_doc])* pub $field: Option<$crate::document::shape::At<$shape>>, )*
        }

        impl $crate::document::shape::Record for $name {
            const KEYS: $crate::document::shape::RecordKeys = $crate::document::shape::RecordKeys {
                noun: $noun,
                known: &[$($key),*],
                refused: &[$($refused),*],
                hint: concat!("", $($hint)?),
            };

            fn has(&self, key: &str) -> bool {
                self.given.iter().any(|given| given == key)
            }
        }

        impl $crate::document::shape::Shape for $name {
            fn read(node: &$crate::document::tree::Node, findings: &mut $crate::document::findings::Findings<'_>) -> Option<Self> {
                let members = $crate::document::shape::Members::open(node, &<Self as $crate::document::shape::Record>::KEYS, findings)?;
                Some(Self {
                    given: members.given(),
                    $( $field: members.$need::<$shape>($key, findings), )*
                })
            }

            fn schema(definitions: &mut $crate::document::shape::Definitions) -> serde_json::Value {
                definitions.define(stringify!($name), |definitions| {
                    let mut schema = $crate::document::shape::RecordSchema::new(&[$($doc),+]);
                    $(
                        let inner = <$shape as $crate::document::shape::Shape>::schema(definitions);
                        schema.$need($key, &[$($field_doc),*], inner);
                    )*
                    schema.finish()
                })
            }
        }
    };
}

/// Declares the words of an enum of the model.
macro_rules! choice {
    ( $name:ty { $($word:literal => $value:expr),+ $(,)? } refused [ $($refused:literal),* $(,)? ] ) => {
        impl $crate::document::shape::Shape for $name {
            fn read(node: &$crate::document::tree::Node, findings: &mut $crate::document::findings::Findings<'_>) -> Option<Self> {
                let index = $crate::document::shape::read_word(node, &[$($word),+], &[$($refused),*], findings)?;
                [$($value),+].into_iter().nth(index)
            }

            fn schema(_: &mut $crate::document::shape::Definitions) -> serde_json::Value {
                serde_json::json!({ "enum": [$($word),+] })
            }
        }
    };
}

pub(crate) use {choice, record};
