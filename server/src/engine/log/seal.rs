//! Logs that have ended are sealed: one compressed blob in place of many rows.

use super::frames::Packer;
use super::read::CHUNKS;
use crate::app::App;
use crate::store::line::executions::Execution;
use crate::store::line::{executions, logs};
use anyhow::Context;
use futures::{StreamExt, TryStreamExt};

/// So many share a commit.
const AT_ONCE: usize = 4;

/// Seals the logs of executions that have ended. Answers how many.
///
/// # Errors
/// When the store or the blobs fail; the next tick goes on.
pub async fn tick(app: &App) -> anyhow::Result<usize> {
    let unsealed = executions::list_unsealed(&mut app.db.read().await?.connection(), 200).await?;
    let count = unsealed.len();
    let sealing =
        futures::stream::iter(unsealed).map(Ok).try_for_each_concurrent(AT_ONCE, async |execution| match seal(app, &execution).await {
            Err(error) if error.downcast_ref().is_some_and(crate::engine::schedule::is_race) => Ok(()),
            outcome => outcome.with_context(|| format!("the log of execution {} cannot be sealed", execution.id)),
        });
    sealing.await?;
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
    let mut packer = Packer::default();
    let mut offset = 0;
    while offset < execution.log_size {
        let chunks = logs::list_from(&mut app.db.read().await?.connection(), execution.id, offset, CHUNKS).await?;
        let Some(last) = chunks.last() else { break };
        offset = last.position + i64::try_from(last.bytes.len())?;
        packer = tokio::task::spawn_blocking(move || -> std::io::Result<_> {
            for chunk in &chunks {
                packer.note_time(chunk.position, chunk.at);
                packer.write(&chunk.bytes)?;
            }
            Ok(packer)
        })
        .await??;
    }
    let packed = tokio::task::spawn_blocking(move || packer.finish()).await??;
    Ok(app.blobs.put_bytes(packed).await?)
}
