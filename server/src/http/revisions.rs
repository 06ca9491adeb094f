//! The revisions of a pipeline: listed, read, compared, restored.

use super::extract::Page;
use super::pipelines::{SetPipeline, SetQuery, find, set_text};
use super::routes::{Routes, routes};
use super::{Error, Problem, Result, enter};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::engine;
use crate::store::line::{modules, pipelines};
use andon_pipelines::document::{Modules, Plan};
use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RevisionView {
    pub number: i64,
    pub actor: String,
    pub message: Option<String>,
    pub created_at: i64,
}

/// The text of a revision.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RevisionDetail {
    pub number: i64,
    pub text: String,
}

/// What changed from one revision to another.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RevisionDiff {
    pub from: i64,
    pub to: i64,
    /// The texts in the unified form; empty where they are the same.
    pub diff: String,
    /// What it meant for the line.
    pub plan: Plan,
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(diff)).routes(routes!(restore))
}

/// The revisions of a pipeline, newest first.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/pipelines/{pipeline}/revisions", operation_id = "listRevisions", tag = "pipelines",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<RevisionView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn list(State(app): State<App>, caller: Caller, Path((workspace, name)): Path<(String, String)>) -> Result<Json<Page<RevisionView>>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let pipeline = find(&app, &workspace, &name).await?;
    let found = pipelines::list_revisions(&mut app.db.read().await?.connection(), pipeline.id).await?;
    let view = |revision: pipelines::Revision| RevisionView {
        number: revision.number,
        actor: revision.actor,
        message: revision.message,
        created_at: revision.created_at,
    };
    Ok(Json(Page::whole(found.into_iter().map(view).collect())))
}

/// The text of a revision.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/pipelines/{pipeline}/revisions/{number}", operation_id = "getRevision",
    tag = "pipelines", security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = RevisionDetail), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn get(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, name, number)): Path<(String, String, String)>,
) -> Result<Json<RevisionDetail>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let pipeline = find(&app, &workspace, &name).await?;
    let number = parse_number(&number)?;
    let text = pipelines::get_text(&mut app.db.read().await?.connection(), pipeline.id, number).await?;
    Ok(Json(RevisionDetail { number, text }))
}

/// What changed from one revision (`number`) to another (`other`).
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/pipelines/{pipeline}/revisions/{number}/diff/{other}",
    operation_id = "diffRevisions", tag = "pipelines", security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = RevisionDiff), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn diff(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, name, number, other)): Path<(String, String, String, String)>,
) -> Result<Json<RevisionDiff>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let pipeline = find(&app, &workspace, &name).await?;
    let (from, to) = (parse_number(&number)?, parse_number(&other)?);
    let mut reader = app.db.read().await?;
    let change = engine::compare_revisions(&app, &mut reader.connection(), &pipeline, (from, to)).await?;
    Ok(Json(RevisionDiff { from, to, diff: change.diff, plan: change.plan }))
}

/// Sets the text of an earlier revision as the next one.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/pipelines/{pipeline}/revisions/{number}/restore",
    operation_id = "restoreRevision", tag = "pipelines", security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = SetPipeline), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn restore(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, name, number)): Path<(String, String, String)>,
) -> Result<Json<SetPipeline>> {
    let workspace = enter(&app, &caller, &workspace, Permission::Edit).await?;
    let pipeline = find(&app, &workspace, &name).await?;
    let number = parse_number(&number)?;
    let mut reader = app.db.read().await?;
    let text = pipelines::get_text(&mut reader.connection(), pipeline.id, number).await?;
    // What it ran is what comes back, not what its modules say today.
    let kept = Modules::kept(modules::list_kept(&mut reader.connection(), pipeline.id, number).await?);
    drop(reader);
    let message = format!("restored revision {number}");
    let query = SetQuery { message: Some(message), expect: Some(pipeline.revision) };
    set_text(&app, &caller, (&workspace, &name), (query, &text, Some(&kept))).await
}

fn parse_number(text: &str) -> Result<i64> {
    text.parse().map_err(|_| Error::not_found("the revision does not exist"))
}
