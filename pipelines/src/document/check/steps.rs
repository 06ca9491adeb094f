//! A program's steps, environment and matrix.

use crate::document::Matrix;
use crate::document::file::{JobFile, StepFile};
use crate::document::file_parts::MatrixMap;
use crate::document::findings::Findings;
use crate::document::lower::lower_matrix;
use crate::document::position::Span;
use crate::document::shape::{At, List, Map, Record};
use crate::document::words::{Template, VariableName};
use std::collections::BTreeSet;

/// What a step may do.
const ACTIONS: [&str; 4] = ["run", "parallel", "artifacts", "reports"];
/// Most steps of one list.
const MOST_STEPS: usize = 500;
/// Keys that only a script has.
const SCRIPT_KEYS: [&str; 3] = ["shell", "dir", "env"];

pub(super) fn check_steps_body(job: &JobFile, findings: &mut Findings<'_>) {
    for (key, steps) in hook_lists(job) {
        if let Some(extra) = steps.get(MOST_STEPS) {
            let message = format!("`{key}` has {} steps; the limit is {MOST_STEPS}", steps.len());
            findings.error("too-large", extra.span, message);
        }
        for step in steps.iter().take(MOST_STEPS) {
            check_step(step, findings);
        }
    }
    check_variables(&job.env, findings);
    let mut secrets: BTreeSet<&str> = BTreeSet::new();
    for (name, _) in job.secrets.iter().flat_map(|map| &map.value.entries) {
        check_reserved(&name.value.0, name.span, findings);
        secrets.insert(&name.value.0);
    }
    check_shadowing(&job.env, &secrets, findings);
    for (_, steps) in hook_lists(job) {
        for step in steps {
            check_step_shadowing(&step.value, &secrets, findings);
        }
    }
    if let Some(matrix) = &job.matrix {
        check_matrix(matrix, findings);
    }
}

/// The job's steps and hooks, with their keys.
pub(super) fn hook_lists(job: &JobFile) -> [(&'static str, &[At<StepFile>]); 5] {
    fn list(steps: &Option<At<List<StepFile>>>) -> &[At<StepFile>] {
        steps.as_ref().map_or(&[], |steps| &steps.value.0)
    }
    [
        ("steps", list(&job.steps)),
        ("on_success", list(&job.on_success)),
        ("on_failure", list(&job.on_failure)),
        ("on_stop", list(&job.on_stop)),
        ("always", list(&job.always)),
    ]
}

pub(super) fn check_step(step: &At<StepFile>, findings: &mut Findings<'_>) {
    let given: Vec<&str> = ACTIONS.into_iter().filter(|action| step.value.has(action)).collect();
    match given.as_slice() {
        // A `uses` that is still there has been reported already; `cache` has been refused by name.
        [] if step.value.has("uses") || step.value.has("cache") => {}
        [] => {
            let help = "give it one of run, parallel, artifacts, reports, uses".to_owned();
            findings.error_with("missing-key", step.span, "this step does nothing", Some(help));
        }
        [action] => {
            for key in SCRIPT_KEYS.into_iter().filter(|key| *action != "run" && step.value.has(key)) {
                findings.error("conflicting-keys", step.span, format!("`{key}` belongs to a step with `run`, not with `{action}`"));
            }
        }
        [first, second, ..] => {
            let message = format!("a step does one thing, but this one has `{first}` and `{second}`");
            findings.error_with("conflicting-keys", step.span, message, Some("make two steps of it".to_owned()));
        }
    }
    if let Some(with) = step.value.with.as_ref().filter(|_| step.value.uses.is_none()) {
        findings.error("conflicting-keys", with.span, "`with` gives values to a module, and this step has no `uses`");
    }
    check_variables(&step.value.env, findings);
    if let Some(parallel) = &step.value.parallel {
        if parallel.value.is_empty() {
            findings.error("empty", parallel.span, "`parallel` is empty");
        }
        parallel.value.0.iter().for_each(|inner| check_step(inner, findings));
    }
    if let Some(run) = step.value.run.as_ref().filter(|run| run.value.0.text.trim().is_empty()) {
        findings.error("empty", run.span, "the script is empty");
    }
    if let Some(shell) = step.value.shell.as_ref().filter(|shell| shell.value.trim().is_empty()) {
        findings.error("empty", shell.span, "`shell` is empty; leave it out for bash");
    }
    let paths = step.value.artifacts.as_ref().and_then(|artifacts| artifacts.value.paths.as_ref());
    if let Some(paths) = paths.filter(|paths| paths.value.is_empty()) {
        findings.error("empty", paths.span, "`paths` names no files");
    }
    let junit = step.value.reports.as_ref().and_then(|reports| reports.value.junit.as_ref());
    if let Some(junit) = junit.filter(|junit| junit.value.0.is_empty()) {
        findings.error("empty", junit.span, "`junit` names no files");
    }
}

fn check_variables(env: &Option<At<Map<VariableName, Template>>>, findings: &mut Findings<'_>) {
    for (name, _) in env.iter().flat_map(|map| &map.value.entries) {
        check_reserved(&name.value.0, name.span, findings);
    }
}

/// Names that Andon sets itself, and that scripts rely on.
fn check_reserved(name: &str, span: Span, findings: &mut Findings<'_>) {
    if name == "CI" || name == "ANDON" || name.starts_with("ANDON_") {
        findings.error("reserved-name", span, format!("the environment variable \"{name}\" is set by Andon itself"));
    }
}

fn check_shadowing(env: &Option<At<Map<VariableName, Template>>>, secrets: &BTreeSet<&str>, findings: &mut Findings<'_>) {
    for (name, _) in env.iter().flat_map(|map| &map.value.entries) {
        if secrets.contains(name.value.0.as_str()) {
            let message = format!("\"{}\" stands under `env` and under `secrets`", name.value.0);
            findings.error_with("duplicate-variable", name.span, message, Some("keep one of them".to_owned()));
        }
    }
}

fn check_step_shadowing(step: &StepFile, secrets: &BTreeSet<&str>, findings: &mut Findings<'_>) {
    check_shadowing(&step.env, secrets, findings);
    for inner in step.parallel.iter().flat_map(|list| &list.value.0) {
        check_step_shadowing(&inner.value, secrets, findings);
    }
}

fn check_matrix(matrix: &At<MatrixMap>, findings: &mut Findings<'_>) {
    let mut sound = true;
    for list in [&matrix.value.include, &matrix.value.exclude].into_iter().flatten() {
        if list.value.0.len() > Matrix::MOST_CELLS {
            findings.error("too-large", list.span, format!("at most {} cells are included or excluded", Matrix::MOST_CELLS));
            sound = false;
        }
    }
    for (name, values) in &matrix.value.axes {
        let Some(values) = values else {
            sound = false;
            continue;
        };
        if values.value.is_empty() {
            findings.error("empty", values.span, format!("the axis \"{}\" has no values", name.value.0));
            sound = false;
        }
        let mut taken: BTreeSet<&str> = BTreeSet::new();
        for value in &values.value.0 {
            if !taken.insert(&value.value.0.text) {
                findings.error("duplicate-value", value.span, format!("the axis \"{}\" names this value twice", name.value.0));
            }
        }
    }
    let axes: BTreeSet<&str> = matrix.value.axes.iter().map(|(name, _)| name.value.0.as_str()).collect();
    for cell in matrix.value.exclude.iter().flat_map(|list| &list.value.0) {
        for (key, _) in cell.value.entries.iter().filter(|(key, _)| !axes.contains(key.value.0.as_str())) {
            let searched = findings.wants_suggestions();
            let suggestion = crate::document::suggestion::suggest(&key.value.0, axes.iter().copied().filter(|_| searched));
            let message = format!("\"{}\" is no axis of this matrix, so nothing is excluded", key.value.0);
            findings.error_with("unknown-axis", key.span, message, suggestion);
        }
    }
    if sound {
        check_cells(matrix, findings);
    }
}

fn check_cells(matrix: &At<MatrixMap>, findings: &mut Findings<'_>) {
    let lowered = lower_matrix(&matrix.value);
    match lowered.count_products() {
        Some(count) if count + lowered.include.len() <= Matrix::MOST_CELLS => {
            if lowered.cells().is_empty() {
                findings.error("empty", matrix.span, "the matrix has no cells, so nothing would run");
            }
        }
        count => {
            let found = count.map_or_else(|| "far more".to_owned(), |count| (count + lowered.include.len()).to_string());
            let message = format!("a matrix has at most {} cells, but this one has {found}", Matrix::MOST_CELLS);
            findings.error("too-large", matrix.span, message);
        }
    }
}
