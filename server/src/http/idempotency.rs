//! `Idempotency-Key`: a client that does not know whether its write arrived may send it again.
//!
//! The key is reserved before the handler runs and answered right after it, in transactions of their own: the answer is not known inside
//! the handler's. With a key nothing happens twice. Should the server die between the change and the note of its answer, the key answers
//! 409 for a day, and the client looks for itself. Answers other than success changed nothing, so they free their key.

use super::{Error, Result};
use crate::accounts::{Actor, Caller};
use crate::app::App;
use crate::audit::Origin;
use crate::store::people::idempotency::{self as rows, Answer, Reservation};
use crate::vault::{LONGEST_SECRET, Sealed};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::middleware::Next;
use axum::response::IntoResponse;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

pub const KEY_HEADER: &str = "idempotency-key";
/// Set on an answer that was given before.
pub const REPLAYED_HEADER: &str = "idempotency-replayed";
const LONGEST_KEY: usize = 200;
/// Requests with a key are held in memory for their digest.
const LARGEST_REQUEST: usize = 4 << 20;
const LARGEST_ANSWER: usize = 64 << 20;

/// The layer around every route: `axum::middleware::from_fn_with_state(app, keep_answers)`.
///
/// # Errors
/// 400 for a bad key; 409 when another request had it, or the first is still being worked on; 413 when the request is too large for one.
pub async fn keep_answers(State(app): State<App>, request: Request, next: Next) -> Result<Response<Body>> {
    if super::csrf::is_read(request.method()) || !request.headers().contains_key(KEY_HEADER) {
        return Ok(next.run(request).await);
    }
    let (mut parts, body) = request.into_parts();
    let Ok(caller) = Caller::from_request_parts(&mut parts, &app).await else {
        // The handler says what is wrong, or needs nobody (signing in).
        return Ok(next.run(Request::from_parts(parts, body)).await);
    };
    let key = parts.headers.get(KEY_HEADER).and_then(|key| key.to_str().ok()).unwrap_or_default().to_owned();
    if key.is_empty() || key.len() > LONGEST_KEY || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::invalid(format!("Idempotency-Key has 1 to {LONGEST_KEY} visible ASCII characters")));
    }
    let body = to_bytes(body, LARGEST_REQUEST)
        .await
        .map_err(|_| Error::too_large(format!("A request with an Idempotency-Key has at most {LARGEST_REQUEST} bytes")))?;
    let slot = Slot { caller: identify(&caller), key };
    let digest = digest(parts.method.as_str(), &parts.uri.to_string(), &body);
    match reserve(&app, &slot, &digest).await? {
        Reservation::Fresh => {}
        Reservation::Answered(answer) => return replay(&app, &slot, answer),
        Reservation::Unanswered => {
            return Err(Error::conflict(
                "The first request with this Idempotency-Key is not answered: it is being worked on, or its server stopped; look before you send another",
            ));
        }
        Reservation::OtherRequest => return Err(Error::conflict("Another request had this Idempotency-Key; use a new one")),
    }
    // In a task of its own: a client that goes away must not leave a key without its answer.
    let request = Request::from_parts(parts, Body::from(body));
    let work = tokio::spawn(Origin::follow(async move {
        let response = next.run(request).await;
        note(&app, &slot, response).await
    }));
    work.await.map_err(|error| Error::internal(format!("a request with an Idempotency-Key failed: {error}")))?
}

#[derive(Debug)]
struct Slot {
    caller: String,
    key: String,
}

impl Slot {
    fn context(&self) -> String {
        format!("idempotency/{}/{}", self.caller, self.key)
    }
}

/// By identifier: names can pass to somebody else.
fn identify(caller: &Caller) -> String {
    match &caller.actor {
        Actor::User { id, .. } => format!("user:{id}"),
        Actor::Token { id, .. } => format!("token:{id}"),
        Actor::Runner { id, .. } => format!("runner:{id}"),
        Actor::System => "andon".to_owned(),
    }
}

fn digest(method: &str, uri: &str, body: &Bytes) -> String {
    hex::encode(Sha256::new().chain_update(method).chain_update(b" ").chain_update(uri).chain_update(b"\n").chain_update(body).finalize())
}

async fn reserve(app: &App, slot: &Slot, digest: &str) -> Result<Reservation> {
    let mut tx = app.db.begin("andon").await?;
    let reservation = rows::reserve(&mut tx, &slot.caller, &slot.key, digest).await?;
    tx.commit().await?;
    Ok(reservation)
}

/// Notes a successful answer, or frees the key.
async fn note(app: &App, slot: &Slot, response: Response<Body>) -> Result<Response<Body>> {
    if !response.status().is_success() {
        let mut tx = app.db.begin("andon").await?;
        rows::release(&mut tx, &slot.caller, &slot.key).await?;
        tx.commit().await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, LARGEST_ANSWER).await.map_err(|error| Error::internal(format!("an answer could not be kept: {error}")))?;
    // A longer answer is not kept; its replay has the status alone.
    let kept = std::str::from_utf8(&body).ok().filter(|text| text.len() <= LONGEST_SECRET).unwrap_or_default();
    let sealed = app.vault.seal(&slot.context(), &SecretString::from(kept)).map_err(|error| Error::internal(error.to_string()))?;
    let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let answer = Answer { status: i64::from(parts.status.as_u16()), content_type, sealed_body: sealed.to_bytes() };
    let mut tx = app.db.begin("andon").await?;
    rows::answer(&mut tx, &slot.caller, &slot.key, answer).await?;
    tx.commit().await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn replay(app: &App, slot: &Slot, answer: Answer) -> Result<Response<Body>> {
    let broken = |error: String| Error::internal(format!("a kept answer cannot be read: {error}"));
    let sealed = Sealed::from_bytes(&answer.sealed_body).map_err(|error| broken(error.to_string()))?;
    let body = app.vault.open(&slot.context(), &sealed).map_err(|error| broken(error.to_string()))?;
    let status = u16::try_from(answer.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let status = status.ok_or_else(|| broken(format!("its status is {}", answer.status)))?;
    let mut response = (status, body.expose_secret().to_owned()).into_response();
    response.headers_mut().remove(header::CONTENT_TYPE);
    if let Some(content_type) = answer.content_type.and_then(|text| HeaderValue::from_str(&text).ok()) {
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    }
    response.headers_mut().insert(REPLAYED_HEADER, HeaderValue::from_static("true"));
    Ok(response)
}
