//! Where a workspace's notifications go.

use super::deliveries::DeliveryView;
use super::extract::{Body, Page, check_name};
use super::session::base_url;
use super::{Error, Problem, Result, enter};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::audit::{Act, Object};
use crate::engine::channel::{ChannelError, ChannelSettings};
use crate::hidden::Hidden;
use crate::notify::{Message, WebhookSecret};
use crate::store::line::workspaces::Workspace;
use crate::store::people::channels::{self, Channel};
use crate::store::people::deliveries::{self, Delivery, DeliveryState};
use andon_pipelines::document::NotifyEvent;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa_axum::{router::OpenApiRouter, routes};

/// What may be shown of a channel.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ChannelView {
    pub name: String,
    /// `email`, `slack`, `teams`, `discord` or `webhook`.
    pub kind: String,
    /// The addresses, or the host; absent where the vault cannot open the channel any more.
    pub target: Option<String>,
    pub created_at: i64,
    /// What the receiver of a signed webhook verifies with, where this answer made it. Shown this once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Hidden>,
}

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(set, delete)).routes(routes!(test))
}

/// The channels of a workspace, by name.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/channels", operation_id = "listChannels", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<ChannelView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn list(State(app): State<App>, caller: Caller, Path(workspace): Path<String>) -> Result<Json<Page<ChannelView>>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let found = channels::list(&mut app.db.read().await?.connection(), workspace.id).await?;
    let view = |channel: Channel| {
        let target = ChannelSettings::open(&app.vault, workspace.id, &channel).ok().map(|settings| settings.describe());
        ChannelView { name: channel.name, kind: channel.kind, target, created_at: channel.created_at, secret: None }
    };
    Ok(Json(Page::whole(found.into_iter().map(view).collect())))
}

/// Sets a channel. A signed webhook without a secret gets one, which this answer shows once.
#[utoipa::path(put, path = "/api/v1/workspaces/{workspace}/channels/{name}", operation_id = "setChannel", tag = "people",
    request_body = ChannelSettings, security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = ChannelView), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn set(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, name)): Path<(String, String)>,
    Body(mut settings): Body<ChannelSettings>,
) -> Result<Json<ChannelView>> {
    let workspace = enter(&app, &caller, &workspace, Permission::Administer).await?;
    check_name("channel", &name)?;
    settings.check()?;
    let mut made = None;
    if let ChannelSettings::Webhook { secret: secret @ None, .. } = &mut settings {
        let drawn = Hidden::from(WebhookSecret::generate(&app.random).to_text().expose_secret().to_owned());
        *secret = Some(drawn.clone());
        made = Some(drawn);
    }
    let sealed = settings.seal(&app.vault, workspace.id, &name)?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    let created_at = tx.at();
    let channel = Channel { id: app.random.new_id(), name: name.clone(), kind: settings.kind().to_owned(), sealed, created_at };
    let known = channels::find(&mut tx.connection(), workspace.id, &name).await?;
    channels::set(&mut tx, workspace.id, &channel).await?;
    let target = Some(settings.describe());
    let shown = |channel: &Channel, target: Option<String>| serde_json::json!({ "kind": channel.kind, "target": target });
    let before = known.map(|known| {
        let target = ChannelSettings::open(&app.vault, workspace.id, &known).ok().map(|settings| settings.describe());
        shown(&known, target)
    });
    tx.note(before.unwrap_or_default(), shown(&channel, target.clone()));
    tx.commit().await?;
    Ok(Json(ChannelView { name, kind: channel.kind, target, created_at, secret: made }))
}

/// Takes a channel away.
#[utoipa::path(delete, path = "/api/v1/workspaces/{workspace}/channels/{name}", operation_id = "deleteChannel", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn delete(State(app): State<App>, caller: Caller, Path((workspace, name)): Path<(String, String)>) -> Result<StatusCode> {
    let workspace = enter(&app, &caller, &workspace, Permission::Administer).await?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    channels::delete(&mut tx, workspace.id, &name).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a test to a channel. What came of it shows in the list of deliveries.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/channels/{name}/test", operation_id = "testChannel", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 202, body = DeliveryView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn test(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, name)): Path<(String, String)>,
) -> Result<(StatusCode, Json<DeliveryView>)> {
    let workspace = enter(&app, &caller, &workspace, Permission::Administer).await?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    if channels::find(&mut tx.connection(), workspace.id, &name).await?.is_none() {
        return Err(Error::not_found("the channel does not exist"));
    }
    let message = test_message(&app, &caller, &workspace, &name);
    let delivery = Delivery {
        id: app.random.new_id(),
        workspace: workspace.id,
        target: format!("channel:{name}"),
        event: "test".to_owned(),
        job_run: None,
        message: serde_json::to_string(&message).map_err(|error| Error::internal(error.to_string()))?,
        state: DeliveryState::Pending,
        attempts: 0,
        next_at: tx.at(),
        answer: None,
        created_at: tx.at(),
        ended_at: None,
    };
    deliveries::create(&mut tx, std::slice::from_ref(&delivery)).await?;
    tx.record(Some(workspace.id), Act::new("channel.tested", Object::named("channel", &name)));
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(delivery.into())))
}

fn test_message(app: &App, caller: &Caller, workspace: &Workspace, channel: &str) -> Message {
    Message {
        event: NotifyEvent::Succeeded,
        workspace: workspace.name.clone(),
        pipeline: format!("The test of the channel {channel}"),
        job: None,
        number: None,
        run: None,
        run_number: None,
        title: None,
        what: Vec::new(),
        why: Some("somebody asked whether this channel works".to_owned()),
        who: Some(caller.actor.to_string()),
        commits: Vec::new(),
        failing_lines: Vec::new(),
        needs: Vec::new(),
        link: format!("{}/", base_url(&app.settings)),
    }
}

impl From<ChannelError> for Error {
    fn from(error: ChannelError) -> Self {
        match error {
            ChannelError::Invalid(detail) => Self::invalid(detail),
            ChannelError::Vault(_) | ChannelError::Unreadable(_) => Self::internal(error.to_string()),
        }
    }
}
