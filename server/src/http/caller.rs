//! Who is asking, and the door to a workspace.

use super::access::{self, Proof};
use super::{Error, Result, csrf};
use crate::accounts::{Caller, Denied, PasswordError, Permission, TokenKind, digest_token};
use crate::app::App;
use crate::audit::{Act, Object, Origin};
use crate::store::line::workspaces::Workspace;
use crate::store::people::users::User;
use crate::store::people::{access as rows, users};
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use std::net::{IpAddr, SocketAddr};

/// `Authorization: Bearer TOKEN`, or the session's cookie; with the cookie, writes also need the proof of [`csrf`].
impl FromRequestParts<App> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        if let Some(caller) = parts.extensions.get::<Self>() {
            return Ok(caller.clone());
        }
        let caller = match find_bearer(&parts.headers)? {
            Some(token) => identify_token(app, &token).await?,
            None => {
                let session = csrf::find_session(&parts.headers).ok_or_else(|| {
                    Error::unauthenticated("Nobody is signed in: sign in, or send a token as Authorization: Bearer TOKEN")
                })?;
                let caller = identify_session(app, &session).await?;
                csrf::check(&parts.method, &parts.headers, &session)?;
                caller
            }
        };
        if let Some(user) = caller.actor.user() {
            Origin::note_person(user);
        }
        // Layers and handlers of the same request ask again.
        parts.extensions.insert(caller.clone());
        Ok(caller)
    }
}

/// Lets a caller into the workspace of this name to do what `permission` covers.
///
/// # Errors
/// 404, with one text, both where there is no such workspace and where the caller has no part in it; 403 where the caller's role or
/// scopes do not suffice.
pub async fn enter(app: &App, caller: &Caller, workspace: &str, permission: Permission) -> Result<Workspace> {
    let found = access::find_workspace(app, workspace).await?;
    let Some(found) = found.filter(|found| caller.role_in(found.id).is_some()) else {
        return Err(Error::not_found(format!("There is no workspace {workspace:?} that you are a member of")));
    };
    caller.may(permission, found.id)?;
    Ok(found)
}

/// The workspace of this name, for those whom something else than a role lets in: a signature, a runner's token.
pub(super) async fn find_open_workspace(app: &App, workspace: &str) -> Result<Option<Workspace>> {
    access::find_workspace(app, workspace).await
}

/// Who talks git: Basic authentication with a token as password under any name, or with an account's name and password.
///
/// # Errors
/// 401 when that is missing or wrong, 429 after too many wrong passwords.
pub async fn git_caller(app: &App, headers: &HeaderMap, address: Option<IpAddr>) -> Result<Caller> {
    let caller = find_git_caller(app, headers, address).await?;
    if let Some(user) = caller.actor.user() {
        Origin::note_person(user);
    }
    Ok(caller)
}

async fn find_git_caller(app: &App, headers: &HeaderMap, address: Option<IpAddr>) -> Result<Caller> {
    if let Some(token) = find_bearer(headers)? {
        return identify_token(app, &token).await;
    }
    let (name, password) = find_basic(headers).ok_or_else(|| {
        Error::unauthenticated("git needs a user name and a password; a token may stand for the password, under any name")
    })?;
    if digest_token(password.expose_secret()).is_some() {
        return identify_token(app, &password).await;
    }
    identify_password(app, &name, password, address).await
}

/// Who has this name and password. Takes as long for an unknown name as for a wrong password.
///
/// # Errors
/// 401 when they do not fit, with one text for all reasons; 429 after too many failures.
pub async fn identify_password(app: &App, name: &str, password: SecretString, address: Option<IpAddr>) -> Result<Caller> {
    app.access.sign_ins.begin(name, address, app.clock.now_ms())?;
    let user = match check_password(app, name, password).await {
        Ok(Some(user)) => user,
        Ok(None) => {
            note_failure(app, name, address).await?;
            return Err(Error::unauthenticated("The name or the password is wrong"));
        }
        Err(error) => {
            app.access.sign_ins.take_back(name, address);
            return Err(error);
        }
    };
    app.access.sign_ins.note_success(name, address);
    let caller = rows::find_person(&mut app.db.read().await?.connection(), user.id).await?;
    caller.ok_or_else(|| Error::unauthenticated("The name or the password is wrong"))
}

/// Writes a failed sign-in down. A name without an account is left out: it may be a password in the wrong field.
async fn note_failure(app: &App, name: &str, address: Option<IpAddr>) -> Result<()> {
    let known = users::find_by_name(&mut app.db.read().await?.connection(), name).await?.map(|(user, _)| user);
    let object = known.as_ref().map_or_else(|| Object::named("user", "unknown"), users::object);
    let disabled = known.as_ref().is_some_and(|user| user.disabled);
    let locked = app.access.sign_ins.is_closed(name, address, app.clock.now_ms());
    let mut tx = app.db.begin("andon").await?;
    let after = serde_json::json!({ "disabled": disabled, "locked": locked });
    tx.record(None, Act::new("session.refused", object).after(after).by("anonymous"));
    Ok(tx.commit().await?)
}

/// Whose name and password these are.
async fn check_password(app: &App, name: &str, password: SecretString) -> Result<Option<User>> {
    let found = users::find_by_name(&mut app.db.read().await?.connection(), name).await?;
    let account = found.filter(|(user, _)| !user.disabled);
    let hash = account.as_ref().and_then(|(_, hash)| hash.clone());
    let fits = app.access.passwords.verify(password, hash).await?;
    Ok(account.filter(|_| fits).map(|(user, _)| user))
}

/// A refusal in the form that makes git ask for a name and a password.
#[must_use]
pub fn refuse_git(error: Error) -> Response {
    let asks = error.status() == StatusCode::UNAUTHORIZED;
    let said = format!("{}\n", error.detail());
    let mut response = error.into_response();
    // git shows the words of a refusal to its user where they are plain text, and only there.
    if response.status().is_client_error() {
        response =
            (response.status(), [(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))], said).into_response();
    }
    if asks {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"andon\", charset=\"UTF-8\""));
    }
    response
}

/// The address that a request comes from; absent where the server was not told (in tests).
#[must_use]
pub fn peer_address(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip())
}

async fn identify_token(app: &App, token: &SecretString) -> Result<Caller> {
    match digest_token(token.expose_secret()) {
        Some((TokenKind::Api | TokenKind::Runner, digest)) => access::identify(app, Proof::Token, &digest).await,
        Some((TokenKind::Session | TokenKind::Link, _)) => {
            Err(Error::unauthenticated("That is no API token: sessions live in cookies, and links are for signing in"))
        }
        None => Err(Error::unauthenticated("The token is incomplete or mistyped; it starts with andon_ and ends with a checksum")),
    }
}

async fn identify_session(app: &App, session: &SecretString) -> Result<Caller> {
    match digest_token(session.expose_secret()) {
        Some((TokenKind::Session, digest)) => access::identify(app, Proof::Session, &digest).await,
        _ => Err(Error::unauthenticated("The session is over; sign in again")),
    }
}

fn find_bearer(headers: &HeaderMap) -> Result<Option<SecretString>> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let text = value.to_str().map_err(|_| Error::unauthenticated("The header Authorization is not plain text"))?;
    let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
    Ok(scheme.eq_ignore_ascii_case("bearer").then(|| SecretString::from(rest.trim().to_owned())))
}

fn find_basic(headers: &HeaderMap) -> Option<(String, SecretString)> {
    let (scheme, rest) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
    let (name, password) = text.split_once(':')?;
    Some((name.to_owned(), SecretString::from(password.to_owned())))
}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        Self::forbidden(denied.to_string())
    }
}

impl From<PasswordError> for Error {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::TooShort(_) | PasswordError::TooLong => Self::invalid(error.to_string()),
            PasswordError::Busy => Self::too_many(error.to_string()),
            PasswordError::BrokenHash(_) | PasswordError::Hashing(_) => Self::internal(error.to_string()),
        }
    }
}
