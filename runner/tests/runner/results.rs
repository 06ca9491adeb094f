//! What a job leaves behind.

use crate::harness::{Ended, Runner, action_step, job, secret};
use andon_pipelines::wire::*;
use std::collections::BTreeMap;

fn output(resource: &str, kind: OutputKind, always: bool) -> AssignedOutput {
    AssignedOutput { resource: resource.to_owned(), kind, always }
}

fn outputs(ended: &Ended) -> BTreeMap<String, (BTreeMap<String, String>, Option<Blob>)> {
    let found = ended.bodies.iter().filter_map(|body| match body {
        ReportBody::Output { resource, values, archive } => Some((resource.clone(), (values.clone(), archive.clone()))),
        _ => None,
    });
    found.collect()
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn list(archive: &[u8]) -> Vec<(String, u32)> {
    let mut archive = tar::Archive::new(zstd::Decoder::new(archive).expect("it is zstd"));
    let entries = archive.entries().expect("it is tar").map(|entry| {
        let entry = entry.expect("it is whole");
        assert_eq!((entry.header().mtime().ok(), entry.header().uid().ok()), (Some(0), Some(0)));
        (entry.path().expect("it has a name").display().to_string(), entry.header().mode().expect("it has a mode"))
    });
    entries.collect()
}

#[tokio::test]
async fn outputs_are_published_and_the_same_files_give_the_same_digest() {
    let runner = Runner::start();
    let script = "cd $ANDON_OUTPUTS; mkdir app/bin; echo x > app/bin/tool; chmod 755 app/bin/tool; echo y > app/a; ln -s a app/link
        echo number=1.2.3 > version-of/version; echo k=v > shared/version; echo data > shared/file";
    let assignment = || {
        let mut assignment = job(&[script]);
        assignment.outputs = vec![
            output("app", OutputKind::Archive, false),
            output("empty", OutputKind::Archive, false),
            output("version-of", OutputKind::Values, false),
            output("none", OutputKind::Values, false),
            output("shared", OutputKind::State, false),
        ];
        assignment
    };
    let ended = runner.run(assignment()).await;
    ended.succeeds();
    let found = outputs(&ended);
    assert_eq!(found.keys().collect::<Vec<_>>(), ["app", "shared", "version-of"]);
    assert_eq!(found["version-of"], (map(&[("number", "1.2.3")]), None));
    assert_eq!(found["shared"].0, map(&[("k", "v")]));
    let app = found["app"].1.clone().expect("it has files");
    let bytes = runner.server.state().blobs[&app.digest].clone();
    let names: Vec<(String, u32)> =
        [("a", 0o644), ("bin/", 0o755), ("bin/tool", 0o755), ("link", 0o755)].map(|(name, mode)| (name.to_owned(), mode)).into();
    let listed: Vec<(String, u32)> = list(&bytes);
    assert_eq!(
        listed.iter().map(|(name, mode)| (name.trim_end_matches('/').to_owned(), *mode)).collect::<Vec<_>>(),
        names.iter().map(|(name, mode)| (name.trim_end_matches('/').to_owned(), *mode)).collect::<Vec<_>>()
    );
    let shared = found["shared"].1.clone().expect("it has files");
    let shared = list(&runner.server.state().blobs[&shared.digest].clone());
    assert_eq!(shared, [("file".to_owned(), 0o644)]);
    let again = runner.run(assignment()).await;
    assert_eq!(outputs(&again)["app"].1.as_ref(), Some(&app));
    runner.leave().await;
}

#[tokio::test]
async fn a_failure_publishes_only_what_is_always_published() {
    let runner = Runner::start();
    let mut assignment = job(&["echo x > $ANDON_OUTPUTS/a/x; echo x > $ANDON_OUTPUTS/b/x; echo k=v >> $ANDON_STATE; exit 1"]);
    assignment.outputs = vec![output("a", OutputKind::Archive, false), output("b", OutputKind::Archive, true)];
    let ended = runner.run(assignment).await;
    ended.ends(Outcome::Failed, Some("exit-code"));
    assert_eq!(outputs(&ended).keys().collect::<Vec<_>>(), ["b"]);
    assert!(!ended.bodies.iter().any(|body| matches!(body, ReportBody::State { .. })));
    runner.leave().await;
}

#[tokio::test]
async fn an_output_has_a_limit() {
    let runner = Runner::start();
    let mut assignment = job(&["head -c 300000 /dev/urandom > $ANDON_OUTPUTS/a/x"]);
    assignment.outputs = vec![output("a", OutputKind::Archive, false)];
    assignment.limits.output_bytes = 100_000;
    let ended = runner.run(assignment).await;
    ended.ends(Outcome::Failed, Some("output-limit"));
    assert!(ended.detail.is_some_and(|detail| detail.contains("larger than 100000 bytes")));
    assert!(outputs(&runner.run(job(&["true"])).await).is_empty());
    runner.leave().await;
}

#[tokio::test]
async fn state_and_summary_are_reported_masked() {
    let runner = Runner::start();
    let mut assignment = job(&[
        "echo commit=abc >> $ANDON_STATE; printf 'notes<<END\\na\\n%s\\nEND\\n' $TOKEN >> $ANDON_STATE; echo \"# Done $TOKEN\" > $ANDON_SUMMARY",
    ]);
    assignment.secrets = vec![secret("TOKEN", "s3cret-value")];
    let ended = runner.run(assignment).await;
    ended.succeeds();
    assert!(ended.bodies.contains(&ReportBody::State { values: map(&[("commit", "abc"), ("notes", "a\n***")]) }));
    assert!(ended.bodies.contains(&ReportBody::Summary { markdown: "# Done ***\n".to_owned() }));
    let ended = runner.run(job(&["echo nonsense >> $ANDON_STATE"])).await;
    ended.ends(Outcome::Failed, Some("state-invalid"));
    assert!(ended.detail.is_some_and(|detail| detail.contains("line 1 is neither key=value")));
    runner.leave().await;
}

#[tokio::test]
async fn a_summary_that_is_a_link_or_too_long_is_no_way_out() {
    let runner = Runner::start();
    let ended = runner.run(job(&["ln -sf /etc/passwd $ANDON_SUMMARY"])).await;
    ended.succeeds();
    assert!(!ended.bodies.iter().any(|body| matches!(body, ReportBody::Summary { .. })));
    assert!(ended.log.contains("the summary cannot be read"));
    let ended = runner.run(job(&["head -c 3000000 /dev/zero | tr '\\0' x > $ANDON_SUMMARY"])).await;
    ended.succeeds();
    let length = ended.bodies.iter().find_map(|body| match body {
        ReportBody::Summary { markdown } => Some(markdown.len()),
        _ => None,
    });
    assert!(length.is_some_and(|length| (1 << 20..(1 << 20) + 200).contains(&length)), "{length:?}");
    runner.leave().await;
}

#[tokio::test]
async fn artifacts_are_kept() {
    let runner = Runner::start();
    let mut assignment =
        job(&["mkdir -p out/deep; echo one > out/a.txt; echo two > out/deep/b.txt; echo no > out/c.log; ln -s /etc/passwd out/p.txt"]);
    assignment.steps.push(action_step(AssignedAction::Artifacts { paths: vec!["out/**/*.txt".to_owned()] }));
    assignment.steps.push(action_step(AssignedAction::Artifacts { paths: vec!["nothing/*".to_owned()] }));
    let ended = runner.run(assignment).await;
    ended.succeeds();
    let kept: Vec<(String, u64, Blob)> = ended
        .bodies
        .iter()
        .filter_map(|body| match body {
            ReportBody::Artifact { path, size, blob } => Some((path.clone(), *size, blob.clone())),
            _ => None,
        })
        .collect();
    assert_eq!(kept.iter().map(|(path, size, _)| (path.as_str(), *size)).collect::<Vec<_>>(), [("out/a.txt", 4), ("out/deep/b.txt", 4)]);
    let bytes = runner.server.state().blobs[&kept[0].2.digest].clone();
    assert_eq!(zstd::decode_all(bytes.as_slice()).expect("it is zstd"), b"one\n");
    assert!(ended.log.contains("no file matches nothing/*"));
    runner.leave().await;
}

#[tokio::test]
async fn test_reports_are_read_and_broken_ones_passed_over() {
    let runner = Runner::start();
    let mut assignment = job(&[
        "printf '<testsuite name=\"s\"><testcase name=\"t\"><failure>%s</failure></testcase></testsuite>' $TOKEN > a.xml; echo '<testsuite><' > b.xml",
    ]);
    assignment.secrets = vec![secret("TOKEN", "s3cret-value")];
    assignment.steps.push(action_step(AssignedAction::Junit { paths: vec!["*.xml".to_owned()] }));
    let ended = runner.run(assignment).await;
    ended.succeeds();
    let case =
        TestCase { name: "t".to_owned(), class: None, status: TestStatus::Failed, duration_ms: None, detail: Some("***".to_owned()) };
    assert!(ended.bodies.contains(&ReportBody::Tests { suites: vec![TestSuite { name: "s".to_owned(), cases: vec![case] }] }));
    assert!(ended.log.contains("the test report b.xml is passed over"), "{}", ended.log);
    runner.leave().await;
}

#[tokio::test]
async fn log_commands_are_understood() {
    let runner = Runner::start();
    let script = "echo '::group::Build'; echo '::error file=a.rs,line=3::no good'; echo '::add-mask::sesame'; echo open sesame; echo ::endgroup::; printf ::warning::last";
    let ended = runner.run(job(&[script])).await;
    ended.succeeds();
    assert_eq!(ended.log, "::group::Build\n::error file=a.rs,line=3::no good\nopen ***\n::endgroup::\n::warning::last");
    let annotation = |level, message: &str, file: Option<&str>, line| {
        ReportBody::Annotation(Annotation { level, message: message.to_owned(), file: file.map(str::to_owned), line })
    };
    assert!(ended.bodies.contains(&annotation(AnnotationLevel::Error, "no good", Some("a.rs"), Some(3))));
    assert!(ended.bodies.contains(&annotation(AnnotationLevel::Warning, "last", None, None)));
    runner.leave().await;
}

#[tokio::test]
async fn secrets_do_not_leave_the_runner() {
    let runner = Runner::start();
    let script = "echo $TOKEN; for c in s3c ret-v al ue; do printf %s $c; sleep 0.05; done; echo; echo $TOKEN | base64; printf 'x%s' $TOKEN | base64; echo \"::error::$TOKEN\"";
    let mut assignment = job(&[script, "exit 1"]);
    assignment.secrets = vec![secret("TOKEN", "s3cret-value"), AssignedSecret { variable: None, value: "exit 1".to_owned() }];
    let ended = runner.run(assignment).await;
    ended.ends(Outcome::Failed, Some("exit-code"));
    let text = serde_json::to_string(&ended.bodies).expect("it is plain data");
    assert!(!text.contains("s3cret-value") && !ended.log.contains("s3c") && !ended.log.contains("czNjcmV0"), "{}", ended.log);
    assert!(ended.log.starts_with("***\n***\n"), "{}", ended.log);
    assert_eq!(ended.steps()[1].name, "***");
    assert_eq!(ended.detail.as_deref(), Some("The step \"***\" ended with exit code 1."));
    runner.leave().await;
}
