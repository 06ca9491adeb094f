//! Deciding in the transaction in which something happened: what follows from it is on disk with it, by one commit, and nobody waits for
//! a second one. It is a shorter way to what [`super::tick`] does, and does no more than that: what it leaves, the tick finds.

use super::super::{desk, finish, why};
use super::look::{Look, name_unwritten};
use super::{Turn, is_race};
use crate::app::App;
use crate::store::db::Author;
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

/// A transaction in which somebody does something, and in which the line follows. Where it cannot, the same is done once more in a transaction
/// that the scheduler's loop follows.
pub(in crate::engine) struct Attempt<'a> {
    app: &'a App,
    actor: &'a str,
    /// Absent when the line does not follow.
    follower: Option<Follower<'a>>,
    tx: Tx,
}

impl<'a> Attempt<'a> {
    pub async fn begin(app: &'a App, actor: &'a str) -> Result<Self> {
        let follower = Some(Follower::begin(app).await?);
        Ok(Self { app, actor, follower, tx: app.db.begin(actor).await? })
    }

    pub fn tx(&mut self) -> &mut Tx {
        &mut self.tx
    }

    /// Follows, gives what is queued to runners that wait, and commits. Answers the next attempt where the line could not follow: nothing has
    /// happened then.
    ///
    /// # Errors
    /// Whatever the database says; then nothing has happened, unless it is that it cannot be reached.
    pub async fn end(self) -> Result<Option<Self>> {
        let Self { app, actor, follower, mut tx } = self;
        let Some(mut follower) = follower else { return tx.commit().await.map(|()| None) };
        tx.go_on_for(Author::server());
        let followed = match follower.follow(app, &mut tx).await {
            Ok(()) => desk::serve(app, &mut tx).await,
            Err(error) => Err(error),
        };
        let error = match followed {
            Ok(served) => match follower.commit(tx).await {
                Ok(()) => {
                    served.hand_over();
                    return Ok(None);
                }
                Err(error) if error.is_undone() => error,
                Err(error) => return Err(error),
            },
            Err(error) => {
                tx.rollback().await?;
                error
            }
        };
        if is_race(&error) {
            tracing::debug!(%error, "the line cannot follow at once");
        } else {
            tracing::warn!(%error, "the line cannot follow at once");
        }
        Ok(Some(Self { app, actor, follower: None, tx: app.db.begin(actor).await? }))
    }
}

impl Drop for Follower<'_> {
    fn drop(&mut self) {
        if self.is_ahead {
            self.turn.forget();
        }
    }
}
