//! Steps in order: retries, timeouts, blocks side by side.

use super::{
    artifacts,
    context::{Context, StepRecord, limit_time},
    halt::{Halt, HaltCause},
    junit,
    plan::Planned,
    script::run_script,
    verdict::{Failure, StepEnd},
};
use andon_pipelines::wire::{AssignedAction, StepStatus};
use futures::future::{BoxFuture, join_all};
use std::time::Duration;

/// However often the pause before a further attempt doubles, it stays below this.
const LONGEST_BACKOFF: Duration = Duration::from_secs(3600);

/// Runs the steps one after the other, up to the first failure; those after it are reported as left out.
pub async fn run_steps(context: &Context, steps: &[Planned<'_>], halt: &Halt) -> StepEnd {
    let mut end = StepEnd::Succeeded;
    for step in steps {
        match end {
            StepEnd::Succeeded => end = run_step(context, step, halt, false).await,
            StepEnd::Failed(_) => skip(context, step, "an earlier step failed").await,
            StepEnd::Halted(_) => skip(context, step, "the job was ended before").await,
        }
    }
    end
}

fn skip<'a>(context: &'a Context, planned: &'a Planned<'_>, reason: &'a str) -> BoxFuture<'a, ()> {
    Box::pin(async move {
        if let AssignedAction::Parallel { .. } = planned.step.action {
            for child in &planned.children {
                skip(context, child, reason).await;
            }
        } else {
            StepRecord::new(context, planned.index, planned.phase, &planned.step.name).skip(reason).await;
        }
    })
}

/// `side_by_side`: other steps write to the log at the same time.
fn run_step<'a>(context: &'a Context, planned: &'a Planned<'_>, halt: &'a Halt, side_by_side: bool) -> BoxFuture<'a, StepEnd> {
    Box::pin(async move {
        let step = planned.step;
        if let Some(reason) = &step.skip {
            skip(context, planned, reason).await;
            return StepEnd::Succeeded;
        }
        let attempts = step.retry_times.saturating_add(1);
        for attempt in 1..=attempts {
            if let Some(cause) = halt.cause() {
                skip(context, planned, "the job was ended before").await;
                return StepEnd::Halted(cause);
            }
            match attempt_step(context, planned, halt, (attempt, side_by_side)).await {
                StepEnd::Failed(failure) if attempt == attempts => return forgive(context, planned, failure).await,
                StepEnd::Failed(_) => pause(context, planned, halt, attempt).await,
                end => return end,
            }
        }
        StepEnd::Succeeded
    })
}

async fn forgive(context: &Context, planned: &Planned<'_>, failure: Failure) -> StepEnd {
    if !planned.step.continue_on_error {
        return StepEnd::Failed(failure);
    }
    context.log.write_line(&format!("[{} The job goes on, as its file says.]", failure.detail)).await;
    StepEnd::Succeeded
}

async fn pause(context: &Context, planned: &Planned<'_>, halt: &Halt, attempt: u32) {
    let base = Duration::from_millis(planned.step.retry_backoff_ms);
    let pause = base.saturating_mul(2u32.saturating_pow(attempt - 1)).min(LONGEST_BACKOFF);
    let line = format!("[attempt {attempt} of {:?} failed; the next one follows in {pause:?}]", planned.step.name);
    context.log.write_line(&line).await;
    tokio::select! { () = tokio::time::sleep(pause) => {}, _ = halt.wait() => {} }
}

async fn attempt_step(context: &Context, planned: &Planned<'_>, halt: &Halt, (attempt, side_by_side): (u32, bool)) -> StepEnd {
    let own = halt.child();
    if let AssignedAction::Parallel { .. } = planned.step.action {
        let end = limit_time(planned.step.timeout_ms, &own, run_side_by_side(context, planned, &own)).await;
        return own_up(planned, halt, end);
    }
    let mut record = StepRecord::new(context, planned.index, planned.phase, &planned.step.name);
    record.begin(attempt).await;
    let end = limit_time(planned.step.timeout_ms, &own, act(context, planned, &own, side_by_side)).await;
    let end = own_up(planned, halt, end);
    match &end {
        StepEnd::Succeeded => record.end(StepStatus::Succeeded, exit_code(planned), None).await,
        StepEnd::Failed(failure) => record.end(StepStatus::Failed, failure.exit_code, Some(failure.reason)).await,
        StepEnd::Halted(HaltCause::Stopped) => record.end(StepStatus::Stopped, None, Some("stopped")).await,
        StepEnd::Halted(HaltCause::RunnerStopped) => record.end(StepStatus::Stopped, None, Some("runner-stopped")).await,
        StepEnd::Halted(cause) => {
            let reason = super::verdict::Verdict::halted(*cause).reason;
            record.end(StepStatus::Failed, None, reason).await;
        }
    }
    end
}

fn exit_code(planned: &Planned<'_>) -> Option<i32> {
    matches!(planned.step.action, AssignedAction::Run { .. }).then_some(0)
}

/// A step that its own timeout ended has failed; only what ended the whole job is a halt to those above.
fn own_up(planned: &Planned<'_>, halt: &Halt, end: StepEnd) -> StepEnd {
    match end {
        StepEnd::Halted(HaltCause::TimedOut) if halt.cause().is_none() => {
            let limit = Duration::from_millis(planned.step.timeout_ms.unwrap_or_default());
            StepEnd::Failed(Failure::new(
                "timed-out",
                format!("The step {:?} took longer than its timeout of {limit:?}.", planned.step.name),
            ))
        }
        end => end,
    }
}

/// All go to their end, whatever becomes of the others; the first failure in the file's order stands for the block.
async fn run_side_by_side(context: &Context, planned: &Planned<'_>, halt: &Halt) -> StepEnd {
    let ends = join_all(planned.children.iter().map(|child| run_step(context, child, halt, true))).await;
    let mut worst = StepEnd::Succeeded;
    for end in ends {
        worst = match (worst, end) {
            (StepEnd::Halted(cause), _) | (_, StepEnd::Halted(cause)) => StepEnd::Halted(cause),
            (StepEnd::Succeeded, end) => end,
            (failed, _) => failed,
        };
    }
    worst
}

async fn act(context: &Context, planned: &Planned<'_>, halt: &Halt, side_by_side: bool) -> StepEnd {
    match &planned.step.action {
        AssignedAction::Run { .. } => run_script(context, planned, halt, side_by_side).await,
        AssignedAction::Artifacts { paths } => artifacts::keep(context, paths, halt).await,
        AssignedAction::Junit { paths } => junit::report(context, paths).await,
        AssignedAction::Parallel { .. } => run_side_by_side(context, planned, halt).await,
    }
}
