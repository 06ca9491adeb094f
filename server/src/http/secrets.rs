//! Secrets of a workspace. Values go in and never come out.

use super::extract::{Body, Page, check_name};
use super::routes::{Routes, routes};
use super::{Error, Problem, Result, enter};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::hidden::Hidden;
use crate::store::people::secrets;
use crate::vault::LONGEST_SECRET;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

/// What may be shown of a secret.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SecretView {
    pub name: String,
    pub updated_by: String,
    pub updated_at: i64,
}

/// The value to keep.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetSecret {
    /// 1 byte to 64 KiB of text.
    pub value: Hidden,
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(set, delete))
}

/// The names of a workspace's secrets.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/secrets", operation_id = "listSecrets", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<SecretView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn list(State(app): State<App>, caller: Caller, Path(workspace): Path<String>) -> Result<Json<Page<SecretView>>> {
    let workspace = enter(&app, &caller, &workspace, Permission::Edit).await?;
    let found = secrets::list(&mut app.db.read().await?.connection(), workspace.id).await?;
    let view = |secret: secrets::SecretName| SecretView { name: secret.name, updated_by: secret.updated_by, updated_at: secret.updated_at };
    Ok(Json(Page::whole(found.into_iter().map(view).collect())))
}

/// Sets a secret; jobs that start from now on get the new value.
#[utoipa::path(put, path = "/api/v1/workspaces/{workspace}/secrets/{name}", operation_id = "setSecret", tag = "people",
    request_body = SetSecret, security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 413, body = Problem)))]
async fn set(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, name)): Path<(String, String)>,
    Body(body): Body<SetSecret>,
) -> Result<StatusCode> {
    let workspace = enter(&app, &caller, &workspace, Permission::Administer).await?;
    check_name("secret", &name)?;
    if body.value.is_empty() {
        return Err(Error::invalid("The value is empty; delete the secret instead"));
    }
    if body.value.len() > LONGEST_SECRET {
        return Err(Error::too_large(format!("The value has {} bytes; a secret has at most {LONGEST_SECRET}", body.value.len())));
    }
    let context = secrets::context(workspace.id, &name);
    let sealed = app.vault.seal(&context, &body.value.to_secret()).map_err(|error| Error::internal(error.to_string()))?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    secrets::set(&mut tx, workspace.id, &name, &sealed).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a secret away.
#[utoipa::path(delete, path = "/api/v1/workspaces/{workspace}/secrets/{name}", operation_id = "deleteSecret", tag = "people",
    security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn delete(State(app): State<App>, caller: Caller, Path((workspace, name)): Path<(String, String)>) -> Result<StatusCode> {
    let workspace = enter(&app, &caller, &workspace, Permission::Administer).await?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    secrets::delete(&mut tx, workspace.id, &name).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
