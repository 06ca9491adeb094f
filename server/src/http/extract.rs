//! What handlers take from requests, with refusals in the API's own form.

use super::{Error, Result};
use crate::app::App;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::str::FromStr;

/// The items of a page when the request does not say how many.
const DEFAULT_LIMIT: i64 = 50;
const LARGEST_LIMIT: i64 = 200;
/// The longest name of anything that people name.
const LONGEST_NAME: usize = 64;

/// The body of a request, as JSON.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self> {
        match <Json<T> as FromRequest<App>>::from_request(request, app).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(refuse(&rejection)),
        }
    }
}

/// Where the body may be left out altogether.
impl<T: DeserializeOwned> axum::extract::OptionalFromRequest<App> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Option<Self>> {
        let read = <Json<T> as axum::extract::OptionalFromRequest<App>>::from_request(request, app).await;
        read.map(|body| body.map(|Json(body)| Self(body))).map_err(|rejection| refuse(&rejection))
    }
}

fn refuse(rejection: &JsonRejection) -> Error {
    if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        return Error::too_large("The body is too large");
    }
    match rejection {
        JsonRejection::MissingJsonContentType(_) => Error::invalid("The body must be JSON, with the header Content-Type: application/json"),
        // The reader quotes unknown names and wrong words, which may be a secret in the wrong place; its position is all that is told.
        JsonRejection::JsonDataError(error) => {
            Error::invalid(format!("The body does not have the form that is expected: {}", without_value(error)))
        }
        JsonRejection::JsonSyntaxError(_) => Error::invalid("The body is not JSON"),
        _ => Error::invalid("The body could not be read"),
    }
}

/// The reader's own words, but for values that it quotes.
fn without_value(error: &axum::extract::rejection::JsonDataError) -> String {
    let text = error.body_text();
    let text = text.strip_prefix("Failed to deserialize the JSON body into the target type: ").unwrap_or(&text).to_owned();
    let mut shown = String::with_capacity(text.len());
    let mut quoted = false;
    for c in text.chars() {
        if c == '"' {
            quoted = !quoted;
            shown.push_str(if quoted { "\"…" } else { "\"" });
        } else if !quoted {
            shown.push(c);
        }
    }
    shown
}

/// A page of a list.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// What `after` is for the next page; absent on the last one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Everything at once.
    #[must_use]
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }

    /// A page of items of which one more than `limit` was asked for, to know whether there are more.
    #[must_use]
    pub fn cut(mut items: Vec<T>, limit: i64, cursor: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or_default();
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(cursor);
        Self { items, next }
    }
}

/// `?after=CURSOR&limit=NUMBER`.
#[derive(Clone, Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// The `next` of the page before.
    pub after: Option<String>,
    /// Items of the page: 1 to 200, 50 by default.
    pub limit: Option<i64>,
}

impl FromRequestParts<App> for PageQuery {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self> {
        let Query(query) = Query::<Self>::try_from_uri(&parts.uri)
            .map_err(|_| Error::invalid("after is the cursor of the page before, and limit a number"))?;
        if query.limit.is_some_and(|limit| !(1..=LARGEST_LIMIT).contains(&limit)) {
            return Err(Error::invalid(format!("limit is a number from 1 to {LARGEST_LIMIT}")));
        }
        Ok(query)
    }
}

impl PageQuery {
    #[must_use]
    pub fn limit(&self) -> i64 {
        self.limit.unwrap_or(DEFAULT_LIMIT)
    }
}

/// Whether something may be named so: `[a-z0-9][a-z0-9._@-]{0,63}`.
///
/// # Errors
/// 400 that says what a name is like.
pub fn check_name(what: &str, name: &str) -> Result<()> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '@' | '-');
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    if begins && name.len() <= LONGEST_NAME && name.chars().all(inner) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "The name of a {what} begins with a lower-case letter or a digit, goes on with these and . _ @ -, and has at most {LONGEST_NAME} characters"
    )))
}

/// An identifier in a path. What is none cannot exist.
///
/// # Errors
/// 404, naming `what`.
pub fn parse_id<T: FromStr>(what: &str, text: &str) -> Result<T> {
    text.parse().map_err(|_| Error::not_found(format!("{what} does not exist")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain() {
        for good in ["a", "0", "ada.lovelace@example.org", "a_b-c", &"x".repeat(64)] {
            assert!(check_name("group", good).is_ok(), "{good}");
        }
        for bad in ["", "-a", ".a", "A", "a b", "a/b", "ä", "a\n", &"x".repeat(65)] {
            assert!(check_name("group", bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_page_knows_whether_there_is_another() {
        let page = Page::cut(vec![1, 2, 3], 2, ToString::to_string);
        assert_eq!((page.items, page.next), (vec![1, 2], Some("2".to_owned())));
        let page = Page::cut(vec![1, 2], 2, ToString::to_string);
        assert_eq!((page.items, page.next), (vec![1, 2], None));
    }
}
