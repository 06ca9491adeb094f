//! Resources and their versions.

use super::extract::{Body, Page, PageQuery, parse_id};
use super::routes::{Routes, routes};
use super::runs::given;
use super::view::{ReportView, VersionView};
use super::{Error, Problem, Result, Workspace, enter, pipelines};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::audit::{Act, Object};
use crate::blobs::Intake;
use crate::engine::{self, Publication};
use crate::store::line::resources::Resource;
use crate::store::line::{commit_reports, resources, versions};
use andon_pipelines::document::{GitOrigin, GitSource, ResourceKind};
use andon_pipelines::ids::VersionId;
use andon_pipelines::wire::Blob;
use axum::Json;
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::{StatusCode, header};
use futures::TryStreamExt;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A resource of a pipeline.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ResourceView {
    pub name: String,
    /// The word in the file's `type`.
    pub kind: String,
    pub newest: Option<VersionView>,
    pub pin: Option<PinView>,
    pub check_error: Option<String>,
    pub checked_at: Option<i64>,
    /// When it is polled next, for what is polled.
    pub check_at: Option<i64>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PinView {
    pub version: VersionId,
    pub by: Option<String>,
    pub comment: Option<String>,
}

/// A version from outside.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Publish {
    pub version: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Published {
    pub id: VersionId,
    /// False when the resource had the version already; then nothing starts.
    pub new: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Enable {
    pub enabled: bool,
    pub reason: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// The version's identifier, or the beginning of its main value.
    pub version: String,
    pub comment: Option<String>,
}

/// What a check has found.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CheckView {
    /// The versions that were not known, oldest first.
    pub new: Vec<VersionView>,
    /// Why the resource could not be looked at; then nothing was found.
    pub error: Option<String>,
    /// When it is looked at next.
    pub next_at: Option<i64>,
}

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list))
        .routes(routes!(list_versions, publish))
        .routes(routes!(enable))
        .routes(routes!(pin, unpin))
        .routes(routes!(check))
}

/// The resources of a pipeline.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/resources/{pipeline}", operation_id = "listResources", tag = "resources",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<ResourceView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn list(State(app): State<App>, caller: Caller, Path((workspace, name)): Path<(String, String)>) -> Result<Json<Page<ResourceView>>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let pipeline = pipelines::find(&app, &workspace, &name).await?;
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let mut items = Vec::new();
    for resource in resources::list(&mut connection, pipeline.id).await? {
        let newest = versions::find_newest(&mut connection, resource.id).await?;
        items.push(ResourceView {
            name: resource.name,
            kind: resource.kind,
            newest: newest.map(VersionView::from),
            pin: resource.pin.map(|version| PinView { version, by: resource.pinned_by, comment: resource.pinned_comment }),
            check_error: resource.check_error,
            checked_at: resource.checked_at,
            check_at: resource.check_at,
        });
    }
    Ok(Json(Page::whole(items)))
}

/// The versions of a resource, newest first.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/resources/{pipeline}/{resource}/versions", operation_id = "listVersions",
    tag = "resources", params(PageQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<VersionView>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn list_versions(
    State(app): State<App>,
    caller: Caller,
    Path(place): Path<(String, String, String)>,
    page: PageQuery,
) -> Result<Json<Page<VersionView>>> {
    let (workspace, resource) = find(&app, &caller, place, Permission::View).await?;
    let before = match &page.after {
        Some(cursor) => cursor.parse().map_err(|_| Error::invalid("after is the `next` of the page before"))?,
        None => i64::MAX,
    };
    let found = versions::list(&mut app.db.read().await?.connection(), resource.id, before, page.limit() + 1).await?;
    let mut items: Vec<VersionView> = found.into_iter().map(VersionView::from).collect();
    if let ResourceKind::Git(GitSource { origin: GitOrigin::Repository(repository), .. }) = &resource.source {
        let commits: Vec<String> = items.iter().filter_map(|item| item.values.get("commit").cloned()).collect();
        let mut reports = commit_reports::list(&mut app.db.read().await?.connection(), (workspace.id, repository), &commits).await?;
        for item in &mut items {
            let of_commit = item.values.get("commit").and_then(|commit| reports.remove(commit)).unwrap_or_default();
            item.reports = of_commit.into_iter().map(ReportView::from).collect();
        }
    }
    Ok(Json(Page::cut(items, page.limit(), |version: &VersionView| version.order.to_string())))
}

/// Publishes a version from outside: its map as JSON, or a file's content (a tar archive compressed with zstd) as
/// `application/octet-stream`.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/resources/{pipeline}/{resource}/versions", operation_id = "publishVersion",
    tag = "resources", request_body(content((Publish = "application/json"), (String = "application/octet-stream"))),
    security(("bearer" = []), ("session" = [])),
    responses((status = 201, body = Published), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem), (status = 413, body = Problem)))]
async fn publish(
    State(app): State<App>,
    caller: Caller,
    Path(place): Path<(String, String, String)>,
    request: Request,
) -> Result<(StatusCode, Json<Published>)> {
    let (workspace, resource) = find(&app, &caller, place, Permission::Operate).await?;
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_owned();
    let publication = if kind.starts_with("application/octet-stream") {
        Publication { map: BTreeMap::new(), archive: Some(upload(&app, request).await?) }
    } else {
        let Body(body) = <Body<Publish> as FromRequest<App>>::from_request(request, &app).await?;
        Publication { map: body.version, archive: None }
    };
    let (id, new) = engine::publish(&app, &caller.actor.to_string(), (workspace.id, &resource), publication).await?;
    Ok((StatusCode::CREATED, Json(Published { id, new })))
}

async fn upload(app: &App, request: Request) -> Result<Blob> {
    let limit = u64::try_from(app.settings.output_limit_bytes).unwrap_or(u64::MAX);
    let stream = request.into_body().into_data_stream().map_err(std::io::Error::other);
    let blob = app.blobs.put_stream(stream, Intake::up_to(limit)).await.map_err(blob_error)?;
    Ok(Blob { digest: blob.digest, size: blob.size })
}

/// What a client hears of the blob store.
pub(super) fn blob_error(error: crate::blobs::BlobError) -> Error {
    use crate::blobs::BlobError;
    match error {
        BlobError::TooLarge { .. } => Error::too_large(error.to_string()),
        BlobError::BadDigest { .. } | BlobError::OtherContent { .. } => Error::invalid(error.to_string()),
        other => Error::unavailable(other.to_string()),
    }
}

/// Allows a version to be chosen automatically, or forbids it.
#[utoipa::path(patch, path = "/api/v1/workspaces/{workspace}/resources/{pipeline}/{resource}/versions/{version}",
    operation_id = "enableVersion", tag = "resources", request_body = Enable, security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn enable(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, pipeline, resource, version)): Path<(String, String, String, String)>,
    Body(body): Body<Enable>,
) -> Result<StatusCode> {
    let (workspace, resource) = find(&app, &caller, (workspace, pipeline, resource), Permission::Operate).await?;
    let id = find_version(&app, &resource, &version).await?;
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    let version = versions::get(&mut tx.connection(), id).await?;
    let reason = given(body.reason.as_deref()).filter(|_| !body.enabled);
    versions::set_enabled(&mut tx, workspace.id, &version, (body.enabled, reason)).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Pins the resource to a version: every job takes this one.
#[utoipa::path(put, path = "/api/v1/workspaces/{workspace}/resources/{pipeline}/{resource}/pin", operation_id = "pinResource",
    tag = "resources", request_body = Pin, security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn pin(
    State(app): State<App>,
    caller: Caller,
    Path(place): Path<(String, String, String)>,
    Body(body): Body<Pin>,
) -> Result<StatusCode> {
    let (workspace, resource) = find(&app, &caller, place, Permission::Operate).await?;
    let version = find_version(&app, &resource, &body.version).await?;
    set_pin(&app, &caller, (&workspace, &resource), (Some(version), given(body.comment.as_deref()))).await
}

/// Lets a pinned resource go.
#[utoipa::path(delete, path = "/api/v1/workspaces/{workspace}/resources/{pipeline}/{resource}/pin", operation_id = "unpinResource",
    tag = "resources", security(("bearer" = []), ("session" = [])),
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn unpin(State(app): State<App>, caller: Caller, Path(place): Path<(String, String, String)>) -> Result<StatusCode> {
    let (workspace, resource) = find(&app, &caller, place, Permission::Operate).await?;
    set_pin(&app, &caller, (&workspace, &resource), (None, None)).await
}

async fn set_pin(
    app: &App,
    caller: &Caller,
    (workspace, resource): (&Workspace, &Resource),
    pin: (Option<VersionId>, Option<&str>),
) -> Result<StatusCode> {
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    resources::set_pin(&mut tx, workspace.id, resource.id, pin).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Looks for new versions now, and answers what was found.
#[utoipa::path(post, path = "/api/v1/workspaces/{workspace}/resources/{pipeline}/{resource}/check", operation_id = "checkResource",
    tag = "resources", security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = CheckView), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn check(State(app): State<App>, caller: Caller, Path(place): Path<(String, String, String)>) -> Result<Json<CheckView>> {
    let (workspace, resource) = find(&app, &caller, place, Permission::Operate).await?;
    if resource.check_at.is_none() {
        return Err(Error::invalid(format!("{} is not polled: its versions are pushed.", resource.name)));
    }
    let mut tx = app.db.begin(&caller.actor.to_string()).await?;
    tx.record(Some(workspace.id), Act::new("resource.checked", Object::row("resource", resource.id)));
    tx.commit().await?;
    let found = engine::check_now(&app, &resource).await.map_err(|error| Error::internal(format!("{error:#}")))?;
    // The loop sleeps until what was due before.
    app.wake.checks.notify_one();
    Ok(Json(CheckView { new: found.new.into_iter().map(VersionView::from).collect(), error: found.error, next_at: found.next_at }))
}

async fn find(
    app: &App,
    caller: &Caller,
    (workspace, pipeline, resource): (String, String, String),
    permission: Permission,
) -> Result<(Workspace, Resource)> {
    let workspace = enter(app, caller, &workspace, permission).await?;
    let pipeline = pipelines::find(app, &workspace, &pipeline).await?;
    let found = resources::find_by_name(&mut app.db.read().await?.connection(), pipeline.id, &resource).await?;
    let found = found.ok_or_else(|| Error::not_found(format!("{} has no resource {resource}", pipeline.name)))?;
    Ok((workspace, found))
}

async fn find_version(app: &App, resource: &Resource, text: &str) -> Result<VersionId> {
    let mut reader = app.db.read().await?;
    if let Ok(id) = parse_id::<VersionId>("the version", text) {
        let version = versions::get(&mut reader.connection(), id).await?;
        return if version.resource == resource.id { Ok(id) } else { Err(Error::not_found("the version does not exist")) };
    }
    engine::find_version(&mut reader.connection(), (&resource.name, resource.id), text).await
}
