//! Asking something outside of the server, in bounded time, for a bounded answer.

use super::checks::{Answer, CheckStatus, evaluate};
use crate::outgoing::{Outgoing, Refusal};
use andon_pipelines::document::HttpProbe;
use reqwest::Response;
use serde_json::{Value, json};
use std::time::Duration;

/// The longest answer that is read.
const LARGEST_ANSWER: usize = 64 * 1024;

/// Asks probes. Clones share the connections.
#[derive(Clone, Debug)]
pub struct Prober {
    outgoing: Outgoing,
}

impl Prober {
    #[must_use]
    pub const fn new(outgoing: Outgoing) -> Self {
        Self { outgoing }
    }

    pub(super) async fn ask(&self, probe: &HttpProbe) -> Answer {
        match self.get(probe).await {
            Err(why) => Answer::new(CheckStatus::Errored, why),
            Ok((status, _)) if status != probe.status => {
                let redirected = if (300..400).contains(&status) { "; redirects are not followed" } else { "" };
                Answer::new(CheckStatus::Failed, format!("it answered {status}, not {}{redirected}", probe.status))
            }
            Ok((status, body)) => match &probe.expect {
                None => Answer::new(CheckStatus::Passed, format!("it answered {status}")),
                Some(expect) => evaluate(expect, &json!({ "status": status, "body": body })),
            },
        }
    }

    async fn get(&self, probe: &HttpProbe) -> Result<(u16, Value), String> {
        let url = self.outgoing.check(&probe.url).map_err(|refusal| refusal.to_string())?;
        let request = self.outgoing.client().get(url).timeout(Duration::from_millis(probe.timeout));
        let response = request.send().await.map_err(|error| Refusal::from(error).to_string())?;
        let status = response.status().as_u16();
        let body = read(response).await?;
        let text = String::from_utf8_lossy(&body).into_owned();
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }
}

/// Reads the answer; one that is too long is none.
async fn read(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(bytes) = response.chunk().await.map_err(|error| Refusal::from(error).to_string())? {
        if body.len() + bytes.len() > LARGEST_ANSWER {
            return Err("its answer is longer than 64 KiB".to_owned());
        }
        body.extend_from_slice(&bytes);
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;
    use axum::routing::get;

    /// A server with an answer that is whole, one that redirects, one that is too long, and one that never ends.
    async fn serve() -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let endless = || async {
            let piece = || Ok::<_, std::io::Error>(bytes::Bytes::from_static(&[b'x'; 4096]));
            axum::body::Body::from_stream(futures::stream::repeat_with(piece)).into_response()
        };
        let router = axum::Router::new()
            .route("/well", get(|| async { axum::Json(json!({"ok": true, "left": 3})) }))
            .route("/elsewhere", get(|| async { axum::response::Redirect::to("http://169.254.169.254/") }))
            .route("/hangs", get(std::future::pending::<String>))
            .route("/endless", get(endless));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        format!("http://{address}")
    }

    async fn ask(allow_private: bool, url: &str, expect: Option<&str>) -> (CheckStatus, String) {
        let probe = HttpProbe { url: url.to_owned(), status: 200, expect: expect.map(str::to_owned), timeout: 500 };
        let answer = Prober::new(Outgoing::new(allow_private).unwrap()).ask(&probe).await;
        (answer.status, answer.detail)
    }

    #[tokio::test]
    async fn an_answer_is_judged_by_its_status_and_body() {
        let base = serve().await;
        let well = format!("{base}/well");
        assert_eq!(ask(true, &well, None).await, (CheckStatus::Passed, "it answered 200".to_owned()));
        assert_eq!(ask(true, &well, Some("body.ok && body.left > 2")).await.0, CheckStatus::Passed);
        assert_eq!(ask(true, &well, Some("body.left > 3")).await.0, CheckStatus::Failed);
        assert_eq!(ask(true, &well, Some("body.gone == 1")).await.0, CheckStatus::Errored);
        assert_eq!(ask(true, &format!("{base}/none"), None).await, (CheckStatus::Failed, "it answered 404, not 200".to_owned()));
    }

    #[tokio::test]
    async fn what_redirects_hangs_or_never_ends_is_no_answer() {
        let base = serve().await;
        let (status, detail) = ask(true, &format!("{base}/elsewhere"), None).await;
        assert_eq!((status, detail.as_str()), (CheckStatus::Failed, "it answered 303, not 200; redirects are not followed"));
        let (status, detail) = ask(true, &format!("{base}/endless"), None).await;
        assert_eq!((status, detail.as_str()), (CheckStatus::Errored, "its answer is longer than 64 KiB"));
        let (status, detail) = ask(true, &format!("{base}/hangs"), None).await;
        assert!(status == CheckStatus::Errored && detail.starts_with("it gave no answer in time"), "{detail}");
    }

    #[tokio::test]
    async fn inner_addresses_are_asked_only_where_that_is_allowed() {
        let base = serve().await;
        let named = base.replace("127.0.0.1", "localhost");
        for url in [base.as_str(), named.as_str(), "http://169.254.169.254/latest", "http://[::1]/", "http://10.0.0.1/"] {
            let (status, detail) = ask(false, url, None).await;
            assert!(status == CheckStatus::Errored && detail.contains("private network"), "{url}: {detail}");
        }
    }
}
