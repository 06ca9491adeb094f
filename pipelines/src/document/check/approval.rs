//! Gates: whom they name, what they ask, and when.

use super::names::Names;
use super::resources::check_timezone;
use crate::document::approval::{Approver, OnTimeout};
use crate::document::file::PipelineFile;
use crate::document::file_approval::{ApprovalFile, CheckFile, FormFieldFile, ProbeFile, WindowFile};
use crate::document::file_resource::ResourceItem;
use crate::document::findings::Findings;
use crate::document::lower::typed_value;
use crate::document::lower_approval::bound_of;
use crate::document::model::ParamKind;
use crate::document::position::Span;
use crate::document::shape::{At, List, Record};
use crate::document::syntax::shorten;
use std::collections::BTreeSet;

/// Most fields, windows, checks or rules of one gate.
const MOST: usize = 50;
/// The longest that a probe may take.
const LONGEST_PROBE_MS: u64 = 30_000;
/// The longest pattern of a field, in bytes, and the most memory that it may take once compiled.
const LONGEST_PATTERN: usize = 1_000;
const LARGEST_PATTERN: usize = 1 << 18;

/// Checks the gates of environments, and that no job has to pass two of them.
pub(super) fn check_environments(file: &PipelineFile, names: &Names<'_>, findings: &mut Findings<'_>) {
    let mut guarded: BTreeSet<&str> = BTreeSet::new();
    for (name, item) in file.resources.iter().flat_map(|map| &map.value.entries) {
        let Some(ResourceItem::Environment(environment)) = item.as_ref().map(|item| &item.value) else { continue };
        if let Some(approval) = &environment.approval {
            guarded.insert(&name.value.0);
            check_approval(&approval.value, names, findings);
            if let Some(own) = &approval.value.environment {
                let help = format!("leave it out: what is proposed is compared with what {} runs", name.value.0);
                findings.error_with("conflicting-keys", own.span, "an environment's own approval names no `environment`", Some(help));
            }
        }
    }
    for (name, job) in file.jobs.iter().flat_map(|map| &map.value.entries) {
        let outputs = job.iter().flat_map(|job| job.value.outputs.iter().flat_map(|list| &list.value.0));
        let outputs: Vec<&str> = outputs.filter_map(super::jobs::output_resource).map(|(output, _)| output.0.as_str()).collect();
        let guarded: Vec<&&str> = outputs.iter().filter(|output| guarded.contains(**output)).collect();
        if let [first, second, ..] = guarded.as_slice() {
            let message = format!("job \"{}\" deploys to \"{first}\" and to \"{second}\", which each have an `approval`", name.value.0);
            let help = "make two jobs of it, so that each is approved by itself".to_owned();
            findings.error_with("conflicting-keys", name.span, message, Some(help));
        }
    }
}

pub(super) fn check_approval(approval: &ApprovalFile, names: &Names<'_>, findings: &mut Findings<'_>) {
    if let Some(environment) = &approval.environment {
        check_environment(&environment.value.0, environment.span, names, findings);
    }
    check_people(approval, findings);
    check_time(approval, findings);
    let too_long = |count: usize| count > MOST;
    for (key, length) in [
        ("require", approval.require.as_ref().map(|list| (list.value.0.len(), list.span))),
        ("form", approval.form.as_ref().map(|map| (map.value.entries.len(), map.span))),
        ("windows", approval.windows.as_ref().map(|list| (list.value.0.len(), list.span))),
        ("checks", approval.checks.as_ref().map(|list| (list.value.0.len(), list.span))),
    ] {
        if let Some((length, span)) = length.filter(|(length, _)| too_long(*length)) {
            findings.error("too-large", span, format!("`{key}` has {length} items; the limit is {MOST}"));
        }
    }
    for (name, field) in approval.form.iter().flat_map(|map| &map.value.entries) {
        if let Some(field) = field {
            check_field(name.span, &field.value, findings);
        }
    }
    for window in approval.windows.iter().flat_map(|list| &list.value.0) {
        check_window(window, findings);
    }
    for check in approval.checks.iter().flat_map(|list| &list.value.0) {
        check_check(check, names, findings);
    }
}

fn check_environment(name: &str, span: Span, names: &Names<'_>, findings: &mut Findings<'_>) {
    if names.check_resource(name, span, findings)
        && let Some(kind) = names.kind_of(name).filter(|kind| *kind != "environment")
    {
        findings.error("wrong-kind", span, format!("\"{name}\" is a {kind} resource, not an environment"));
    }
}

fn check_people(approval: &ApprovalFile, findings: &mut Findings<'_>) {
    if let Some(require) = approval.require.as_ref().filter(|require| require.value.is_empty()) {
        let help = "leave `require` out for one operator".to_owned();
        findings.error_with("empty", require.span, "`require` is empty: nobody would have to approve", Some(help));
    }
    for rule in approval.require.iter().flat_map(|list| &list.value.0) {
        let Some(from) = &rule.value.from else { continue };
        check_somebody("from", from, "so the gate could never open", findings);
        let people: BTreeSet<_> = from.value.0.iter().map(|approver| &approver.value).collect();
        let only_users = people.iter().all(|approver| matches!(approver, Approver::User(_)));
        let count = rule.value.count.as_ref().map_or(1, |count| count.value.0);
        if only_users && !people.is_empty() && count as usize > people.len() {
            let message = format!("{count} approvals are required, but only {} can be given", people.len());
            findings.error("never", rule.span, message);
        }
    }
    if let Some(who) = &approval.break_glass {
        check_somebody("break_glass", who, "so leave it out", findings);
    }
    if let Some(who) = &approval.escalate_to {
        check_somebody("escalate_to", who, "so nothing would change", findings);
    }
}

fn check_somebody(key: &str, people: &At<List<Approver>>, therefore: &str, findings: &mut Findings<'_>) {
    if people.value.is_empty() {
        findings.error("empty", people.span, format!("`{key}` names nobody, {therefore}"));
    }
}

fn check_time(approval: &ApprovalFile, findings: &mut Findings<'_>) {
    if let (Some(on_timeout), false) = (&approval.on_timeout, approval.has("timeout")) {
        findings.error("missing-key", on_timeout.span, "`on_timeout` needs a `timeout`");
    }
    let escalates = approval.on_timeout.as_ref().is_some_and(|on_timeout| on_timeout.value == OnTimeout::Escalate);
    if let (Some(on_timeout), true, false) = (&approval.on_timeout, escalates, approval.has("escalate_to")) {
        let help = Some("name them: `escalate_to: [\"role:admin\"]`".to_owned());
        findings.error_with("missing-key", on_timeout.span, "`escalate` needs to know to whom: `escalate_to`", help);
    }
    let spans = [approval.escalate_to.as_ref().map(|at| at.span), approval.escalate_timeout.as_ref().map(|at| at.span)];
    for (key, span) in ["escalate_to", "escalate_timeout"].into_iter().zip(spans) {
        // An `on_timeout` that could not be read has had its finding.
        if let (Some(span), false) = (span, escalates || (approval.has("on_timeout") && approval.on_timeout.is_none())) {
            findings.error("conflicting-keys", span, format!("`{key}` belongs to `on_timeout: escalate`"));
        }
    }
}

fn check_field(name: Span, field: &FormFieldFile, findings: &mut Findings<'_>) {
    let kind = field.kind.as_ref().map_or(ParamKind::String, |kind| kind.value);
    if let Some(pattern) = &field.pattern {
        let built = regex::RegexBuilder::new(&pattern.value).size_limit(LARGEST_PATTERN).build();
        if kind != ParamKind::String {
            findings.error("conflicting-keys", pattern.span, "`pattern` is for text");
        } else if pattern.value.len() > LONGEST_PATTERN {
            let message = format!("the pattern has {} bytes; the limit is {LONGEST_PATTERN}", pattern.value.len());
            findings.error("too-large", pattern.span, message);
        } else if built.is_err() {
            let message = format!("\"{}\" is not a regular expression, or takes too much memory", shorten(&pattern.value));
            findings.error("bad-pattern", pattern.span, message);
        }
    }
    for option in field.options.iter().flat_map(|list| &list.value.0) {
        if typed_value(kind, &option.value.0).is_none() {
            let message = format!("\"{}\" is not a value of the field's type", shorten(&option.value.0.text));
            findings.error("wrong-type", option.span, message);
        }
    }
    let bounds: Vec<_> = [&field.min, &field.max].into_iter().flatten().collect();
    for bound in &bounds {
        if bound_of(kind, &bound.value.0).is_none() {
            let what = match kind {
                ParamKind::String => "a number of characters",
                ParamKind::Boolean => "for true or false, which have no bounds",
                ParamKind::Integer => "a whole number",
                ParamKind::Number => "a number",
            };
            findings.error("wrong-type", bound.span, format!("\"{}\" is not {what}", shorten(&bound.value.0.text)));
        }
    }
    let number = |at: &Option<At<crate::document::words::AnyScalar>>| at.as_ref()?.value.0.text.parse::<f64>().ok();
    if let (Some(min), Some(max)) = (number(&field.min), number(&field.max))
        && min > max
    {
        findings.error("never", name, format!("no value is at least {min} and at most {max}"));
    }
}

fn check_window(window: &At<WindowFile>, findings: &mut Findings<'_>) {
    let times = match (window.value.has("allow"), window.value.has("deny")) {
        (true, false) => &window.value.allow,
        (false, true) => &window.value.deny,
        _ => {
            let help = "write two windows where there are two".to_owned();
            findings.error_with("bad-window", window.span, "a window has exactly one of `allow` and `deny`", Some(help));
            return;
        }
    };
    let Some(times) = times else { return };
    if let Some(zone) = &times.value.timezone {
        check_timezone(zone, findings);
    }
    if let (Some(from), Some(to)) = (&times.value.from, &times.value.to) {
        if from.value.0 == 1440 {
            findings.error("bad-window", from.span, "a window begins before the day ends");
        } else if from.value.0 == to.value.0 {
            findings.error("bad-window", to.span, "the window ends when it begins; leave both out for the whole day");
        }
    }
}

fn check_check(check: &At<CheckFile>, names: &Names<'_>, findings: &mut Findings<'_>) {
    let kinds: Vec<&str> = ["expression", "http", "job", "soak"].into_iter().filter(|key| check.value.has(key)).collect();
    if kinds.len() != 1 {
        let message = match kinds.as_slice() {
            [] => "a check asks something: `expression`, `http`, `job` or `soak`".to_owned(),
            several => format!("a check asks one thing, but this one has `{}`", several.join("` and `")),
        };
        findings.error("bad-check", check.span, message);
    }
    if let Some(job) = &check.value.job {
        names.check_job(&job.value.0, job.span, findings);
    }
    match &check.value.environment {
        Some(environment) if check.value.has("soak") => check_environment(&environment.value.0, environment.span, names, findings),
        Some(environment) => findings.error("conflicting-keys", environment.span, "`environment` belongs to `soak`"),
        None if check.value.has("soak") && !check.value.has("environment") => {
            let help = Some("name it: `{ soak: 2h, environment: staging }`".to_owned());
            findings.error_with("missing-key", check.span, "`soak` needs to know where: `environment`", help);
        }
        None => {}
    }
    if let Some(every) = check.value.every.as_ref().filter(|every| every.value.0 < 1_000) {
        findings.error("wrong-duration", every.span, "a check is asked at most once a second");
    }
    if let Some(probe) = &check.value.http {
        check_probe(&probe.value, findings);
    }
}

fn check_probe(probe: &ProbeFile, findings: &mut Findings<'_>) {
    if let Some(url) = &probe.url {
        let rest = url.value.strip_prefix("https://").or_else(|| url.value.strip_prefix("http://"));
        let plain = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', ':', '?', '#']));
        if !plain || url.value.chars().any(|c| c.is_whitespace() || c.is_control()) || url.value.len() > 2_000 {
            let message = format!("\"{}\" is not an address that can be asked", shorten(&url.value));
            findings.error_with("bad-url", url.span, message, Some("it begins with https:// or http://".to_owned()));
        }
    }
    if let Some(timeout) = probe.timeout.as_ref().filter(|timeout| timeout.value.0 > LONGEST_PROBE_MS) {
        findings.error("wrong-duration", timeout.span, "a probe takes at most 30s");
    }
}
