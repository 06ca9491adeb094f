//! The names that an expression reads.

use cel::Program;
use cel::common::ast::{EntryExpr, Expr, IdedEntryExpr, LiteralValue, operators};
use cel::parser::Expression as Tree;
use std::ops::Range;

/// The names that an expression may begin with.
pub const ROOTS: [&str; 5] = ["inputs", "params", "state", "matrix", "run"];

/// What is below `run`.
pub const RUN_KEYS: [&str; 2] = ["number", "cause"];

/// Functions that the language has, beside its operators.
const FUNCTIONS: [&str; 32] = [
    "bool", "bytes", "contains", "double", "duration", "dyn", "endsWith", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear",
    "getFullYear", "getHours", "getMilliseconds", "getMinutes", "getMonth", "getSeconds", "has", "int", "matches", "size",
    "startsWith", "string", "timestamp", "type", "uint", "all", "exists", "exists_one", "filter", "map", "max",
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

pub(super) fn list_references(program: &Program, text: &str) -> Vec<Reference> {
    let mut walk = Walk { program, text, bound: Vec::new(), found: Vec::new() };
    walk.visit(program.expression());
    walk.found
}

struct Walk<'a> {
    program: &'a Program,
    text: &'a str,
    /// Names that loops around the present place bind.
    bound: Vec<&'a str>,
    found: Vec<Reference>,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, tree: &'a Tree) {
        match &tree.expr {
            Expr::Ident(name) => self.add(tree.id, name, None),
            Expr::Select(select) => match &select.operand.expr {
                Expr::Ident(name) => self.add(select.operand.id, name, Some(&select.field)),
                _ => self.visit(&select.operand),
            },
            Expr::Call(call) => {
                if let (operators::INDEX, [container, index]) = (call.func_name.as_str(), call.args.as_slice())
                    && let (Expr::Ident(name), Expr::Literal(LiteralValue::String(key))) = (&container.expr, &index.expr)
                {
                    self.add(container.id, name, Some(key.inner()));
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

    fn add(&mut self, id: u64, root: &str, member: Option<&str>) {
        if self.bound.contains(&root) || root.starts_with('@') || TYPES.contains(&root) {
            return;
        }
        let range = self.range(id, root, member);
        self.found.push(Reference { root: root.to_owned(), member: member.map(str::to_owned), range });
    }

    /// The parser's offsets count characters.
    fn range(&self, id: u64, root: &str, member: Option<&str>) -> Range<usize> {
        let start = self.program.source_info().offset_for(id).and_then(|(start, _)| {
            let start = self.text.char_indices().nth(start as usize)?.0;
            self.text[start..].starts_with(root).then_some(start)
        });
        let Some(start) = start.or_else(|| self.text.find(root)) else { return 0..self.text.len() };
        let end = start + root.len();
        let selected = member.filter(|member| self.text[end..].strip_prefix('.').is_some_and(|rest| rest.starts_with(*member)));
        start..selected.map_or(end, |member| end + 1 + member.len())
    }
}

/// Names of types, which are values of the language itself.
const TYPES: [&str; 10] = ["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"];
