//! What a client hears when something goes wrong: `application/problem+json`. A 5xx never tells its cause; the log does, with the same
//! request id.

use crate::store::StoreError;
use andon_pipelines::document::{Diagnostic, Plan};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

/// The body of every error (RFC 9457).
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Problem {
    /// A stable name of the kind of error, relative to the API: `not-found`, `forbidden`, …
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    /// What happened, what was kept, what to do.
    pub detail: String,
    /// The id under which the server's log knows this request; set by the outermost layer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// For documents: everything that is wrong with them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Diagnostic>,
    /// For a text that is based on an older revision: what happened since.
    #[serde(flatten)]
    pub stale: Option<Box<Stale>>,
}

/// What happened to a pipeline since the revision that a text was based on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Stale {
    /// The revision that the text was based on.
    pub base: i64,
    /// The revision in force; absent where there is no such pipeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<i64>,
    /// From the text of the base to the text in force, in the unified form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    /// What that meant for the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
}

/// An error on its way to a client.
#[derive(Debug)]
pub struct Error {
    status: StatusCode,
    kind: &'static str,
    detail: String,
    diagnostics: Vec<Diagnostic>,
    stale: Option<Box<Stale>>,
    /// For the log only.
    cause: Option<String>,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    fn new(status: StatusCode, kind: &'static str, detail: impl Into<String>) -> Self {
        Self { status, kind, detail: detail.into(), diagnostics: Vec::new(), stale: None, cause: None }
    }

    /// 400: the request makes no sense.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", detail)
    }

    /// 401: nobody knows who is asking.
    pub fn unauthenticated(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail)
    }

    /// 403: who is asking may not.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// 404.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", detail)
    }

    /// 409: it cannot be done in the present state.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", detail)
    }

    /// 409: a text that is based on an older revision.
    pub fn stale(detail: impl Into<String>, stale: Stale) -> Self {
        Self { stale: Some(Box::new(stale)), ..Self::new(StatusCode::CONFLICT, "stale", detail) }
    }

    /// 413.
    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail)
    }

    /// 416.
    pub fn unsatisfiable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::RANGE_NOT_SATISFIABLE, "range", detail)
    }

    /// 422: a document with findings.
    pub fn document(detail: impl Into<String>, diagnostics: Vec<Diagnostic>) -> Self {
        Self { diagnostics, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "document", detail) }
    }

    /// 429.
    pub fn too_many(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many", detail)
    }

    /// 503: nothing was changed, and the same request may succeed later.
    pub fn unavailable(cause: impl Into<String>) -> Self {
        Self {
            cause: Some(cause.into()),
            ..Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "The server cannot do this right now; nothing was changed. Try again.",
            )
        }
    }

    /// 500: a fault of the server.
    pub fn internal(cause: impl Into<String>) -> Self {
        Self {
            cause: Some(cause.into()),
            ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The server failed; its log says why, under this request id.")
        }
    }

    /// The status that the client gets.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The sentence that the client gets.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { what } => Self::not_found(format!("{what} does not exist")),
            StoreError::Conflict(_) => {
                Self { cause: Some(error.to_string()), ..Self::conflict("Something of this name or number exists already") }
            }
            StoreError::WrongCount { .. } => {
                Self { cause: Some(error.to_string()), ..Self::conflict("It was changed by somebody else meanwhile; look at it again") }
            }
            temporary if temporary.is_temporary() => Self::unavailable(temporary.to_string()),
            other => Self::internal(other.to_string()),
        }
    }
}

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<StoreError>() {
            Ok(error) => error.into(),
            Err(error) => Self::internal(format!("{error:#}")),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        if let Some(cause) = &self.cause {
            if self.status.is_server_error() {
                tracing::error!(status = self.status.as_u16(), %cause, "a request failed");
            } else {
                tracing::debug!(status = self.status.as_u16(), %cause, "a request was refused");
            }
        }
        let problem = Problem {
            kind: self.kind.to_owned(),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            detail: self.detail,
            request_id: None,
            diagnostics: self.diagnostics,
            stale: self.stale,
        };
        let mut response = (self.status, axum::Json(problem)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE || self.status == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
