//! What a gate is bound to.

use crate::ids::VersionId;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The SHA-256, as 64 lower-case hexadecimal digits, of what a gate lets through: its input versions by input name, the
/// job's definition and the run's parameters. The order of keys inside the JSON does not matter.
#[must_use]
pub fn digest(inputs: &BTreeMap<String, VersionId>, job: &Value, params: &Value) -> String {
    let mut text = String::from("andon-gate-1\n{\"inputs\":{");
    for (index, (name, version)) in inputs.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        write_text(name, &mut text);
        text.push(':');
        write_text(&version.to_string(), &mut text);
    }
    text.push_str("},\"job\":");
    write_canonical(job, &mut text);
    text.push_str(",\"params\":");
    write_canonical(params, &mut text);
    text.push('}');
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// JSON with sorted keys and no spaces. Sorted here, because the order of a map's keys follows from a feature of
/// `serde_json` that any crate of the build can switch.
fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(map) => {
            let sorted: BTreeMap<&String, &Value> = map.iter().collect();
            text.push('{');
            for (index, (key, value)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_text(key, text);
                text.push(':');
                write_canonical(value, text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_canonical(item, text);
            }
            text.push(']');
        }
        Value::String(content) => write_text(content, text),
        Value::Null | Value::Bool(_) | Value::Number(_) => text.push_str(&value.to_string()),
    }
}

fn write_text(content: &str, text: &mut String) {
    text.push_str(&Value::from(content).to_string());
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn inputs(pairs: &[(&str, u64)]) -> BTreeMap<String, VersionId> {
        pairs.iter().map(|(name, number)| ((*name).to_owned(), VersionId::from_number(*number))).collect()
    }

    #[test]
    fn the_digest_is_the_same_on_every_machine() {
        let digest = digest(&inputs(&[("app", 1)]), &json!({"name": "sign-off", "after": ["test"]}), &json!({"dry_run": false}));
        assert_eq!(
            digest,
            hex::encode(Sha256::digest(
                "andon-gate-1\n{\"inputs\":{\"app\":\"00000000-0000-0000-0000-000000000001\"},\"job\":{\"after\":[\"test\"],\"name\":\"sign-off\"},\"params\":{\"dry_run\":false}}"
            ))
        );
    }

    #[test]
    fn the_order_of_keys_does_not_matter_at_any_depth() {
        let one: Value = serde_json::from_str(r#"{"a": {"x": 1, "y": [1, {"p": 1, "q": 2}]}, "b": null}"#).expect("JSON");
        let two: Value = serde_json::from_str(r#"{"b": null, "a": {"y": [1, {"q": 2, "p": 1}], "x": 1}}"#).expect("JSON");
        assert_eq!(digest(&inputs(&[]), &one, &json!({})), digest(&inputs(&[]), &two, &json!({})));
    }

    #[test]
    fn every_part_counts_and_none_can_pass_for_another() {
        let base = digest(&inputs(&[("a", 1)]), &json!({"name": "x"}), &json!({}));
        let others = [
            digest(&inputs(&[("a", 2)]), &json!({"name": "x"}), &json!({})),
            digest(&inputs(&[("b", 1)]), &json!({"name": "x"}), &json!({})),
            digest(&inputs(&[("a", 1)]), &json!({"name": "y"}), &json!({})),
            digest(&inputs(&[("a", 1)]), &json!({"name": "x"}), &json!({"p": 1})),
            digest(&inputs(&[("a", 1)]), &json!({"name": "x"}), &json!({"p": "1"})),
            digest(&inputs(&[("a\":\"", 1)]), &json!({"name": "x"}), &json!({})),
        ];
        let distinct: std::collections::BTreeSet<&String> = others.iter().chain([&base]).collect();
        assert_eq!(distinct.len(), others.len() + 1);
    }
}
