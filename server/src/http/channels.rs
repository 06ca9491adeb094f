//! Where a workspace's notifications go.

use super::deliveries::DeliveryView;
use super::extract::{Body, Page, check_name};
use super::routes::{Routes, routes};
use super::session::base_url;
use super::{Error, Problem, Result, enter};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::audit::{Act, Object};
use crate::engine::channel::{ChannelError, ChannelSettings};
use crate::hidden::Hidden;
use crate::notify::{Message, Template, TemplateTexts, WebhookSecret};
use crate::store::Connection;
use crate::store::line::workspaces::Workspace;
use crate::store::people::channels::{self, Channel, Health};
use crate::store::people::deliveries::{self, Delivery, DeliveryState};
use andon_pipelines::document::NotifyEvent;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

/// The longest reason of a pause, in characters.
const LONGEST_REASON: usize = 500;

/// What may be shown of a channel.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ChannelView {
    pub name: String,
    /// `email`, `slack`, `teams`, `discord`, `webhook` or `forge`.
    pub kind: String,
    /// The addresses, or the host; absent where the vault cannot open the channel any more.
    pub target: Option<String>,
    pub created_at: i64,
    /// What the receiver of a signed webhook verifies with, where this answer made it. Shown this once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Hidden>,
    /// How its messages read; absent for the built-in form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<Template>,
    /// Attempts that failed since the last one that succeeded.
    #[serde(default)]
    pub failures: i64,
    /// Who paused it, when and why; while it is paused, what is told to it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<ChannelPause>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ChannelPause {
    /// `user:ada`, or `andon` where the receiver failed for too long.
    pub by: String,
    pub at: i64,
    pub reason: Option<String>,
}

/// Why a channel is paused.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PauseChannel {
    /// At most 500 characters.
    #[serde(default)]
    pub reason: Option<String>,
}

/// What a template makes of a message. Parts that it leaves out have the built-in form.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TemplateSample {
    /// What the message would tell.
    #[schema(value_type = String)]
    pub event: NotifyEvent,
    pub subject: Option<String>,
    pub body: Option<String>,
    pub html: Option<String>,
}

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list))
        .routes(routes!(set, delete))
        .routes(routes!(test))
        .routes(routes!(set_template, delete_template))
        .routes(routes!(preview_template))
        .routes(routes!(pause))
        .routes(routes!(resume))
}

/// The channels of a workspace, by name.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/channels", operation_id = "listChannels", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<ChannelView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn list(State(app): State<App>, caller: Caller, Path(workspace): Path<String>) -> Result<Json<Page<ChannelView>>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let found = channels::list(&mut app.db.read().await?.connection(), workspace.id).await?;
    Ok(Json(Page::whole(found.into_iter().map(|channel| show(&app, &workspace, channel)).collect())))
}

fn show(app: &App, workspace: &Workspace, channel: Channel) -> ChannelView {
    let target = ChannelSettings::open(&app.vault, workspace.id, &channel).ok().map(|settings| settings.describe());
    let paused = channel.health.paused.map(|pause| ChannelPause { by: pause.by, at: pause.at, reason: pause.reason });
    ChannelView {
        name: channel.name,
        kind: channel.kind,
        target,
        created_at: channel.created_at,
        secret: None,
        template: channel.template.and_then(|template| Template::parse(&template).ok()),
        failures: channel.health.failures,
        paused,
    }
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
    let channel = Channel {
        id: app.random.new_id(),
        name: name.clone(),
        kind: settings.kind().to_owned(),
        sealed,
        created_at,
        template: None,
        health: Health::default(),
    };
    let known = channels::find(&mut tx.connection(), workspace.id, &name).await?;
    channels::set(&mut tx, workspace.id, &channel).await?;
    let stored = get(&mut tx.connection(), &workspace, &name).await?;
    let shown = |channel: &Channel| {
        let target = ChannelSettings::open(&app.vault, workspace.id, channel).ok().map(|settings| settings.describe());
        serde_json::json!({ "kind": channel.kind, "target": target })
    };
    tx.note(known.as_ref().map(shown).unwrap_or_default(), shown(&stored));
    tx.commit().await?;
    Ok(Json(ChannelView { secret: made, ..show(&app, &workspace, stored) }))
}

/// Sets how a channel's messages read: a template in the Jinja form for the subject, the text and, for mails, the HTML.
#[utoipa::path(put, path = "/api/v1/workspaces/{workspace}/channels/{name}/template", operation_id = "setChannelTemplate", tag = "people",
    request_body = Template, security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = ChannelView), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn set_template(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, name)): Path<(String, String)>,
    Body(template): Body<Template>,
) -> Result<Json<ChannelView>> {
    let workspace = enter(&app, &caller, &workspace, Permission::Administer).await?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    let channel = get(&mut tx.connection(), &workspace, &name).await?;
    template.check(&channel.kind).map_err(|error| Error::invalid(format!("The template cannot be used: {error}")))?;
    channels::set_template(&mut tx, workspace.id, &channel, Some(&template.to_json())).await?;
    let stored = get(&mut tx.connection(), &workspace, &name).await?;
    tx.commit().await?;
    Ok(Json(show(&app, &workspace, stored)))
}

/// Shows what a template would make of messages of every shape, and sends and keeps nothing.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/channels/{name}/template/preview", operation_id = "previewChannelTemplate",
    tag = "people", request_body = Template, security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<TemplateSample>), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn preview_template(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, name)): Path<(String, String)>,
    Body(template): Body<Template>,
) -> Result<Json<Page<TemplateSample>>> {
    let workspace = enter(&app, &caller, &workspace, Permission::Administer).await?;
    let kind = get(&mut app.db.read().await?.connection(), &workspace, &name).await?.kind;
    let samples = template.render_examples(&kind).map_err(|error| Error::invalid(format!("The template cannot be used: {error}")))?;
    let show = |(message, texts): (Message, TemplateTexts)| TemplateSample {
        event: message.event,
        subject: texts.subject,
        body: texts.body,
        html: texts.html,
    };
    Ok(Json(Page::whole(samples.into_iter().map(show).collect())))
}

/// Takes a channel's template away: its messages have the built-in form again.
#[utoipa::path(delete, path = "/api/v1/workspaces/{workspace}/channels/{name}/template", operation_id = "deleteChannelTemplate", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn delete_template(State(app): State<App>, caller: Caller, Path((workspace, name)): Path<(String, String)>) -> Result<StatusCode> {
    let workspace = enter(&app, &caller, &workspace, Permission::Administer).await?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    let channel = get(&mut tx.connection(), &workspace, &name).await?;
    channels::set_template(&mut tx, workspace.id, &channel, None).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Holds everything that is told to a channel, until it is resumed or a test succeeds.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/channels/{name}/pause", operation_id = "pauseChannel", tag = "people",
    request_body = PauseChannel, security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = ChannelView), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn pause(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, name)): Path<(String, String)>,
    Body(body): Body<PauseChannel>,
) -> Result<Json<ChannelView>> {
    let workspace = enter(&app, &caller, &workspace, Permission::Administer).await?;
    if body.reason.as_ref().is_some_and(|reason| reason.chars().count() > LONGEST_REASON) {
        return Err(Error::invalid(format!("A reason has at most {LONGEST_REASON} characters")));
    }
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    let channel = get(&mut tx.connection(), &workspace, &name).await?;
    if channel.health.paused.is_some() {
        return Err(Error::conflict("The channel is paused already."));
    }
    channels::pause(&mut tx, workspace.id, &channel, body.reason.as_deref()).await?;
    let stored = get(&mut tx.connection(), &workspace, &name).await?;
    tx.commit().await?;
    Ok(Json(show(&app, &workspace, stored)))
}

/// Lets a paused channel go on with what was held.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/channels/{name}/resume", operation_id = "resumeChannel", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = ChannelView), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn resume(State(app): State<App>, caller: Caller, Path((workspace, name)): Path<(String, String)>) -> Result<Json<ChannelView>> {
    let workspace = enter(&app, &caller, &workspace, Permission::Administer).await?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    let channel = get(&mut tx.connection(), &workspace, &name).await?;
    if channel.health.paused.is_none() {
        return Err(Error::conflict("The channel is not paused."));
    }
    channels::resume(&mut tx, workspace.id, &channel).await?;
    let stored = get(&mut tx.connection(), &workspace, &name).await?;
    tx.commit().await?;
    Ok(Json(show(&app, &workspace, stored)))
}

async fn get(connection: &mut Connection<'_>, workspace: &Workspace, name: &str) -> Result<Channel> {
    channels::find(connection, workspace.id, name).await?.ok_or_else(|| Error::not_found("the channel does not exist"))
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
    if get(&mut tx.connection(), &workspace, &name).await?.kind == "forge" {
        return Err(Error::conflict(
            "A forge shows statuses of commits; there is no message to test it with. The next run shows whether it works.",
        ));
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
        channel: None,
        user: None,
        collected: false,
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
        gate: None,
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
