//! In the end nothing holds the line any more, and everything that came must have gone as far as it goes.

use super::act::list_places;
use super::checks;
use super::plan::{On, Plan, Resource, SOURCES};
use super::player::{Checked, Player, answered};
use crate::engine;
use crate::store::line::job_runs;
use andon_pipelines::state::JobRunStatus;
use std::collections::BTreeSet;

/// More rounds than any case needs.
const ROUNDS: usize = 300;

/// Lets everything go, plays until nothing is left, and sends one more version of each source through.
///
/// # Errors
/// What does not hold on the way, or did not arrive.
pub async fn drain(player: &mut Player) -> Checked {
    player.story.push("let everything go, and play to the end".to_owned());
    for job in 0..player.plan.jobs.len() {
        player.pause_job(job, false).await?;
    }
    for name in ["p", "q"] {
        let pipeline = player.pipeline(name).await;
        answered(engine::pause_pipeline(player.app(), "user:ada", &pipeline, (false, None)).await)?;
    }
    let workspace = player.line.world.workspace("main").await;
    answered(engine::pause_workspace(player.app(), "user:ada", &workspace, (false, None)).await)?;
    for place in list_places() {
        answered(player.unlock(place).await)?;
    }
    for source in 0..SOURCES {
        player.pin(source, None).await.map_err(|error| error.to_string())?;
        for version in player.line.versions(&format!("s{source}")).await.iter().filter(|version| !version.enabled) {
            player.enable(version, true).await.map_err(|error| error.to_string())?;
        }
    }
    play_out(player).await?;
    player.story.push("one more version of each source".to_owned());
    for source in 0..SOURCES {
        player.publish(source).await.map_err(|error| format!("{error:?}"))?;
        // What follows is decided with it: before the next one is there.
        checks::check(player, None).await?;
    }
    play_out(player).await?;
    if let Some((id, open)) = player.journal.promotions.iter().find(|(_, promotion)| promotion.closed.is_none()) {
        return Err(format!("the promotion {id} waits for ever: {open:?}"));
    }
    for job in player.plan.standing().collect::<Vec<_>>() {
        check_arrival(player, job).await?;
    }
    Ok(())
}

async fn play_out(player: &mut Player) -> Checked {
    for _ in 0..ROUNDS {
        let woken = player.wake().await?;
        checks::check(player, Some(woken)).await?;
        player.claim(50).await?;
        let worked = player.end_all().await?;
        if !worked && !player.withdraw_requests().await? && player.expire().await? == 0 {
            let active = player.journal.job_runs.iter().find(|(_, told)| !told.status.is_terminal());
            return match active {
                None => Ok(()),
                Some((id, _)) => Err(format!("{} never ends", player.label(*id).await)),
            };
        }
    }
    Err("the line never comes to rest".to_owned())
}

/// The newest version of each source that the job takes was taken, and was the last one.
async fn check_arrival(player: &Player, job: usize) -> Checked {
    if !is_plain(&player.plan, job) {
        return Ok(());
    }
    for input in player.plan.inputs(job) {
        let Resource::Source(source) = input.resource else { continue };
        let newest = player.line.versions(&format!("s{source}")).await.remove(0).id;
        let mut reader = player.app().db.read().await.unwrap();
        let mut arrived = false;
        for (id, told) in &player.journal.job_runs {
            let taken = told.status == JobRunStatus::Succeeded && told.facts.inputs.get(&input.name) == Some(&newest);
            arrived |= taken && job_runs::get(&mut reader.connection(), *id).await.unwrap().current_name == player.plan.name(job);
        }
        if !arrived {
            return Err(format!("the newest version of {} never came to {}", input.name, player.plan.name(job)));
        }
    }
    Ok(())
}

/// Whether nothing about the job, or what is upstream of it, may keep a version from it for good.
fn is_plain(plan: &Plan, job: usize) -> bool {
    let inputs = plan.inputs(job);
    let mut upstream: Vec<usize> = plan.after(job).into_iter().map(|(upstream, _)| upstream).collect();
    upstream.extend(inputs.iter().flat_map(|input| input.passed.0.iter().copied()));
    for input in &inputs {
        if let Resource::Made(maker) = input.resource {
            if plan.jobs[maker].removed {
                return false;
            }
            upstream.push(maker);
        }
    }
    // By `passed` alone a job takes only versions that are new to it: what its upstream follows besides brings it none.
    let brings = inputs.iter().all(|input| input.passed.0.iter().all(|upstream| plan.after(*upstream).is_empty()));
    let follows = plan.after(job).iter().all(|(_, on)| *on != On::Failed);
    let takes = inputs.iter().all(|input| input.trigger && !input.passed.1 && input.pin.is_none());
    let starts = !(inputs.is_empty() && upstream.is_empty());
    starts
        && brings
        && follows
        && takes
        && !plan.jobs[job].when
        && !has_rivals(plan, job)
        && upstream.into_iter().all(|upstream| is_plain(plan, upstream))
}

/// Whether two jobs upstream bring something to one environment: what they make of it never agrees.
fn has_rivals(plan: &Plan, job: usize) -> bool {
    let (mut open, mut seen) = (vec![job], BTreeSet::new());
    while let Some(next) = open.pop() {
        let after = plan.after(next).into_iter().map(|(upstream, _)| upstream);
        let inputs = plan.inputs(next);
        let passed = inputs.iter().flat_map(|input| input.passed.0.iter().copied());
        let makers = inputs.iter().filter_map(|input| match input.resource {
            Resource::Made(maker) => Some(maker),
            Resource::Source(_) => None,
        });
        open.extend(after.chain(passed).chain(makers).filter(|upstream| seen.insert(*upstream)));
    }
    let deploying: Vec<_> = seen.iter().filter_map(|upstream| Some((plan.pipeline_of(*upstream), plan.environment(*upstream)?))).collect();
    deploying.iter().collect::<BTreeSet<_>>().len() < deploying.len()
}
