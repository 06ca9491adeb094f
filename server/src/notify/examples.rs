//! Messages of every shape, for trying templates when they are saved.

use super::message::{Commit, Fact, Message};
use andon_pipelines::document::NotifyEvent;

/// A message with everything in it, one about a gate, and one with nothing but what every message has.
pub(super) fn list() -> Vec<Message> {
    let bare = Message {
        event: NotifyEvent::VersionPublished,
        workspace: "main".to_owned(),
        pipeline: "shop".to_owned(),
        job: None,
        number: None,
        run: None,
        run_number: None,
        title: None,
        what: Vec::new(),
        why: None,
        who: None,
        commits: Vec::new(),
        failing_lines: Vec::new(),
        needs: Vec::new(),
        link: "https://andon.example.org/w/main/pipelines".to_owned(),
        gate: None,
    };
    let fact = |number: usize| Fact { name: format!("input-{number}"), value: "4f2c1ab on main".to_owned() };
    let commit = |number: usize| Commit {
        id: format!("{number:040}"),
        author: "Ada Lovelace".to_owned(),
        subject: "Round prices half up, as the law of the country asks".to_owned(),
    };
    let full = Message {
        event: NotifyEvent::Failed,
        job: Some("test".to_owned()),
        number: Some("12".to_owned()),
        run_number: Some(40),
        title: Some("Round prices half up".to_owned()),
        what: (0..12).map(fact).collect(),
        why: Some("step \"unit tests\" ended with exit code 101".to_owned()),
        who: Some("push:ada".to_owned()),
        commits: (0..10).map(commit).collect(),
        failing_lines: vec!["assertion failed: 10 == 11".to_owned(); 20],
        ..bare.clone()
    };
    let gate = Message {
        event: NotifyEvent::AwaitingApproval,
        failing_lines: Vec::new(),
        needs: vec!["2 approvals from group release (1 so far)".to_owned()],
        ..full.clone()
    };
    vec![full, gate, bare]
}
