//! The cases in `resolve/*.json`: each says what it is about, a case in the format of `andon resolve`, and the answer.
//! The sentences in `detail` are for people: they must be there, their wording is not compared.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use andon_pipelines::resolve::{CaseError, MAX_CASE_BYTES, replay};
use serde_json::{Value, json};
use std::path::Path;

fn take_details(value: &mut Value, found: &mut usize) {
    if let Value::Object(map) = value {
        if let Some(detail) = map.remove("detail") {
            assert!(detail.as_str().is_some_and(|detail| detail.len() > 10), "a detail that says nothing: {detail}");
            *found += 1;
        }
        map.values_mut().for_each(|value| take_details(value, found));
    }
}

#[test]
fn cases_are_answered_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/resolve");
    let (mut count, mut wrong) = (0, Vec::new());
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let cases: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for case in cases {
            let mut answer = replay(&case["case"].to_string()).unwrap_or_else(|error| panic!("{}: {error}", case["about"]));
            let mut details = 0;
            take_details(&mut answer, &mut details);
            assert_eq!(details > 0, answer["resolved"] == json!(false), "{}: a refusal, and only it, has details", case["about"]);
            count += 1;
            if answer != case["expected"] {
                wrong.push(format!("{}: {}\n  expected {}\n  answered {answer}", path.display(), case["about"], case["expected"]));
            }
        }
    }
    assert!(count >= 20, "only {count} cases were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A case of two versions and these runs, which is fine but for the changes: each names a place, as a JSON pointer, and what stands
/// there instead.
fn broken(changes: &[(&str, Value)]) -> String {
    let run = |id: u64| json!({"id": id, "job": "build", "sequence": id, "status": "succeeded", "inputs": [{"name": "s", "version": 1}], "outputs": [2], "consumed_runs": []});
    let mut case = json!({
        "versions": [{"id": 1, "resource": "source", "order": 1}, {"id": 2, "resource": "app", "order": 1}],
        "runs": [run(11), run(12), run(13)],
        "job": "deploy",
        "inputs": [{"name": "a", "resource": "source"}, {"name": "b", "resource": "app"}],
    });
    for (place, value) in changes {
        let (parent, key) = place.rsplit_once('/').unwrap();
        match case.pointer_mut(parent).unwrap() {
            Value::Array(items) => items[key.parse::<usize>().unwrap()] = value.clone(),
            parent => parent[key] = value.clone(),
        }
    }
    case.to_string()
}

#[test]
fn bad_cases_are_refused_with_the_place() {
    assert!(replay(&broken(&[])).is_ok());
    let cases: &[(&[(&str, Value)], &str)] = &[
        (&[("/versions/1/id", json!(1))], "versions[1].id: version 1 is there already"),
        (&[("/versions/1/order", json!(-3))], "versions[1].order: -3 is below 0"),
        (&[("/versions/1/order", json!(1.5))], "invalid type: floating point `1.5`, expected i64"),
        (&[("/versions/0/id", json!(-1))], "invalid value: integer `-1`, expected u64"),
        (&[("/versions/0/resource", json!(null))], "invalid type: null, expected a string"),
        (&[("/runs/1/id", json!(11))], "runs[1].id: run 11 is there already"),
        (&[("/runs/0/outputs", json!([9]))], "runs[0].outputs: there is no version 9 in the case"),
        (&[("/runs/2/inputs/0/version", json!(7))], "runs[2].inputs[0].version: there is no version 7 in the case"),
        (
            &[("/runs/0/inputs", json!([{"name": "s", "version": 1}, {"name": "s", "version": 2}]))],
            "runs[0].inputs[1].name: input \"s\" is there already",
        ),
        (&[("/runs/0/consumed_runs", json!([9]))], "runs[0].consumed_runs: there is no run 9 in the case"),
        (&[("/runs/0/consumed_runs", json!([11]))], "runs[0].consumed_runs: run 11 cannot follow itself"),
        (
            &[("/runs/0/consumed_runs", json!([12])), ("/runs/1/consumed_runs", json!([13])), ("/runs/2/consumed_runs", json!([11]))],
            "runs[2].consumed_runs: run 11 follows itself through run 13",
        ),
        (&[("/runs/1/rerun_of", json!(9))], "runs[1].rerun_of: there is no run 9 in the case"),
        (&[("/runs/1/rerun_of", json!(12))], "runs[1].rerun_of: run 12 is not an earlier run of the job \"build\""),
        (&[("/runs/1/rerun_of", json!(13))], "runs[1].rerun_of: run 13 is not an earlier run of the job \"build\""),
        (
            &[("/runs/1/rerun_of", json!(11)), ("/runs/0/job", json!("other"))],
            "runs[1].rerun_of: run 11 is not an earlier run of the job \"build\"",
        ),
        (&[("/runs/0/status", json!("fine"))], "runs[0].status: unknown status \"fine\"; it is one of "),
        (&[("/runs/0/sequence", json!("first"))], "invalid type: string \"first\", expected i64"),
        (&[("/runs", json!({}))], "invalid type: map, expected a sequence"),
        (&[("/inputs/1/name", json!("a"))], "inputs[1].name: input \"a\" is there already"),
        (&[("/inputs/0/passt", json!([]))], "unknown field `passt`"),
        (&[("/inputs/0/passed", json!("build"))], "`passed` is a list of job names"),
        (&[("/inputs/0/version", json!("oldest"))], "unknown variant `oldest`"),
        (&[("/after", json!([{"job": "build", "on": "monday"}]))], "`after` lists job names"),
        (&[("/job", json!(7))], "invalid type: integer `7`, expected a string"),
    ];
    for (changes, expected) in cases {
        let message = replay(&broken(changes)).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}\n  lacks {expected}");
    }
}

#[test]
fn what_is_no_case_at_all_is_refused() {
    let error = |text: &str| replay(text).unwrap_err().to_string();
    assert!(error("").contains("EOF"));
    assert!(error("{").contains("line 1"));
    assert!(error("null").contains("expected struct Case"));
    assert!(error("{\"versions\": []}").contains("missing field `job`"));
    assert!(error("{\"versions\": [], \"versions\": []}").contains("duplicate field `versions`"));
    assert!(error(&format!("{{\"x\": {}", "[".repeat(100_000))).contains("EOF"));
    assert!(error(&format!("{{\"job\": \"{}", "x".repeat(10_000_000))).contains("EOF"));
    let large = " ".repeat(MAX_CASE_BYTES + 1);
    assert!(matches!(replay(&large), Err(CaseError::TooLarge { .. })));
}

/// Ten megabytes of runs, in waves of fifty that follow one another, are answered.
#[test]
fn a_large_case_is_answered() {
    let run = |id: u64| {
        let follows = if id.is_multiple_of(50) { Vec::new() } else { vec![id - 1] };
        json!({"id": id, "job": format!("job-{}", id % 50), "sequence": id, "status": "succeeded", "inputs": [{"name": "source", "version": 1}],
               "outputs": [], "consumed_runs": follows, "note": "x".repeat(100)})
    };
    let runs: Vec<Value> = (0..40_000).map(run).collect();
    let case = json!({"versions": [{"id": 1, "resource": "source", "order": 1}], "runs": runs, "job": "deploy",
                      "inputs": [{"name": "source", "resource": "source", "passed": ["job-1", "job-2"]}]})
    .to_string();
    assert!(case.len() > 9_000_000, "{} bytes", case.len());
    let answer = replay(&case).unwrap();
    assert_eq!(answer["resolved"], json!(true));
    // The newest run of job-2 follows the newest of job-1.
    assert_eq!(answer["inputs"]["source"]["passed_runs"], json!([39_951, 39_952]));
}
