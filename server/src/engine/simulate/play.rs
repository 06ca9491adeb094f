//! Lets a copy of the line run on.

use super::edit::{Edit, facts_of, set_params};
use super::view::{Simulated, Stage, pretend_names};
use super::wish::{Wish, read_wishes};
use crate::app::App;
use crate::engine::why;
use crate::http;
use crate::store::line::pipelines::Pipeline;
use andon_pipelines::decide::rehearse;
use andon_pipelines::ids::{PipelineId, WorkspaceId};

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
