//! Who is asking, and their own tokens.

use super::extract::{Body, Page, parse_id};
use super::routes::{Routes, routes};
use super::tokens::{NewTokenView, TokenDraft, TokenView, create_token, narrow_scopes};
use super::{Error, Problem, Result};
use crate::accounts::{Actor, Caller, Scope};
use crate::app::App;
use crate::store::line::workspaces;
use crate::store::people::tokens;
use andon_pipelines::document::Role;
use andon_pipelines::ids::{TokenId, UserId};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Who is asking.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Me {
    /// The person; absent for a token that belongs to nobody.
    pub user: Option<MyAccount>,
    /// As it stands in events: `user:ada`, `token:ci`.
    pub actor: String,
    /// Administers the whole installation.
    pub administrator: bool,
    /// What a token is narrowed to; absent for all that the roles allow.
    pub scopes: Option<BTreeSet<Scope>>,
    pub workspaces: Vec<MyWorkspace>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MyAccount {
    pub id: UserId,
    pub name: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MyWorkspace {
    pub name: String,
    pub role: Role,
}

/// A token of one's own to make: it may what its owner may, or less.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateMyToken {
    pub name: String,
    /// The highest role that it uses; admin, if absent, which means all of the owner's.
    #[serde(default)]
    pub role: Option<Role>,
    #[serde(default)]
    pub scopes: Option<BTreeSet<Scope>>,
    /// Milliseconds until it expires; absent means that it does not.
    #[serde(default)]
    pub expires_in_ms: Option<i64>,
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(get_me)).routes(routes!(list_my_tokens, create_my_token)).routes(routes!(revoke_my_token))
}

/// Who is asking, and what they may do where.
#[utoipa::path(get, path = "/api/v1/me", operation_id = "getMe", tag = "people", security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Me), (status = 401, body = Problem)))]
async fn get_me(State(app): State<App>, caller: Caller) -> Result<Json<Me>> {
    Ok(Json(describe(&app, &caller).await?))
}

/// The caller's own tokens.
#[utoipa::path(get, path = "/api/v1/me/tokens", operation_id = "listMyTokens", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<TokenView>), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn list_my_tokens(State(app): State<App>, caller: Caller) -> Result<Json<Page<TokenView>>> {
    let user = person(&caller)?;
    let found = tokens::list_of_user(&mut app.db.read().await?.connection(), user).await?;
    Ok(Json(Page::whole(found.into_iter().map(TokenView::from).collect())))
}

/// Makes a token that belongs to the caller. It is shown in this answer and never again.
#[utoipa::path(post, path = "/api/v1/me/tokens", operation_id = "createMyToken", tag = "people", request_body = CreateMyToken,
    security(("bearer" = []), ("session" = [])),
    responses((status = 201, body = NewTokenView), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 409, body = Problem)))]
async fn create_my_token(
    State(app): State<App>,
    caller: Caller,
    Body(body): Body<CreateMyToken>,
) -> Result<(StatusCode, Json<NewTokenView>)> {
    let user = person(&caller)?;
    let CreateMyToken { name, role, scopes, expires_in_ms } = body;
    // Whatever the role says, the token never may more than its owner does at that moment.
    let role = role.unwrap_or(Role::Admin);
    let scopes = narrow_scopes(&caller, scopes)?;
    let draft = TokenDraft { name, role, scopes, workspace: None, user: Some(user), expires_in_ms };
    let (token, secret) = create_token(&app.db, &app.random, &caller.actor.to_string(), draft).await?;
    Ok((StatusCode::CREATED, Json(NewTokenView::new(token, &secret))))
}

/// Ends a token of the caller's.
#[utoipa::path(delete, path = "/api/v1/me/tokens/{id}", operation_id = "revokeMyToken", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn revoke_my_token(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<StatusCode> {
    let user = person(&caller)?;
    let id: TokenId = parse_id("the token", &id)?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    tokens::revoke(&mut tx, tokens::Owner::User(user), id).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The person who is signed in. A token cannot make another that lasts longer or reaches further than itself.
fn person(caller: &Caller) -> Result<UserId> {
    match caller.actor {
        Actor::User { id, .. } => Ok(id),
        _ => Err(Error::forbidden(format!("Only somebody who is signed in has tokens of their own here; this is {}", caller.actor))),
    }
}

pub(super) async fn describe(app: &App, caller: &Caller) -> Result<Me> {
    let mut reader = app.db.read().await?;
    let all = workspaces::list(&mut reader.connection()).await?;
    let workspaces = all.into_iter().filter_map(|it| caller.role_in(it.id).map(|role| MyWorkspace { name: it.name, role })).collect();
    let user = match &caller.actor {
        Actor::User { id, name } => Some(MyAccount { id: *id, name: name.clone() }),
        Actor::Token { user: Some(id), .. } => {
            let user = crate::store::people::users::get(&mut reader.connection(), *id).await?;
            Some(MyAccount { id: user.id, name: user.name })
        }
        _ => None,
    };
    let administrator = caller.everywhere == Some(Role::Admin);
    Ok(Me { user, actor: caller.actor.to_string(), administrator, scopes: caller.scopes.clone(), workspaces })
}
