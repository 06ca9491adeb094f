//! The names that an expression reads.

use cel::common::ast::{EntryExpr, Expr, IdedEntryExpr, LiteralValue, operators};
use cel::parser::Expression as Tree;
use std::ops::Range;

/// The names that an expression may begin with.
pub const ROOTS: [&str; 5] = ["inputs", "params", "state", "matrix", "run"];

/// The names that a check of a gate may begin with: `lineage` has the versions that it stands on, by resource.
pub const GATE_ROOTS: [&str; 5] = ["inputs", "params", "state", "run", "lineage"];

/// The names that the expectation of a probe may begin with.
pub const PROBE_ROOTS: [&str; 2] = ["status", "body"];

/// What is below `run`.
pub const RUN_KEYS: [&str; 2] = ["number", "cause"];

/// Functions that the language has, beside its operators.
const FUNCTIONS: [&str; 32] = [
    "bool",
    "bytes",
    "contains",
    "double",
    "duration",
    "dyn",
    "endsWith",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getFullYear",
    "getHours",
    "getMilliseconds",
    "getMinutes",
    "getMonth",
    "getSeconds",
    "has",
    "int",
    "matches",
    "size",
    "startsWith",
    "string",
    "timestamp",
    "type",
    "uint",
    "all",
    "exists",
    "exists_one",
    "filter",
    "map",
    "max",
];

/// Whether a call names something that exists. Operators are calls of names with signs in them.
pub(super) fn is_function(name: &str) -> bool {
    let operator = !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.') || name.starts_with('_');
    operator || FUNCTIONS.contains(&name)
}

/// One read of a name: `inputs.source` in `inputs.source.commit`, or `state` alone in `size(state)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The first name.
    pub root: String,
    /// What is read below it, where the text says so: `source`.
    pub member: Option<String>,
    /// Bytes of the expression: the root, and the member where it stands right behind.
    pub range: Range<usize>,
}

pub(super) fn list_references(tree: &Tree, text: &str) -> Vec<Reference> {
    let mut walk = Walk { text, words: list_words(text), bound: Vec::new(), found: Vec::new() };
    walk.visit(tree);
    walk.found
}

/// The places of all names in the text that are no member of another (`a` of `a.b`, not `b`) and not in a text literal.
fn list_words(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let part_of_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let (mut words, mut at, mut after_dot) = (Vec::new(), 0, false);
    while at < bytes.len() {
        if matches!(bytes[at], b'"' | b'\'') {
            at = super::bounds::end_of_text(bytes, at);
            after_dot = false;
        } else if part_of_word(bytes[at]) {
            let end = bytes[at..].iter().position(|byte| !part_of_word(*byte)).map_or(bytes.len(), |length| at + length);
            if !after_dot && !bytes[at].is_ascii_digit() {
                words.push(at..end);
            }
            after_dot = false;
            at = end;
        } else {
            after_dot = bytes[at] == b'.' || (after_dot && bytes[at].is_ascii_whitespace());
            at += 1;
        }
    }
    words
}

struct Walk<'a> {
    text: &'a str,
    /// Names in the text that no reference has taken yet.
    words: Vec<Range<usize>>,
    /// Names that loops around the present place bind.
    bound: Vec<&'a str>,
    found: Vec<Reference>,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, tree: &'a Tree) {
        match &tree.expr {
            Expr::Ident(name) => self.add(name, None),
            Expr::Select(select) => match &select.operand.expr {
                Expr::Ident(name) => self.add(name, Some(&select.field)),
                _ => self.visit(&select.operand),
            },
            Expr::Call(call) => {
                if let (operators::INDEX, [container, index]) = (call.func_name.as_str(), call.args.as_slice())
                    && let (Expr::Ident(name), Expr::Literal(LiteralValue::String(key))) = (&container.expr, &index.expr)
                {
                    self.add(name, Some(key.inner()));
                    return;
                }
                call.target.as_deref().into_iter().chain(&call.args).for_each(|part| self.visit(part));
            }
            Expr::Comprehension(each) => {
                self.visit(&each.iter_range);
                let before = self.bound.len();
                self.bound.push(&each.iter_var);
                self.bound.push(&each.accu_var);
                self.bound.extend(each.iter_var2.as_deref());
                [&each.accu_init, &each.loop_cond, &each.loop_step, &each.result].into_iter().for_each(|part| self.visit(part));
                self.bound.truncate(before);
            }
            Expr::List(list) => list.elements.iter().for_each(|element| self.visit(element)),
            Expr::Map(map) => map.entries.iter().for_each(|entry| self.visit_entry(entry)),
            Expr::Struct(made) => made.entries.iter().for_each(|entry| self.visit_entry(entry)),
            Expr::Literal(_) | Expr::Unspecified => {}
        }
    }

    fn visit_entry(&mut self, entry: &'a IdedEntryExpr) {
        match &entry.expr {
            EntryExpr::StructField(field) => self.visit(&field.value),
            EntryExpr::MapEntry(pair) => {
                self.visit(&pair.key);
                self.visit(&pair.value);
            }
        }
    }

    fn add(&mut self, root: &str, member: Option<&str>) {
        if self.bound.contains(&root) || root.starts_with('@') || TYPES.contains(&root) {
            return;
        }
        let range = self.find_range(root, member);
        self.found.push(Reference { root: root.to_owned(), member: member.map(str::to_owned), range });
    }

    /// The tree is walked in the order of the text, so the first name left that fits is the one.
    fn find_range(&mut self, root: &str, member: Option<&str>) -> Range<usize> {
        let Some(index) = self.words.iter().position(|word| &self.text[word.clone()] == root) else {
            // A macro repeats a part of the text in the tree.
            return self.text.find(root).map_or(0..self.text.len(), |start| start..start + root.len());
        };
        let Range { start, end } = self.words.remove(index);
        let selected = member.filter(|member| self.text[end..].strip_prefix('.').is_some_and(|rest| rest.starts_with(*member)));
        start..selected.map_or(end, |member| end + 1 + member.len())
    }
}

/// Names of types, which are values of the language itself.
const TYPES: [&str; 10] = ["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"];
