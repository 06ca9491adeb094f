//! What changed between a job run and its job's run before.

use super::gate::{Change, compare_lineages, list_lineage};
use crate::app::App;
use crate::store::line::job_runs::{self, JobRun};
use crate::store::line::runs;
use crate::store::{Connection, Result};
use andon_pipelines::document::ResourceKind;
use andon_pipelines::ids::{ResourceId, VersionId};
use std::collections::BTreeMap;

/// A job run beside the one before it.
#[derive(Clone, Debug)]
pub struct SinceBefore {
    /// Absent for a job's first run.
    pub before: Option<JobRun>,
    /// Every resource that the job run stands on with another version, whether it took it or inherited it.
    pub changes: Vec<Change>,
}

/// Compares what a job run stands on with what its job's run before stood on. Not to be called inside a transaction: it reads repositories.
///
/// # Errors
/// Whatever the database says.
pub async fn compare_with_before(app: &App, connection: &mut Connection<'_>, job_run: &JobRun) -> Result<SinceBefore> {
    let Some(before) = job_runs::find_before(connection, job_run).await? else {
        return Ok(SinceBefore { before: None, changes: Vec::new() });
    };
    let workspace = runs::get(connection, job_run.run).await?.workspace;
    let old = versions_of(connection, &before).await?;
    let mut new = versions_of(connection, job_run).await?;
    new.retain(|resource, version| old.get(resource) != Some(version));
    let mut changes = compare_lineages(app, connection, workspace, (&old, &new)).await?;
    // What a job leaves for itself differs each time, and says nothing.
    changes.retain(|change| !matches!(change.resource.source, ResourceKind::Environment | ResourceKind::State));
    Ok(SinceBefore { before: Some(before), changes })
}

async fn versions_of(connection: &mut Connection<'_>, job_run: &JobRun) -> Result<BTreeMap<ResourceId, VersionId>> {
    Ok(list_lineage(connection, job_run).await?.into_iter().map(|version| (version.resource, version.id)).collect())
}
