//! Notifications: rules that could never tell anybody anything.

use super::names::Names;
use crate::document::file::PipelineFile;
use crate::document::findings::Findings;
use crate::document::model::{NotifyEvent, NotifyTarget};
use crate::document::shape::{At, List};
use crate::document::words::Reference;

/// Events about a gate, which has approvers.
const GATE_EVENTS: [NotifyEvent; 5] =
    [NotifyEvent::AwaitingApproval, NotifyEvent::Reminded, NotifyEvent::Approved, NotifyEvent::Rejected, NotifyEvent::Expired];

/// Events about a task, which may be somebody's.
const TASK_EVENTS: [NotifyEvent; 3] = [NotifyEvent::TaskAssigned, NotifyEvent::TaskDue, NotifyEvent::TaskOverdue];

pub(super) fn check_notify(file: &PipelineFile, names: &Names<'_>, findings: &mut Findings<'_>) {
    for rule in file.notify.iter().flat_map(|list| &list.value.0) {
        for job in rule.value.jobs.iter().flat_map(|list| &list.value.0) {
            if names.check_own(&job.value.0, job.span, ("notifications are about jobs of their own pipeline", findings)) {
                names.check_job(&job.value.0, job.span, findings);
            }
        }
        for resource in rule.value.resources.iter().flat_map(|list| &list.value.0) {
            names.check_resource(&resource.value.0, resource.span, findings);
        }
        let parts = RuleParts {
            on: rule.value.on.as_ref(),
            jobs: rule.value.jobs.as_ref(),
            resources: rule.value.resources.as_ref(),
            to: rule.value.to.as_ref(),
        };
        check_rule(&parts, findings);
    }
}

/// What the rules of pipelines and of workspaces have in common.
pub(crate) struct RuleParts<'a> {
    pub on: Option<&'a At<List<NotifyEvent>>>,
    pub jobs: Option<&'a At<List<Reference>>>,
    pub resources: Option<&'a At<List<Reference>>>,
    pub to: Option<&'a At<List<NotifyTarget>>>,
}

/// Whether a rule can ever tell somebody something.
pub(crate) fn check_rule(rule: &RuleParts<'_>, findings: &mut Findings<'_>) {
    if let Some(on) = rule.on.filter(|on| on.value.is_empty()) {
        findings.error("empty", on.span, "`on` names no event");
    }
    if let Some(to) = rule.to.filter(|to| to.value.is_empty()) {
        findings.error("empty", to.span, "`to` names nobody");
    }
    let events: Vec<NotifyEvent> = rule.on.iter().flat_map(|on| &on.value.0).map(|event| event.value).collect();
    let about_gates = events.is_empty() || events.iter().any(|event| GATE_EVENTS.contains(event));
    let mut targets = rule.to.iter().flat_map(|to| &to.value.0);
    if let Some(target) = targets.find(|target| target.value == NotifyTarget::Approvers && !about_gates) {
        let help = "they are told of awaiting-approval, reminded, approved, rejected and expired".to_owned();
        findings.error_with("never", target.span, "none of these events has approvers", Some(help));
    }
    let about_tasks = events.is_empty() || events.iter().any(|event| TASK_EVENTS.contains(event));
    let mut targets = rule.to.iter().flat_map(|to| &to.value.0);
    if let Some(target) = targets.find(|target| target.value == NotifyTarget::Assignee && !about_tasks) {
        let help = "they are told of task-assigned, task-due and task-overdue".to_owned();
        findings.error_with("never", target.span, "none of these events is about somebody's task", Some(help));
    }
    let published = |event: &NotifyEvent| *event == NotifyEvent::VersionPublished;
    if let Some(resources) = rule.resources.filter(|_| !events.is_empty() && !events.iter().any(published)) {
        let help = "only version-published is about a resource".to_owned();
        findings.error_with("never", resources.span, "none of these events has a resource", Some(help));
    }
    if let Some(jobs) = rule.jobs.filter(|_| !events.is_empty() && events.iter().all(published)) {
        let help = "use `resources` to choose among versions".to_owned();
        findings.error_with("never", jobs.span, "version-published has no job", Some(help));
    }
}
