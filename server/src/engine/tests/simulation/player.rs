//! Plays a case on the real engine and store, and asks after every step whether the line still stands as it must.

use super::act::{Act, Case, End, Request};
use super::environments::Asked;
use super::journal::Journal;
use super::people::{self, Caller};
use super::plan::{Plan, SOURCES, commit};
use super::{checks, drain};
use crate::app::App;
use crate::engine::tests::world::{Line, blob, finished, map, registration};
use crate::engine::{self, Defined, Definition, Publication, schedule};
use crate::http;
use crate::store::events;
use crate::store::line::job_runs;
use crate::store::line::pipelines::{self, Pipeline};
use crate::store::line::resources::Resource;
use crate::store::line::versions::{self, NewVersion, Version};
use crate::store::testing::TestStore;
use crate::store::{Db, StoreError};
use andon_pipelines::ids::{JobId, JobRunId, PromotionId, RunId, VersionId};
use andon_pipelines::wire::{Assignment, Outcome, OutputKind, ReportBatch, ReportBody};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

/// What is wrong, in words.
pub type Checked<T = ()> = Result<T, String>;

pub const ACTOR: &str = "user:ada";

/// The line of a case, as it stands between two steps.
pub struct Player {
    pub line: Line,
    pub plan: Plan,
    pub journal: Journal,
    /// What the runner has in hand.
    held: Vec<Assignment>,
    /// How many versions have been made, so that each is another one.
    made: usize,
    /// An edit may have lowered a limit below what is at work.
    pub limits_moved: bool,
    /// The memory was lost: the next look goes through the store, as a server does at its start.
    sweeps: bool,
    /// Who may decide at gates.
    pub people: Vec<Caller>,
    /// What people asked to bring into environments, where they heard what came of it.
    pub asked: BTreeMap<PromotionId, Asked>,
    /// Every job that has stood, with its place in the plan.
    pub known: BTreeMap<JobId, usize>,
    /// What happened, for people.
    pub story: Vec<String>,
}

/// Gives up after the future has waited so many times.
async fn abandon<T>(future: impl Future<Output = T>, polls: u8) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| match left.checked_sub(1) {
        None => Poll::Ready(None),
        Some(fewer) => {
            left = fewer;
            future.as_mut().poll(context).map(Some)
        }
    })
    .await
}

/// An answer that refuses is an answer; a failure of the server is not.
pub fn answered<T, E: Into<http::Error>>(result: Result<T, E>) -> Checked<Option<T>> {
    match result.map_err(Into::into) {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.status().is_server_error() => Err(format!("the server failed: {error:?}")),
        Err(_) => Ok(None),
    }
}

impl Player {
    async fn new(store: TestStore, plan: &Plan) -> Checked<Self> {
        let [first, _] = plan.texts();
        let line = Line::new(store, &first).await;
        let people = people::invite(&line).await.map_err(|error| error.to_string())?;
        let mut player = Self {
            line,
            plan: plan.clone(),
            journal: Journal::default(),
            held: Vec::new(),
            made: 0,
            limits_moved: false,
            sweeps: false,
            people,
            asked: BTreeMap::new(),
            known: BTreeMap::new(),
            story: Vec::new(),
        };
        player.define().await?;
        Ok(player)
    }

    pub fn app(&self) -> &App {
        self.line.app()
    }

    /// Sets the texts of the plan.
    async fn define(&mut self) -> Checked {
        for text in self.plan.texts() {
            let definition = Definition {
                workspace: self.line.workspace,
                text: &text,
                file: "andon.yml",
                name: None,
                message: None,
                expect: None,
                synced_from: None,
                modules: None,
                actor: ACTOR,
            };
            match engine::set_pipeline(self.app(), &definition).await {
                Ok(Defined::Set { .. }) => {}
                Ok(other) => return Err(format!("the text was refused: {other:#?}\n{text}")),
                Err(error) => return Err(format!("the text could not be set: {error}\n{text}")),
            }
        }
        Ok(())
    }

    /// The scheduler looks. Answers how much it did.
    pub async fn wake(&mut self) -> Checked<usize> {
        let looked =
            if std::mem::take(&mut self.sweeps) { schedule::sweep(self.app()).await } else { engine::tick_schedule(self.app()).await };
        looked.map_err(|error| format!("the scheduler failed: {error}"))
    }

    async fn step(&mut self, act: &Act) -> Checked {
        match act {
            Act::Publish { source } => drop(answered(self.publish(*source).await)?),
            Act::Check { source, known } => self.check(*source, known).await?,
            Act::Claim { free } => self.claim(u32::from(*free)).await?,
            Act::End { pick, end } => self.end(*pick, *end).await?,
            Act::Expire => drop(self.expire().await?),
            Act::LoseRunner => self.lose_runner().await?,
            Act::Edit(edit) => {
                edit.apply(&mut self.plan);
                self.limits_moved = true;
                self.define().await?;
            }
            Act::Restart => self.restart().await?,
            Act::Torn { polls } => {
                let _ = abandon(engine::tick_schedule(self.app()), *polls).await;
                self.hear_last_words().await?;
                self.app().scheduler.forget().await;
                self.sweeps = true;
            }
            Act::Left { act, polls } => self.leave(*act, *polls).await?,
            Act::Rival => self.rival().await?,
            Act::Decide { gate, person, ballot } => self.decide(*gate, *person, *ballot).await?,
            Act::Promote { place, version } => drop(answered(self.promote(*place, *version).await)?),
            Act::RollBack { place, to } => drop(answered(self.roll_back(*place, *to).await)?),
            Act::Lock { place, hours } => drop(answered(self.lock(*place, *hours).await)?),
            Act::Unlock { place } => drop(answered(self.unlock(*place).await)?),
            handle => self.handle(handle).await?,
        }
        Ok(())
    }

    pub async fn pipeline(&self, name: &str) -> Pipeline {
        let mut reader = self.app().db.read().await.unwrap();
        pipelines::find_by_name(&mut reader.connection(), self.line.workspace, name).await.unwrap().unwrap()
    }

    pub async fn source(&self, source: u8) -> Resource {
        self.line.resource(&format!("s{}", source % SOURCES)).await
    }

    pub async fn pick_version(&self, source: u8, pick: u8) -> Option<Version> {
        let mut versions = self.line.versions(&format!("s{}", source % SOURCES)).await;
        let index = usize::from(pick).checked_rem(versions.len())?;
        Some(versions.swap_remove(index))
    }

    pub fn pick_job_run(&self, pick: u8) -> Option<JobRunId> {
        let index = usize::from(pick).checked_rem(self.journal.job_runs.len())?;
        self.journal.job_runs.keys().nth(index).copied()
    }

    pub fn pick_run(&self, pick: u8) -> Option<RunId> {
        Some(self.journal.job_runs[&self.pick_job_run(pick)?].facts.run)
    }

    fn next_commit(&mut self) -> BTreeMap<String, String> {
        self.made += 1;
        map(&[("commit", &commit(self.made))])
    }

    /// What has come from outside, by source and commit.
    pub async fn list_commits(&self) -> BTreeMap<(u8, String), VersionId> {
        let mut commits = BTreeMap::new();
        for source in 0..SOURCES {
            let versions = self.line.versions(&format!("s{source}")).await;
            commits.extend(versions.into_iter().filter_map(|version| Some(((source, version.map.get("commit")?.clone()), version.id))));
        }
        commits
    }

    pub async fn publish(&mut self, source: u8) -> http::Result<()> {
        let map = self.next_commit();
        let resource = self.source(source).await;
        engine::publish(self.app(), ACTOR, (self.line.workspace, &resource), Publication { map, archive: None }).await.map(drop)
    }

    async fn check(&mut self, source: u8, known: &[u8]) -> Checked {
        let mut maps = Vec::new();
        for pick in known {
            maps.extend(self.pick_version(source, *pick).await.map(|version| version.map));
        }
        maps.push(self.next_commit());
        let resource = self.source(source).await;
        let found = async {
            let mut tx = self.app().db.begin("andon").await?;
            for map in maps {
                let (workspace, pipeline) = (self.line.workspace, resource.pipeline);
                let new = NewVersion {
                    workspace,
                    pipeline,
                    resource: resource.id,
                    map,
                    metadata: BTreeMap::new(),
                    archive: None,
                    origin: "check",
                    made_by: None,
                };
                versions::create_or_move_up(&mut tx, new).await?;
            }
            tx.commit().await
        };
        found.await.map_err(|error: StoreError| error.to_string())
    }

    /// The runner takes work, the most urgent first.
    pub async fn claim(&mut self, free: u32) -> Checked {
        let claimed = self.line.claim_as(self.line.runner, free).await;
        self.hold(claimed).await
    }

    async fn hold(&mut self, given: Vec<Assignment>) -> Checked {
        let taken: Vec<JobRunId> = given.iter().map(|assignment| assignment.job_run).collect();
        self.held.extend(given);
        checks::check_urgency(self, &taken).await
    }

    /// What the runner says of one execution that it holds.
    async fn end(&mut self, pick: u8, end: End) -> Checked {
        let Some(index) = usize::from(pick).checked_rem(self.held.len()) else { return Ok(()) };
        let work = self.held.remove(index);
        let outcome = match end {
            End::Succeeded | End::Same => Outcome::Succeeded,
            End::Failed => Outcome::Failed,
            End::Errored => Outcome::Errored,
            End::Stopped => Outcome::Stopped,
        };
        let mut bodies = vec![ReportBody::Started, ReportBody::StepsBegun];
        let seed = if end == End::Same { "same".to_owned() } else { work.execution.to_string() };
        let archives = work.outputs.iter().filter(|output| output.kind == OutputKind::Archive && outcome == Outcome::Succeeded);
        bodies.extend(archives.map(|output| ReportBody::Output {
            resource: output.resource.clone(),
            values: BTreeMap::new(),
            archive: Some(blob(&seed)),
        }));
        bodies.push(finished(outcome));
        // It has waited for a slot for too long.
        if pick % 8 == 7 {
            bodies = vec![ReportBody::Returned];
        }
        let reports = self.line.number(work.execution, bodies);
        let batch =
            ReportBatch { runner: self.line.runner, running: vec![work.execution], reports, draining: false, takes: u32::from(pick % 3) };
        let assigner = engine::Assigner::Remote { token: "andon_runner".to_owned() };
        let answer = engine::take_reports(self.app(), &assigner, &batch).await;
        self.hold(answer.map_err(|error| format!("the report of {}: {error}", work.title))?.assignments).await
    }

    /// Ends everything that the runner holds.
    pub async fn end_all(&mut self) -> Checked<bool> {
        let had = !self.held.is_empty();
        while !self.held.is_empty() {
            self.end(0, End::Succeeded).await?;
        }
        Ok(had)
    }

    pub async fn expire(&mut self) -> Checked<usize> {
        self.line.world.store.clock.advance(50 * 3_600_000);
        // The runner was there all the time.
        engine::register(self.app(), &registration("one"), None).await.map_err(|error| error.to_string())?;
        engine::tick_locks(self.app()).await.map_err(|error| error.to_string())?;
        engine::tick_gates(self.app()).await.map_err(|error| error.to_string())
    }

    async fn lose_runner(&mut self) -> Checked {
        self.line.world.store.clock.advance(24 * 3_600_000);
        engine::tick_reap(self.app()).await.map_err(|error| error.to_string())?;
        engine::register(self.app(), &registration("one"), None).await.map_err(|error| error.to_string())?;
        self.held.clear();
        Ok(())
    }

    pub async fn job_id(&self, pipeline: &Pipeline, index: usize) -> Option<JobId> {
        let turn = self.app().scheduler.turn(self.app()).await.ok()?;
        turn.line.pipeline(pipeline.id)?.jobs.get(&self.plan.name(index)).copied()
    }

    async fn restart(&mut self) -> Checked {
        let store = &self.line.world.store;
        let clock: Arc<dyn crate::clock::Clock> = Arc::new(store.clock.clone());
        let settings = self.app().settings.clone();
        let db = Db::open(&store.target, Arc::clone(&clock), store.random.clone()).await.map_err(|error| error.to_string())?;
        self.line.world.app = App::join(settings, db, clock, store.random.clone()).map_err(|error| error.to_string())?;
        self.sweeps = true;
        Ok(())
    }

    /// Somebody goes away before their answer comes. The line's memory must not suffer from it.
    async fn leave(&mut self, act: Request, polls: u8) -> Checked {
        let answer = match act {
            Request::Publish(source) => abandon(self.publish(source), polls).await,
            Request::Start(job) => abandon(self.start(job), polls).await,
            Request::Rerun(pick) => abandon(self.rerun(pick), polls).await,
            Request::Promote(place) => abandon(self.promote(place, None), polls).await,
            Request::Look => {
                drop(abandon(self.app().scheduler.turn(self.app()), polls).await);
                None
            }
        };
        self.hear_last_words().await?;
        answer.map_or(Ok(()), |answer| answered(answer).map(drop))
    }

    /// A commit that was on its way when its owner went away may still arrive, and then all hear of it. Waits until it has, or never
    /// will, so that a case plays the same way each time: whoever writes events holds their counter until the end.
    async fn hear_last_words(&self) -> Checked {
        let db = &self.app().db;
        let heard = async {
            let mut tx = db.begin("andon").await?;
            tx.take_numbers("events", 0).await?;
            tx.rollback().await?;
            let newest = events::newest_sequence(&mut db.read().await?.connection()).await?;
            db.announce_events(newest);
            Ok(())
        };
        heard.await.map_err(|error: StoreError| error.to_string())
    }

    async fn rival(&mut self) -> Checked {
        let clock: Arc<dyn crate::clock::Clock> = Arc::new(self.line.world.store.clock.clone());
        let (settings, random) = (self.app().settings.clone(), self.line.world.store.random.clone());
        let other = App::join(settings, self.app().db.clone(), clock, random).map_err(|error| error.to_string())?;
        let (one, two) = tokio::join!(engine::tick_schedule(self.app()), engine::tick_schedule(&other));
        // One of two may be told that the other was faster; it looks again.
        for error in [one.err(), two.err()].into_iter().flatten() {
            if !schedule::is_race(&error) {
                return Err(format!("of two schedulers one failed: {error}"));
            }
        }
        self.sweeps = true;
        Ok(())
    }

    /// The jobs that stand, with their places in the plan.
    pub async fn list_jobs(&self) -> BTreeMap<JobId, usize> {
        let pipelines = [self.pipeline("p").await, self.pipeline("q").await];
        let mut jobs = BTreeMap::new();
        for index in self.plan.standing() {
            let home = &pipelines[usize::from(self.plan.pipeline_of(index) == "q")];
            jobs.extend(self.job_id(home, index).await.map(|job| (job, index)));
        }
        jobs
    }

    pub async fn label(&self, id: JobRunId) -> String {
        let mut reader = self.app().db.read().await.unwrap();
        let job_run = job_runs::get(&mut reader.connection(), id).await.unwrap();
        format!("{} #{} ({})", job_run.job_name, job_run.label(), job_run.status)
    }
}

/// Plays a case to its end, and then until nothing is left to do.
///
/// # Errors
/// What does not stand as it must, and what had happened until then.
pub async fn play(store: TestStore, case: &Case) -> Checked {
    let mut player = Player::new(store, &case.plan).await?;
    let result = play_steps(&mut player, case).await;
    let [first, second] = player.plan.texts();
    let lines = player.line.lines().await.join("\n");
    result.map_err(|error| format!("{error}\n\nIt happened:\n{}\n\n{first}\n{second}\n{lines}", player.story.join("\n")))
}

async fn play_steps(player: &mut Player, case: &Case) -> Checked {
    let woken = player.wake().await?;
    checks::check(player, Some(woken)).await?;
    for step in &case.steps {
        player.story.push(format!("{step:?}"));
        player.step(&step.act).await?;
        let woken = if step.wakes { Some(player.wake().await?) } else { None };
        checks::check(player, woken).await?;
    }
    drain::drain(player).await
}
