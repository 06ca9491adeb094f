//! Reads a module by itself.

use super::arguments::make_samples;
use super::expand::Expander;
use super::file::ModuleFile;
use super::insert::Inserter;
use super::texts::{LARGEST_MODULE_BYTES, Modules};
use crate::document::check::{check_job_alone, check_steps_alone};
use crate::document::file::{JobFile, StepFile};
use crate::document::findings::Findings;
use crate::document::lower::lower_params;
use crate::document::model::Param;
use crate::document::position::{Source, Span};
use crate::document::shape::{List, Shape};
use crate::document::syntax::read_tree;
use crate::document::tree::{Content, Node};
use crate::document::{Diagnostic, check};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

/// What a module may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ModuleKind {
    /// As one of a job's steps.
    Steps,
    /// As a job.
    Job,
}

/// A module, as far as those who use it need to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Module {
    pub name: String,
    pub description: Option<String>,
    pub kind: ModuleKind,
    pub params: BTreeMap<String, Param>,
}

/// What came of reading a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleReading {
    /// Present exactly when no diagnostic is an error.
    pub module: Option<Module>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads and checks one module file. What depends on the pipeline that will use it (names of inputs, for example) is checked
/// there. `modules` are those that it may use itself. Never fails, as [`crate::document::read`].
#[must_use]
pub fn read_module(text: &str, file: &str, modules: &Modules) -> ModuleReading {
    if text.len() > LARGEST_MODULE_BYTES {
        let mut findings = Findings::new(Source::new("", file));
        let message = format!("the module has {} bytes; the limit is {LARGEST_MODULE_BYTES} (64 KiB)", text.len());
        findings.error("too-large", Span::default(), message);
        return ModuleReading { module: None, diagnostics: findings.finish() };
    }
    let mut findings = Findings::new(Source::new(text, file));
    let module = read_tree(0, &mut findings).and_then(|root| read_root(&root, modules, &mut findings));
    let module = module.filter(|_| !findings.has_errors());
    ModuleReading { module, diagnostics: findings.finish() }
}

fn read_root<'a>(root: &Rc<Node>, modules: &'a Modules, findings: &mut Findings<'a>) -> Option<Module> {
    let file = ModuleFile::read(root, findings)?;
    check::check_params(&file.params, findings);
    let kind = match (file.steps.is_some(), file.job.is_some()) {
        (true, false) => ModuleKind::Steps,
        (false, true) => ModuleKind::Job,
        (true, true) => {
            let help = Some("make two modules of it".to_owned());
            findings.error_with("conflicting-keys", root.owner, "a module has `steps` or a `job`, not both", help);
            return None;
        }
        (false, false) => {
            findings.error("missing-key", root.owner, "a module needs `steps`, or a `job`");
            return None;
        }
    };
    check_body(root, (&file, kind), modules, findings);
    if findings.has_errors() {
        return None;
    }
    Some(Module {
        name: file.module.as_ref()?.value.0.clone(),
        description: file.description.as_ref().map(|description| description.value.clone()),
        kind,
        params: lower_params(&file.params)?,
    })
}

/// Looks at the body with values of the right types in place. What such a made-up value is wrong for is no mistake.
fn check_body<'a>(root: &Rc<Node>, (file, kind): (&ModuleFile, ModuleKind), modules: &'a Modules, findings: &mut Findings<'a>) {
    let key = if kind == ModuleKind::Steps { "steps" } else { "job" };
    let Content::Map(entries) = &root.content else { return };
    let Some(entry) = entries.iter().find(|entry| entry.key == key) else { return };
    let arguments = make_samples(file);
    let mut inserter = Inserter { arguments: &arguments, findings, sampled: HashSet::new() };
    let body = inserter.insert(&entry.value);
    let sampled = inserter.sampled;
    let name = file.module.as_ref().map_or_else(String::new, |name| format!("workspace/{}", name.value.0));
    let mut expander = Expander::new(modules, findings);
    match kind {
        ModuleKind::Steps => {
            let body = expander.expand_steps(&body, &[name.as_str()]);
            if let Some(steps) = List::<StepFile>::read(&body, findings) {
                if steps.is_empty() {
                    findings.error("empty", body.span, "`steps` is empty");
                }
                check_steps_alone(&steps, findings);
            }
        }
        ModuleKind::Job => {
            let body = expander.expand_job(&body, &[name.as_str()]);
            if let Some(job) = JobFile::read(&body, findings) {
                check_job_alone(&job, (&name, entry.key_span), findings);
            }
        }
    }
    findings.forget(&sampled);
}
