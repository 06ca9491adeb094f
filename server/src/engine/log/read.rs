//! Pieces of a log, wherever they stand by now.

use super::frames::{Frame, TAIL_BYTES, place_of_times, read_table, read_times};
use super::times::{LogMark, LogTimes};
use crate::app::App;
use crate::store::line::executions::Execution;
use crate::store::line::logs;
use anyhow::Context;
use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;

/// How many chunks are read at once: at most 64 MiB in memory, as a runner sends at most 1 MiB in one.
pub(super) const CHUNKS: i64 = 64;

/// At most `limit` bytes of a log from `offset` on, and whether more can follow (the execution has not ended, or the limit cut it).
///
/// # Errors
/// When the store or the blobs fail.
pub async fn read_log(app: &App, execution: &Execution, offset: i64, limit: usize) -> anyhow::Result<Bytes> {
    if offset >= execution.log_size {
        return Ok(Bytes::new());
    }
    if let Some((digest, size)) = &execution.log_blob {
        return read_sealed(app, (digest, u64::try_from(*size)?), u64::try_from(offset)?, limit).await;
    }
    let chunks = logs::list_from(&mut app.db.read().await?.connection(), execution.id, offset, CHUNKS).await?;
    let mut found = Vec::new();
    for chunk in chunks {
        let skip = usize::try_from((offset - chunk.position).max(0))?.min(chunk.bytes.len());
        found.extend_from_slice(&chunk.bytes[skip..]);
        if found.len() >= limit {
            found.truncate(limit);
            break;
        }
    }
    Ok(found.into())
}

async fn read_sealed(app: &App, (digest, size): (&str, u64), offset: u64, limit: usize) -> anyhow::Result<Bytes> {
    let frames = list_frames(app, (digest, size)).await?;
    let end = offset.saturating_add(limit as u64);
    let wanted: Vec<Frame> = frames.into_iter().filter(|frame| frame.offset < end && frame.offset + frame.size as u64 > offset).collect();
    let (Some(first), Some(last)) = (wanted.first().copied(), wanted.last().copied()) else { return Ok(Bytes::new()) };
    let packed = read_part(app, digest, first.packed_at..last.packed_at + last.packed_size).await?;
    tokio::task::spawn_blocking(move || {
        let mut found = Vec::new();
        for frame in wanted {
            let at = usize::try_from(frame.packed_at - first.packed_at)?;
            let part = packed.get(at..at + usize::try_from(frame.packed_size)?).context("the sealed log is cut short")?;
            found.extend(frame.unpack(part)?);
        }
        let begin = usize::try_from(offset - first.offset)?;
        let end = found.len().min(begin.saturating_add(limit));
        Ok(Bytes::from(found).slice(begin..end))
    })
    .await?
}

/// When an execution's log was written.
///
/// # Errors
/// When the store or the blobs fail.
pub async fn list_marks(app: &App, execution: &Execution) -> anyhow::Result<Vec<LogMark>> {
    let Some((digest, size)) = &execution.log_blob else {
        let mut times = LogTimes::default();
        for (offset, at) in logs::list_times(&mut app.db.read().await?.connection(), execution.id).await? {
            times.note(offset, at);
        }
        return Ok(times.marks().to_vec());
    };
    let size = u64::try_from(*size)?;
    let place = place_of_times(&list_frames(app, (digest, size)).await?, size);
    if place.is_empty() {
        return Ok(Vec::new());
    }
    Ok(read_times(&read_part(app, digest, place).await?)?.marks().to_vec())
}

async fn list_frames(app: &App, (digest, size): (&str, u64)) -> anyhow::Result<Vec<Frame>> {
    let tail = read_part(app, digest, size.saturating_sub(TAIL_BYTES)..size).await?;
    read_table(&tail).context("the sealed log has no table of its frames")
}

async fn read_part(app: &App, digest: &str, range: std::ops::Range<u64>) -> anyhow::Result<Bytes> {
    let content = app.blobs.get_range(digest, range).await?.context("the sealed log is not in the blob store")?;
    let parts: BytesMut = content.stream.try_collect().await?;
    Ok(parts.freeze())
}
