//! Figures for Prometheus, in its text format (version 0.0.4).

use super::routes::{Routes, routes};
use super::{Problem, Result};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::store::events;
use crate::store::line::overview::{self, Count};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::fmt::Write as _;

/// Bytes in a page of memory, as Linux counts them on every machine that the server is built for.
const PAGE_BYTES: u64 = 4_096;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(metrics))
}

/// What the server has in hand. For callers whose role holds in every workspace, because the figures are of the installation.
#[utoipa::path(get, path = "/metrics", operation_id = "getMetrics", tag = "ecosystem",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 401, body = Problem), (status = 403, body = Problem)))]
async fn metrics(State(app): State<App>, caller: Caller) -> Result<Response> {
    caller.may_everywhere(Permission::View)?;
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let mut text = String::new();
    let job_runs = overview::count_active_job_runs(&mut connection).await?;
    write_family(&mut text, ("andon_job_runs_active", "Job runs that have not ended, by status."), ("status", &job_runs));
    let runners = overview::count_runners(&mut connection).await?;
    write_family(&mut text, ("andon_runners", "Runners, by state."), ("state", &runners));
    let pending = overview::count_pending_deliveries(&mut connection).await?;
    write_one(&mut text, ("andon_deliveries_pending", "gauge", "Notifications still to be delivered."), pending);
    let sequence = events::newest_sequence(&mut connection).await?;
    write_one(&mut text, ("andon_events_total", "counter", "Events since the installation began."), sequence);
    if let Some(pages) = read_resident_pages() {
        let bytes = i64::try_from(pages.saturating_mul(PAGE_BYTES)).unwrap_or(i64::MAX);
        write_one(&mut text, ("process_resident_memory_bytes", "gauge", "Resident memory of the server."), bytes);
    }
    let labels = format!("andon_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    let _ = writeln!(text, "# HELP andon_build_info The server's version.\n# TYPE andon_build_info gauge\n{labels} 1");
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

/// The names of states are words of ours, so no label needs escaping.
fn write_family(text: &mut String, (name, help): (&str, &str), (label, counts): (&str, &[Count])) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
    for Count { state, count } in counts {
        let _ = writeln!(text, "{name}{{{label}=\"{state}\"}} {count}");
    }
}

fn write_one(text: &mut String, (name, kind, help): (&str, &str, &str), value: i64) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
}

fn read_resident_pages() -> Option<u64> {
    std::fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse().ok()
}
