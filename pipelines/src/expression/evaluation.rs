//! Evaluates expressions on a context, and shows values as text.

use super::error::EvaluationError;
use super::program::Expression;
use cel::objects::{Key, Map};
use cel::{Context, ExecutionError, Value};
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::Arc;

/// Largest value that an expression may give, in bytes as text.
const LARGEST: usize = 1 << 20;

impl Expression {
    /// The expression's value on a context: an object whose members are the names `inputs`, `params`, `state`, `matrix`,
    /// `run` (any may be absent). A key that the context lacks is [`EvaluationError::NoSuchKey`]; `has(state.test.coverage)`
    /// asks without failing. What else stands in the context is a name too.
    pub fn evaluate(&self, context: &Json) -> Result<Json, EvaluationError> {
        let mut names = Context::default();
        for root in super::ROOTS {
            let member = context.get(root).map_or_else(|| from_json(&Json::Object(serde_json::Map::new())), from_json);
            names.add_variable_from_value(root, member);
        }
        for (name, member) in context.as_object().into_iter().flatten().filter(|(name, _)| !super::ROOTS.contains(&name.as_str())) {
            names.add_variable_from_value(name.as_str(), from_json(member));
        }
        let value = Value::resolve(&self.tree, &names).map_err(explain)?;
        let mut left = LARGEST;
        to_json(&value, &mut left)
    }

    /// The expression's value where a condition is wanted.
    pub fn evaluate_bool(&self, context: &Json) -> Result<bool, EvaluationError> {
        match self.evaluate(context)? {
            Json::Bool(value) => Ok(value),
            other => Err(EvaluationError::NotBoolean { found: describe(&other) }),
        }
    }
}

fn describe(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "a list",
        Json::Object(_) => "a mapping",
    }
}

fn explain(error: ExecutionError) -> EvaluationError {
    match error {
        ExecutionError::NoSuchKey(key) => EvaluationError::NoSuchKey(key.to_string()),
        ExecutionError::UndeclaredReference(name) => EvaluationError::Failed(format!("unknown name or function \"{name}\"")),
        other => EvaluationError::Failed(other.to_string().chars().take(300).collect()),
    }
}

fn from_json(value: &Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        // Whole numbers are `int`, so that they mix with the literals of an expression.
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Int(whole),
            None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::String(Arc::new(text.clone())),
        Json::Array(items) => Value::List(Arc::new(items.iter().map(from_json).collect())),
        Json::Object(members) => {
            let entry = |(key, value): (&String, &Json)| (Key::String(Arc::new(key.clone())), from_json(value));
            Value::Map(Map { map: Arc::new(members.iter().map(entry).collect::<HashMap<_, _>>()) })
        }
    }
}

/// Shared parts of a value are small in memory and large as text, so the size is counted while it grows.
fn to_json(value: &Value, left: &mut usize) -> Result<Json, EvaluationError> {
    let cost = match value {
        Value::String(text) => text.len() + 2,
        _ => 8,
    };
    *left = left.checked_sub(cost).ok_or(EvaluationError::TooLarge { limit: LARGEST })?;
    Ok(match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(number) => (*number).into(),
        Value::UInt(number) => (*number).into(),
        Value::Float(number) => serde_json::Number::from_f64(*number).map_or_else(|| number.to_string().into(), Json::Number),
        Value::String(text) => text.as_str().into(),
        Value::Timestamp(time) => time.to_rfc3339().into(),
        Value::Duration(duration) => format!("{}ms", duration.num_milliseconds()).into(),
        Value::List(items) => Json::Array(items.iter().map(|item| to_json(item, left)).collect::<Result<_, _>>()?),
        Value::Map(map) => {
            let mut members = serde_json::Map::new();
            for (key, value) in map.map.iter() {
                members.insert(key.to_string(), to_json(value, left)?);
            }
            Json::Object(members)
        }
        other => {
            let message = format!("a value of type {:?} has no place in a pipeline", other.type_of());
            return Err(EvaluationError::Failed(message));
        }
    })
}

/// A value as it stands in a script: text as it is, numbers and booleans as written, null as nothing, the rest as JSON.
#[must_use]
pub fn show(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// State is stored as text; where the text is exactly how a number is written (`85`, `0.5`, but not `010`, `1.10`, `1e3`),
/// this gives the number, so that `state.test.coverage >= 80` compares numbers. Showing it gives the same text again.
#[must_use]
pub fn number_if_exact(text: &str) -> Json {
    if let Ok(whole) = text.parse::<i64>()
        && whole.to_string() == text
    {
        return whole.into();
    }
    match text.parse::<f64>().ok().and_then(serde_json::Number::from_f64) {
        Some(number) if number.to_string() == text => Json::Number(number),
        _ => text.into(),
    }
}
