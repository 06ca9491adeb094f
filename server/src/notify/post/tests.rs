//! Against a real receiver on a real socket.

use super::super::message::samples;
use super::super::{WebhookSecret, render_webhook};
use super::*;
use andon_pipelines::ids::DeliveryId;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode as Status};
use axum::response::{IntoResponse, Redirect};
use axum::routing::post;
use axum::{Router, response::Response as AxumResponse};
use base64::Engine as _;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::task::JoinHandle;

const KEY: [u8; 32] = [7; 32];
const NOW_MS: i64 = 1_700_000_000_000;

struct Receiver {
    base: String,
    /// Requests that reached `/caught`, where nothing should ever arrive.
    caught: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn receive() -> Receiver {
    let caught = Arc::new(AtomicUsize::new(0));
    let count = |State(caught): State<Arc<AtomicUsize>>| async move {
        caught.fetch_add(1, Ordering::SeqCst);
    };
    let router = Router::new()
        .route("/signed", post(verify))
        .route("/redirect", post(|| async { Redirect::temporary("/caught") }))
        .route("/metadata", post(|| async { Redirect::temporary("http://169.254.169.254/latest/meta-data/") }))
        .route("/caught", post(count).get(count))
        .route("/endless", post(|| async { endless("xxxxxxxxx\n") }))
        .route("/endless-error", post(|| async { (Status::BAD_REQUEST, endless("<no>\n")) }))
        .route("/silent", post(std::future::pending::<()>))
        .route("/broken", post(|| async { (Status::INTERNAL_SERVER_ERROR, "the database is away") }))
        .route("/busy", post(|| async { (Status::TOO_MANY_REQUESTS, [("retry-after", "30")], "slow down") }))
        .route("/later", post(|| async { (Status::SERVICE_UNAVAILABLE, [("retry-after", "Tue, 14 Nov 2023 22:15:20 GMT")], "") }))
        .route("/never", post(|| async { (Status::SERVICE_UNAVAILABLE, [("retry-after", "4000000000")], "") }))
        .route("/gone", post(|| async { (Status::GONE, "no such hook") }))
        .with_state(Arc::clone(&caught));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let task = tokio::spawn(async move {
        axum::serve(listener, router).await.expect("the receiver runs");
    });
    Receiver { base, caught, task }
}

fn endless(text: &'static str) -> Body {
    let pieces = std::iter::repeat_with(move || Ok::<_, std::io::Error>(Bytes::from_static(text.as_bytes())));
    Body::from_stream(futures::stream::iter(pieces))
}

/// Verifies as the specification tells receivers to, without the code under test.
async fn verify(headers: HeaderMap, body: String) -> AxumResponse {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let signed = format!("{}.{}.{body}", header("webhook-id"), header("webhook-timestamp"));
    let mut mac = Hmac::<Sha256>::new_from_slice(&KEY).expect("a key");
    mac.update(signed.as_bytes());
    let expected = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
    if header("webhook-signature") == format!("v1,{expected}") && header("content-type") == "application/json" {
        (Status::OK, "thank you").into_response()
    } else {
        (Status::UNAUTHORIZED, "bad signature").into_response()
    }
}

fn poster(allow_private: bool, timeout_ms: u64) -> Poster {
    Poster::new(Outgoing::new(allow_private).expect("a client"), Duration::from_millis(timeout_ms))
}

async fn send_to(url: &str) -> Result<Answer, SendError> {
    poster(true, 20_000).send(url, &[], "{}".to_owned(), NOW_MS).await
}

#[tokio::test]
async fn a_signed_webhook_is_verified_by_its_receiver() {
    let receiver = receive().await;
    let encoded = base64::engine::general_purpose::STANDARD.encode(KEY);
    let secret = WebhookSecret::parse(&format!("whsec_{encoded}").into()).expect("a secret");
    let webhook = render_webhook(&samples::gate(), DeliveryId::from_number(9), NOW_MS, NOW_MS, &secret);
    let url = format!("{}/signed", receiver.base);
    let answer = poster(true, 20_000).send(&url, &webhook.headers, webhook.body.clone(), NOW_MS).await.expect("accepted");
    assert_eq!(answer, Answer { status: 200, body: "thank you".into() });
    let changed = webhook.body.replace("sign-off", "sign-up");
    let error = poster(true, 20_000).send(&url, &webhook.headers, changed, NOW_MS).await.expect_err("refused");
    assert!(!error.is_temporary() && error.detail.contains("401 Unauthorized: bad signature"), "{error}");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let receiver = receive().await;
    let error = send_to(&format!("{}/redirect", receiver.base)).await.expect_err("a redirect");
    assert!(!error.is_temporary() && error.detail.contains("redirects are not followed"), "{error}");
    assert_eq!(receiver.caught.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn nobody_is_led_to_the_metadata_of_a_cloud() {
    let receiver = receive().await;
    let error = send_to(&format!("{}/metadata", receiver.base)).await.expect_err("a redirect");
    assert!(!error.is_temporary() && error.detail.contains("redirects are not followed"), "{error}");
    for host in ["169.254.169.254", "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "0xa9fea9fe", "2852039166"] {
        let error = poster(false, 20_000).send(&format!("http://{host}/latest/meta-data/"), &[], String::new(), NOW_MS).await;
        assert!(error.expect_err(host).detail.contains("private network"), "{host}");
    }
}

#[tokio::test]
async fn inner_addresses_are_not_reached_in_any_spelling() {
    let receiver = receive().await;
    let port = receiver.base.rsplit(':').next().expect("a port");
    let hosts = ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "[::]", "0.0.0.0"];
    for host in hosts {
        let url = format!("http://{host}:{port}/caught");
        let error = poster(false, 20_000).send(&url, &[], "{}".to_owned(), NOW_MS).await.expect_err(host);
        assert!(!error.is_temporary() && error.detail.contains("private network"), "{host}: {error}");
    }
    assert_eq!(receiver.caught.load(Ordering::SeqCst), 0);
    let allowed = poster(true, 20_000).send(&format!("http://localhost:{port}/caught"), &[], "{}".to_owned(), NOW_MS).await;
    assert_eq!(allowed.expect("allowed by the setting").status, 200);
}

#[tokio::test]
async fn only_web_addresses_are_taken() {
    for url in ["", "nonsense", "file:///etc/passwd", "ftp://example.org/", "gopher://example.org/", "http://", "//example.org"] {
        let error = send_to(url).await.expect_err(url);
        assert!(!error.is_temporary(), "{url}: {error}");
    }
}

#[tokio::test]
async fn an_endless_answer_is_cut() {
    let receiver = receive().await;
    let answer = send_to(&format!("{}/endless", receiver.base)).await.expect("a success");
    assert_eq!((answer.status, answer.body.len()), (200, LARGEST_ANSWER));
    let error = send_to(&format!("{}/endless-error", receiver.base)).await.expect_err("an error");
    assert!(!error.is_temporary() && error.detail.len() < 1000, "{error}");
}

#[tokio::test]
async fn silence_ends_in_a_temporary_failure() {
    let receiver = receive().await;
    let error = poster(true, 200).send(&format!("{}/silent?token=hush", receiver.base), &[], "{}".to_owned(), NOW_MS).await;
    let error = error.expect_err("silence");
    assert!(error.is_temporary() && error.detail.contains("no answer in time") && !error.detail.contains("hush"), "{error}");
}

#[tokio::test]
async fn each_status_has_its_class_and_its_pause() {
    let receiver = receive().await;
    let cases = [
        ("/broken", true, None, "500 Internal Server Error: the database is away"),
        ("/busy", true, Some(30_000), "429"),
        ("/later", true, Some(120_000), "503"),
        ("/never", true, Some(LONGEST_RETRY_MS), "503"),
        ("/gone", false, None, "410 Gone: no such hook"),
        ("/nowhere", false, None, "404"),
    ];
    for (path, temporary, pause, text) in cases {
        let error = send_to(&format!("{}{path}", receiver.base)).await.expect_err(path);
        assert_eq!((error.is_temporary(), error.retry_after_ms), (temporary, pause), "{path}: {error}");
        assert!(error.detail.contains(text), "{error}");
    }
}

#[tokio::test]
async fn a_closed_port_is_temporary_and_the_address_stays_secret() {
    let base = receive().await.base.clone();
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/services/T000/B000/hush", closed.local_addr().expect("an address"));
    drop(closed);
    let error = send_to(&url).await.expect_err("closed");
    assert!(error.is_temporary() && !error.detail.contains("hush"), "{error} {base}");
    let error = poster(true, 20_000).send(&url, &[("bad\nname".to_owned(), "x".to_owned())], "{}".to_owned(), NOW_MS).await;
    assert!(!error.expect_err("a header that is none").is_temporary());
}
