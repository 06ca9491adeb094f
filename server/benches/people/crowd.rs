//! A server without a network, with as many open gates as one likes, and an administrator called `root`.

use andon_pipelines::document::{self, Approval};
use andon_pipelines::ids::{GateId, JobId, WorkspaceId};
use andon_pipelines::state::JobRunStatus;
use andon_server::app::App;
use andon_server::clock::{Clock, Random, TestClock};
use andon_server::config::Settings;
use andon_server::engine::{self, Defined, Definition, ManualStart, Publication};
use andon_server::http;
use andon_server::store::Tx;
use andon_server::store::line::gates::{NewGate, Timers};
use andon_server::store::line::job_runs::{Move, NewInput, NewJobRun};
use andon_server::store::line::pipelines::{self, Pipeline};
use andon_server::store::line::runs::NewRun;
use andon_server::store::line::{gate_approvers, gates, job_runs, jobs, resources, runs, workspaces};
use anyhow::{Context, bail};
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tower::ServiceExt;

pub const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// 2023-11-14.
const START_MS: i64 = 1_700_000_000_000;
const PER_TRANSACTION: usize = 500;

const LINE: &str = "pipeline: shop
resources:
  source: { type: trigger }
jobs:
  theirs: { inputs: [{ resource: source, trigger: false }], approval: { require: [{ from: ['group:release'] }], remind: every 30d, timeout: 60d, supersede: coexist } }
  mine: { inputs: [{ resource: source, trigger: false }], approval: { require: [{ from: ['user:root'] }], remind: every 30d, timeout: 60d, supersede: coexist } }
";

/// The server, and what `root` comes in with.
#[derive(Debug)]
pub struct Crowd {
    pub app: App,
    pub clock: TestClock,
    router: axum::Router,
    workspace: WorkspaceId,
    pipeline: Pipeline,
    cookies: String,
    csrf: String,
    _folder: tempfile::TempDir,
}

/// What the gates of the crowd are made of.
struct Theirs {
    job: JobId,
    inputs: Vec<NewInput>,
    approval: Approval,
}

impl Crowd {
    /// A store with so many gates that ask the group `release`. The first of them reminds its people after an hour and a minute, the next
    /// one a minute later, and so on.
    pub async fn gather(open: usize) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let clock = TestClock::new(START_MS);
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let app = App::open(Settings::with_data(folder.path().to_owned()), Arc::clone(&shared), Random::system(shared)).await?;
        let mut tx = app.db.begin("bench").await?;
        let workspace = workspaces::ensure(&mut tx, "main").await?.id;
        tx.commit().await?;
        let router = http::router(app.clone());
        let (cookies, csrf) = sign_in(&app, &router).await?;
        let set = Definition {
            workspace,
            text: LINE,
            file: "andon.yml",
            name: None,
            message: None,
            expect: None,
            synced_from: None,
            modules: None,
            actor: "user:root",
        };
        let Defined::Set { .. } = engine::set_pipeline(&app, &set).await? else { bail!("the line cannot be set") };
        let pipeline = pipelines::find_by_name(&mut app.db.read().await?.connection(), workspace, "shop").await?.context("the line")?;
        let crowd = Self { app, clock, router, workspace, pipeline, cookies, csrf, _folder: folder };
        crowd.send("PUT", "members/root", Some(&json!({ "role": "admin" }))).await?;
        crowd.send("PUT", "groups/release", Some(&json!({ "members": [] }))).await?;
        crowd.fill(open).await?;
        Ok(crowd)
    }

    async fn fill(&self, open: usize) -> anyhow::Result<()> {
        let theirs = self.find_theirs().await?;
        let numbers: Vec<usize> = (0..open).collect();
        for batch in numbers.chunks(PER_TRANSACTION) {
            let mut tx = self.app.db.begin("bench").await?;
            for number in batch {
                self.open_theirs(&mut tx, &theirs, *number).await?;
            }
            tx.commit().await?;
        }
        self.app.scheduler.forget().await;
        Ok(())
    }

    /// The job whose gates make the crowd, and a version for it.
    async fn find_theirs(&self) -> anyhow::Result<Theirs> {
        let document = document::read(LINE, "andon.yml").document.context("the line reads")?;
        let theirs = document.jobs.into_iter().find(|job| job.name == "theirs").context("the job")?;
        let document::JobBody::Approval(approval) = theirs.body else { bail!("it is no gate") };
        let mut reader = self.app.db.read().await?;
        let source = resources::find_by_name(&mut reader.connection(), self.pipeline.id, "source").await?.context("the source")?;
        let jobs = jobs::list(&mut reader.connection(), self.pipeline.id).await?;
        drop(reader);
        let publication = Publication { map: BTreeMap::new(), archive: None };
        let published = engine::publish(&self.app, "user:root", (self.workspace, &source), publication).await;
        let input = NewInput { name: "source".to_owned(), resource: source.id, version: published.map_err(in_words)?.0 };
        let job = jobs.into_iter().find(|job| job.name == "theirs").context("the job")?.id;
        Ok(Theirs { job, inputs: vec![input], approval: *approval })
    }

    async fn open_theirs(&self, tx: &mut Tx, theirs: &Theirs, number: usize) -> anyhow::Result<()> {
        let taken = jobs::take_number(tx, theirs.job).await?;
        let new = NewJobRun {
            workspace: self.workspace,
            pipeline: self.pipeline.id,
            run: runs::create(tx, &self.new_run()).await?,
            job: theirs.job,
            revision: 1,
            number: taken.number,
            attempt: 0,
            rerun_of: None,
            set_digest: Some(format!("set {number}")),
            params: Map::new(),
            inputs: theirs.inputs.clone(),
            follows: Vec::new(),
        };
        let job_run = job_runs::create(tx, &new, (&taken).into(), (taken.sequence, JobRunStatus::Waiting)).await?;
        job_runs::set_status(tx, &job_run, Move::to(JobRunStatus::Awaiting)).await?;
        // Its rules say every thirty days; it was reminded last as long before this as its turn asks for.
        let next = START_MS + HOUR + MINUTE * (i64::try_from(number)? + 1);
        let timers = Timers {
            deadline_at: Some(START_MS + 60 * 24 * HOUR),
            next_at: Some(next),
            reminded_at: Some(next - 30 * 24 * HOUR),
            ..Timers::default()
        };
        let gate = NewGate {
            workspace: self.workspace,
            pipeline: self.pipeline.id,
            job_run: job_run.id,
            revision: 1,
            digest: "what it is bound to",
            carried_from: None,
            timers,
            watches: false,
        };
        let gate = gates::open(tx, &gate).await?;
        gates::set_timers(tx, gate, &timers).await?;
        Ok(gate_approvers::set(tx, (self.workspace, gate), &theirs.approval).await?)
    }

    fn new_run(&self) -> NewRun {
        NewRun {
            workspace: self.workspace,
            pipeline: self.pipeline.id,
            revision: 1,
            cause: "manual".to_owned(),
            cause_version: None,
            cause_detail: None,
            actor: None,
            author: None,
            note: None,
            params: Map::new(),
        }
    }

    /// Opens a gate that asks `root`, as the line does it.
    pub async fn open_one(&self) -> anyhow::Result<GateId> {
        let asked = ManualStart { cause: "manual", ..ManualStart::default() };
        let started = engine::start_manual(&self.app, "user:root", (self.pipeline.id, "mine"), asked).await;
        let (_, job_run, _) = started.map_err(in_words)?;
        engine::tick_schedule(&self.app).await?;
        let gate = gates::find_by_job_run(&mut self.app.db.read().await?.connection(), job_run).await?;
        Ok(gate.context("it is a gate")?.id)
    }

    /// From now on all gates ask `root`.
    pub async fn join_group(&self) -> anyhow::Result<()> {
        self.send("PUT", "groups/release", Some(&json!({ "members": ["root"] }))).await.map(drop)
    }

    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.send("GET", path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.send("POST", path, Some(body)).await
    }

    async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let request =
            Request::builder().method(method).uri(format!("/api/v1/workspaces/main/{path}")).header(header::COOKIE, &self.cookies);
        let request = request.header("x-andon-csrf", &self.csrf).header(header::CONTENT_TYPE, "application/json");
        let response =
            self.router.clone().oneshot(request.body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))?).await?;
        let status = response.status();
        let bytes = to_bytes(response.into_body(), 16 << 20).await?;
        anyhow::ensure!(status.is_success(), "{method} {path}: {status} {}", String::from_utf8_lossy(&bytes));
        Ok(serde_json::from_slice(&bytes).unwrap_or_default())
    }
}

fn in_words(error: http::Error) -> anyhow::Error {
    anyhow::anyhow!("{error:?}")
}

/// The first administrator comes in by their link. Answers the cookies, and the token against forgery.
async fn sign_in(app: &App, router: &axum::Router) -> anyhow::Result<(String, String)> {
    let link = http::session::first_signin_link(app).await.map_err(in_words)?.context("nobody has an account yet")?;
    let link = link.rsplit('/').next().unwrap_or_default().to_owned();
    let body = json!({ "name": "root", "password": "correct horse battery" }).to_string();
    let request =
        Request::builder().method("POST").uri(format!("/api/v1/signin-links/{link}")).header(header::CONTENT_TYPE, "application/json");
    let response = router.clone().oneshot(request.body(Body::from(body))?).await?;
    anyhow::ensure!(response.status().is_success(), "{}", response.status());
    let set = response.headers().get_all(header::SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok()?.split(';').next());
    let pairs: Vec<&str> = set.collect();
    let csrf = pairs.iter().find_map(|pair| pair.strip_prefix("andon_csrf=")).context("a session has a token against forgery")?;
    Ok((pairs.join("; "), csrf.to_owned()))
}
