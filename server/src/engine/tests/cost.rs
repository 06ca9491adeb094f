//! What the line's usual acts cost, in statements: a figure that does not depend on the machine.

use super::world::{Line, pipeline};
use crate::engine::ManualStart;
use crate::store::Target;
use crate::store::db::count_statements;
use crate::store::testing::on_engine;
use andon_pipelines::wire::Outcome;

/// Runs something and answers how many statements it took.
async fn count(act: impl Future<Output = ()>) -> u64 {
    let before = count_statements();
    act.await;
    count_statements() - before
}

#[tokio::test]
async fn a_job_costs_few_statements_and_not_more_with_a_long_history() {
    on_engine(async |store| {
        let is_sqlite = matches!(store.target, Target::Sqlite(_));
        let jobs = "jobs:\n  build: { inputs: [source], steps: [{ run: make }] }\n  test: { after: [build], inputs: [source], steps: [{ run: make }] }\n";
        let line = Line::new(store, &pipeline(jobs)).await;
        let mut costs = Vec::new();
        for digit in ['a', 'b', 'c', 'd', 'e', 'f'] {
            let arrival = count(async {
                line.commit(digit).await;
            }).await;
            let work = line.claim().await;
            let end = count(line.end_with(&work[0], Outcome::Succeeded)).await;
            let mut next = Vec::new();
            let claim = count(async { next = line.claim().await }).await;
            line.end_with(&next[0], Outcome::Succeeded).await;
            let manual = count(async {
                line.start("build", ManualStart { cause: "manual", ..ManualStart::default() }).await.unwrap();
            }).await;
            line.play(&[]).await;
            costs.push((arrival, end, claim, manual));
        }
        assert!(costs.iter().all(|cost| *cost == costs[0]), "the cost grows with the history: {costs:?}");
        // A hop down the line is the end of one job, with what follows, and the claim of the next. PostgreSQL gets several writes at once.
        let (arrival, end, claim, manual) = costs[0];
        let most = if is_sqlite { (23, 16, 10, 13) } else { (16, 7, 7, 6) };
        let holds = arrival <= most.0 && end <= most.1 && claim <= most.2 && manual <= most.3;
        assert!(holds, "arrival {arrival}, end {end}, claim {claim}, manual {manual}; at most {most:?}");
        line.end().await;
    })
    .await;
}

#[tokio::test]
async fn a_job_that_does_nothing_costs_few_statements_from_start_to_end() {
    on_engine(async |store| {
        let is_sqlite = matches!(store.target, Target::Sqlite(_));
        let line = Line::new(store, &pipeline("jobs:\n  nothing: { steps: [{ run: ':' }] }\n")).await;
        let mut costs = Vec::new();
        for _ in 0..4 {
            let cost = count(async {
                line.start("nothing", ManualStart { cause: "manual", ..ManualStart::default() }).await.unwrap();
                let work = line.claim().await;
                line.end_with(&work[0], Outcome::Succeeded).await;
            })
            .await;
            costs.push(cost);
        }
        let most = if is_sqlite { 25 } else { 14 };
        assert!(costs[1..].iter().all(|cost| *cost <= most), "{costs:?}");
        line.end().await;
    })
    .await;
}
