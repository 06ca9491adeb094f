//! Starts that come at the same time are on disk by one commit: each would have to wait for the numbers of the one before it, and for its disk.

use super::super::{desk, start};
use crate::app::App;
use crate::store::db::Author;
use crate::store::line::job_runs::{NewInput, NewJobRun};
use crate::store::line::jobs;
use crate::store::line::runs::{self, NewRun};
use crate::store::{Result, StoreError, Tx};
use andon_pipelines::event::Event;
use andon_pipelines::ids::{JobId, JobRunId, RunId};
use andon_pipelines::state::JobRunStatus;
use serde_json::{Map, Value};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// As many go together at most: who comes last waits for all of them.
const MOST: usize = 8;

/// A start that only has to be written down.
#[derive(Debug)]
pub(super) struct Prepared {
    pub author: Arc<Author>,
    pub job: JobId,
    pub run: NewRun,
    pub inputs: Vec<NewInput>,
    pub follows: Vec<JobRunId>,
    pub has_slot: bool,
    /// What the audit trail says of it.
    pub noted: Value,
}

/// The new run, its job run, and how far that has got.
pub(super) type Started = (RunId, JobRunId, JobRunStatus);

/// The starts that wait to be written down.
#[derive(Debug, Default)]
pub struct Starts(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// Somebody writes down what waits.
    is_tended: bool,
}

#[derive(Debug)]
struct Waiting {
    prepared: Prepared,
    answer: oneshot::Sender<Result<Started>>,
}

impl Starts {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers whether nobody writes down what waits.
    fn add(&self, waiting: Waiting) -> bool {
        let mut queue = self.lock();
        queue.waiting.push_back(waiting);
        !std::mem::replace(&mut queue.is_tended, true)
    }

    /// The next few, the oldest first; without any, nobody tends the queue from now on.
    fn take(&self) -> Vec<Waiting> {
        let mut queue = self.lock();
        let count = queue.waiting.len().min(MOST);
        queue.is_tended = count > 0;
        queue.waiting.drain(..count).collect()
    }
}

/// Writes a start down, with others that come meanwhile. Once asked for it happens, even if who asked goes away.
pub(super) async fn write(app: &App, prepared: Prepared) -> Result<Started> {
    let (answer, answered) = oneshot::channel();
    if app.starts.add(Waiting { prepared, answer }) {
        tokio::spawn(tend(Tender(Some(app.clone()))));
    }
    answered.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the start was not written down".to_owned())))
}

/// Whoever writes down what waits. If that ends too early, nobody waits for it any longer.
struct Tender(Option<App>);

impl Drop for Tender {
    fn drop(&mut self) {
        if let Some(app) = &self.0 {
            *app.starts.lock() = Queue::default();
        }
    }
}

async fn tend(mut tender: Tender) {
    while let Some(app) = &tender.0 {
        let batch = app.starts.take();
        if batch.is_empty() {
            tender.0 = None;
            return;
        }
        let (prepared, answers): (Vec<_>, Vec<_>) = batch.into_iter().map(|waiting| (waiting.prepared, waiting.answer)).unzip();
        // Who has gone does not hear of it.
        match write_all(app, &prepared).await {
            Ok(started) => answers.into_iter().zip(started).for_each(|(answer, started)| _ = answer.send(Ok(started))),
            // One of them cannot be written down: that is its own matter.
            Err(error) if prepared.len() > 1 && error.is_undone() => {
                for (answer, one) in answers.into_iter().zip(&prepared) {
                    let _ = answer.send(write_one(app, one).await);
                }
            }
            Err(error) => answers.into_iter().for_each(|answer| _ = answer.send(Err(error.clone()))),
        }
    }
}

/// Writes one down, alone.
pub(super) async fn write_one(app: &App, prepared: &Prepared) -> Result<Started> {
    let started = write_all(app, std::slice::from_ref(prepared)).await?;
    started.into_iter().next().ok_or(StoreError::NotFound { what: "the start" })
}

async fn write_all(app: &App, prepared: &[Prepared]) -> Result<Vec<Started>> {
    let mut tx = app.db.begin("andon").await?;
    let mut made = Vec::with_capacity(prepared.len());
    for one in prepared {
        tx.go_on_for(Arc::clone(&one.author));
        made.push(create(app, &mut tx, one).await?);
    }
    tx.go_on_for(Author::server());
    let served = desk::serve(app, &mut tx).await?;
    let status = |job_run| tx.events_from(0).filter_map(|event| status_in(event, job_run)).last().unwrap_or(JobRunStatus::Waiting);
    let started = made.into_iter().map(|(run, job_run)| (run, job_run, status(job_run))).collect();
    tx.commit().await?;
    served.hand_over();
    Ok(started)
}

async fn create(app: &App, tx: &mut Tx, prepared: &Prepared) -> Result<(RunId, JobRunId)> {
    let run = &prepared.run;
    let (taken, number) = jobs::take_number_with_run(tx, prepared.job, run.pipeline).await?;
    let run_id = runs::create_numbered(tx, run, number).await?;
    tx.note(Value::Null, prepared.noted.clone());
    let new = NewJobRun {
        workspace: run.workspace,
        pipeline: run.pipeline,
        run: run_id,
        job: prepared.job,
        revision: run.revision,
        number: taken.number,
        attempt: 0,
        rerun_of: None,
        set_digest: None,
        params: Map::new(),
        inputs: prepared.inputs.clone(),
        follows: prepared.follows.clone(),
    };
    let made = start::create(app, tx, &new, &taken, prepared.has_slot).await?;
    Ok((run_id, made.id))
}

/// The status that an event gives to a job run.
fn status_in(event: &Event, of: JobRunId) -> Option<JobRunStatus> {
    match event {
        Event::JobRunMoved { job_run, status, .. } if *job_run == of => Some(*status),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::world::{Line, pipeline};
    use super::*;
    use crate::audit::Origin;
    use crate::store::events;
    use crate::store::people::audit::{self, Question};
    use crate::store::testing::on_engine;
    use serde_json::json;

    async fn line(store: crate::store::testing::TestStore) -> Line {
        Line::new(store, &pipeline("jobs:\n  build: { steps: [{ run: make }] }\n")).await
    }

    /// A start of `build` that somebody asks for, each from a console of their own.
    async fn prepared(line: &Line, actor: &str) -> Prepared {
        let pipeline = line.pipeline().await;
        let job = jobs::find_by_name(&mut line.app().db.read().await.unwrap().connection(), pipeline.id, "build").await.unwrap().unwrap();
        let run = NewRun {
            workspace: line.workspace,
            pipeline: pipeline.id,
            revision: pipeline.revision,
            cause: "manual".to_owned(),
            cause_version: None,
            cause_detail: None,
            actor: None,
            author: None,
            note: None,
            params: Map::new(),
        };
        let author = Origin::of_console(&format!("console of {actor}")).cover(async { Author::here(actor) }).await;
        Prepared { author, job: job.id, run, inputs: Vec::new(), follows: Vec::new(), has_slot: true, noted: json!({ "by": actor }) }
    }

    #[tokio::test]
    async fn several_are_written_down_together_each_in_its_own_name() {
        on_engine(async |store| {
            let line = line(store).await;
            let both = [prepared(&line, "user:ada").await, prepared(&line, "user:ben").await];
            let before = line.app().db.events().newest();
            let started = write_all(line.app(), &both).await.unwrap();
            assert!(started.iter().all(|(_, _, status)| *status == JobRunStatus::Queued));
            let mut reader = line.app().db.read().await.unwrap();
            let told = events::list_after(&mut reader.connection(), before, 100).await.unwrap();
            let actors: Vec<_> =
                told.iter().filter(|told| matches!(told.event, Event::RunCreated { .. })).map(|told| told.actor.as_str()).collect();
            assert_eq!(actors, ["user:ada", "user:ben"]);
            let question = Question { limit: 2, ..Question::default() };
            let rows = audit::list(&mut reader.connection(), line.workspace, &question).await.unwrap();
            let rows: Vec<_> = rows.iter().map(|row| (row.actor.as_str(), row.agent.as_deref().unwrap(), row.object.as_str())).collect();
            assert_eq!(rows, [("user:ben", "console of user:ben", "run:p#2"), ("user:ada", "console of user:ada", "run:p#1")]);
            drop(reader);
            line.comes_to(&["build #1 succeeded", "build #2 succeeded"]).await;
        })
        .await;
    }

    #[tokio::test]
    async fn one_that_cannot_be_written_down_does_not_keep_the_others_from_it() {
        on_engine(async |store| {
            let line = line(store).await;
            let unknown = Prepared { job: line.app().random.new_id(), ..prepared(&line, "user:ada").await };
            let (one, other) = (prepared(&line, "user:ada").await, prepared(&line, "user:ben").await);
            let app = line.app();
            let (one, none, other) = tokio::join!(write(app, one), write(app, unknown), write(app, other));
            assert!(matches!(none, Err(StoreError::NotFound { what: "the job" })), "{none:?}");
            assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
            line.comes_to(&["build #1 succeeded", "build #2 succeeded"]).await;
        })
        .await;
    }

    #[tokio::test]
    async fn nobody_waits_for_a_writer_that_has_died() {
        on_engine(async |store| {
            let line = line(store).await;
            let (answer, answered) = oneshot::channel();
            assert!(line.app().starts.add(Waiting { prepared: prepared(&line, "user:ada").await, answer }), "somebody has to tend them");
            drop(Tender(Some(line.app().clone())));
            assert!(answered.await.is_err());
            assert!(write(line.app(), prepared(&line, "user:ben").await).await.is_ok());
            line.comes_to(&["build #1 succeeded"]).await;
        })
        .await;
    }
}
