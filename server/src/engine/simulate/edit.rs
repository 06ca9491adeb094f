//! A text that is not in force, as it would stand on the line.

use crate::app::App;
use crate::engine::bindings;
use crate::http;
use crate::store::line::versions;
use crate::store::{Connection, Result};
use andon_pipelines::decide::{Line, PinnedInput, PipelineFacts, Pretended};
use andon_pipelines::document::{Document, Plan, ResourceKind, VersionChoice};
use andon_pipelines::event::Event;
use andon_pipelines::ids::{JobId, PipelineId, ResourceId, WorkspaceId};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A text that would come into force.
#[derive(Clone, Copy, Debug)]
pub struct Edit<'a> {
    pub document: &'a Document,
    pub plan: &'a Plan,
}

/// The versions that `params` resources get by being set: made up, or an earlier one that becomes the newest again.
pub(super) async fn set_params(
    connection: &mut Connection<'_>,
    line: &mut Line,
    (pipeline, edit): (PipelineId, Option<Edit<'_>>),
) -> http::Result<Vec<Pretended>> {
    let mut pretended = Vec::new();
    let (Some(edit), Some(facts)) = (edit, line.pipeline(pipeline).cloned()) else { return Ok(pretended) };
    for declared in &edit.document.resources {
        let (ResourceKind::Params { values }, Some(resource)) = (&declared.kind, facts.resources.get(&declared.name)) else { continue };
        let newest = line.history().versions(*resource).next_back().map(|newest| (newest.id, newest.order));
        match (versions::find_by_map(connection, *resource, values).await?, newest) {
            (Some(known), Some((newest, order))) if known.id != newest => {
                line.apply(&Event::VersionsReordered { resource: *resource, orders: vec![(known.id, order + 1)] });
            }
            (Some(_), _) => {}
            (None, _) => pretended.push(Pretended { resource: *resource, map: values.clone() }),
        }
    }
    Ok(pretended)
}

/// The pipeline as it would stand on the line.
pub(super) async fn facts_of(
    app: &App,
    connection: &mut Connection<'_>,
    (line, workspace, id): (&Line, WorkspaceId, PipelineId),
    Edit { document, plan }: Edit<'_>,
) -> Result<PipelineFacts> {
    let bound = bindings::bind(app, connection, (workspace, None), &Arc::new(document.clone())).await?;
    let current = line.pipeline(id).cloned();
    let (resources, jobs) = find_parts(app, current.as_ref(), (document, plan));
    let mut bindings = bound.bindings;
    for (resource, was) in plan.resources.iter().filter_map(|change| Some((resources.get(&change.name)?, change.was.clone()?))) {
        bindings.former.entry(*resource).or_default().push(was);
    }
    for (resource, names) in current.iter().flat_map(|facts| &facts.bindings.former) {
        bindings.former.entry(*resource).or_default().extend(names.iter().cloned());
    }
    let pinned_inputs = list_pinned(connection, document, (&jobs, &resources)).await?;
    let pins = current.as_ref().map_or_else(HashMap::new, |facts| facts.pins.clone());
    Ok(PipelineFacts {
        id,
        workspace,
        workspace_name: current.as_ref().map(|facts| facts.workspace_name.clone()).unwrap_or_default(),
        revision: current.as_ref().map_or(0, |facts| facts.revision) + 1,
        document: bound.document,
        pauses: current.map(|facts| facts.pauses).unwrap_or_default(),
        resources,
        jobs,
        pins: pins.into_iter().chain(bound.pins).collect(),
        pinned_inputs,
        bindings,
    })
}

/// The identifiers that the parts of the edited text would have: a renamed part goes on with its history, and a history that would begin
/// anew has no versions yet.
fn find_parts(
    app: &App,
    current: Option<&PipelineFacts>,
    (document, plan): (&Document, &Plan),
) -> (BTreeMap<String, ResourceId>, BTreeMap<String, JobId>) {
    let resource_of = |name: &str| {
        let change = plan.resources.iter().find(|change| change.name == name);
        let before = change.and_then(|change| change.was.as_deref()).unwrap_or(name);
        let begins = change.is_some_and(|change| change.new_history);
        current.filter(|_| !begins).and_then(|facts| facts.resources.get(before).copied()).unwrap_or_else(|| app.random.new_id())
    };
    let job_of = |name: &str| {
        let was = plan.jobs.iter().find(|change| change.name == name).and_then(|change| change.was.as_deref());
        current.and_then(|facts| facts.jobs.get(was.unwrap_or(name)).copied()).unwrap_or_else(|| app.random.new_id())
    };
    let resources = document.resources.iter().map(|resource| (resource.name.clone(), resource_of(&resource.name)));
    (resources.collect(), document.jobs.iter().map(|job| (job.name.clone(), job_of(&job.name))).collect())
}

async fn list_pinned(
    connection: &mut Connection<'_>,
    document: &Document,
    (jobs, resources): (&BTreeMap<String, JobId>, &BTreeMap<String, ResourceId>),
) -> Result<Vec<PinnedInput>> {
    let mut pinned = Vec::new();
    for job in &document.jobs {
        for input in &job.inputs {
            let VersionChoice::Pinned(entries) = &input.version else { continue };
            let (Some(id), Some(resource)) = (jobs.get(&job.name), resources.get(&input.resource)) else { continue };
            let version = versions::find_matching(connection, *resource, entries).await?.map(|version| version.id);
            pinned.push(PinnedInput { job: *id, input: input.name.clone(), resource: *resource, entries: entries.clone(), version });
        }
    }
    Ok(pinned)
}
