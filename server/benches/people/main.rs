//! What gates cost beside 10,000 open ones with timers, in SQLite: when nothing is due, when one fires, to decide one, and to look into an
//! inbox. Each act is measured on a store with few gates too; prints milliseconds (the middle), statements, and what they should be.
//!
//! `cargo bench -p andon-server --bench people`

#![expect(clippy::print_stdout, reason = "the figures are what a benchmark is for")]

mod act;
mod crowd;

use act::{Act, Spent, middle, spend, spend_processor};
use andon_server::engine;
use andon_server::store::line::gates;
use crowd::{Crowd, MINUTE};
use serde_json::json;

const FEW: usize = 20;
const MANY: usize = 10_000;
const REPEATS: usize = 20;
/// An hour of looks, one in five seconds.
const LOOKS: usize = 720;

/// One look of the gates' loop, as it does it. Answers how many gates were due.
async fn look(crowd: &Crowd) -> anyhow::Result<usize> {
    let (due, _) = gates::next_due(&mut crowd.app.db.read().await?.connection()).await?;
    if due.is_none_or(|due| due > crowd.app.clock.now_ms()) {
        return Ok(0);
    }
    let looked = engine::tick_gates(&crowd.app).await?;
    gates::next_due(&mut crowd.app.db.read().await?.connection()).await?;
    Ok(looked)
}

/// Nothing is due for an hour.
async fn idle(crowd: &Crowd) -> anyhow::Result<Act> {
    let spent = spend_processor(async || {
        for _ in 0..LOOKS {
            crowd.clock.advance(5_000);
            anyhow::ensure!(look(crowd).await? == 0, "nothing was to be due");
        }
        Ok(())
    })
    .await?;
    Ok(Act { what: "an hour in which nothing is due (processor)", aim: "720 statements", spent })
}

/// One gate after the other reminds its people.
async fn fire(crowd: &Crowd) -> anyhow::Result<Act> {
    let mut all = Vec::new();
    for _ in 0..REPEATS {
        crowd.clock.advance(MINUTE);
        let mut looked = 0;
        all.push(
            spend(async || {
                looked = look(crowd).await?;
                Ok(())
            })
            .await?,
        );
        anyhow::ensure!(looked == 1, "one was to be due");
    }
    Ok(Act { what: "one gate fires", aim: "50 ms", spent: middle(all) })
}

/// A job run somewhere on the line has ended.
async fn pass_by(crowd: &Crowd) -> anyhow::Result<Act> {
    let mut all = Vec::new();
    for _ in 0..REPEATS {
        all.push(spend(async || look(crowd).await).await?);
    }
    Ok(Act { what: "the gates' loop after a job's end", aim: "1 statement", spent: middle(all) })
}

async fn decide(crowd: &Crowd) -> anyhow::Result<Act> {
    let mut all = Vec::new();
    for _ in 0..REPEATS {
        let gate = crowd.open_one().await?;
        let path = format!("gates/{gate}/decisions");
        all.push(spend(async || crowd.post(&path, &json!({ "decision": "approve", "comment": "seen" })).await).await?);
        // The line follows before the next one opens.
        engine::tick_schedule(&crowd.app).await?;
    }
    Ok(Act { what: "deciding one gate", aim: "as with few", spent: middle(all) })
}

async fn read(crowd: &Crowd, what: &'static str, path: &str, expected: impl Fn(&serde_json::Value) -> bool) -> anyhow::Result<Act> {
    let mut all = Vec::new();
    for _ in 0..REPEATS {
        let mut answer = serde_json::Value::Null;
        all.push(
            spend(async || {
                answer = crowd.get(path).await?;
                Ok(())
            })
            .await?,
        );
        anyhow::ensure!(expected(&answer), "{path}: {answer}");
    }
    let aim = if what.contains("all name") { "a page, a count" } else { "as with few" };
    Ok(Act { what, aim, spent: middle(all) })
}

/// Everything, on a store with so many open gates that ask a group, beside twenty that ask `root`.
async fn measure(open: usize) -> anyhow::Result<Vec<Act>> {
    let crowd = Crowd::gather(open).await?;
    let mut acts = vec![idle(&crowd).await?, fire(&crowd).await?, pass_by(&crowd).await?, decide(&crowd).await?];
    for _ in 0..FEW {
        crowd.open_one().await?;
    }
    acts.push(
        read(&crowd, "inbox of 20, others open", "inbox", |page| page["items"].as_array().is_some_and(|all| all.len() == FEW)).await?,
    );
    acts.push(read(&crowd, "its count", "inbox/counts", |counts| counts["mine"] == FEW).await?);
    crowd.join_group().await?;
    let page = (FEW + open).min(50);
    acts.push(read(&crowd, "inbox whom all name", "inbox", |seen| seen["items"].as_array().is_some_and(|all| all.len() == page)).await?);
    acts.push(read(&crowd, "its count, whom all name", "inbox/counts", |counts| counts["mine"] == FEW + open).await?);
    Ok(acts)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let few = measure(FEW).await?;
    let many = measure(MANY).await?;
    println!("{:46} {:>22} {:>26}  aim", "", format!("{FEW} open gates"), format!("{MANY} open gates"));
    for (few, many) in few.iter().zip(&many) {
        println!("{:46} {:>22} {:>26}  {}", many.what, show(few.spent), show(many.spent), many.aim);
    }
    Ok(())
}

fn show(spent: Spent) -> String {
    format!("{:.2} ms {:>5} st.", spent.ms, spent.statements)
}
