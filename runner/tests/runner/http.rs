//! The transport for servers elsewhere, against a real HTTP server on the loopback.

use andon_pipelines::{
    ids::{ExecutionId, RunnerId},
    wire::*,
};
use andon_runner::{HttpTransport, Transport, TransportError};
use axum::{
    Json, Router,
    body::Bytes,
    extract::Path,
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex};
use tokio::io::AsyncReadExt;
use tokio_util::sync::CancellationToken;

type Blobs = Arc<Mutex<std::collections::BTreeMap<String, Vec<u8>>>>;

async fn serve() -> (String, CancellationToken) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let blobs = Blobs::default();
    let (get_from, put_to) = (Arc::clone(&blobs), blobs);
    let find = move |Path((_, digest)): Path<(String, String)>| {
        let found = get_from.lock().expect("no one panics").get(&digest).cloned();
        async move { found.ok_or(StatusCode::NOT_FOUND) }
    };
    let keep = move |Path((_, digest)): Path<(String, String)>, body: Bytes| {
        let fits = hex::encode(Sha256::digest(&body)) == digest;
        put_to.lock().expect("no one panics").insert(digest, body.to_vec());
        async move { if fits { StatusCode::NO_CONTENT } else { StatusCode::BAD_REQUEST } }
    };
    let register = |headers: HeaderMap, Json(_): Json<Registration>| async move {
        match headers["authorization"].to_str() {
            Ok("Bearer right") => Ok(Json(Registered { runner: RunnerId::from_number(7), heartbeat_ms: 1, lease_ms: 2 })),
            _ => Err((StatusCode::UNAUTHORIZED, Json(serde_json::json!({ "title": "Unauthorized", "detail": "unknown token" })))),
        }
    };
    let report = |Json(batch): Json<ReportBatch>| async move {
        match batch.runner == RunnerId::from_number(7) {
            true => Ok(Json(ReportAnswer { stop: batch.running, ..ReportAnswer::default() })),
            false => Err(StatusCode::NOT_FOUND),
        }
    };
    let routes = Router::new()
        .route("/api/v1/runner/register", post(register))
        .route("/api/v1/runner/report", post(report))
        .route("/api/v1/runner/claim", post(|| async { StatusCode::SERVICE_UNAVAILABLE }))
        .route("/api/v1/runner/executions/{execution}/blobs/{digest}", get(find).put(keep));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = format!("http://{}/", listener.local_addr().expect("it is bound"));
    let end = CancellationToken::new();
    tokio::spawn(axum::serve(listener, routes).with_graceful_shutdown(end.clone().cancelled_owned()).into_future());
    (address, end)
}

fn registration() -> Registration {
    Registration {
        name: "one".to_owned(),
        labels: Vec::new(),
        slots: 1,
        executor: "host".to_owned(),
        isolation: "none".to_owned(),
        notice: None,
        version: "0".to_owned(),
    }
}

#[tokio::test]
async fn requests_reach_the_server_and_errors_are_told_apart() {
    let (address, end) = serve().await;
    let transport = HttpTransport::new(&address, "right".to_owned().into()).expect("the address is one");
    let registered = transport.register(&registration()).await.expect("the token is right");
    assert_eq!(registered.runner, RunnerId::from_number(7));
    let execution = ExecutionId::from_number(1);
    let mut batch = ReportBatch { runner: registered.runner, running: vec![execution], reports: Vec::new(), draining: false, takes: 0 };
    assert_eq!(transport.report(&batch).await.expect("the runner is known").stop, [execution]);
    batch.runner = RunnerId::from_number(8);
    assert!(matches!(transport.report(&batch).await, Err(TransportError::UnknownRunner(_))));
    let claim = Claim { runner: registered.runner, free: 1, wait_ms: 10, stopping: Vec::new(), holding: None };
    assert!(matches!(transport.claim(&claim).await, Err(TransportError::Unreachable(_))));
    let stranger = HttpTransport::new(&address, "wrong".to_owned().into()).expect("the address is one");
    let error = stranger.register(&registration()).await.expect_err("the token is wrong");
    assert_eq!(error, TransportError::Refused("401 Unauthorized: unknown token".to_owned()));
    assert!(!format!("{transport:?}").contains("right"));
    end.cancel();
    let nowhere = HttpTransport::new("http://127.0.0.1:1", "right".to_owned().into()).expect("the address is one");
    assert!(matches!(nowhere.register(&registration()).await, Err(TransportError::Unreachable(_))));
    assert!(HttpTransport::new("ftp://example.org", "x".to_owned().into()).is_err());
}

#[tokio::test]
async fn blobs_go_both_ways() {
    let (address, end) = serve().await;
    let transport = HttpTransport::new(&address, "right".to_owned().into()).expect("the address is one");
    let folder = crate::harness::new_folder();
    let path = folder.path().join("blob");
    let bytes: Vec<u8> = (0..300_000u32).map(|number| (number % 251) as u8).collect();
    std::fs::write(&path, &bytes).expect("a file can be written");
    let blob = Blob { digest: hex::encode(Sha256::digest(&bytes)), size: bytes.len() as u64 };
    let execution = ExecutionId::from_number(1);
    transport.store_blob(execution, &blob, &path).await.expect("it is stored");
    let mut read = Vec::new();
    let mut reader = transport.fetch_blob(execution, &blob.digest).await.expect("it is there");
    reader.read_to_end(&mut read).await.expect("it arrives");
    assert_eq!(read, bytes);
    let wrong = Blob { digest: "00".to_owned(), ..blob };
    assert!(matches!(transport.store_blob(execution, &wrong, &path).await, Err(TransportError::Invalid(_))));
    assert!(matches!(transport.fetch_blob(execution, "11").await, Err(TransportError::Invalid(_))));
    end.cancel();
}
