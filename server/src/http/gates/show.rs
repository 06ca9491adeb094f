//! A gate as the caller sees it.

use crate::accounts::{Caller, approver_name};
use crate::engine;
use crate::http::Result;
use crate::http::view::{DecisionView, GateView, RequirementView, UsedVersion};
use crate::store::Connection;
use crate::store::line::{job_runs, pipelines, resources, versions};
use andon_pipelines::gate::{DecisionKind, form_schema, next_reminder};
use andon_pipelines::ids::JobRunId;
use andon_pipelines::state::GateStatus;
use serde_json::Value;

/// A gate as the caller sees it.
pub(in crate::http) async fn show(connection: &mut Connection<'_>, caller: &Caller, view: engine::GateView) -> Result<GateView> {
    let user = caller.actor.user();
    let why_not = view.why_not(user);
    let open = view.gate.status == GateStatus::Open;
    let requirements = view.verdict.requirements.iter().map(|requirement| RequirementView {
        from: requirement.from.iter().map(approver_name).collect(),
        needed: requirement.needed,
        have: requirement.have.iter().map(|user| view.name_of(*user)).collect(),
    });
    let decisions = view.decisions.iter().map(|decision| DecisionView {
        user: decision.user_name.clone(),
        decision: decision.kind.name().to_owned(),
        comment: decision.comment.clone(),
        at: decision.at,
        form: Value::Object(decision.answers.clone()),
        revoked_at: decision.revoked_at,
        revoked_by: decision.revoked_by.clone(),
    });
    let form = (!view.approval.form.is_empty()).then(|| form_schema(&view.approval.form));
    Ok(GateView {
        id: view.gate.id,
        status: view.gate.status,
        pipeline: view.run.pipeline_name.clone(),
        job: view.job_run.job_name.clone(),
        number: view.job_run.label(),
        run: view.run.id,
        run_number: view.run.number,
        job_run: view.job_run.id,
        digest: view.gate.digest.clone(),
        opened_at: view.gate.opened_at,
        closed_at: view.gate.closed_at,
        closed_how: view.gate.closed_how.clone(),
        deadline_at: view.gate.deadline_at,
        remind_at: if open && !view.is_approved() { next_reminder(&view.approval, &view.times()) } else { None },
        escalated_at: view.gate.escalated_at,
        approved: view.gate.status == GateStatus::Approved || (open && view.is_approved()),
        requirements: requirements.collect(),
        decisions: decisions.collect(),
        may_decide: why_not.is_none(),
        why_not,
        may_reject: view.why_not_so(user, DecisionKind::Reject).is_none(),
        may_revoke: open && view.stands_for(user),
        claimed_by: view.gate.claimed_by.map(|user| view.name_of(user)),
        carried_from: view.gate.carried_from,
        form,
        inputs: list_inputs(connection, view.job_run.id).await?,
    })
}

/// The inputs of a job run, as the API shows them.
pub(in crate::http) async fn list_inputs(connection: &mut Connection<'_>, job_run: JobRunId) -> Result<Vec<UsedVersion>> {
    let mut used = Vec::new();
    let home = job_runs::get(connection, job_run).await?.pipeline;
    for (name, version) in versions::list_inputs_of(connection, job_run).await? {
        let resource = resources::get(connection, version.resource).await?;
        let resource = match resource.pipeline == home {
            true => resource.name,
            false => format!("{}/{}", pipelines::get(connection, resource.pipeline).await?.name, resource.name),
        };
        used.push(UsedVersion { name, resource, version: version.into() });
    }
    Ok(used)
}
