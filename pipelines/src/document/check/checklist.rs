//! Checklists: that their tasks have names of their own, wait for each other without going round in circles, and are due after something.

use super::names::Names;
use crate::document::file::{JobFile, PipelineFile};
use crate::document::file_checklist::{DueItem, TaskFile};
use crate::document::findings::Findings;
use crate::document::lower_checklist::usual_id;
use crate::document::position::Span;
use crate::document::shape::{At, Record};
use crate::document::suggestion::suggest;
use crate::document::syntax::shorten;
use crate::tasks::{LONGEST_DESCRIPTION, LONGEST_TITLE, MOST_TASKS};
use std::collections::{BTreeMap, BTreeSet};

/// Most reasons for closing a run.
const MOST_REASONS: usize = 50;
/// The longest of them, in characters.
const LONGEST_REASON: usize = 100;

/// Checks the checklist of a job, if it has one.
pub(super) fn check_checklist(job: &JobFile, names: &Names<'_>, findings: &mut Findings<'_>) {
    let Some(list) = &job.tasks else { return };
    if list.value.is_empty() {
        findings.error("empty", list.span, "`tasks` is empty; a checklist has at least one task");
    }
    if list.value.0.len() > MOST_TASKS {
        let message = format!("`tasks` has {} items; the limit is {MOST_TASKS}", list.value.0.len());
        findings.error("too-large", list.span, message);
        return;
    }
    let tasks: Vec<(String, &At<TaskFile>)> = list.value.0.iter().enumerate().map(|(index, task)| (id_of(index, task), task)).collect();
    let ids: BTreeSet<&str> = tasks.iter().map(|(id, _)| id.as_str()).collect();
    let mut taken = BTreeSet::new();
    for (id, task) in &tasks {
        let span = task.value.id.as_ref().map_or(task.span, |id| id.span);
        if id == "run" {
            findings.error("reserved-name", span, "a task is not called \"run\": `after run` means the beginning of the run");
        } else if !taken.insert(id.as_str()) {
            findings.error("duplicate-task", span, format!("two tasks are called \"{id}\""));
        }
        check_texts(&task.value, findings);
        check_due((id, task), (&ids, names), findings);
        check_after((id, task), &ids, findings);
    }
    check_circles(&tasks, findings);
    if !tasks.is_empty() && tasks.iter().all(|(_, task)| task.value.optional.as_ref().is_some_and(|optional| optional.value)) {
        let help = "leave `optional` out of one of them, or the checklist is complete as soon as it opens".to_owned();
        findings.error_with("never", list.span, "every task is optional, so nobody would be asked", Some(help));
    }
}

fn id_of(index: usize, task: &At<TaskFile>) -> String {
    task.value.id.as_ref().map_or_else(|| usual_id(index), |id| id.value.0.clone())
}

fn check_texts(task: &TaskFile, findings: &mut Findings<'_>) {
    if let Some(title) = &task.title {
        let text = title.value.0.text.trim();
        if text.is_empty() {
            findings.error("empty", title.span, "the title says nothing");
        } else if text.contains(['\n', '\r']) || text.chars().count() > LONGEST_TITLE {
            findings.error("too-large", title.span, format!("a title is one line of at most {LONGEST_TITLE} characters"));
        }
    }
    if let Some(text) = task.description.as_ref().filter(|text| text.value.0.text.chars().count() > LONGEST_DESCRIPTION) {
        findings.error("too-large", text.span, format!("a description has at most {LONGEST_DESCRIPTION} characters"));
    }
}

fn check_due((id, task): (&str, &At<TaskFile>), (ids, names): (&BTreeSet<&str>, &Names<'_>), findings: &mut Findings<'_>) {
    let Some(due) = &task.value.due else { return };
    let DueItem::After { anchor, .. } = &due.value else { return };
    if anchor == id {
        findings.error("never", due.span, "a task cannot be due after its own end");
    } else if anchor != "run"
        && !ids.contains(anchor.as_str())
        && names.check_own(anchor, due.span, ("a due time counts from the run, or from a task or a job of its own pipeline", findings))
    {
        names.check_job(anchor, due.span, findings);
    }
}

fn check_after((id, task): (&str, &At<TaskFile>), ids: &BTreeSet<&str>, findings: &mut Findings<'_>) {
    let mut taken = BTreeSet::new();
    for name in task.value.after.iter().flat_map(|list| &list.value.0) {
        let before = name.value.0.as_str();
        if !ids.contains(before) {
            let help = suggest(before, ids.iter().copied().filter(|other| *other != id));
            let help = help.or_else(|| Some("name a task of this checklist by its `id`".to_owned()));
            findings.error_with("unknown-task", name.span, format!("unknown task \"{}\"", shorten(before)), help);
        } else if !taken.insert(before) {
            findings.error("duplicate-after", name.span, format!("`after` names \"{before}\" twice"));
        }
    }
}

/// Reports one circle among the tasks, if there is one.
fn check_circles(tasks: &[(String, &At<TaskFile>)], findings: &mut Findings<'_>) {
    let before: BTreeMap<&str, Vec<&str>> = tasks
        .iter()
        .map(|(id, task)| (id.as_str(), task.value.after.iter().flat_map(|list| &list.value.0).map(|name| name.value.0.as_str()).collect()))
        .collect();
    let mut free: BTreeSet<&str> = BTreeSet::new();
    loop {
        let next: Vec<&str> = before
            .iter()
            .filter(|(id, after)| !free.contains(*id) && after.iter().all(|name| free.contains(name) || !before.contains_key(name)))
            .map(|(id, _)| *id)
            .collect();
        if next.is_empty() {
            break;
        }
        free.extend(next);
    }
    let Some((first, task)) = tasks.iter().find(|(id, _)| !free.contains(id.as_str())) else { return };
    let mut path = vec![first.as_str()];
    while let Some(next) = before[path[path.len() - 1]].iter().copied().find(|name| before.contains_key(name) && !free.contains(name)) {
        if let Some(start) = path.iter().position(|known| *known == next) {
            path.drain(..start);
            path.push(next);
            break;
        }
        path.push(next);
    }
    findings.error("cycle", span_of(task), format!("these tasks wait for each other: {}", path.join(" → ")));
}

fn span_of(task: &At<TaskFile>) -> Span {
    task.value.after.as_ref().map_or(task.span, |after| after.span)
}

/// Reasons for closing a run are short, and each stands there once.
pub(super) fn check_closing_reasons(file: &PipelineFile, findings: &mut Findings<'_>) {
    let Some(reasons) = &file.closing_reasons else { return };
    if reasons.value.is_empty() && file.has("closing_reasons") {
        let help = "leave `closing_reasons` out, and whoever closes a run says why in their own words".to_owned();
        findings.error_with("empty", reasons.span, "`closing_reasons` is empty, so nobody could close a run", Some(help));
    }
    if reasons.value.0.len() > MOST_REASONS {
        findings.error(
            "too-large",
            reasons.span,
            format!("`closing_reasons` has {} items; the limit is {MOST_REASONS}", reasons.value.0.len()),
        );
    }
    let mut taken = BTreeSet::new();
    for reason in &reasons.value.0 {
        let text = reason.value.trim();
        if text.is_empty() || text.contains(char::is_control) || text.chars().count() > LONGEST_REASON {
            findings.error("bad-reason", reason.span, format!("a reason is one line of at most {LONGEST_REASON} characters"));
        } else if !taken.insert(text) {
            findings.error("duplicate-reason", reason.span, format!("\"{text}\" stands there twice"));
        }
    }
}
