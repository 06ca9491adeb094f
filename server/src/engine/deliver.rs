//! Sends what is to be told. A delivery is claimed in a short transaction, sent outside of any, and its outcome noted in another: whoever
//! dies in between leaves a lease that ends, and the delivery is sent again under the same identifier.

mod failing_lines;
mod health;
mod prepare;
pub mod retention;

use crate::app::App;
use crate::notify::{LAST_ATTEMPT, SendError, backoff, redact};
use crate::store::people::deliveries::{self, Delivery, DeliveryState, Outcome};
use crate::store::people::delivery_attempts::{self, Attempt};
use crate::store::{Result, StoreError};
use andon_pipelines::event::Event;
use anyhow::Context as _;
use prepare::{Call, Prepared, permanent, temporary};
use std::future::Future;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;

pub(in crate::engine) use prepare::{Prepared as PreparedCall, permanent as refuse, post as prepare_post, temporary as put_off};

/// Deliveries that are sent at once; never two to one target.
const AT_ONCE: usize = 8;
/// An attempt ends by then, whatever the receiver does.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(60);
/// Longer than any attempt, so that a delivery is claimed again only when its server has gone.
const LEASE_MS: i64 = 120_000;
/// What is being sent when the server stops has this long to end.
const DRAIN_MS: i64 = 5_000;
/// The part of an answer that is shown in the list, in bytes.
const LONGEST_ANSWER: usize = 500;
/// The part of an answer that is kept with its attempt, in bytes.
const LONGEST_KEPT_ANSWER: usize = 4 * 1024;

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
    let mut late = 0;
    loop {
        if newest.changed().await.is_err() {
            return std::future::pending().await;
        }
        let now_newest = *newest.borrow_and_update();
        if app.db.events().has_nothing_after(*seen, &mut late) {
            continue;
        }
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
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let due = deliveries::list_due(&mut app.db.read().await?.connection(), app.clock.now_ms(), limit).await?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let mut tx = app.db.begin("andon").await?;
    let claimed = deliveries::claim(&mut tx, &due, LEASE_MS).await?;
    tx.commit().await?;
    Ok(claimed)
}

/// What an attempt did, as it is noted.
#[derive(Debug)]
struct Done {
    started_at: i64,
    request: Option<String>,
    result: std::result::Result<String, SendError>,
    companions: Vec<Delivery>,
    /// Addresses that get deliveries of their own, and the channel whose list they are.
    spread: Option<(Vec<String>, String)>,
}

impl Done {
    fn failed(started_at: i64, error: SendError) -> Self {
        Self { started_at, request: None, result: Err(error), companions: Vec::new(), spread: None }
    }
}

/// Sends one delivery and notes what came of it. No transaction is open while anybody is called.
async fn process(app: App, delivery: Delivery) {
    let started_at = app.clock.now_ms();
    let done = if delivery.attempts > i64::from(LAST_ATTEMPT) {
        Done::failed(started_at, permanent("the server went away during every attempt".to_owned()))
    } else {
        match prepare::prepare(&app, &delivery).await {
            Ok(prepared) => attempt(&app, &delivery, prepared, started_at).await,
            Err(error) => Done::failed(started_at, error),
        }
    };
    match finish(&app, &delivery, done).await {
        Ok(()) => {}
        Err(StoreError::WrongCount { .. }) => tracing::debug!(delivery = %delivery.id, "the lease had ended; another attempt counts"),
        Err(error) => {
            tracing::warn!(%error, delivery = %delivery.id, "an attempt could not be noted; it is made again when its lease ends")
        }
    }
}

async fn attempt(app: &App, delivery: &Delivery, prepared: Prepared, started_at: i64) -> Done {
    let late = || temporary(format!("no answer within {} seconds", LONGEST_ATTEMPT.as_secs()));
    let result = tokio::time::timeout(LONGEST_ATTEMPT, call(app, delivery, &prepared.call)).await.unwrap_or_else(|_| Err(late()));
    let clean = |text: String| redact(&text, &prepared.secrets, LONGEST_KEPT_ANSWER);
    let noted = |text: String| match &prepared.note {
        Some(note) => format!("{} ({note})", clean(text)),
        None => clean(text),
    };
    let result = match result {
        Err(error) if prepared.call.is_done_already(&error.detail) => Ok(noted(error.detail)),
        Err(error) => Err(SendError { detail: noted(error.detail), ..error }),
        Ok(answer) => Ok(noted(answer)),
    };
    let spread = match prepared.call {
        Call::Spread { addresses, channel } => Some((addresses, channel)),
        _ => None,
    };
    Done { started_at, request: Some(prepared.request), result, companions: prepared.companions, spread }
}

async fn call(app: &App, delivery: &Delivery, call: &Call) -> std::result::Result<String, SendError> {
    match call {
        Call::Spread { addresses, .. } => Ok(format!("sent on to {} addresses", addresses.len())),
        Call::Post { url, headers, body, .. } => {
            let answer = app.poster.send(url, headers, body.clone(), app.clock.now_ms()).await?;
            Ok(format!("{} {}", answer.status, answer.body).trim().to_owned())
        }
        Call::Mail { text, to } => {
            let mail = app.mail.as_ref().ok_or_else(|| permanent("no way to send mail is set".to_owned()))?;
            mail.send_text(text, to, delivery.id, delivery.created_at).await
        }
    }
}

async fn finish(app: &App, delivery: &Delivery, done: Done) -> Result<()> {
    let (outcome, answer) = match &done.result {
        Ok(answer) => (Outcome::Delivered, answer),
        Err(error) => (judge(app, delivery, error), &error.detail),
    };
    if outcome == Outcome::Failed {
        tracing::warn!(delivery = %delivery.id, target = %delivery.target, %answer, "a notification was given up");
    }
    let (shown, was_made) = (redact(answer, &[], LONGEST_ANSWER), done.request.is_some());
    let mut tx = app.db.begin("andon").await?;
    deliveries::finish_attempt(&mut tx, delivery, &outcome, &shown).await?;
    let attempt = Attempt {
        started_at: done.started_at,
        ended_at: tx.at(),
        outcome: outcome.name().to_owned(),
        request: done.request,
        answer: answer.clone(),
    };
    delivery_attempts::create(&mut tx, delivery.id, &attempt).await?;
    for companion in &done.companions {
        deliveries::finish_companion(&mut tx, companion, &outcome, &format!("in the mail of {}: {shown}", delivery.id)).await?;
    }
    // What could not even be put together says nothing about the receiver.
    if was_made {
        health::note(&mut tx, delivery, done.result.as_ref().err().map(|error| error.detail.as_str())).await?;
    }
    if let Some((addresses, channel)) = done.spread {
        let at = tx.at();
        let spread: Vec<Delivery> = addresses.iter().map(|address| spread(app, delivery, (address, &channel), at)).collect();
        deliveries::create(&mut tx, &spread).await?;
    }
    tx.commit().await
}

fn spread(app: &App, delivery: &Delivery, (address, channel): (&str, &str), at: i64) -> Delivery {
    Delivery {
        id: app.random.new_id(),
        target: format!("email:{address}"),
        state: DeliveryState::Pending,
        attempts: 0,
        next_at: at,
        answer: None,
        created_at: at,
        ended_at: None,
        channel: Some(channel.to_owned()),
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

#[cfg(test)]
mod tests;
