//! Signing in and out, and the links that let somebody set a password.

use super::extract::{Body, check_name};
use super::me::{Me, describe};
use super::routes::{Routes, routes};
use super::{Error, Problem, Result, caller, csrf};
use crate::accounts::{Actor, Caller, NewToken, TokenKind, digest_token, new_token};
use crate::app::App;
use crate::audit::Origin;
use crate::config::Settings;
use crate::hidden::Hidden;
use crate::store::people::tokens::{self, Owner};
use crate::store::people::users::{self, User};
use crate::store::people::{access, sessions, signin_links};
use crate::store::{StoreError, Tx};
use andon_pipelines::ids::UserId;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum_extra::extract::cookie::CookieJar;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

/// A session ends this long after its sign-in.
const SESSION_LASTS_MS: i64 = 30 * 24 * 3_600_000;
/// A link works for this long.
pub(super) const LINK_LASTS_MS: i64 = 24 * 3_600_000;

/// A name and a password.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    pub name: String,
    pub password: Hidden,
}

/// What somebody with a link chooses.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RedeemLink {
    /// The first administrator chooses it; for everybody else it is their account's name and may be left out.
    #[serde(default)]
    pub name: Option<String>,
    pub password: Hidden,
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(sign_in, sign_out)).routes(routes!(redeem_link))
}

/// Where people reach the server, without a slash at the end.
#[must_use]
pub fn base_url(settings: &Settings) -> String {
    settings.url.as_ref().map_or_else(|| format!("http://{}", settings.listen), |url| url.trim_end_matches('/').to_owned())
}

/// The one-time link for the first administrator, where there is no account yet. It replaces the one made before.
///
/// # Errors
/// Whatever the database says.
pub async fn first_signin_link(app: &App) -> Result<Option<String>> {
    if users::count_administrators(&mut app.db.read().await?.connection()).await? > 0 {
        return Ok(None);
    }
    let mut tx = app.db.begin("andon").await?;
    let link = make_link(app, &mut tx, None).await?;
    tx.commit().await?;
    Ok(Some(link))
}

/// Makes the link with which `user`, or the first administrator, sets a password.
pub(super) async fn make_link(app: &App, tx: &mut Tx, user: Option<UserId>) -> Result<String> {
    let token = new_token(TokenKind::Link, &app.random);
    let expires_at = tx.at() + LINK_LASTS_MS;
    signin_links::create(tx, &token.digest, user, expires_at).await?;
    Ok(format!("{}/signin/{}", base_url(&app.settings), token.secret.expose_secret()))
}

/// Signs in with name and password; the answer sets the session's cookies.
#[utoipa::path(post, path = "/api/v1/session", operation_id = "signIn", tag = "people", request_body = SignIn, security(()),
    responses((status = 200, body = Me), (status = 400, body = Problem), (status = 401, body = Problem), (status = 429, body = Problem)))]
async fn sign_in(State(app): State<App>, extensions: Extensions, Body(body): Body<SignIn>) -> Result<(CookieJar, Json<Me>)> {
    let address = caller::peer_address(&extensions);
    let caller = caller::identify_password(&app, &body.name, body.password.to_secret(), address).await?;
    let id = caller.actor.user().ok_or_else(|| Error::internal("a password led to no person"))?;
    Origin::note_person(id);
    let user = users::get(&mut app.db.read().await?.connection(), id).await?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    let session = begin_session(&app, &mut tx, &user).await?;
    tx.commit().await?;
    let me = describe(&app, &caller).await?;
    Ok((csrf::session_cookies(&session.secret, SESSION_LASTS_MS, is_secure(&app)), Json(me)))
}

/// Signs out: ends the session with which it is asked and takes the cookies away, or ends the person's token with which it is asked.
#[utoipa::path(delete, path = "/api/v1/session", operation_id = "signOut", tag = "people", security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn sign_out(State(app): State<App>, caller: Caller, headers: HeaderMap) -> Result<(StatusCode, CookieJar)> {
    if let Actor::Token { id, user: Some(user), .. } = caller.actor {
        let mut tx = app.db.begin(&caller.actor.to_string()).await?;
        tokens::revoke(&mut tx, Owner::User(user), id).await?;
        tx.commit().await?;
        return Ok((StatusCode::NO_CONTENT, CookieJar::new()));
    }
    let digest = csrf::find_session(&headers).and_then(|session| digest_token(session.expose_secret()));
    if let Some((TokenKind::Session, digest)) = digest {
        let mut tx = app.db.begin(&caller.actor.to_string()).await?;
        sessions::end(&mut tx, &digest).await?;
        tx.commit().await?;
    }
    Ok((StatusCode::NO_CONTENT, csrf::no_cookies(is_secure(&app))))
}

/// Uses up a one-time link: makes the first administrator, or gives an account its password, and signs in.
#[utoipa::path(post, path = "/api/v1/signin-links/{token}", operation_id = "redeemSigninLink", tag = "people",
    request_body = RedeemLink, security(()),
    responses((status = 200, body = Me), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn redeem_link(State(app): State<App>, Path(token): Path<String>, Body(body): Body<RedeemLink>) -> Result<(CookieJar, Json<Me>)> {
    let Some((TokenKind::Link, digest)) = digest_token(&token) else { return Err(no_such_link()) };
    let now = app.clock.now_ms();
    // Asked before the hash is computed, which is dear; what counts is asked again below.
    let open = signin_links::find_open(&mut app.db.read().await?.connection(), &digest, now).await?;
    let first = open.ok_or_else(no_such_link)?.is_none();
    if let Some(name) = &body.name {
        check_name("user", name)?;
    } else if first {
        return Err(Error::invalid("The first administrator needs a name"));
    }
    let hash = app.access.passwords.hash(body.password.to_secret()).await?;
    let mut tx = app.db.begin("andon").await?;
    let user = match signin_links::take(&mut tx, &digest).await?.ok_or_else(no_such_link)? {
        None => create_first(&app, &mut tx, body.name.unwrap_or_default(), &hash).await?,
        Some(id) => set_password(&mut tx, id, body.name.as_deref(), &hash).await?,
    };
    // Whoever has the link is that person from here on.
    Origin::note_person(user.id);
    tx.act_as(Actor::User { id: user.id, name: user.name.clone() }.to_string());
    let session = begin_session(&app, &mut tx, &user).await?;
    tx.commit().await?;
    let person = access::find_person(&mut app.db.read().await?.connection(), user.id).await?;
    let me = describe(&app, &person.ok_or_else(no_such_link)?).await?;
    Ok((csrf::session_cookies(&session.secret, SESSION_LASTS_MS, is_secure(&app)), Json(me)))
}

async fn create_first(app: &App, tx: &mut Tx, name: String, hash: &str) -> Result<User> {
    // The demonstration's person is an account too, but administers nothing.
    if users::count_administrators(&mut tx.connection()).await? > 0 {
        return Err(no_such_link());
    }
    let id = app.random.new_id();
    let user = User { id, name, email: None, administrator: true, disabled: false, created_at: tx.at() };
    users::create(tx, &user, Some(hash)).await?;
    Ok(user)
}

async fn set_password(tx: &mut Tx, id: UserId, name: Option<&str>, hash: &str) -> Result<User> {
    let user = users::get(&mut tx.connection(), id).await?;
    if user.disabled {
        return Err(no_such_link());
    }
    if name.is_some_and(|name| name != user.name) {
        return Err(Error::invalid("The link belongs to an account of another name; leave the name out to see which"));
    }
    users::set_password(tx, &user, hash).await?;
    Ok(user)
}

async fn begin_session(app: &App, tx: &mut Tx, user: &User) -> Result<NewToken, StoreError> {
    let session = new_token(TokenKind::Session, &app.random);
    let expires_at = tx.at() + SESSION_LASTS_MS;
    sessions::create(tx, user, &session.digest, expires_at).await?;
    Ok(session)
}

fn is_secure(app: &App) -> bool {
    base_url(&app.settings).starts_with("https:")
}

fn no_such_link() -> Error {
    Error::not_found("This link does not exist, was used already, or is older than a day; ask an administrator for a new one")
}
