//! The event stream, for browsers and programs.

use super::audience::Seat;
use super::routes::{Routes, routes};
use super::{Problem, Result};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::store::events as rows;
use andon_pipelines::event::Recorded;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;

/// After so long without an event there is a comment, so that nobody between takes the connection for dead.
const SILENCE_MS: i64 = 15_000;

#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct EventQuery {
    /// The sequence after which to begin; without it (and without `Last-Event-ID`) the stream begins now.
    pub after: Option<i64>,
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(follow))
}

/// Server-sent events: the event's kind, its sequence as the id, its facts as JSON. Resumes by `Last-Event-ID` or `after`.
#[utoipa::path(get, path = "/api/v1/events", operation_id = "followEvents", tag = "events", params(EventQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Recorded, content_type = "text/event-stream"), (status = 401, body = Problem)))]
async fn follow(State(app): State<App>, caller: Caller, Query(query): Query<EventQuery>, headers: HeaderMap) -> Result<Response> {
    let resumed = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
    let after = query.after.or(resumed).unwrap_or_else(|| app.db.events().newest());
    let newest = app.db.events().watch();
    let seat = app.audience.enter();
    let follower = Follower { app, caller, after, newest, seat };
    let stream = futures::stream::unfold(follower, |mut follower| async move {
        let told = follower.next().await?;
        Some((Ok::<_, Infallible>(told), follower))
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, Body::from_stream(stream)).into_response())
}

struct Follower {
    app: App,
    caller: Caller,
    after: i64,
    newest: tokio::sync::watch::Receiver<i64>,
    seat: Seat,
}

impl Follower {
    /// What is told next: events that came together go out together, and a comment where nothing has happened for long.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            let newest = *self.newest.borrow_and_update();
            if newest > self.after {
                let found = self.read().await?;
                let told = self.tell(&found)?;
                if !told.is_empty() {
                    return Some(told);
                }
                if !found.is_empty() {
                    continue;
                }
            }
            let clock = &self.app.clock;
            tokio::select! {
                changed = self.newest.changed() => changed.ok()?,
                () = clock.sleep_until(clock.now_ms() + SILENCE_MS) => return Some(Bytes::from_static(b":\n\n")),
                () = self.app.stopping.cancelled() => return None,
            }
            let pause = self.seat.pause_ms();
            if pause > 0 {
                tokio::select! {
                    () = clock.sleep_until(clock.now_ms() + pause) => {}
                    () = self.app.stopping.cancelled() => return None,
                }
            }
        }
    }

    /// Those of the events that concern the caller, as they go out.
    fn tell(&mut self, events: &[Arc<Recorded>]) -> Option<Bytes> {
        let mut told = Vec::new();
        for event in events {
            self.after = event.sequence;
            if self.concerns(event) {
                told.push(self.app.audience.encode(event).inspect_err(|error| tracing::error!(%error, "an event is no JSON")).ok()?);
            }
        }
        Some(if told.len() == 1 { told.remove(0) } else { told.concat().into() })
    }

    /// What belongs to no workspace concerns those who may see everything.
    fn concerns(&self, event: &Recorded) -> bool {
        match event.workspace {
            Some(workspace) => self.caller.may(Permission::View, workspace).is_ok(),
            None => self.caller.may_everywhere(Permission::View).is_ok(),
        }
    }

    async fn read(&self) -> Option<Vec<Arc<Recorded>>> {
        if let Some(events) = self.app.db.events().after(self.after) {
            return Some(events);
        }
        let read = async {
            let mut reader = self.app.db.read().await?;
            rows::list_after(&mut reader.connection(), self.after, 1_000).await
        };
        match read.await {
            Ok(events) => Some(events.into_iter().map(Arc::new).collect()),
            Err(error) => {
                tracing::error!(%error, "the event stream cannot be read");
                None
            }
        }
    }
}
