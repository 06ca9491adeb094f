//! The event stream, for browsers and programs.

use super::{Problem, Result};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::store::events as rows;
use andon_pipelines::event::Recorded;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::Stream;
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;
use utoipa_axum::{router::OpenApiRouter, routes};

#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct EventQuery {
    /// The sequence after which to begin; without it (and without `Last-Event-ID`) the stream begins now.
    pub after: Option<i64>,
}

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(follow))
}

/// Server-sent events: the event's kind, its sequence as the id, its facts as JSON. Resumes by `Last-Event-ID` or `after`.
#[utoipa::path(get, path = "/api/v1/events", operation_id = "followEvents", tag = "events", params(EventQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Recorded, content_type = "text/event-stream"), (status = 401, body = Problem)))]
async fn follow(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<EventQuery>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = std::result::Result<Event, Infallible>>>> {
    let resumed = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse().ok());
    let after = query.after.or(resumed).unwrap_or_else(|| app.db.events().newest());
    let newest = app.db.events().watch();
    let follower = Follower { app, caller, after, newest, ready: Vec::new() };
    let stream = futures::stream::unfold(follower, |mut follower| async move {
        let event = follower.next().await?;
        let kind =
            serde_json::to_value(&event.event).ok().and_then(|body| Some(body.get("event")?.as_str()?.to_owned())).unwrap_or_default();
        let shown = Event::default().id(event.sequence.to_string()).event(kind).json_data(&*event).unwrap_or_default();
        Some((Ok(shown), follower))
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()))
}

struct Follower {
    app: App,
    caller: Caller,
    after: i64,
    newest: tokio::sync::watch::Receiver<i64>,
    /// What is to be shown next, last first.
    ready: Vec<Arc<Recorded>>,
}

impl Follower {
    async fn next(&mut self) -> Option<Arc<Recorded>> {
        loop {
            while let Some(event) = self.ready.pop() {
                self.after = event.sequence;
                if self.concerns(&event) {
                    return Some(event);
                }
            }
            let newest = *self.newest.borrow_and_update();
            if newest > self.after {
                self.ready = self.read().await?;
                self.ready.reverse();
                if !self.ready.is_empty() {
                    continue;
                }
            }
            tokio::select! {
                changed = self.newest.changed() => changed.ok()?,
                () = self.app.stopping.cancelled() => return None,
            }
        }
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
