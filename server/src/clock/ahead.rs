//! A clock that is set ahead of the machine's, for tours and tests, which cannot wait until an hour has passed.

use super::{Clock, LONGEST_SLEEP_MS, SystemClock};
use andon_pipelines::document::parse_duration_ms;
use futures::future::BoxFuture;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How often the file is read.
const EVERY: Duration = Duration::from_millis(50);

/// The machine's clock, so far ahead. Clones show the same time.
#[derive(Clone, Debug, Default)]
pub struct AheadClock {
    ahead_ms: Arc<watch::Sender<i64>>,
}

impl AheadClock {
    /// Sets how far it is ahead, and wakes the sleepers whose time has come.
    pub fn set_ahead(&self, ahead_ms: i64) {
        let before = self.ahead_ms.send_replace(ahead_ms);
        if before != ahead_ms {
            tracing::warn!(ahead_ms, "the clock is not the machine's: a file sets it ahead");
        }
    }

    /// Follows what a file says, as in `15m`, until it is dropped. A file that is not there, or says nothing of the kind, changes nothing.
    pub async fn follow(self, file: PathBuf) {
        loop {
            if let Some(ahead_ms) = read_ahead(&file).await {
                self.set_ahead(ahead_ms);
            }
            tokio::time::sleep(EVERY).await;
        }
    }
}

async fn read_ahead(file: &PathBuf) -> Option<i64> {
    let text = tokio::fs::read_to_string(file).await.ok()?;
    i64::try_from(parse_duration_ms(text.trim())?).ok()
}

impl Clock for AheadClock {
    fn now_ms(&self) -> i64 {
        SystemClock.now_ms().saturating_add(*self.ahead_ms.borrow())
    }

    fn sleep_until(&self, at_ms: i64) -> BoxFuture<'static, ()> {
        let (clock, mut ahead) = (self.clone(), self.ahead_ms.subscribe());
        Box::pin(async move {
            loop {
                let left = at_ms.saturating_sub(clock.now_ms());
                if left <= 0 {
                    return;
                }
                let nap = u64::try_from(left.min(LONGEST_SLEEP_MS)).unwrap_or_default();
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_millis(nap)) => {}
                    // The sender lives as long as the clock.
                    _ = ahead.changed() => {}
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_the_file_says_wakes_the_sleepers() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let file = folder.path().join("ahead");
        let clock = AheadClock::default();
        let following = tokio::spawn(clock.clone().follow(file.clone()));
        let (hour, begun) = (3_600_000, clock.now_ms());
        let mut sleeper = clock.sleep_until(begun + hour);
        assert!(futures::poll!(sleeper.as_mut()).is_pending());
        std::fs::write(&file, "soon\n").expect("the file can be written");
        std::fs::write(&file, "1h\n").expect("the file can be written");
        sleeper.await;
        assert!(clock.now_ms() >= begun + hour);
        following.abort();
    }
}
