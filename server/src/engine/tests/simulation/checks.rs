//! What must hold after every step.

use super::environments;
use super::player::{Checked, Player};
use super::sets::{Claimed, Rows};
use crate::engine::{self, Scheduler};
use crate::store::line::executions::{self, ExecutionStatus};
use crate::store::line::{loading, runs};
use andon_pipelines::decide::Line;
use andon_pipelines::ids::{JobId, JobRunId, PipelineId, VersionId};
use andon_pipelines::resolve::{Run, RunInput, RunPart, RunStatus};
use andon_pipelines::state::JobRunStatus;
use std::collections::{BTreeMap, BTreeSet};

/// Asks everything that must hold. `woken` says how much the scheduler has just done, if it has looked.
///
/// # Errors
/// What does not hold.
pub async fn check(player: &mut Player, woken: Option<usize>) -> Checked {
    let app = player.app().clone();
    player.journal.read(&app).await?;
    let pipelines = [player.pipeline("p").await.id, player.pipeline("q").await.id];
    // A server that begins anew on this store.
    let other = Scheduler::default();
    let mut fresh = other.turn(&app).await.map_err(|error| format!("the store cannot be loaded: {error}"))?;
    let rows = {
        let mut reader = app.db.read().await.unwrap();
        let versions = loading::list_versions(&mut reader.connection()).await.unwrap();
        let mut runs = Vec::new();
        loading::read_job_runs(&mut reader.connection(), |part| collect_part(&mut runs, part)).await.unwrap();
        Rows::new(&player.plan, &fresh.line, pipelines, versions, runs)
    };
    let rows = Rows { commits: player.list_commits().await, ..rows };
    compare_rows(player, &rows)?;
    check_sets_are_apart(player)?;
    check_numbers(player)?;
    check_fresh_sets(player, &rows).await?;
    check_slots(player, &rows)?;
    player.known.extend(rows.jobs.iter().map(|(index, job)| (*job, *index)));
    environments::check_locks(player, &rows)?;
    environments::check_promotions(player, &rows)?;
    check_ends(player).await?;
    if woken.is_some() {
        check_quiet(player, (&mut fresh.line, pipelines)).await?;
    }
    Ok(())
}

/// The rows of the job runs, put together without the scheduler's index.
fn collect_part(runs: &mut Vec<Run>, part: RunPart<'_>) {
    let find = |id: JobRunId| runs.iter().position(|run| run.id == id).expect("the job run comes before what it names");
    match part {
        RunPart::Run { id, job, sequence, rerun_of, status } => {
            let (inputs, outputs, consumed_runs) = (Vec::new(), Vec::new(), Vec::new());
            runs.push(Run { id, job, sequence, rerun_of, status, inputs, outputs, consumed_runs });
        }
        RunPart::Input { run, name, version } => {
            let place = find(run);
            runs[place].inputs.push(RunInput { name: name.to_owned(), version });
        }
        RunPart::Output { run, version } => {
            let place = find(run);
            runs[place].outputs.push(version);
        }
        RunPart::Followed { run, upstream } => {
            let place = find(run);
            runs[place].consumed_runs.push(upstream);
        }
    }
}

/// What the events told is what stands in the tables.
fn compare_rows(player: &Player, rows: &Rows) -> Checked {
    if player.journal.job_runs.len() != rows.runs.len() {
        return Err(format!("the events tell of {} job runs, the tables of {}", player.journal.job_runs.len(), rows.runs.len()));
    }
    for (id, told) in &player.journal.job_runs {
        let row = rows.runs.get(id).ok_or("a job run that the events tell of is not in the tables")?;
        let inputs: BTreeMap<String, VersionId> = row.inputs.iter().map(|input| (input.name.clone(), input.version)).collect();
        let follows: BTreeSet<JobRunId> = row.consumed_runs.iter().copied().collect();
        let outputs: BTreeSet<VersionId> = row.outputs.iter().copied().collect();
        let same = inputs == told.facts.inputs
            && follows == told.facts.follows.iter().copied().collect()
            && outputs == told.outputs
            && row.status == RunStatus::from(told.status)
            && (row.sequence, row.rerun_of, row.job) == (told.facts.sequence, told.facts.rerun_of, told.facts.job);
        if !same {
            return Err(format!("the events tell {told:?}, the tables {row:?}"));
        }
    }
    Ok(())
}

/// No two automatic job runs of a job have one set.
fn check_sets_are_apart(player: &Player) -> Checked {
    let mut seen = BTreeMap::new();
    for told in player.journal.job_runs.values().filter(|told| told.facts.automatic) {
        let follows: BTreeSet<JobRunId> = told.facts.follows.iter().copied().collect();
        if let Some(other) = seen.insert((told.facts.job, told.facts.inputs.clone(), follows), &told.facts.number) {
            return Err(format!("one set started twice: as #{other} and as #{}", told.facts.number));
        }
    }
    Ok(())
}

fn check_numbers(player: &Player) -> Checked {
    let mut numbers: BTreeMap<JobId, BTreeSet<i64>> = BTreeMap::new();
    for told in player.journal.job_runs.values() {
        if let Ok(number) = told.facts.number.parse()
            && !numbers.entry(told.facts.job).or_default().insert(number)
        {
            return Err(format!("#{number} was given twice"));
        }
    }
    let gap = numbers.values().find(|numbers| numbers.iter().zip(1..).any(|(number, expected)| *number != expected));
    gap.map_or(Ok(()), |numbers| Err(format!("the numbers of a job have a gap: {numbers:?}")))
}

/// Every set that the line has just given out is one that its job may have.
async fn check_fresh_sets(player: &mut Player, rows: &Rows) -> Checked {
    let fresh: Vec<JobRunId> = player.journal.job_runs.iter().filter(|(_, told)| told.fresh).map(|(id, _)| *id).collect();
    for id in fresh {
        let run: &Run = &rows.runs[&id];
        let Some((job, _)) = rows.jobs.iter().find(|(_, job)| **job == run.job) else {
            return Err(format!("{} was started, and its job is not there", player.label(id).await));
        };
        if let Err(error) = (Claimed { plan: &player.plan, rows, job: *job, run }).check() {
            return Err(format!("{} has a set that it may not have: {error}", player.label(id).await));
        }
        if let Some(told) = player.journal.job_runs.get_mut(&id) {
            told.fresh = false;
        }
    }
    Ok(())
}

/// Never more at work than the limits allow. Where an edit lowered one, those that are too many may come to their end.
fn check_slots(player: &mut Player, rows: &Rows) -> Checked {
    let works = |told: &&super::journal::Told| !told.status.is_terminal() && told.status != JobRunStatus::Waiting;
    let at_work: Vec<JobId> = player.journal.job_runs.values().filter(works).map(|told| told.facts.job).collect();
    let mut too_many = None;
    for job in player.plan.standing() {
        let Some((limit, group)) = player.plan.limit(job) else { continue };
        let sharing: Vec<JobId> = group.iter().filter_map(|job| rows.jobs.get(job).copied()).collect();
        let count = at_work.iter().filter(|job| sharing.contains(job)).count();
        if count > limit {
            too_many = Some(format!("{count} at work where {} allows {limit}", player.plan.name(job)));
        }
    }
    match too_many {
        Some(error) if !player.limits_moved => Err(error),
        Some(_) => Ok(()),
        None => {
            player.limits_moved = false;
            Ok(())
        }
    }
}

/// Nothing that waits for a runner is more urgent than what it has just taken.
///
/// # Errors
/// What was passed over.
pub async fn check_urgency(player: &mut Player, taken: &[JobRunId]) -> Checked {
    let app = player.app().clone();
    player.journal.read(&app).await?;
    let jobs = player.list_jobs().await;
    let priority = |id: &JobRunId| {
        let job = player.journal.job_runs.get(id).and_then(|told| jobs.get(&told.facts.job));
        job.map(|job| player.plan.jobs[*job].priority)
    };
    let Some(least) = taken.iter().filter_map(priority).min() else { return Ok(()) };
    let mut reader = app.db.read().await.unwrap();
    for (id, _) in player.journal.job_runs.iter().filter(|(id, told)| !told.status.is_terminal() && priority(id) > Some(least)) {
        let all = executions::list_of_job_run(&mut reader.connection(), *id).await.unwrap();
        if all.iter().any(|one| one.status == ExecutionStatus::Queued) {
            return Err(format!("work of priority {least} was taken before {}", player.label(*id).await));
        }
    }
    Ok(())
}

/// Nothing runs for a job run that has ended.
async fn check_ends(player: &mut Player) -> Checked {
    let app = player.app().clone();
    for (id, told) in player.journal.job_runs.iter_mut().filter(|(_, told)| told.just_ended) {
        told.just_ended = false;
        let all = executions::list_of_job_run(&mut app.db.read().await.unwrap().connection(), *id).await.unwrap();
        if let Some(open) = all.iter().find(|one| !matches!(one.status, ExecutionStatus::Ended | ExecutionStatus::Replaced)) {
            return Err(format!("{told:?} has ended, and an execution of it is {:?}", open.status));
        }
    }
    Ok(())
}

/// The scheduler has looked and has nothing left: nothing is left for one that begins anew either, and both see the same.
async fn check_quiet(player: &mut Player, (fresh, pipelines): (&mut Line, [PipelineId; 2])) -> Checked {
    let app = player.app().clone();
    let again = engine::tick_schedule(&app).await.map_err(|error| format!("the scheduler failed: {error}"))?;
    if again != 0 {
        return Err(format!("the line was not quiet: a second look did {again} more"));
    }
    let turn = app.scheduler.turn(&app).await.map_err(|error| error.to_string())?;
    for pipeline in pipelines {
        let facts = fresh.pipeline(pipeline).ok_or("a pipeline is lost")?;
        for (name, job) in &facts.jobs {
            let (kept, loaded) = (turn.line.decide(*job), fresh.decide(*job));
            if let Some(action) = loaded.as_ref().and_then(|evaluation| evaluation.action.as_ref()) {
                return Err(format!("a trigger of {name} was lost: a server that begins anew would {action:?}; this one says {kept:?}"));
            }
            if kept != loaded {
                return Err(format!("the memory and the store differ on {name}: {kept:#?}\n{loaded:#?}"));
            }
            if turn.line.free_slots(*job) != fresh.free_slots(*job) {
                return Err(format!("the memory and the store differ on the slots of {name}"));
            }
        }
    }
    drop(turn);
    let (_, ready) = fresh.take_dirty();
    if !ready.is_empty() {
        return Err(format!("a slot is free, and {} waits for it", player.label(ready[0]).await));
    }
    let unended = runs::list_settled(&mut app.db.read().await.unwrap().connection()).await.unwrap();
    if !unended.is_empty() {
        return Err(format!("{} runs have nothing active and no end", unended.len()));
    }
    let ended: BTreeSet<_> = player.line.runs().await.into_iter().filter(|run| run.outcome.is_some()).map(|run| run.id).collect();
    let active = player.journal.job_runs.values().find(|told| !told.status.is_terminal() && ended.contains(&told.facts.run));
    active.map_or(Ok(()), |told| Err(format!("{told:?} is active in a run that has ended")))
}
