//! The badge of a pipeline: a small picture for pages elsewhere.

use super::routes::{Routes, routes};
use super::{Error, Problem, Result, caller::find_open_workspace};
use crate::app::App;
use crate::http::view::RunView;
use crate::store::line::{job_runs, pipelines, runs};
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

/// Width of a character of the badge's text, in pixels, at its size of 11.
const CHARACTER: usize = 7;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(badge))
}

/// How the newest run of a pipeline stands, as SVG. Anybody may ask, so that it can be shown in a README; it says nothing else.
#[utoipa::path(get, path = "/badge/{workspace}/{file}", operation_id = "getBadge", tag = "ecosystem",
    params(("file" = String, Path, description = "PIPELINE.svg")),
    responses((status = 200, body = String, content_type = "image/svg+xml"), (status = 404, body = Problem)))]
async fn badge(State(app): State<App>, Path((workspace, file)): Path<(String, String)>) -> Result<Response> {
    let missing = || Error::not_found("there is no such badge: its address is /badge/WORKSPACE/PIPELINE.svg");
    let name = file.strip_suffix(".svg").ok_or_else(missing)?;
    let workspace = find_open_workspace(&app, &workspace).await?.ok_or_else(missing)?;
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let pipeline = pipelines::find_by_name(&mut connection, workspace.id, name).await?.ok_or_else(missing)?;
    let filter = runs::Filter { pipeline: Some(pipeline.id), limit: 1, ..runs::Filter::default() };
    let status = match runs::list(&mut connection, workspace.id, &filter).await?.pop() {
        Some(run) => {
            let statuses = job_runs::list_statuses(&mut connection, &[run.id]).await?.remove(&run.id).unwrap_or_default();
            RunView::new(run, &statuses).status
        }
        None => "no runs".to_owned(),
    };
    let headers = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, draw(name, &status)).into_response())
}

/// The colours are those of the page's light theme.
fn colour_of(status: &str) -> &'static str {
    match status {
        "completed" => "#0a6b3d",
        "partial-success" => "#5c6b00",
        "failed" => "#b3261e",
        "error" => "#7b2fa6",
        "running" | "pending" | "scheduled" | "stopping" => "#0b62c4",
        "awaiting" => "#8a5a00",
        _ => "#4a4f57",
    }
}

/// Names of pipelines and statuses need no escaping: they are made of small letters, digits and `-`.
fn draw(name: &str, status: &str) -> String {
    let widths = [name, status].map(|text| text.chars().count() * CHARACTER + 12);
    let (left, whole) = (widths[0], widths[0] + widths[1]);
    let (name_at, status_at, colour) = (left / 2, left + widths[1] / 2, colour_of(status));
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="20" role="img" aria-label="{name}: {status}"><title>{name}: {status}</title><rect width="{whole}" height="20" rx="3" fill="#24292f"/><path d="M{left} 0h{right}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{right}z" fill="{colour}"/><g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11"><text x="{name_at}" y="14">{name}</text><text x="{status_at}" y="14">{status}</text></g></svg>"##,
        right = widths[1] - 3,
    )
}
