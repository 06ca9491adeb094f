//! Taking work for free slots.

use super::{
    backoff::Backoff,
    life::{LAST_ANSWER, Session},
};
use crate::{
    execution::{Control, HaltCause},
    transport::{Transport, TransportError},
};
use andon_pipelines::wire::{Assignment, Claim, Claimed, Outcome, ReportBody};
use anyhow::Context;
use futures::FutureExt;
use std::{panic::AssertUnwindSafe, sync::Arc};

/// Claims until the shutdown.
///
/// # Errors
/// If the server refuses the runner.
pub async fn run<T: Transport>(session: &Arc<Session<T>>) -> anyhow::Result<()> {
    let mut backoff = Backoff::new(Arc::clone(&session.config.clock));
    while !session.shutdown.is_cancelled() {
        let free = session.count_free();
        // Without a free slot the claim only hears of stops; it is given up, at no loss, as soon as a slot is free.
        let answer = if free == 0 {
            tokio::select! { () = session.wait_for_slot() => continue, answer = claim(session, free) => answer }
        } else {
            claim(session, free).await
        };
        match answer {
            Some(Ok(claimed)) => {
                backoff.reset();
                claimed.stop.into_iter().for_each(|execution| session.halt(execution, HaltCause::Stopped));
                claimed.assignments.into_iter().for_each(|assignment| start(session, assignment));
            }
            Some(Err(error)) => recover(session, error, &mut backoff).await?,
            None => {}
        }
    }
    Ok(())
}

async fn claim<T: Transport>(session: &Session<T>, free: u32) -> Option<Result<Claimed, TransportError>> {
    let wait_ms = u64::try_from(session.config.claim_wait.as_millis()).unwrap_or(u64::MAX).min(60_000);
    let is_stopped = |control: &Control| control.steps.cause() == Some(HaltCause::Stopped);
    let stopping = session.controls().iter().filter(|(_, control)| is_stopped(control)).map(|(execution, _)| *execution).collect();
    let holding = Some(session.outbox.list_held());
    let claim = Claim { runner: session.registered().runner, free, wait_ms, stopping, holding };
    let leave = async {
        session.shutdown.cancelled().await;
        tokio::time::sleep(LAST_ANSWER).await;
    };
    tokio::select! { biased; answer = session.transport.claim(&claim) => Some(answer), () = leave => None }
}

async fn recover<T: Transport>(session: &Session<T>, error: TransportError, backoff: &mut Backoff) -> anyhow::Result<()> {
    match error {
        TransportError::UnknownRunner(_) => match session.register_again(session.registered().runner).await {
            Ok(()) => return Ok(()),
            Err(error @ TransportError::Refused(_)) => return Err(error).context("cannot register again"),
            Err(error) => tracing::debug!(%error, "cannot register again yet"),
        },
        TransportError::Refused(_) => return Err(error).context("cannot claim work"),
        TransportError::Unreachable(_) | TransportError::Invalid(_) if backoff.is_fresh() => {
            tracing::warn!(%error, "cannot claim work; trying again until it works");
        }
        _ => {}
    }
    tokio::select! { () = backoff.pause() => {}, () = session.shutdown.cancelled() => {} }
    Ok(())
}

/// Begins what the server has given.
pub fn start<T: Transport>(session: &Arc<Session<T>>, assignment: Assignment) {
    let execution = assignment.execution;
    // One that was abandoned may still be on its way to its end.
    let runs = session.controls().contains_key(&execution);
    let Some(reporter) = Some(&session.outbox).filter(|_| !runs).and_then(|outbox| outbox.begin(execution)) else {
        tracing::debug!(%execution, "the server has given an execution twice");
        return;
    };
    let control = Control::default();
    session.controls().insert(execution, control.clone());
    let session = Arc::clone(session);
    let turn = session.slots.queue();
    session.executions.clone().spawn(async move {
        let _end = End { session: Arc::clone(&session), execution };
        let slot = tokio::select! {
            biased;
            slot = session.slots.take(execution, turn) => slot,
            _ = control.steps.wait() => None,
            () = session.shutdown.cancelled() => None,
        };
        // Without a slot it only has to end where people or the server want that.
        if slot.is_none() && !matches!(control.steps.cause(), Some(HaltCause::Stopped | HaltCause::Abandoned)) {
            return reporter.send(ReportBody::Returned).await;
        }
        let work = AssertUnwindSafe(session.executor.execute(assignment, reporter.clone(), control.clone()));
        if work.catch_unwind().await.is_err() {
            tracing::error!(%execution, "the execution's task failed");
        }
        if control.all.cause() == Some(HaltCause::Abandoned) {
            session.outbox.discard(execution);
        }
        // Nothing if the execution has reported its end.
        reporter.send_end(Outcome::Errored, "runner-failed", "The runner failed while it executed this job.").await;
    });
}

/// Frees the slot, even if the execution's task panics.
struct End<T> {
    session: Arc<Session<T>>,
    execution: andon_pipelines::ids::ExecutionId,
}

impl<T> Drop for End<T> {
    fn drop(&mut self) {
        self.session.end(self.execution);
    }
}
