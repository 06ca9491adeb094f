//! What a template may be made of. The engine knows more than is wanted here; this looks at the text before the engine does.

/// Where a template goes too far, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slip {
    pub line: usize,
    pub what: String,
}

/// Whether the template is only text, values, `if` and `for` over lists of the message. Assignments, macros and computed lists would
/// let a short template make a text that doubles with each step; so would repetition by `*`.
pub(super) fn check_syntax(source: &str) -> Result<(), Slip> {
    let mut at = 0;
    while let Some((start, kind)) = find_opening(source, at) {
        let slip = |what: String| Slip { line: source[..start].matches('\n').count() + 1, what };
        let inner = &source[start + 2..];
        let end = match kind {
            Opening::Comment => inner.find("#}"),
            Opening::Value => find_end(inner, "}}"),
            Opening::Tag => find_end(inner, "%}"),
        };
        let Some(end) = end else { return Err(slip("what begins here does not end".to_owned())) };
        let text = &inner[..end];
        match kind {
            Opening::Comment => {}
            Opening::Value => check_expression(text).map_err(slip)?,
            Opening::Tag => check_tag(text.trim_matches(['-', '+']).trim()).map_err(slip)?,
        }
        at = start + 2 + end + 2;
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Opening {
    Value,
    Tag,
    Comment,
}

fn find_opening(source: &str, from: usize) -> Option<(usize, Opening)> {
    let openings = [("{{", Opening::Value), ("{%", Opening::Tag), ("{#", Opening::Comment)];
    let found = openings.into_iter().filter_map(|(sign, kind)| Some((from + source[from..].find(sign)?, kind)));
    found.min_by_key(|(at, _)| *at)
}

/// The end of a value or a tag, which does not lie inside a quoted text or between brackets.
fn find_end(text: &str, sign: &str) -> Option<usize> {
    let (mut quote, mut escaped) = (None, false);
    for (at, c) in text.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if text[at..].starts_with(sign) => return Some(at),
            None if c == '"' || c == '\'' => quote = Some(c),
            None => {}
        }
    }
    None
}

fn check_tag(tag: &str) -> Result<(), String> {
    let (word, rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    match word {
        "if" | "elif" => check_expression(rest),
        "else" | "endif" | "endfor" => Ok(()),
        "for" => check_loop(rest.trim()),
        other => {
            let shown: String = other.chars().take(40).collect();
            Err(format!("`{shown}` is not allowed in templates; they have if, elif, else, for and values"))
        }
    }
}

fn check_loop(text: &str) -> Result<(), String> {
    let is_name = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let parts: Vec<&str> = text.split_whitespace().collect();
    match parts.as_slice() {
        [variable, "in", list] if is_name(variable) && list.split('.').all(is_name) => Ok(()),
        _ => Err("`for` goes over a list of the message: for NAME in commits, what, facts, needs or failing_lines".to_owned()),
    }
}

fn check_expression(text: &str) -> Result<(), String> {
    let (mut quote, mut escaped) = (None, false);
    for c in text.chars() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '*' => return Err("`*` is not allowed in templates".to_owned()),
            None if c == '"' || c == '\'' => quote = Some(c),
            None => {}
        }
    }
    Ok(())
}
