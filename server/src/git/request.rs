//! What goes into and comes out of the smart-HTTP server, in types that axum takes as they are.

use super::GitError;
use axum::http::{HeaderMap, Method, StatusCode};
use bytes::Bytes;
use futures::Stream;
use futures::stream::BoxStream;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::OwnedMutexGuard;

/// One request under `/git/{workspace}/{repository}.git`. `body` is a stream of byte chunks, such as axum's `Body::into_data_stream`.
#[derive(Debug)]
pub struct GitRequest<B> {
    pub workspace: String,
    /// Without the `.git`.
    pub repository: String,
    /// What follows `.git`, beginning with `/`: `/info/refs`.
    pub path_info: String,
    /// Without the `?`; empty where there is none.
    pub query: String,
    pub method: Method,
    /// All of them may be given; only the few that git understands are passed on.
    pub headers: HeaderMap,
    /// Who pushes, for the reflog; has been authorised by the caller.
    pub user: Option<String>,
    pub body: B,
}

/// Which of the smart protocol's requests this is: what to authorise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// `GET info/refs?service=git-upload-pack`
    AdvertiseFetch,
    /// `POST git-upload-pack`
    Fetch,
    /// `GET info/refs?service=git-receive-pack`: a push begins; create the repository here if pushes may.
    AdvertisePush,
    /// `POST git-receive-pack`
    Push,
}

impl Service {
    /// Reads the service from a request's parts.
    ///
    /// # Errors
    /// [`GitError::NotServed`] for everything else, the dumb protocol included.
    pub fn of(method: &Method, path_info: &str, query: &str) -> Result<Self, GitError> {
        match (method.as_str(), path_info, query) {
            ("GET", "/info/refs", "service=git-upload-pack") => Ok(Self::AdvertiseFetch),
            ("GET", "/info/refs", "service=git-receive-pack") => Ok(Self::AdvertisePush),
            ("POST", "/git-upload-pack", _) => Ok(Self::Fetch),
            ("POST", "/git-receive-pack", _) => Ok(Self::Push),
            _ => Err(GitError::NotServed(format!("{method} {}", path_info.chars().take(200).collect::<String>()))),
        }
    }

    /// Whether it needs the right to write.
    #[must_use]
    pub fn writes(self) -> bool {
        matches!(self, Self::AdvertisePush | Self::Push)
    }
}

/// The answer for the client.
#[derive(Debug)]
pub struct GitResponse {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// For axum: `Body::from_stream(response.body)`.
    pub body: GitBody,
}

/// A body that is there, or one that git is still writing; a stream of chunks either way.
/// Dropping a streaming body stops git.
pub enum GitBody {
    Whole(Bytes),
    Streaming(BoxStream<'static, std::io::Result<Bytes>>),
}

impl Stream for GitBody {
    type Item = std::io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match &mut *self {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(std::mem::take(bytes)))),
            Self::Streaming(stream) => stream.as_mut().poll_next(context),
        }
    }
}

impl std::fmt::Debug for GitBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole(bytes) => write!(f, "Whole({} bytes)", bytes.len()),
            Self::Streaming(_) => write!(f, "Streaming"),
        }
    }
}

/// One ref that a push changed. Commits are peeled: an annotated tag shows the commit it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefUpdate {
    /// `refs/heads/main`
    pub reference: String,
    /// `None`: the ref is new.
    pub old: Option<String>,
    /// `None`: the ref was deleted.
    pub new: Option<String>,
}

/// A push that git has taken (or refused; then `updates` is empty). The client does not know yet:
/// create the versions, then send `response`.
#[derive(Debug)]
pub struct PushOutcome {
    pub response: GitResponse,
    pub updates: Vec<RefUpdate>,
    /// Keeps the next push to this repository waiting until this value is dropped, so that versions arrive in the order of the pushes.
    pub order: OwnedMutexGuard<()>,
}

/// What came of a request.
#[derive(Debug)]
pub enum Served {
    Answer(GitResponse),
    Push(PushOutcome),
}
