//! One gate, with what an approver has to know.

use super::people::show_requirement;
use super::runs::show_used;
use crate::terminal::{Style, Terminal, clean, paint, show_iso};
use andon_server::engine::CheckStatus;
use andon_server::http::gates::{ChangeView, EvidenceView, GateDetail};
use andon_server::http::view::{DecisionView, GateView};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Most commits of one resource that are shown.
const MOST_COMMITS: usize = 20;

pub(super) fn show_gate(terminal: Terminal, detail: &GateDetail) -> String {
    let (gate, evidence) = (&detail.gate, &detail.evidence);
    let title =
        format!("{}/{} #{}, run {}#{}: {}", gate.pipeline, gate.job, gate.number, gate.pipeline, gate.run_number, gate.status.name());
    let mut lines = vec![paint(&clean(&title), Style::Heading, terminal.colours)];
    let mut line = |text: String| lines.push(clean(&text));
    if !gate.inputs.is_empty() {
        line(format!("Lets through: {}", show_used(&gate.inputs)));
    }
    show_changes(evidence, &mut line);
    for tests in &evidence.tests {
        let failing = if tests.failing.is_empty() { String::new() } else { format!(": {}", tests.failing.join(", ")) };
        line(format!(
            "Tests of {} #{}: {} passed, {} failed, {} skipped{failing}",
            tests.job, tests.number, tests.passed, tests.failed, tests.skipped
        ));
    }
    for check in &evidence.checks {
        let word = match check.status {
            CheckStatus::Passed => "passed",
            CheckStatus::Failed => "failed",
            CheckStatus::Waiting => "waits",
            CheckStatus::Errored => "could not be asked",
        };
        line(format!("Check {}: {word}: {}", check.name, check.detail));
    }
    for requirement in &gate.requirements {
        line(format!("Needs: {}", show_requirement(requirement)));
    }
    gate.decisions.iter().for_each(|decision| line(show_decision(decision)));
    show_people(gate, evidence, &mut line);
    for wait in &evidence.waits_for {
        line(format!("Waits for: {wait}"));
    }
    if let Some(at) = evidence.window.opens_at {
        line(format!("Its windows open next at {}", show_iso(at)));
    }
    show_own(gate, &mut line);
    lines.join("\n") + "\n"
}

fn show_changes(evidence: &EvidenceView, line: &mut impl FnMut(String)) {
    match (&evidence.environment, &evidence.current) {
        (Some(environment), Some(current)) => line(format!("{environment} runs {}, by {}", show_values(&current.values), current.by)),
        (Some(environment), None) => line(format!("{environment} runs nothing yet")),
        (None, _) => {}
    }
    for change in evidence.changes.iter().filter(|change| change.changed) {
        let from = change.from.as_ref().map_or_else(|| "nothing".to_owned(), show_values);
        line(format!("Changes {}: {from} -> {}", change.resource, show_values(&change.to)));
        show_commits(change, line);
    }
    if !evidence.authors.is_empty() {
        let authors: Vec<String> = evidence.authors.iter().map(|author| format!("{} ({})", author.name, author.commits)).collect();
        line(format!("Authors: {}", authors.join(", ")));
    }
}

fn show_commits(change: &ChangeView, line: &mut impl FnMut(String)) {
    for commit in change.commits.iter().take(MOST_COMMITS) {
        let short: String = commit.commit.chars().take(7).collect();
        line(format!("  {short} {}, {}", commit.subject, commit.author));
    }
    if change.truncated || change.commits.len() > MOST_COMMITS {
        line("  and more".to_owned());
    }
    if let Some(unknown) = &change.unknown {
        line(format!("  {unknown}"));
    }
}

fn show_values(values: &BTreeMap<String, String>) -> String {
    let shown = values.iter().map(|(key, value)| {
        let short = if value.len() >= 40 && value.bytes().all(|byte| byte.is_ascii_hexdigit()) { &value[..7] } else { value };
        format!("{key} {short}")
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn show_decision(decision: &DecisionView) -> String {
    let mut text = format!("{} decided {}", decision.user, decision.decision);
    for (field, answer) in decision.form.as_object().into_iter().flatten() {
        let answer = answer.as_str().map_or_else(|| answer.to_string(), str::to_owned);
        let _ = write!(text, ", {field}={answer}");
    }
    if let Some(comment) = &decision.comment {
        let _ = write!(text, ": {comment}");
    }
    if decision.revoked_at.is_some() {
        let _ = write!(text, " (taken back by {})", decision.revoked_by.as_deref().unwrap_or("somebody"));
    }
    text
}

fn show_people(gate: &GateView, evidence: &EvidenceView, line: &mut impl FnMut(String)) {
    if let Some(name) = &gate.claimed_by {
        line(format!("{name} looks after it"));
    }
    for (name, why) in &evidence.excluded {
        line(format!("{name} may not approve: {why}"));
    }
    if !evidence.may_still_approve.is_empty() {
        line(format!("May approve: {}", evidence.may_still_approve.join(", ")));
    }
    if let Some(broken) = &evidence.broken {
        let reviewed = broken.reviewed_by.as_ref().map_or_else(|| "not reviewed yet".to_owned(), |name| format!("reviewed by {name}"));
        line(format!("Opened alone by {}: {} ({reviewed})", broken.by, broken.reason));
    }
}

fn show_own(gate: &GateView, line: &mut impl FnMut(String)) {
    match (&gate.why_not, gate.may_decide) {
        (_, true) => {
            let form = if gate.form.is_some() { " --form FIELD=ANSWER" } else { "" };
            line(format!("You may decide: `andon approve {0} -m …{form}` or `andon reject {0} -m …`", gate.id));
        }
        (Some(why), false) => line(format!("You may not decide: {why}")),
        (None, false) => {}
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::{Value, json};

    const ID: &str = "019aa3c1-0000-7000-8000-000000000009";

    pub fn example(may_decide: bool) -> Value {
        json!({"id": ID, "status": "open", "pipeline": "shop", "job": "sign-off", "number": "3", "run": ID,
            "run_number": 12, "job_run": ID, "digest": "d", "opened_at": 0, "closed_at": null, "deadline_at": 3_600_000,
            "requirements": [{"from": ["group:release", "user:eve"], "needed": 2, "have": ["ada"]}],
            "decisions": [{"user": "ada", "decision": "approve", "comment": "fine", "at": 0, "form": {"ticket": "OPS-1"}},
                {"user": "bob", "decision": "reject", "comment": null, "at": 0, "revoked_at": 1, "revoked_by": "user:bob"}],
            "may_decide": may_decide, "why_not": (!may_decide).then_some("you wrote it"), "inputs": [], "claimed_by": "ada"})
    }

    fn detail(may_decide: bool) -> GateDetail {
        let mut gate = example(may_decide);
        gate["evidence"] = json!({"environment": "production",
            "current": {"values": {"source": "a".repeat(40)}, "job_run": ID, "by": "user:ada", "since": 0},
            "changes": [{"resource": "source", "from": {"commit": "a".repeat(40)}, "to": {"commit": "b".repeat(40)}, "changed": true,
                "commits": [{"commit": "b".repeat(40), "author": "Bob", "email": "b@example.org", "subject": "Mend it", "at": 0}],
                "truncated": false, "unknown": null}],
            "authors": [{"name": "Bob", "email": "b@example.org", "commits": 1}], "lineage": [],
            "tests": [{"job": "test", "number": "4", "job_run": ID, "passed": 7, "failed": 1, "skipped": 0, "failing": ["unit: adds"]}],
            "checks": [{"name": "coverage", "kind": "expression", "status": "failed", "detail": "false: 79", "at": 0, "next_at": null}],
            "checked_at": 0, "window": {"open": true, "opens_at": null}, "waits_for": ["the check coverage: false: 79"],
            "may_still_approve": ["cy"], "excluded": {"bob": "they wrote commit bbbbbbb of source, which this gate lets through"},
            "break_glass": ["role:admin"], "broken": null});
        serde_json::from_value(gate).expect("a gate")
    }

    #[test]
    fn a_gate_shows_what_it_needs_and_what_to_do() {
        let terminal = Terminal { live: false, colours: false, interactive: false };
        insta::assert_snapshot!(show_gate(terminal, &detail(true)));
        assert!(show_gate(terminal, &detail(false)).ends_with("You may not decide: you wrote it\n"));
    }
}
