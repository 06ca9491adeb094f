//! Pauses between attempts to reach a server.

use crate::clock::Clock;
use std::{sync::Arc, time::Duration};

const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(5);

/// Doubles from attempt to attempt, with jitter so that many runners do not come back at the same instant.
#[derive(Debug)]
pub struct Backoff {
    next: Duration,
    clock: Arc<dyn Clock>,
}

impl Backoff {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { next: FIRST, clock }
    }

    pub fn reset(&mut self) {
        self.next = FIRST;
    }

    /// The first pause since the last success?
    pub fn is_fresh(&self) -> bool {
        self.next == FIRST
    }

    pub async fn pause(&mut self) {
        self.pause_at_most(LONGEST).await;
    }

    /// Like [`Self::pause`], where the server is there and only needs a moment.
    pub async fn pause_at_most(&mut self, longest: Duration) {
        let pause = self.next.mul_f64(0.5 + self.clock.fraction() / 2.0);
        self.next = (self.next * 2).min(longest);
        tokio::time::sleep(pause).await;
    }
}
