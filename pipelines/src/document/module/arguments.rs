//! The values of `with`, checked against the module's parameters.

use super::file::ModuleFile;
use crate::document::Severity;
use crate::document::file::ParamFile;
use crate::document::findings::Findings;
use crate::document::lower::typed_value;
use crate::document::model::ParamKind;
use crate::document::position::{Finding, Span};
use crate::document::shape::{At, report_type};
use crate::document::suggestion::suggest;
use crate::document::syntax::shorten;
use crate::document::tree::{Content, Entry, Node, Scalar};
use crate::document::words::FieldName;
use std::collections::BTreeMap;

/// One parameter's value at one use.
#[derive(Clone, Debug)]
pub(super) struct Argument {
    pub kind: ParamKind,
    /// May hold `${{ }}` of the file that uses the module.
    pub text: String,
    /// Made up to look at a module by itself: what is wrong with it means nothing.
    pub sample: bool,
}

pub(super) type Arguments = BTreeMap<String, Argument>;

type NamedParam<'a> = (&'a At<FieldName>, &'a ParamFile);

fn list_params(module: &ModuleFile) -> impl Iterator<Item = NamedParam<'_>> {
    let entries = module.params.iter().flat_map(|map| &map.value.entries);
    entries.filter_map(|(name, param)| Some((name, &param.as_ref()?.value)))
}

fn kind_of(param: &ParamFile) -> ParamKind {
    param.kind.as_ref().map_or(ParamKind::String, |kind| kind.value)
}

/// A use of a module: the value of `uses`, and what stands under `with`.
pub(super) struct Use<'n> {
    pub name: &'n str,
    pub span: Span,
    pub with: Option<&'n Node>,
}

/// The arguments of a use; `None` after a finding.
pub(super) fn bind(module: &ModuleFile, given: &Use<'_>, findings: &mut Findings<'_>) -> Option<Arguments> {
    let entries: &[Entry] = match given.with.map(|with| (with, &with.content)) {
        None => &[],
        Some((_, Content::Map(entries))) => entries,
        Some((with, _)) => {
            report_type(with, "a mapping of parameters", findings);
            return None;
        }
    };
    let (mut arguments, mut sound) = (Arguments::new(), true);
    for entry in entries {
        let Some((name, param)) = list_params(module).find(|(name, _)| name.value.0 == entry.key) else {
            report_unknown(module, given, entry, findings);
            sound = false;
            continue;
        };
        match read_value(param, (name.span, given.name), entry, findings) {
            Some(argument) => drop(arguments.insert(name.value.0.clone(), argument)),
            None => sound = false,
        }
    }
    for (name, param) in list_params(module) {
        if arguments.contains_key(&name.value.0) || entries.iter().any(|entry| entry.key == name.value.0) {
            continue;
        }
        if let Some(default) = &param.default {
            let argument = Argument { kind: kind_of(param), text: default.value.0.text.clone(), sample: false };
            arguments.insert(name.value.0.clone(), argument);
        } else {
            let message = format!("{} needs the parameter \"{}\"", given.name, name.value.0);
            let help = Some(format!("add `with: {{ {}: … }}`", name.value.0));
            add(("missing-parameter", given.span, name.span), message, help, findings);
            sound = false;
        }
    }
    sound.then_some(arguments)
}

fn add(place: (&'static str, Span, Span), message: String, suggestion: Option<String>, findings: &mut Findings<'_>) {
    let (code, span, declared) = place;
    let related = Some((declared, "declared here"));
    findings.add(Finding { severity: Severity::Error, code, span, message, suggestion, related });
}

fn report_unknown(module: &ModuleFile, given: &Use<'_>, entry: &Entry, findings: &mut Findings<'_>) {
    let known = list_params(module).map(|(name, _)| name.value.0.as_str());
    let message = format!("{} has no parameter \"{}\"", given.name, shorten(&entry.key));
    let help = suggest(&entry.key, known).or_else(|| Some("it has no parameters at all".to_owned()));
    findings.error_with("unknown-parameter", entry.key_span, message, help);
}

fn read_value(param: &ParamFile, (declared, module): (Span, &str), entry: &Entry, findings: &mut Findings<'_>) -> Option<Argument> {
    let node = &entry.value;
    let Some(scalar) = node.scalar().filter(|scalar| !scalar.is_null()) else {
        report_type(node, "text, a number or a boolean", findings);
        return None;
    };
    let kind = kind_of(param);
    let argument = Argument { kind, text: scalar.text.clone(), sample: false };
    // What is computed when the job runs cannot be looked at now.
    if scalar.text.contains("${{") {
        return Some(argument);
    }
    let name = &entry.key;
    if typed_value(kind, scalar).is_none() {
        let noun = match kind {
            ParamKind::String => "text",
            ParamKind::Boolean => "true or false",
            ParamKind::Integer => "a whole number",
            ParamKind::Number => "a number",
        };
        let message = format!("the parameter \"{name}\" of {module} is {noun}, not \"{}\"", shorten(&scalar.text));
        add(("wrong-type", node.span, declared), message, None, findings);
        return None;
    }
    let options: Vec<&str> = param.options.iter().flat_map(|list| &list.value.0).map(|option| option.value.0.text.as_str()).collect();
    if !options.is_empty() && !options.contains(&scalar.text.as_str()) {
        let message = format!("the parameter \"{name}\" of {module} cannot be \"{}\"", shorten(&scalar.text));
        let help = Some(format!("one of {}", options.join(", ")));
        add(("unknown-value", node.span, declared), message, help, findings);
        return None;
    }
    Some(argument)
}

/// Values to look at a module by itself: defaults, first options, and made-up ones.
pub(super) fn make_samples(module: &ModuleFile) -> Arguments {
    let sample = |(name, param): NamedParam<'_>| {
        let kind = kind_of(param);
        let made_up = match kind {
            ParamKind::String => "sample",
            ParamKind::Boolean => "false",
            ParamKind::Integer | ParamKind::Number => "1",
        };
        let first = param.options.iter().flat_map(|list| &list.value.0).next();
        let real: Option<&Scalar> = param.default.as_ref().map(|default| &default.value.0).or_else(|| Some(&first?.value.0));
        let text = real.map_or_else(|| made_up.to_owned(), |scalar| scalar.text.clone());
        (name.value.0.clone(), Argument { kind, text, sample: real.is_none() })
    };
    list_params(module).map(sample).collect()
}
