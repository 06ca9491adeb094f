//! Signed webhooks of forges.

use super::routes::{Routes, routes};
use super::{Error, Problem, Result, caller::find_open_workspace};
use crate::app::App;
use crate::engine;
use crate::hooks::{self, HookError, HookEvent};
use crate::store::line::repositories;
use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// Deliveries are remembered for this long, so that a repeated one does nothing.
const REMEMBERED_MS: i64 = 7 * 24 * 3_600_000;

/// What came of a webhook.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HookAnswer {
    /// How many versions it made.
    pub versions: usize,
    /// How many resources follow the repository.
    pub resources: usize,
    /// Why nothing came of it, where nothing did.
    pub notes: Vec<String>,
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(receive))
}

/// Takes a signed webhook of GitHub, GitLab, Gitea, Forgejo or Bitbucket, and finds the resources by repository and ref. The shared secret
/// is the workspace's secret `webhook` (or as the setting `hook_secret` names it).
#[utoipa::path(post, path = "/hooks/{workspace}", operation_id = "receiveHook", tag = "hooks",
    request_body(content = String, content_type = "application/json"),
    responses((status = 200, body = HookAnswer), (status = 400, body = Problem), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 413, body = Problem)))]
async fn receive(State(app): State<App>, Path(workspace): Path<String>, headers: HeaderMap, body: Body) -> Result<Json<HookAnswer>> {
    let body = to_bytes(body, hooks::PAYLOAD_MAX_BYTES)
        .await
        .map_err(|_| Error::too_large(format!("A webhook's payload has at most {} bytes", hooks::PAYLOAD_MAX_BYTES)))?;
    // An unknown workspace and a wrong signature look the same to a stranger.
    let refused = || Error::unauthenticated("The signature does not fit: set the same secret here (andon secret set) and at the forge");
    let workspace = find_open_workspace(&app, &workspace).await?.ok_or_else(refused)?;
    let secret = engine::find_secret(&app, workspace.id, &app.settings.hook_secret).await?.ok_or_else(refused)?;
    let hook = hooks::parse(&headers, &body, &[SecretString::from(secret)]).map_err(|error| match error {
        HookError::BadSignature { .. } => refused(),
        other => Error::of_status(other.status(), other.to_string()),
    })?;
    let delivery = hook.delivery.as_ref().map(|delivery| format!("{}:{delivery}", workspace.id));
    if let Some(delivery) = &delivery
        && repositories::knows_hook(&mut app.db.read().await?.connection(), delivery).await?
    {
        return Ok(Json(HookAnswer { notes: vec!["this delivery was taken already".to_owned()], ..HookAnswer::default() }));
    }
    let mut answer = HookAnswer::default();
    for event in &hook.events {
        match event {
            HookEvent::Push(push) | HookEvent::TagPush(push) => {
                let (made, concerned) = engine::take_hook(&app, &workspace, push).await?;
                answer.versions += made;
                answer.resources += concerned;
                if concerned == 0 {
                    answer.notes.push(format!("no resource follows {}", push.repository.full_name));
                }
            }
            HookEvent::PullRequest(_) => answer.notes.push("pull requests are not followed".to_owned()),
            HookEvent::Ping => answer.notes.push("the address and the secret are right".to_owned()),
            HookEvent::Ignored { why } => answer.notes.push(why.clone()),
        }
    }
    // Only now: a delivery that failed half-way is taken again when the forge repeats it. Versions are made once in any case.
    if let Some(delivery) = &delivery {
        let mut tx = app.db.begin("andon").await?;
        repositories::take_hook(&mut tx, delivery, REMEMBERED_MS).await?;
        tx.commit().await?;
    }
    Ok(Json(answer))
}

impl Error {
    /// An error of a status that another part has chosen.
    pub(super) fn of_status(status: StatusCode, detail: String) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::unauthenticated(detail),
            StatusCode::PAYLOAD_TOO_LARGE => Self::too_large(detail),
            StatusCode::NOT_FOUND => Self::not_found(detail),
            StatusCode::FORBIDDEN => Self::forbidden(detail),
            StatusCode::CONFLICT => Self::conflict(detail),
            status if status.is_server_error() => Self::unavailable(detail),
            _ => Self::invalid(detail),
        }
    }
}
