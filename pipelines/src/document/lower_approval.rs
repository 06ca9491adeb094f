//! From a gate as it was written to what it means.

use super::approval::*;
use super::file_approval::{ApprovalFile, CheckFile, FormFieldFile, ProbeFile, WindowFile};
use super::lower::{items, text, typed_value, value};
use super::model::{Millis, ParamKind};
use super::tree::Scalar;

/// How long a probe may take where the file does not say.
const PROBE_MS: Millis = 5_000;
const MIDNIGHT: u32 = 1440;

pub(super) fn lower_approval(approval: &ApprovalFile) -> Option<Approval> {
    let mut lowered = Approval {
        environment: approval.environment.as_ref().map(|environment| environment.value.0.clone()),
        require: items(&approval.require)
            .map(|rule| Requirement {
                from: items(&rule.from).cloned().collect(),
                count: rule.count.as_ref().map_or(1, |count| count.value.0),
            })
            .collect(),
        exclude: items(&approval.exclude).copied().collect(),
        rejection: value(&approval.rejection).unwrap_or_default(),
        form: lower_form(approval)?,
        timeout: approval.timeout.as_ref().map(|timeout| timeout.value.0),
        on_timeout: value(&approval.on_timeout).unwrap_or_default(),
        escalation: None,
        remind: approval.remind.as_ref().map(|remind| remind.value.0),
        windows: items(&approval.windows).map(lower_window).collect::<Option<_>>()?,
        checks: items(&approval.checks).map(lower_check).collect::<Option<_>>()?,
        supersede: value(&approval.supersede).unwrap_or_default(),
        carry_over: value(&approval.carry_over).unwrap_or_default(),
        break_glass: items(&approval.break_glass).cloned().collect(),
    };
    if lowered.require.is_empty() {
        lowered.require = Approval::by_operator().require;
    }
    if lowered.on_timeout == OnTimeout::Escalate {
        let timeout = approval.escalate_timeout.as_ref().map(|timeout| timeout.value.0);
        lowered.escalation = Some(Escalation { to: items(&approval.escalate_to).cloned().collect(), timeout });
    }
    Some(lowered)
}

fn lower_form(approval: &ApprovalFile) -> Option<Vec<FormField>> {
    let entries = approval.form.iter().flat_map(|map| &map.value.entries);
    entries.map(|(name, field)| Some(lower_field(&name.value.0, &field.as_ref()?.value))).collect()
}

fn lower_field(name: &str, field: &FormFieldFile) -> FormField {
    let kind = value(&field.kind).unwrap_or(ParamKind::String);
    FormField {
        name: name.to_owned(),
        kind,
        description: value(&field.description),
        required: value(&field.required).unwrap_or(false),
        pattern: value(&field.pattern),
        options: items(&field.options).filter_map(|option| typed_value(kind, &option.0)).collect(),
        min: field.min.as_ref().and_then(|bound| bound_of(kind, &bound.value.0)),
        max: field.max.as_ref().and_then(|bound| bound_of(kind, &bound.value.0)),
    }
}

/// A bound of a field: a number of its kind, or of characters.
pub(super) fn bound_of(kind: ParamKind, scalar: &Scalar) -> Option<serde_json::Number> {
    match kind {
        ParamKind::String => scalar.text.parse::<u32>().ok().map(Into::into),
        ParamKind::Boolean => None,
        ParamKind::Integer | ParamKind::Number => match typed_value(kind, scalar)? {
            serde_json::Value::Number(number) => Some(number),
            _ => None,
        },
    }
}

fn lower_window(window: &WindowFile) -> Option<Window> {
    let (allow, times) = match (&window.allow, &window.deny) {
        (Some(times), None) => (true, &times.value),
        (None, Some(times)) => (false, &times.value),
        _ => return None,
    };
    Some(Window {
        allow,
        days: items(&times.days).flat_map(|days| days.0.iter().copied()).collect(),
        from: times.from.as_ref().map_or(0, |from| from.value.0 % MIDNIGHT),
        to: times.to.as_ref().map_or(MIDNIGHT, |to| to.value.0),
        dates: times.dates.iter().flat_map(|dates| dates.value.0.0.iter().map(|range| range.value)).collect(),
        timezone: value(&times.timezone).unwrap_or_else(|| "UTC".to_owned()),
    })
}

fn lower_check(check: &CheckFile) -> Option<Check> {
    let (name, body) = if let Some(expression) = text(&check.expression) {
        (expression.clone(), CheckBody::Expression(expression))
    } else if let Some(probe) = &check.http {
        let probe = lower_probe(&probe.value)?;
        (format!("GET {}", probe.url), CheckBody::Http(probe))
    } else if let Some(job) = &check.job {
        (format!("{} succeeded", job.value.0), CheckBody::Job(job.value.0.clone()))
    } else {
        let (duration, environment) = (check.soak.as_ref()?.value.0, check.environment.as_ref()?.value.0.clone());
        (format!("soak in {environment}"), CheckBody::Soak { environment, duration })
    };
    Some(Check { name: value(&check.name).unwrap_or(name), every: check.every.as_ref().map(|every| every.value.0), body })
}

fn lower_probe(probe: &ProbeFile) -> Option<HttpProbe> {
    Some(HttpProbe {
        url: probe.url.as_ref()?.value.clone(),
        status: probe.status.as_ref().map_or(200, |status| u16::try_from(status.value.0).unwrap_or(200)),
        expect: text(&probe.expect),
        timeout: probe.timeout.as_ref().map_or(PROBE_MS, |timeout| timeout.value.0),
    })
}
