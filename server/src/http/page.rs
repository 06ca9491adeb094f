//! The web page, in the program.

use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../web/dist"]
#[allow_missing = true]
struct Files;

/// A file of the page, or the page itself for every address that it may show.
pub async fn page(uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path.starts_with("api/") || path.starts_with("git/") || path.starts_with("hooks/") {
        return super::Error::not_found("There is no such address.").into_response();
    }
    if let Some(file) = Files::get(path) {
        let forever = path.starts_with("assets/");
        let caching = if forever { "public, max-age=31536000, immutable" } else { "no-cache" };
        return ([(header::CONTENT_TYPE, file.metadata.mimetype().to_owned()), (header::CACHE_CONTROL, caching.to_owned())], file.data)
            .into_response();
    }
    match Files::get("index.html") {
        Some(index) => {
            let html = HeaderValue::from_static("text/html; charset=utf-8");
            let fresh = HeaderValue::from_static("no-cache");
            ([(header::CONTENT_TYPE, html), (header::CACHE_CONTROL, fresh)], index.data).into_response()
        }
        None => {
            let text = "This program was built without its web page. The API is at /api/v1; `make web` builds the page.\n";
            (StatusCode::NOT_FOUND, text).into_response()
        }
    }
}
