//! What an attempt will send: everything is read and rendered before anybody is called.

use super::failing_lines;
use crate::app::App;
use crate::engine::channel::ChannelSettings;
use crate::engine::statuses;
use crate::notify::{
    FailureClass, GateLink, HeaderPair, LINK_LIFE_MS, MailText, Message, SendError, Template, TemplateTexts, WebhookSecret, chat_format,
    is_there_already, redact, render_chat, render_digest, render_template_chat, render_webhook, sign_webhook,
};
use crate::store::people::channels::{self, Channel};
use crate::store::people::deliveries::{self, Delivery};
use andon_pipelines::document::NotifyEvent;
use andon_pipelines::ids::UserId;
use reqwest::Url;
use secrecy::ExposeSecret;

/// The part of a request that is kept, in bytes.
const LONGEST_REQUEST: usize = 16 * 1024;
/// Messages in one mail at most.
const MOST_COLLECTED: i64 = 100;

/// An attempt, ready to be made.
#[derive(Debug)]
pub(in crate::engine) struct Prepared {
    pub call: Call,
    /// As it is kept: cut and without secrets.
    pub request: String,
    /// What must not be kept of the answer.
    pub secrets: Vec<String>,
    /// What went wrong with the template, where the built-in form takes its place.
    pub note: Option<String>,
    /// Others that go in the same mail.
    pub companions: Vec<Delivery>,
}

#[derive(Debug)]
pub(in crate::engine) enum Call {
    Mail {
        text: Box<MailText>,
        to: String,
    },
    Post {
        url: String,
        headers: Vec<HeaderPair>,
        body: String,
        forge: Option<crate::notify::ForgeKind>,
    },
    /// A channel of several addresses: each gets a delivery of its own.
    Spread {
        addresses: Vec<String>,
        channel: String,
    },
}

impl Call {
    /// Whether an answer that refuses says only that there is nothing to do.
    pub(super) fn is_done_already(&self, answer: &str) -> bool {
        matches!(self, Self::Post { forge: Some(kind), .. } if is_there_already(*kind, answer))
    }
}

/// Reads and renders what a delivery says.
pub(super) async fn prepare(app: &App, delivery: &Delivery) -> Result<Prepared, SendError> {
    if delivery.event == statuses::EVENT {
        return statuses::prepare(app, delivery).await;
    }
    let mut message = read_message(delivery)?;
    let failed = matches!(message.event, NotifyEvent::Failed | NotifyEvent::Broken | NotifyEvent::Errored);
    if let (true, true, Some(job_run)) = (failed, message.failing_lines.is_empty(), delivery.job_run) {
        message.failing_lines = failing_lines::find(app, job_run).await;
    }
    match delivery.target.split_once(':') {
        Some(("email", address)) => prepare_mail(app, delivery, message, address).await,
        Some(("channel", name)) => prepare_channel(app, delivery, &message, name).await,
        _ => Err(permanent(delivery.answer.clone().unwrap_or_else(|| format!("{} cannot be reached", delivery.target)))),
    }
}

fn read_message(delivery: &Delivery) -> Result<Message, SendError> {
    serde_json::from_str(&delivery.message).map_err(|error| permanent(format!("the stored message cannot be read: {error}")))
}

async fn prepare_mail(app: &App, delivery: &Delivery, message: Message, address: &str) -> Result<Prepared, SendError> {
    let Some(mail) = &app.mail else { return Err(permanent("no way to send mail is set: set smtp, then replay this".to_owned())) };
    let companions = if delivery.collected { list_companions(app, delivery).await? } else { Vec::new() };
    let mut secrets = Vec::new();
    let mut messages = Vec::with_capacity(companions.len() + 1);
    for (delivery, message) in std::iter::once(Ok((delivery, message)))
        .chain(companions.iter().map(|it| Ok((it, read_message(it)?))))
        .collect::<Result<Vec<_>, SendError>>()?
    {
        messages.push(with_personal_link(app, delivery, message, &mut secrets));
    }
    let mut note = None;
    let text = match (&delivery.channel, messages.as_slice()) {
        (Some(channel), [message]) => {
            let channel = find_channel(app, delivery, channel).await?;
            let texts = channel.as_ref().and_then(|channel| render_texts(channel, message, &mut note));
            texts.map_or_else(|| MailText::of(message), |texts| MailText::with(message, texts))
        }
        (_, messages) => render_digest(messages).ok_or_else(|| permanent("there is nothing to send".to_owned()))?,
    };
    let shown = format!("From: {}\nTo: {address}\nSubject: {}\n\n{}", mail.from(), text.subject, text.plain);
    let request = redact(&shown, &secrets, LONGEST_REQUEST);
    Ok(Prepared { call: Call::Mail { text: Box::new(text), to: address.to_owned() }, request, secrets, note, companions })
}

async fn list_companions(app: &App, delivery: &Delivery) -> Result<Vec<Delivery>, SendError> {
    let now = app.clock.now_ms();
    let read = async { deliveries::list_companions(&mut app.db.read().await?.connection(), delivery, now, MOST_COLLECTED - 1).await };
    read.await.map_err(|error| temporary(format!("the store did not answer: {error}")))
}

/// A mail to one person about an open gate leads to the decision, and says for whom and about what it was made.
fn with_personal_link(app: &App, delivery: &Delivery, message: Message, secrets: &mut Vec<String>) -> Message {
    let asks = matches!(message.event, NotifyEvent::AwaitingApproval | NotifyEvent::Reminded);
    match (&message.gate, delivery.user) {
        (Some(gate), Some(user)) if asks => {
            let token = link(delivery, gate, user).sign(&app.vault);
            let link = format!("{}/gates/{}?token={token}", app.public_url(), gate.id);
            secrets.push(token);
            Message { link, ..message }
        }
        _ => message,
    }
}

/// The same for every attempt, so that a mail that comes twice says the same.
fn link(delivery: &Delivery, gate: &crate::notify::GateRef, user: UserId) -> GateLink {
    GateLink::new(gate.id, &gate.digest, user, delivery.created_at + LINK_LIFE_MS)
}

async fn prepare_channel(app: &App, delivery: &Delivery, message: &Message, name: &str) -> Result<Prepared, SendError> {
    let channel = find_channel(app, delivery, name).await?;
    let channel = channel.ok_or_else(|| permanent(format!("there is no channel {name} in the workspace")))?;
    let settings = ChannelSettings::open(&app.vault, delivery.workspace, &channel).map_err(|error| permanent(error.to_string()))?;
    let mut note = None;
    let texts = render_texts(&channel, message, &mut note);
    let (url, headers, body) = match &settings {
        ChannelSettings::Email { addresses } => {
            let request = format!("to each of {}", addresses.join(", "));
            let call = Call::Spread { addresses: addresses.clone(), channel: name.to_owned() };
            return Ok(Prepared {
                call,
                request: redact(&request, &[], LONGEST_REQUEST),
                secrets: Vec::new(),
                note: None,
                companions: Vec::new(),
            });
        }
        ChannelSettings::Slack { url } | ChannelSettings::Teams { url } | ChannelSettings::Discord { url } => {
            let format = chat_format(settings.kind()).ok_or_else(|| permanent("a chat channel without a format".to_owned()))?;
            let body = match &texts {
                Some(texts) => render_template_chat(format, message, texts),
                None => render_chat(format, message),
            };
            (url, Vec::new(), body.to_string())
        }
        ChannelSettings::Webhook { url, secret: Some(secret) } => {
            let secret = WebhookSecret::parse(&secret.to_secret()).map_err(|error| permanent(error.to_string()))?;
            let webhook = match texts.and_then(|texts| texts.body) {
                Some(body) => sign_webhook(body, delivery.id, app.clock.now_ms(), &secret),
                None => render_webhook(message, delivery.id, delivery.created_at, app.clock.now_ms(), &secret),
            };
            (url, webhook.headers, webhook.body)
        }
        ChannelSettings::Webhook { secret: None, .. } => {
            return Err(permanent(format!("the channel {name} has no secret to sign with; set it again")));
        }
        ChannelSettings::Forge { .. } => {
            return Err(permanent(format!("{name} is a forge: it shows commit statuses, and takes no messages")));
        }
    };
    let url = url.to_secret().expose_secret().to_owned();
    Ok(post(url, headers, body, (&settings, note)))
}

/// A request to a channel's receiver, with what is kept of it.
pub(in crate::engine) fn post(
    url: String,
    headers: Vec<HeaderPair>,
    body: String,
    (settings, note): (&ChannelSettings, Option<String>),
) -> Prepared {
    let secrets = settings.secrets();
    let mut shown = format!("POST {}\n", show_host(&url));
    for (name, value) in &headers {
        let value = if is_secret_header(name) { "***" } else { value };
        shown.push_str(&format!("{name}: {value}\n"));
    }
    let request = redact(&format!("{shown}\n{body}"), &secrets, LONGEST_REQUEST);
    let forge = settings.forge();
    Prepared { call: Call::Post { url, headers, body, forge }, request, secrets, note, companions: Vec::new() }
}

fn is_secret_header(name: &str) -> bool {
    matches!(name, "webhook-signature" | "authorization" | "private-token")
}

/// Scheme and host: the rest of a webhook's address often is its password.
fn show_host(url: &str) -> String {
    match Url::parse(url) {
        Ok(url) => format!("{}://{}/…", url.scheme(), url.host_str().unwrap_or_default()),
        Err(_) => "an address that is none".to_owned(),
    }
}

/// The texts of the channel's template. One that fails is noted, and the built-in form takes its place.
fn render_texts(channel: &Channel, message: &Message, note: &mut Option<String>) -> Option<TemplateTexts> {
    let template = channel.template.as_ref()?;
    match Template::parse(template).and_then(|template| template.render(&channel.kind, message)) {
        Ok(texts) => Some(texts),
        Err(error) => {
            *note = Some(format!("the template of the channel {} failed, so the built-in form was sent: {error}", channel.name));
            None
        }
    }
}

pub(super) async fn find_channel(app: &App, delivery: &Delivery, name: &str) -> Result<Option<Channel>, SendError> {
    let read = async { channels::find(&mut app.db.read().await?.connection(), delivery.workspace, name).await };
    read.await.map_err(|error| temporary(format!("the store did not answer: {error}")))
}

pub(in crate::engine) fn permanent(detail: String) -> SendError {
    SendError { class: FailureClass::Permanent, detail, retry_after_ms: None }
}

pub(in crate::engine) fn temporary(detail: String) -> SendError {
    SendError { class: FailureClass::Temporary, detail, retry_after_ms: None }
}
