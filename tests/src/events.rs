//! The event stream, followed.

use crate::Api;
use anyhow::{Context, ensure};
use reqwest::{Method, Response};
use serde_json::Value;

/// A followed stream of server-sent events.
#[derive(Debug)]
pub struct Events {
    response: Response,
    buffer: Vec<u8>,
}

impl Events {
    /// The server's events after this sequence; without one, from now on.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn follow(api: &Api, after: Option<i64>) -> anyhow::Result<Self> {
        let query = after.map(|after| format!("?after={after}")).unwrap_or_default();
        Self::open(api, &format!("/api/v1/events{query}")).await
    }

    /// A job run's log, piece by piece.
    ///
    /// # Errors
    /// When the server refuses or is away.
    pub async fn follow_log(api: &Api, job_run: &str) -> anyhow::Result<Self> {
        Self::open(api, &format!("job-runs/{job_run}/log")).await
    }

    async fn open(api: &Api, path: &str) -> anyhow::Result<Self> {
        let response = api.request(Method::GET, path).header("Accept", "text/event-stream").send().await?;
        ensure!(response.status().is_success(), "{path}: {} {}", response.status(), response.text().await?);
        Ok(Self { response, buffer: Vec::new() })
    }

    /// The next event: its kind and its data.
    ///
    /// # Errors
    /// When the stream ends.
    pub async fn next(&mut self) -> anyhow::Result<(String, Value)> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = self.buffer.drain(..end + 2).collect();
                let block = String::from_utf8_lossy(&block).into_owned();
                let field = |name: &str| {
                    block.lines().filter_map(|line| line.strip_prefix(name)).map(str::trim_start).collect::<Vec<_>>().join("\n")
                };
                let (kind, data) = (field("event:"), field("data:"));
                if !data.is_empty() || !kind.is_empty() {
                    let data = if data.is_empty() { Value::Null } else { serde_json::from_str(&data).with_context(|| data.clone())? };
                    return Ok((kind, data));
                }
                continue;
            }
            let piece = self.response.chunk().await.context("the stream broke")?.context("the stream ended")?;
            self.buffer.extend_from_slice(&piece);
        }
    }
}
