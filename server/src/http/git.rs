//! The built-in git server, over smart HTTP.

use super::{Result, caller::git_caller, enter, peer_address, refuse_git};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::audit::{Act, Object, Origin};
use crate::engine;
use crate::git::{GitRequest, GitResponse, RefUpdate, Served, Service, with_message};
use crate::store::line::repositories;
use crate::store::line::workspaces::Workspace;
use crate::store::people::users;
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde_json::json;
use std::sync::Arc;

pub fn routes() -> Router<App> {
    Router::new().route("/git/{workspace}/{repository}/{*path}", any(serve)).layer(DefaultBodyLimit::disable())
}

async fn serve(State(app): State<App>, Path((workspace, repository, path)): Path<(String, String, String)>, request: Request) -> Response {
    // In a task of its own: a client that goes away must not keep a moved ref from becoming a version.
    let work = tokio::spawn(Origin::follow(async move { answer(&app, (&workspace, &repository, &path), request).await }));
    match work.await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => refuse_git(error),
        Err(error) => super::Error::internal(error.to_string()).into_response(),
    }
}

async fn answer(app: &App, (workspace, repository, path): (&str, &str, &str), request: Request) -> Result<Response> {
    let repository = repository.strip_suffix(".git").unwrap_or(repository).to_owned();
    let path_info = format!("/{path}");
    let query = request.uri().query().unwrap_or_default().to_owned();
    let service = Service::of(request.method(), &path_info, &query).map_err(git_error)?;
    let caller = git_caller(app, request.headers(), peer_address(request.extensions())).await?;
    let workspace = admit(app, &caller, workspace, service).await?;
    if service == Service::AdvertisePush && !app.repositories.exists(&workspace.name, &repository).map_err(git_error)? {
        create(app, &caller, &workspace, &repository).await?;
    }
    let (parts, body) = request.into_parts();
    let request = GitRequest {
        workspace: workspace.name.clone(),
        repository: repository.clone(),
        path_info,
        query,
        method: parts.method,
        headers: parts.headers,
        user: Some(caller.actor.to_string()),
        body: body.into_data_stream(),
    };
    match app.repositories.serve(request).await.map_err(git_error)? {
        Served::Answer(response) => Ok(respond(response)),
        Served::Push(push) => {
            let actor = format!("push:{}", pusher(app, &caller).await?);
            let lines = engine::take_push(app, &actor, &workspace, &repository, &push.updates).await?;
            note_push(app, &actor, &workspace, (&repository, &push.updates)).await?;
            drop(push.order);
            Ok(respond(with_message(push.response, &lines)))
        }
    }
}

/// Writes down which refs somebody has moved. The repository has moved them already.
async fn note_push(app: &App, actor: &str, workspace: &Workspace, (repository, updates): (&str, &[RefUpdate])) -> Result<()> {
    let refs = |side: fn(&RefUpdate) -> &Option<String>| {
        updates.iter().map(|update| (update.reference.clone(), json!(side(update)))).collect::<serde_json::Map<_, _>>()
    };
    let act = Act::new("repository.pushed", Object::named("repository", repository));
    let mut tx = app.db.begin(actor).await?;
    tx.record(Some(workspace.id), act.before(refs(|update| &update.old).into()).after(refs(|update| &update.new).into()));
    Ok(tx.commit().await?)
}

/// Who pushes, by name: the person behind a token, where there is one.
async fn pusher(app: &App, caller: &Caller) -> Result<String> {
    if let Some(user) = caller.actor.user() {
        return Ok(users::get(&mut app.db.read().await?.connection(), user).await?.name);
    }
    let actor = caller.actor.to_string();
    Ok(actor.split_once(':').map_or(actor.as_str(), |(_, name)| name).to_owned())
}

/// Runners fetch by their token; everybody else needs a role.
async fn admit(app: &App, caller: &Caller, name: &str, service: Service) -> Result<Workspace> {
    if !service.writes()
        && caller.may_everywhere(Permission::Run).is_ok()
        && let Some(workspace) = super::caller::find_open_workspace(app, name).await?
    {
        return Ok(workspace);
    }
    enter(app, caller, name, if service.writes() { Permission::Edit } else { Permission::View }).await
}

async fn create(app: &App, caller: &Caller, workspace: &Workspace, repository: &str) -> Result<()> {
    let (repositories, of, name) = (Arc::clone(&app.repositories), workspace.name.clone(), repository.to_owned());
    let made = tokio::task::spawn_blocking(move || repositories.create(&of, &name)).await;
    made.map_err(|error| super::Error::internal(error.to_string()))?.map_err(git_error)?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    repositories::ensure(&mut tx, workspace.id, repository).await?;
    tx.record(Some(workspace.id), Act::new("repository.created", Object::named("repository", repository)));
    Ok(tx.commit().await?)
}

fn respond(response: GitResponse) -> Response {
    let mut answer = Response::new(Body::from_stream(response.body));
    *answer.status_mut() = response.status;
    *answer.headers_mut() = response.headers;
    answer
}

fn git_error(error: crate::git::GitError) -> super::Error {
    super::Error::of_status(error.status(), error.to_string())
}
