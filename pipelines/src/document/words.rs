//! Scalars of the language: names, numbers, durations, globs, texts.

use super::findings::Findings;
use super::foreign::split_foreign;
use super::position::Span;
use super::quantity::parse_duration_ms;
use super::shape::{Definitions, Key, Shape, report_type};
use super::syntax::shorten;
use super::tree::{Node, Scalar, Style};
use serde_json::{Value, json};

/// The longest name, in characters.
pub(super) const LONGEST_NAME: usize = 100;

impl Shape for String {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        let text = node.text();
        if text.is_none() {
            report_type(node, "text", findings);
        }
        text.map(str::to_owned)
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": ["string", "number", "boolean"] })
    }
}

impl Shape for bool {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        let plain = node.scalar().filter(|scalar| scalar.style == Style::Plain);
        match plain.map(|scalar| scalar.text.as_str()) {
            Some("true") => return Some(true),
            Some("false") => return Some(false),
            Some("yes" | "on" | "True" | "TRUE") => suggest_flag(node, "true", findings),
            Some("no" | "off" | "False" | "FALSE") => suggest_flag(node, "false", findings),
            _ => report_type(node, "true or false", findings),
        }
        None
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "boolean" })
    }
}

fn suggest_flag(node: &Node, word: &str, findings: &mut Findings<'_>) {
    let message = format!("expected true or false, found {}", node.text().unwrap_or_default());
    findings.error_with("wrong-type", node.span, message, Some(format!("write {word}")));
}

/// A whole number between two bounds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Whole<const MIN: u32, const MAX: u32>(pub u32);

impl<const MIN: u32, const MAX: u32> Shape for Whole<MIN, MAX> {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        let plain = node.scalar().filter(|scalar| scalar.style == Style::Plain && !scalar.is_null());
        let Some(scalar) = plain else {
            report_type(node, "a whole number", findings);
            return None;
        };
        let canonical = scalar.text.len() == 1 || !scalar.text.starts_with(['0', '+']);
        let number = scalar.text.parse::<u32>().ok().filter(|number| canonical && (MIN..=MAX).contains(number));
        if number.is_none() {
            let message = format!("expected a whole number from {MIN} to {MAX}, found {}", shorten(&scalar.text));
            findings.error("wrong-number", node.span, message);
        }
        number.map(Self)
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "integer", "minimum": MIN, "maximum": MAX })
    }
}

/// A whole number between two bounds, the lower one below zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signed<const MIN: i32, const MAX: i32>(pub i32);

impl<const MIN: i32, const MAX: i32> Shape for Signed<MIN, MAX> {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        let plain = node.scalar().filter(|scalar| scalar.style == Style::Plain && !scalar.is_null());
        let Some(scalar) = plain else {
            report_type(node, "a whole number", findings);
            return None;
        };
        let digits = scalar.text.strip_prefix('-').unwrap_or(&scalar.text);
        let canonical = !digits.starts_with(['0', '+']) || scalar.text == "0";
        let number = scalar.text.parse::<i32>().ok().filter(|number| canonical && (MIN..=MAX).contains(number));
        if number.is_none() {
            let message = format!("expected a whole number from {MIN} to {MAX}, found {}", shorten(&scalar.text));
            findings.error("wrong-number", node.span, message);
        }
        number.map(Self)
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "integer", "minimum": MIN, "maximum": MAX })
    }
}

/// A duration in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Duration(pub u64);

impl Shape for Duration {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        let Some(text) = node.text() else {
            report_type(node, "a duration such as 20m", findings);
            return None;
        };
        let parsed = parse_duration_ms(text).filter(|duration| *duration > 0);
        if parsed.is_none() {
            let help = match text.parse::<u64>() {
                _ if parse_duration_ms(text) == Some(0) => "it must be longer than nothing".to_owned(),
                Ok(number) => format!("give a unit: {number}s, {number}m, {number}h or {number}d"),
                Err(_) => "durations are written 90s, 20m, 4h, 3d or 1h30m".to_owned(),
            };
            findings.error_with("wrong-duration", node.span, format!("\"{}\" is not a usable duration", shorten(text)), Some(help));
        }
        parsed.map(Self)
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string", "pattern": "^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$", "minLength": 2 })
    }
}

/// Which characters a kind of name may have.
struct Alphabet {
    what: &'static str,
    first: fn(char) -> bool,
    rest: fn(char) -> bool,
    rule: &'static str,
}

fn check_name(text: &str, span: Span, alphabet: &Alphabet, findings: &mut Findings<'_>) -> Option<String> {
    let mut characters = text.chars();
    let fits = characters.next().is_some_and(alphabet.first) && characters.all(alphabet.rest);
    if fits && text.len() <= LONGEST_NAME {
        return Some(text.to_owned());
    }
    if fits {
        let message = format!("this {} has {} characters; the limit is {LONGEST_NAME}", alphabet.what, text.len());
        findings.error("bad-name", span, message);
        return None;
    }
    let replaced: String = text
        .trim()
        .chars()
        .map(|c| [c, c.to_ascii_lowercase(), '-', '_'].into_iter().find(|c| (alphabet.rest)(*c)).unwrap_or('-'))
        .skip_while(|c| !(alphabet.first)(*c))
        .collect();
    let better = (!replaced.is_empty() && replaced.len() <= LONGEST_NAME).then(|| format!("for example \"{replaced}\""));
    let message = format!("\"{}\" is not a valid {}: {}", shorten(text), alphabet.what, alphabet.rule);
    findings.error_with("bad-name", span, message, better);
    None
}

/// Declares a kind of name.
macro_rules! name {
    ($(#[doc = $doc:literal])+ $name:ident, $what:literal, $pattern:literal, $first:expr, $rest:expr, $rule:literal) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub(crate) struct $name(pub String);

        impl Shape for $name {
            fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
                let Some(text) = node.text() else {
                    report_type(node, concat!("a ", $what), findings);
                    return None;
                };
                Self::read_key(text, node.span, findings)
            }

            fn schema(_: &mut Definitions) -> Value {
                json!({ "type": "string", "pattern": $pattern, "maxLength": LONGEST_NAME })
            }
        }

        impl Key for $name {
            fn read_key(text: &str, span: Span, findings: &mut Findings<'_>) -> Option<Self> {
                let alphabet = Alphabet { what: $what, first: $first, rest: $rest, rule: $rule };
                check_name(text, span, &alphabet, findings).map(Self)
            }

            fn pattern() -> &'static str {
                $pattern
            }
        }
    };
}

name!(
    /// A resource, job or input.
    Name,
    "name",
    "^[a-z][a-z0-9-]*$",
    |c| c.is_ascii_lowercase(),
    |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-',
    "names are lower-case letters, digits and -, and begin with a letter"
);
name!(
    /// A pipeline or a repository of the built-in server.
    PipelineName,
    "name",
    "^[a-z0-9][a-z0-9-]*$",
    |c| c.is_ascii_lowercase() || c.is_ascii_digit(),
    |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-',
    "names are lower-case letters, digits and -"
);
name!(
    /// A parameter or a matrix axis: also usable in an expression without brackets.
    FieldName,
    "name",
    "^[a-z][a-z0-9_-]*$",
    |c| c.is_ascii_lowercase(),
    |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_',
    "such names are lower-case letters, digits, - and _, and begin with a letter"
);
name!(
    /// A key of a `params` resource or of a version.
    ValueName,
    "key",
    "^[A-Za-z_][A-Za-z0-9_-]*$",
    |c| c.is_ascii_alphabetic() || c == '_',
    |c| c.is_ascii_alphanumeric() || c == '-' || c == '_',
    "keys are letters, digits, - and _, and do not begin with a digit"
);
name!(
    /// An environment variable.
    VariableName,
    "environment variable",
    "^[A-Za-z_][A-Za-z0-9_]*$",
    |c| c.is_ascii_alphabetic() || c == '_',
    |c| c.is_ascii_alphanumeric() || c == '_',
    "they are letters, digits and _, and do not begin with a digit"
);
name!(
    /// A secret of the workspace, a label or a concurrency group.
    Word,
    "name",
    "^[A-Za-z0-9][A-Za-z0-9._-]*$",
    |c| c.is_ascii_alphanumeric(),
    |c| c.is_ascii_alphanumeric() || c == '-' || c == '_' || c == '.',
    "such names are letters, digits, -, _ and ."
);

/// The name of a resource or job that is defined elsewhere: in the file, or as `pipeline/name` in another one of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference(pub String);

impl Shape for Reference {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        let Some(text) = node.text() else {
            report_type(node, "a name", findings);
            return None;
        };
        if let Some((pipeline, name)) = split_foreign(text) {
            PipelineName::read_key(pipeline, node.span, findings)?;
            Name::read_key(name, node.span, findings)?;
        }
        Some(Self(text.to_owned()))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string", "pattern": "^([a-z0-9][a-z0-9-]*/)?[a-z][a-z0-9-]*$", "maxLength": 2 * LONGEST_NAME + 1 })
    }
}

/// Text that may hold `${{ }}`, or is an expression as a whole. Checked later, when the names around it are known.
#[derive(Clone, Debug)]
pub(crate) struct Formula<const TEMPLATE: bool>(pub Scalar);

/// CEL as a whole.
pub(crate) type Condition = Formula<false>;
/// Text with `${{ }}`.
pub(crate) type Template = Formula<true>;

impl<const TEMPLATE: bool> Shape for Formula<TEMPLATE> {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        let scalar = node.scalar().filter(|scalar| !scalar.is_null());
        if scalar.is_none() {
            report_type(node, if TEMPLATE { "text" } else { "an expression" }, findings);
        }
        scalar.cloned().map(Self)
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": ["string", "number", "boolean"] })
    }
}

/// A glob; `!` in front excludes.
#[derive(Clone, Debug)]
pub(crate) struct Glob(pub String);

impl Shape for Glob {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        let Some(text) = node.text() else {
            report_type(node, "a glob such as \"src/**\"", findings);
            return None;
        };
        match check_glob(text) {
            Ok(()) => Some(Self(text.to_owned())),
            Err(reason) => {
                findings.error("bad-glob", node.span, format!("\"{}\" is not a usable glob: {reason}", shorten(text)));
                None
            }
        }
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string", "minLength": 1, "maxLength": 1000 })
    }
}

fn check_glob(text: &str) -> Result<(), String> {
    let pattern = text.strip_prefix('!').unwrap_or(text);
    if pattern.is_empty() {
        return Err("it is empty".to_owned());
    }
    if text.len() > 1000 {
        return Err("it is longer than 1000 bytes".to_owned());
    }
    if pattern.starts_with('/') || pattern.split('/').any(|part| part == "..") {
        return Err("it must stay inside the folder: neither a leading / nor ..".to_owned());
    }
    match globset::GlobBuilder::new(pattern).literal_separator(true).build() {
        Ok(_) => Ok(()),
        Err(error) => Err(error.kind().to_string()),
    }
}

/// A path inside the workspace.
#[derive(Clone, Debug)]
pub(crate) struct InnerPath(pub String);

impl Shape for InnerPath {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        let Some(text) = node.text() else {
            report_type(node, "a path", findings);
            return None;
        };
        let outside = text.starts_with('/') || text.split('/').any(|part| part == "..") || text.contains('\0');
        if outside || text.is_empty() {
            let message = format!("the path \"{}\" must stay inside the workspace", shorten(text));
            findings.error_with("bad-path", node.span, message, Some("give a relative path without ..".to_owned()));
            return None;
        }
        Some(Self(text.to_owned()))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string", "minLength": 1 })
    }
}

/// A scalar of any kind, as written.
#[derive(Clone, Debug)]
pub(crate) struct AnyScalar(pub Scalar);

impl Shape for AnyScalar {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        let scalar = node.scalar().filter(|scalar| !scalar.is_null());
        if scalar.is_none() {
            report_type(node, "text, a number or a boolean", findings);
        }
        scalar.cloned().map(Self)
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": ["string", "number", "boolean"] })
    }
}
