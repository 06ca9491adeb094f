//! The scheduler: looks at every job that something has changed for, and starts what should start.

mod follow;
mod look;

pub(super) use follow::{Attempt, Follower};
pub use look::Slots;

use super::environments::{self, Phase};
use super::{bindings, downstream};
use crate::app::App;
use crate::store::line::{environment_locks, jobs, loading, pipelines, planned_reruns, promotions, resources, runs, versions, workspaces};
use crate::store::{Connection, Result, StoreError, events};
use andon_pipelines::decide::{Decision, Line, Pauses, PinnedInput, PipelineFacts};
use andon_pipelines::document::VersionChoice;
use andon_pipelines::event::Event;
use andon_pipelines::ids::{JobId, PipelineId, RunId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tokio::sync::{Mutex, MutexGuard};

/// The line in memory, behind a lock that makes scheduling one serial queue.
#[derive(Debug, Default)]
pub struct Scheduler(Mutex<Option<Loaded>>);

/// The line as of one event.
#[derive(Debug)]
pub struct Loaded {
    pub line: Line,
    sequence: i64,
    /// Events after `sequence` that the line has been told already, by who committed them.
    told: BTreeSet<i64>,
    /// What was concluded last in this process, in the line's own words: only what differs is named and looked at further.
    concluded: HashMap<JobId, Decision>,
    /// Pipelines that have changed and have to be read again. Kept here, because whoever caught up may go away, or fail, while they are read.
    stale: BTreeSet<PipelineId>,
    /// The decisions on disk, so that only changed ones are written.
    decisions: HashMap<JobId, Decision>,
    /// Some reruns that take others along may wait for these.
    reruns_planned: bool,
    /// Some promotions may wait for their gates.
    promotions_open: bool,
}

/// The line, caught up with the store, and nobody else changing it.
#[derive(Debug)]
pub struct Turn<'a>(MutexGuard<'a, Option<Loaded>>);

impl std::ops::Deref for Turn<'_> {
    type Target = Loaded;

    fn deref(&self) -> &Loaded {
        self.0.as_ref().expect("a turn is given only with the line loaded")
    }
}

impl Turn<'_> {
    fn forget(&mut self) {
        *self.0 = None;
    }
}

impl std::ops::DerefMut for Turn<'_> {
    fn deref_mut(&mut self) -> &mut Loaded {
        self.0.as_mut().expect("a turn is given only with the line loaded")
    }
}

impl Scheduler {
    /// Waits for its turn and answers the line, caught up with everything committed.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn turn(&self, app: &App) -> Result<Turn<'_>> {
        let mut guard = self.0.lock().await;
        if guard.is_none() {
            *guard = Some(load(app).await?);
        }
        let mut turn = Turn(guard);
        turn.catch_up(app).await?;
        Ok(turn)
    }

    /// Forgets the line; the next turn loads it from the store.
    pub async fn forget(&self) {
        *self.0.lock().await = None;
    }
}

impl Loaded {
    fn tell(&mut self, event: &Event) {
        for changed in self.line.apply(event) {
            self.stale.insert(changed);
            self.stale.extend(self.line.list_dependants(changed));
        }
        self.reruns_planned |= matches!(event, Event::RerunPlanned { .. });
        self.promotions_open |= matches!(event, Event::PromotionOpened { .. });
    }

    async fn catch_up(&mut self, app: &App) -> Result<()> {
        while app.db.events().newest() > self.sequence {
            let found = match app.db.events().after(self.sequence) {
                Some(found) => found,
                None => {
                    let mut reader = app.db.read().await?;
                    events::list_after(&mut reader.connection(), self.sequence, 1_000).await?.into_iter().map(std::sync::Arc::new).collect()
                }
            };
            if found.is_empty() {
                break;
            }
            for event in found {
                if !self.told.remove(&event.sequence) {
                    self.tell(&event.event);
                }
                self.sequence = event.sequence;
            }
        }
        if self.stale.is_empty() {
            return Ok(());
        }
        let mut reader = app.db.read().await?;
        while let Some(pipeline) = self.stale.first().copied() {
            self.line.set_pipeline(read_pipeline(app, &mut reader.connection(), pipeline).await?);
            self.stale.remove(&pipeline);
        }
        Ok(())
    }
}

/// Reads the whole line from the store.
async fn load(app: &App) -> Result<Loaded> {
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    // First the sequence: an event that comes while we read is applied once more, which changes nothing.
    let sequence = events::newest_sequence(&mut connection).await?;
    let mut line = Line::default();
    line.add_versions(loading::list_versions(&mut connection).await?);
    // Before the job runs: one that has ended by then is told to have ended once more.
    let active = loading::list_active(&mut connection).await?;
    let mut decisions = HashMap::new();
    for pipeline in pipelines::list_all(&mut connection).await? {
        line.set_pipeline(read_pipeline(app, &mut connection, pipeline.id).await?);
        for job in jobs::list(&mut connection, pipeline.id).await? {
            decisions.extend(job.decision.map(|decision| (job.id, decision)));
        }
    }
    let mut intake = line.take_in(loading::count_job_runs(&mut connection).await?);
    loading::read_job_runs(&mut connection, |part| _ = intake.add(part)).await?;
    intake.finish();
    line.add_active_runs(active);
    line.touch_all();
    let reruns_planned = !planned_reruns::list_open(&mut connection).await?.is_empty();
    let promotions_open = !promotions::list_open(&mut connection).await?.is_empty();
    Ok(Loaded {
        line,
        sequence,
        told: BTreeSet::new(),
        stale: BTreeSet::new(),
        concluded: HashMap::new(),
        decisions,
        reruns_planned,
        promotions_open,
    })
}

async fn read_pipeline(app: &App, connection: &mut Connection<'_>, id: PipelineId) -> Result<PipelineFacts> {
    let pipeline = pipelines::get(connection, id).await?;
    let document = app.documents.get(connection, id, pipeline.revision).await?;
    let bound = bindings::bind(app, connection, (pipeline.workspace, Some(&pipeline)), &document).await?;
    let document = bound.document;
    let known_jobs = jobs::list(connection, id).await?;
    let jobs: BTreeMap<String, JobId> = known_jobs.iter().filter(|job| job.current).map(|job| (job.name.clone(), job.id)).collect();
    let workspace = workspaces::get(connection, pipeline.workspace).await?;
    let pauses = Pauses {
        workspace: workspaces::find_pause(connection, pipeline.workspace).await?,
        pipeline: pipeline.paused,
        jobs: known_jobs.into_iter().filter_map(|job| Some((job.id, job.paused?))).collect(),
        environments: environment_locks::list_of_pipeline(connection, id).await?,
    };
    let current = resources::list(connection, id).await?;
    let pins = current.iter().filter_map(|resource| Some((resource.id, resource.pin?))).chain(bound.pins).collect();
    let resources: BTreeMap<_, _> = current.into_iter().map(|resource| (resource.name, resource.id)).collect();
    let mut pinned_inputs = Vec::new();
    for job in &document.jobs {
        for input in &job.inputs {
            let VersionChoice::Pinned(entries) = &input.version else { continue };
            let resource = resources.get(&input.resource).or_else(|| bound.bindings.resources.get(&input.resource));
            let (Some(job), Some(resource)) = (jobs.get(&job.name), resource) else { continue };
            let version = versions::find_matching(connection, *resource, entries).await?.map(|version| version.id);
            pinned_inputs.push(PinnedInput {
                job: *job,
                input: input.name.clone(),
                resource: *resource,
                entries: entries.clone(),
                version,
            });
        }
    }
    Ok(PipelineFacts {
        id,
        workspace: pipeline.workspace,
        workspace_name: workspace.name,
        revision: pipeline.revision,
        document,
        pauses,
        resources,
        jobs,
        pins,
        pinned_inputs,
        bindings: bound.bindings,
    })
}

/// Does everything that the line has to do now. Answers how many job runs were started or moved.
///
/// # Errors
/// Whatever the database says; what was not done is done by the next tick.
pub async fn tick(app: &App) -> Result<usize> {
    let mut turn = app.scheduler.turn(app).await?;
    let mut done = act_on_dirty(app, &mut turn).await?;
    // What came through a gate in another way than the line goes by itself.
    while promote(app, &mut turn, Phase::After).await? {
        done += 1 + act_on_dirty(app, &mut turn).await?;
    }
    // What the line starts by itself goes first; a planned rerun is for what it does not start.
    while turn.reruns_planned {
        let (moved, waits) = downstream::advance(app, &turn.line).await?;
        turn.reruns_planned = waits;
        done += moved;
        if moved == 0 {
            break;
        }
        turn.catch_up(app).await?;
        done += act_on_dirty(app, &mut turn).await?;
    }
    settle(app, &mut turn).await?;
    Ok(done)
}

/// Starts what people asked for and gates have let through. Answers whether anything has changed; the line has caught up with it.
async fn promote(app: &App, turn: &mut Turn<'_>, phase: Phase) -> Result<bool> {
    if !turn.promotions_open {
        return Ok(false);
    }
    let (done, waits) = environments::advance(app, &turn.line, phase).await?;
    turn.promotions_open = waits;
    // Only then: what has happened meanwhile must not be judged before this has looked at it.
    if done > 0 {
        turn.catch_up(app).await?;
    }
    Ok(done > 0)
}

/// Looks at jobs until nothing is left to look at.
async fn act_on_dirty(app: &App, turn: &mut Turn<'_>) -> Result<usize> {
    let mut done = 0;
    loop {
        // Before the line starts by itself what follows a gate: people may have asked for it on a set of their own.
        while promote(app, turn, Phase::Before).await? {
            done += 1;
        }
        let (dirty, ready) = turn.line.take_dirty();
        if dirty.is_empty() && ready.is_empty() {
            return Ok(done);
        }
        match look::act(app, turn, &dirty, &ready).await {
            Ok(count) => done += count,
            Err(error) => {
                for job in dirty {
                    turn.line.touch_job(job);
                }
                turn.line.touch_all();
                return Err(error);
            }
        }
        turn.catch_up(app).await?;
    }
}

/// Records the end of runs of which nothing is active any more.
async fn settle(app: &App, turn: &mut Turn<'_>) -> Result<()> {
    let settling = turn.line.take_settling();
    end_runs(app, settling).await?;
    turn.catch_up(app).await
}

async fn end_runs(app: &App, settled: impl IntoIterator<Item = RunId>) -> Result<()> {
    let settled: Vec<_> = settled.into_iter().collect();
    if settled.is_empty() {
        return Ok(());
    }
    match end_runs_once(app, &settled).await {
        // Another server has ended one of them, which is left out now.
        Err(error) if is_race(&error) => end_runs_once(app, &settled).await,
        other => other,
    }
}

async fn end_runs_once(app: &App, settled: &[RunId]) -> Result<()> {
    let mut tx = app.db.begin("andon").await?;
    super::finish::end_runs(app, &mut tx, settled).await?;
    tx.commit().await
}

/// Finds runs that a crash left without an end, and everything that a lost wake-up missed.
///
/// # Errors
/// Whatever the database says.
pub async fn sweep(app: &App) -> Result<usize> {
    let newest = events::newest_sequence(&mut app.db.read().await?.connection()).await?;
    app.db.announce_events(newest);
    app.scheduler.turn(app).await?.line.touch_all();
    let done = tick(app).await?;
    let settled = runs::list_settled(&mut app.db.read().await?.connection()).await?;
    end_runs(app, settled).await?;
    Ok(done)
}

/// The message of a store error that means "somebody else was faster": worth another look, not a log line.
#[must_use]
pub fn is_race(error: &StoreError) -> bool {
    matches!(error, StoreError::WrongCount { .. } | StoreError::Conflict(_))
}
