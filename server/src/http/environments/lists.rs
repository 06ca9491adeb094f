//! What runs where, and what has run there.

use super::show::{DeploymentEntry, EnvironmentDetail, EnvironmentView, PreviewView, show, show_deployment, show_detail, show_preview};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::engine::{self, EnvironmentWish};
use crate::http::extract::{Page, PageQuery};
use crate::http::{Error, Problem, Result, Workspace, enter, pipelines};
use crate::store::line::deployments;
use crate::store::line::promotions::PromotionKind;
use crate::store::line::resources::Resource;
use andon_pipelines::ids::JobRunId;
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;

/// The environment of a path, for somebody who has this permission.
pub(super) async fn find(
    app: &App,
    caller: &Caller,
    (workspace, pipeline, name): (&str, &str, &str),
    permission: Permission,
) -> Result<(Workspace, Resource)> {
    let workspace = enter(app, caller, workspace, permission).await?;
    let pipeline = pipelines::find(app, &workspace, pipeline).await?;
    let found = engine::find_environment(app, &pipeline, name).await?;
    Ok((workspace, found))
}

/// What runs where, since when, by whom; how far behind it is, and what is on its way.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/environments", operation_id = "listEnvironments", tag = "environments",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<EnvironmentView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub async fn list(State(app): State<App>, caller: Caller, Path(workspace): Path<String>) -> Result<Json<Page<EnvironmentView>>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let found = engine::list_environments(&app, workspace.id).await?;
    Ok(Json(Page::whole(found.into_iter().map(show).collect())))
}

/// An environment, with the sets of versions that could be brought there.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/environments/{pipeline}/{environment}", operation_id = "getEnvironment",
    tag = "environments", security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = EnvironmentDetail), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub async fn get(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, pipeline, environment)): Path<(String, String, String)>,
) -> Result<Json<EnvironmentDetail>> {
    let (_, found) = find(&app, &caller, (&workspace, &pipeline, &environment), Permission::View).await?;
    Ok(Json(show_detail(engine::show_environment(&app, found).await?)))
}

/// Everything that was deployed to an environment, the newest first.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/environments/{pipeline}/{environment}/history",
    operation_id = "getEnvironmentHistory", tag = "environments", params(PageQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<DeploymentEntry>), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn list_history(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, pipeline, environment)): Path<(String, String, String)>,
    page: PageQuery,
) -> Result<Json<Page<DeploymentEntry>>> {
    let (_, found) = find(&app, &caller, (&workspace, &pipeline, &environment), Permission::View).await?;
    let before = page.after.as_deref().map(read_cursor).transpose()?;
    let limit = page.limit();
    let mut connection = app.db.read().await?;
    let listed = deployments::list(&mut connection.connection(), found.id, before, limit + 1).await?;
    let mut until = before.map(|(at, _)| at);
    let entries = listed.into_iter().map(|deployment| {
        let next = until.replace(deployment.at);
        show_deployment(deployment, next)
    });
    Ok(Json(Page::cut(entries.collect(), limit, |entry| format!("{}.{}", entry.at, entry.job_run))))
}

fn read_cursor(text: &str) -> Result<(i64, JobRunId)> {
    let parts = text.split_once('.').and_then(|(at, id)| Some((at.parse().ok()?, id.parse().ok()?)));
    parts.ok_or_else(|| Error::invalid("after is the cursor of the page before"))
}

/// What is to be looked at before it is done.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PreviewQuery {
    /// `promote` (the default) or `rollback`.
    pub kind: Option<String>,
    /// As `version` of a promotion, or `to` of a roll back.
    pub version: Option<String>,
    /// The job that deploys, where several do.
    pub job: Option<String>,
}

/// What a promotion or a roll back would change. Changes nothing.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/environments/{pipeline}/{environment}/preview",
    operation_id = "previewPromotion", tag = "environments", params(PreviewQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = PreviewView), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn preview(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, pipeline, environment)): Path<(String, String, String)>,
    Query(query): Query<PreviewQuery>,
) -> Result<Json<PreviewView>> {
    let (workspace, found) = find(&app, &caller, (&workspace, &pipeline, &environment), Permission::View).await?;
    let kind = query.kind.as_deref().map_or(Some(PromotionKind::Promote), PromotionKind::from_name);
    let kind = kind.ok_or_else(|| Error::invalid("kind is promote or rollback"))?;
    let wish = EnvironmentWish { kind, version: query.version, job: query.job };
    Ok(Json(show_preview(&engine::preview_promotion(&app, workspace.id, &found, &wish).await?)))
}
