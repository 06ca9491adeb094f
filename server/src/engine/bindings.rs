//! What a pipeline's document means among the other pipelines of its workspace: names that were resolved when its revision came into force
//! stay with what they meant, whatever that is called by now.

use crate::app::App;
use crate::store::line::pipelines::Pipeline;
use crate::store::line::revision_names::{self, RevisionNames};
use crate::store::line::{jobs, pipelines, resources};
use crate::store::{Connection, Result};
use andon_pipelines::decide::Bindings;
use andon_pipelines::document::{self, Document, Modules, Reading, Surroundings, list_foreign, rename_foreign, split_foreign};
use andon_pipelines::ids::{JobId, PipelineId, ResourceId, VersionId, WorkspaceId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// A document in its workspace.
#[derive(Clone, Debug)]
pub struct Bound {
    /// With the names that other pipelines' resources and jobs have now.
    pub document: Arc<Document>,
    pub bindings: Bindings,
    /// The pins of other pipelines' resources.
    pub pins: Vec<(ResourceId, VersionId)>,
}

/// What one foreign name means.
struct Target<T> {
    /// `pipeline/name` by now.
    now: String,
    owner: PipelineId,
    part: T,
}

/// The foreign names of a document.
#[derive(Default)]
struct Targets {
    resources: BTreeMap<String, Target<resources::Resource>>,
    jobs: BTreeMap<String, Target<jobs::Job>>,
    missing: BTreeMap<String, String>,
}

impl Targets {
    fn owners(&self) -> BTreeSet<PipelineId> {
        self.resources.values().map(|target| target.owner).chain(self.jobs.values().map(|target| target.owner)).collect()
    }

    fn rename(&self, document: &Arc<Document>) -> Arc<Document> {
        let resources = self.resources.iter().map(|(name, target)| (name.clone(), target.now.clone())).collect();
        let jobs = self.jobs.iter().map(|(name, target)| (name.clone(), target.now.clone())).collect();
        if self.resources.is_empty() && self.jobs.is_empty() {
            return Arc::clone(document);
        }
        Arc::new(rename_foreign(document, (&resources, &jobs)))
    }
}

/// What a document means. `stored` is the pipeline whose revision it is; a text that is not set yet goes by names alone.
///
/// # Errors
/// Whatever the database says.
pub async fn bind(
    app: &App,
    connection: &mut Connection<'_>,
    (workspace, stored): (WorkspaceId, Option<&Pipeline>),
    document: &Arc<Document>,
) -> Result<Bound> {
    let mut former: HashMap<ResourceId, Vec<String>> = HashMap::new();
    if let Some(stored) = stored {
        add_former(connection, stored.id, &mut former).await?;
    }
    if list_foreign(document).is_empty() {
        let bindings = Bindings { former, ..Bindings::default() };
        return Ok(Bound { document: Arc::clone(document), bindings, pins: Vec::new() });
    }
    let targets = find_targets(connection, (workspace, stored), document).await?;
    let (documents, reached) = surround(app, connection, (workspace, stored.map(|stored| stored.id)), targets.owners()).await?;
    for owner in targets.owners() {
        add_former(connection, owner, &mut former).await?;
    }
    let bindings = Bindings {
        resources: targets.resources.values().map(|target| (target.now.clone(), target.part.id)).collect(),
        jobs: targets.jobs.values().map(|target| (target.now.clone(), target.part.id)).collect(),
        missing: targets.missing.clone(),
        pipelines: reached,
        surroundings: Arc::new(Surroundings::some(documents)),
        former,
    };
    let pins = targets.resources.values().filter_map(|target| Some((target.part.id, target.part.pin?))).collect();
    Ok(Bound { document: targets.rename(document), bindings, pins })
}

/// What the foreign names of a document mean, to be remembered with its revision.
///
/// # Errors
/// Whatever the database says.
pub async fn resolve_names(connection: &mut Connection<'_>, workspace: WorkspaceId, document: &Document) -> Result<RevisionNames> {
    let targets = find_targets(connection, (workspace, None), document).await?;
    Ok(RevisionNames {
        resources: BTreeMap::new(),
        foreign_resources: targets.resources.into_iter().map(|(name, target)| (name, target.part.id)).collect(),
        foreign_jobs: targets.jobs.into_iter().map(|(name, target)| (name, target.part.id)).collect(),
    })
}

/// Reads a text as a file of the workspace, which may use these modules: what it uses of other pipelines has to be there.
///
/// # Errors
/// Whatever the database says.
pub async fn read_definition(
    app: &App,
    connection: &mut Connection<'_>,
    (workspace, modules): (WorkspaceId, &Modules),
    (text, file): (&str, &str),
) -> Result<Reading> {
    let reading = document::read_with(text, file, modules);
    if !reading.diagnostics.iter().any(|diagnostic| diagnostic.code == "unchecked") {
        return Ok(reading);
    }
    let all = pipelines::list(connection, workspace).await?;
    let home = reading.document.as_ref().and_then(|document| all.iter().find(|pipeline| pipeline.name == document.pipeline));
    let named = reading.document.as_ref().map(list_foreign);
    // Where nothing could be understood yet, whatever there is may be meant.
    let is_named = |pipeline: &&Pipeline| named.as_ref().is_none_or(|names| names.pipelines().contains(pipeline.name.as_str()));
    let first = all.iter().filter(is_named).map(|pipeline| pipeline.id).collect();
    let (documents, _) = surround(app, connection, (workspace, home.map(|home| home.id)), first).await?;
    let surroundings = Surroundings::all(all.into_iter().map(|pipeline| pipeline.name), documents);
    Ok(document::read_in(text, file, (modules, &surroundings)))
}

/// Jobs of other pipelines that use one of these parts of a pipeline: `shop/test uses base`.
///
/// # Errors
/// Whatever the database says.
pub async fn list_users(
    app: &App,
    connection: &mut Connection<'_>,
    owner: &Pipeline,
    (resources, jobs): (&BTreeSet<String>, &BTreeSet<String>),
) -> Result<Vec<(String, String)>> {
    let mut users = Vec::new();
    if resources.is_empty() && jobs.is_empty() {
        return Ok(users);
    }
    for other in pipelines::list(connection, owner.workspace).await?.into_iter().filter(|other| other.id != owner.id) {
        let document = app.documents.get(connection, other.id, other.revision).await?;
        if !list_foreign(&document).pipelines().contains(owner.name.as_str()) {
            continue;
        }
        let document = find_targets(connection, (owner.workspace, Some(&other)), &document).await?.rename(&document);
        for job in &document.jobs {
            let names = list_foreign(&Document { jobs: vec![job.clone()], ..Document::clone(&document) });
            let of_owner =
                |name: &str| split_foreign(name).filter(|(pipeline, _)| *pipeline == owner.name).map(|(_, name)| name.to_owned());
            let lost = names.resources.iter().filter_map(|name| of_owner(name)).filter(|name| resources.contains(name));
            let lost = lost.chain(names.jobs.iter().filter_map(|name| of_owner(name)).filter(|name| jobs.contains(name)));
            users.extend(lost.map(|name| (format!("{}/{}", other.name, job.name), name)));
        }
    }
    Ok(users)
}

async fn add_former(connection: &mut Connection<'_>, pipeline: PipelineId, former: &mut HashMap<ResourceId, Vec<String>>) -> Result<()> {
    for (target, name) in revision_names::list_former(connection, pipeline).await? {
        former.entry(ResourceId::new(target)).or_default().push(name);
    }
    Ok(())
}

/// The pipelines that these lead to, themselves included, but for the one where the question comes from: with the names that things have now.
async fn surround(
    app: &App,
    connection: &mut Connection<'_>,
    (workspace, home): (WorkspaceId, Option<PipelineId>),
    first: BTreeSet<PipelineId>,
) -> Result<(Vec<Arc<Document>>, BTreeSet<PipelineId>)> {
    let mut documents = Vec::new();
    let mut reached: BTreeSet<PipelineId> = first.iter().copied().filter(|id| Some(*id) != home).collect();
    let mut open: Vec<PipelineId> = reached.iter().copied().collect();
    while let Some(id) = open.pop() {
        let pipeline = pipelines::get(connection, id).await?;
        let document = app.documents.get(connection, id, pipeline.revision).await?;
        let targets = find_targets(connection, (workspace, Some(&pipeline)), &document).await?;
        documents.push(targets.rename(&document));
        open.extend(targets.owners().into_iter().filter(|owner| Some(*owner) != home && reached.insert(*owner)));
    }
    Ok((documents, reached))
}

async fn find_targets(
    connection: &mut Connection<'_>,
    (workspace, stored): (WorkspaceId, Option<&Pipeline>),
    document: &Document,
) -> Result<Targets> {
    let names = list_foreign(document);
    let mut targets = Targets::default();
    if names.is_empty() {
        return Ok(targets);
    }
    let known = match stored {
        Some(stored) => revision_names::get(connection, stored.id, stored.revision).await?,
        None => RevisionNames::default(),
    };
    for name in names.resources {
        match find_resource(connection, workspace, (&name, known.foreign_resources.get(&name).copied())).await? {
            Some(target) => drop(targets.resources.insert(name, target)),
            None => drop(targets.missing.insert(name.clone(), tell_missing(&name, "resource"))),
        }
    }
    for name in names.jobs {
        match find_job(connection, workspace, (&name, known.foreign_jobs.get(&name).copied())).await? {
            Some(target) => drop(targets.jobs.insert(name, target)),
            None => drop(targets.missing.insert(name.clone(), tell_missing(&name, "job"))),
        }
    }
    Ok(targets)
}

fn tell_missing(name: &str, what: &str) -> String {
    match split_foreign(name) {
        Some((pipeline, name)) => format!("the pipeline {pipeline} has no {what} {name} any more"),
        None => format!("there is no {what} {name} any more"),
    }
}

async fn find_resource(
    connection: &mut Connection<'_>,
    workspace: WorkspaceId,
    (name, id): (&str, Option<ResourceId>),
) -> Result<Option<Target<resources::Resource>>> {
    if let Some(id) = id {
        let known = resources::get(connection, id).await?;
        let current = resources::find_by_name(connection, known.pipeline, &known.name).await?;
        // Another history of the same name stands in for the one that was meant.
        if let Some(part) = current {
            let owner = pipelines::get(connection, part.pipeline).await?;
            return Ok(Some(Target { now: format!("{}/{}", owner.name, part.name), owner: owner.id, part }));
        }
    }
    let Some((pipeline, inner)) = split_foreign(name) else { return Ok(None) };
    let Some(owner) = pipelines::find_by_name(connection, workspace, pipeline).await? else { return Ok(None) };
    let part = resources::find_by_name(connection, owner.id, inner).await?;
    Ok(part.map(|part| Target { now: name.to_owned(), owner: owner.id, part }))
}

async fn find_job(
    connection: &mut Connection<'_>,
    workspace: WorkspaceId,
    (name, id): (&str, Option<JobId>),
) -> Result<Option<Target<jobs::Job>>> {
    if let Some(id) = id {
        let part = jobs::get(connection, id).await?;
        if part.current {
            let owner = pipelines::get(connection, part.pipeline).await?;
            return Ok(Some(Target { now: format!("{}/{}", owner.name, part.name), owner: owner.id, part }));
        }
    }
    let Some((pipeline, inner)) = split_foreign(name) else { return Ok(None) };
    let Some(owner) = pipelines::find_by_name(connection, workspace, pipeline).await? else { return Ok(None) };
    let part = jobs::find_by_name(connection, owner.id, inner).await?.filter(|job| job.current);
    Ok(part.map(|part| Target { now: name.to_owned(), owner: owner.id, part }))
}
