//! One look at the line: what it concludes for jobs that something has changed for, and the rows that this asks for.

use super::super::{control, desk, start, why};
use super::{Loaded, Turn};
use crate::app::App;
use crate::store::line::jobs;
use crate::store::{Connection, Result, Tx};
use andon_pipelines::decide::{Action, Decision, Evaluation, Line, SlotKey};
use andon_pipelines::ids::{JobId, JobRunId};
use std::collections::{BTreeSet, HashMap};

/// What a look came to.
pub(super) struct Look {
    actions: Vec<Action>,
    /// Job runs that wait and have a slot now.
    ready: Vec<JobRunId>,
    /// Decisions that differ from those on disk.
    unwritten: Vec<(JobId, Decision)>,
    /// In the line's own words.
    concluded: Vec<(JobId, Decision)>,
}

impl Look {
    pub(super) async fn take(
        connection: &mut Connection<'_>,
        loaded: &Loaded,
        (dirty, ready): (&BTreeSet<JobId>, &[JobRunId]),
    ) -> Result<Self> {
        let evaluations: Vec<Evaluation> = dirty.iter().filter_map(|job| loaded.line.decide(*job)).collect();
        let changed = evaluations.iter().filter(|evaluation| loaded.concluded.get(&evaluation.job) != Some(&evaluation.decision));
        let concluded: Vec<_> = changed.map(|evaluation| (evaluation.job, evaluation.decision.clone())).collect();
        let of: Vec<JobId> = concluded.iter().map(|(job, _)| *job).collect();
        let mut unwritten = match of.as_slice() {
            [] => Vec::new(),
            of => why::name_decisions(connection, &loaded.line, of).await?,
        };
        unwritten.retain(|(job, decision)| loaded.decisions.get(job) != Some(decision));
        let actions = evaluations.into_iter().filter_map(|evaluation| evaluation.action).collect();
        Ok(Self { actions, ready: ready.to_vec(), unwritten, concluded })
    }

    fn asks_for_nothing(&self) -> bool {
        self.actions.is_empty() && self.ready.is_empty() && self.unwritten.is_empty()
    }

    /// Writes what it asks for. Answers how many job runs were started or moved.
    pub(super) async fn act(&self, app: &App, tx: &mut Tx, line: &Line) -> Result<usize> {
        let mut slots = Slots::default();
        let mut done = 0;
        for action in &self.actions {
            done += usize::from(perform(app, tx, line, &mut slots, action).await?);
        }
        for job_run in &self.ready {
            start::queue_waiting(app, tx, *job_run).await?;
            done += 1;
        }
        for (job, decision) in &self.unwritten {
            jobs::set_decision(tx, *job, decision).await?;
        }
        Ok(done)
    }

    /// Remembers what was written.
    pub(super) fn keep(self, loaded: &mut Loaded) {
        loaded.concluded.extend(self.concluded);
        loaded.decisions.extend(self.unwritten);
    }
}

/// One transaction for everything that one look at the line asks for.
pub(super) async fn act(app: &App, turn: &mut Turn<'_>, dirty: &BTreeSet<JobId>, ready: &[JobRunId]) -> Result<usize> {
    let look = Look::take(&mut app.db.read().await?.connection(), turn, (dirty, ready)).await?;
    let mut done = 0;
    if !look.asks_for_nothing() {
        let mut tx = app.db.begin("andon").await?;
        done = look.act(app, &mut tx, &turn.line).await?;
        let served = desk::serve(app, &mut tx).await?;
        tx.commit().await?;
        served.hand_over();
    }
    look.keep(turn);
    Ok(done)
}

/// Slots that this transaction has given away already.
#[derive(Default)]
pub struct Slots(HashMap<SlotKey, usize>);

impl Slots {
    /// Takes a slot for a job, if one is free or the job needs none.
    pub fn take(&mut self, line: &Line, job: JobId) -> bool {
        let Some((key, free)) = line.free_slots(job) else { return true };
        let given = self.0.entry(key).or_default();
        let may = *given < free;
        *given += usize::from(may);
        may
    }
}

async fn perform(app: &App, tx: &mut Tx, line: &Line, slots: &mut Slots, action: &Action) -> Result<bool> {
    let action = match action {
        Action::CancelRunning { running, then } => {
            for job_run in running {
                control::supersede_running(app, tx, *job_run).await?;
            }
            then.as_ref()
        }
        action => action,
    };
    match action {
        Action::CancelRunning { .. } => Ok(false),
        Action::Start(set) => start::start_set(app, tx, line, slots, set).await,
        Action::Supersede { job_run, start: set } => start::supersede_set(tx, line, *job_run, set).await,
        Action::Reopen { job_run, start: set } => {
            start::withdraw(app, tx, *job_run).await?;
            start::start_set(app, tx, line, slots, set).await
        }
    }
}
