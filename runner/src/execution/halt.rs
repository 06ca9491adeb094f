//! Why work ends before its end.

use std::sync::{Arc, OnceLock};
use tokio_util::sync::CancellationToken;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HaltCause {
    /// People asked for it.
    Stopped,
    /// The runner leaves.
    RunnerStopped,
    TimedOut,
    LogLimit,
    DiskLimit,
    /// The server has given the execution up.
    Abandoned,
}

impl HaltCause {
    /// Does the program get time to end by itself?
    pub const fn is_gentle(self) -> bool {
        matches!(self, Self::Stopped | Self::RunnerStopped | Self::TimedOut)
    }
}

/// A request to end, that work below listens to. The first cause stands.
#[derive(Clone, Debug, Default)]
pub struct Halt {
    cause: Arc<OnceLock<HaltCause>>,
    token: CancellationToken,
    parent: Option<Arc<Halt>>,
}

impl Halt {
    pub fn request(&self, cause: HaltCause) {
        if self.cause().is_none() {
            let _ = self.cause.set(cause);
        }
        self.token.cancel();
    }

    /// One that ends with this one, and may end alone.
    pub fn child(&self) -> Self {
        Self { cause: Arc::default(), token: self.token.child_token(), parent: Some(Arc::new(self.clone())) }
    }

    pub fn cause(&self) -> Option<HaltCause> {
        self.cause.get().copied().or_else(|| self.parent.as_ref().and_then(|parent| parent.cause()))
    }

    /// Waits for the request and tells its cause.
    pub async fn wait(&self) -> HaltCause {
        self.token.cancelled().await;
        // A parent's token is cancelled after its cause is set.
        self.cause().unwrap_or(HaltCause::Stopped)
    }
}
