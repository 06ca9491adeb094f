//! A parsed expression.

use super::bounds::{check_text, check_tree};
use super::error::ExpressionError;
use super::reference::{Reference, list_references};
use cel::parser::{Expression as Tree, PrattParser};

/// A parsed expression, ready to be checked and evaluated any number of times.
#[derive(Debug)]
pub struct Expression {
    text: String,
    pub(super) tree: Tree,
}

impl Expression {
    /// Parses CEL. Fails on text that is no expression, is longer than 4096 bytes, nests too deep, or could run too long.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        check_text(text)?;
        let tree = PrattParser::new().parse(text).map_err(|errors| {
            let first = errors.errors.first();
            let message = first.map_or("it cannot be read", |error| error.msg.as_str());
            let range = first.map_or(0..text.len(), |error| place_of(text, error.pos));
            ExpressionError::new(format!("not a CEL expression: {}", tidy(message)), range)
        })?;
        check_tree(&tree, text.len())?;
        Ok(Self { text: text.to_owned(), tree })
    }

    /// The text it was parsed from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Every name that the expression reads from the context.
    #[must_use]
    pub fn references(&self) -> Vec<Reference> {
        list_references(&self.tree, &self.text)
    }

    /// Calls of functions that do not exist, with their names.
    #[must_use]
    pub fn unknown_functions(&self) -> Vec<String> {
        let references = self.tree.references();
        let mut unknown: Vec<String> =
            references.functions().into_iter().filter(|name| !super::reference::is_function(name)).map(str::to_owned).collect();
        unknown.sort();
        unknown
    }
}

/// The parser counts lines from 1 and columns from 0 in characters.
fn place_of(text: &str, (line, column): (isize, isize)) -> std::ops::Range<usize> {
    let whole = 0..text.len();
    let (Ok(line), Ok(column)) = (usize::try_from(line - 1), usize::try_from(column)) else { return whole };
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let Some(rest) = text.get(start..) else { return whole };
    let offset = rest.char_indices().nth(column).map_or(rest.len(), |(offset, _)| offset);
    let at = start + offset;
    let width = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    at..at + width
}

/// The parser's messages list every token that might follow; the first sentence is enough.
fn tidy(message: &str) -> String {
    let cut = message.split(" expecting ").next().unwrap_or(message).trim();
    let short: String = cut.chars().take(200).filter(|c| !c.is_control()).collect();
    short.replace("<EOF>", "the end")
}
