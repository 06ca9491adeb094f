//! How job runs are made.

use super::super::jobs::Numbered;
use super::moves::tell_moved;
use super::{JobRun, Move, NewJobRun, facts, insert_set};
use crate::store::db::values;
use crate::store::{Result, Tx};
use andon_pipelines::event::Event;
use andon_pipelines::state::JobRunStatus;
use std::collections::BTreeMap;

/// What a job run goes by, and the state that its job has.
#[derive(Clone, Debug)]
pub struct Called {
    /// In its revision.
    pub job_name: String,
    pub current_name: String,
    pub job_state: BTreeMap<String, String>,
}

impl From<&Numbered> for Called {
    fn from(taken: &Numbered) -> Self {
        Self { job_name: taken.name.clone(), current_name: taken.name.clone(), job_state: taken.state.clone() }
    }
}

impl From<&JobRun> for Called {
    fn from(original: &JobRun) -> Self {
        let (job_name, current_name) = (original.job_name.clone(), original.current_name.clone());
        Self { job_name, current_name, job_state: original.job_state.clone() }
    }
}

/// The place of the next job run among all. Who makes job runs takes it first: on PostgreSQL others who make some wait here until the
/// transaction ends, holding nothing that it may need, and then see what it has made.
///
/// # Errors
/// Whatever the database says.
pub async fn take_sequence(tx: &mut Tx) -> Result<i64> {
    tx.take_numbers(COUNTER, 1).await
}

/// What counts job runs.
pub(in crate::store) const COUNTER: &str = "job-runs";

/// Makes a job run that waits, or is in the queue already.
///
/// # Errors
/// [`StoreError::Conflict`] when an automatic job run of this set exists already.
pub async fn create(tx: &mut Tx, new: &NewJobRun, called: Called, (sequence, status): (i64, JobRunStatus)) -> Result<JobRun> {
    let made = made(tx, new, called, (sequence, status));
    let params = serde_json::Value::Object(new.params.clone()).to_string();
    tx.connection()
        .put(
            1,
            "INSERT INTO job_runs (id, run_id, pipeline_id, job_id, revision, sequence, number, attempt, rerun_of, set_digest, status, \
             superseded, actor, params, state, created_at, job_name) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13, \
             '{}', $14, $15)",
            values![
                made.id,
                new.run,
                new.pipeline,
                new.job,
                new.revision,
                sequence,
                new.number,
                new.attempt,
                new.rerun_of,
                &new.set_digest,
                status.name(),
                &made.actor,
                params,
                made.created_at,
                &made.job_name
            ],
        )
        .await?;
    insert_set(tx, made.id, new).await?;
    tx.emit(Some(new.workspace), Event::JobRunCreated(facts(made.id, sequence, new)));
    if status != JobRunStatus::Waiting {
        tell_moved(tx, (&made).into(), Move::to(status));
    }
    Ok(made)
}

fn made(tx: &Tx, new: &NewJobRun, called: Called, (sequence, status): (i64, JobRunStatus)) -> JobRun {
    JobRun {
        id: tx.new_id(),
        run: new.run,
        workspace: new.workspace,
        pipeline: new.pipeline,
        job: new.job,
        job_name: called.job_name,
        current_name: called.current_name,
        job_state: called.job_state,
        revision: new.revision,
        sequence,
        number: new.number,
        attempt: new.attempt,
        rerun_of: new.rerun_of,
        automatic: new.set_digest.is_some(),
        status,
        reason: None,
        detail: None,
        superseded: 0,
        actor: tx.actor().to_owned(),
        cause: None,
        params: new.params.clone(),
        state: BTreeMap::new(),
        created_at: tx.at(),
        started_at: None,
        ended_at: None,
    }
}
