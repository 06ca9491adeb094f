//! Following something until it ends: look at it, wait for an event that concerns it, look again. The events only wake; what is shown is always
//! what was looked up, so neither a lost event nor a restart of the server can mislead.

use super::Client;
use super::events::EventReader;
use crate::failure::{Failure, Outcome};
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, interval, sleep};

/// Looks again after this many ticks without an event, in case one was lost.
const QUIET_TICKS: u32 = 15;
const TICK: Duration = Duration::from_secs(1);
/// How often a connection that broke is tried again: 1 s, 2 s, 4 s … 30 s between.
const MOST_ATTEMPTS: u32 = 12;

/// Something that is followed.
pub trait Followed {
    type End;

    /// Looks at it now, and shows it. An answer ends the following.
    async fn look(&mut self, client: &Client) -> Outcome<Option<Self::End>>;

    /// Whether an event with this data may change what [`Self::look`] sees.
    fn concerns(&self, data: &str) -> bool;

    /// A second has gone by.
    fn tick(&mut self) -> Outcome {
        Ok(())
    }
}

/// Follows something to its end, through broken connections and restarts of the server.
pub async fn follow<F: Followed>(client: &Client, followed: &mut F) -> Outcome<F::End> {
    let mut attempt = 0;
    loop {
        match connect(client, followed, &mut attempt).await {
            Ok(Some(end)) => return Ok(end),
            Ok(None) => {}
            Err(Failure::Connection(_)) if (1..MOST_ATTEMPTS).contains(&attempt) => {}
            Err(failure) => return Err(failure),
        }
        sleep(Duration::from_secs(1 << attempt.min(5)).min(Duration::from_secs(30))).await;
        attempt += 1;
    }
}

/// One connection. The stream stands before the first look, so nothing is missed between the two. `attempt` begins anew with each that works.
async fn connect<F: Followed>(client: &Client, followed: &mut F, attempt: &mut u32) -> Outcome<Option<F::End>> {
    let mut events = EventReader::new(client.open(client.api(&["events"]), "text/event-stream").await?);
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        if let Some(end) = followed.look(client).await? {
            return Ok(Some(end));
        }
        *attempt = 1;
        if !wait(followed, &mut events, &mut ticks).await? {
            return Ok(None);
        }
    }
}

/// Until it is time to look again; `false` where the stream has ended.
async fn wait<F: Followed>(followed: &mut F, events: &mut EventReader, ticks: &mut Interval) -> Outcome<bool> {
    let mut quiet = 0;
    loop {
        tokio::select! {
            event = events.next() => {
                let Some(event) = event else { return Ok(false) };
                if followed.concerns(&event.data) {
                    // What has come along with it needs no look of its own.
                    while events.take_ready().is_some() {}
                    return Ok(true);
                }
            }
            _ = ticks.tick() => {
                followed.tick()?;
                quiet += 1;
                if quiet >= QUIET_TICKS {
                    return Ok(true);
                }
            }
        }
    }
}
