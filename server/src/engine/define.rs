//! A new revision of a pipeline comes into force.

use crate::app::App;
use crate::store::line::pipelines::{NewRevision, Pipeline};
use crate::store::line::{jobs, pipelines, resources, versions};
use crate::store::{Result, Tx};
use andon_pipelines::cron;
use andon_pipelines::document::{self, Diagnostic, Document, GitOrigin, Plan, Resource, ResourceKind};
use andon_pipelines::ids::{PipelineId, ResourceId, WorkspaceId};
use std::collections::BTreeMap;

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
    /// The revision that the text was based on; an older one is refused.
    pub expect: Option<i64>,
    /// `repository:path` of a push that set it.
    pub synced_from: Option<&'a str>,
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
    Stale { current: i64 },
    /// The text names another pipeline than the caller.
    OtherName { name: String },
}

/// Sets a text as the pipeline's next revision.
///
/// # Errors
/// Whatever the database says; nothing was changed then.
pub async fn set_pipeline(app: &App, definition: &Definition<'_>) -> Result<Defined> {
    let reading = document::read(definition.text, definition.file);
    let Some(document) = reading.document else {
        return Ok(Defined::Invalid { name: definition.name.map(str::to_owned), diagnostics: reading.diagnostics });
    };
    if definition.name.is_some_and(|name| name != document.pipeline) {
        return Ok(Defined::OtherName { name: document.pipeline });
    }
    let mut tx = app.db.begin(definition.actor).await?;
    let existing = pipelines::find_by_name(&mut tx.connection(), definition.workspace, &document.pipeline).await?;
    if let (Some(expect), Some(existing)) = (definition.expect, &existing)
        && expect != existing.revision
    {
        return Ok(Defined::Stale { current: existing.revision });
    }
    let old = match &existing {
        Some(existing) => Some(read_current(app, &mut tx, existing, definition.text).await?),
        None => None,
    };
    let plan = document::plan(old.as_ref().map(|(document, _)| document.as_ref()), &document);
    if let (Some(existing), Some((_, true))) = (&existing, &old) {
        let (pipeline, name, revision) = (existing.id, document.pipeline, existing.revision);
        if existing.sync_error.is_some() {
            pipelines::clear_sync_error(&mut tx, existing.id).await?;
            tx.commit().await?;
        }
        return Ok(Defined::Set { pipeline, name, revision, changed: false, plan });
    }
    let new = NewRevision { document: &document, text: definition.text, message: definition.message, synced_from: definition.synced_from };
    let (pipeline, revision) = match &existing {
        Some(existing) => (existing.id, pipelines::revise(&mut tx, existing, &new).await?),
        None => pipelines::create(&mut tx, definition.workspace, &new).await?,
    };
    set_jobs(&mut tx, pipeline, &document).await?;
    set_resources(app, &mut tx, (definition.workspace, pipeline), &document).await?;
    if existing.is_some() {
        let document = std::sync::Arc::new(document.clone());
        super::gate::rebind_open(app, &mut tx, (pipeline, revision), &document).await?;
    }
    tx.commit().await?;
    Ok(Defined::Set { pipeline, name: document.pipeline, revision, changed: true, plan })
}

/// The document in force, and whether the new text is the very same.
async fn read_current(app: &App, tx: &mut Tx, existing: &Pipeline, text: &str) -> Result<(std::sync::Arc<Document>, bool)> {
    let current = pipelines::get_text(&mut tx.connection(), existing.id, existing.revision).await?;
    let document = app.documents.get(&mut tx.connection(), existing.id, existing.revision).await?;
    Ok((document, current == text))
}

async fn set_jobs(tx: &mut Tx, pipeline: PipelineId, document: &Document) -> Result<()> {
    let known = jobs::list(&mut tx.connection(), pipeline).await?;
    for job in &known {
        let current = document.jobs.iter().any(|candidate| candidate.name == job.name);
        if current != job.current {
            jobs::set_current(tx, job.id, current).await?;
        }
    }
    for job in &document.jobs {
        if !known.iter().any(|candidate| candidate.name == job.name) {
            jobs::create(tx, pipeline, &job.name).await?;
        }
    }
    Ok(())
}

async fn set_resources(app: &App, tx: &mut Tx, place: (WorkspaceId, PipelineId), document: &Document) -> Result<()> {
    let (workspace, pipeline) = place;
    let known = resources::list(&mut tx.connection(), pipeline).await?;
    for old in &known {
        if !document.resources.iter().any(|new| new.name == old.name) {
            resources::retire(tx, old.id).await?;
        }
    }
    for new in &document.resources {
        let old = known.iter().find(|old| old.name == new.name);
        let id = match old {
            Some(old) if old.source == new.kind => continue,
            Some(old) if document::same_source(&old.source, &new.kind) => {
                resources::set_source(tx, old.id, &new.kind, first_check(app, &new.kind)).await?;
                old.id
            }
            other => {
                if let Some(old) = other {
                    resources::retire(tx, old.id).await?;
                }
                begin_history(app, tx, pipeline, new).await?
            }
        };
        if let ResourceKind::Params { values } = &new.kind {
            publish_params(tx, (workspace, pipeline, id), values).await?;
        }
    }
    Ok(())
}

async fn begin_history(app: &App, tx: &mut Tx, pipeline: PipelineId, new: &Resource) -> Result<ResourceId> {
    let check_at = first_check(app, &new.kind);
    if let Some(retired) = resources::find_retired(&mut tx.connection(), pipeline, &new.name, &new.kind).await? {
        resources::revive(tx, retired, check_at).await?;
        return Ok(retired);
    }
    resources::create(tx, pipeline, &new.name, &new.kind, check_at).await
}

async fn publish_params(tx: &mut Tx, place: (WorkspaceId, PipelineId, ResourceId), values: &BTreeMap<String, String>) -> Result<()> {
    let (workspace, pipeline, resource) = place;
    let new = versions::NewVersion {
        workspace,
        pipeline,
        resource,
        map: values.clone(),
        metadata: BTreeMap::new(),
        archive: None,
        origin: "edit",
        made_by: None,
    };
    versions::create_or_move_up(tx, new).await.map(drop)
}

/// When a polled resource is looked at first: at once, or at the schedule's next tick.
fn first_check(app: &App, kind: &ResourceKind) -> Option<i64> {
    let now = app.clock.now_ms();
    match kind {
        ResourceKind::Git(git) => matches!(git.origin, GitOrigin::Url(_)).then_some(now),
        ResourceKind::Cron(source) => cron::next_after(&source.schedule, &source.timezone, now).ok().flatten(),
        _ => None,
    }
}
