//! Jobs that start themselves, again and again, through what they put out.

use crate::store::line::{job_runs, jobs, pipelines};
use crate::store::{Result, Tx};
use andon_pipelines::decide::{JobFacts, Line, Start, Window};
use andon_pipelines::document::LoopGuard;
use std::collections::HashMap;

/// Whether the job has run so often that [`trip`] has to look closer. Most jobs have not run so often in their life.
pub(super) fn may_trip(line: &Line, set: &Start) -> bool {
    let starts = |job: &JobFacts| job.loop_guard.starts as usize;
    line.job(set.job).is_some_and(|job| line.history().runs_of(set.job).nth(starts(job) - 1).is_some())
}

/// Pauses the set's job where the set would be one start by itself too many. Answers whether it did; nothing is lost, for a held job runs on
/// the newest set once it is released.
pub(super) async fn trip(tx: &mut Tx, line: &Line, set: &Start) -> Result<bool> {
    let Some(facts) = line.job(set.job) else { return Ok(false) };
    let starts = facts.loop_guard.starts as usize;
    let job = jobs::get(&mut tx.connection(), set.job).await?;
    let within = i64::try_from(facts.loop_guard.within).unwrap_or(i64::MAX);
    let after = tx.at().saturating_sub(within).max(job.resumed_at.unwrap_or(i64::MIN));
    let recent = job_runs::list_automatic_since(&mut tx.connection(), set.job, after).await?;
    let Some(since) = recent.iter().map(|(_, sequence)| *sequence).min().filter(|_| recent.len() >= starts) else { return Ok(false) };
    let mut twins: HashMap<_, Vec<_>> = HashMap::new();
    for (version, maker) in job_runs::list_twins_since(&mut tx.connection(), since).await? {
        twins.entry(version).or_default().push(maker);
    }
    let window = Window { since, twins };
    let runs: Vec<_> = recent.into_iter().map(|(run, _)| run).collect();
    let count = line.count_self_starts(&runs, &window);
    let way = line.find_self_start(set, &window);
    // What a job has pushed may start it before it has ended, and said so: then the way back is seen one start later.
    if count < starts || (way.is_none() && count == starts) {
        return Ok(false);
    }
    let reason = describe(facts.loop_guard, way);
    tracing::warn!(job = job.name, reason, "a job is paused");
    let pipeline = pipelines::get(&mut tx.connection(), facts.pipeline).await?;
    pipelines::set_job_paused(tx, &pipeline, job.id, (true, Some(&reason))).await?;
    Ok(true)
}

fn describe(guard: LoopGuard, way: Option<Vec<String>>) -> String {
    let mut through = way.unwrap_or_default();
    through.reverse();
    through.dedup();
    let through = if through.is_empty() { "what it puts out".to_owned() } else { through.join(" and ") };
    let times = if guard.starts == 1 { "once".to_owned() } else { format!("{} times", guard.starts) };
    format!("it started itself {times} in {} through {through}", describe_time(guard.within))
}

/// `5 minutes`.
fn describe_time(ms: u64) -> String {
    let units = [(86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1_000, "second"), (1, "millisecond")];
    let (unit, name) = units.into_iter().find(|(unit, _)| ms.is_multiple_of(*unit)).unwrap_or((1, "millisecond"));
    match ms / unit {
        1 => format!("1 {name}"),
        count => format!("{count} {name}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_a_sentence() {
        let way = Some(vec!["source".to_owned(), "app".to_owned(), "app".to_owned()]);
        assert_eq!(describe(LoopGuard::default(), way), "it started itself 20 times in 5 minutes through app and source");
        let often = LoopGuard { starts: 1, within: 90_000 };
        assert_eq!(describe(often, None), "it started itself once in 90 seconds through what it puts out");
    }
}
