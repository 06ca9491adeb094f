//! The cases in `resolve/*.json`: each says what it is about, a case in the format of `andon resolve`, and the answer.
//! The sentences in `detail` are for people: they must be there, their wording is not compared.

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

#[test]
fn bad_cases_are_refused_with_the_place() {
    let error = |text: &str| replay(text).unwrap_err().to_string();
    let case = |runs: Value, inputs: Value| {
        let versions = json!([{"id": 1, "resource": "source", "order": 1}, {"id": 2, "resource": "source", "order": 2}]);
        json!({"versions": versions, "runs": runs, "job": "deploy", "inputs": inputs}).to_string()
    };
    let run = |id: u64, field: &str, value: Value| {
        let mut run = json!({"id": id, "job": "build", "sequence": id, "status": "succeeded"});
        run[field] = value;
        run
    };
    assert!(error("{").contains("line 1"));
    assert!(error("{\"versions\": []}").contains("missing field `job`"));
    assert!(error(&format!("{{\"x\": {}", "[".repeat(100_000))).contains("EOF"));
    let cases = [
        (case(json!([run(11, "outputs", json!([9]))]), json!([])), "runs[0].outputs: there is no version 9 in the case"),
        (case(json!([run(11, "consumed_runs", json!([9]))]), json!([])), "runs[0].consumed_runs: there is no run 9 in the case"),
        (case(json!([run(11, "rerun_of", json!(9))]), json!([])), "runs[0].rerun_of: there is no run 9 in the case"),
        (case(json!([run(11, "rerun_of", json!(11))]), json!([])), "runs[0].rerun_of: run 11 is not an earlier run of the job \"build\""),
        (case(json!([run(11, "status", json!("fine"))]), json!([])), "runs[0].status: unknown status \"fine\""),
        (
            case(json!([run(11, "inputs", json!([{"name": "s", "version": 7}]))]), json!([])),
            "runs[0].inputs[0].version: there is no version 7 in the case",
        ),
        (case(json!([run(11, "outputs", json!([])), run(11, "outputs", json!([]))]), json!([])), "runs[1].id: run 11 is there already"),
        (
            case(json!([]), json!([{"name": "s", "resource": "source"}, {"name": "s", "resource": "source"}])),
            "inputs[1].name: input \"s\" is there already",
        ),
        (case(json!([]), json!([{"name": "s", "resource": "source", "passt": []}])), "unknown field `passt`"),
        (case(json!([]), json!([{"name": "s", "resource": "source", "passed": "build"}])), "`passed` is a list of job names"),
    ];
    for (text, expected) in cases {
        let message = error(&text);
        assert!(message.contains(expected), "{message}\n  lacks {expected}");
    }
    let large = " ".repeat(MAX_CASE_BYTES + 1);
    assert!(matches!(replay(&large), Err(CaseError::TooLarge { .. })));
}
