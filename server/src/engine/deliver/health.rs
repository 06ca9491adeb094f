//! A channel whose receiver is dead pauses itself, so that it costs nothing, and shows; what is told to it waits until it goes on.

use crate::store::people::channels;
use crate::store::people::deliveries::Delivery;
use crate::store::{Result, Tx};

/// Failures without a success between them …
const MOST_FAILURES: i64 = 10;
/// … over at least this long pause a channel: a short outage does not.
const LONG_ENOUGH_MS: i64 = 10 * 60 * 1000;

/// Notes what came of an attempt at a channel. Targets that are no channel have no health.
pub(super) async fn note(tx: &mut Tx, delivery: &Delivery, failure: Option<&str>) -> Result<()> {
    let Some(name) = delivery.target.strip_prefix("channel:") else { return Ok(()) };
    let Some(failure) = failure else { return channels::note_success(tx, delivery.workspace, name).await };
    let Some(channel) = channels::note_failure(tx, delivery.workspace, name).await? else { return Ok(()) };
    let since = channel.health.failing_since.unwrap_or_else(|| tx.at());
    let dead = channel.health.failures >= MOST_FAILURES && tx.at() - since >= LONG_ENOUGH_MS;
    if !dead || channel.health.paused.is_some() {
        return Ok(());
    }
    let reason = format!("{} attempts failed in a row; the last one: {failure}", channel.health.failures);
    tracing::warn!(channel = name, %reason, "a channel is paused; `andon channel resume {name}` or a successful test lets it go on");
    channels::pause(tx, delivery.workspace, &channel, Some(&reason)).await
}
