//! The course of one execution.

use super::{
    context::{Context, limit_time},
    fetch::fetch_inputs,
    halt::HaltCause,
    outputs,
    plan::{Plan, Planned},
    steps::run_steps,
    verdict::{StepEnd, Verdict},
};
use crate::files::measure_folder;
use andon_pipelines::wire::{Outcome, ReportBody};
use std::{future::Future, time::Duration};

/// The first look at the workspace's size, and the pause between further ones.
const FIRST_LOOK: Duration = Duration::from_millis(500);
const NEXT_LOOK: Duration = Duration::from_secs(3);
/// As long as one look may take; a workspace of very many files is measured in part.
const LOOK_LIMIT: Duration = Duration::from_millis(300);

/// Carries the execution out and reports it, the last report included. An abandoned one ends without.
pub async fn conduct(context: &Context) {
    context.reporter.send(ReportBody::Started).await;
    let verdict = match fetch_inputs(context).await {
        Ok(()) => run(context).await,
        Err(verdict) => verdict,
    };
    context.room.end_execution(&context.assignment.execution.to_string()).await;
    if context.control.all.cause() == Some(HaltCause::Abandoned) {
        return;
    }
    let detail = verdict.detail.as_deref().map(|detail| context.mask(detail));
    let reason = verdict.reason.map(str::to_owned);
    context.reporter.send(ReportBody::Finished { outcome: verdict.outcome, reason, detail }).await;
}

async fn run(context: &Context) -> Verdict {
    let plan = Plan::new(&context.assignment);
    let halt = &context.control.steps;
    context.reporter.send(ReportBody::StepsBegun).await;
    let steps = limit_time(Some(context.assignment.limits.timeout_ms), halt, run_steps(context, &plan.steps, halt));
    let verdict = Verdict::of(watch_disk(context, steps).await);
    let verdict = check_limits(context, verdict);
    let verdict = run_hooks(context, &plan, verdict).await;
    let verdict = check_limits(context, verdict);
    outputs::report_all(context, verdict).await
}

/// A limit that was passed fails the job even if the step ended before it could be ended.
fn check_limits(context: &Context, verdict: Verdict) -> Verdict {
    match context.control.steps.cause() {
        Some(cause @ (HaltCause::LogLimit | HaltCause::DiskLimit)) if verdict.outcome == Outcome::Succeeded => Verdict::halted(cause),
        _ => verdict,
    }
}

async fn watch_disk<A>(context: &Context, work: impl Future<Output = A>) -> A {
    let watch = async {
        tokio::time::sleep(FIRST_LOOK).await;
        loop {
            let (root, limit) = (context.root.clone(), context.assignment.limits.workspace_bytes);
            let size = tokio::task::spawn_blocking(move || measure_folder(&root, limit, LOOK_LIMIT)).await.unwrap_or(0);
            if size > limit {
                context.log.write_line(&format!("[the workspace is larger than its limit of {limit} bytes]")).await;
                context.control.steps.request(HaltCause::DiskLimit);
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(NEXT_LOOK).await;
        }
    };
    tokio::select! { biased; done = work => done, () = watch => unreachable!("the watch has no end") }
}

/// What follows the outcome, then what always follows; all within one limit of time.
async fn run_hooks(context: &Context, plan: &Plan<'_>, verdict: Verdict) -> Verdict {
    let matching: &[Planned<'_>] = match verdict.outcome {
        Outcome::Succeeded => &plan.on_success,
        Outcome::Failed | Outcome::Errored => &plan.on_failure,
        Outcome::Stopped => &plan.on_stop,
    };
    if matching.is_empty() && plan.always.is_empty() {
        return verdict;
    }
    let halt = context.control.all.child();
    let hooks = async {
        let first = run_steps(context, matching, &halt).await;
        let last = run_steps(context, &plan.always, &halt).await;
        if first == StepEnd::Succeeded { last } else { first }
    };
    let end = limit_time(Some(context.assignment.limits.hooks_ms), &halt, hooks).await;
    let detail = match end {
        StepEnd::Succeeded => return verdict,
        _ if verdict.outcome != Outcome::Succeeded => return verdict,
        StepEnd::Failed(failure) => format!("The steps succeeded, but a hook did not: {}", failure.detail),
        StepEnd::Halted(_) => "The steps succeeded, but the hooks took longer than their limit.".to_owned(),
    };
    Verdict { outcome: Outcome::Failed, reason: Some("hook-failed"), detail: Some(detail) }
}
