//! Why a request to the server failed, told apart by what the runner does next.

/// The text in each is one sentence or less, for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No answer, or one that says "later" (a restart, an overload): the runner tries again and spools meanwhile.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// The token is wrong, expired or not allowed (401, 403): the runner stops.
    #[error("the server refuses this runner: {0}")]
    Refused(String),
    /// The server does not know this runner (any more): it registers again.
    #[error("the server does not know this runner: {0}")]
    UnknownRunner(String),
    /// The server understood and says no; the same request will not fare better.
    #[error("the server rejects the request: {0}")]
    Invalid(String),
}

impl TransportError {
    /// Is trying the same again worthwhile?
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable(_))
    }
}
