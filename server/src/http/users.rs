//! Accounts, for administrators of the installation.

use super::extract::{Body, Page, PageQuery, check_name};
use super::routes::{Routes, routes};
use super::session::make_link;
use super::{Error, Problem, Result};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::hidden::Hidden;
use crate::notify::parse_mailbox;
use crate::store::people::users::{self, User};
use crate::store::{Connection, Tx};
use andon_pipelines::ids::UserId;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

/// An account.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UserView {
    pub id: UserId,
    pub name: String,
    pub email: Option<String>,
    /// Admin of every workspace.
    pub administrator: bool,
    pub disabled: bool,
    pub created_at: i64,
    /// The link with which its owner sets a password, where this answer made one. It works once, for a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Hidden>,
}

impl UserView {
    fn new(user: User, link: Option<String>) -> Self {
        let User { id, name, email, administrator, disabled, created_at } = user;
        Self { id, name, email, administrator, disabled, created_at, link: link.map(Hidden::from) }
    }
}

/// An account to make.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateUser {
    pub name: String,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub administrator: bool,
}

/// What to change of an account; what is absent stays.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeUser {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// An empty text takes the address away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub administrator: Option<bool>,
    /// Makes a link for a new password. The old one works until the link is used.
    #[serde(default)]
    pub new_link: bool,
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(list, create)).routes(routes!(change))
}

/// The accounts of the installation, by name.
#[utoipa::path(get, path = "/api/v1/users", operation_id = "listUsers", tag = "people", params(PageQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<UserView>), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn list(State(app): State<App>, caller: Caller, page: PageQuery) -> Result<Json<Page<UserView>>> {
    caller.may_everywhere(Permission::Administer)?;
    let after = page.after.as_deref().unwrap_or_default();
    let found = users::list(&mut app.db.read().await?.connection(), after, page.limit() + 1).await?;
    let views = found.into_iter().map(|user| UserView::new(user, None)).collect();
    Ok(Json(Page::cut(views, page.limit(), |user: &UserView| user.name.clone())))
}

/// Makes an account and the link with which its owner sets a password.
#[utoipa::path(post, path = "/api/v1/users", operation_id = "createUser", tag = "people", request_body = CreateUser,
    security(("bearer" = []), ("session" = [])),
    responses((status = 201, body = UserView), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 409, body = Problem)))]
async fn create(State(app): State<App>, caller: Caller, Body(body): Body<CreateUser>) -> Result<(StatusCode, Json<UserView>)> {
    caller.may_everywhere(Permission::Administer)?;
    check_name("user", &body.name)?;
    let email = check_email(body.email)?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    let (id, created_at) = (app.random.new_id(), tx.at());
    let user = User { id, name: body.name, email, administrator: body.administrator, disabled: false, created_at };
    users::create(&mut tx, &user, None).await?;
    let link = make_link(&app, &mut tx, Some(user.id)).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(UserView::new(user, Some(link)))))
}

/// Changes an account, closes or opens it, or makes a link for a new password. The account is named by its identifier or its name.
#[utoipa::path(patch, path = "/api/v1/users/{id}", operation_id = "changeUser", tag = "people", request_body = ChangeUser,
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = UserView), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn change(State(app): State<App>, caller: Caller, Path(id): Path<String>, Body(body): Body<ChangeUser>) -> Result<Json<UserView>> {
    caller.may_everywhere(Permission::Administer)?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    users::lock_administrators(&mut tx).await?;
    let mut user = find(&mut tx.connection(), &id).await?;
    apply(&mut tx, &mut user, &body).await?;
    let link = match body.new_link {
        true if user.disabled => return Err(Error::conflict("The account is disabled; enable it before making a link")),
        true => Some(make_link(&app, &mut tx, Some(user.id)).await?),
        false => None,
    };
    tx.commit().await?;
    Ok(Json(UserView::new(user, link)))
}

async fn apply(tx: &mut Tx, user: &mut User, body: &ChangeUser) -> Result<()> {
    if body.email.is_some() || body.administrator.is_some_and(|it| it != user.administrator) {
        if let Some(email) = &body.email {
            user.email = check_email(Some(email.clone()).filter(|email| !email.is_empty()))?;
        }
        user.administrator = body.administrator.unwrap_or(user.administrator);
        users::set_profile(tx, user).await?;
    }
    if let Some(disabled) = body.disabled.filter(|disabled| *disabled != user.disabled) {
        users::set_disabled(tx, user, disabled).await?;
        user.disabled = disabled;
    }
    if users::count_administrators(&mut tx.connection()).await? == 0 {
        return Err(Error::conflict("That is the last administrator; make another account one first"));
    }
    Ok(())
}

async fn find(connection: &mut Connection<'_>, id: &str) -> Result<User> {
    if let Ok(id) = id.parse::<UserId>() {
        return Ok(users::get(connection, id).await?);
    }
    let found = users::find_by_name(connection, id).await?;
    found.map(|(user, _)| user).ok_or_else(|| Error::not_found("the user does not exist"))
}

fn check_email(email: Option<String>) -> Result<Option<String>> {
    if let Some(email) = &email {
        parse_mailbox(email).map_err(|error| Error::invalid(error.detail))?;
    }
    Ok(email)
}
