//! What would happen: the very rules of the engine, on a copy of the line. Nothing is changed.

use super::bindings;
use crate::app::App;
use crate::store::Result;
use crate::store::line::pipelines::Pipeline;
use andon_pipelines::decide::PipelineFacts;
use andon_pipelines::document::{Document, Plan};
use andon_pipelines::ids::{JobId, PipelineId, ResourceId, WorkspaceId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// The jobs that would start by themselves if `document` came into force now.
///
/// # Errors
/// Whatever the database says.
pub async fn forecast_starts(
    app: &App,
    workspace: WorkspaceId,
    existing: Option<&Pipeline>,
    (document, plan): (&Document, &Plan),
) -> Result<Vec<String>> {
    let bound = bindings::bind(app, &mut app.db.read().await?.connection(), (workspace, None), &Arc::new(document.clone())).await?;
    let mut line = app.scheduler.turn(app).await?.line.clone();
    let id = existing.map_or_else(|| app.random.new_id::<PipelineId>(), |pipeline| pipeline.id);
    let current = line.pipeline(id).cloned();
    // A history that would begin anew has no versions yet.
    let begins = |name: &str| plan.resources.iter().any(|change| change.name == name && change.new_history);
    // A renamed part goes on with its history.
    let job_was = |name: &str| plan.jobs.iter().find(|change| change.name == name).and_then(|change| change.was.clone());
    let resource_was = |name: &str| plan.resources.iter().find(|change| change.name == name).and_then(|change| change.was.clone());
    let resource_of = |name: &str| {
        let before = resource_was(name).unwrap_or_else(|| name.to_owned());
        current.as_ref().filter(|_| !begins(name)).and_then(|facts| facts.resources.get(&before).copied())
    };
    let job_of = |name: &str| {
        let before = job_was(name).unwrap_or_else(|| name.to_owned());
        current.as_ref().and_then(|facts| facts.jobs.get(&before).copied())
    };
    let resources: BTreeMap<String, ResourceId> = document
        .resources
        .iter()
        .map(|resource| (resource.name.clone(), resource_of(&resource.name).unwrap_or_else(|| app.random.new_id())))
        .collect();
    let jobs: BTreeMap<String, JobId> =
        document.jobs.iter().map(|job| (job.name.clone(), job_of(&job.name).unwrap_or_else(|| app.random.new_id()))).collect();
    let mut bindings = bound.bindings;
    for (resource, was) in plan.resources.iter().filter_map(|change| Some((resources.get(&change.name)?, change.was.clone()?))) {
        bindings.former.entry(*resource).or_default().push(was);
    }
    for (resource, names) in current.iter().flat_map(|facts| &facts.bindings.former) {
        bindings.former.entry(*resource).or_default().extend(names.iter().cloned());
    }
    let known: BTreeSet<JobId> = jobs.values().copied().collect();
    line.set_pipeline(PipelineFacts {
        id,
        workspace,
        workspace_name: current.as_ref().map(|facts| facts.workspace_name.clone()).unwrap_or_default(),
        revision: existing.map_or(0, |pipeline| pipeline.revision) + 1,
        document: bound.document,
        pauses: current.as_ref().map(|facts| facts.pauses.clone()).unwrap_or_default(),
        resources,
        jobs,
        pins: current.as_ref().map_or_else(HashMap::new, |facts| facts.pins.clone()).into_iter().chain(bound.pins).collect(),
        pinned_inputs: current.map(|facts| facts.pinned_inputs).unwrap_or_default(),
        bindings,
    });
    let starting = known.into_iter().filter(|job| line.decide(*job).is_some_and(|it| it.action.is_some()));
    let mut names: Vec<String> = starting.filter_map(|job| Some(line.job(job)?.name.clone())).collect();
    names.sort();
    Ok(names)
}

/// Where jobs of other pipelines of the workspace give another limit to a concurrency group than this document does. The lowest is in force.
///
/// # Errors
/// Whatever the database says.
pub async fn list_disagreements(app: &App, workspace: WorkspaceId, document: &Document) -> Result<Vec<String>> {
    let turn = app.scheduler.turn(app).await?;
    let mut found = BTreeSet::new();
    for (job, limit) in document.jobs.iter().filter_map(|job| Some((job, job.concurrency.as_ref()?))) {
        let Some(group) = &limit.group else { continue };
        for (pipeline, other, theirs) in turn.line.list_group(workspace, group) {
            if pipeline != document.pipeline && theirs != limit.limit {
                let lowest = theirs.min(limit.limit);
                found.insert(format!(
                    "the group {group} has the limit {} in {}, but {theirs} in {pipeline}/{other}; the lowest one, {lowest}, is in force",
                    limit.limit, job.name
                ));
            }
        }
    }
    Ok(found.into_iter().collect())
}
