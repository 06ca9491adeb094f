//! A request's body, kept in a nameless file until it is whole: no git process and no lock ever waits for a slow client.

use super::GitError;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// How much of a body is taken, and how long a pause in it may be.
pub(super) struct SpoolLimits {
    /// What the client said it would send.
    pub announced_bytes: Option<u64>,
    pub max_bytes: u64,
    pub idle: Duration,
}

/// A whole body, read from its beginning.
pub(super) struct Spooled {
    pub file: File,
    pub size_bytes: u64,
}

/// How much of a body that is too large is read and thrown away, and for how long: a client reads the refusal only after it has sent
/// everything, and sees a broken connection otherwise.
const DRAINED_MAX_BYTES: u64 = 1024 * 1024 * 1024;
const DRAINING_MAX: Duration = Duration::from_secs(5 * 60);

/// Writes `body` into a nameless file in `folder`.
pub(super) async fn spool_body<B, E>(folder: PathBuf, mut body: B, limits: SpoolLimits) -> Result<Spooled, GitError>
where
    B: Stream<Item = Result<Bytes, E>> + Unpin,
    E: std::fmt::Display,
{
    let too_large = || GitError::TooLarge { what: "the request".into(), limit_bytes: limits.max_bytes };
    if limits.announced_bytes.is_some_and(|size| size > limits.max_bytes) {
        drain_body(body, limits.idle).await;
        return Err(too_large());
    }
    let file = tempfile::tempfile_in(&folder).map_err(GitError::io(format!("making a file in {}", folder.display())))?;
    let mut file = tokio::fs::File::from_std(file);
    let mut size_bytes = 0;
    let keep = || GitError::io("keeping a request's body");
    loop {
        let next = tokio::time::timeout(limits.idle, body.next()).await;
        let Some(chunk) = next.map_err(|_| GitError::Body(format!("nothing came for {} seconds", limits.idle.as_secs())))? else {
            break;
        };
        let chunk = chunk.map_err(|error| GitError::Body(error.to_string()))?;
        size_bytes += chunk.len() as u64;
        if size_bytes > limits.max_bytes {
            // Its disk space is free again before the rest arrives.
            drop(file);
            drain_body(body, limits.idle).await;
            return Err(too_large());
        }
        file.write_all(&chunk).await.map_err(keep())?;
    }
    file.flush().await.map_err(keep())?;
    let mut file = file.into_std().await;
    file.seek(SeekFrom::Start(0)).map_err(keep())?;
    Ok(Spooled { file, size_bytes })
}

async fn drain_body<B, E>(mut body: B, idle: Duration)
where
    B: Stream<Item = Result<Bytes, E>> + Unpin,
{
    let drain = async {
        let mut drained_bytes = 0;
        while let Ok(Some(Ok(chunk))) = tokio::time::timeout(idle, body.next()).await {
            drained_bytes += chunk.len() as u64;
            if drained_bytes > DRAINED_MAX_BYTES {
                break;
            }
        }
    };
    // Whoever sends on after that long gets no answer.
    let _ = tokio::time::timeout(DRAINING_MAX, drain).await;
}
