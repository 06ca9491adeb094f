//! A workspace's own notification rules: a file with the `notify` section of a pipeline and nothing else.

use super::check::{RuleParts, check_rule};
use super::file::{RulesFile, WorkspaceRuleFile};
use super::findings::Findings;
use super::lower::lower_workspace_rule;
use super::model::NotifyRule;
use super::position::{Source, Span};
use super::shape::{At, Shape};
use super::syntax::read_tree;
use super::{Diagnostic, LARGEST_FILE_BYTES};
use crate::expression::Expression;

/// Most rules of one workspace.
const MOST_RULES: usize = 200;

/// What came of reading a workspace's rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesReading {
    /// Present exactly when no diagnostic is an error.
    pub rules: Option<Vec<NotifyRule>>,
    /// Everything found, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads and checks the notification rules of a workspace. `file` is the name that diagnostics show. Never fails, as
/// [`super::read`].
#[must_use]
pub fn read_rules(text: &str, file: &str) -> RulesReading {
    if text.len() > LARGEST_FILE_BYTES {
        let mut findings = Findings::new(Source::new("", file));
        let message = format!("the rules have {} bytes; the limit is {LARGEST_FILE_BYTES} (1 MiB)", text.len());
        findings.error("too-large", Span::default(), message);
        return RulesReading { rules: None, diagnostics: findings.finish() };
    }
    let mut findings = Findings::new(Source::new(text, file));
    let rules = read_list(&mut findings);
    RulesReading { rules, diagnostics: findings.finish() }
}

fn read_list(findings: &mut Findings<'_>) -> Option<Vec<NotifyRule>> {
    let root = read_tree(0, findings)?;
    let file = RulesFile::read(&root, findings)?;
    let notify = file.notify.as_ref()?;
    let rules = &notify.value.0;
    if rules.len() > MOST_RULES {
        let message = format!("a workspace has at most {MOST_RULES} rules, but these are {}", rules.len());
        findings.error("too-large", notify.span, message);
    }
    rules.iter().for_each(|rule| check(rule, findings));
    if findings.has_errors() { None } else { Some(rules.iter().map(|rule| lower_workspace_rule(&rule.value)).collect()) }
}

fn check(rule: &At<WorkspaceRuleFile>, findings: &mut Findings<'_>) {
    let rule = &rule.value;
    let parts = RuleParts { on: rule.on.as_ref(), jobs: rule.jobs.as_ref(), resources: rule.resources.as_ref(), to: rule.to.as_ref() };
    check_rule(&parts, findings);
    // Which inputs and parameters there are differs from pipeline to pipeline, so only the form is known here.
    if let Some(when) = &rule.when
        && let Err(error) = Expression::parse(&when.value.0.text)
    {
        findings.error("bad-expression", when.span, error.message.clone());
    }
}
