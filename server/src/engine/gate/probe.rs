//! Asking something outside of the server: only public addresses unless a setting says otherwise, no redirects, bounded time and answer.

use super::checks::{Answer, CheckStatus, evaluate};
use crate::notify::is_public;
use andon_pipelines::document::HttpProbe;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Response, Url};
use serde_json::{Value, json};
use std::error::Error as StdError;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// The longest answer that is read.
const LARGEST_ANSWER: usize = 64 * 1024;

/// Asks probes. Clones share the connections.
#[derive(Clone, Debug)]
pub struct Prober {
    client: Client,
    allow_private: bool,
}

impl Prober {
    /// `allow_private` lets probes ask addresses of this machine and of private networks.
    ///
    /// # Errors
    /// Where the TLS back end cannot be set up.
    pub fn new(allow_private: bool) -> Result<Self, reqwest::Error> {
        // Harmless where the program has chosen its provider already; needed where it has not.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A bare machine has no certificate authorities. Then http still works, and https says why it does not.
        let client = builder(allow_private).build().or_else(|_| builder(allow_private).tls_certs_only([]).build())?;
        Ok(Self { client, allow_private })
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
        let url = self.check(&probe.url)?;
        let request = self.client.get(url).timeout(Duration::from_millis(probe.timeout));
        let response = request.send().await.map_err(|error| explain(&error))?;
        let status = response.status().as_u16();
        let body = read(response).await?;
        let text = String::from_utf8_lossy(&body).into_owned();
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    /// The client never asks the resolver about an address that stands in the URL itself, so that is looked at here.
    fn check(&self, url: &str) -> Result<Url, String> {
        let url = Url::parse(url).map_err(|error| format!("its address is no URL: {error}"))?;
        let literal = url.host_str().and_then(|host| host.trim_matches(['[', ']']).parse::<IpAddr>().ok());
        match literal {
            _ if !matches!(url.scheme(), "http" | "https") => Err("its address begins with https:// or http://".to_owned()),
            Some(address) if !self.allow_private && !is_public(address) => Err(forbidden(&address.to_string())),
            _ => Ok(url),
        }
    }
}

fn builder(allow_private: bool) -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("andon/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        // A proxy would resolve the name itself, out of reach of the check of addresses.
        .no_proxy()
        .dns_resolver(Arc::new(PublicOnly { allow_private }))
}

/// Gives the client only addresses that it may connect to, so that a name cannot mean one address when it is checked and another when it
/// is used.
#[derive(Debug)]
struct PublicOnly {
    allow_private: bool,
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let allowed: Vec<_> = found.iter().copied().filter(|address| allow_private || is_public(address.ip())).collect();
            if allowed.is_empty() && !found.is_empty() {
                return Err(Box::new(Forbidden(name.as_str().to_owned())) as Box<dyn StdError + Send + Sync>);
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0} is an address of this machine or of a private network")]
struct Forbidden(String);

fn forbidden(host: &str) -> String {
    format!(
        "{host} is an address of this machine or of a private network, which probes may not ask; an administrator can allow it in the settings"
    )
}

fn explain(error: &reqwest::Error) -> String {
    let mut source: Option<&(dyn StdError + 'static)> = Some(error);
    let mut last = String::new();
    while let Some(cause) = source {
        if let Some(Forbidden(host)) = cause.downcast_ref() {
            return forbidden(host);
        }
        last = cause.to_string();
        source = cause.source();
    }
    let what = if error.is_timeout() { "it gave no answer in time" } else { "it could not be reached" };
    format!("{what}: {last}")
}

/// Reads the answer; one that is too long is none.
async fn read(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(bytes) = response.chunk().await.map_err(|error| explain(&error))? {
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
        let answer = Prober::new(allow_private).unwrap().ask(&probe).await;
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
