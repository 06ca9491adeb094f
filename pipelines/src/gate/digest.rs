//! What a gate is bound to.

use crate::ids::{ResourceId, VersionId};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Everything that an approval is about.
#[derive(Clone, Copy, Debug)]
pub struct Bound<'a> {
    /// By input name.
    pub inputs: &'a BTreeMap<String, VersionId>,
    /// What the job run stands on, by resource: a job that only follows others lets this through too.
    pub lineage: &'a BTreeMap<ResourceId, VersionId>,
    /// The job's definition, and the rules of the environment that it deploys to.
    pub job: &'a Value,
    pub params: &'a Value,
}

/// The SHA-256, as 64 lower-case hexadecimal digits, of what a gate lets through. The order of keys inside the JSON does not
/// matter.
#[must_use]
pub fn digest(bound: &Bound<'_>) -> String {
    let mut text = String::from("andon-gate-2\n{\"inputs\":");
    write_versions(bound.inputs, &mut text);
    text.push_str(",\"lineage\":");
    write_versions(bound.lineage, &mut text);
    text.push_str(",\"job\":");
    write_canonical(bound.job, &mut text);
    text.push_str(",\"params\":");
    write_canonical(bound.params, &mut text);
    text.push('}');
    hex::encode(Sha256::digest(text.as_bytes()))
}

fn write_versions<K: ToString>(versions: &BTreeMap<K, VersionId>, text: &mut String) {
    text.push('{');
    for (index, (name, version)) in versions.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        write_text(&name.to_string(), text);
        text.push(':');
        write_text(&version.to_string(), text);
    }
    text.push('}');
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

    fn versions(pairs: &[(&str, u64)]) -> BTreeMap<String, VersionId> {
        pairs.iter().map(|(name, number)| ((*name).to_owned(), VersionId::from_number(*number))).collect()
    }

    fn digest_of(inputs: &[(&str, u64)], lineage: &[(u64, u64)], job: &Value, params: &Value) -> String {
        let lineage =
            lineage.iter().map(|(resource, version)| (ResourceId::from_number(*resource), VersionId::from_number(*version))).collect();
        digest(&Bound { inputs: &versions(inputs), lineage: &lineage, job, params })
    }

    #[test]
    fn the_digest_is_the_same_on_every_machine() {
        let digest = digest_of(&[("app", 1)], &[(7, 2)], &json!({"name": "sign-off", "after": ["test"]}), &json!({"dry_run": false}));
        assert_eq!(
            digest,
            hex::encode(Sha256::digest(
                "andon-gate-2\n{\"inputs\":{\"app\":\"00000000-0000-0000-0000-000000000001\"},\"lineage\":{\"00000000-0000-0000-0000-000000000007\":\"00000000-0000-0000-0000-000000000002\"},\"job\":{\"after\":[\"test\"],\"name\":\"sign-off\"},\"params\":{\"dry_run\":false}}"
            ))
        );
    }

    #[test]
    fn the_order_of_keys_does_not_matter_at_any_depth() {
        let one: Value = serde_json::from_str(r#"{"a": {"x": 1, "y": [1, {"p": 1, "q": 2}]}, "b": null}"#).expect("JSON");
        let two: Value = serde_json::from_str(r#"{"b": null, "a": {"y": [1, {"q": 2, "p": 1}], "x": 1}}"#).expect("JSON");
        assert_eq!(digest_of(&[], &[], &one, &json!({})), digest_of(&[], &[], &two, &json!({})));
    }

    #[test]
    fn every_part_counts_and_none_can_pass_for_another() {
        let x = json!({"name": "x"});
        let base = digest_of(&[("a", 1)], &[], &x, &json!({}));
        let others = [
            digest_of(&[("a", 2)], &[], &x, &json!({})),
            digest_of(&[("b", 1)], &[], &x, &json!({})),
            digest_of(&[("a", 1)], &[(1, 1)], &x, &json!({})),
            digest_of(&[("a", 1)], &[(1, 2)], &x, &json!({})),
            digest_of(&[("a", 1)], &[], &json!({"name": "y"}), &json!({})),
            digest_of(&[("a", 1)], &[], &x, &json!({"p": 1})),
            digest_of(&[("a", 1)], &[], &x, &json!({"p": "1"})),
            digest_of(&[("a\":\"", 1)], &[], &x, &json!({})),
        ];
        let distinct: std::collections::BTreeSet<&String> = others.iter().chain([&base]).collect();
        assert_eq!(distinct.len(), others.len() + 1);
    }
}
