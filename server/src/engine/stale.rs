//! Two revisions of a pipeline, side by side.

use crate::app::App;
use crate::store::line::pipelines::{self, Pipeline};
use crate::store::{Connection, Result, StoreError};
use andon_pipelines::document::{self, Plan};

/// What happened to a pipeline since the revision that a text was based on.
#[derive(Clone, Debug)]
pub struct Staleness {
    /// The revision that the text was based on, as the caller says.
    pub base: i64,
    /// The revision in force; `None` where there is no such pipeline.
    pub current: Option<i64>,
    /// From the base to the revision in force, where both are there.
    pub change: Option<RevisionChange>,
}

/// From one revision to another.
#[derive(Clone, Debug)]
pub struct RevisionChange {
    /// In the unified form.
    pub diff: String,
    pub plan: Plan,
}

/// What a caller has to know whose text is based on another revision than the one in force.
pub(super) async fn compare(app: &App, connection: &mut Connection<'_>, existing: Option<&Pipeline>, base: i64) -> Result<Staleness> {
    let Some(existing) = existing else { return Ok(Staleness { base, current: None, change: None }) };
    let change = match compare_revisions(app, connection, existing, (base, existing.revision)).await {
        Ok(change) => Some(change),
        Err(StoreError::NotFound { .. }) => None,
        Err(error) => return Err(error),
    };
    Ok(Staleness { base, current: Some(existing.revision), change })
}

/// What changed from one revision to another.
///
/// # Errors
/// [`StoreError::NotFound`] when one of them does not exist.
pub async fn compare_revisions(
    app: &App,
    connection: &mut Connection<'_>,
    pipeline: &Pipeline,
    (from, to): (i64, i64),
) -> Result<RevisionChange> {
    let old = pipelines::get_text(connection, pipeline.id, from).await?;
    let new = pipelines::get_text(connection, pipeline.id, to).await?;
    let names = [from, to].map(|number| format!("{} revision {number}", pipeline.name));
    let diff = document::unified_diff((&names[0], &old), (&names[1], &new));
    let old = app.documents.get(connection, pipeline.id, from).await?;
    let new = app.documents.get(connection, pipeline.id, to).await?;
    Ok(RevisionChange { diff, plan: document::plan(Some(&old), &new) })
}
