//! Logs: read in pieces, or followed while they are written.

use super::audience::Seat;
use super::extract::{Page, parse_id};
use super::job_runs::find_job_run;
use super::routes::{Routes, routes};
use super::{Error, Problem, Result, enter};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::engine::{self, LogMark};
use crate::store::line::executions::{self, Execution, ExecutionStatus};
use andon_pipelines::ids::ExecutionId;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;

/// How much is read at once.
const PIECE: usize = 1 << 20;

#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LogQuery {
    /// Bytes to leave out at the beginning.
    pub offset: Option<i64>,
    /// Which execution, where the job run has several; the first by default.
    pub execution: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LogChoice {
    /// Which execution, where the job run has several; the first by default.
    pub execution: Option<String>,
}

/// One event of a followed log.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LogPiece {
    pub text: String,
    /// The offset of what follows, in bytes of the log.
    pub next: i64,
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(get)).routes(routes!(list_times))
}

/// A job run's log: plain text from `offset` (or a `Range`) on. With `Accept: text/event-stream` it follows: events `log` with a
/// `LogPiece`, and `end`.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/job-runs/{job_run}/log", operation_id = "getLog", tag = "runs", params(LogQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, content((String = "text/plain"), (LogPiece = "text/event-stream"))), (status = 206), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 416, body = Problem)))]
async fn get(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, job_run)): Path<(String, String)>,
    Query(query): Query<LogQuery>,
    headers: HeaderMap,
) -> Result<Response> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let job_run = find_job_run(&app, &workspace, &job_run).await?;
    let known = executions::list_of_job_run(&mut app.db.read().await?.connection(), job_run.id).await?;
    let execution = choose(known, query.execution.as_deref())?;
    let follows =
        headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/event-stream"));
    let offset = query.offset.unwrap_or(0).max(0);
    if follows {
        let stream = follow(app, execution.id, offset);
        return Ok(Sse::new(stream).keep_alive(KeepAlive::default()).into_response());
    }
    let (begin, end, partial) = match headers.get(header::RANGE).and_then(|range| range.to_str().ok()) {
        Some(range) => read_range(range, execution.log_size)?,
        None => (offset.min(execution.log_size), execution.log_size, false),
    };
    let size = execution.log_size;
    let body = Body::from_stream(pieces(app, execution, begin, end));
    let mut response = Response::new(body);
    let length = (end - begin).to_string();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
    headers.insert(header::ACCEPT_RANGES, header::HeaderValue::from_static("bytes"));
    if let Ok(length) = length.parse() {
        headers.insert(header::CONTENT_LENGTH, length);
    }
    if partial {
        if let Ok(range) = format!("bytes {begin}-{}/{size}", end - 1).parse() {
            headers.insert(header::CONTENT_RANGE, range);
        }
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

/// When a log was written: marks in order, at least a second apart.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/job-runs/{job_run}/log/times", operation_id = "listLogTimes", tag = "runs",
    params(LogChoice), security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<LogMark>), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn list_times(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, job_run)): Path<(String, String)>,
    Query(query): Query<LogChoice>,
) -> Result<Json<Page<LogMark>>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let job_run = find_job_run(&app, &workspace, &job_run).await?;
    let known = executions::list_of_job_run(&mut app.db.read().await?.connection(), job_run.id).await?;
    let mut execution = choose(known, query.execution.as_deref())?;
    let mut marks = engine::list_marks(&app, &execution).await?;
    if marks.is_empty() && execution.log_blob.is_none() && execution.log_size > 0 {
        // It was sealed between the two looks.
        execution = executions::get(&mut app.db.read().await?.connection(), execution.id).await?;
        marks = engine::list_marks(&app, &execution).await?;
    }
    Ok(Json(Page::whole(marks)))
}

/// The execution that the caller means: the newest attempt of the first cell, unless they name one.
fn choose(known: Vec<Execution>, named: Option<&str>) -> Result<Execution> {
    let missing = || Error::not_found("The job run has no log: nothing of it was executed");
    match named {
        Some(named) => {
            let id: ExecutionId = parse_id("the execution", named)?;
            known.into_iter().find(|execution| execution.id == id).ok_or_else(|| Error::not_found("the execution does not exist"))
        }
        None => known.into_iter().find(|execution| execution.status != ExecutionStatus::Replaced).ok_or_else(missing),
    }
}

/// `bytes=BEGIN-[END]` or `bytes=-LAST`, of a log of this size: begin and end (exclusive).
fn read_range(range: &str, size: i64) -> Result<(i64, i64, bool)> {
    let wrong = || Error::invalid("A Range of a log is bytes=BEGIN-, bytes=BEGIN-END or bytes=-LAST");
    let (begin, end) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')).ok_or_else(wrong)?;
    let number = |text: &str| text.parse::<i64>().ok().filter(|number| *number >= 0).ok_or_else(wrong);
    let (begin, end) = match (begin, end) {
        ("", last) => ((size - number(last)?).max(0), size),
        (begin, "") => (number(begin)?, size),
        (begin, end) => (number(begin)?, (number(end)? + 1).min(size)),
    };
    if begin < end { Ok((begin, end, true)) } else { Err(Error::unsatisfiable(format!("The log has {size} bytes"))) }
}

fn pieces(app: App, execution: Execution, begin: i64, end: i64) -> impl Stream<Item = anyhow::Result<bytes::Bytes>> {
    futures::stream::try_unfold((app, execution, begin), move |(app, execution, offset)| async move {
        if offset >= end {
            return Ok(None);
        }
        let limit = usize::try_from(end - offset).unwrap_or(PIECE).min(PIECE);
        let mut piece = engine::read_log(&app, &execution, offset, limit).await?;
        if piece.is_empty() && execution.log_blob.is_none() {
            // It was sealed between two pieces.
            let sealed = executions::get(&mut app.db.read().await?.connection(), execution.id).await?;
            piece = engine::read_log(&app, &sealed, offset, limit).await?;
        }
        if piece.is_empty() {
            return Ok(None);
        }
        let next = offset + i64::try_from(piece.len())?;
        Ok(Some((piece, (app, execution, next))))
    })
}

/// Where a follower is.
struct Follower {
    app: App,
    execution: ExecutionId,
    offset: i64,
    grown: tokio::sync::watch::Receiver<i64>,
    seat: Seat,
    ended: bool,
}

fn follow(app: App, execution: ExecutionId, offset: i64) -> impl Stream<Item = std::result::Result<Event, Infallible>> {
    let grown = app.live_logs.follow(execution);
    let seat = app.audience.enter();
    let follower = Follower { app, execution, offset, grown, seat, ended: false };
    futures::stream::unfold(follower, |mut follower| async move {
        if follower.ended {
            return None;
        }
        let event = match follower.next().await {
            Ok(Some(piece)) => Event::default().event("log").json_data(&piece).unwrap_or_default(),
            Ok(None) => {
                follower.ended = true;
                Event::default().event("end").data("{}")
            }
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "a followed log cannot be read");
                return None;
            }
        };
        Some((Ok(event), follower))
    })
}

impl Follower {
    /// The next piece, as soon as there is one; `None` at the end of the log.
    async fn next(&mut self) -> anyhow::Result<Option<LogPiece>> {
        loop {
            self.grown.borrow_and_update();
            let execution = executions::get(&mut self.app.db.read().await?.connection(), self.execution).await?;
            let over = matches!(execution.status, ExecutionStatus::Ended | ExecutionStatus::Replaced);
            if self.offset < execution.log_size {
                let bytes = engine::read_log(&self.app, &execution, self.offset, PIECE / 4).await?;
                let whole = if over { bytes.len() } else { whole_characters(&bytes) };
                if whole > 0 {
                    self.offset += i64::try_from(whole)?;
                    return Ok(Some(LogPiece { text: String::from_utf8_lossy(&bytes[..whole]).into_owned(), next: self.offset }));
                }
            }
            if over && self.offset >= execution.log_size {
                return Ok(None);
            }
            let clock = &self.app.clock;
            tokio::select! {
                changed = self.grown.changed() => drop(changed),
                () = clock.sleep_until(clock.now_ms() + 1_000) => {}
            }
            let pause = self.seat.pause_ms();
            if pause > 0 {
                clock.sleep_until(clock.now_ms() + pause).await;
            }
        }
    }
}

/// The bytes up to the last whole character, so that a piece never ends inside one.
fn whole_characters(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Ok(_) => bytes.len(),
        // Broken text goes out as it is; only a character that may still be completed waits.
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => error.valid_up_to(),
        Err(_) => bytes.len(),
    }
}
