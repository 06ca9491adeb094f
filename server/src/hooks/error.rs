//! Why a delivery was refused.

use axum::http::StatusCode;

/// A webhook delivery that was refused. No variant's text holds a secret or a signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HookError {
    #[error("the delivery is not signed: {expected} is missing; set a secret in the forge's webhook settings")]
    Unsigned { expected: &'static str },
    #[error("the delivery's {header} matches none of the secrets set here; set the same secret on both sides")]
    BadSignature { header: &'static str },
    #[error(
        "the delivery comes from no forge known here: none of X-GitHub-Event, X-Gitlab-Event, X-Gitea-Event, X-Forgejo-Event, X-Event-Key is present"
    )]
    UnknownForge,
    #[error("the payload is malformed at {place}: {what}")]
    Malformed { what: String, place: String },
    #[error("the payload is {size_bytes} bytes; the limit is {limit_bytes}")]
    TooLarge { size_bytes: usize, limit_bytes: usize },
}

impl HookError {
    /// The HTTP status that tells the forge the same.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Unsigned { .. } | Self::BadSignature { .. } => StatusCode::UNAUTHORIZED,
            Self::UnknownForge | Self::Malformed { .. } => StatusCode::BAD_REQUEST,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }
}
