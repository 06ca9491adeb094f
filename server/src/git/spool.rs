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
    pub max_bytes: u64,
    pub idle: Duration,
}

/// A whole body, read from its beginning.
pub(super) struct Spooled {
    pub file: File,
    pub size_bytes: u64,
}

/// Writes `body` into a nameless file in `folder`.
pub(super) async fn spool_body<B, E>(folder: PathBuf, mut body: B, limits: SpoolLimits) -> Result<Spooled, GitError>
where
    B: Stream<Item = Result<Bytes, E>> + Unpin,
    E: std::fmt::Display,
{
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
            return Err(GitError::TooLarge { what: "the request".into(), limit_bytes: limits.max_bytes });
        }
        file.write_all(&chunk).await.map_err(keep())?;
    }
    file.flush().await.map_err(keep())?;
    let mut file = file.into_std().await;
    file.seek(SeekFrom::Start(0)).map_err(keep())?;
    Ok(Spooled { file, size_bytes })
}
