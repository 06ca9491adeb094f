//! Who belongs to a workspace.

use super::extract::{Body, Page};
use super::routes::{Routes, routes};
use super::{Error, Problem, Result, enter};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::store::people::{members, users};
use andon_pipelines::document::Role;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A member of a workspace.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MemberView {
    pub name: String,
    pub role: Role,
    pub groups: BTreeSet<String>,
}

/// The role to give.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetMember {
    pub role: Role,
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(set, remove))
}

/// The members of a workspace, by name.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/members", operation_id = "listMembers", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<MemberView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn list(State(app): State<App>, caller: Caller, Path(workspace): Path<String>) -> Result<Json<Page<MemberView>>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let found = members::list(&mut app.db.read().await?.connection(), workspace.id, false).await?;
    let views = found.into_iter().map(|member| MemberView { name: member.name, role: member.role, groups: member.groups });
    Ok(Json(Page::whole(views.collect())))
}

/// Gives somebody who has an account a role in the workspace.
#[utoipa::path(put, path = "/api/v1/workspaces/{workspace}/members/{user}", operation_id = "setMember", tag = "people",
    request_body = SetMember, security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn set(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, user)): Path<(String, String)>,
    Body(body): Body<SetMember>,
) -> Result<StatusCode> {
    let workspace = enter(&app, &caller, &workspace, Permission::Administer).await?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    let Some((user, _)) = users::find_by_name(&mut tx.connection(), &user).await? else {
        return Err(Error::not_found("There is no account of this name; an administrator of the installation makes one"));
    };
    members::set_role(&mut tx, (workspace.id, &workspace.name), &user, body.role).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes somebody out of the workspace and its groups.
#[utoipa::path(delete, path = "/api/v1/workspaces/{workspace}/members/{user}", operation_id = "removeMember", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn remove(State(app): State<App>, caller: Caller, Path((workspace, user)): Path<(String, String)>) -> Result<StatusCode> {
    let workspace = enter(&app, &caller, &workspace, Permission::Administer).await?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    members::remove(&mut tx, (workspace.id, &workspace.name), &user).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
