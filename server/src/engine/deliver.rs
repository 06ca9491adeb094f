//! Sends what is to be told. A delivery is claimed in a short transaction, sent outside of any, and its outcome noted in another: whoever
//! dies in between leaves a lease that ends, and the delivery is sent again under the same identifier.

use super::channel::ChannelSettings;
use crate::app::App;
use crate::notify::{FailureClass, LAST_ATTEMPT, Message, SendError, WebhookSecret, backoff, render_chat, render_webhook};
use crate::store::people::channels;
use crate::store::people::deliveries::{self, Delivery, DeliveryState, Outcome};
use crate::store::{Result, StoreError};
use andon_pipelines::event::Event;
use anyhow::Context as _;
use secrecy::ExposeSecret;
use std::future::Future;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Deliveries that are sent at once; never two to one target.
const AT_ONCE: usize = 8;
/// An attempt ends by then, whatever the receiver does.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(60);
/// Longer than any attempt, so that a delivery is claimed again only when its server has gone.
const LEASE_MS: i64 = 120_000;
/// What is being sent when the server stops has this long to end.
const DRAIN_MS: i64 = 5_000;
/// The part of an answer that is kept, in characters.
const LONGEST_ANSWER: usize = 500;

/// What an attempt did.
#[derive(Debug)]
enum Sent {
    /// To the receiver, who answered so.
    Answered(String),
    /// A channel of several addresses: each gets a delivery of its own.
    Spread(Vec<String>),
}

/// Sends one batch of what is due, and waits for it. Answers how many were attempted.
///
/// # Errors
/// When the store does not answer; what was claimed is sent again when its lease ends.
pub async fn tick(app: &App) -> anyhow::Result<usize> {
    let claimed = claim(app, AT_ONCE).await.context("claiming deliveries")?;
    let count = claimed.len();
    futures::future::join_all(claimed.into_iter().map(|delivery| process(app.clone(), delivery))).await;
    Ok(count)
}

/// Sends what is due whenever something is, until `shutdown`.
pub async fn run(app: App, shutdown: impl Future<Output = ()>) {
    let mut shutdown = std::pin::pin!(shutdown);
    let mut newest = app.db.events().watch();
    let mut seen = *newest.borrow_and_update();
    let mut sending = JoinSet::new();
    loop {
        let wake_at = match fill(&app, &mut sending).await {
            Ok(at) => at,
            Err(error) => {
                tracing::warn!(%error, "deliveries cannot be claimed; trying again shortly");
                app.clock.now_ms() + app.settings.tick_ms
            }
        };
        tokio::select! {
            () = &mut shutdown => break,
            Some(_) = sending.join_next(), if !sending.is_empty() => {}
            () = app.clock.sleep_until(wake_at) => {}
            () = wait_for_delivery(&app, &mut newest, &mut seen) => {}
        }
    }
    let drained = async { while sending.join_next().await.is_some() {} };
    tokio::select! {
        () = drained => {}
        () = app.clock.sleep_until(app.clock.now_ms() + DRAIN_MS) => {}
    }
}

/// Starts as many as there is room for. Answers when to look again.
async fn fill(app: &App, sending: &mut JoinSet<()>) -> Result<i64> {
    while sending.try_join_next().is_some() {}
    let now = app.clock.now_ms();
    let later = now + app.settings.tick_ms;
    while sending.len() < AT_ONCE {
        let due = deliveries::find_next_due(&mut app.db.read().await?.connection()).await?;
        // Most looks find nothing, and need no transaction.
        let Some(due) = due else { return Ok(later) };
        if due > now {
            return Ok(due.min(later));
        }
        let claimed = claim(app, AT_ONCE - sending.len()).await?;
        if claimed.is_empty() {
            // What is due goes to targets that are being sent to; the end of that wakes us.
            break;
        }
        for delivery in claimed {
            sending.spawn(process(app.clone(), delivery));
        }
    }
    Ok(later)
}

async fn wait_for_delivery(app: &App, newest: &mut watch::Receiver<i64>, seen: &mut i64) {
    loop {
        if newest.changed().await.is_err() {
            return std::future::pending().await;
        }
        let now_newest = *newest.borrow_and_update();
        let Some(events) = app.db.events().after(*seen) else {
            *seen = now_newest;
            return;
        };
        *seen = events.last().map_or(now_newest, |last| last.sequence);
        let pending = DeliveryState::Pending.name();
        if events.iter().any(|it| matches!(&it.event, Event::DeliveryMoved { state, .. } if state == pending)) {
            return;
        }
    }
}

pub(crate) async fn claim(app: &App, limit: usize) -> Result<Vec<Delivery>> {
    let mut tx = app.db.begin("andon").await?;
    let claimed = deliveries::claim(&mut tx, i64::try_from(limit).unwrap_or(i64::MAX), LEASE_MS).await?;
    tx.commit().await?;
    Ok(claimed)
}

/// Sends one delivery and notes what came of it.
async fn process(app: App, delivery: Delivery) {
    let sent = if delivery.attempts > i64::from(LAST_ATTEMPT) {
        Err(permanent("the server went away during every attempt".to_owned()))
    } else {
        match tokio::time::timeout(LONGEST_ATTEMPT, send(&app, &delivery)).await {
            Ok(sent) => sent,
            Err(_) => Err(temporary(format!("no answer within {} seconds", LONGEST_ATTEMPT.as_secs()))),
        }
    };
    match finish(&app, &delivery, sent).await {
        Ok(()) => {}
        Err(StoreError::WrongCount { .. }) => tracing::debug!(delivery = %delivery.id, "the lease had ended; another attempt counts"),
        Err(error) => {
            tracing::warn!(%error, delivery = %delivery.id, "an attempt could not be noted; it is made again when its lease ends")
        }
    }
}

async fn finish(app: &App, delivery: &Delivery, sent: Result<Sent, SendError>) -> Result<()> {
    let (outcome, answer, addresses) = match sent {
        Ok(Sent::Answered(answer)) => (Outcome::Delivered, answer, Vec::new()),
        Ok(Sent::Spread(addresses)) => (Outcome::Delivered, format!("sent on to {} addresses", addresses.len()), addresses),
        Err(error) => (judge(app, delivery, &error), error.detail, Vec::new()),
    };
    if outcome == Outcome::Failed {
        tracing::warn!(delivery = %delivery.id, target = %delivery.target, %answer, "a notification was given up");
    }
    let answer: String = answer.chars().take(LONGEST_ANSWER).collect();
    let mut tx = app.db.begin("andon").await?;
    deliveries::finish_attempt(&mut tx, delivery, &outcome, &answer).await?;
    let at = tx.at();
    let spread: Vec<Delivery> = addresses.into_iter().map(|address| spread(app, delivery, &address, at)).collect();
    deliveries::create(&mut tx, &spread).await?;
    tx.commit().await
}

fn spread(app: &App, delivery: &Delivery, address: &str, at: i64) -> Delivery {
    Delivery {
        id: app.random.new_id(),
        target: format!("email:{address}"),
        state: DeliveryState::Pending,
        attempts: 0,
        next_at: at,
        answer: None,
        created_at: at,
        ended_at: None,
        ..delivery.clone()
    }
}

fn judge(app: &App, delivery: &Delivery, error: &SendError) -> Outcome {
    let attempts = u32::try_from(delivery.attempts).unwrap_or(u32::MAX);
    match backoff(attempts, app.random.jitter()) {
        Some(pause) if error.is_temporary() => {
            Outcome::Retry { at: app.clock.now_ms() + pause.max(error.retry_after_ms.unwrap_or_default()) }
        }
        _ => Outcome::Failed,
    }
}

async fn send(app: &App, delivery: &Delivery) -> Result<Sent, SendError> {
    let message: Message =
        serde_json::from_str(&delivery.message).map_err(|error| permanent(format!("the stored message cannot be read: {error}")))?;
    match delivery.target.split_once(':') {
        Some(("email", address)) => send_mail(app, delivery, &message, address).await,
        Some(("channel", name)) => send_to_channel(app, delivery, &message, name).await,
        _ => Err(permanent(delivery.answer.clone().unwrap_or_else(|| format!("{} cannot be reached", delivery.target)))),
    }
}

async fn send_mail(app: &App, delivery: &Delivery, message: &Message, address: &str) -> Result<Sent, SendError> {
    let mail = app.mail.as_ref().ok_or_else(|| permanent("no way to send mail is set: set smtp, then replay this".to_owned()))?;
    mail.send(message, address, delivery.id, delivery.created_at).await.map(Sent::Answered)
}

async fn send_to_channel(app: &App, delivery: &Delivery, message: &Message, name: &str) -> Result<Sent, SendError> {
    let channel = find_channel(app, delivery, name).await.map_err(|error| temporary(format!("the store did not answer: {error}")))?;
    let channel = channel.ok_or_else(|| permanent(format!("there is no channel {name} in the workspace")))?;
    let settings = ChannelSettings::open(&app.vault, delivery.workspace, &channel).map_err(|error| permanent(error.to_string()))?;
    if let Some((format, url)) = settings.chat() {
        return post(app, url, &[], render_chat(format, message).to_string()).await;
    }
    match settings {
        ChannelSettings::Webhook { url, secret: Some(secret) } => {
            let secret = WebhookSecret::parse(&secret.to_secret()).map_err(|error| permanent(error.to_string()))?;
            let webhook = render_webhook(message, delivery.id, delivery.created_at, app.clock.now_ms(), &secret);
            post(app, &url, &webhook.headers, webhook.body).await
        }
        ChannelSettings::Webhook { secret: None, .. } => {
            Err(permanent(format!("the channel {name} has no secret to sign with; set it again")))
        }
        ChannelSettings::Email { addresses } => Ok(Sent::Spread(addresses)),
        ChannelSettings::Slack { .. } | ChannelSettings::Teams { .. } | ChannelSettings::Discord { .. } => {
            Err(permanent("a chat channel without a format".to_owned()))
        }
    }
}

async fn find_channel(app: &App, delivery: &Delivery, name: &str) -> Result<Option<channels::Channel>> {
    channels::find(&mut app.db.read().await?.connection(), delivery.workspace, name).await
}

async fn post(app: &App, url: &crate::hidden::Hidden, headers: &[crate::notify::HeaderPair], body: String) -> Result<Sent, SendError> {
    let answer = app.poster.send(url.to_secret().expose_secret(), headers, body, app.clock.now_ms()).await?;
    Ok(Sent::Answered(format!("{} {}", answer.status, answer.body).trim().to_owned()))
}

fn permanent(detail: String) -> SendError {
    SendError { class: FailureClass::Permanent, detail, retry_after_ms: None }
}

fn temporary(detail: String) -> SendError {
    SendError { class: FailureClass::Temporary, detail, retry_after_ms: None }
}

#[cfg(test)]
mod tests;
