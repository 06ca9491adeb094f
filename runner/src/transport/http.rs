//! The server elsewhere, over HTTP with a bearer token.

use super::{BlobReader, Transport, TransportError};
use andon_pipelines::{
    ids::ExecutionId,
    wire::{Blob, Claim, Claimed, Registered, Registration, ReportAnswer, ReportBatch},
};
use anyhow::Context;
use futures::TryStreamExt;
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url, header};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, de::DeserializeOwned};
use std::{path::Path, time::Duration};
use tokio_util::io::{ReaderStream, StreamReader};

/// How long an answer may take beyond the time that the request itself asks the server to wait.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// A blob's transfer may be long, but not silent.
const SILENCE_LIMIT: Duration = Duration::from_secs(60);
/// As much of an error's text as is worth repeating.
const ERROR_TEXT_BYTES: usize = 2048;

/// Reaches a server at its base address. The process must have installed a rustls crypto provider before.
#[derive(Debug)]
pub struct HttpTransport {
    client: reqwest::Client,
    base: Url,
    token: SecretString,
}

impl HttpTransport {
    /// `server` is the base address (`https://andon.example.org`); `token` goes into every request's `Authorization`.
    ///
    /// # Errors
    /// If the address is no http(s) URL or the client cannot be set up.
    pub fn new(server: &str, token: SecretString) -> anyhow::Result<Self> {
        let base = Url::parse(server.trim_end_matches('/'))
            .with_context(|| format!("{server:?} is not an address; https://andon.example.org would be one"))?;
        anyhow::ensure!(matches!(base.scheme(), "http" | "https"), "{server:?} must begin with http:// or https://");
        let client = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(SILENCE_LIMIT + ANSWER_LIMIT)
            .tcp_keepalive(Duration::from_secs(20))
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("andon-runner/", env!("CARGO_PKG_VERSION")))
            .build()
            .context("cannot set up the HTTP client")?;
        Ok(Self { client, base, token })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let address = format!("{}/api/v1/runner/{path}", self.base.as_str().trim_end_matches('/'));
        self.client.request(method, address).bearer_auth(self.token.expose_secret())
    }

    async fn post<B: Serialize + Sync, A: DeserializeOwned>(&self, path: &str, body: &B, limit: Duration) -> Result<A, TransportError> {
        let answer = self.request(Method::POST, path).timeout(limit).json(body).send().await.map_err(unreachable)?;
        let answer = accept(answer, path != "register").await?;
        answer.json().await.map_err(|error| match error.is_decode() {
            true => TransportError::Invalid(format!("the answer to {path} makes no sense: {error}")),
            false => unreachable(error),
        })
    }
}

impl Transport for HttpTransport {
    async fn register(&self, registration: &Registration) -> Result<Registered, TransportError> {
        self.post("register", registration, ANSWER_LIMIT).await
    }

    async fn claim(&self, claim: &Claim) -> Result<Claimed, TransportError> {
        self.post("claim", claim, Duration::from_millis(claim.wait_ms) + ANSWER_LIMIT).await
    }

    async fn report(&self, batch: &ReportBatch) -> Result<ReportAnswer, TransportError> {
        self.post("report", batch, ANSWER_LIMIT).await
    }

    async fn fetch_blob(&self, execution: ExecutionId, digest: &str) -> Result<BlobReader, TransportError> {
        let path = format!("executions/{execution}/blobs/{digest}");
        let answer = self.request(Method::GET, &path).send().await.map_err(unreachable)?;
        let answer = accept(answer, false).await?;
        Ok(Box::pin(StreamReader::new(answer.bytes_stream().map_err(std::io::Error::other))))
    }

    async fn store_blob(&self, execution: ExecutionId, blob: &Blob, path: &Path) -> Result<(), TransportError> {
        let file = tokio::fs::File::open(path)
            .await
            .map_err(|error| TransportError::Invalid(format!("cannot open {}: {error}", path.display())))?;
        let address = format!("executions/{execution}/blobs/{}", blob.digest);
        let body = reqwest::Body::wrap_stream(ReaderStream::with_capacity(file, 64 * 1024));
        let request = self.request(Method::PUT, &address).header(header::CONTENT_LENGTH, blob.size).body(body);
        accept(request.send().await.map_err(unreachable)?, false).await.map(drop)
    }
}

fn unreachable(error: reqwest::Error) -> TransportError {
    let mut text = error.without_url().to_string();
    // The outermost error only says that sending failed; the cause stands at the end of the chain.
    text.truncate(ERROR_TEXT_BYTES);
    TransportError::Unreachable(text)
}

/// Sorts an answer by what the runner should do about it.
async fn accept(answer: Response, names_runner: bool) -> Result<Response, TransportError> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let text = describe(status, answer).await;
    Err(match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => TransportError::Refused(text),
        StatusCode::NOT_FOUND | StatusCode::GONE if names_runner => TransportError::UnknownRunner(text),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => TransportError::Unreachable(text),
        status if status.is_server_error() => TransportError::Unreachable(text),
        _ => TransportError::Invalid(text),
    })
}

/// The status and, where the server sent `application/problem+json`, what it says.
async fn describe(status: StatusCode, mut answer: Response) -> String {
    #[derive(serde::Deserialize)]
    struct Problem {
        title: Option<String>,
        detail: Option<String>,
    }
    let mut body = Vec::new();
    while body.len() < ERROR_TEXT_BYTES {
        match answer.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk[..chunk.len().min(ERROR_TEXT_BYTES - body.len())]),
            _ => break,
        }
    }
    match serde_json::from_slice::<Problem>(&body) {
        Ok(Problem { title, detail }) => match detail.or(title) {
            Some(text) => format!("{status}: {text}"),
            None => status.to_string(),
        },
        Err(_) => status.to_string(),
    }
}
