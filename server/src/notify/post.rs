//! Posting to webhooks, in bounded time, for a bounded answer.

use super::outcome::SendError;
use super::text::one_line;
use crate::outgoing::{Outgoing, Refusal};
use chrono::DateTime;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use std::time::Duration;

/// The part of an answer that is kept.
const LARGEST_ANSWER: usize = 4 * 1024;
/// The longest pause that a receiver can ask for.
const LONGEST_RETRY_MS: i64 = 24 * 3600 * 1000;

/// A header's name and value.
pub type HeaderPair = (String, String);

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
    outgoing: Outgoing,
    timeout: Duration,
}

impl Poster {
    /// `timeout` is for the whole exchange.
    #[must_use]
    pub const fn new(outgoing: Outgoing, timeout: Duration) -> Self {
        Self { outgoing, timeout }
    }

    /// Posts JSON. `now_ms` serves to read a `Retry-After` that names a date.
    ///
    /// # Errors
    /// [`SendError`]: temporary for 408, 425, 429, 5xx and a line that fails; permanent for every other answer but success,
    /// and for addresses that may not be reached.
    pub async fn send(&self, url: &str, headers: &[HeaderPair], body: String, now_ms: i64) -> Result<Answer, SendError> {
        let url = self.outgoing.check(url).map_err(|refusal| explain(&refusal))?;
        let mut request = self.outgoing.client().post(url).timeout(self.timeout).header(CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let response = request.body(body).send().await.map_err(|error| explain(&error.into()))?;
        let status = response.status();
        let retry_after_ms = read_retry_after(&response, now_ms);
        let body = read_start(response).await?;
        if status.is_success() {
            return Ok(Answer { status: status.as_u16(), body });
        }
        Err(refuse(status, retry_after_ms, &body))
    }
}

/// Only what a line or a receiver may do better next time is tried again.
fn explain(refusal: &Refusal) -> SendError {
    let detail = format!("the webhook: {}", one_line(&refusal.to_string(), 300));
    match refusal {
        Refusal::TimedOut(_) | Refusal::Unreachable(_) => SendError::temporary(detail),
        Refusal::NoUrl(_) | Refusal::NotHttp | Refusal::Private(_) | Refusal::BadRequest(_) => SendError::permanent(detail),
    }
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
            Err(error) => return Err(explain(&error.into())),
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
