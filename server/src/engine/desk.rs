//! Where runners wait for work: whoever queues some gives it to them by the same commit, so that they need not come back for it.

use super::dispatch::give;
use crate::app::App;
use crate::store::line::executions::Execution;
use crate::store::line::runners;
use crate::store::{Result, Tx};
use andon_pipelines::event::Event;
use andon_pipelines::ids::RunnerId;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Work for a runner, written down as given.
pub(super) type Given = Vec<Execution>;

/// So many runners are asked for what one transaction has queued; the others come by themselves.
const ASKED: usize = 4;

/// The runners that wait, in the order in which they came.
#[derive(Debug, Default)]
pub struct Desk(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    last: u64,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    runner: RunnerId,
    slots: usize,
    answer: oneshot::Sender<Given>,
}

/// A runner's place at the desk. Who leaves it while work is on its way loses that: the runner is given it again when it comes back and does
/// not hold it.
#[derive(Debug)]
pub(super) struct Place<'a> {
    desk: &'a Desk,
    number: u64,
    answer: oneshot::Receiver<Given>,
}

impl Desk {
    /// Waits with so many free slots.
    pub(super) fn wait(&self, runner: RunnerId, slots: usize) -> Place<'_> {
        let (sender, answer) = oneshot::channel();
        let mut queue = self.lock();
        queue.last += 1;
        let number = queue.last;
        queue.waiting.push_back(Waiting { number, runner, slots, answer: sender });
        Place { desk: self, number, answer }
    }

    /// How many wait.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.lock().waiting.len()
    }

    fn call(&self) -> Option<Waiting> {
        self.lock().waiting.pop_front()
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place<'_> {
    /// What was given; `None` if somebody took it back. Pends while nobody gives anything.
    pub(super) async fn wait(&mut self) -> Option<Given> {
        // It was taken back before.
        if self.answer.is_terminated() {
            return None;
        }
        (&mut self.answer).await.ok().filter(|given| !given.is_empty())
    }

    /// Goes, with what is being given at this moment.
    pub(super) async fn leave(mut self) -> Option<Given> {
        if self.give_up() { None } else { self.wait().await }
    }

    /// Answers `false` if the runner was called already.
    fn give_up(&self) -> bool {
        let mut queue = self.desk.lock();
        let before = queue.waiting.len();
        queue.waiting.retain(|waiting| waiting.number != self.number);
        queue.waiting.len() < before
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.give_up();
    }
}

/// What a transaction has given to runners that wait. They hear of it when it is on disk; without that, they go on waiting.
#[derive(Debug, Default)]
#[must_use]
pub(super) struct Served(Vec<(Waiting, Given)>);

impl Served {
    /// Once the transaction is committed.
    pub(super) fn hand_over(self) {
        for (waiting, given) in self.0 {
            // Who has gone is given it again.
            let _ = waiting.answer.send(given);
        }
    }
}

/// Gives what the transaction has queued to runners that wait.
pub(super) async fn serve(app: &App, tx: &mut Tx) -> Result<Served> {
    let is_queued = |event: &&Event| matches!(event, Event::ExecutionQueued { .. });
    let is_given = |event: &&Event| matches!(event, Event::ExecutionStarted { .. });
    let mut served = Served::default();
    for _ in 0..ASKED {
        if tx.events_from(0).filter(is_queued).count() <= tx.events_from(0).filter(is_given).count() {
            break;
        }
        let Some(waiting) = app.desk.call() else { break };
        let given = match runners::find(&mut tx.connection(), waiting.runner).await? {
            Some(runner) => give(app, tx, &runner, waiting.slots).await?,
            None => Vec::new(),
        };
        served.0.push((waiting, given));
    }
    Ok(served)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_hears_that_nothing_comes_after_all_can_go() {
        let desk = Desk::default();
        let mut place = desk.wait(RunnerId::from(uuid::Uuid::nil()), 1);
        drop(desk.call());
        assert!(place.wait().await.is_none());
        assert!(place.leave().await.is_none());
    }
}
