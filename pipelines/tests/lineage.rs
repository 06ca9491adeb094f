//! What follows from a document's shape, and from the difference of two.

use andon_pipelines::document::{
    Change, Document, Passed, Severity, Surroundings, downstream_environment, ends_of_line, implied_passed, implied_passed_among,
    list_foreign, plan, read, render,
};
use std::sync::Arc;

fn document(text: &str) -> Document {
    let reading = read(text, "andon.yml");
    let errors: Vec<_> = reading.diagnostics.into_iter().filter(|diagnostic| diagnostic.severity != Severity::Note).collect();
    assert_eq!(render(&errors), "");
    reading.document.expect("no diagnostics, so a document")
}

const SHOP: &str = include_str!("documents/good/shop.yml");

const LINE: &str = "
pipeline: line
resources:
  source: { type: git, repository: shop }
  docs: { type: git, repository: docs }
  app: { type: file }
  keys: { type: state }
  staging: { type: environment }
  production: { type: environment }
jobs:
  build: { inputs: [source, keys], outputs: [app, keys], steps: [{ run: x }] }
  test: { inputs: [app], steps: [{ run: x }] }
  gate: { after: [test], inputs: [app], approval: {} }
  rollback: { after: [{ job: deploy, on: failed }], inputs: [app], steps: [{ run: x }] }
  deploy:
    after: [gate, test]
    inputs:
      - app
      - { resource: source, name: code }
      - { resource: app, name: own, passed: [build] }
      - { resource: app, name: free, passed: [] }
      - { resource: app, name: any, passed: { any: [build, test] } }
      - { resource: docs, trigger: false }
      - keys
    outputs: [production]
    steps: [{ run: x }]
  preview: { after: [build], outputs: [staging], steps: [{ run: x }] }
";

fn all(jobs: &[&str]) -> Passed {
    Passed::All(jobs.iter().map(|job| (*job).to_owned()).collect())
}

#[test]
fn after_implies_passed_over_the_whole_lineage() {
    let implied = implied_passed(&document(LINE));
    let deploy = &implied["deploy"];
    assert_eq!(deploy["app"], all(&["gate", "test"]));
    // `source` reaches the gate only through the app that `build` made of it.
    assert_eq!(deploy["code"], all(&["gate", "test"]));
    assert_eq!(deploy["own"], all(&["build"]));
    assert_eq!(deploy["free"], all(&[]));
    assert_eq!(deploy["any"], Passed::Any(vec!["build".to_owned(), "test".to_owned()]));
    assert_eq!(deploy["docs"], all(&[]));
    assert_eq!(deploy["keys"], all(&[]));
    assert_eq!(implied["test"]["app"], all(&[]));
    assert_eq!(implied["rollback"]["app"], all(&["deploy"]));
}

#[test]
fn gates_know_the_nearest_environment() {
    let line = document(LINE);
    assert_eq!(downstream_environment(&line, "gate").as_deref(), Some("production"));
    // `deploy` takes what `build` makes, so it is as near as `preview`, and stands first.
    assert_eq!(downstream_environment(&line, "build").as_deref(), Some("production"));
    assert_eq!(downstream_environment(&line, "deploy"), None);
    assert_eq!(downstream_environment(&line, "nobody"), None);
    assert_eq!(downstream_environment(&document(SHOP), "sign-off").as_deref(), Some("production"));
}

#[test]
fn ends_are_followed_by_nothing_but_failure_jobs() {
    let ends: Vec<String> = ends_of_line(&document(LINE)).into_iter().collect();
    assert_eq!(ends, ["deploy", "preview", "rollback"]);
    assert_eq!(ends_of_line(&document(SHOP)).into_iter().collect::<Vec<_>>(), ["deploy"]);
}

#[test]
fn a_plan_names_what_changes() {
    let shop = document(SHOP);
    assert!(plan(Some(&shop), &shop).is_empty());
    let first = plan(None, &shop);
    assert!(first.new && first.notify);
    assert!(first.jobs.iter().all(|job| job.change == Change::Added) && first.jobs.len() == 4);

    let changed = SHOP
        .replace("branch: main", "branch: next")
        .replace("REGION: eu-1", "REGION: eu-2")
        .replace("0 2 * * *\", timezone: Europe/Berlin", "0 2 * * *\", timezone: Europe/Berlin, missed: all")
        .replace("  terraform:  { type: state }", "  infra:  { type: state }")
        .replace("project: web", "project: net")
        .replace("./deploy.sh", "./deploy.sh now")
        .replace("when: state.test.coverage >= 80", "timeout: 1h")
        .replace("[failed, fixed]", "[failed]");
    let plan = plan(Some(&shop), &document(&changed));
    insta::assert_json_snapshot!("plan", plan);
}

#[test]
fn a_job_that_changes_its_kind_says_so() {
    let changed =
        LINE.replace("gate: { after: [test], inputs: [app], approval: {} }", "gate: { after: [test], inputs: [app], steps: [{ run: x }] }");
    let plan = plan(Some(&document(LINE)), &document(&changed));
    assert_eq!(plan.jobs.len(), 1);
    assert_eq!(plan.jobs[0].parts, ["kind"]);
}

#[test]
fn lineages_reach_through_other_pipelines() {
    let platform = document(
        "pipeline: platform
resources:
  source: { type: git, repository: platform }
  base: { type: file }
  keys: { type: state }
jobs:
  build: { inputs: [source, keys], outputs: [base], steps: [{ run: x }] }
  release: { after: [build], approval: {} }
",
    );
    let tools = document(
        "pipeline: tools
resources:
  compiler: { type: file }
jobs:
  build: { after: [platform/release], outputs: [compiler], steps: [{ run: x }] }
",
    );
    let shop = document(
        "pipeline: shop
jobs:
  test:
    after: [tools/build]
    inputs: [tools/compiler, platform/base, { resource: platform/source, name: origin }, platform/keys]
    steps: [{ run: x }]
  other: { after: [platform/build], inputs: [tools/compiler, platform/base], steps: [{ run: x }] }
",
    );
    let names = list_foreign(&shop);
    assert_eq!(names.pipelines().into_iter().collect::<Vec<_>>(), ["platform", "tools"]);
    assert_eq!(names.jobs.iter().collect::<Vec<_>>(), ["platform/build", "tools/build"]);
    let surroundings = Surroundings::some([platform, tools].map(Arc::new));
    let implied = implied_passed_among(&shop, &surroundings);
    assert_eq!(implied["test"]["compiler"], all(&["tools/build"]));
    assert_eq!(implied["test"]["base"], all(&["tools/build"]));
    assert_eq!(implied["test"]["origin"], all(&["tools/build"]));
    assert_eq!(implied["test"]["keys"], all(&[]), "nobody vouches for a state");
    assert_eq!(implied["other"]["base"], all(&["platform/build"]));
    assert_eq!(implied["other"]["compiler"], all(&[]), "it lies downstream");
    assert_eq!(implied_passed(&shop)["test"]["base"], all(&[]), "nothing is known of others without a look at them");
}

#[test]
fn a_plan_tells_a_rename_from_a_removal() {
    let renamed = LINE
        .replace("  build: {", "  compile: { was: build,")
        .replace("passed: [build]", "passed: [compile]")
        .replace("any: [build, test]", "any: [compile, test]")
        .replace("after: [build]", "after: [compile]")
        .replace("  docs: {", "  papers: { was: docs,")
        .replace("resource: docs", "resource: papers");
    let (before, after) = (document(LINE), document(&renamed));
    let changes = plan(Some(&before), &after);
    let jobs: Vec<_> = changes.jobs.iter().map(|job| (job.name.as_str(), job.was.as_deref(), job.change, job.parts.join(" "))).collect();
    assert_eq!(jobs[0], ("compile", Some("build"), Change::Changed, String::new()));
    assert!(jobs.iter().all(|(_, _, change, _)| *change == Change::Changed), "{jobs:?}");
    let [papers] = &changes.resources[..] else { panic!("{:?}", changes.resources) };
    assert_eq!((papers.name.as_str(), papers.was.as_deref(), papers.new_history), ("papers", Some("docs"), false));
    assert!(plan(Some(&after), &after).is_empty(), "the file may keep its `was`");
    let gone = plan(Some(&after), &before);
    assert_eq!(gone.jobs.last().map(|job| (job.name.as_str(), job.change)), Some(("compile", Change::Removed)));
}
