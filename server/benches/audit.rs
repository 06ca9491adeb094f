//! How long filtered pages of a long audit trail take: 100,000 rows, in SQLite, each beside a full scan for the same rows. Prints the middle
//! of twenty.
//!
//! `cargo bench -p andon-server --bench audit`

#![expect(clippy::print_stdout, reason = "the figures are what a benchmark is for")]

use andon_pipelines::ids::WorkspaceId;
use andon_server::audit::{Act, Object};
use andon_server::clock::{Clock, Random, SystemClock};
use andon_server::store::people::audit::{self, Question};
use andon_server::store::{Db, Target};
use std::sync::Arc;
use std::time::Instant;

const ROWS: usize = 100_000;
const PER_TRANSACTION: usize = 500;
const REPEATS: usize = 20;
const PAGE: i64 = 51;

async fn fill(db: &Db, workspace: WorkspaceId) -> anyhow::Result<()> {
    for batch in 0..ROWS / PER_TRANSACTION {
        let mut tx = db.begin("andon").await?;
        for number in batch * PER_TRANSACTION..(batch + 1) * PER_TRANSACTION {
            let action = if number.is_multiple_of(997) { "role.changed" } else { "gate.approved" };
            let act = Act::new(action, Object::named("pipeline", &format!("p{}", number % 300)));
            let act = act.after(serde_json::json!({ "number": number })).by(format!("user:u{}", number % 50));
            tx.record(Some(workspace).filter(|_| !number.is_multiple_of(10)), act);
        }
        tx.commit().await?;
    }
    Ok(())
}

/// The middle of what an act takes, in milliseconds.
async fn measure<T>(mut act: impl AsyncFnMut() -> anyhow::Result<T>) -> anyhow::Result<f64> {
    let mut taken = Vec::with_capacity(REPEATS);
    for _ in 0..REPEATS {
        #[expect(clippy::disallowed_methods, reason = "a benchmark measures the machine's own time")]
        let begun = Instant::now();
        act().await?;
        taken.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    taken.sort_by(f64::total_cmp);
    Ok(taken[REPEATS / 2])
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let random = Random::system(Arc::clone(&clock));
    let db = Db::open(&Target::Sqlite(folder.path().join("andon.sqlite")), clock, random.clone()).await?;
    let workspace: WorkspaceId = random.new_id();
    fill(&db, workspace).await?;
    let mut reader = db.read().await?;
    let all = Question { installation: true, limit: PAGE, ..Question::default() };
    let newest = audit::list(&mut reader.connection(), workspace, &Question { limit: 1, ..all.clone() }).await?;
    let oldest = newest.first().map_or(0, |entry| entry.at - 1_000);
    let scan = measure(async || {
        // Every row is read and thrown away: what a page would cost without any index.
        let sql = "SELECT COUNT(*) AS count FROM audit_entries WHERE hash || agent = 'none'";
        Ok(reader.connection().list(sql, Vec::new()).await?)
    })
    .await?;
    let questions = [
        ("the newest page", all.clone()),
        ("one actor", Question { actor: Some("user:u7".to_owned()), ..all.clone() }),
        ("a rare action", Question { action: Some("role.changed".to_owned()), ..all.clone() }),
        ("one object", Question { object: Some("pipeline:p7".to_owned()), ..all.clone() }),
        ("a span of time", Question { from: Some(oldest), to: Some(oldest + 500), ..all.clone() }),
        (
            "actor, action, object and time",
            Question {
                actor: Some("user:u7".to_owned()),
                action: Some("gate.approved".to_owned()),
                object: Some("pipeline:p7".to_owned()),
                from: Some(0),
                ..all.clone()
            },
        ),
    ];
    println!("{ROWS} rows; a full scan takes {scan:.1} ms");
    for (what, question) in questions {
        let taken = measure(async || Ok(audit::list(&mut reader.connection(), workspace, &question).await?)).await?;
        println!("{what:32} {taken:8.2} ms  {:6.3} of a full scan", taken / scan);
    }
    let walked = measure(async || Ok(audit::walk(&mut reader.connection(), 0, 5_000).await?)).await?;
    println!("{:32} {walked:8.2} ms", "5,000 entries verified");
    Ok(())
}
