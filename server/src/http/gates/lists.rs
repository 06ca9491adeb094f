//! Reading gates.

use super::evidence::{GateDetail, show_evidence};
use super::show::show;
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::engine;
use crate::http::extract::{Page, parse_id};
use crate::http::inbox::read_cursor;
use crate::http::view::GateView;
use crate::http::{Error, Problem, Result, enter};
use crate::store::line::gates;
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;

/// Which gates a list shows.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct GatesQuery {
    /// `open` (the default), or `unreviewed`: opened alone, and nobody has looked at why.
    pub status: Option<String>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// 1 to 200, 200 by default.
    pub limit: Option<i64>,
}

/// The longest page.
const LONGEST: i64 = 200;

/// The open gates of the workspace, or those whose break-glass waits for a review.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/gates", operation_id = "listGates", tag = "people", params(GatesQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<GateView>), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(workspace): Path<String>,
    Query(query): Query<GatesQuery>,
) -> Result<Json<Page<GateView>>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let limit = query.limit.unwrap_or(LONGEST);
    if !(1..=LONGEST).contains(&limit) {
        return Err(Error::invalid("limit is a number from 1 to 200"));
    }
    let after = query.after.as_deref().map(read_cursor).transpose()?.map(|(at, id)| (at, id.into()));
    let found = match query.status.as_deref() {
        None | Some("open") => gates::list_open(&mut connection, workspace.id, after, limit + 1).await?,
        Some("unreviewed") => gates::list_unreviewed(&mut connection, workspace.id).await?,
        Some(_) => return Err(Error::invalid("status is open or unreviewed")),
    };
    let mut items = Vec::new();
    for gate in found {
        let view = engine::view_gate(&app, &mut connection, gate.id).await?;
        items.push(show(&mut connection, &caller, view).await?);
    }
    if query.status.as_deref() == Some("unreviewed") {
        return Ok(Json(Page::whole(items)));
    }
    Ok(Json(Page::cut(items, limit, |gate| format!("{}_{}", gate.opened_at, gate.id))))
}

/// A gate with the evidence: what would change and who wrote it, tests, lineage, checks, who decided what, who may still decide, and
/// whether the caller may.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/gates/{gate}", operation_id = "getGate", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = GateDetail), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn get(State(app): State<App>, caller: Caller, Path((workspace, gate)): Path<(String, String)>) -> Result<Json<GateDetail>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let evidence = engine::gather_evidence(&app, &mut connection, parse_id("the gate", &gate)?).await?;
    if evidence.view.run.workspace != workspace.id {
        return Err(Error::not_found("the gate does not exist"));
    }
    let shown = show_evidence(&evidence);
    let gate = show(&mut connection, &caller, evidence.view).await?;
    Ok(Json(GateDetail { gate, evidence: shown }))
}
