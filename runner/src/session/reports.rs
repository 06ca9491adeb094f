//! Handing reports over, which is also the heartbeat.

use super::{backoff::Backoff, claims::start, life::Session};
use crate::{
    execution::HaltCause,
    transport::{Transport, TransportError},
};
use andon_pipelines::wire::{Assignment, Report, ReportAnswer, ReportBatch};
use anyhow::Context;
use std::{sync::Arc, time::Duration};

/// One batch, about.
const BATCH_BYTES: usize = 1024 * 1024;
/// What only says that something begins waits so long for what follows: most of the time that is its end.
const LULL: Duration = Duration::from_millis(5);
/// Between repeats of what the server has received but does not have on disk yet, at most.
const UNTAKEN_PAUSE: Duration = Duration::from_millis(250);
/// While something runs, the server is asked this often whether people want it stopped.
const WATCHFUL_PAUSE: Duration = Duration::from_secs(1);

/// Reports until everything has ended and is handed over, or the time for that is up.
///
/// # Errors
/// If the server refuses the runner.
pub async fn run<T: Transport>(session: &Arc<Session<T>>) -> anyhow::Result<()> {
    let mut sender = Sender { session, backoff: Backoff::new(Arc::clone(&session.config.clock)), batch_bytes: BATCH_BYTES };
    let outcome = tokio::select! {
        outcome = sender.run() => outcome,
        () = give_up(session) => {
            tracing::warn!("the server has not taken every report; they wait in the spool for the runner's next life");
            Ok(())
        }
    };
    session.outbox.spool_all();
    if outcome.is_err() {
        session.shutdown.cancel();
        session.halt_all(HaltCause::Abandoned);
    }
    outcome
}

async fn give_up<T: Transport>(session: &Session<T>) {
    session.idle.cancelled().await;
    tokio::time::sleep(session.config.flush_limit).await;
}

struct Sender<'a, T> {
    session: &'a Arc<Session<T>>,
    backoff: Backoff,
    batch_bytes: usize,
}

impl<T: Transport> Sender<'_, T> {
    async fn run(&mut self) -> anyhow::Result<()> {
        let session = self.session;
        loop {
            let heartbeat = tokio::time::sleep(self.pause());
            tokio::pin!(heartbeat);
            while !session.outbox.has_reports() {
                tokio::select! {
                    () = session.outbox.wait_for_work() => {}
                    () = &mut heartbeat => break,
                    () = session.idle.cancelled() => break,
                }
            }
            self.wait_for_more().await;
            let leaving = session.idle.is_cancelled();
            let reports = session.outbox.take(self.batch_bytes);
            let delivered = self.deliver(reports).await?;
            if delivered && leaving && !session.outbox.has_reports() {
                return Ok(());
            }
        }
    }

    async fn wait_for_more(&self) {
        let outbox = &self.session.outbox;
        let lull = tokio::time::sleep(LULL);
        tokio::pin!(lull);
        while outbox.has_reports() && !outbox.is_urgent() {
            tokio::select! {
                () = outbox.wait_for_work() => {}
                () = &mut lull => return,
                () = self.session.idle.cancelled() => return,
            }
        }
    }

    fn pause(&self) -> Duration {
        let heartbeat = Duration::from_millis(self.session.registered().heartbeat_ms.max(10));
        if self.session.controls().is_empty() { heartbeat } else { heartbeat.min(WATCHFUL_PAUSE) }
    }

    /// True if the server has answered.
    async fn deliver(&mut self, reports: Vec<Report>) -> anyhow::Result<bool> {
        let session = self.session;
        let runner = session.registered().runner;
        let handing = session.handing.lock().await;
        let (draining, takes) = (session.shutdown.is_cancelled(), session.count_takes(&reports));
        let batch = ReportBatch { runner, running: session.outbox.list_held(), reports, draining, takes };
        let mut answer = session.transport.report(&batch).await;
        if let Ok(answer) = &mut answer {
            // Before the slots that they fill become free.
            self.begin(std::mem::take(&mut answer.assignments));
        }
        drop(handing);
        match answer {
            Ok(answer) => {
                self.settle(&batch, &answer).await;
                return Ok(true);
            }
            Err(TransportError::Unreachable(reason)) => {
                if self.backoff.is_fresh() {
                    tracing::warn!(reason, "the server cannot be reached; reports go to the spool");
                }
                session.outbox.spool_all();
            }
            Err(TransportError::UnknownRunner(_)) => match session.register_again(runner).await {
                Ok(()) => return Ok(false),
                Err(error @ TransportError::Refused(_)) => return Err(error).context("cannot register again"),
                Err(error) => tracing::debug!(%error, "cannot register again yet"),
            },
            Err(error @ TransportError::Refused(_)) => return Err(error).context("cannot report"),
            Err(TransportError::Invalid(reason)) => self.isolate(&batch, &reason),
        }
        self.backoff.pause().await;
        Ok(false)
    }

    fn begin(&self, assignments: Vec<Assignment>) {
        for assignment in assignments {
            if self.session.executions.is_closed() {
                tracing::warn!(execution = %assignment.execution, "work came too late for a runner that leaves; the server will give it again");
            } else {
                start(self.session, assignment);
            }
        }
    }

    async fn settle(&mut self, batch: &ReportBatch, answer: &ReportAnswer) {
        for execution in &answer.stop {
            self.session.halt(*execution, HaltCause::Stopped);
        }
        for execution in &answer.abandon {
            tracing::warn!(%execution, "the server has given the execution to somebody else or ended it; it is abandoned");
            self.session.halt(*execution, HaltCause::Abandoned);
        }
        let progress = self.session.outbox.settle(answer);
        if progress || batch.reports.is_empty() {
            self.backoff.reset();
            self.batch_bytes = BATCH_BYTES;
        } else {
            // The server was there but has nothing on disk yet: the same again, but not at once.
            self.backoff.pause_at_most(UNTAKEN_PAUSE).await;
        }
    }

    /// The server rejects a batch: finds the report that it is about by sending less, and gives its execution up.
    fn isolate(&mut self, batch: &ReportBatch, reason: &str) {
        match batch.reports.as_slice() {
            [] => tracing::warn!(reason, "the server rejects a heartbeat"),
            [report] => {
                tracing::error!(execution = %report.execution, reason, "the server rejects a report; its execution is given up");
                self.session.halt(report.execution, HaltCause::Abandoned);
                self.session.outbox.discard(report.execution);
                self.batch_bytes = BATCH_BYTES;
            }
            several => {
                tracing::debug!(reports = several.len(), reason, "the server rejects a batch; sending less at once");
                self.batch_bytes = (self.batch_bytes / 4).max(1);
            }
        }
    }
}
