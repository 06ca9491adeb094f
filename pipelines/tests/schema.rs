//! The schema and the reader accept the same keys.

use andon_pipelines::document::{read, render, schema};
use serde_json::Value;
use std::collections::BTreeSet;

/// For each record of the schema: a file with the record in it, `KEY` where one more key goes.
const PLACES: [(&str, &str); 30] = [
    ("PipelineFile", "{KEY: }"),
    ("ParamFile", "{params: {p: {KEY: }}}"),
    ("GitFile", "{resources: {r: {type: git, KEY: }}}"),
    ("CronFile", "{resources: {r: {type: cron, KEY: }}}"),
    ("ParamsFile", "{resources: {r: {type: params, KEY: }}}"),
    ("TriggerFile", "{resources: {r: {type: trigger, KEY: }}}"),
    ("SemverFile", "{resources: {r: {type: semver, KEY: }}}"),
    ("BareFile", "{resources: {r: {type: file, KEY: }}}"),
    ("BareFile", "{resources: {r: {type: state, KEY: }}}"),
    ("EnvironmentFile", "{resources: {r: {type: environment, KEY: }}}"),
    ("JobFile", "{jobs: {j: {KEY: }}}"),
    ("InputRecord", "{jobs: {j: {inputs: [{KEY: }]}}}"),
    ("AnyPassed", "{jobs: {j: {inputs: [{passed: {KEY: }}]}}}"),
    ("AfterRecord", "{jobs: {j: {after: [{KEY: }]}}}"),
    ("OutputRecord", "{jobs: {j: {outputs: [{KEY: }]}}}"),
    ("ConcurrencyRecord", "{jobs: {j: {concurrency: {KEY: }}}}"),
    ("LoopGuardFile", "{jobs: {j: {loop_guard: {KEY: }}}}"),
    ("RunnerFile", "{jobs: {j: {runner: {KEY: }}}}"),
    ("StepFile", "{jobs: {j: {always: [{parallel: [{KEY: }]}]}}}"),
    ("RetryFile", "{jobs: {j: {steps: [{retry: {KEY: }}]}}}"),
    ("ArtifactsFile", "{jobs: {j: {steps: [{artifacts: {KEY: }}]}}}"),
    ("ReportsFile", "{jobs: {j: {steps: [{reports: {KEY: }}]}}}"),
    ("ApprovalFile", "{jobs: {j: {approval: {KEY: }}}}"),
    ("TaskFile", "{jobs: {j: {tasks: [{KEY: }]}}}"),
    ("RequireFile", "{jobs: {j: {approval: {require: [{KEY: }]}}}}"),
    ("FormFieldFile", "{jobs: {j: {approval: {form: {f: {KEY: }}}}}}"),
    ("WindowFile", "{jobs: {j: {approval: {windows: [{KEY: }]}}}}"),
    ("WindowTimes", "{jobs: {j: {approval: {windows: [{deny: {KEY: }}]}}}}"),
    ("CheckFile", "{jobs: {j: {approval: {checks: [{KEY: }]}}}}"),
    ("ProbeFile", "{jobs: {j: {approval: {checks: [{http: {KEY: }}]}}}}"),
];
/// Keys of the language that do not work yet, and keys of nothing.
const OTHERS: [&str; 14] =
    ["closing_reasons", "tasks", "image", "user", "cache", "reasons", "script", "needs", "stages", "x", "Type", "RUN", "jobs ", "$ref"];

fn properties(schema: &Value, record: &str) -> BTreeSet<String> {
    let record = &schema["$defs"][record];
    assert_eq!(record["additionalProperties"], Value::Bool(false));
    record["properties"].as_object().expect("a record has properties").keys().cloned().collect()
}

#[test]
fn the_reader_accepts_the_keys_of_the_schema_and_no_others() {
    let schema = schema();
    let records =
        schema["$defs"].as_object().unwrap().iter().filter(|(_, record)| record.get("additionalProperties") == Some(&Value::Bool(false)));
    let records: BTreeSet<&str> = records.map(|(name, _)| name.as_str()).collect();
    let mut placed: BTreeSet<&str> = PLACES.iter().map(|(record, _)| *record).collect();
    placed.insert("NotifyFile");
    assert_eq!(records, placed);
    let every: BTreeSet<String> = placed.iter().flat_map(|record| properties(&schema, record)).chain(OTHERS.map(str::to_owned)).collect();
    for (record, place) in PLACES.into_iter().chain([("NotifyFile", "{notify: [{KEY: }]}")]) {
        let known = properties(&schema, record);
        // `type` of a resource stands in the place already.
        for key in every.iter().filter(|key| !(place.contains("type:") && *key == "type")) {
            let found = read(&place.replace("KEY", &format!("\"{key}\"")), "andon.yml").diagnostics;
            let quoted = format!("\"{key}\"");
            let refused = found
                .iter()
                .any(|found| ["unknown-key", "not-supported"].contains(&found.code.as_str()) && found.message.contains(&quoted));
            assert_eq!(!refused, known.contains(key), "{record}.{key}:\n{}", render(&found));
        }
    }
}

#[test]
fn every_key_is_described() {
    let schema = schema();
    for (name, record) in schema["$defs"].as_object().unwrap() {
        for (key, property) in record["properties"].as_object().into_iter().flatten() {
            let own = key == "type" && name.ends_with("File") && name != "ParamFile" || name == "Matrix";
            assert!(own || property["description"].as_str().is_some_and(|text| text.ends_with('.')), "{name}.{key}");
        }
    }
}

#[test]
fn the_schema_is_known() {
    insta::assert_json_snapshot!("schema", schema());
}
