//! `git http-backend`: starting it as a CGI program and reading its answer.

use super::process::{Running, git_command, read_complaint};
use super::spool::Spooled;
use super::{GitBody, GitError, GitResponse};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::ChildStdout;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::JoinHandle;
use tokio_stream::wrappers::ReceiverStream;

const HEAD_MAX_BYTES: usize = 16 * 1024;
/// Chunks that wait for the client before git is held back.
const CHUNKS_AHEAD: usize = 8;
const CHUNK_BYTES: usize = 64 * 1024;

/// One call of the CGI program.
pub(super) struct Call {
    /// The CGI variables.
    pub variables: Vec<(&'static str, OsString)>,
    pub settings: Vec<(String, String)>,
    pub body: Option<Spooled>,
    pub timeout: Duration,
    pub permit: OwnedSemaphorePermit,
}

/// A started backend whose answer's head has been read.
struct Answering {
    running: Running,
    stdout: ChildStdout,
    complaint: JoinHandle<String>,
    status: StatusCode,
    headers: HeaderMap,
    /// What of the body came with the head.
    first: Bytes,
    _permit: OwnedSemaphorePermit,
}

/// Starts the backend and answers while it writes. Dropping the answer's body, or `timeout`, ends git.
pub(super) async fn stream_answer(call: Call) -> Result<GitResponse, GitError> {
    let timeout = call.timeout;
    let answering = start_backend(call).await?;
    let (status, headers) = (answering.status, answering.headers.clone());
    let (sender, receiver) = mpsc::channel(CHUNKS_AHEAD);
    tokio::spawn(async move {
        let pumped = tokio::select! {
            pumped = pump(answering, &sender) => pumped,
            () = sender.closed() => Ok(()),
            () = tokio::time::sleep(timeout) => Err(GitError::Timeout { seconds: timeout.as_secs() }),
        };
        if let Err(error) = pumped {
            tracing::warn!(%error, "a git client got an incomplete answer");
            // The client must see a broken transfer, never a short one that looks whole.
            let _ = sender.send(Err(std::io::Error::other(error))).await;
        }
    });
    Ok(GitResponse { status, headers, body: GitBody::Streaming(ReceiverStream::new(receiver).boxed()) })
}

/// Runs the backend to its end and keeps the whole answer, of at most `max_bytes`.
pub(super) async fn collect_answer(call: Call, max_bytes: usize) -> Result<GitResponse, GitError> {
    let timeout = call.timeout;
    let work = async {
        let mut answering = start_backend(call).await?;
        let mut body = BytesMut::from(&answering.first[..]);
        while answering.stdout.read_buf(&mut body).await.map_err(GitError::io("reading git's answer"))? > 0 {
            if body.len() > max_bytes {
                return Err(GitError::TooLarge { what: "git's answer to a push".into(), limit_bytes: max_bytes as u64 });
            }
        }
        finish_backend(&mut answering).await?;
        Ok(GitResponse { status: answering.status, headers: answering.headers.clone(), body: GitBody::Whole(body.freeze()) })
    };
    tokio::time::timeout(timeout, work).await.map_err(|_| GitError::Timeout { seconds: timeout.as_secs() })?
}

async fn pump(mut answering: Answering, sender: &mpsc::Sender<std::io::Result<Bytes>>) -> Result<(), GitError> {
    let mut chunk = std::mem::take(&mut answering.first);
    loop {
        if !chunk.is_empty() && sender.send(Ok(chunk)).await.is_err() {
            return Ok(());
        }
        let mut buffer = BytesMut::with_capacity(CHUNK_BYTES);
        if answering.stdout.read_buf(&mut buffer).await.map_err(GitError::io("reading git's answer"))? == 0 {
            return finish_backend(&mut answering).await;
        }
        chunk = buffer.freeze();
    }
}

async fn start_backend(call: Call) -> Result<Answering, GitError> {
    let mut command = git_command(&call.settings);
    command.arg("http-backend").envs(call.variables);
    if let Some(body) = call.body {
        command.env("CONTENT_LENGTH", body.size_bytes.to_string()).stdin(Stdio::from(body.file));
    }
    let mut running = Running(command.spawn().map_err(GitError::io("starting git; is it installed?"))?);
    let mut stdout = running.0.stdout.take().expect("standard output is piped");
    let stderr = running.0.stderr.take().expect("standard error is piped");
    let complaint = tokio::spawn(read_complaint(stderr));
    let mut bytes = BytesMut::with_capacity(CHUNK_BYTES);
    loop {
        if let Some((end, first)) = find_head_end(&bytes) {
            let (status, headers) = read_head(&bytes[..end])?;
            let first = bytes.split_off(first).freeze();
            return Ok(Answering { running, stdout, complaint, status, headers, first, _permit: call.permit });
        }
        let read = stdout.read_buf(&mut bytes).await.map_err(GitError::io("reading git's answer"))?;
        if read == 0 || bytes.len() > HEAD_MAX_BYTES {
            drop(running);
            let detail = complaint.await.unwrap_or_default();
            return Err(GitError::Command { command: "http-backend".into(), detail: format!("no answer: {detail}") });
        }
    }
}

async fn finish_backend(answering: &mut Answering) -> Result<(), GitError> {
    let status = answering.running.0.wait().await.map_err(GitError::io("waiting for git"))?;
    // git may leave a background helper that keeps standard error open; its end is not worth waiting for.
    let complaint = tokio::time::timeout(Duration::from_secs(1), &mut answering.complaint).await;
    let complaint = complaint.ok().and_then(Result::ok).unwrap_or_default();
    if !status.success() {
        return Err(GitError::Command { command: "http-backend".into(), detail: format!("{status}: {complaint}") });
    }
    if !complaint.is_empty() {
        tracing::debug!(complaint, "git http-backend wrote to its standard error");
    }
    Ok(())
}

/// Where the head ends, and where the body begins.
fn find_head_end(bytes: &[u8]) -> Option<(usize, usize)> {
    let crlf = bytes.windows(4).position(|w| w == b"\r\n\r\n").map(|at| (at, at + 4));
    let lf = bytes.windows(2).position(|w| w == b"\n\n").map(|at| (at, at + 2));
    match (crlf, lf) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn read_head(head: &[u8]) -> Result<(StatusCode, HeaderMap), GitError> {
    let wrong = |line: &str| GitError::Command { command: "http-backend".into(), detail: format!("a header that is none: {line}") };
    let mut status = StatusCode::OK;
    let mut headers = HeaderMap::new();
    for line in String::from_utf8_lossy(head).lines() {
        let (name, value) = line.split_once(':').ok_or_else(|| wrong(line))?;
        let value = value.trim();
        if name.eq_ignore_ascii_case("status") {
            let code = value.split(' ').next().unwrap_or_default();
            status = code.parse().map_err(|_| wrong(line))?;
        } else if !name.eq_ignore_ascii_case("content-length") {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong(line))?;
            headers.append(name, HeaderValue::from_str(value).map_err(|_| wrong(line))?);
        }
    }
    Ok((status, headers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_ends_at_the_first_empty_line_of_either_kind() {
        assert_eq!(find_head_end(b"A: b\r\n\r\nx\n\ny"), Some((4, 8)));
        assert_eq!(find_head_end(b"A: b\n\nx\r\n\r\ny"), Some((4, 6)));
        assert_eq!(find_head_end(b"A: b\r\n"), None);
    }

    #[test]
    fn a_head_gives_status_and_headers_and_drops_the_length() {
        let (status, headers) = read_head(b"Status: 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 5").unwrap();
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert_eq!(headers.len(), 1);
        read_head(b"no header").unwrap_err();
    }
}
