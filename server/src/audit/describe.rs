//! What each event is in the words of the audit trail.

use super::{Act, Object};
use andon_pipelines::event::Event;
use serde_json::{Value, json};

/// What an event in a person's transaction means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Described {
    /// Somebody did this.
    Act(Act),
    /// It follows from what they did.
    Consequence,
}

/// An event in the words of the audit trail. The match names every event on purpose: whoever adds one decides here whether it is an act.
pub(crate) fn describe(event: &Event) -> Described {
    let line = describe_line(event)
        .or_else(|| describe_runs(event))
        .or_else(|| describe_gate(event))
        .or_else(|| describe_task(event))
        .or_else(|| describe_environment(event));
    match line.or_else(|| describe_people(event)) {
        Some(act) => Described::Act(act),
        None => Described::Consequence,
    }
}

/// An event that nothing else speaks for, as an act of its own: nothing that a person changes goes without a row.
pub(crate) fn describe_bare(event: &Event) -> Act {
    let body = serde_json::to_value(event).unwrap_or_default();
    let kind = body.get("event").and_then(Value::as_str).unwrap_or("event").to_owned();
    Act::new(kind.clone(), Object::named("event", &kind)).after(body)
}

fn describe_line(event: &Event) -> Option<Act> {
    Some(match event {
        Event::WorkspaceCreated { name } => Act::new("workspace.created", Object::named("workspace", name)),
        Event::WorkspacePaused { name, paused, reason } => cord("workspace", Object::named("workspace", name), (*paused, reason)),
        Event::PipelineSet { pipeline, name, revision } => {
            let before = if *revision > 1 { json!({ "revision": revision - 1 }) } else { Value::Null };
            let object = Object::named("pipeline", name).with_id(pipeline);
            Act::new("pipeline.set", object).before(before).after(json!({ "revision": revision }))
        }
        Event::PipelinePaused { pipeline, paused, reason } => cord("pipeline", Object::row("pipeline", pipeline), (*paused, reason)),
        Event::JobPaused { job, paused, reason, .. } => cord("job", Object::row("job", job), (*paused, reason)),
        Event::VersionCreated { resource, version, values, .. } => {
            Act::new("version.published", Object::row("resource", resource)).after(json!({ "version": version, "values": values }))
        }
        Event::VersionEnabled { resource, version, enabled, reason } => {
            let action = if *enabled { "version.enabled" } else { "version.disabled" };
            Act::new(action, Object::row("resource", resource)).after(json!({ "version": version, "reason": reason }))
        }
        Event::ResourcePinned { resource, version, comment } => {
            let after = version.as_ref().map_or(Value::Null, |version| json!({ "version": version, "comment": comment }));
            let action = if version.is_some() { "resource.pinned" } else { "resource.unpinned" };
            Act::new(action, Object::row("resource", resource)).after(after)
        }
        Event::ModuleChanged { name, revision, removed } => {
            let action = if *removed { "module.removed" } else { "module.set" };
            let before = if *removed || *revision > 1 { json!({ "revision": revision - i64::from(!removed) }) } else { Value::Null };
            let after = if *removed { Value::Null } else { json!({ "revision": revision }) };
            Act::new(action, Object::named("module", name)).before(before).after(after)
        }
        _ => return None,
    })
}

fn describe_runs(event: &Event) -> Option<Act> {
    Some(match event {
        Event::RunCreated { run, cause, .. } => Act::new("run.started", Object::row("run", run)).after(json!({ "cause": cause })),
        Event::JobRunCreated(facts) => {
            let original = facts.rerun_of?;
            Act::new("job-run.rerun", Object::row("job-run", facts.job_run)).after(json!({ "rerun_of": original }))
        }
        Event::RunRenamed { run, name, .. } => Act::new("run.renamed", Object::row("run", run)).after(json!({ "name": name })),
        Event::RunDeleted { run, .. } => Act::new("run.deleted", Object::row("run", run)),
        Event::RunClosed { run, reason, .. } => Act::new("run.closed", Object::row("run", run)).after(json!({ "reason": reason })),
        _ => return None,
    })
}

fn describe_gate(event: &Event) -> Option<Act> {
    Some(match event {
        Event::GateDecided { gate, decision, .. } => {
            let done = match decision.as_str() {
                "approve" => "approved",
                "reject" => "rejected",
                "request-changes" => "changes-requested",
                "revoke" => "revoked",
                other => other,
            };
            Act::new(format!("gate.{done}"), Object::row("gate", gate))
        }
        Event::GateClaimed { gate, user, .. } => {
            Act::new(if user.is_some() { "gate.claimed" } else { "gate.unclaimed" }, Object::row("gate", gate))
        }
        Event::GateBroken { gate, reason, .. } => {
            Act::new("gate.break-glass", Object::row("gate", gate)).after(json!({ "reason": reason }))
        }
        Event::GateReviewed { gate, .. } => Act::new("gate.reviewed", Object::row("gate", gate)),
        _ => return None,
    })
}

fn describe_environment(event: &Event) -> Option<Act> {
    Some(match event {
        Event::EnvironmentLocked { environment, locked, reason, until, .. } => {
            let object = Object::row("environment", environment);
            if *locked {
                Act::new("environment.locked", object).after(json!({ "reason": reason, "until": until }))
            } else {
                Act::new("environment.unlocked", object)
            }
        }
        Event::PromotionOpened { environment, promotion, kind, .. } => {
            Act::new(format!("environment.{kind}"), Object::row("environment", environment)).after(json!({ "promotion": promotion }))
        }
        _ => return None,
    })
}

fn describe_task(event: &Event) -> Option<Act> {
    let (action, facts) = match event {
        Event::TaskCreated(facts) => ("task.added", facts),
        Event::TaskMoved(facts) => ("task.moved", facts),
        Event::TaskClaimed(facts) => ("task.claimed", facts),
        Event::TaskNoted(facts) => ("task.noted", facts),
        Event::TaskChanged(facts) => ("task.changed", facts),
        _ => return None,
    };
    let after = json!({ "status": facts.status, "users": facts.users, "groups": facts.groups });
    Some(Act::new(action, Object::row("task", facts.task)).after(after))
}

fn describe_people(event: &Event) -> Option<Act> {
    match event {
        Event::ChannelChanged { channel, name } => Some(Act::new("channel.changed", Object::named("channel", name).with_id(channel))),
        Event::ChannelPaused { channel, name, paused, reason } => {
            Some(cord("channel", Object::named("channel", name).with_id(channel), (*paused, reason)))
        }
        Event::NotificationsChanged { rules } => {
            Some(Act::new("notifications.changed", Object::named("notifications", "rules")).after(json!({ "rules": rules })))
        }
        Event::PreferencesChanged { user } => Some(Act::new("preferences.changed", Object::row("user", user))),
        Event::SecretChanged { name, deleted } => {
            let action = if *deleted { "secret.deleted" } else { "secret.set" };
            Some(Act::new(action, Object::named("secret", name)))
        }
        Event::AccessChanged { what } => Some(Act::new("access.changed", Object::named("access", what))),
        Event::RunnerChanged { runner, name, state } => {
            let object = Object::named("runner", name).with_id(runner);
            Some(Act::new("runner.changed", object).after(json!({ "state": state })))
        }
        // Acts in the functions above.
        Event::WorkspaceCreated { .. }
        | Event::WorkspacePaused { .. }
        | Event::PipelineSet { .. }
        | Event::PipelinePaused { .. }
        | Event::JobPaused { .. }
        | Event::VersionCreated { .. }
        | Event::VersionEnabled { .. }
        | Event::ResourcePinned { .. }
        | Event::ModuleChanged { .. }
        | Event::RunCreated { .. }
        | Event::RunRenamed { .. }
        | Event::RunDeleted { .. }
        | Event::RunClosed { .. }
        | Event::EnvironmentLocked { .. }
        | Event::PromotionOpened { .. }
        | Event::TaskCreated(_)
        | Event::TaskMoved(_)
        | Event::TaskClaimed(_)
        | Event::TaskNoted(_)
        | Event::TaskChanged(_)
        | Event::GateDecided { .. }
        | Event::GateClaimed { .. }
        | Event::GateBroken { .. }
        | Event::GateReviewed { .. } => None,
        // What follows from an act, or what the line does.
        Event::PipelineSynced { .. }
        | Event::SyncFailed { .. }
        | Event::VersionsReordered { .. }
        | Event::ResourceChecked { .. }
        | Event::RunEnded { .. }
        | Event::RunReopened { .. }
        | Event::RerunPlanned { .. }
        | Event::JobRunCreated(_)
        | Event::JobRunSuperseded(_)
        | Event::JobRunMoved { .. }
        | Event::ExecutionQueued { .. }
        | Event::ExecutionStarted { .. }
        | Event::ExecutionEnded { .. }
        | Event::EnvironmentDeployed { .. }
        | Event::PromotionClosed { .. }
        | Event::TaskAssigned(_)
        | Event::TaskDue(_)
        | Event::TaskOverdue(_)
        | Event::GateOpened { .. }
        | Event::GateRebound { .. }
        | Event::GateReminded { .. }
        | Event::GateEscalated { .. }
        | Event::GateChecked { .. }
        | Event::GateClosed { .. }
        | Event::DeliveryMoved { .. } => None,
    }
}

/// The andon cord, pulled or let go.
fn cord(what: &str, object: Object, (paused, reason): (bool, &Option<String>)) -> Act {
    let (held, free) = (json!({ "paused": true, "reason": reason }), json!({ "paused": false }));
    let act = Act::new(format!("{what}.{}", if paused { "paused" } else { "resumed" }), object);
    if paused { act.before(free).after(held) } else { act.before(json!({ "paused": true })).after(free) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use andon_pipelines::ids::{DeliveryId, GateId, JobRunId, PipelineId};

    fn action(event: &Event) -> Option<String> {
        match describe(event) {
            Described::Act(act) => Some(act.action),
            Described::Consequence => None,
        }
    }

    #[test]
    fn acts_are_told_from_what_follows_from_them() {
        let decided = |decision: &str| Event::GateDecided {
            gate: GateId::from_number(1),
            job_run: JobRunId::from_number(1),
            user: None,
            decision: decision.to_owned(),
        };
        assert_eq!(action(&decided("approve")).as_deref(), Some("gate.approved"));
        assert_eq!(action(&decided("request-changes")).as_deref(), Some("gate.changes-requested"));
        let pulled = Event::PipelinePaused { pipeline: PipelineId::from_number(1), paused: true, reason: Some("smoke".to_owned()) };
        assert_eq!(action(&pulled).as_deref(), Some("pipeline.paused"));
        let moved = Event::DeliveryMoved { delivery: DeliveryId::from_number(1), state: "sent".to_owned() };
        assert_eq!(action(&moved), None);
        let bare = describe_bare(&moved);
        assert_eq!((bare.action.as_str(), &bare.after["state"]), ("delivery-moved", &json!("sent")));
    }
}
