//! Expressions and `${{ }}`: that they can be read, and that the names in them exist.

use super::jobs::input_name;
use super::names::Names;
use super::steps::hook_lists;
use crate::document::file::{JobFile, PipelineFile, StepFile};
use crate::document::file_approval::ApprovalFile;
use crate::document::file_checklist::AssignItem;
use crate::document::file_parts::MatrixMap;
use crate::document::file_resource::ResourceItem;
use crate::document::findings::Findings;
use crate::document::position::Span;
use crate::document::shape::{At, Map};
use crate::document::suggestion::suggest;
use crate::document::syntax::shorten;
use crate::document::words::{Condition, Formula, Template, VariableName};
use crate::expression::{Expression, ExpressionError, GATE_ROOTS, PROBE_ROOTS, ROOTS, RUN_KEYS, Reference, TemplatePart, split_template};
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::rc::Rc;

/// Most different expressions of one file.
const MOST_EXPRESSIONS: usize = 1000;

/// What the names of an expression may be, at one place in the file.
#[derive(Clone)]
struct Scope<'a> {
    inputs: BTreeSet<&'a str>,
    /// `None` where no matrix is known yet.
    matrix: Option<BTreeSet<&'a str>>,
    /// Why there is no matrix here.
    no_matrix: &'static str,
    /// The first names that there are.
    roots: &'static [&'static str],
}

/// What is known of one expression text.
struct Parsed {
    references: Vec<Reference>,
    unknown_functions: Vec<String>,
}

struct Checker<'a, 'f> {
    names: &'a Names<'a>,
    findings: &'a mut Findings<'f>,
    parsed: HashMap<String, Rc<Result<Parsed, ExpressionError>>>,
}

pub(super) fn check_formulas(file: &PipelineFile, names: &Names<'_>, findings: &mut Findings<'_>) {
    let mut checker = Checker { names, findings, parsed: HashMap::new() };
    let mut every_input: BTreeSet<&str> = BTreeSet::new();
    for (_, job) in file.jobs.iter().flat_map(|map| &map.value.entries) {
        let Some(job) = job else { continue };
        let inputs: BTreeSet<&str> =
            job.value.inputs.iter().flat_map(|list| &list.value.0).filter_map(input_name).map(|(name, _)| name).collect();
        every_input.extend(&inputs);
        checker.check_job(&job.value, inputs);
    }
    for (_, item) in file.resources.iter().flat_map(|map| &map.value.entries) {
        if let Some(ResourceItem::Environment(environment)) = item.as_ref().map(|item| &item.value) {
            let inputs = every_input.clone();
            checker.check_approval(environment.approval.as_ref().map(|approval| &approval.value), inputs);
        }
    }
    let scope = Scope { inputs: every_input, matrix: None, no_matrix: "a notification is about the whole job run", roots: &ROOTS };
    for rule in file.notify.iter().flat_map(|list| &list.value.0) {
        checker.check_condition(&rule.value.when, &scope);
    }
}

fn matrix_keys(matrix: &MatrixMap) -> BTreeSet<&str> {
    let axes = matrix.axes.iter().map(|(name, _)| name.value.0.as_str());
    let included = matrix.include.iter().flat_map(|list| &list.value.0).flat_map(|cell| &cell.value.entries);
    axes.chain(included.map(|(key, _)| key.value.0.as_str())).collect()
}

impl<'a> Checker<'a, '_> {
    fn check_job(&mut self, job: &'a JobFile, inputs: BTreeSet<&'a str>) {
        self.check_approval(job.approval.as_ref().map(|approval| &approval.value), inputs.clone());
        let mut scope = Scope { inputs, matrix: None, no_matrix: "`when` decides about the whole job run", roots: &ROOTS };
        self.check_condition(&job.when, &scope);
        self.check_tasks(job, &scope);
        scope.matrix = job.matrix.as_ref().map(|matrix| matrix_keys(&matrix.value));
        scope.no_matrix = "this job has no matrix";
        self.check_env(&job.env, &scope);
        for (_, steps) in hook_lists(job) {
            steps.iter().for_each(|step| self.check_step(&step.value, &scope));
        }
    }

    fn check_tasks(&mut self, job: &JobFile, scope: &Scope<'_>) {
        let scope = Scope { no_matrix: "a checklist is about the whole job run", ..scope.clone() };
        for task in job.tasks.iter().flat_map(|list| &list.value.0) {
            for template in [&task.value.title, &task.value.description].into_iter().flatten() {
                self.check_template(template, &scope);
            }
            if let Some(assign) = &task.value.assign
                && let AssignItem::Expression(template) = &assign.value
            {
                self.check_template(&At { value: template.clone(), span: assign.span }, &scope);
            }
        }
    }

    fn check_approval(&mut self, approval: Option<&ApprovalFile>, inputs: BTreeSet<&'a str>) {
        let no_matrix = "a gate decides about the whole job run";
        let scope = Scope { inputs, matrix: None, no_matrix, roots: &GATE_ROOTS };
        let probe = Scope { roots: &PROBE_ROOTS, ..scope.clone() };
        for check in approval.iter().flat_map(|approval| &approval.checks).flat_map(|list| &list.value.0) {
            self.check_condition(&check.value.expression, &scope);
            if let Some(http) = &check.value.http {
                self.check_condition(&http.value.expect, &probe);
            }
        }
    }

    fn check_step(&mut self, step: &StepFile, scope: &Scope<'_>) {
        self.check_condition(&step.condition, scope);
        for template in [&step.name, &step.run, &step.dir].into_iter().flatten() {
            self.check_template(template, scope);
        }
        self.check_env(&step.env, scope);
        for inner in step.parallel.iter().flat_map(|list| &list.value.0) {
            self.check_step(&inner.value, scope);
        }
    }

    fn check_env(&mut self, env: &Option<At<Map<VariableName, Template>>>, scope: &Scope<'_>) {
        for (_, value) in env.iter().flat_map(|map| &map.value.entries) {
            if let Some(value) = value {
                self.check_template(value, scope);
            }
        }
    }

    fn check_condition(&mut self, condition: &Option<At<Condition>>, scope: &Scope<'_>) {
        let Some(condition) = condition else { return };
        let text = &condition.value.0.text;
        if text.trim_start().starts_with("${{") {
            let help = "this is an expression as a whole; write it without `${{ }}`".to_owned();
            self.findings.error_with("bad-expression", condition.span, "`${{ }}` is for text", Some(help));
            return;
        }
        self.check_expression(condition, 0..text.len(), scope);
    }

    fn check_template(&mut self, template: &At<Template>, scope: &Scope<'_>) {
        match split_template(&template.value.0.text) {
            Ok(parts) => {
                for part in parts {
                    if let TemplatePart::Expression(range) = part {
                        self.check_expression(template, range, scope);
                    }
                }
            }
            Err(error) => self.report(template, 0, &error, None),
        }
    }

    fn report<const TEMPLATE: bool>(&mut self, at: &At<Formula<TEMPLATE>>, offset: usize, error: &ExpressionError, help: Option<String>) {
        let span = self.locate(at, offset + error.range.start..offset + error.range.end);
        self.findings.error_with("bad-expression", span, error.message.clone(), help);
    }

    fn locate<const TEMPLATE: bool>(&self, at: &At<Formula<TEMPLATE>>, part: Range<usize>) -> Span {
        // The search begins at the scalar's start each time; a script full of mistakes must not make it quadratic.
        if !self.findings.wants_suggestions() {
            return at.span;
        }
        at.value.0.locate(self.findings.source().slice(at.span), at.span, part)
    }

    fn check_expression<const TEMPLATE: bool>(&mut self, at: &At<Formula<TEMPLATE>>, range: Range<usize>, scope: &Scope<'_>) {
        let text = &at.value.0.text[range.clone()];
        if !self.parsed.contains_key(text) && self.parsed.len() >= MOST_EXPRESSIONS {
            let message = format!("the file has more than {MOST_EXPRESSIONS} different expressions");
            self.findings.error("too-large", Span::default(), message);
            return;
        }
        let parsed = self.parsed.entry(text.to_owned()).or_insert_with(|| Rc::new(parse(text)));
        match &*Rc::clone(parsed) {
            Err(error) => self.report(at, range.start, error, None),
            Ok(parsed) => {
                for name in &parsed.unknown_functions {
                    let found = text.find(name.as_str()).unwrap_or(0);
                    let span = self.locate(at, range.start + found..range.start + found + name.len());
                    self.findings.error("unknown-function", span, format!("unknown function \"{}\"", shorten(name)));
                }
                let mut rest_of_name = None;
                for reference in &parsed.references {
                    // `off` of `state.sign-off` is no name of its own once the whole has been explained.
                    if rest_of_name.take() == Some(reference.root.as_str()) {
                        continue;
                    }
                    if let Some((message, help)) = self.judge(reference, scope) {
                        let behind = text.get(reference.range.end..).and_then(|rest| rest.strip_prefix('-'));
                        let dashed = help.as_ref().is_some_and(|help| help.contains("in brackets"));
                        rest_of_name = behind.filter(|_| dashed).and_then(|rest| rest.split(|c: char| !c.is_alphanumeric()).next());
                        let part = range.start + reference.range.start..range.start + reference.range.end;
                        let span = self.locate(at, part);
                        self.findings.error_with("unknown-name", span, message, help);
                    }
                }
            }
        }
    }

    /// What is wrong with a name, and what would be right.
    fn judge(&self, reference: &Reference, scope: &Scope<'_>) -> Option<(String, Option<String>)> {
        let root = reference.root.as_str();
        if root == "secrets" {
            let help = "name it under the job's `secrets` and read the environment variable in the script".to_owned();
            let message = "secrets are never in expressions; they only arrive in the environment".to_owned();
            return Some((message, Some(help)));
        }
        if !scope.roots.contains(&root) {
            return Some((format!("unknown name \"{}\"", shorten(root)), suggest(root, scope.roots.iter().copied())));
        }
        if let ("matrix", None) = (root, &scope.matrix) {
            return Some((format!("there is no `matrix` here: {}", scope.no_matrix), None));
        }
        let member = reference.member.as_deref()?;
        let known: Vec<&str> = match root {
            "inputs" => scope.inputs.iter().copied().collect(),
            "params" => self.names.params.clone(),
            "matrix" => scope.matrix.iter().flatten().copied().collect(),
            "state" => self.names.jobs.keys().chain(&self.names.foreign_jobs).copied().collect(),
            "lineage" => self.names.resources.keys().copied().collect(),
            "body" | "status" => return None,
            _ => RUN_KEYS.to_vec(),
        };
        if known.contains(&member) {
            return None;
        }
        let what = match root {
            "inputs" => "input",
            "params" => "parameter",
            "matrix" => "axis",
            "state" => "job",
            "lineage" => "resource",
            _ => "key of `run`",
        };
        // `state.sign-off` subtracts; a name with a dash stands in brackets.
        let dashed = known.iter().find(|name| name.split('-').next() == Some(member) && name.contains('-'));
        let help = match dashed {
            Some(name) => Some(format!("a name with a dash stands in brackets: {root}[\"{name}\"]")),
            None if !self.findings.wants_suggestions() => None,
            None => suggest(member, known.iter().copied()),
        };
        Some((format!("unknown {what} \"{}\"", shorten(member)), help))
    }
}

fn parse(text: &str) -> Result<Parsed, ExpressionError> {
    let expression = Expression::parse(text)?;
    Ok(Parsed { references: expression.references(), unknown_functions: expression.unknown_functions() })
}
