//! Posting to webhooks: only to public addresses unless a setting says otherwise, no redirects, bounded time and answer.

use super::address::is_public;
use super::outcome::SendError;
use super::text::one_line;
use chrono::DateTime;
use reqwest::{
    Client, ClientBuilder, Response, StatusCode, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{CONTENT_TYPE, RETRY_AFTER},
    redirect::Policy,
};
use std::{error::Error as StdError, net::IpAddr, sync::Arc, time::Duration};

/// The part of an answer that is kept.
const LARGEST_ANSWER: usize = 4 * 1024;
/// The longest pause that a receiver can ask for.
const LONGEST_RETRY_MS: i64 = 24 * 3600 * 1000;

/// A header's name and value.
pub type HeaderPair = (String, String);

#[derive(Clone, Copy, Debug)]
pub struct PosterSettings {
    /// For the whole exchange.
    pub timeout: Duration,
    /// Allows addresses of this machine and of private networks.
    pub allow_private: bool,
}

impl Default for PosterSettings {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(10), allow_private: false }
    }
}

/// What a receiver answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// At most 4 KiB, as text.
    pub body: String,
}

/// Posts to webhooks. Clones share the connections.
#[derive(Clone, Debug)]
pub struct Poster {
    client: Client,
    allow_private: bool,
}

impl Poster {
    /// A poster with its own connections.
    ///
    /// # Errors
    /// Where the TLS back end cannot be set up.
    pub fn new(settings: PosterSettings) -> Result<Self, reqwest::Error> {
        // Harmless where the program has chosen its provider already; needed where it has not.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = client_builder(settings).build().or_else(|error| {
            // A bare machine has no certificate authorities. Then http still works, and https says why it does not.
            tracing::warn!(%error, "webhooks over https will fail: install the package ca-certificates and restart");
            client_builder(settings).tls_certs_only([]).build()
        })?;
        Ok(Self { client, allow_private: settings.allow_private })
    }

    /// Posts JSON. `now_ms` serves to read a `Retry-After` that names a date.
    ///
    /// # Errors
    /// [`SendError`]: temporary for 408, 425, 429, 5xx and a line that fails; permanent for every other answer but success,
    /// and for addresses that may not be reached.
    pub async fn send(&self, url: &str, headers: &[HeaderPair], body: String, now_ms: i64) -> Result<Answer, SendError> {
        let url = self.check(url)?;
        let mut request = self.client.post(url).header(CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let response = request.body(body).send().await.map_err(|error| explain(&error))?;
        let status = response.status();
        let retry_after_ms = read_retry_after(&response, now_ms);
        let body = read_start(response).await?;
        if status.is_success() {
            return Ok(Answer { status: status.as_u16(), body });
        }
        Err(refuse(status, retry_after_ms, &body))
    }

    /// The client never asks the resolver about an address that stands in the URL itself, so that is looked at here.
    fn check(&self, url: &str) -> Result<Url, SendError> {
        let url = Url::parse(url).map_err(|error| SendError::permanent(format!("the webhook's address is no URL: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(SendError::permanent("the webhook's address must begin with https:// or http://"));
        }
        let literal = url.host_str().and_then(|host| host.trim_matches(['[', ']']).parse::<IpAddr>().ok());
        match literal {
            Some(address) if !self.allow_private && !is_public(address) => Err(forbidden(&address.to_string())),
            _ => Ok(url),
        }
    }
}

fn client_builder(settings: PosterSettings) -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("andon/", env!("CARGO_PKG_VERSION")))
        .timeout(settings.timeout)
        .redirect(Policy::none())
        // A proxy would resolve the name itself, out of reach of the check of addresses.
        .no_proxy()
        .dns_resolver(Arc::new(GuardedResolver { allow_private: settings.allow_private }))
}

/// Gives the client only addresses that it may connect to; it connects to these and asks nobody again, so a name cannot
/// mean one address when it is checked and another when it is used.
#[derive(Debug)]
struct GuardedResolver {
    allow_private: bool,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let allowed: Vec<_> = found.iter().copied().filter(|address| allow_private || is_public(address.ip())).collect();
            if allowed.is_empty() && !found.is_empty() {
                return Err(Box::new(Forbidden(name.as_str().to_owned())) as Box<dyn StdError + Send + Sync>);
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0} is an address of this machine or of a private network")]
struct Forbidden(String);

fn forbidden(host: &str) -> SendError {
    let why = "is an address of this machine or of a private network, which webhooks may not reach; an administrator can allow it in the settings";
    SendError::permanent(format!("{} {why}", one_line(host, 100)))
}

/// Looks for the reason behind the client's error. The URL stays out of it: for many services it is the secret.
fn explain(error: &reqwest::Error) -> SendError {
    let mut source: Option<&(dyn StdError + 'static)> = Some(error);
    let mut last = String::new();
    while let Some(cause) = source {
        if let Some(Forbidden(host)) = cause.downcast_ref() {
            return forbidden(host);
        }
        last = cause.to_string();
        source = cause.source();
    }
    if error.is_builder() {
        return SendError::permanent(format!("the request cannot be made: {}", one_line(&last, 200)));
    }
    let what = if error.is_timeout() { "the webhook gave no answer in time" } else { "the webhook could not be reached" };
    SendError::temporary(format!("{what}: {}", one_line(&last, 200)))
}

/// Reads the start of the answer and lets go of the rest, however long it would be.
async fn read_start(mut response: Response) -> Result<String, SendError> {
    let mut start = Vec::new();
    while start.len() < LARGEST_ANSWER {
        match response.chunk().await {
            Ok(Some(bytes)) => start.extend_from_slice(&bytes[..bytes.len().min(LARGEST_ANSWER - start.len())]),
            Ok(None) => break,
            // A success whose text breaks off is a success all the same: the receiver has taken the message.
            Err(_) if response.status().is_success() => break,
            Err(error) => return Err(explain(&error)),
        }
    }
    Ok(String::from_utf8_lossy(&start).into_owned())
}

fn refuse(status: StatusCode, retry_after_ms: Option<i64>, body: &str) -> SendError {
    if status.is_redirection() {
        return SendError::permanent(format!("the webhook answered {status}, and redirects are not followed; set its final address"));
    }
    let text = one_line(body, 200);
    let detail = if text.is_empty() { format!("the webhook answered {status}") } else { format!("the webhook answered {status}: {text}") };
    let temporary =
        status.is_server_error() || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS);
    if temporary { SendError { retry_after_ms, ..SendError::temporary(detail) } } else { SendError::permanent(detail) }
}

/// Seconds or a date, as a pause in milliseconds.
fn read_retry_after(response: &Response, now_ms: i64) -> Option<i64> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    let pause = match text.trim().parse::<u32>() {
        Ok(seconds) => i64::from(seconds) * 1000,
        Err(_) => DateTime::parse_from_rfc2822(text).ok()?.timestamp_millis() - now_ms,
    };
    Some(pause.clamp(0, LONGEST_RETRY_MS))
}

#[cfg(test)]
mod tests;
