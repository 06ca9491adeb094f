//! Requests to the API.

use super::{explain, refuse};
use crate::failure::{Failure, Outcome};
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{ClientBuilder, Method, RequestBuilder, Response, Url, redirect::Policy};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::time::Duration;

/// Long enough for `?wait=` and large pipelines; uploads and streams have no limit but silence.
const ANSWER_LIMIT: Duration = Duration::from_secs(120);
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// Servers send a sign of life on every stream more often than this.
const SILENCE_LIMIT: Duration = Duration::from_secs(60);
/// The most items that one page has.
const LARGEST_PAGE: usize = 200;

/// A client of one server, in one workspace.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    pub base: Url,
    token: Option<SecretString>,
    pub workspace: String,
}

/// What a request carries.
#[derive(Debug)]
pub enum Payload {
    Nothing,
    Json(Value),
    Yaml(String),
    /// A file's bytes, as they are.
    File(tokio::fs::File, u64),
}

/// Items of a list, as the server sent them.
#[derive(Debug)]
pub struct Listing {
    pub items: Vec<Value>,
    /// There are more than were asked for.
    pub more: bool,
}

impl Client {
    pub fn new(base: Url, token: Option<SecretString>, workspace: String) -> Outcome<Self> {
        Ok(Self { http: new_http()?, base, token, workspace })
    }

    /// An address below `/api/v1`.
    pub fn api(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v1"]).extend(path);
        }
        url
    }

    /// An address below the workspace.
    pub fn place(&self, path: &[&str]) -> Url {
        self.api(&[&["workspaces", &self.workspace], path].concat())
    }

    pub async fn get(&self, url: Url) -> Outcome<Value> {
        self.send(Method::GET, url, Payload::Nothing).await
    }

    /// As [`Self::get`], but `None` where there is no such thing.
    pub async fn find(&self, url: Url) -> Outcome<Option<Value>> {
        let response = self.start(self.request(Method::GET, url).timeout(ANSWER_LIMIT)).await?;
        if response.status() == reqwest::StatusCode::NOT_FOUND {
            return Ok(None);
        }
        self.read(response).await.map(Some)
    }

    pub async fn post(&self, url: Url, body: Value) -> Outcome<Value> {
        self.send(Method::POST, url, Payload::Json(body)).await
    }

    pub async fn put(&self, url: Url, body: Value) -> Outcome<Value> {
        self.send(Method::PUT, url, Payload::Json(body)).await
    }

    pub async fn delete(&self, url: Url) -> Outcome<Value> {
        self.send(Method::DELETE, url, Payload::Nothing).await
    }

    /// Sends a request; an answer without a body is `null`.
    pub async fn send(&self, method: Method, url: Url, payload: Payload) -> Outcome<Value> {
        let request = self.request(method, url);
        let request = match payload {
            Payload::Nothing => request.timeout(ANSWER_LIMIT),
            Payload::Json(body) => request.timeout(ANSWER_LIMIT).json(&body),
            Payload::Yaml(text) => request.timeout(ANSWER_LIMIT).header(CONTENT_TYPE, "application/yaml").body(text),
            Payload::File(file, size) => {
                let body = reqwest::Body::wrap_stream(tokio_util::io::ReaderStream::new(file));
                request.header(CONTENT_TYPE, "application/octet-stream").header(CONTENT_LENGTH, size).body(body)
            }
        };
        let response = self.start(request).await?;
        self.read(response).await
    }

    /// A list's first `limit` items, over as many pages as that takes.
    pub async fn list(&self, url: Url, limit: usize) -> Outcome<Listing> {
        let mut items = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let mut page = url.clone();
            page.query_pairs_mut().append_pair("limit", &limit.saturating_sub(items.len()).clamp(1, LARGEST_PAGE).to_string());
            if let Some(after) = &after {
                page.query_pairs_mut().append_pair("after", after);
            }
            let mut answer = self.get(page).await?;
            let Some(Value::Array(found)) = answer.get_mut("items").map(Value::take) else { return Err(odd("a list without items")) };
            let none = found.is_empty();
            items.extend(found);
            after = answer.get("next").and_then(Value::as_str).map(str::to_owned);
            if after.is_none() || none || items.len() >= limit {
                let more = after.is_some() || items.len() > limit;
                items.truncate(limit);
                return Ok(Listing { items, more });
            }
        }
    }

    /// The bytes of an answer as they come.
    pub async fn open(&self, url: Url, accept: &'static str) -> Outcome<Response> {
        let response = self.start(self.request(Method::GET, url).header(ACCEPT, accept)).await?;
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(self.read(response).await.err().unwrap_or_else(|| odd("a redirect")))
        }
    }

    pub fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let request = self.http.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(token.expose_secret()),
            None => request,
        }
    }

    /// Sends a request as it is.
    pub async fn start(&self, request: RequestBuilder) -> Outcome<Response> {
        request.send().await.map_err(|error| explain(&error, &self.base))
    }

    /// An answer's JSON, or why there is none.
    pub async fn read(&self, response: Response) -> Outcome<Value> {
        let status = response.status();
        let body = response.bytes().await.map_err(|error| explain(&error, &self.base))?;
        if !status.is_success() {
            return Err(refuse(status, &body, &self.base));
        }
        if body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&body)
            .map_err(|_| Failure::failed(format!("{} answered something else than JSON; check `--url`", self.base)))
    }
}

impl Listing {
    /// The items, in their form.
    pub fn typed<T: DeserializeOwned>(&self) -> Outcome<Vec<T>> {
        self.items.iter().map(|item| typed(item.clone())).collect()
    }
}

/// A part of an answer in its form.
pub fn typed<T: DeserializeOwned>(value: Value) -> Outcome<T> {
    serde_json::from_value(value).map_err(|error| odd(&error.to_string()))
}

fn odd(what: &str) -> Failure {
    Failure::failed(format!("the server's answer is not understood ({what}); are the server and this program of the same version?"))
}

/// A client without certificate authorities still speaks plain http.
pub fn new_http() -> Outcome<reqwest::Client> {
    // Harmless where the program has chosen its provider already; needed where it has not.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = builder().build().or_else(|error| {
        tracing::debug!(%error, "there are no certificate authorities: https will fail until the package ca-certificates is installed");
        builder().tls_certs_only([]).build()
    });
    client.map_err(|error| Failure::failed(format!("the HTTP client cannot be set up: {error}")))
}

fn builder() -> ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("andon/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_LIMIT)
        .read_timeout(SILENCE_LIMIT.max(ANSWER_LIMIT))
        // A redirect would take the token elsewhere.
        .redirect(Policy::none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_place_in_an_address() {
        let base = Url::parse("https://andon.example.org/base").expect("a URL");
        let client = Client::new(base, None, "main".to_owned()).expect("a client");
        assert_eq!(client.api(&["me"]).as_str(), "https://andon.example.org/base/api/v1/me");
        let url = client.place(&["runs", "shop#12/../../x?y"]);
        assert_eq!(url.as_str(), "https://andon.example.org/base/api/v1/workspaces/main/runs/shop%2312%2F..%2F..%2Fx%3Fy");
    }
}
