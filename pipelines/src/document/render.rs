//! Diagnostics as plain text for a terminal.

use super::{Diagnostic, Severity};
use std::fmt::Write as _;

/// Source lines longer than this are shown from near the finding on, in characters.
const WIDTH: usize = 120;

/// Every diagnostic with its place, source line, carets and help, plain text without colours.
#[must_use]
pub fn render(diagnostics: &[Diagnostic]) -> String {
    let mut text = String::new();
    for diagnostic in diagnostics {
        if !text.is_empty() {
            text.push('\n');
        }
        // Writing to a String cannot fail.
        let _ = render_one(diagnostic, &mut text);
    }
    text
}

fn render_one(diagnostic: &Diagnostic, text: &mut String) -> std::fmt::Result {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let number = diagnostic.line.to_string();
    let gutter = " ".repeat(number.len());
    writeln!(text, "{severity}[{}]: {}", diagnostic.code, clean(&diagnostic.message))?;
    writeln!(text, "{gutter}--> {}:{}:{}", clean(&diagnostic.file), diagnostic.line, diagnostic.column)?;
    let column = diagnostic.column.saturating_sub(1) as usize;
    let source = clean(&diagnostic.source);
    let characters: Vec<char> = source.chars().collect();
    let from = if column > WIDTH * 3 / 4 { column - WIDTH / 2 } else { 0 };
    if column <= characters.len() {
        let shown: String = characters.iter().skip(from).take(WIDTH).collect();
        let room = shown.chars().count().saturating_sub(column - from).max(1);
        let carets = "^".repeat((diagnostic.length as usize).clamp(1, room));
        writeln!(text, "{gutter} |")?;
        writeln!(text, "{number} | {}", shown.trim_end())?;
        writeln!(text, "{gutter} | {}{carets}", " ".repeat(column - from))?;
    }
    if let Some(suggestion) = &diagnostic.suggestion {
        writeln!(text, "{gutter} = help: {}", clean(suggestion))?;
    }
    for place in &diagnostic.related {
        writeln!(text, "{gutter} = {}: {}:{}:{}", clean(&place.note), clean(&place.file), place.line, place.column)?;
    }
    Ok(())
}

/// Text from a file must not steer the terminal: control characters are shown as a mark of the same width.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c == '\t' {
                ' '
            } else if c.is_control() {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}
