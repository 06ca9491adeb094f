//! Text with `${{ }}` in it.

use super::error::{EvaluationError, ExpressionError};
use super::evaluation::show;
use super::program::Expression;
use serde_json::Value as Json;
use std::ops::Range;

/// Largest text that interpolation may give, in bytes.
const LARGEST: usize = 4 << 20;

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplatePart {
    /// These bytes of the template, as they are.
    Text(Range<usize>),
    /// These bytes of the template are an expression, without the marks around it.
    Expression(Range<usize>),
}

/// Splits a template. Fails where `${{` is not closed; `}}` inside a text literal closes nothing.
pub fn split_template(template: &str) -> Result<Vec<TemplatePart>, ExpressionError> {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(found) = template[at..].find("${{") {
        let start = at + found;
        let inside = start + 3;
        let Some(end) = find_end(template, inside) else {
            return Err(ExpressionError::new("`${{` is not closed by `}}`", start..inside));
        };
        if start > at {
            parts.push(TemplatePart::Text(at..start));
        }
        let written = &template[inside..end];
        let lead = written.len() - written.trim_start().len();
        let trimmed = written.trim();
        parts.push(TemplatePart::Expression(inside + lead..inside + lead + trimmed.len()));
        at = end + 2;
    }
    if at < template.len() {
        parts.push(TemplatePart::Text(at..template.len()));
    }
    Ok(parts)
}

/// Where the `}}` that ends an expression begins. An unclosed quote or a stray brace must not swallow the rest of a long
/// script, so the search ends with the longest expression.
fn find_end(template: &str, inside: usize) -> Option<usize> {
    let bytes = template.as_bytes();
    let limit = bytes.len().min(inside + super::bounds::LONGEST + 2);
    let (mut quote, mut braces, mut at) = (None, 0_usize, inside);
    while at < limit {
        match (quote, bytes[at]) {
            (Some(_), b'\\') => at += 1,
            (Some(open), byte) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, byte @ (b'"' | b'\'')) => quote = Some(byte),
            (None, b'{') => braces += 1,
            (None, b'}') if braces > 0 => braces -= 1,
            (None, b'}') if bytes.get(at + 1) == Some(&b'}') => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// The template with each `${{ expr }}` replaced by its value on the context (see [`Expression::evaluate`]).
pub fn interpolate(template: &str, context: &Json) -> Result<String, EvaluationError> {
    let mut text = String::with_capacity(template.len());
    for part in split_template(template)? {
        match part {
            TemplatePart::Text(range) => text.push_str(&template[range]),
            TemplatePart::Expression(range) => text.push_str(&show(&Expression::parse(&template[range])?.evaluate(context)?)),
        }
        if text.len() > LARGEST {
            return Err(EvaluationError::TooLarge { limit: LARGEST });
        }
    }
    Ok(text)
}
