//! What would happen: the very rules of the engine, on a copy of the line. Nothing is changed.

use super::publish::check_size;
use super::sets::version_name;
use super::{bindings, names, why};
use crate::app::App;
use crate::http;
use crate::store::line::pipelines::Pipeline;
use crate::store::line::versions;
use crate::store::{Connection, Result};
use andon_pipelines::decide::{
    Asked, Decision, Line, Notes, PinnedInput, PipelineFacts, Pretended, Reason, Rehearsal, Verdict, VersionNote, rehearse,
};
use andon_pipelines::document::{Document, Job, JobBody, Plan, ResourceKind, VersionChoice};
use andon_pipelines::event::Event;
use andon_pipelines::ids::{JobId, PipelineId, ResourceId, WorkspaceId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// A version that does not exist yet, as somebody asks for it.
#[derive(Clone, Debug)]
pub struct Wish {
    pub resource: String,
    pub map: BTreeMap<String, String>,
    /// In place of a map: the main value.
    pub value: Option<String>,
}

/// A text that would come into force.
#[derive(Clone, Copy, Debug)]
pub struct Edit<'a> {
    pub document: &'a Document,
    pub plan: &'a Plan,
}

/// What would happen on the line if everything that starts succeeded.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Simulated {
    /// The versions that it began with.
    pub published: Vec<PretendedVersion>,
    /// In the order in which they would start.
    pub starts: Vec<SimulatedStart>,
    /// Jobs of the pipeline that would not start, and why.
    pub idle: Vec<SimulatedIdle>,
    /// Jobs that run now and would not with the edited text.
    pub no_longer: Vec<NoLonger>,
    /// It would go on for longer than this was followed.
    pub truncated: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PretendedVersion {
    pub resource: String,
    pub version: String,
    /// False for one that exists already: nothing starts by that.
    pub new: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SimulatedStart {
    /// From 1: what starts in one wave waits for something of the wave before.
    pub wave: usize,
    pub pipeline: String,
    pub job: String,
    pub inputs: Vec<SimulatedInput>,
    /// For a gate: what its rules ask for, as `2 of group:release`. It is taken as approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<Vec<String>>,
    /// It would be skipped where this does not hold; it is taken as true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// The job run that waits now, and whose place it would take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// All slots of its group would be taken; it would start when one is free.
    pub waits_for_slot: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SimulatedInput {
    pub name: String,
    /// `source@3f2a1c9`, or `app@(new, by build)`.
    pub version: String,
    /// It does not exist yet.
    pub pretended: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SimulatedIdle {
    pub job: String,
    pub decision: Decision,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NoLonger {
    pub job: String,
    pub reasons: Vec<Reason>,
}

/// Lets a copy of the line run on, with versions that do not exist yet, and with an edited text where one is given.
///
/// # Errors
/// 400 for a version that its resource could not have, 404 for a resource that is not there.
pub async fn simulate(
    app: &App,
    workspace: WorkspaceId,
    existing: Option<&Pipeline>,
    (edit, wishes): (Option<Edit<'_>>, &[Wish]),
) -> http::Result<Simulated> {
    let now = app.scheduler.turn(app).await?.line.clone();
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let id = existing.map_or_else(|| app.random.new_id::<PipelineId>(), |pipeline| pipeline.id);
    let mut then = now.clone();
    if let Some(edit) = edit {
        let facts = facts_of(app, &mut connection, (&then, workspace, id), edit).await?;
        then.set_pipeline(facts);
    }
    let (mut pretended, published) = read_wishes(&mut connection, &then, id, wishes).await?;
    let for_now = read_wishes(&mut connection, &now, id, wishes).await.map(|(pretended, _)| pretended).unwrap_or_default();
    pretended.extend(set_params(&mut connection, &mut then, (id, edit)).await?);
    let stage = Stage { pipeline: id, before: edit.and(existing).map(|_| (&now, rehearse(now.clone(), &for_now))), edited: &then };
    let rehearsal = rehearse(then.clone(), &pretended);
    let mut notes = pretend_names(&rehearsal, &pretended);
    let asked = stage.show(&rehearsal, &notes).1;
    let known = why::read_names(&mut connection, &asked).await?;
    notes.runs.extend(known.runs);
    notes.versions.extend(known.versions);
    let simulated = stage.show(&rehearsal, &notes).0;
    Ok(Simulated { published, ..simulated })
}

/// What is compared: the line as it is, if there is a difference, and as it is edited.
struct Stage<'a> {
    pipeline: PipelineId,
    before: Option<(&'a Line, Rehearsal)>,
    edited: &'a Line,
}

impl Stage<'_> {
    /// Everything in words, and what more could be named.
    fn show(&self, rehearsal: &Rehearsal, notes: &Notes) -> (Simulated, Asked) {
        let mut asked = Asked::default();
        let mut starts = Vec::new();
        for (wave, played) in rehearsal.waves.iter().enumerate() {
            for start in &played.starts {
                asked.versions.extend(start.inputs.iter().map(|input| input.version));
                asked.runs.extend(start.replaces);
                starts.extend(show_start(rehearsal, notes, (wave + 1, start)));
            }
        }
        let jobs = rehearsal.line.pipeline(self.pipeline).map(|facts| facts.jobs.clone()).unwrap_or_default();
        let mut idle = Vec::new();
        for (name, job) in jobs.iter().filter(|(_, job)| !rehearsal.started.contains(job)) {
            let Some((decision, wanted)) = rehearsal.line.explain(*job, notes) else { continue };
            asked.extend(wanted);
            idle.push(SimulatedIdle { job: name.clone(), decision });
        }
        let no_longer = self.list_no_longer(rehearsal, notes, &mut asked);
        (Simulated { published: Vec::new(), starts, idle, no_longer, truncated: rehearsal.truncated }, asked)
    }

    /// Jobs that have gone, that are blocked by the edit alone, or that would start without it and not with it.
    fn list_no_longer(&self, rehearsal: &Rehearsal, notes: &Notes, asked: &mut Asked) -> Vec<NoLonger> {
        let Some((now, before)) = &self.before else { return Vec::new() };
        let Some(facts) = now.pipeline(self.pipeline) else { return Vec::new() };
        let mut found = Vec::new();
        for (name, job) in &facts.jobs {
            if self.edited.job(*job).is_none() {
                let reason = Reason::new("removed", format!("the edited file has no job {name}"));
                found.push(NoLonger { job: name.clone(), reasons: vec![reason] });
                continue;
            }
            let is_blocked = |line: &Line| line.decide(*job).is_some_and(|evaluation| evaluation.decision.verdict == Verdict::Blocked);
            let is_cut_off = !is_blocked(now) && is_blocked(self.edited) && !rehearsal.started.contains(job);
            let stays_away = before.started.contains(job) && !rehearsal.started.contains(job);
            if (is_cut_off || stays_away)
                && let Some((decision, wanted)) = rehearsal.line.explain(*job, notes)
            {
                asked.extend(wanted);
                found.push(NoLonger { job: name.clone(), reasons: decision.reasons });
            }
        }
        found
    }
}

fn show_start(
    rehearsal: &Rehearsal,
    notes: &Notes,
    (wave, start): (usize, &andon_pipelines::decide::RehearsedStart),
) -> Option<SimulatedStart> {
    let line = &rehearsal.line;
    let facts = line.job(start.job)?;
    let pipeline = line.pipeline(facts.pipeline)?;
    let declared = pipeline.document.jobs.iter().find(|job| job.name == facts.name)?;
    let show_input = |input: &andon_pipelines::decide::RehearsedInput| SimulatedInput {
        name: input.name.clone(),
        version: version_name(line, notes, input.version),
        pretended: rehearsal.made.contains_key(&input.version),
    };
    Some(SimulatedStart {
        wave,
        pipeline: pipeline.document.pipeline.clone(),
        job: facts.name.clone(),
        inputs: start.inputs.iter().map(show_input).collect(),
        gate: list_rules(declared),
        when: declared.when.clone(),
        replaces: start.replaces.map(|run| {
            let number = notes.runs.get(&run).map(|note| note.number.clone()).unwrap_or_default();
            format!("{} #{number}", facts.name)
        }),
        waits_for_slot: start.waits_for_slot,
    })
}

fn list_rules(job: &Job) -> Option<Vec<String>> {
    let JobBody::Approval(approval) = &job.body else { return None };
    let rule = |rule: &andon_pipelines::document::Requirement| {
        let from: Vec<String> = rule.from.iter().map(why::approver_name).collect();
        format!("{} of {}", rule.count, from.join(" or "))
    };
    Some(approval.require.iter().map(rule).collect())
}

/// What made-up versions are called.
fn pretend_names(rehearsal: &Rehearsal, pretended: &[Pretended]) -> Notes {
    let mut notes = Notes::default();
    let line = &rehearsal.line;
    let mut published: BTreeMap<ResourceId, Vec<&Pretended>> = BTreeMap::new();
    for version in pretended {
        published.entry(version.resource).or_default().push(version);
    }
    // In the order in which they came: the identifiers of made-up versions go down.
    let made: BTreeMap<_, _> = rehearsal.made.iter().map(|(id, by)| (std::cmp::Reverse(*id), *by)).collect();
    for (std::cmp::Reverse(id), by) in made {
        let label = match by {
            Some(job) => format!("(new, by {})", line.job(job).map_or("", |job| job.name.as_str())),
            None => {
                let resource = line.history().version(id).map(|version| version.resource);
                let of = resource.and_then(|resource| published.get_mut(&resource)).filter(|of| !of.is_empty());
                of.map_or_else(|| "(new)".to_owned(), |of| names::short(&of.remove(0).map))
            }
        };
        notes.versions.insert(id, VersionNote { label, value: String::new(), disabled_reason: None });
    }
    notes
}

/// The versions that are wished for, those that exist already apart.
async fn read_wishes(
    connection: &mut Connection<'_>,
    line: &Line,
    pipeline: PipelineId,
    wishes: &[Wish],
) -> http::Result<(Vec<Pretended>, Vec<PretendedVersion>)> {
    let (mut pretended, mut published) = (Vec::new(), Vec::new());
    let facts = line.pipeline(pipeline);
    for wish in wishes {
        let known = facts.and_then(|facts| facts.resources.get(&wish.resource).copied());
        let declared = facts.and_then(|facts| facts.document.resources.iter().find(|resource| resource.name == wish.resource));
        let (Some(resource), Some(declared)) = (known, declared) else {
            return Err(http::Error::not_found(format!("the pipeline has no resource {}", wish.resource)));
        };
        let map = map_of(wish, &declared.kind)?;
        let exists = versions::find_by_map(connection, resource, &map).await?.is_some();
        published.push(PretendedVersion { resource: wish.resource.clone(), version: names::short(&map), new: !exists });
        if !exists {
            pretended.push(Pretended { resource, map });
        }
    }
    Ok((pretended, published))
}

/// The map of a wished version: as given, or made of its main value.
fn map_of(wish: &Wish, kind: &ResourceKind) -> http::Result<BTreeMap<String, String>> {
    let (name, kind_name) = (&wish.resource, kind.name());
    let map = match (&wish.value, kind) {
        (None, _) if wish.map.is_empty() => {
            return Err(http::Error::invalid(format!("A version of {name} needs its main value, or at least one key=value.")));
        }
        (None, _) => wish.map.clone(),
        (Some(value), _) => {
            let key = match kind {
                ResourceKind::Git(_) => "commit",
                ResourceKind::File => "digest",
                ResourceKind::Cron(_) => "at",
                ResourceKind::Trigger { .. } => "n",
                ResourceKind::State => "revision",
                ResourceKind::Semver { .. } => "number",
                _ => {
                    let text = format!("{name} is of type {kind_name}, whose versions have no main value: give key=value.");
                    return Err(http::Error::invalid(text));
                }
            };
            BTreeMap::from([(key.to_owned(), value.clone())])
        }
    };
    check_size(&map)?;
    Ok(map)
}

/// The versions that `params` resources get by being set: made up, or an earlier one that becomes the newest again.
async fn set_params(
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
async fn facts_of(
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
