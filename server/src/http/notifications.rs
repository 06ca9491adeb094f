//! What a workspace and a person want to be told.

use super::extract::Body;
use super::routes::{Routes, routes};
use super::{Error, Problem, Result, enter};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::notify::Preferences;
use crate::store::people::preferences;
use andon_pipelines::document::{NotifyRule, read_rules};
use andon_pipelines::ids::UserId;
use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};

/// The name that diagnostics show.
const FILE: &str = "notifications.yml";

/// A workspace's own rules.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NotificationRules {
    /// As somebody wrote them: YAML with the `notify` section of a pipeline. Empty where there never were any.
    pub text: String,
    /// What the text means.
    #[schema(value_type = Vec<Object>)]
    pub rules: Vec<NotifyRule>,
    pub updated_by: Option<String>,
    pub updated_at: Option<i64>,
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(get_rules, set_rules)).routes(routes!(get_mine, set_mine))
}

/// The rules that hold for every pipeline of a workspace.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/notifications", operation_id = "getNotifications", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = NotificationRules), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn get_rules(State(app): State<App>, caller: Caller, Path(workspace): Path<String>) -> Result<Json<NotificationRules>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let found = preferences::find_rules(&mut app.db.read().await?.connection(), workspace.id).await?;
    Ok(Json(match found {
        Some(found) => NotificationRules {
            text: found.text,
            rules: found.rules,
            updated_by: Some(found.updated_by),
            updated_at: Some(found.updated_at),
        },
        None => NotificationRules { text: String::new(), rules: Vec::new(), updated_by: None, updated_at: None },
    }))
}

/// Sets the rules that hold for every pipeline of a workspace, beside the pipelines' own. The body is YAML: `notify:` with the same rules
/// as in a pipeline; `pipelines: [NAME]` narrows one. `notify: []` takes all away.
#[utoipa::path(put, path = "/api/v1/workspaces/{workspace}/notifications", operation_id = "setNotifications", tag = "people",
    request_body(content = String, content_type = "application/yaml"), security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = NotificationRules), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn set_rules(State(app): State<App>, caller: Caller, Path(workspace): Path<String>, text: String) -> Result<Json<NotificationRules>> {
    let workspace = enter(&app, &caller, &workspace, Permission::Administer).await?;
    let reading = read_rules(&text, FILE);
    let Some(rules) = reading.rules else { return Err(Error::document("The rules cannot be used.", reading.diagnostics)) };
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    preferences::set_rules(&mut tx, workspace.id, &text, &rules).await?;
    let (updated_by, updated_at) = (Some(tx.actor().to_owned()), Some(tx.at()));
    tx.commit().await?;
    Ok(Json(NotificationRules { text, rules, updated_by, updated_at }))
}

/// What the caller wants to be told, and when.
#[utoipa::path(get, path = "/api/v1/me/notifications", operation_id = "getMyNotifications", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Preferences), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn get_mine(State(app): State<App>, caller: Caller) -> Result<Json<Preferences>> {
    let user = person(&caller)?;
    let stored = preferences::find(&mut app.db.read().await?.connection(), user).await?;
    let read = |body: String| serde_json::from_str(&body).map_err(|error| Error::internal(error.to_string()));
    Ok(Json(stored.map(read).transpose()?.unwrap_or_default()))
}

/// Sets what the caller wants to be told, and when.
#[utoipa::path(put, path = "/api/v1/me/notifications", operation_id = "setMyNotifications", tag = "people",
    request_body = Preferences, security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Preferences), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem)))]
async fn set_mine(State(app): State<App>, caller: Caller, Body(wishes): Body<Preferences>) -> Result<Json<Preferences>> {
    let user = person(&caller)?;
    wishes.check().map_err(Error::invalid)?;
    let body = serde_json::to_string(&wishes).map_err(|error| Error::internal(error.to_string()))?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    preferences::set(&mut tx, user, &body).await?;
    tx.commit().await?;
    Ok(Json(wishes))
}

fn person(caller: &Caller) -> Result<UserId> {
    caller.actor.user().ok_or_else(|| Error::forbidden(format!("Only a person has notification settings; this is {}", caller.actor)))
}
