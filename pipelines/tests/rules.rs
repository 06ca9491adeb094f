//! A workspace's own notification rules.

use andon_pipelines::document::{NotifyEvent, NotifyTarget, read_rules, render};

#[test]
fn rules_are_read_as_a_pipeline_reads_them() {
    let text = "notify:\n  - { on: [failed, version-published], pipelines: [shop], resources: [app], to: [\"user:ada\", initiator] }\n";
    let reading = read_rules(text, "rules.yml");
    assert_eq!(render(&reading.diagnostics), "");
    let rules = reading.rules.expect("no diagnostics, so rules");
    assert_eq!(rules[0].on, [NotifyEvent::Failed, NotifyEvent::VersionPublished]);
    assert_eq!(rules[0].to, [NotifyTarget::User("ada".to_owned()), NotifyTarget::Initiator]);
    assert_eq!((rules[0].pipelines[0].as_str(), rules[0].resources[0].as_str()), ("shop", "app"));
    assert_eq!(read_rules("notify: []", "rules.yml").rules, Some(vec![]));
}

#[test]
fn every_mistake_is_told_at_once_and_nothing_is_taken() {
    let text = "notify:
  - { on: [faild], to: [nobody] }
  - { on: [], to: [] }
  - { on: [failed], to: [approvers], when: \"1 +\" }
  - { on: [version-published], to: [authors], jobs: [build] }
  - { on: [failed], to: [authors], resources: [app] }
jobs: {}
";
    let reading = read_rules(text, "rules.yml");
    assert_eq!(reading.rules, None);
    insta::assert_snapshot!(render(&reading.diagnostics));
}

#[test]
fn there_is_a_limit() {
    let rule = "  - { on: [failed], to: [authors] }\n";
    let reading = read_rules(&format!("notify:\n{}", rule.repeat(201)), "rules.yml");
    assert!(reading.rules.is_none() && render(&reading.diagnostics).contains("at most 200 rules"));
}
