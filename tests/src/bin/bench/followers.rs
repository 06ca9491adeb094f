//! Many who follow at once: each a connection of its own that reads all it gets and thinks nothing of it.

use andon_tests::Server;
use anyhow::{Context, ensure};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// Connected followers. They go when dropped.
pub struct Followers(Vec<Follower>);

struct Follower {
    reading: JoinHandle<()>,
    has_heard: Arc<AtomicBool>,
}

impl Followers {
    /// So many of the event stream.
    pub async fn of_events(server: &Server, count: u32) -> anyhow::Result<Self> {
        Self::of(server, "/api/v1/events", count).await
    }

    /// So many of one job run's log.
    pub async fn of_log(server: &Server, job_run: &str, count: u32) -> anyhow::Result<Self> {
        Self::of(server, &format!("/api/v1/workspaces/main/job-runs/{job_run}/log"), count).await
    }

    async fn of(server: &Server, path: &str, count: u32) -> anyhow::Result<Self> {
        let mut followers = Self(Vec::new());
        for _ in 0..count {
            followers.0.push(Follower::connect(server, path).await?);
        }
        Ok(followers)
    }

    /// Ends them all. Fails where one of them never heard anything: then it was no follower.
    pub fn leave(self) -> anyhow::Result<()> {
        let deaf = self.0.iter().filter(|follower| !follower.has_heard.load(Ordering::SeqCst)).count();
        ensure!(deaf == 0, "{deaf} of {} followers heard nothing", self.0.len());
        Ok(())
    }
}

impl Follower {
    async fn connect(server: &Server, path: &str) -> anyhow::Result<Self> {
        let address = server.api.url.strip_prefix("http://").context("the address is http")?;
        let mut stream = TcpStream::connect(address).await?;
        let token = &server.api.token;
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\naccept: text/event-stream\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut buffer = vec![0; 16 << 10];
        let read = stream.read(&mut buffer).await?;
        ensure!(buffer[..read].starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&buffer[..read]));
        let has_heard = Arc::new(AtomicBool::new(contains_event(&buffer[..read])));
        let heard = Arc::clone(&has_heard);
        let reading = tokio::spawn(async move {
            while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                if !heard.load(Ordering::Relaxed) && contains_event(&buffer[..read]) {
                    heard.store(true, Ordering::SeqCst);
                }
            }
        });
        Ok(Self { reading, has_heard })
    }
}

fn contains_event(bytes: &[u8]) -> bool {
    bytes.windows(6).any(|part| part == b"event:")
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.reading.abort();
    }
}
