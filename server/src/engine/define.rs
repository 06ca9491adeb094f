//! A new revision of a pipeline comes into force.

use super::redecide::redecide;
use super::schedule::is_race;
use super::stale::{Staleness, compare};
use super::{bindings, parts};
use crate::app::App;
use crate::store::line::pipelines::{self, NewRevision, Pipeline};
use crate::store::line::{modules, revision_names};
use crate::store::{Connection, Result, Tx};
use andon_pipelines::document::{self, Diagnostic, Document, Modules, Plan, Reading};
use andon_pipelines::ids::{PipelineId, WorkspaceId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A text to set.
#[derive(Clone, Debug)]
pub struct Definition<'a> {
    pub workspace: WorkspaceId,
    pub text: &'a str,
    /// How diagnostics call it.
    pub file: &'a str,
    /// The pipeline that the caller means; the text has to agree.
    pub name: Option<&'a str>,
    pub message: Option<&'a str>,
    /// The revision that the text was based on; an older one is refused. 0 means that there should be none yet.
    pub expect: Option<i64>,
    /// `repository:path` of a push that set it.
    pub synced_from: Option<&'a str>,
    /// What `uses` finds; absent, the library and the workspace's modules as they are now.
    pub modules: Option<&'a Modules>,
    pub actor: &'a str,
}

/// What came of setting a text.
#[derive(Debug)]
pub enum Defined {
    /// It is in force; `changed` is false when it was already.
    Set { pipeline: PipelineId, name: String, revision: i64, changed: bool, plan: Plan },
    /// It cannot be used; nothing was changed.
    Invalid { name: Option<String>, diagnostics: Vec<Diagnostic> },
    /// Somebody set another revision meanwhile; nothing was changed.
    Stale(Box<Staleness>),
    /// The text names another pipeline than the caller.
    OtherName { name: String },
}

/// Sets a text as the pipeline's next revision.
///
/// # Errors
/// Whatever the database says; nothing was changed then.
pub async fn set_pipeline(app: &App, definition: &Definition<'_>) -> Result<Defined> {
    match set_once(app, definition).await {
        // Somebody else set it at the same moment. Looked at again, that was before.
        Err(error) if is_race(&error) => set_once(app, definition).await,
        other => other,
    }
}

async fn set_once(app: &App, definition: &Definition<'_>) -> Result<Defined> {
    // Most of what can be wrong is found before anybody has to wait for the transaction.
    let mut reader = app.db.read().await?;
    let reading = read_alone(&mut reader.connection(), definition).await?;
    if let Some(document) = &reading.document
        && definition.name.is_some_and(|name| name != document.pipeline)
    {
        return Ok(Defined::OtherName { name: document.pipeline.clone() });
    }
    if reading.document.is_none() {
        return Ok(invalid(definition, read_among(app, &mut reader.connection(), definition).await?));
    }
    drop(reader);
    let mut tx = app.db.begin(definition.actor).await?;
    let defined = set_in(app, &mut tx, definition, reading).await?;
    if matches!(defined, Defined::Set { .. }) {
        tx.commit().await?;
    }
    Ok(defined)
}

/// The file by itself: what it uses of other pipelines is left open. The very same text stays in force whatever others have renamed.
async fn read_alone(connection: &mut Connection<'_>, definition: &Definition<'_>) -> Result<Reading> {
    Ok(match definition.modules {
        Some(modules) => document::read_with(definition.text, definition.file, modules),
        None => document::read_with(definition.text, definition.file, &get_modules(connection, definition.workspace).await?),
    })
}

/// The file among the workspace's other pipelines.
async fn read_among(app: &App, connection: &mut Connection<'_>, definition: &Definition<'_>) -> Result<Reading> {
    let text = (definition.text, definition.file);
    match definition.modules {
        Some(modules) => bindings::read_definition(app, connection, (definition.workspace, modules), text).await,
        None => {
            let modules = get_modules(connection, definition.workspace).await?;
            bindings::read_definition(app, connection, (definition.workspace, &modules), text).await
        }
    }
}

fn invalid(definition: &Definition<'_>, reading: Reading) -> Defined {
    Defined::Invalid { name: definition.name.map(str::to_owned), diagnostics: reading.diagnostics }
}

async fn set_in(app: &App, tx: &mut Tx, definition: &Definition<'_>, alone: Reading) -> Result<Defined> {
    let Some(document) = &alone.document else { return Ok(invalid(definition, alone)) };
    let existing = pipelines::find_by_name(&mut tx.connection(), definition.workspace, &document.pipeline).await?;
    if let Some(expect) = definition.expect
        && expect != existing.as_ref().map_or(0, |existing| existing.revision)
    {
        return Ok(Defined::Stale(Box::new(compare(app, &mut tx.connection(), existing.as_ref(), expect).await?)));
    }
    if let Some(existing) = &existing
        && is_in_force(tx, existing, (definition.text, &alone.modules)).await?
    {
        let moves = definition.synced_from.is_some() && definition.synced_from != existing.synced_from.as_deref();
        if moves || existing.sync_error.is_some() {
            pipelines::set_synced(tx, existing, definition.synced_from).await?;
        }
        let plan = document::plan(Some(document), document);
        let (pipeline, name, revision) = (existing.id, existing.name.clone(), existing.revision);
        return Ok(Defined::Set { pipeline, name, revision, changed: false, plan });
    }
    let reading = match alone.diagnostics.is_empty() {
        true => alone,
        false => read_among(app, &mut tx.connection(), definition).await?,
    };
    let Some(document) = reading.document else { return Ok(invalid(definition, reading)) };
    let mut plan = plan_change(app, &mut tx.connection(), existing.as_ref(), &document).await?;
    let new = NewRevision {
        document: &document,
        text: definition.text,
        modules: &reading.modules,
        message: definition.message,
        synced_from: definition.synced_from,
    };
    let (pipeline, revision) = match &existing {
        Some(existing) => (existing.id, pipelines::revise(tx, existing, &new).await?),
        None => pipelines::create(tx, definition.workspace, &new).await?,
    };
    let names = bindings::resolve_names(&mut tx.connection(), definition.workspace, &document).await?;
    plan.warnings.extend(parts::set_jobs(tx, pipeline, &document).await?);
    let (resources, warnings) = parts::set_resources(app, tx, (definition.workspace, pipeline), &document).await?;
    plan.warnings.extend(warnings);
    revision_names::insert(tx, (pipeline, revision), &revision_names::RevisionNames { resources, ..names }).await?;
    redecide(app, tx, (pipeline, revision), &document).await?;
    if existing.is_some() {
        super::gate::rebind_open(app, tx, (pipeline, revision), &Arc::new(document.clone())).await?;
    }
    Ok(Defined::Set { pipeline, name: document.pipeline, revision, changed: true, plan })
}

/// What a file of a workspace may use.
///
/// # Errors
/// Whatever the database says.
pub async fn get_modules(connection: &mut Connection<'_>, workspace: WorkspaceId) -> Result<Modules> {
    let known = modules::list(connection, workspace).await?;
    Ok(Modules::of_workspace(known.into_iter().map(|module| (module.name, module.text))))
}

/// Whether the text, with the modules that it uses, is the very one in force.
async fn is_in_force(tx: &mut Tx, existing: &Pipeline, (text, used): (&str, &BTreeMap<String, String>)) -> Result<bool> {
    if pipelines::get_text(&mut tx.connection(), existing.id, existing.revision).await? != text {
        return Ok(false);
    }
    Ok(modules::list_kept(&mut tx.connection(), existing.id, existing.revision).await? == *used)
}

/// What a text would change, and whom in other pipelines it would leave without something.
///
/// # Errors
/// Whatever the database says.
pub async fn plan_change(app: &App, connection: &mut Connection<'_>, existing: Option<&Pipeline>, new: &Document) -> Result<Plan> {
    let Some(existing) = existing else { return Ok(document::plan(None, new)) };
    let old: Arc<Document> = app.documents.get(connection, existing.id, existing.revision).await?;
    let mut plan = document::plan(Some(&old), new);
    let resources: BTreeSet<String> = document::removed_resources(&old.resources, new).into_iter().map(|gone| gone.name.clone()).collect();
    let jobs: BTreeSet<String> = document::removed_jobs(&old.jobs, new).into_iter().map(|gone| gone.name.clone()).collect();
    let users = bindings::list_users(app, connection, existing, (&resources, &jobs)).await?;
    plan.warnings.extend(users.into_iter().map(|(user, part)| format!("{user} uses {part}, which goes: it will be blocked")));
    Ok(plan)
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
