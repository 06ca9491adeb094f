//! What a server or the way to it said, as something to act on.

use crate::commands::definition::show_plan;
use crate::failure::Failure;
use crate::terminal::clean;
use andon_pipelines::document::render;
use andon_server::http::Problem;
use reqwest::{StatusCode, Url};
use std::error::Error as _;

/// The server was not reached.
pub fn explain(error: &reqwest::Error, base: &Url) -> Failure {
    let mut cause = error.source();
    let mut last = error.to_string();
    while let Some(inner) = cause {
        last = inner.to_string();
        cause = inner.source();
    }
    let base = base.as_str().trim_end_matches('/');
    if error.is_builder() {
        return Failure::usage(format!("the request to {base} cannot be made: {last}"));
    }
    let what = if error.is_timeout() { "gave no answer in time" } else { "cannot be reached" };
    let next = "Is the server running there? `--url` or ANDON_URL says where it is";
    Failure::Connection(format!("{base} {what}: {}. {next}", clean(&last)))
}

/// The server refused.
pub fn refuse(status: StatusCode, body: &[u8], base: &Url) -> Failure {
    let base = base.as_str().trim_end_matches('/');
    let Ok(problem) = serde_json::from_slice::<Problem>(body) else {
        return Failure::failed(format!("{base} answered {status}, and not as an Andon server does; check `--url`"));
    };
    let mut text = if problem.diagnostics.is_empty() { String::new() } else { format!("{}\n", render(&problem.diagnostics)) };
    if let Some(stale) = &problem.stale {
        let lines = stale.diff.iter().flat_map(|diff| diff.lines()).map(|line| clean(line) + "\n");
        text.extend(lines);
        text.extend(stale.plan.as_ref().map(|plan| format!("\nSince revision {}, {}\n", stale.base, show_plan(plan))));
    }
    text.push_str(&clean(if problem.detail.is_empty() { &problem.title } else { &problem.detail }));
    if let Some(current) = problem.stale.as_ref().and_then(|stale| stale.current) {
        text.push_str(&format!("\nThen set the file with `--expect {current}`"));
    }
    match status {
        StatusCode::UNAUTHORIZED => text.push_str("\nSign in with `andon login`, or set ANDON_TOKEN"),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => text.push_str("\nNothing was changed; try again in a moment"),
        _ => {}
    }
    if let Some(request) = problem.request_id.filter(|_| status.is_server_error()) {
        text.push_str(&format!("\nThe server's log knows this request as {}", clean(&request)));
    }
    Failure::Failed(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn base() -> Url {
        Url::parse("http://127.0.0.1:8080").expect("a URL")
    }

    fn text(status: u16, body: &serde_json::Value) -> String {
        let failure = refuse(StatusCode::from_u16(status).expect("a status"), body.to_string().as_bytes(), &base());
        assert_eq!(failure.code(), 1);
        failure.text().expect("a text").to_owned()
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        let problem = |status: u16| json!({"type": "x", "title": "X", "status": status, "detail": "No.\u{1b}[2J", "request_id": "r-1"});
        assert_eq!(text(404, &problem(404)), "No.\u{fffd}[2J");
        assert!(text(401, &problem(401)).ends_with("Sign in with `andon login`, or set ANDON_TOKEN"));
        assert!(text(500, &problem(500)).ends_with("knows this request as r-1"));
        assert!(text(502, &json!("<html>")).contains("not as an Andon server does"));
    }

    #[test]
    fn diagnostics_are_shown_with_their_place() {
        let finding = json!({"severity": "error", "code": "unknown-resource", "file": "shop.yml", "line": 3, "column": 5, "length": 6,
            "source": "    soruce", "message": "unknown resource \"soruce\"", "suggestion": "did you mean \"source\"?"});
        let problem = json!({"type": "document", "title": "T", "status": 422, "detail": "The file has errors", "diagnostics": [finding]});
        let text = text(422, &problem);
        assert!(text.contains("shop.yml:3:5") && text.contains("did you mean") && text.ends_with("The file has errors"), "{text}");
    }
}
