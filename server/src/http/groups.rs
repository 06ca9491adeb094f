//! Groups of a workspace's people.

use super::extract::{Body, Page, check_name};
use super::routes::{Routes, routes};
use super::{Error, Problem, Result, enter};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::store::people::{groups, members};
use andon_pipelines::ids::UserId;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

const MOST_MEMBERS: usize = 1_000;

/// A group.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GroupView {
    pub name: String,
    /// The names of its members.
    pub members: BTreeSet<String>,
}

/// Everybody who is in a group.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetGroup {
    /// Names of members of the workspace.
    pub members: BTreeSet<String>,
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(set, delete))
}

/// The groups of a workspace, by name.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/groups", operation_id = "listGroups", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<GroupView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn list(State(app): State<App>, caller: Caller, Path(workspace): Path<String>) -> Result<Json<Page<GroupView>>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let found = groups::list(&mut app.db.read().await?.connection(), workspace.id).await?;
    Ok(Json(Page::whole(found.into_iter().map(|(name, members)| GroupView { name, members }).collect())))
}

/// Makes a group, or replaces its members.
#[utoipa::path(put, path = "/api/v1/workspaces/{workspace}/groups/{name}", operation_id = "setGroup", tag = "people",
    request_body = SetGroup, security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn set(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, name)): Path<(String, String)>,
    Body(body): Body<SetGroup>,
) -> Result<StatusCode> {
    let workspace = enter(&app, &caller, &workspace, Permission::Administer).await?;
    check_name("group", &name)?;
    if body.members.len() > MOST_MEMBERS {
        return Err(Error::invalid(format!("A group has at most {MOST_MEMBERS} members")));
    }
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    let known = members::list(&mut tx.connection(), workspace.id, true).await?;
    let known: BTreeMap<String, UserId> = known.into_iter().map(|member| (member.name, member.user)).collect();
    let mut users = Vec::with_capacity(body.members.len());
    for member in &body.members {
        let user = known.get(member).ok_or_else(|| Error::invalid(format!("{member:?} is no member of the workspace")))?;
        users.push(*user);
    }
    groups::set_members(&mut tx, workspace.id, &name, &users).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a group away. Gates that name it then find nobody in it.
#[utoipa::path(delete, path = "/api/v1/workspaces/{workspace}/groups/{name}", operation_id = "deleteGroup", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn delete(State(app): State<App>, caller: Caller, Path((workspace, name)): Path<(String, String)>) -> Result<StatusCode> {
    let workspace = enter(&app, &caller, &workspace, Permission::Administer).await?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    groups::delete(&mut tx, workspace.id, &name).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
