//! What people have approved already at the gate before a deployment, where the environment has rules of its own.
//!
//! Both ask about the same thing, so the same people are not asked twice: what they said at the gate counts at the environment's, by the
//! environment's own rules. Who is excluded there does not count, who is missing is still asked, and its windows, checks and locks hold.
//! It counts once, for the first deployment that the gate let through, and only where the gate was about all of it: the same environment,
//! the same versions of everything that is deployed, the same parameters, and the same definition of the job and of the rules.

use super::binding::{Rules, rules_at};
use crate::app::App;
use crate::store::line::gates::Gate;
use crate::store::line::job_runs::JobRun;
use crate::store::line::runs::Run;
use crate::store::line::{gates, job_runs, resources, runs, versions};
use crate::store::{Connection, Result};
use andon_pipelines::document::{Document, JobBody, ResourceKind, downstream_environment};
use andon_pipelines::ids::{ResourceId, VersionId};
use andon_pipelines::state::{GateStatus, JobRunStatus};
use std::collections::BTreeMap;

/// The gate whose approvals count at the one that an environment opens before this job run, if there is one.
pub(super) async fn find_given(
    app: &App,
    connection: &mut Connection<'_>,
    (job_run, run): (&JobRun, &Run),
    rules: &Rules,
) -> Result<Option<Gate>> {
    // Run again, the environment asks again; `carry_over` says otherwise for itself. Answers to a form are given to that form.
    if job_run.rerun_of.is_some() || !rules.approval.form.is_empty() {
        return Ok(None);
    }
    let upstream = job_runs::list_upstream(connection, job_run.id).await?;
    for before in upstream.iter().rev().filter(|before| before.status == JobRunStatus::Succeeded) {
        let Some(gate) = gates::find_by_job_run(connection, before.id).await? else { continue };
        let by_people = gate.status == GateStatus::Approved && gate.closed_how.as_deref() == Some("people");
        if by_people
            && is_about(app, connection, (before, &gate), (job_run, rules)).await?
            && stand_on_the_same(connection, (before, job_run)).await?
            && has_same_params(connection, before, (job_run, run)).await?
            && !is_spent(connection, before, job_run).await?
        {
            return Ok(Some(gate));
        }
    }
    Ok(None)
}

/// Whether the gate stood before this very environment, under the rules and the definition that hold now.
async fn is_about(
    app: &App,
    connection: &mut Connection<'_>,
    (before, gate): (&JobRun, &Gate),
    (job_run, rules): (&JobRun, &Rules),
) -> Result<bool> {
    if before.pipeline != job_run.pipeline {
        return Ok(false);
    }
    let document = app.documents.get(connection, before.pipeline, gate.revision).await?;
    let Some(job) = document.jobs.iter().find(|job| job.name == before.job_name) else { return Ok(false) };
    let JobBody::Approval(approval) = &job.body else { return Ok(false) };
    let environment = approval.environment.clone().or_else(|| downstream_environment(&document, &job.name));
    let own = rules.document.jobs.iter().find(|job| job.name == job_run.job_name);
    let asks = |name: &String| {
        let has_rules = rules.document.resources.iter().any(|resource| resource.name == *name && resource.approval.is_some());
        has_rules && own.is_some_and(|job| job.outputs.iter().any(|output| output.resource == *name))
    };
    if !environment.as_ref().is_some_and(asks) {
        return Ok(false);
    }
    // The rules are looked up for the job as it runs now; what people saw is the job as it was then.
    let current = app.documents.get(connection, job_run.pipeline, job_run.revision).await?;
    let find = |document: &Document| document.jobs.iter().find(|job| job.name == job_run.job_name).cloned();
    if find(&document) != find(&current) {
        return Ok(false);
    }
    let then = rules_at(app, connection, job_run, gate.revision).await?;
    Ok(then.is_some_and(|then| then.definition == rules.definition))
}

/// Whether everything that the deployment stands on was before the gate, in the same version.
async fn stand_on_the_same(connection: &mut Connection<'_>, (before, job_run): (&JobRun, &JobRun)) -> Result<bool> {
    let approved = list_all(connection, before).await?;
    for (resource, version) in list_all(connection, job_run).await? {
        let kind = resources::get(connection, resource).await?.source;
        if !matches!(kind, ResourceKind::Environment | ResourceKind::State) && approved.get(&resource) != Some(&version) {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn list_all(connection: &mut Connection<'_>, job_run: &JobRun) -> Result<BTreeMap<ResourceId, VersionId>> {
    let mut all = BTreeMap::new();
    for (_, version) in versions::list_inputs_of(connection, job_run.id).await? {
        all.entry(version.resource).or_insert(version.id);
    }
    for (resource, version, _) in job_runs::list_inherited(connection, job_run.id).await? {
        all.entry(resource).or_insert(version);
    }
    Ok(all)
}

async fn has_same_params(connection: &mut Connection<'_>, before: &JobRun, (job_run, run): (&JobRun, &Run)) -> Result<bool> {
    let mut approved = runs::get(connection, before.run).await?.params;
    approved.extend(before.params.clone());
    let mut own = run.params.clone();
    own.extend(job_run.params.clone());
    Ok(approved == own)
}

/// Whether another job run of the job has come through this gate already.
async fn is_spent(connection: &mut Connection<'_>, before: &JobRun, job_run: &JobRun) -> Result<bool> {
    let others = job_runs::list_of_job_behind(connection, job_run.job, before.id).await?;
    Ok(others.iter().any(|other| *other != job_run.id))
}
