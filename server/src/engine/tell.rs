//! What is told because of an event alone: starts, new versions, pauses, and the statuses of commits. The event's row is written with the
//! change; from it the messages are made once, in the transaction that moves the mark of how far this has come. So nothing is lost when a
//! server dies, nothing is told twice, and nothing of it is done while the line moves.

mod known;

use super::names;
use super::notices::{Interest, Plain, tell, tell_plain};
use super::statuses;
use crate::app::App;
use crate::notify::Subject;
use crate::store::line::pipelines::Pipeline;
use crate::store::line::{job_runs, jobs, pipelines, resources, runs, versions};
use crate::store::people::commit_statuses::{self, CommitStatus};
use crate::store::{Connection, Result, StoreError, events};
use andon_pipelines::document::NotifyEvent;
use andon_pipelines::event::{Event, Recorded};
use andon_pipelines::ids::{JobId, JobRunId, PipelineId, ResourceId, RunId, VersionId, WorkspaceId};
use andon_pipelines::state::JobRunStatus;
use known::{Known, is_of_the_line};
use std::sync::Arc;

/// Events that are read at once.
const BATCH: i64 = 500;
/// The mark is moved after so many events of no interest, too; a server that begins anew looks at no more of them again.
const STRIDE: i64 = 2_000;
/// After a failure there is another look this much later.
const PAUSE_MS: i64 = 1_000;

/// How far the events have been looked at, and how far the store knows that.
#[derive(Debug, Default)]
pub struct Progress {
    stored: i64,
    looked: i64,
    known: Known,
}

impl Progress {
    /// Where the store stands.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn read(app: &App) -> Result<Self> {
        let stored = commit_statuses::get_told(&mut app.db.read().await?.connection()).await?;
        Ok(Self { stored, looked: stored, known: Known::default() })
    }
}

/// Looks at everything that has happened since. Answers how many events led to something.
///
/// # Errors
/// Whatever the database says; the next look goes on where this one ended.
pub async fn tick(app: &App, progress: &mut Progress) -> Result<usize> {
    let mut told = 0;
    loop {
        let batch = list_after(app, progress.looked).await?;
        if batch.is_empty() {
            return Ok(told);
        }
        for event in &batch {
            if !is_of_the_line(&event.event) {
                progress.known = Known::default();
            }
            told += usize::from(tell_one(app, event, progress).await?);
            progress.looked = event.sequence;
        }
        if progress.looked - progress.stored >= STRIDE {
            let mut tx = app.db.begin("andon").await?;
            commit_statuses::set_told(&mut tx, progress.stored, progress.looked).await?;
            tx.commit().await?;
            progress.stored = progress.looked;
        }
    }
}

/// What has happened since, from memory where it is there.
async fn list_after(app: &App, looked: i64) -> Result<Vec<Arc<Recorded>>> {
    if app.db.events().newest() <= looked {
        return Ok(Vec::new());
    }
    match app.db.events().after(looked) {
        Some(found) => Ok(found),
        None => {
            let found = events::list_after(&mut app.db.read().await?.connection(), looked, BATCH).await?;
            Ok(found.into_iter().map(Arc::new).collect())
        }
    }
}

/// Looks whenever something happens, until the server ends.
pub async fn run(app: App) {
    let mut newest = app.db.events().watch();
    let mut progress = None;
    loop {
        newest.borrow_and_update();
        let mut pause = app.settings.tick_ms;
        if let Err(error) = look(&app, &mut progress).await {
            // Another server was faster, or the store does not answer: in both cases it stands elsewhere than was thought.
            progress = None;
            pause = PAUSE_MS;
            match super::schedule::is_race(&error) {
                true => tracing::debug!(%error, "another server told it; looking again"),
                false => tracing::warn!(%error, "notifications cannot be made; trying again in a second"),
            }
        }
        tokio::select! {
            changed = newest.changed() => if changed.is_err() { return },
            () = app.clock.sleep_until(app.clock.now_ms() + pause) => {}
            () = app.stopping.cancelled() => return,
        }
    }
}

async fn look(app: &App, progress: &mut Option<Progress>) -> Result<()> {
    let mut current = match progress.take() {
        Some(current) => current,
        None => Progress::read(app).await?,
    };
    tick(app, &mut current).await?;
    *progress = Some(current);
    Ok(())
}

/// What an event may have to be told as.
enum Telling {
    Started(PipelineId, JobRunId),
    Version(PipelineId, ResourceId, VersionId),
    Paused(Held, Option<String>),
}

/// What the cord holds.
enum Held {
    /// All pipelines of the workspace of this name.
    Workspace(String),
    Pipeline(PipelineId),
    Job(PipelineId, JobId),
}

fn telling_of(event: &Event) -> Option<Telling> {
    match event {
        Event::JobRunMoved { pipeline, job_run, status: JobRunStatus::Running, .. } => Some(Telling::Started(*pipeline, *job_run)),
        Event::VersionCreated { pipeline, resource, version, .. } => Some(Telling::Version(*pipeline, *resource, *version)),
        Event::WorkspacePaused { name, paused: true, reason } => Some(Telling::Paused(Held::Workspace(name.clone()), reason.clone())),
        Event::PipelinePaused { pipeline, paused: true, reason } => Some(Telling::Paused(Held::Pipeline(*pipeline), reason.clone())),
        Event::JobPaused { pipeline, job, paused: true, reason } => Some(Telling::Paused(Held::Job(*pipeline, *job), reason.clone())),
        _ => None,
    }
}

/// The run whose commits may show something else now.
fn run_of(event: &Event) -> Option<RunId> {
    match event {
        Event::JobRunCreated(facts) | Event::JobRunSuperseded(facts) => Some(facts.run),
        Event::JobRunMoved { run, .. } | Event::RunEnded { run, .. } | Event::RunReopened { run, .. } => Some(*run),
        _ => None,
    }
}

/// Everything that is to be told because of one event, and the mark, in one transaction. Answers whether there was anything.
async fn tell_one(app: &App, event: &Recorded, progress: &mut Progress) -> Result<bool> {
    let Some(workspace) = event.workspace else { return Ok(false) };
    let (run, telling) = (run_of(&event.event), telling_of(&event.event));
    if run.is_none() && telling.is_none() {
        return Ok(false);
    }
    let mut reader = app.db.read().await?;
    let forges = progress.known.read_forges(app, &mut reader.connection()).await?;
    let changes = match run.filter(|_| !forges.is_empty()) {
        Some(run) => found(statuses::find_changes(app, &mut reader.connection(), forges, run).await)?.unwrap_or_default(),
        None => Vec::new(),
    };
    let stories = match telling {
        Some(telling) => {
            found(Story::list(app, &mut reader.connection(), (workspace, &mut progress.known), telling).await)?.unwrap_or_default()
        }
        None => Vec::new(),
    };
    drop(reader);
    if changes.is_empty() && stories.is_empty() {
        return Ok(false);
    }
    write(app, workspace, (event, &changes, stories), progress).await?;
    Ok(true)
}

async fn write(
    app: &App,
    workspace: WorkspaceId,
    (event, changes, stories): (&Recorded, &[CommitStatus], Vec<Story>),
    progress: &mut Progress,
) -> Result<()> {
    let mut tx = app.db.begin("andon").await?;
    commit_statuses::set_told(&mut tx, progress.stored, event.sequence).await?;
    statuses::queue(app, &mut tx, workspace, changes).await?;
    for story in stories {
        story.tell(app, &mut tx, event).await?;
    }
    tx.commit().await?;
    progress.stored = event.sequence;
    Ok(())
}

/// What was deleted since the event has nothing to be told of.
fn found<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A telling that somebody asks for, with all that it needs.
struct Story {
    interest: Interest,
    pipeline: Pipeline,
    what: What,
}

enum What {
    Started(Box<job_runs::JobRun>, Box<runs::Run>),
    Version(String, Box<versions::Version>),
    Paused { job: Option<String>, what: String, reason: Option<String> },
}

impl What {
    fn subject(&self) -> Subject<'_> {
        match self {
            Self::Started(job_run, _) => Subject::Job(&job_run.job_name),
            Self::Version(resource, _) => Subject::Resource(resource),
            Self::Paused { job: Some(job), .. } => Subject::Job(job),
            Self::Paused { job: None, .. } => Subject::Pipeline,
        }
    }

    const fn event(&self) -> NotifyEvent {
        match self {
            Self::Started(..) => NotifyEvent::Started,
            Self::Version(..) => NotifyEvent::VersionPublished,
            Self::Paused { .. } => NotifyEvent::Paused,
        }
    }
}

impl Story {
    /// One for each pipeline that it concerns, where somebody asks for it.
    async fn list(
        app: &App,
        connection: &mut Connection<'_>,
        (workspace, known): (WorkspaceId, &mut Known),
        telling: Telling,
    ) -> Result<Vec<Self>> {
        let all = match telling {
            Telling::Started(pipeline, id) => {
                let pipeline = known.read_pipeline(connection, pipeline).await?;
                // There are many of these, and hardly anybody asks.
                if !known.read_interest(app, connection, &pipeline).await?.asks_for(NotifyEvent::Started) {
                    return Ok(Vec::new());
                }
                let job_run = job_runs::get(connection, id).await?;
                let run = runs::get(connection, job_run.run).await?;
                vec![(pipeline, What::Started(Box::new(job_run), Box::new(run)))]
            }
            Telling::Version(pipeline, resource, version) => {
                let pipeline = known.read_pipeline(connection, pipeline).await?;
                if !known.read_interest(app, connection, &pipeline).await?.asks_for(NotifyEvent::VersionPublished) {
                    return Ok(Vec::new());
                }
                let resource = resources::get(connection, resource).await?.name;
                let what = What::Version(resource, Box::new(versions::get(connection, version).await?));
                vec![(pipeline, what)]
            }
            Telling::Paused(held, reason) => list_held(connection, workspace, held, reason).await?,
        };
        let mut stories = Vec::new();
        for (pipeline, what) in all {
            let interest = known.read_interest(app, connection, &pipeline).await?;
            if interest.is_in(&[what.event()], what.subject()) {
                stories.push(Self { interest, pipeline, what });
            }
        }
        Ok(stories)
    }

    async fn tell(self, app: &App, tx: &mut crate::store::Tx, event: &Recorded) -> Result<()> {
        let (why, version) = match &self.what {
            What::Started(job_run, run) => {
                return tell(app, tx, &self.interest, (job_run, run), (&[NotifyEvent::Started], None)).await;
            }
            What::Version(_, version) => (Some(version.origin.clone()), Some(&**version)),
            What::Paused { reason, .. } => (reason.clone(), None),
        };
        let title = match &self.what {
            What::Paused { what, .. } => Some(what.clone()),
            What::Started(..) | What::Version(..) => version.and_then(names::subject),
        };
        let plain = Plain {
            workspace: self.pipeline.workspace,
            pipeline: &self.pipeline.name,
            event: self.what.event(),
            subject: self.what.subject(),
            title,
            why,
            who: &event.actor,
            version,
        };
        tell_plain(app, tx, &self.interest, &plain).await
    }
}

/// What the cord holds, pipeline by pipeline.
async fn list_held(
    connection: &mut Connection<'_>,
    workspace: WorkspaceId,
    held: Held,
    reason: Option<String>,
) -> Result<Vec<(Pipeline, What)>> {
    let (pipelines, job, what) = match held {
        Held::Workspace(name) => (pipelines::list(connection, workspace).await?, None, format!("the workspace {name}")),
        Held::Pipeline(id) => {
            let pipeline = pipelines::get(connection, id).await?;
            let what = format!("the pipeline {}", pipeline.name);
            (vec![pipeline], None, what)
        }
        Held::Job(id, job) => {
            let (pipeline, job) = (pipelines::get(connection, id).await?, jobs::get(connection, job).await?.name);
            let what = format!("the job {job}");
            (vec![pipeline], Some(job), what)
        }
    };
    let paused = |pipeline| (pipeline, What::Paused { job: job.clone(), what: what.clone(), reason: reason.clone() });
    Ok(pipelines.into_iter().map(paused).collect())
}
