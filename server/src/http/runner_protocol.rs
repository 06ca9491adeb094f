//! The runner protocol, for runners elsewhere.

use super::extract::{Body, parse_id};
use super::resources::blob_error;
use super::routes::{Routes, routes};
use super::{Error, Problem, Result, peer_address};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::blobs::Intake;
use crate::engine::{self, Assigner};
use crate::store::line::executions;
use andon_pipelines::ids::ExecutionId;
use andon_pipelines::wire::{Blob, Claim, Claimed, Registered, Registration, ReportAnswer, ReportBatch};
use axum::Json;
use axum::body::Body as HttpBody;
use axum::extract::{Path, Request, State};
use axum::http::{Extensions, HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::TryStreamExt;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(register)).routes(routes!(claim)).routes(routes!(report)).routes(routes!(fetch_blob, store_blob))
}

/// Makes a runner known, or known again.
#[utoipa::path(post, path = "/api/v1/runner/register", operation_id = "registerRunner", tag = "runner protocol", request_body = Registration,
    security(("bearer" = [])),
    responses((status = 200, body = Registered), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn register(
    State(app): State<App>,
    caller: Caller,
    extensions: Extensions,
    Body(registration): Body<Registration>,
) -> Result<Json<Registered>> {
    caller.may_everywhere(Permission::Run)?;
    check(&registration)?;
    let address = peer_address(&extensions).map(|address| address.to_string());
    Ok(Json(engine::register(&app, &registration, address.as_deref()).await?))
}

fn check(registration: &Registration) -> Result<()> {
    super::extract::check_name("runner", &registration.name)?;
    let inside = registration.name.strip_prefix(crate::serve::EMBEDDED_RUNNER);
    if inside.is_some_and(|rest| rest.is_empty() || rest.starts_with('-')) {
        return Err(Error::invalid(format!("{} is a name of a runner inside a server", registration.name)));
    }
    if !(1..=1_000).contains(&registration.slots) {
        return Err(Error::invalid("A runner has 1 to 1,000 slots"));
    }
    if registration.labels.len() > 50 || registration.labels.iter().any(|label| label.is_empty() || label.len() > 100) {
        return Err(Error::invalid("A runner has at most 50 labels, each of 1 to 100 bytes"));
    }
    Ok(())
}

/// Takes work; waits for it.
#[utoipa::path(post, path = "/api/v1/runner/claim", operation_id = "claimWork", tag = "runner protocol", request_body = Claim,
    security(("bearer" = [])),
    responses((status = 200, body = Claimed), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn claim(State(app): State<App>, caller: Caller, headers: HeaderMap, Body(claim): Body<Claim>) -> Result<Json<Claimed>> {
    caller.may_everywhere(Permission::Run)?;
    Ok(Json(engine::claim(&app, &assigner_for(&headers), &claim).await?))
}

/// The runner fetches from the built-in repositories by the token that it has anyway.
fn assigner_for(headers: &HeaderMap) -> Assigner {
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| value.strip_prefix("Bearer "));
    Assigner::Remote { token: token.unwrap_or_default().trim().to_owned() }
}

/// Hands over what happened.
#[utoipa::path(post, path = "/api/v1/runner/report", operation_id = "reportWork", tag = "runner protocol", request_body = ReportBatch,
    security(("bearer" = [])),
    responses((status = 200, body = ReportAnswer), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn report(State(app): State<App>, caller: Caller, headers: HeaderMap, Body(batch): Body<ReportBatch>) -> Result<Json<ReportAnswer>> {
    caller.may_everywhere(Permission::Run)?;
    Ok(Json(engine::take_reports(&app, &assigner_for(&headers), &batch).await?))
}

/// A blob that an input of the execution names.
#[utoipa::path(get, path = "/api/v1/runner/executions/{execution}/blobs/{digest}", operation_id = "fetchBlob", tag = "runner protocol",
    security(("bearer" = [])),
    responses((status = 200, content_type = "application/octet-stream"), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn fetch_blob(State(app): State<App>, caller: Caller, Path((execution, digest)): Path<(String, String)>) -> Result<Response> {
    caller.may_everywhere(Permission::Run)?;
    let execution: ExecutionId = parse_id("the execution", &execution)?;
    let held = executions::names_blob(&mut app.db.read().await?.connection(), execution, &digest).await?;
    let missing = || Error::not_found("no input of the execution has this blob");
    if !held {
        return Err(missing());
    }
    let content = app.blobs.get(&digest).await.map_err(blob_error)?.ok_or_else(missing)?;
    let length = [(header::CONTENT_LENGTH, content.size.to_string()), (header::CONTENT_TYPE, "application/octet-stream".to_owned())];
    Ok((length, HttpBody::from_stream(content.stream)).into_response())
}

/// Stores a blob that the execution made.
#[utoipa::path(put, path = "/api/v1/runner/executions/{execution}/blobs/{digest}", operation_id = "storeBlob", tag = "runner protocol",
    request_body(content = String, content_type = "application/octet-stream"), security(("bearer" = [])),
    responses((status = 200, body = Blob), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 413, body = Problem)))]
async fn store_blob(
    State(app): State<App>,
    caller: Caller,
    Path((execution, digest)): Path<(String, String)>,
    request: Request,
) -> Result<(StatusCode, Json<Blob>)> {
    caller.may_everywhere(Permission::Run)?;
    let execution: ExecutionId = parse_id("the execution", &execution)?;
    let running = executions::get(&mut app.db.read().await?.connection(), execution).await?;
    if running.status != executions::ExecutionStatus::Running {
        return Err(Error::conflict("The execution has ended, or was given to another runner."));
    }
    let limit = u64::try_from(app.settings.output_limit_bytes).unwrap_or(u64::MAX);
    let stream = request.into_body().into_data_stream().map_err(std::io::Error::other);
    let intake = Intake { limit, expected: Some(&digest) };
    let blob = app.blobs.put_stream(stream, intake).await.map_err(blob_error)?;
    Ok((StatusCode::OK, Json(Blob { digest: blob.digest, size: blob.size })))
}
