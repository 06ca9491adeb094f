//! The modules of the library do what they say, on the host.

use crate::harness::{Ended, Runner, job, new_folder, plain_step, secret};
use andon_pipelines::document::{Document, JobBody, Step, StepAction, read, render};
use andon_pipelines::expression::{Expression, interpolate};
use andon_pipelines::wire::*;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// The steps of a job that uses a module, as the server assigns them.
fn steps_using(module: &str, with: &str) -> Vec<AssignedStep> {
    let text = format!("pipeline: p\njobs: {{ j: {{ steps: [{{ uses: library/{module}, with: {with} }}] }} }}\n");
    let reading = read(&text, "andon.yml");
    assert_eq!(render(&reading.diagnostics), "");
    let Document { mut jobs, .. } = reading.document.expect("it has no errors");
    let JobBody::Steps(body) = jobs.remove(0).body else { panic!("it has steps") };
    body.steps.iter().map(assign).collect()
}

fn assign(step: &Step) -> AssignedStep {
    let context = json!({ "inputs": {}, "params": {}, "state": {}, "run": { "number": 1, "cause": "manual" } });
    let holds =
        |text: &String| Expression::parse(text).expect("the module evaluates").evaluate_bool(&context).expect("the module evaluates");
    let skip = step.condition.as_ref().filter(|condition| !holds(condition)).cloned();
    let action = match &step.action {
        StepAction::Run { script, shell, dir, env } => AssignedAction::Run {
            script: interpolate(script, &context).expect("the module evaluates"),
            shell: shell.clone(),
            dir: dir.as_ref().map(|dir| interpolate(dir, &context).expect("the module evaluates")),
            environment: env
                .iter()
                .map(|(name, value)| (name.clone(), interpolate(value, &context).expect("the module evaluates")))
                .collect(),
        },
        StepAction::Reports { junit } => AssignedAction::Junit { paths: junit.clone() },
        other => panic!("no module of the library has {other:?}"),
    };
    let name = step.name.as_ref().map_or_else(String::new, |name| interpolate(name, &context).expect("the module evaluates"));
    AssignedStep { skip, action, timeout_ms: step.timeout, ..plain_step(&name) }
}

/// First the script, then the module, then the other script.
async fn run(before: &str, module: Vec<AssignedStep>, after: &str) -> Ended {
    let mut assignment = job(&[before]);
    assignment.steps.extend(module);
    assignment.steps.extend(job(&[after]).steps);
    let app = AssignedOutput { resource: "app".to_owned(), kind: OutputKind::Archive, always: false };
    assignment.outputs = vec![app];
    Runner::start().run(assignment).await
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"];
    let done = Command::new("git").args(identity).args(arguments).current_dir(folder).output().expect("git runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

#[tokio::test]
async fn git_tag_tags_and_pushes_once() {
    let folder = new_folder();
    let remote = folder.path().join("remote.git");
    git(folder.path(), &["init", "-q", "--bare", "remote.git"]);
    git(folder.path(), &["clone", "-q", "remote.git", "work"]);
    let work = folder.path().join("work");
    git(&work, &["commit", "-q", "--allow-empty", "-m", "first"]);
    git(&work, &["push", "-q", "origin", "HEAD:main"]);
    let dir = format!("git clone -q -b main {} source", remote.display());
    let module = |tag: &str| steps_using("git-tag", &format!("{{ tag: {tag}, dir: source, message: \"It's \\\"out\\\"; $HOME\" }}"));
    let ended = run(&dir, module("v1.2.0"), "true").await;
    ended.succeeds();
    assert_eq!(git(&remote, &["rev-parse", "v1.2.0^{commit}"]), git(&work, &["rev-parse", "HEAD"]));
    assert_eq!(git(&remote, &["tag", "-l", "--format=%(contents:subject)"]), "It's \"out\"; $HOME", "no shell has read it");
    let ended = run(&dir, module("v1.2.0"), "true").await;
    ended.succeeds();
    assert!(ended.log.contains("already"), "{}", ended.log);
    git(&work, &["commit", "-q", "--allow-empty", "-m", "second"]);
    git(&work, &["push", "-q", "origin", "HEAD:main"]);
    run(&dir, module("v1.2.0"), "true").await.ends(Outcome::Failed, Some("exit-code"));
    run(&dir, module("\"not a tag\""), "true").await.ends(Outcome::Failed, Some("exit-code"));
    let ended = run(&dir, steps_using("git-tag", "{ tag: v9, dir: source, push: false }"), "git -C source rev-parse v9").await;
    ended.succeeds();
    assert_eq!(git(&remote, &["tag", "-l", "v9"]), "");
}

#[tokio::test]
async fn git_tag_shows_no_token() {
    let mut assignment = job(&["git init -q source; git -C source -c user.name=a -c user.email=b commit -q --allow-empty -m x"]);
    assignment.steps.extend(steps_using("git-tag", "{ tag: v1, dir: source, remote: \"http://127.0.0.1:1/x.git\" }"));
    assignment.secrets = vec![secret("GIT_TOKEN", "hunter2-hunter2")];
    let ended = Runner::start().run(assignment).await;
    ended.ends(Outcome::Failed, Some("exit-code"));
    assert!(!ended.log.contains("hunter2") && !ended.log.contains("eC1hY2Nlc3MtdG9rZW46"), "{}", ended.log);
}

#[tokio::test]
async fn junit_tests_reads_the_reports_of_failing_tests_too() {
    let report = "<testsuite name=\"s\"><testcase name=\"a\"/><testcase name=\"b\"><failure message=\"no\"/></testcase></testsuite>";
    let before = format!("mkdir out; echo '{report}' > out/junit-1.xml");
    let count = |ended: &Ended| {
        let suites = ended.bodies.iter().filter_map(|body| match body {
            ReportBody::Tests { suites } => Some(suites.len()),
            _ => None,
        });
        suites.sum::<usize>()
    };
    let ended = run(&before, steps_using("junit-tests", "{ command: \"echo running; true\", reports: \"out/*.xml\" }"), "true").await;
    assert_eq!((count(&ended), ended.outcome), (1, Outcome::Succeeded), "{}", ended.log);
    let ended = run(&before, steps_using("junit-tests", "{ command: \"false; echo not reached\" }"), "echo after").await;
    assert_eq!((count(&ended), ended.outcome), (1, Outcome::Failed), "{}", ended.log);
    assert!(!ended.log.contains("not reached") && ended.log.contains("the tests ended with status 1"), "{}", ended.log);
}

#[tokio::test]
async fn package_files_publishes_a_folder_with_its_sums() {
    let module = || steps_using("package-files", "{ from: dist, output: app }");
    let ended = run(
        "mkdir -p dist/bin; echo x > dist/bin/tool; echo y > dist/.hidden",
        module(),
        "cd $ANDON_OUTPUTS/app; sha256sum -c SHA256SUMS; ls -A",
    )
    .await;
    ended.succeeds();
    assert!(ended.log.contains("./bin/tool: OK") && ended.log.contains("./.hidden: OK"), "{}", ended.log);
    assert!(ended.bodies.iter().any(|body| matches!(body, ReportBody::Output { resource, archive: Some(_), .. } if resource == "app")));
    run("mkdir dist", module(), "true").await.ends(Outcome::Failed, Some("exit-code"));
    run("true", steps_using("package-files", "{ from: ., output: other }"), "true").await.ends(Outcome::Failed, Some("exit-code"));
}

#[tokio::test]
async fn wait_for_http_waits_until_the_status_comes() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/health", listener.local_addr().unwrap());
    let answers = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        for status in ["503 Busy", "503 Busy", "204 Fine"] {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 1024];
            assert!(stream.read(&mut asked).await.unwrap() > 0);
            let answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let with = format!("{{ url: \"{url}\", status: 204, every: 0, within: 1m }}");
    let ended = run("true", steps_using("wait-for-http", &with), "echo after").await;
    ended.succeeds();
    answers.await.unwrap();
    assert!(ended.log.contains("answers with 204"), "{}", ended.log);
}

#[tokio::test]
async fn a_number_is_fetched_as_a_file_and_a_wrong_one_is_refused() {
    let runner = Runner::start();
    let with_output = |script: &str| {
        let mut assignment = job(&[script]);
        let fetch = Fetch::Text { file: "number".to_owned(), text: "1.2.3\n".to_owned() };
        assignment.inputs = vec![AssignedInput { name: "release".to_owned(), path: "release".to_owned(), fetch }];
        assignment.outputs = vec![AssignedOutput { resource: "release".to_owned(), kind: OutputKind::Number, always: false }];
        assignment
    };
    let ended = runner.run(with_output("[ \"$(cat release/number)\" = 1.2.3 ]; echo bump=minor > $ANDON_OUTPUTS/release/version")).await;
    ended.succeeds();
    let asked = BTreeMap::from([("bump".to_owned(), "minor".to_owned())]);
    assert!(ended.bodies.iter().any(|body| matches!(body, ReportBody::Output { values, .. } if *values == asked)), "{:?}", ended.bodies);
    runner.run(with_output("true")).await.succeeds();
    let ended = runner.run(with_output("echo number=1.2 > $ANDON_OUTPUTS/release/version")).await;
    ended.ends(Outcome::Failed, Some("output-invalid"));
    assert!(ended.detail.unwrap().contains("semantic version"));
    runner.leave().await;
}
