//! Deciding in the transaction in which something happened: what follows from it is on disk with it, by one commit, and nobody waits for
//! a second one. It is a shorter way to what [`super::tick`] does, and does no more than that: what it leaves, the tick finds.

use super::super::{finish, why};
use super::Turn;
use super::look::{Look, name_unwritten};
use crate::app::App;
use crate::store::line::jobs;
use crate::store::{Result, Tx};
use std::collections::BTreeSet;

/// The line, told of what an open transaction has done before that is committed. Unless the transaction is committed through it, the line
/// is forgotten: the next turn loads it from the store.
pub(in crate::engine) struct Follower<'a> {
    turn: Turn<'a>,
    /// How many of the transaction's events the line has been told.
    told: usize,
    /// The line may know what is not on disk.
    is_ahead: bool,
}

impl<'a> Follower<'a> {
    /// Waits for its turn with the line. Has to come before the transaction: whoever has a turn may wait for the writer.
    pub async fn begin(app: &'a App) -> Result<Self> {
        Ok(Self { turn: app.scheduler.turn(app).await?, told: 0, is_ahead: false })
    }

    /// Does in the transaction what the line asks for after what the transaction has done so far.
    pub async fn follow(&mut self, app: &App, tx: &mut Tx) -> Result<()> {
        self.is_ahead = true;
        let mut concluded = BTreeSet::new();
        let is_done = loop {
            self.tell(tx);
            // Facts that have to be read again, promotions and planned reruns are for the tick, with transactions of their own.
            if !self.turn.stale.is_empty() || self.turn.promotions_open || self.turn.reruns_planned {
                break false;
            }
            let (dirty, ready) = self.turn.line.take_dirty();
            if dirty.is_empty() && ready.is_empty() {
                break true;
            }
            let look = Look::take(&self.turn, (&dirty, &ready));
            look.act(app, tx, &self.turn.line).await?;
            concluded.extend(look.concluded.iter().map(|(job, _)| *job));
            self.turn.concluded.extend(look.concluded);
        };
        // Only what stands at the end is named and written.
        let of: Vec<_> = concluded.into_iter().collect();
        let made = why::note_made(tx);
        let unwritten = name_unwritten(&mut tx.connection(), (&self.turn, made), &of).await?;
        jobs::set_decisions(tx, &unwritten).await?;
        self.turn.decisions.extend(unwritten);
        if is_done {
            let settling: Vec<_> = self.turn.line.take_settling().into_iter().collect();
            finish::end_runs(app, tx, &settling).await?;
            self.tell(tx);
        }
        Ok(())
    }

    fn tell(&mut self, tx: &Tx) {
        for event in tx.events_from(self.told) {
            self.turn.tell(event);
            self.told += 1;
        }
    }

    /// Commits the transaction.
    ///
    /// # Errors
    /// When the database refuses; then nothing of the transaction has happened.
    pub async fn commit(mut self, tx: Tx) -> Result<()> {
        let mut numbers = tx.commit_numbered().await?;
        numbers.end = numbers.end.min(numbers.start + self.told as i64);
        self.turn.told.extend(numbers);
        self.is_ahead = false;
        Ok(())
    }
}

impl Drop for Follower<'_> {
    fn drop(&mut self) {
        if self.is_ahead {
            self.turn.forget();
        }
    }
}
