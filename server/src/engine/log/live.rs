//! Followers of logs that are being written: how far each log has come.

use andon_pipelines::ids::ExecutionId;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;

/// The logs that somebody follows in this process. Waking is an optimisation: a follower also looks at the store from time to time.
#[derive(Debug, Default)]
pub struct LiveLogs(Mutex<HashMap<ExecutionId, watch::Sender<i64>>>);

impl LiveLogs {
    /// Wakes whenever the log grows.
    pub fn follow(&self, execution: ExecutionId) -> watch::Receiver<i64> {
        let mut followed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        followed.retain(|_, sender| sender.receiver_count() > 0);
        followed.entry(execution).or_insert_with(|| watch::Sender::new(0)).subscribe()
    }

    /// The log is on disk up to `size` bytes, or has ended.
    pub fn grow(&self, execution: ExecutionId, size: i64) {
        if let Some(sender) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&execution) {
            sender.send_replace(size);
        }
    }
}
