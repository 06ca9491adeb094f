//! What a gate's form takes: a JSON Schema made from the fields, and the check of answers against it.

use crate::document::{FormField, ParamKind};
use crate::expression::show;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The largest answers to a form, in bytes as JSON.
pub const LARGEST_FORM_BYTES: usize = 64 * 1024;
/// The most characters of one answer, where the field sets no limit.
const LONGEST_ANSWER: u64 = 4_000;
/// The most memory that a pattern may take; the reader has refused those that take more.
const LARGEST_PATTERN: usize = 1 << 18;

/// The JSON Schema (2020-12) of a form's answers; no fields take no answers.
#[must_use]
pub fn form_schema(fields: &[FormField]) -> Value {
    let properties: Map<String, Value> = fields.iter().map(|field| (field.name.clone(), field_schema(field))).collect();
    let required: Vec<&str> = fields.iter().filter(|field| field.required).map(|field| field.name.as_str()).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn field_schema(field: &FormField) -> Value {
    let mut schema = Map::new();
    let (kind, least, most) = match field.kind {
        ParamKind::String => ("string", "minLength", "maxLength"),
        ParamKind::Boolean => ("boolean", "minimum", "maximum"),
        ParamKind::Integer => ("integer", "minimum", "maximum"),
        ParamKind::Number => ("number", "minimum", "maximum"),
    };
    schema.insert("type".to_owned(), kind.into());
    if field.kind == ParamKind::String {
        schema.insert("maxLength".to_owned(), LONGEST_ANSWER.into());
        // Required text has to say something.
        schema.extend(field.required.then(|| ("minLength".to_owned(), 1.into())));
    }
    let bounds = [(least, &field.min), (most, &field.max)];
    schema.extend(bounds.into_iter().filter_map(|(key, bound)| Some((key.to_owned(), Value::Number(bound.clone()?)))));
    schema.extend(field.description.clone().map(|text| ("description".to_owned(), text.into())));
    schema.extend(field.pattern.clone().map(|pattern| ("pattern".to_owned(), pattern.into())));
    if !field.options.is_empty() {
        schema.insert("enum".to_owned(), field.options.clone().into());
    }
    Value::Object(schema)
}

/// Checks answers against the schema that [`form_schema`] made. `whole` asks for the required ones too.
///
/// # Errors
/// Everything that is wrong, a sentence each, naming the field.
pub fn check_answers(schema: &Value, answers: &Map<String, Value>, whole: bool) -> Result<(), Vec<String>> {
    let size = Value::Object(answers.clone()).to_string().len();
    if size > LARGEST_FORM_BYTES {
        return Err(vec![format!("the answers have {size} bytes; the limit is {LARGEST_FORM_BYTES} (64 KiB)")]);
    }
    let mut wrong = Vec::new();
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, answer) in answers {
        match properties.and_then(|properties| properties.get(name)) {
            None => wrong.push(format!("the form has no field {}", shorten(name))),
            Some(field) => wrong.extend(check_answer(field, answer).err().map(|why| format!("{name} {why}"))),
        }
    }
    if whole {
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        wrong.extend(required.filter(|name| !answers.contains_key(*name)).map(|name| format!("{name} is required")));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

fn shorten(name: &str) -> String {
    let shown: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
    format!("\"{shown}\"")
}

fn check_answer(field: &Value, answer: &Value) -> Result<(), String> {
    let kind = field.get("type").and_then(Value::as_str).unwrap_or_default();
    let fits = match (kind, answer) {
        ("string", Value::String(_)) | ("boolean", Value::Bool(_)) | ("number", Value::Number(_)) => true,
        // In JSON Schema 3.0 is an integer.
        ("integer", Value::Number(number)) => number.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => false,
    };
    if !fits {
        let article = if kind == "integer" { "an" } else { "a" };
        return Err(format!("has to be {article} {kind}"));
    }
    if let Some(options) = field.get("enum").and_then(Value::as_array)
        && !options.iter().any(|option| is_same(option, answer))
    {
        let options: Vec<String> = options.iter().map(show).collect();
        return Err(format!("has to be one of {}", options.join(", ")));
    }
    match answer {
        Value::String(text) => check_text(field, text),
        Value::Number(number) => check_number(field, number.as_f64().unwrap_or(f64::NAN)),
        _ => Ok(()),
    }
}

/// 3 and 3.0 are the same number.
fn is_same(option: &Value, answer: &Value) -> bool {
    option == answer || (option.is_number() && option.as_f64() == answer.as_f64())
}

fn check_text(field: &Value, text: &str) -> Result<(), String> {
    let bound = |key: &str| field.get(key).and_then(Value::as_u64);
    let length = text.chars().count() as u64;
    if let Some(least) = bound("minLength").filter(|least| length < *least) {
        return Err(if least == 1 { "is empty".to_owned() } else { format!("has to have at least {least} characters") });
    }
    if let Some(most) = bound("maxLength").filter(|most| length > *most) {
        return Err(format!("has {length} characters; the limit is {most}"));
    }
    let Some(pattern) = field.get("pattern").and_then(Value::as_str) else { return Ok(()) };
    let matches = regex::RegexBuilder::new(pattern).size_limit(LARGEST_PATTERN).build().is_ok_and(|pattern| pattern.is_match(text));
    if matches { Ok(()) } else { Err(format!("does not match {pattern}")) }
}

fn check_number(field: &Value, number: f64) -> Result<(), String> {
    let bound = |key: &str| field.get(key).and_then(Value::as_f64);
    match (bound("minimum"), bound("maximum")) {
        (Some(least), _) if number < least => Err(format!("has to be at least {least}")),
        (_, Some(most)) if number > most => Err(format!("has to be at most {most}")),
        _ => Ok(()),
    }
}

/// The answers as a job's state.
#[must_use]
pub fn state_of(answers: &Map<String, Value>) -> BTreeMap<String, String> {
    answers.iter().map(|(name, answer)| (name.clone(), show(answer))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn field(name: &str, kind: ParamKind) -> FormField {
        let (description, pattern, options) = (None, None, Vec::new());
        FormField { name: name.to_owned(), kind, description, required: false, pattern, options, min: None, max: None }
    }

    fn schema() -> Value {
        form_schema(&[
            FormField { pattern: Some("^OPS-[0-9]+$".to_owned()), required: true, ..field("ticket", ParamKind::String) },
            FormField { min: Some(1.into()), max: Some(10.into()), ..field("share", ParamKind::Integer) },
            FormField { options: vec![json!("low"), json!("high")], ..field("risk", ParamKind::String) },
            field("tested", ParamKind::Boolean),
            field("factor", ParamKind::Number),
        ])
    }

    fn check(answers: Value) -> String {
        let Value::Object(answers) = answers else { panic!("an object") };
        check_answers(&schema(), &answers, true).err().unwrap_or_default().join("; ")
    }

    #[test]
    fn the_schema_says_what_the_fields_say() {
        insta::assert_snapshot!(schema(), @r#"{"additionalProperties":false,"properties":{"factor":{"type":"number"},"risk":{"enum":["low","high"],"maxLength":4000,"type":"string"},"share":{"maximum":10,"minimum":1,"type":"integer"},"tested":{"type":"boolean"},"ticket":{"maxLength":4000,"minLength":1,"pattern":"^OPS-[0-9]+$","type":"string"}},"required":["ticket"],"type":"object"}"#);
    }

    #[test]
    fn wrong_answers_are_named_all_at_once() {
        assert_eq!(check(json!({"ticket": "OPS-1", "share": 10, "risk": "low", "tested": true, "factor": 0.5})), "");
        assert_eq!(check(json!({})), "ticket is required");
        assert_eq!(
            check(json!({"ticket": 7, "share": 11, "risk": "none", "tested": "yes", "factor": "1", "more": 1})),
            "factor has to be a number; the form has no field \"more\"; risk has to be one of low, high; share has to be at most 10; \
             tested has to be a boolean; ticket has to be a string"
        );
        assert_eq!(check(json!({"ticket": "ops", "share": 1.5})), "share has to be an integer; ticket does not match ^OPS-[0-9]+$");
        assert_eq!(check(json!({"ticket": "OPS-1", "share": 3.0})), "");
        assert_eq!(check(json!({"ticket": null})), "ticket has to be a string");
    }

    #[test]
    fn answers_are_bounded() {
        assert!(check(json!({"ticket": "x".repeat(4_001)})).contains("the limit is 4000"));
        assert!(check(json!({"ticket": "x".repeat(100_000)})).contains("64 KiB"));
    }

    #[test]
    fn answers_become_text() {
        let Value::Object(answers) = json!({"ticket": "OPS-1", "share": 3, "tested": true}) else { panic!("an object") };
        let state = state_of(&answers);
        assert_eq!((state["ticket"].as_str(), state["share"].as_str(), state["tested"].as_str()), ("OPS-1", "3", "true"));
    }

    proptest! {
        #[test]
        fn no_answers_make_it_panic(name in ".{0,20}", text in ".{0,50}", number in any::<f64>()) {
            let answers = [(name, json!(text)), ("ticket".to_owned(), json!(number)), ("factor".to_owned(), json!(number))];
            let _ = check_answers(&schema(), &answers.into_iter().collect(), true);
        }
    }
}
