//! The routes of the inbox.

use super::collect::{Asked, Collector, InboxScope, read_cursor};
use super::item::{InboxCounts, InboxItem, InboxKind};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::http::extract::Page;
use crate::http::{Error, Problem, Result, enter};
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;

/// Which part of an inbox is asked for.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct InboxQuery {
    /// `mine` (the default): gates that the caller may decide, and tasks given to them whose turn it is; `groups`: those of the caller's groups,
    /// and for operators those of nobody; `claimed`: what the caller looks after; `done`: what they have decided, done or skipped, the
    /// newest first.
    pub scope: Option<String>,
    /// `gate` or `task`; both by default.
    pub kind: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// 1 to 200, 50 by default.
    pub limit: Option<i64>,
}

/// What waits for the caller: gates and tasks, those that are due first on top.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/inbox", operation_id = "getInbox", tag = "people", params(InboxQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<InboxItem>), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn inbox(
    State(app): State<App>,
    caller: Caller,
    Path(workspace): Path<String>,
    query: Result<Query<InboxQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Page<InboxItem>>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let Query(query) = query.map_err(|_| Error::invalid("The inbox takes scope, kind, after and limit"))?;
    let asked = read_query(&query)?;
    let mut reader = app.db.read().await?;
    let collector = Collector { app: &app, caller: &caller, workspace: workspace.id };
    Ok(Json(collector.page(&mut reader.connection(), asked).await?))
}

fn read_query(query: &InboxQuery) -> Result<Asked> {
    let limit = query.limit.unwrap_or(50);
    if !(1..=200).contains(&limit) {
        return Err(Error::invalid("limit is a number from 1 to 200"));
    }
    let scope = query.scope.as_deref().unwrap_or("mine");
    let scope = InboxScope::from_name(scope).ok_or_else(|| Error::invalid("scope is mine, groups, claimed or done"))?;
    let kind = match query.kind.as_deref() {
        None => None,
        Some("gate") => Some(InboxKind::Gate),
        Some("task") => Some(InboxKind::Task),
        Some(_) => return Err(Error::invalid("kind is gate or task")),
    };
    Ok(Asked { scope, kind, after: query.after.as_deref().map(read_cursor).transpose()?, limit })
}

/// How much waits for the caller. Events of gates and tasks say when to ask again; those of tasks name whom they concern.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/inbox/counts", operation_id = "countInbox", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = InboxCounts), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn counts(State(app): State<App>, caller: Caller, Path(workspace): Path<String>) -> Result<Json<InboxCounts>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let mut reader = app.db.read().await?;
    let collector = Collector { app: &app, caller: &caller, workspace: workspace.id };
    Ok(Json(collector.counts(&mut reader.connection()).await?))
}
