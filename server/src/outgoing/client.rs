//! The client that webhooks and probes share.

use super::address::is_public;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Url};
use std::error::Error as StdError;
use std::net::IpAddr;
use std::sync::Arc;

/// Why there is no answer. None of it holds the URL, which for many services is the secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("its address is no URL: {0}")]
    NoUrl(String),
    #[error("its address must begin with https:// or http://")]
    NotHttp,
    #[error("{0} is an address of this machine or of a private network; an administrator can allow these in the settings")]
    Private(String),
    #[error("the request cannot be made: {0}")]
    BadRequest(String),
    #[error("it gave no answer in time: {0}")]
    TimedOut(String),
    #[error("it could not be reached: {0}")]
    Unreachable(String),
}

/// Makes requests. Clones share the connections.
#[derive(Clone, Debug)]
pub struct Outgoing {
    client: Client,
    allow_private: bool,
}

impl Outgoing {
    /// `allow_private` lets requests go to this machine and to private networks.
    ///
    /// # Errors
    /// Where the TLS back end cannot be set up.
    pub fn new(allow_private: bool) -> Result<Self, reqwest::Error> {
        let client = builder(allow_private).build().or_else(|error| {
            // A bare machine has no certificate authorities. Then http still works, and https says why it does not.
            tracing::warn!(%error, "requests over https will fail: install the package ca-certificates and restart");
            builder(allow_private).tls_certs_only([]).build()
        })?;
        Ok(Self { client, allow_private })
    }

    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Reads an address. The client never asks the resolver about a number that stands in the URL itself, so that is looked at here.
    ///
    /// # Errors
    /// [`Refusal::NoUrl`], [`Refusal::NotHttp`] and [`Refusal::Private`].
    pub fn check(&self, url: &str) -> Result<Url, Refusal> {
        let url = Url::parse(url).map_err(|error| Refusal::NoUrl(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refusal::NotHttp);
        }
        let literal = url.host_str().and_then(|host| host.trim_matches(['[', ']']).parse::<IpAddr>().ok());
        match literal {
            Some(address) if !self.allow_private && !is_public(address) => Err(Refusal::Private(address.to_string())),
            _ => Ok(url),
        }
    }
}

/// Looks for the reason behind the client's error.
impl From<reqwest::Error> for Refusal {
    fn from(error: reqwest::Error) -> Self {
        let mut source: Option<&(dyn StdError + 'static)> = Some(&error);
        let mut last = String::new();
        while let Some(cause) = source {
            if let Some(Private(host)) = cause.downcast_ref() {
                return Self::Private(host.clone());
            }
            last = cause.to_string();
            source = cause.source();
        }
        match () {
            () if error.is_builder() => Self::BadRequest(last),
            () if error.is_timeout() => Self::TimedOut(last),
            () => Self::Unreachable(last),
        }
    }
}

fn builder(allow_private: bool) -> ClientBuilder {
    // Harmless where the program has chosen its provider already; needed where it has not.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .user_agent(concat!("andon/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        // A proxy would resolve the name itself, out of reach of the check of addresses.
        .no_proxy()
        .dns_resolver(Arc::new(GuardedResolver { allow_private }))
}

/// Gives the client only addresses that it may connect to; it connects to these and asks nobody again, so a name cannot
/// mean one address when it is checked and another when it is used.
#[derive(Debug)]
struct GuardedResolver {
    allow_private: bool,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let allowed: Vec<_> = found.iter().copied().filter(|address| allow_private || is_public(address.ip())).collect();
            if allowed.is_empty() && !found.is_empty() {
                return Err(Box::new(Private(name.as_str().to_owned())) as Box<dyn StdError + Send + Sync>);
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Carries the reason through the client.
#[derive(Debug, thiserror::Error)]
#[error("{0} is an address of this machine or of a private network")]
struct Private(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_is_resolved_once_and_only_checked_addresses_are_connected_to() {
        // The client gets its addresses from this resolver and asks nobody again, so that a name cannot change between check and use.
        let guarded = GuardedResolver { allow_private: false };
        let refused = guarded.resolve("localhost".parse().unwrap()).await;
        assert!(refused.err().is_some_and(|error| error.to_string().contains("private network")));
        let open = GuardedResolver { allow_private: true };
        let found: Vec<_> = open.resolve("localhost".parse().unwrap()).await.unwrap().collect();
        assert!(!found.is_empty() && found.iter().all(|address| address.ip().is_loopback()));
    }

    #[tokio::test]
    async fn a_machine_without_certificate_authorities_still_asks_over_http() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let router = axum::Router::new().route("/", axum::routing::get(|| async { "well" }));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let bare = builder(true).tls_certs_only([]).build().unwrap();
        let answer = bare.get(url).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        server.abort();
    }
}
