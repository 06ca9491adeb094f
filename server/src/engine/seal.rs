//! Logs that have ended are sealed: one compressed blob in place of many rows.

use crate::app::App;
use crate::store::line::executions::Execution;
use crate::store::line::{executions, logs};
use anyhow::Context;
use bytes::Bytes;

/// How many chunks are read at once: at most 64 MiB in memory, as a runner sends at most 1 MiB in one.
const CHUNKS: i64 = 64;

/// A compressed log is never larger than this.
const LARGEST_BLOB: u64 = 4 << 30;

/// Seals the logs of executions that have ended. Answers how many.
///
/// # Errors
/// When the store or the blobs fail; the next tick goes on.
pub async fn tick(app: &App) -> anyhow::Result<usize> {
    let unsealed = executions::list_unsealed(&mut app.db.read().await?.connection(), 200).await?;
    let count = unsealed.len();
    for execution in unsealed {
        match seal(app, &execution).await {
            Ok(()) => {}
            Err(error) if error.downcast_ref().is_some_and(super::schedule::is_race) => {}
            Err(error) => return Err(error.context(format!("the log of execution {} cannot be sealed", execution.id))),
        }
    }
    Ok(count)
}

async fn seal(app: &App, execution: &Execution) -> anyhow::Result<()> {
    let blob = if execution.log_size == 0 { None } else { Some(compress(app, execution).await?) };
    let mut tx = app.db.begin("andon").await?;
    let sealed = blob.as_ref().map(|blob| (blob.digest.as_str(), i64::try_from(blob.size).unwrap_or(i64::MAX)));
    logs::seal(&mut tx, execution.id, sealed).await?;
    tx.commit().await?;
    Ok(())
}

async fn compress(app: &App, execution: &Execution) -> anyhow::Result<crate::blobs::Blob> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1)?;
    let mut offset = 0;
    while offset < execution.log_size {
        let chunks = logs::list_from(&mut app.db.read().await?.connection(), execution.id, offset, CHUNKS).await?;
        let Some(last) = chunks.last() else { break };
        offset = last.position + i64::try_from(last.bytes.len())?;
        encoder = tokio::task::spawn_blocking(move || -> std::io::Result<_> {
            for chunk in &chunks {
                std::io::Write::write_all(&mut encoder, &chunk.bytes)?;
            }
            Ok(encoder)
        })
        .await??;
    }
    let packed = encoder.finish()?;
    Ok(app.blobs.put_bytes(packed).await?)
}

/// At most `limit` bytes of a log from `offset` on, and whether more can follow (the execution has not ended, or the limit cut it).
///
/// # Errors
/// When the store or the blobs fail.
pub async fn read_log(app: &App, execution: &Execution, offset: i64, limit: usize) -> anyhow::Result<Bytes> {
    if offset >= execution.log_size {
        return Ok(Bytes::new());
    }
    if let Some(digest) = &execution.log_blob {
        return read_sealed(app, digest, usize::try_from(offset)?, limit).await;
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

async fn read_sealed(app: &App, digest: &str, offset: usize, limit: usize) -> anyhow::Result<Bytes> {
    let packed = app.blobs.get_bytes(digest, LARGEST_BLOB).await?.context("the sealed log is not in the blob store")?;
    tokio::task::spawn_blocking(move || {
        let mut decoder = zstd::stream::read::Decoder::new(packed.as_ref())?;
        std::io::copy(&mut std::io::Read::take(&mut decoder, offset as u64), &mut std::io::sink())?;
        let mut found = Vec::new();
        std::io::Read::read_to_end(&mut std::io::Read::take(decoder, limit as u64), &mut found)?;
        Ok(Bytes::from(found))
    })
    .await?
}
