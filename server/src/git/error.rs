//! What can go wrong with a built-in repository, and with one elsewhere.

use axum::http::StatusCode;

/// A request to a built-in repository, or a look into one, that failed.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// A workspace's or repository's name that is not one.
    #[error(
        "\"{name}\" is no {what} name: use a-z, 0-9, '.', '_' and '-', begin with a letter or digit, at most 100 characters, not ending in .git or .lock"
    )]
    Name { what: &'static str, name: String },
    #[error("no repository \"{workspace}/{repository}\"; push to it to create it, or check the address")]
    NoRepository { workspace: String, repository: String },
    /// Neither of the two smart services: the dumb protocol, another method, another path.
    #[error("{0} is not served here; the smart protocol's info/refs, git-upload-pack and git-receive-pack are")]
    NotServed(String),
    #[error("{what} is larger than the limit of {limit_bytes} bytes")]
    TooLarge { what: String, limit_bytes: u64 },
    #[error("the request's body could not be read: {0}")]
    Body(String),
    #[error("git took longer than {seconds} seconds and was stopped")]
    Timeout { seconds: u64 },
    /// git itself failed; `detail` is what it wrote, for the log.
    #[error("git {command} failed: {detail}")]
    Command { command: String, detail: String },
    #[error("\"{sha}\" is no commit of {path}")]
    NoCommit { sha: String, path: String },
    #[error("\"{glob}\" is no pattern: {why}")]
    Pattern { glob: String, why: String },
    #[error("reading {path}: {why}")]
    Read { path: String, why: String },
    #[error("{doing}: {source}")]
    Io { doing: String, source: std::io::Error },
}

impl GitError {
    /// The HTTP status that tells a git client the same.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Name { .. } | Self::NoRepository { .. } | Self::NoCommit { .. } => StatusCode::NOT_FOUND,
            Self::NotServed(_) => StatusCode::FORBIDDEN,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Body(_) | Self::Pattern { .. } => StatusCode::BAD_REQUEST,
            Self::Timeout { .. } => StatusCode::GATEWAY_TIMEOUT,
            Self::Command { .. } | Self::Read { .. } | Self::Io { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }
}

/// A repository elsewhere that could not be asked. No variant's text holds a credential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PollError {
    /// An address that is refused before anything is sent.
    #[error("\"{url}\" cannot be polled: {why}")]
    Refused { url: String, why: String },
    #[error("{url} could not be reached: {detail}")]
    Unreachable { url: String, detail: String },
    #[error("{url} refused the credentials, or needs some: {detail}")]
    Unauthorised { url: String, detail: String },
    #[error("{url} has no {reference}")]
    NoSuchRef { url: String, reference: String },
    #[error("{url} is no git repository, or is hidden from these credentials: {detail}")]
    NotARepository { url: String, detail: String },
    #[error("{url} did not answer within {seconds} seconds")]
    Timeout { url: String, seconds: u64 },
    #[error("{url} answered with more than {limit_bytes} bytes; follow fewer refs")]
    TooLarge { url: String, limit_bytes: u64 },
    /// The fault is here, not there: git missing, disk full, cache unwritable.
    #[error("asking {url}: {detail}")]
    Local { url: String, detail: String },
}
