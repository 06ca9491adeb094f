//! API tokens of a workspace.

use super::extract::{Body, Page, check_name, parse_id};
use super::routes::{Routes, routes};
use super::{Error, Problem, Result, enter};
use crate::accounts::{Caller, Permission, Scope, TokenKind, new_token};
use crate::app::App;
use crate::clock::Random;
use crate::store::Db;
use crate::store::people::tokens::{self, Token};
use andon_pipelines::document::Role;
use andon_pipelines::ids::{TokenId, UserId, WorkspaceId};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Ten years.
const LONGEST_LIFE_MS: i64 = 3_653 * 24 * 3_600_000;

/// What may be shown of a token.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TokenView {
    pub id: TokenId,
    pub name: String,
    /// Its last characters.
    pub hint: String,
    pub role: Role,
    /// Absent: all that the role may.
    pub scopes: Option<BTreeSet<Scope>>,
    pub created_by: String,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    /// To within a minute.
    pub used_at: Option<i64>,
}

impl From<Token> for TokenView {
    fn from(token: Token) -> Self {
        let Token { id, name, hint, role, scopes, created_by, created_at, expires_at, used_at, .. } = token;
        Self { id, name, hint, role, scopes, created_by, created_at, expires_at, used_at }
    }
}

/// A new token, shown this once.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewTokenView {
    #[serde(flatten)]
    pub token: TokenView,
    /// What to send as `Authorization: Bearer …`.
    pub secret: crate::hidden::Hidden,
}

impl NewTokenView {
    pub(super) fn new(token: Token, secret: &SecretString) -> Self {
        Self { token: token.into(), secret: secret.expose_secret().to_owned().into() }
    }
}

/// A token to make.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateToken {
    pub name: String,
    pub role: Role,
    /// Absent: all that the role may. `run` makes a runner's token, which only an administrator of the installation may do.
    #[serde(default)]
    pub scopes: Option<BTreeSet<Scope>>,
    /// Milliseconds until it expires; absent means that it does not.
    #[serde(default)]
    pub expires_in_ms: Option<i64>,
}

/// Everything that makes a token what it is.
#[derive(Clone, Debug)]
pub struct TokenDraft {
    pub name: String,
    pub role: Role,
    pub scopes: Option<BTreeSet<Scope>>,
    /// Absent: every workspace.
    pub workspace: Option<WorkspaceId>,
    /// Whom it belongs to; absent: nobody.
    pub user: Option<UserId>,
    pub expires_in_ms: Option<i64>,
}

/// Makes a token in the name of `actor`. Whether they may is the caller's question: `andon token create --data` asks nobody.
///
/// # Errors
/// 400 for a bad name or life, 409 when a token of that name works already.
pub async fn create_token(db: &Db, random: &Random, actor: &str, draft: TokenDraft) -> Result<(Token, SecretString)> {
    check_name("token", &draft.name)?;
    if draft.expires_in_ms.is_some_and(|life| !(1..=LONGEST_LIFE_MS).contains(&life)) {
        return Err(Error::invalid(format!("expires_in_ms is a number from 1 to {LONGEST_LIFE_MS} (ten years)")));
    }
    let runs = draft.scopes.as_ref().is_some_and(|scopes| scopes.contains(&Scope::Run));
    let made = new_token(if runs { TokenKind::Runner } else { TokenKind::Api }, random);
    let mut tx = db.begin(actor).await?;
    let token = Token {
        id: random.new_id(),
        name: draft.name,
        hint: made.hint.clone(),
        user: draft.user,
        workspace: draft.workspace,
        role: draft.role,
        scopes: draft.scopes,
        created_by: actor.to_owned(),
        created_at: tx.at(),
        expires_at: draft.expires_in_ms.map(|life| tx.at() + life),
        used_at: None,
    };
    tokens::create(&mut tx, &token, &made.digest).await?;
    tx.commit().await?;
    Ok((token, made.secret))
}

/// The scopes of a token that `caller` makes: a narrowed caller cannot make a wider one, and only the installation's administrators let
/// runners in, because a runner takes work of every workspace.
///
/// # Errors
/// 403 that names what is missing.
pub(super) fn narrow_scopes(caller: &Caller, asked: Option<BTreeSet<Scope>>) -> Result<Option<BTreeSet<Scope>>> {
    if asked.as_ref().is_some_and(|scopes| scopes.contains(&Scope::Run)) {
        caller.may_everywhere(Permission::Administer)?;
    }
    let Some(own) = &caller.scopes else { return Ok(asked) };
    let asked = asked.unwrap_or_else(|| own.clone());
    match asked.iter().find(|scope| !own.iter().any(|own| own.includes(**scope))) {
        Some(scope) => {
            Err(Error::forbidden(format!("{} cannot make a token with the scope {scope}, which it has not itself", caller.actor)))
        }
        None => Ok(Some(asked)),
    }
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(list, create)).routes(routes!(revoke))
}

/// The tokens of a workspace.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/tokens", operation_id = "listTokens", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<TokenView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn list(State(app): State<App>, caller: Caller, Path(workspace): Path<String>) -> Result<Json<Page<TokenView>>> {
    let workspace = enter(&app, &caller, &workspace, Permission::Administer).await?;
    let found = tokens::list(&mut app.db.read().await?.connection(), workspace.id).await?;
    Ok(Json(Page::whole(found.into_iter().map(TokenView::from).collect())))
}

/// Makes a token that belongs to the workspace. It is shown in this answer and never again.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/tokens", operation_id = "createToken", tag = "people",
    request_body = CreateToken, security(("bearer" = []), ("session" = [])),
    responses((status = 201, body = NewTokenView), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    Path(workspace): Path<String>,
    Body(body): Body<CreateToken>,
) -> Result<(StatusCode, Json<NewTokenView>)> {
    let workspace = enter(&app, &caller, &workspace, Permission::Administer).await?;
    let CreateToken { name, role, scopes, expires_in_ms } = body;
    let scopes = narrow_scopes(&caller, scopes)?;
    let draft = TokenDraft { name, role, scopes, workspace: Some(workspace.id), user: None, expires_in_ms };
    let (token, secret) = create_token(&app.db, &app.random, &caller.actor.to_string(), draft).await?;
    Ok((StatusCode::CREATED, Json(NewTokenView::new(token, &secret))))
}

/// Ends a token, at once.
#[utoipa::path(delete, path = "/api/v1/workspaces/{workspace}/tokens/{id}", operation_id = "revokeToken", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn revoke(State(app): State<App>, caller: Caller, Path((workspace, id)): Path<(String, String)>) -> Result<StatusCode> {
    let workspace = enter(&app, &caller, &workspace, Permission::Administer).await?;
    let id: TokenId = parse_id("the token", &id)?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    tokens::revoke(&mut tx, tokens::Owner::Workspace(workspace.id), id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
