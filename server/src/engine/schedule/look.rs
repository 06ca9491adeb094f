//! One look at the line: what it concludes for jobs that something has changed for, and the rows that this asks for.

use super::super::{control, desk, start, why};
use super::{Loaded, Turn};
use crate::app::App;
use crate::store::line::jobs;
use crate::store::{Connection, Result, Tx};
use andon_pipelines::decide::{Action, Decision, Evaluation, Line, Notes, SlotKey};
use andon_pipelines::ids::{JobId, JobRunId};
use std::collections::{BTreeSet, HashMap};

/// What a look came to.
pub(super) struct Look {
    actions: Vec<Action>,
    /// Job runs that wait and have a slot now.
    ready: Vec<JobRunId>,
    /// What is concluded otherwise than before, in the line's own words.
    pub concluded: Vec<(JobId, Decision)>,
}

impl Look {
    pub(super) fn take(loaded: &Loaded, (dirty, ready): (&BTreeSet<JobId>, &[JobRunId])) -> Self {
        let evaluations: Vec<Evaluation> = dirty.iter().filter_map(|job| loaded.line.decide(*job)).collect();
        let changed = evaluations.iter().filter(|evaluation| loaded.concluded.get(&evaluation.job) != Some(&evaluation.decision));
        let concluded = changed.map(|evaluation| (evaluation.job, evaluation.decision.clone())).collect();
        let actions = evaluations.into_iter().filter_map(|evaluation| evaluation.action).collect();
        Self { actions, ready: ready.to_vec(), concluded }
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
        Ok(done)
    }
}

/// The decisions for these jobs that differ from those on disk, with names. What stands in `known` is not asked for.
pub(super) async fn name_unwritten(
    connection: &mut Connection<'_>,
    (loaded, known): (&Loaded, Notes),
    of: &[JobId],
) -> Result<Vec<(JobId, Decision)>> {
    if of.is_empty() {
        return Ok(Vec::new());
    }
    let mut unwritten = why::name_decisions(connection, (&loaded.line, known), of).await?;
    unwritten.retain(|(job, decision)| loaded.decisions.get(job) != Some(decision));
    Ok(unwritten)
}

/// One transaction for everything that one look at the line asks for.
pub(super) async fn act(app: &App, turn: &mut Turn<'_>, dirty: &BTreeSet<JobId>, ready: &[JobRunId]) -> Result<usize> {
    let look = Look::take(turn, (dirty, ready));
    let of: Vec<_> = look.concluded.iter().map(|(job, _)| *job).collect();
    let unwritten = match of.as_slice() {
        [] => Vec::new(),
        of => name_unwritten(&mut app.db.read().await?.connection(), (turn, Notes::default()), of).await?,
    };
    let mut done = 0;
    if !look.actions.is_empty() || !look.ready.is_empty() || !unwritten.is_empty() {
        let mut tx = app.db.begin("andon").await?;
        done = look.act(app, &mut tx, &turn.line).await?;
        jobs::set_decisions(&mut tx, &unwritten).await?;
        let served = desk::serve(app, &mut tx).await?;
        tx.commit().await?;
        served.hand_over();
    }
    turn.concluded.extend(look.concluded);
    turn.decisions.extend(unwritten);
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
