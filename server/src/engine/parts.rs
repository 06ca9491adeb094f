//! The rows of a pipeline's jobs and resources, brought in line with its new revision. A part goes on with the history of its name, of the
//! name that it had before (`was`), or of the part of that name that was removed earlier.

use super::numbers;
use crate::app::App;
use crate::store::line::jobs::Job;
use crate::store::line::{jobs, resources, revision_names, versions};
use crate::store::{Result, Tx};
use andon_pipelines::cron;
use andon_pipelines::document::{self, Document, GitOrigin, Resource, ResourceKind};
use andon_pipelines::ids::{PipelineId, ResourceId, WorkspaceId};
use std::collections::BTreeMap;

/// Brings the rows of the jobs in line. Answers what people should know.
pub(super) async fn set_jobs(tx: &mut Tx, pipeline: PipelineId, document: &Document) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    let mut known = jobs::list(&mut tx.connection(), pipeline).await?;
    for job in &document.jobs {
        let Some(was) = &job.was else { continue };
        match find_renamed(&known, &job.name, was) {
            Former::Renamed(id) => {
                make_room(tx, pipeline, (&known, &job.name)).await?;
                jobs::rename(tx, id, &job.name).await?;
                revision_names::insert_former(tx, pipeline, id.uuid(), was).await?;
                known = jobs::list(&mut tx.connection(), pipeline).await?;
            }
            Former::InTheWay => warnings.push(format!("the job {} is there already, so it does not go on from {was}", job.name)),
            Former::Unknown => warnings.push(format!("there was no job {was}, so {} begins anew", job.name)),
            Former::Done => {}
        }
    }
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
    Ok(warnings)
}

/// What a `was` finds.
enum Former {
    Renamed(andon_pipelines::ids::JobId),
    /// The job has its name already; the file may keep its `was`.
    Done,
    /// A job in force has the name, and another the former one.
    InTheWay,
    Unknown,
}

fn find_renamed(known: &[Job], name: &str, was: &str) -> Former {
    let find = |name: &str| known.iter().find(|job| job.name == name);
    match (find(name), find(was)) {
        (Some(now), Some(was)) if now.current && was.current => Former::InTheWay,
        (Some(now), _) if now.current => Former::Done,
        (Some(_), Some(was)) if was.current => Former::Renamed(was.id),
        // It was removed under its new name, and comes back.
        (Some(_), _) => Former::Done,
        (None, Some(was)) => Former::Renamed(was.id),
        (None, None) => Former::Unknown,
    }
}

/// A job that was removed long ago gives its name up; its job runs keep it.
async fn make_room(tx: &mut Tx, pipeline: PipelineId, (known, name): (&[Job], &str)) -> Result<()> {
    let Some(old) = known.iter().find(|job| job.name == name) else { return Ok(()) };
    let is_taken = |candidate: &String| known.iter().any(|job| job.name == *candidate);
    // No file can name it so.
    let free = (1..).map(|number| format!("{name}~{number}")).find(|candidate| !is_taken(candidate)).unwrap_or_default();
    jobs::rename(tx, old.id, &free).await?;
    revision_names::insert_former(tx, pipeline, old.id.uuid(), name).await
}

/// Brings the rows of the resources in line. Answers which is which, and what people should know.
pub(super) async fn set_resources(
    app: &App,
    tx: &mut Tx,
    place: (WorkspaceId, PipelineId),
    document: &Document,
) -> Result<(BTreeMap<String, ResourceId>, Vec<String>)> {
    let (workspace, pipeline) = place;
    let warnings = rename_resources(tx, pipeline, document).await?;
    let known = resources::list(&mut tx.connection(), pipeline).await?;
    for old in &known {
        if !document.resources.iter().any(|new| new.name == old.name) {
            resources::retire(tx, old.id).await?;
        }
    }
    let mut ids = BTreeMap::new();
    for new in &document.resources {
        let old = known.iter().find(|old| old.name == new.name);
        let id = match old {
            Some(old) if old.source == new.kind => {
                ids.insert(new.name.clone(), old.id);
                continue;
            }
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
        ids.insert(new.name.clone(), id);
        let place = (workspace, pipeline, id);
        match &new.kind {
            ResourceKind::Params { values } => drop(versions::create_or_move_up(tx, edited(place, values.clone())).await?),
            // The first number. What the file says later changes no history.
            ResourceKind::Semver { initial } if versions::find_newest(&mut tx.connection(), id).await?.is_none() => {
                versions::create(tx, edited(place, numbers::map_of(initial))).await?;
            }
            _ => {}
        }
    }
    Ok((ids, warnings))
}

async fn rename_resources(tx: &mut Tx, pipeline: PipelineId, document: &Document) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    let known = resources::list(&mut tx.connection(), pipeline).await?;
    let is_current = |name: &str| known.iter().any(|resource| resource.name == name);
    for new in &document.resources {
        let Some(was) = &new.was else { continue };
        if is_current(&new.name) {
            if is_current(was) {
                warnings.push(format!("the resource {} is there already, so it does not go on from {was}", new.name));
            }
            continue;
        }
        let before = resources::list_named(&mut tx.connection(), pipeline, was).await?;
        let after = resources::list_named(&mut tx.connection(), pipeline, &new.name).await?;
        if before.is_empty() && after.is_empty() {
            warnings.push(format!("there was no resource {was}, so {} begins anew", new.name));
        }
        // Those that were removed under the new name come back before those that were removed under the old one.
        if is_current(was) || after.is_empty() {
            for id in before {
                resources::rename(tx, id, &new.name).await?;
                revision_names::insert_former(tx, pipeline, id.uuid(), was).await?;
            }
        }
    }
    Ok(warnings)
}

async fn begin_history(app: &App, tx: &mut Tx, pipeline: PipelineId, new: &Resource) -> Result<ResourceId> {
    let check_at = first_check(app, &new.kind);
    if let Some(retired) = resources::find_retired(&mut tx.connection(), pipeline, &new.name, &new.kind).await? {
        resources::revive(tx, retired, check_at).await?;
        return Ok(retired);
    }
    resources::create(tx, pipeline, &new.name, &new.kind, check_at).await
}

/// A version that an edit of the file makes.
fn edited((workspace, pipeline, resource): (WorkspaceId, PipelineId, ResourceId), map: BTreeMap<String, String>) -> versions::NewVersion {
    versions::NewVersion { workspace, pipeline, resource, map, metadata: BTreeMap::new(), archive: None, origin: "edit", made_by: None }
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
