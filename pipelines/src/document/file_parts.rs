//! Values that have more than one form: a name or a mapping, a number or a mapping, a matrix.

use super::file::{AfterRecord, AnyPassed, ConcurrencyRecord, InputRecord, OutputRecord};
use super::findings::Findings;
use super::shape::{At, Definitions, Key, List, Map, Named, Shape, choice, read_at, report_type};
use super::tree::{Content, Node};
use super::words::{AnyScalar, FieldName, Reference, ValueName, Whole};
use serde_json::{Value, json};

/// An item that is a name, or a mapping with options.
#[derive(Clone, Debug)]
pub(crate) enum NameOr<T> {
    Name(Reference),
    Record(Box<T>),
}

impl<T: Shape> Shape for NameOr<T> {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        match &node.content {
            Content::Scalar(scalar) if !scalar.is_null() => Reference::read(node, findings).map(Self::Name),
            _ => T::read(node, findings).map(|record| Self::Record(Box::new(record))),
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "oneOf": [Reference::schema(definitions), T::schema(definitions)] })
    }
}

pub(crate) type InputItem = NameOr<InputRecord>;
pub(crate) type AfterItem = NameOr<AfterRecord>;
pub(crate) type OutputItem = NameOr<OutputRecord>;

/// When an output is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PublishWhen {
    Success,
    Always,
}

choice! {
    PublishWhen { "success" => PublishWhen::Success, "always" => PublishWhen::Always }
    refused []
}

/// `passed: [a, b]` or `passed: { any: [a, b] }`.
#[derive(Clone, Debug)]
pub(crate) enum PassedItem {
    All(List<Reference>),
    Any(Option<At<List<Reference>>>),
}

impl PassedItem {
    pub(crate) fn jobs(&self) -> &[At<Reference>] {
        match self {
            Self::All(list) => &list.0,
            Self::Any(list) => list.as_ref().map_or(&[], |list| &list.value.0),
        }
    }
}

impl Shape for PassedItem {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        match &node.content {
            Content::List(_) => List::read(node, findings).map(Self::All),
            Content::Map(_) => {
                let record = AnyPassed::read(node, findings)?;
                if record.any.as_ref().is_some_and(|list| list.value.is_empty()) {
                    let message = "`any` names no job, so no version could ever pass";
                    findings.error_with("empty", node.span, message, Some("name jobs, or write `passed: []` to ask nothing".to_owned()));
                }
                Some(Self::Any(record.any))
            }
            Content::Scalar(_) => {
                report_type(node, "a list of jobs or `{ any: [JOB, …] }`", findings);
                None
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "oneOf": [List::<Reference>::schema(definitions), AnyPassed::schema(definitions)] })
    }
}

/// `latest`, `every`, or the keys of a version.
#[derive(Clone, Debug)]
pub(crate) enum VersionItem {
    Latest,
    Every,
    Pinned(Map<ValueName, String>),
}

impl Shape for VersionItem {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        if let Content::Map(entries) = &node.content {
            if entries.is_empty() {
                findings.error("empty", node.span, "a pinned version needs at least one key, such as `commit`");
            }
            return Map::read(node, findings).map(Self::Pinned);
        }
        let index = super::shape::read_word(node, &["latest", "every"], &[], findings)?;
        Some(if index == 0 { Self::Latest } else { Self::Every })
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let mut pinned = Map::<ValueName, String>::schema(definitions);
        if let Some(object) = pinned.as_object_mut() {
            object.insert("minProperties".to_owned(), json!(1));
        }
        json!({ "oneOf": [{ "enum": ["latest", "every"] }, pinned] })
    }
}

/// `1`, or `{ limit: 1, group: production }`.
#[derive(Clone, Debug)]
pub(crate) enum ConcurrencyItem {
    Limit(u32),
    Record(ConcurrencyRecord),
}

impl Shape for ConcurrencyItem {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        match &node.content {
            Content::Map(_) => ConcurrencyRecord::read(node, findings).map(Self::Record),
            _ => Whole::<1, 1000>::read(node, findings).map(|limit| Self::Limit(limit.0)),
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "oneOf": [Whole::<1, 1000>::schema(definitions), ConcurrencyRecord::schema(definitions)] })
    }
}

/// Axes are multiplied, then `exclude` takes cells away and `include` adds whole cells.
#[derive(Clone, Debug)]
pub(crate) struct MatrixMap {
    pub axes: Vec<Named<FieldName, List<AnyScalar>>>,
    pub include: Option<At<List<Map<FieldName, AnyScalar>>>>,
    pub exclude: Option<At<List<Map<FieldName, AnyScalar>>>>,
}

impl Shape for MatrixMap {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        let Content::Map(entries) = &node.content else {
            report_type(node, "a mapping of axes such as `{ suite: [unit, browser] }`", findings);
            return None;
        };
        let mut matrix = Self { axes: Vec::new(), include: None, exclude: None };
        for entry in entries {
            match entry.key.as_str() {
                "include" => matrix.include = read_at(&entry.value, findings),
                "exclude" => matrix.exclude = read_at(&entry.value, findings),
                _ => {
                    let name = FieldName::read_key(&entry.key, entry.key_span, findings);
                    let values = read_at(&entry.value, findings);
                    matrix.axes.extend(name.map(|value| (At { value, span: entry.key_span }, values)));
                }
            }
        }
        Some(matrix)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let cells = List::<Map<FieldName, AnyScalar>>::schema(definitions);
        let axis = List::<AnyScalar>::schema(definitions);
        definitions.define("Matrix", |_| {
            json!({
                "type": "object",
                "description": "Axes are multiplied, then `exclude` takes cells away and `include` adds whole cells; at most 256.",
                "properties": { "include": cells, "exclude": cells },
                "propertyNames": { "pattern": FieldName::pattern() },
                "additionalProperties": axis,
            })
        })
    }
}
