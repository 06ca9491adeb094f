//! What was told to whom, and what came of it.

use super::extract::{Page, PageQuery, parse_id};
use super::routes::{Routes, routes};
use super::{Error, Problem, Result, enter};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::audit::{Act, Object};
use crate::store::people::deliveries::{self, Delivery, DeliveryState, Filter};
use crate::store::people::delivery_attempts::{self, Attempt};
use andon_pipelines::ids::{DeliveryId, JobRunId};
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};

/// One notification for one receiver.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeliveryView {
    pub id: DeliveryId,
    /// `email:ADDRESS` or `channel:NAME`.
    pub target: String,
    /// The event's word, or `test`.
    pub event: String,
    pub job_run: Option<JobRunId>,
    pub state: DeliveryState,
    pub attempts: i64,
    /// When the next attempt is due; absent where there is none.
    pub next_at: Option<i64>,
    /// What the receiver said last, or why it cannot be reached.
    pub answer: Option<String>,
    pub created_at: i64,
    pub ended_at: Option<i64>,
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        let Delivery { id, target, event, job_run, state, attempts, next_at, answer, created_at, ended_at, .. } = delivery;
        let next_at = (state == DeliveryState::Pending).then_some(next_at);
        Self { id, target, event, job_run, state, attempts, next_at, answer, created_at, ended_at }
    }
}

/// A delivery with everything that was tried.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeliveryDetails {
    pub delivery: DeliveryView,
    /// The newest 100, in order.
    pub log: Vec<AttemptView>,
}

/// One attempt.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AttemptView {
    pub started_at: i64,
    pub ended_at: i64,
    /// `delivered`, `retry` or `failed`.
    pub outcome: String,
    /// As it was sent, without secrets, at most 16 KiB; absent where it did not come to that.
    pub request: Option<String>,
    /// What was answered, without secrets, at most 4 KiB; or why there was no answer.
    pub answer: String,
}

impl From<Attempt> for AttemptView {
    fn from(attempt: Attempt) -> Self {
        let Attempt { started_at, ended_at, outcome, request, answer } = attempt;
        Self { started_at, ended_at, outcome, request, answer }
    }
}

/// `?state=failed&target=channel:builds`.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DeliveryQuery {
    /// `pending`, `delivered` or `failed`.
    pub state: Option<DeliveryState>,
    /// `email:ADDRESS` or `channel:NAME`.
    pub target: Option<String>,
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(replay))
}

/// The deliveries of a workspace, newest first.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/deliveries", operation_id = "listDeliveries", tag = "people",
    params(PageQuery, DeliveryQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<DeliveryView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(workspace): Path<String>,
    page: PageQuery,
    query: std::result::Result<Query<DeliveryQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Page<DeliveryView>>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let after = page.after.as_deref().map(|after| parse_id("the page", after)).transpose()?;
    let Query(query) =
        query.map_err(|_| Error::invalid("state is pending, delivered or failed; target is email:ADDRESS or channel:NAME"))?;
    let filter = Filter { state: query.state, target: query.target, after, limit: page.limit() + 1 };
    let found = deliveries::list(&mut app.db.read().await?.connection(), workspace.id, &filter).await?;
    let views = found.into_iter().map(DeliveryView::from).collect();
    Ok(Json(Page::cut(views, page.limit(), |delivery: &DeliveryView| delivery.id.to_string())))
}

/// A delivery with its attempts: what was sent, and what was answered.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/deliveries/{id}", operation_id = "getDelivery", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = DeliveryDetails), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn get(State(app): State<App>, caller: Caller, Path((workspace, id)): Path<(String, String)>) -> Result<Json<DeliveryDetails>> {
    let workspace = enter(&app, &caller, &workspace, Permission::Operate).await?;
    let mut reader = app.db.read().await?;
    let delivery = deliveries::get(&mut reader.connection(), workspace.id, parse_id("the delivery", &id)?).await?;
    let log = delivery_attempts::list(&mut reader.connection(), delivery.id).await?;
    Ok(Json(DeliveryDetails { delivery: delivery.into(), log: log.into_iter().map(AttemptView::from).collect() }))
}

/// Sends a delivery that has ended once more.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/deliveries/{id}/replay", operation_id = "replayDelivery", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = DeliveryView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn replay(State(app): State<App>, caller: Caller, Path((workspace, id)): Path<(String, String)>) -> Result<Json<DeliveryView>> {
    let workspace = enter(&app, &caller, &workspace, Permission::Operate).await?;
    let id: DeliveryId = parse_id("the delivery", &id)?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    let delivery = deliveries::replay(&mut tx, workspace.id, id).await?;
    let after = serde_json::json!({ "target": delivery.target, "event": delivery.event });
    tx.record(Some(workspace.id), Act::new("delivery.replayed", Object::row("delivery", id)).after(after));
    tx.commit().await?;
    Ok(Json(delivery.into()))
}
