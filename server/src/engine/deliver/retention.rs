//! How long deliveries are kept after their end.

use crate::app::App;
use crate::store::people::delivery_attempts;

/// Deleted in one transaction, so that nobody waits long for the writer.
const BATCH: i64 = 200;
/// However young they are, no more are kept.
const MOST_KEPT: i64 = 100_000;
/// How often there is a look.
const EVERY_MS: i64 = 60_000;

/// Deletes deliveries that are older than `keep-deliveries`, or beyond the newest 100,000, batch by batch. Answers how many.
///
/// # Errors
/// Whatever the database says; the next tick goes on.
pub async fn tick(app: &App) -> crate::store::Result<u64> {
    let oldest = app.clock.now_ms() - app.settings.keep_deliveries_ms;
    let cut = delivery_attempts::find_cut(&mut app.db.read().await?.connection(), MOST_KEPT).await?;
    // What ended at the very moment of the cut goes with it.
    let before = cut.map_or(oldest, |cut| oldest.max(cut + 1));
    let mut deleted = 0;
    loop {
        let mut tx = app.db.begin("andon").await?;
        let batch = delivery_attempts::delete_ended(&mut tx, before, BATCH).await?;
        tx.commit().await?;
        deleted += batch;
        if batch < BATCH as u64 {
            return Ok(deleted);
        }
    }
}

/// Looks every minute until the server ends.
pub async fn run(app: App) {
    loop {
        match tick(&app).await {
            Ok(0) => {}
            Ok(deleted) => tracing::info!(deleted, "old deliveries were deleted"),
            Err(error) => tracing::warn!(%error, "old deliveries cannot be deleted; trying again in a minute"),
        }
        tokio::select! {
            () = app.clock.sleep_until(app.clock.now_ms() + EVERY_MS) => {}
            () = app.stopping.cancelled() => return,
        }
    }
}
