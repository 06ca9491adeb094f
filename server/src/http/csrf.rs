//! Cookies of a session, and the proof that a write which relies on them comes from this server's own page.

use super::{Error, Result};
use crate::accounts::{csrf_matches, csrf_token};
use axum::http::{HeaderMap, Method};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// The session's cookie. Scripts cannot read it.
pub const SESSION_COOKIE: &str = "andon_session";
/// The readable cookie whose value a page repeats in [`CSRF_HEADER`].
pub const CSRF_COOKIE: &str = "andon_csrf";
pub const CSRF_HEADER: &str = "x-andon-csrf";

/// Methods that change nothing need no proof.
#[must_use]
pub fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether a request that relies on the session's cookie was made by our own page: another site can send the cookie along, but can
/// neither read it nor set the header.
///
/// # Errors
/// 403 when the header is missing or belongs to another session.
pub fn check(method: &Method, headers: &HeaderMap, session: &SecretString) -> Result<()> {
    let presented = headers.get(CSRF_HEADER).and_then(|value| value.to_str().ok());
    match presented {
        _ if is_read(method) => Ok(()),
        Some(presented) if csrf_matches(session, presented) => Ok(()),
        Some(_) => Err(Error::forbidden("The header X-Andon-CSRF does not belong to this session; load the page again")),
        None => {
            Err(Error::forbidden("A change with a session's cookie needs the header X-Andon-CSRF with the value of the cookie andon_csrf"))
        }
    }
}

/// The session that a request's cookie names.
#[must_use]
pub fn find_session(headers: &HeaderMap) -> Option<SecretString> {
    CookieJar::from_headers(headers).get(SESSION_COOKIE).map(|cookie| SecretString::from(cookie.value().to_owned()))
}

/// The cookies that begin a session.
pub fn session_cookies(session: &SecretString, lasts_ms: i64, secure: bool) -> CookieJar {
    let lasts = Duration::from_millis(u64::try_from(lasts_ms).unwrap_or_default());
    let cookie = |name: &'static str, value: String| {
        let mut cookie = Cookie::new(name, value);
        cookie.set_path("/");
        cookie.set_same_site(SameSite::Lax);
        cookie.set_secure(secure);
        cookie.set_http_only(name == SESSION_COOKIE);
        cookie.set_max_age(lasts.try_into().ok());
        cookie
    };
    CookieJar::new().add(cookie(SESSION_COOKIE, session.expose_secret().to_owned())).add(cookie(CSRF_COOKIE, csrf_token(session)))
}

/// The cookies that end a session in the browser.
pub fn no_cookies(secure: bool) -> CookieJar {
    session_cookies(&SecretString::from(String::new()), 0, secure)
}
