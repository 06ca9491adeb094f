//! One act, in the words of the audit trail.

use serde_json::{Value, json};

/// The longest text within what stood before or after, in characters.
const LONGEST_TEXT: usize = 300;
/// The most elements of a list or an object there.
const MOST_ELEMENTS: usize = 50;
/// The longest of what stood before or after, as JSON, in bytes.
const LONGEST_JSON: usize = 4_096;

/// What was acted on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    pub kind: &'static str,
    /// Absent: the store looks up how the row is called now.
    pub name: Option<String>,
    pub id: Option<String>,
}

impl Object {
    /// A thing that is known by its name.
    #[must_use]
    pub fn named(kind: &'static str, name: &str) -> Self {
        Self { kind, name: Some(name.to_owned()), id: None }
    }

    /// A thing with a row of its own.
    #[must_use]
    pub fn row(kind: &'static str, id: impl ToString) -> Self {
        Self { kind, name: None, id: Some(id.to_string()) }
    }

    /// With its identifier as well.
    #[must_use]
    pub fn with_id(self, id: impl ToString) -> Self {
        Self { id: Some(id.to_string()), ..self }
    }
}

/// Something that somebody did. `before` and `after` are `null` where there is nothing to say; they never hold a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// `THING.DONE`: `secret.set`, `gate.approved`.
    pub action: String,
    pub object: Object,
    pub before: Value,
    pub after: Value,
    /// Who did it, where that is somebody else than the transaction's actor. Such an act is kept wherever it comes from.
    pub actor: Option<String>,
}

impl Act {
    #[must_use]
    pub fn new(action: impl Into<String>, object: Object) -> Self {
        Self { action: action.into(), object, before: Value::Null, after: Value::Null, actor: None }
    }

    #[must_use]
    pub fn before(self, before: Value) -> Self {
        Self { before, ..self }
    }

    #[must_use]
    pub fn after(self, after: Value) -> Self {
        Self { after, ..self }
    }

    /// Done by somebody, whoever writes it down.
    #[must_use]
    pub fn by(self, actor: impl Into<String>) -> Self {
        Self { actor: Some(actor.into()), ..self }
    }
}

/// JSON as it is kept: long texts and lists are cut, and what is too large even then shows its beginning. `None` for `null`.
pub(crate) fn bound(value: &Value) -> Option<String> {
    if value.is_null() {
        return None;
    }
    let text = cut(value).to_string();
    if text.len() <= LONGEST_JSON {
        return Some(text);
    }
    let beginning: String = text.chars().take(LONGEST_JSON / 8).collect();
    Some(json!({ "cut": true, "bytes": text.len(), "beginning": beginning }).to_string())
}

fn cut(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(cut_text(text)),
        Value::Array(items) => {
            let mut kept: Vec<Value> = items.iter().take(MOST_ELEMENTS).map(cut).collect();
            if items.len() > MOST_ELEMENTS {
                kept.push(Value::String(format!("… and {} more", items.len() - MOST_ELEMENTS)));
            }
            Value::Array(kept)
        }
        Value::Object(fields) => {
            let mut kept: serde_json::Map<_, _> =
                fields.iter().take(MOST_ELEMENTS).map(|(name, value)| (cut_text(name), cut(value))).collect();
            if fields.len() > MOST_ELEMENTS {
                kept.insert("…".to_owned(), Value::String(format!("and {} more", fields.len() - MOST_ELEMENTS)));
            }
            Value::Object(kept)
        }
        other => other.clone(),
    }
}

fn cut_text(text: &str) -> String {
    if text.chars().count() <= LONGEST_TEXT {
        return text.to_owned();
    }
    text.chars().take(LONGEST_TEXT).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded_and_stays_json() {
        assert_eq!(bound(&Value::Null), None);
        assert_eq!(bound(&json!({"role": "admin"})).as_deref(), Some(r#"{"role":"admin"}"#));
        let long = bound(&json!({"comment": "ä".repeat(5_000)})).expect("kept");
        assert!(long.len() < 1_000 && long.ends_with("…\"}"), "{long}");
        let many = bound(&json!((0..1_000).collect::<Vec<_>>())).expect("kept");
        assert!(many.ends_with("\"… and 950 more\"]"), "{many}");
        let huge = json!((0..50).map(|_| "\n".repeat(300)).collect::<Vec<_>>());
        let kept = bound(&huge).expect("kept");
        assert!(kept.len() <= LONGEST_JSON, "{}", kept.len());
        assert_eq!(serde_json::from_str::<Value>(&kept).expect("JSON")["cut"], true);
    }
}
