//! What an expression may cost. The text is measured before the parser sees it, because the parser recurses as deep as the
//! text nests; loops are measured on the parsed tree.

use super::error::ExpressionError;
use cel::common::ast::{EntryExpr, Expr, operators};
use cel::parser::Expression as Tree;

/// Longest expression, in bytes.
pub(super) const LONGEST: usize = 4096;
/// Deepest nesting of brackets.
const BRACKETS: usize = 16;
/// Most operators, selections and calls: each may add a level to the tree.
const OPERATORS: usize = 160;
/// Most elements of lists, maps and calls together.
const COMMAS: usize = 256;
/// Deepest tree: evaluation takes some 30 KB of stack for each level in a debug build, and a worker thread has 2 MB.
const LEVELS: usize = 24;
/// Deepest loops in or behind loops.
const LOOPS: usize = 2;
/// Most additions inside loops: each may double a text.
const LOOP_ADDITIONS: usize = 4;

/// Checks the text's length and nesting.
pub(super) fn check_text(text: &str) -> Result<(), ExpressionError> {
    if text.trim().is_empty() {
        return Err(ExpressionError::new("the expression is empty", 0..text.len()));
    }
    if text.len() > LONGEST {
        return Err(ExpressionError::new(format!("the expression has {} bytes; the limit is {LONGEST}", text.len()), 0..1));
    }
    let mut measure = Measure::default();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        at = measure.step(bytes, at)?;
    }
    Ok(())
}

#[derive(Default)]
struct Measure {
    open: usize,
    operators: usize,
    commas: usize,
}

impl Measure {
    /// Takes what stands at a byte; gives the place of the next.
    fn step(&mut self, bytes: &[u8], at: usize) -> Result<usize, ExpressionError> {
        match bytes[at] {
            b'"' | b'\'' => return Ok(end_of_text(bytes, at)),
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                return Err(ExpressionError::new("comments are not allowed in expressions", at..at + 2));
            }
            b'(' | b'[' | b'{' => {
                self.open += 1;
                self.operators += 1;
            }
            b')' | b']' | b'}' => self.open = self.open.saturating_sub(1),
            b',' => self.commas += 1,
            b'.' | b'!' | b'-' | b'+' | b'*' | b'/' | b'%' | b'<' | b'>' | b'=' | b'&' | b'|' | b'?' | b':' => self.operators += 1,
            b'i' if bytes.get(at + 1) == Some(&b'n') => self.operators += usize::from(is_word_in(bytes, at)),
            _ => {}
        }
        if self.open > BRACKETS {
            return Err(ExpressionError::new(format!("brackets are nested more than {BRACKETS} deep"), at..at + 1));
        }
        if self.operators > OPERATORS || self.commas > COMMAS {
            return Err(ExpressionError::new("the expression is too complex; compute this in a script", at..at + 1));
        }
        Ok(at + 1)
    }
}

fn is_word_in(bytes: &[u8], at: usize) -> bool {
    let part_of_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    !part_of_word(at.checked_sub(1).and_then(|before| bytes.get(before))) && !part_of_word(bytes.get(at + 2))
}

/// The byte behind a text literal; the end of the expression where it is not closed.
pub(super) fn end_of_text(bytes: &[u8], at: usize) -> usize {
    let quote = bytes[at];
    let triple = bytes.get(at + 1) == Some(&quote) && bytes.get(at + 2) == Some(&quote);
    let before = at.checked_sub(1).map(|before| bytes[before].to_ascii_lowercase());
    let raw = matches!(before, Some(b'r')) || (matches!(before, Some(b'b')) && at > 1 && bytes[at - 2].eq_ignore_ascii_case(&b'r'));
    let mut next = at + if triple { 3 } else { 1 };
    while next < bytes.len() {
        if bytes[next] == b'\\' && !raw {
            next += 2;
        } else if bytes[next] != quote {
            next += 1;
        } else if !triple {
            return next + 1;
        } else if bytes.get(next + 1) == Some(&quote) && bytes.get(next + 2) == Some(&quote) {
            return next + 3;
        } else {
            next += 1;
        }
    }
    bytes.len()
}

/// Checks how deep the expression is and what its loops can cost.
pub(super) fn check_tree(tree: &Tree, length: usize) -> Result<(), ExpressionError> {
    if count_levels(tree) > LEVELS {
        let message = format!("the expression is more than {LEVELS} levels deep; compute this in a script");
        return Err(ExpressionError::new(message, 0..length));
    }
    let mut loops = Loops::default();
    loops.walk(tree, 0);
    let reason = if loops.deepest > LOOPS {
        "loops (all, exists, exists_one, map, filter) are nested or chained more than 2 deep"
    } else if loops.additions > LOOP_ADDITIONS {
        "a loop holds more than 4 additions; compute this in a script"
    } else if loops.matches_in_inner {
        "matches() inside a loop in a loop is not allowed; compute this in a script"
    } else {
        return Ok(());
    };
    Err(ExpressionError::new(reason, 0..length))
}

/// Levels of a tree; the parser's own bounds keep this walk short.
fn count_levels(tree: &Tree) -> usize {
    let deepest = |parts: &mut dyn Iterator<Item = &Tree>| parts.map(count_levels).max().unwrap_or(0);
    let entries = |entries: &[cel::common::ast::IdedEntryExpr]| {
        let levels = entries.iter().map(|entry| match &entry.expr {
            EntryExpr::StructField(field) => count_levels(&field.value),
            EntryExpr::MapEntry(pair) => count_levels(&pair.key).max(count_levels(&pair.value)),
        });
        levels.max().unwrap_or(0)
    };
    1 + match &tree.expr {
        Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => 0,
        Expr::Select(select) => count_levels(&select.operand),
        Expr::Call(call) => deepest(&mut call.target.as_deref().into_iter().chain(&call.args)),
        Expr::List(list) => deepest(&mut list.elements.iter()),
        Expr::Map(map) => entries(&map.entries),
        Expr::Struct(made) => entries(&made.entries),
        Expr::Comprehension(each) => {
            let parts = [&each.iter_range, &each.accu_init, &each.loop_cond, &each.loop_step, &each.result];
            deepest(&mut parts.into_iter())
        }
    }
}

#[derive(Default)]
struct Loops {
    deepest: usize,
    additions: usize,
    matches_in_inner: bool,
}

impl Loops {
    /// Walks the tree; gives how many loops stand in or behind one another in it.
    fn walk(&mut self, tree: &Tree, around: usize) -> usize {
        match &tree.expr {
            Expr::Comprehension(each) => {
                // What a loop runs over may come from another loop: its size multiplies all the same.
                let range = self.walk(&each.iter_range, around);
                let inside = around + range + 1;
                self.deepest = self.deepest.max(inside);
                let body = [&each.accu_init, &each.loop_cond, &each.result].into_iter().map(|part| self.walk(part, around)).max();
                let step = self.walk_step(&each.loop_step, inside);
                range + 1 + step.max(body.unwrap_or(0))
            }
            Expr::Call(call) => {
                self.additions += usize::from(around > 0 && call.func_name == operators::ADD);
                self.matches_in_inner |= around > 1 && call.func_name == "matches";
                let parts = call.target.as_deref().into_iter().chain(&call.args);
                parts.map(|part| self.walk(part, around)).max().unwrap_or(0)
            }
            Expr::Select(select) => self.walk(&select.operand, around),
            Expr::List(list) => list.elements.iter().map(|element| self.walk(element, around)).max().unwrap_or(0),
            Expr::Map(map) => self.walk_entries(&map.entries, around),
            Expr::Struct(made) => self.walk_entries(&made.entries, around),
            Expr::Ident(_) | Expr::Literal(_) | Expr::Unspecified => 0,
        }
    }

    /// `map` and `filter` are themselves written as an addition of one element, which is not the author's.
    fn walk_step(&mut self, step: &Tree, inside: usize) -> usize {
        let before = self.additions;
        let depth = self.walk(step, inside);
        if self.additions > before {
            self.additions -= 1;
        }
        depth
    }

    fn walk_entries(&mut self, entries: &[cel::common::ast::IdedEntryExpr], around: usize) -> usize {
        let walk = |entry: &cel::common::ast::IdedEntryExpr| match &entry.expr {
            EntryExpr::StructField(field) => self.walk(&field.value, around),
            EntryExpr::MapEntry(pair) => {
                let key = self.walk(&pair.key, around);
                key.max(self.walk(&pair.value, around))
            }
        };
        entries.iter().map(walk).max().unwrap_or(0)
    }
}
