//! What a sender says when it failed.

/// Whether trying again may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureClass {
    Temporary,
    /// The receiver will never take it; the delivery is given up at once.
    Permanent,
}

/// A delivery that failed, in words for the list of deliveries. Holds no secret: addresses of webhooks often are one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct SendError {
    pub class: FailureClass,
    pub detail: String,
    /// The pause that the receiver asked for, in milliseconds.
    pub retry_after_ms: Option<i64>,
}

impl SendError {
    pub(super) fn temporary(detail: impl Into<String>) -> Self {
        Self { class: FailureClass::Temporary, detail: detail.into(), retry_after_ms: None }
    }

    pub(super) fn permanent(detail: impl Into<String>) -> Self {
        Self { class: FailureClass::Permanent, detail: detail.into(), retry_after_ms: None }
    }

    /// Whether trying again may help.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.class == FailureClass::Temporary
    }
}
