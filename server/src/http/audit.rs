//! The audit trail: who did what, when, and from where; as pages, as CSV, and whether its chain holds.

use super::extract::{Page, PageQuery};
use super::routes::{Routes, routes};
use super::{Error, Problem, Result, enter};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::audit::Entry;
use crate::store::people::audit::{self, Question};
use andon_pipelines::ids::{UserId, WorkspaceId};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures::Stream;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Rows that are read at once for CSV.
const CSV_PAGE: i64 = 1_000;
/// Rows that one request walks.
const WALK_PAGE: i64 = 5_000;
/// The longest text of a filter.
const LONGEST_FILTER: usize = 300;
const CSV_HEAD: &str = "sequence,time,actor,person,action,object,object_id,address,user_agent,request,before,after,hash\r\n";

/// One act of a person or a token.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditEntry {
    /// Its place in the trail, from 1 on, without gaps.
    pub sequence: i64,
    pub at: i64,
    /// It belongs to no workspace: sign-ins, accounts.
    pub installation: bool,
    /// `user:ada`, `token:ci`, `push:ada`, `job:shop/build#3`, `anonymous`, or `andon` at the server's own console.
    pub actor: String,
    /// The name of the person behind the actor, where there is one.
    pub person: Option<String>,
    /// `THING.DONE`: `gate.approved`, `secret.set`.
    pub action: String,
    /// `KIND:NAME`, as it was called then.
    pub object: String,
    pub object_id: Option<String>,
    /// Where the request came from.
    pub address: Option<String>,
    pub agent: Option<String>,
    /// The request's identifier, as in the server's log.
    pub request: Option<String>,
    /// What stood there before; `null` where there is nothing to say.
    pub before: Value,
    pub after: Value,
    /// SHA-256 over the hash of the row before and this row.
    pub hash: String,
}

/// A stretch of the trail, walked.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditCheck {
    /// The last row that is as it was written; 0 before the first.
    pub until: i64,
    /// The hash of that row: whoever keeps it elsewhere can tell later that everything up to there is unchanged.
    pub hash: String,
    /// The number of the newest row, as the head says.
    pub head: i64,
    /// The first row that is broken, and how; absent where none was found.
    pub fault: Option<AuditFault>,
    /// Go on with this as `after`; absent at the end.
    pub next: Option<i64>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditFault {
    pub sequence: i64,
    pub what: String,
}

/// What to show of the trail.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// `user:ada` or `token:ci`; a bare name is a person's.
    pub actor: Option<String>,
    /// `gate.approved`
    pub action: Option<String>,
    /// `KIND:NAME`, as in `pipeline:shop`, or an identifier.
    pub object: Option<String>,
    /// From this instant on: milliseconds since 1970 UTC, or a time as in `2026-11-21T12:04:00Z`.
    pub from: Option<String>,
    /// Before this instant.
    pub to: Option<String>,
    /// `csv` for everything that fits, as a file.
    pub format: Option<String>,
}

/// Where a walk goes on.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WalkQuery {
    /// The `next` of the answer before.
    pub after: Option<i64>,
}

/// What a request asks of the trail, and in which form.
#[derive(Debug)]
struct Asked {
    query: AuditQuery,
    csv: bool,
}

impl FromRequestParts<App> for Asked {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self> {
        let Query(query) = Query::<AuditQuery>::try_from_uri(&parts.uri)
            .map_err(|_| Error::invalid("The filters are actor, action, object, from, to, each at most once"))?;
        let csv = wants_csv(&query, &parts.headers)?;
        Ok(Self { query, csv })
    }
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(verify))
}

/// Who did what, newest first. Administrators of the installation also see what belongs to no workspace. `Accept: text/csv` or `format=csv`
/// answers everything that fits as CSV.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/audit", operation_id = "listAudit", tag = "people", params(AuditQuery, PageQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = Page<AuditEntry>), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn list(State(app): State<App>, caller: Caller, Path(workspace): Path<String>, asked: Asked, page: PageQuery) -> Result<Response> {
    let workspace = enter(&app, &caller, &workspace, Permission::Administer).await?;
    let after = page.after.as_deref().map(read_cursor).transpose()?;
    let limit = page.limit();
    let question = Question { after, limit: limit + 1, ..read_question(&caller, &asked.query)? };
    if asked.csv {
        return Ok(answer_csv(app, workspace.id, &workspace.name, Question { limit: CSV_PAGE, ..question }));
    }
    let views = read_page(&app, workspace.id, &question).await?;
    Ok(Json(Page::cut(views, limit, |entry: &AuditEntry| format!("{}_{}", entry.at, entry.sequence))).into_response())
}

/// Walks a stretch of the whole installation's trail, from its beginning or from `after` on, and says where it is broken.
#[utoipa::path(get, path = "/api/v1/audit/verify", operation_id = "verifyAudit", tag = "people", params(WalkQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = AuditCheck), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn verify(
    State(app): State<App>,
    caller: Caller,
    query: std::result::Result<Query<WalkQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<AuditCheck>> {
    caller.may_everywhere(Permission::Administer)?;
    let after = query.ok().map(|Query(query)| query.after.unwrap_or(0)).filter(|after| *after >= 0);
    let after = after.ok_or_else(|| Error::invalid("after is the `next` of the answer before"))?;
    let walked = audit::walk(&mut app.db.read().await?.connection(), after, WALK_PAGE).await?;
    Ok(Json(AuditCheck {
        until: walked.until,
        hash: walked.hash,
        head: walked.head,
        next: (walked.more && walked.fault.is_none()).then_some(walked.until),
        fault: walked.fault.map(|fault| AuditFault { sequence: fault.sequence, what: fault.what }),
    }))
}

fn wants_csv(query: &AuditQuery, headers: &HeaderMap) -> Result<bool> {
    match query.format.as_deref() {
        Some("csv") => Ok(true),
        Some("json") => Ok(false),
        Some(other) => Err(Error::invalid(format!("format is csv or json, not {other:?}"))),
        None => Ok(headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/csv"))),
    }
}

fn read_question(caller: &Caller, query: &AuditQuery) -> Result<Question> {
    for (name, text) in [("actor", &query.actor), ("action", &query.action), ("object", &query.object)] {
        if text.as_ref().is_some_and(|text| text.len() > LONGEST_FILTER) {
            return Err(Error::invalid(format!("{name} has at most {LONGEST_FILTER} bytes")));
        }
    }
    let object = given(&query.object);
    if object.as_ref().is_some_and(|object| !object.contains(':') && uuid::Uuid::try_parse(object).is_err()) {
        return Err(Error::invalid("object is KIND:NAME, as in pipeline:shop, or an identifier"));
    }
    let bare =
        |name: String| if name.contains(':') || ["andon", "anonymous"].contains(&name.as_str()) { name } else { format!("user:{name}") };
    Ok(Question {
        installation: caller.may_everywhere(Permission::Administer).is_ok(),
        actor: given(&query.actor).map(bare),
        action: given(&query.action),
        object,
        from: query.from.as_deref().map(|text| read_instant("from", text)).transpose()?,
        to: query.to.as_deref().map(|text| read_instant("to", text)).transpose()?,
        after: None,
        limit: 0,
    })
}

fn given(text: &Option<String>) -> Option<String> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn read_instant(name: &str, text: &str) -> Result<i64> {
    let parsed = text.parse::<i64>().ok().or_else(|| chrono::DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp_millis()));
    parsed.ok_or_else(|| Error::invalid(format!("{name} is milliseconds since 1970 UTC, or a time as in 2026-11-21T12:04:00Z")))
}

fn read_cursor(text: &str) -> Result<(i64, i64)> {
    let parts = text.split_once('_').and_then(|(at, sequence)| Some((at.parse().ok()?, sequence.parse().ok()?)));
    parts.ok_or_else(|| Error::invalid("after is the `next` of the page before"))
}

async fn read_page(app: &App, workspace: WorkspaceId, question: &Question) -> Result<Vec<AuditEntry>> {
    let mut reader = app.db.read().await?;
    let found = audit::list(&mut reader.connection(), workspace, question).await?;
    let people = audit::list_people(&mut reader.connection(), &found).await?;
    Ok(found.into_iter().map(|entry| show(entry, &people)).collect())
}

fn show(entry: Entry, people: &BTreeMap<UserId, String>) -> AuditEntry {
    let json = |text: Option<String>| text.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap_or(Value::String(text)));
    AuditEntry {
        sequence: entry.sequence,
        at: entry.at,
        installation: entry.workspace.is_none(),
        person: entry.user.and_then(|user| people.get(&user).cloned()),
        actor: entry.actor,
        action: entry.action,
        object: entry.object,
        object_id: entry.object_id,
        address: entry.address,
        agent: entry.agent,
        request: entry.request,
        before: json(entry.before),
        after: json(entry.after),
        hash: entry.hash,
    }
}

fn answer_csv(app: App, workspace: WorkspaceId, name: &str, question: Question) -> Response {
    let mut response = Response::new(Body::from_stream(csv_pieces(app, workspace, question)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    if let Ok(file) = HeaderValue::from_str(&format!("attachment; filename=\"audit-{name}.csv\"")) {
        headers.insert(header::CONTENT_DISPOSITION, file);
    }
    response
}

/// The rows as they are read, a page at a time: the whole trail is never in memory.
fn csv_pieces(app: App, workspace: WorkspaceId, question: Question) -> impl Stream<Item = anyhow::Result<Bytes>> {
    futures::stream::try_unfold((app, Some(question), true), move |(app, question, first)| async move {
        let Some(question) = question else { return Ok(None) };
        let found = read_page(&app, workspace, &question).await.map_err(|error| anyhow::anyhow!(error.detail().to_owned()))?;
        let mut text = if first { CSV_HEAD.to_owned() } else { String::new() };
        found.iter().for_each(|entry| push_row(&mut text, entry));
        let is_full = i64::try_from(found.len()).is_ok_and(|read| read == question.limit);
        let next = found.last().filter(|_| is_full).map(|last| Question { after: Some((last.at, last.sequence)), ..question });
        Ok(Some((Bytes::from(text), (app, next, false))))
    })
}

fn push_row(text: &mut String, entry: &AuditEntry) {
    let time = chrono::DateTime::from_timestamp_millis(entry.at).unwrap_or_default();
    let json = |value: &Value| if value.is_null() { String::new() } else { value.to_string() };
    let cells = [
        entry.sequence.to_string(),
        time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        entry.actor.clone(),
        entry.person.clone().unwrap_or_default(),
        entry.action.clone(),
        entry.object.clone(),
        entry.object_id.clone().unwrap_or_default(),
        entry.address.clone().unwrap_or_default(),
        entry.agent.clone().unwrap_or_default(),
        entry.request.clone().unwrap_or_default(),
        json(&entry.before),
        json(&entry.after),
        entry.hash.clone(),
    ];
    let cells: Vec<String> = cells.iter().map(|cell| quote(cell)).collect();
    text.push_str(&cells.join(","));
    text.push_str("\r\n");
}

/// A cell of CSV. What a spreadsheet would take for a formula gets an apostrophe in front.
fn quote(cell: &str) -> String {
    let neutral = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() };
    if neutral.contains([',', '"', '\n', '\r']) { format!("\"{}\"", neutral.replace('"', "\"\"")) } else { neutral }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_no_formula() {
        for (cell, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-2,3", "\"'-2,3\""),
            ("+1\n2", "\"'+1\n2\""),
            ("", ""),
        ] {
            assert_eq!(quote(cell), expected);
        }
    }
}
