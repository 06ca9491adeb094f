//! How long lineage takes on a long history: 50,000 job runs and 120,000 versions, in SQLite, now and as of a moment in the past, and how long
//! the scheduler takes to read all of it at its start. Prints the middle of twenty, or of five, and beside it what it should be at most.
//!
//! `cargo bench -p andon-server --bench trace`

#![expect(clippy::print_stdout, reason = "the figures are what a benchmark is for")]

use andon_pipelines::document::{self, Document};
use andon_pipelines::ids::{JobId, JobRunId, PipelineId, ResourceId, VersionId, WorkspaceId};
use andon_pipelines::resolve::History;
use andon_pipelines::state::JobRunStatus;
use andon_server::clock::{Clock, Random, SystemClock};
use andon_server::store::line::job_runs::{Move, NewInput, NewJobRun};
use andon_server::store::line::pipelines::NewRevision;
use andon_server::store::line::runs::NewRun;
use andon_server::store::line::versions::NewVersion;
use andon_server::store::line::{deployments, job_runs, jobs, loading, pipelines, resources, runs, trace, versions, workspaces};
use andon_server::store::{Db, Target, Tx};
use anyhow::Context;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

/// Each has a run of every job.
const COMMITS: usize = 10_000;
/// Versions of a resource that nothing takes.
const OTHERS: usize = 90_000;
const PER_TRANSACTION: usize = 500;
const REPEATS: usize = 20;
/// Milliseconds.
const TRACE_AIM: f64 = 20.0;
const START_AIM: f64 = 1_000.0;

const LINE: &str = "pipeline: shop
resources:
  source: { type: trigger }
  settings: { type: params, values: { REGION: eu } }
  app: { type: file }
  other: { type: trigger }
  production: { type: environment }
jobs:
  build: { inputs: [source, settings], outputs: [app], steps: [{ run: make }] }
  unit: { after: [build], inputs: [app], steps: [{ run: make }] }
  browser: { after: [build], inputs: [app], steps: [{ run: make }] }
  sign: { after: [unit, browser], inputs: [app], steps: [{ run: make }] }
  deploy: { after: [sign], inputs: [app], outputs: [production], steps: [{ run: make }] }
";

/// The line, and what its job runs vouch for.
struct Generator {
    workspace: WorkspaceId,
    pipeline: PipelineId,
    resources: BTreeMap<String, ResourceId>,
    jobs: BTreeMap<String, JobId>,
    settings: VersionId,
}

type Vouchers = Vec<(ResourceId, VersionId, i64)>;

impl Generator {
    async fn new(tx: &mut Tx, document: &Document) -> anyhow::Result<Self> {
        let workspace = workspaces::ensure(tx, "main").await?.id;
        let modules = std::collections::BTreeMap::new();
        let revision = NewRevision { document, text: LINE, modules: &modules, message: None, synced_from: None };
        let (pipeline, _) = pipelines::create(tx, workspace, &revision).await?;
        let (mut resources, mut known) = (BTreeMap::new(), BTreeMap::new());
        for resource in &document.resources {
            resources.insert(resource.name.clone(), resources::create(tx, pipeline, &resource.name, &resource.kind, None).await?);
        }
        for job in &document.jobs {
            known.insert(job.name.clone(), jobs::create(tx, pipeline, &job.name).await?);
        }
        let mut made = Self { workspace, pipeline, resources, jobs: known, settings: VersionId::from_number(0) };
        made.settings = made.version(tx, "settings", "REGION=eu", None).await?;
        Ok(made)
    }

    async fn version(&self, tx: &mut Tx, resource: &str, value: &str, made_by: Option<JobRunId>) -> anyhow::Result<VersionId> {
        let new = NewVersion {
            workspace: self.workspace,
            pipeline: self.pipeline,
            resource: self.resources[resource],
            map: BTreeMap::from([("n".to_owned(), value.to_owned())]),
            metadata: BTreeMap::new(),
            archive: None,
            origin: "publish",
            made_by,
        };
        Ok(versions::create(tx, new).await?.0)
    }

    /// A job run that has succeeded. Answers it, and what it vouches for.
    async fn job_run(
        &self,
        tx: &mut Tx,
        (job, run): (&str, andon_pipelines::ids::RunId),
        inputs: &[(&str, VersionId)],
        upstream: &[(JobRunId, &Vouchers)],
    ) -> anyhow::Result<(JobRunId, Vouchers)> {
        let inputs: Vec<NewInput> = inputs
            .iter()
            .map(|(name, version)| NewInput { name: (*name).to_owned(), resource: self.resources[*name], version: *version })
            .collect();
        let mut vouchers: Vouchers = inputs.iter().map(|input| (input.resource, input.version, 1)).collect();
        for (resource, version, distance) in upstream.iter().flat_map(|(_, vouchers)| vouchers.iter()) {
            if !vouchers.iter().any(|(known, _, _)| known == resource) {
                vouchers.push((*resource, *version, distance + 1));
            }
        }
        let taken = jobs::take_number(tx, self.jobs[job]).await?;
        let new = NewJobRun {
            workspace: self.workspace,
            pipeline: self.pipeline,
            run,
            job: self.jobs[job],
            revision: 1,
            number: taken.number,
            attempt: 0,
            rerun_of: None,
            set_digest: None,
            params: serde_json::Map::new(),
            inputs,
            follows: upstream.iter().map(|(id, _)| *id).collect(),
        };
        Ok((job_runs::create(tx, &new, (&taken).into(), (taken.sequence, JobRunStatus::Waiting)).await?.id, vouchers))
    }

    async fn finish(&self, tx: &mut Tx, id: JobRunId, vouchers: &Vouchers, output: Option<(&str, VersionId)>) -> anyhow::Result<()> {
        if let Some((resource, version)) = output {
            job_runs::insert_outputs(tx, id, &[(self.resources[resource], version)]).await?;
        }
        job_runs::insert_vouchers(tx, id, vouchers).await?;
        let old = job_runs::get(&mut tx.connection(), id).await?;
        Ok(job_runs::set_status(tx, &old, Move::to(JobRunStatus::Succeeded)).await?)
    }

    /// One commit goes down the line. Answers the commit, and what runs in production then.
    async fn commit(&self, tx: &mut Tx, number: usize) -> anyhow::Result<(VersionId, VersionId)> {
        let source = self.version(tx, "source", &number.to_string(), None).await?;
        let new = NewRun {
            workspace: self.workspace,
            pipeline: self.pipeline,
            revision: 1,
            cause: "push".to_owned(),
            cause_version: Some(source),
            cause_detail: None,
            actor: None,
            author: None,
            note: None,
            params: serde_json::Map::new(),
        };
        let run = runs::create(tx, &new).await?;
        let (build, mut built) = self.job_run(tx, ("build", run), &[("source", source), ("settings", self.settings)], &[]).await?;
        let app = self.version(tx, "app", &number.to_string(), Some(build)).await?;
        built.insert(0, (self.resources["app"], app, 0));
        self.finish(tx, build, &built, Some(("app", app))).await?;
        let (unit, tested) = self.job_run(tx, ("unit", run), &[("app", app)], &[(build, &built)]).await?;
        self.finish(tx, unit, &tested, None).await?;
        let (browser, seen) = self.job_run(tx, ("browser", run), &[("app", app)], &[(build, &built)]).await?;
        self.finish(tx, browser, &seen, None).await?;
        let (sign, signed) = self.job_run(tx, ("sign", run), &[("app", app)], &[(unit, &tested), (browser, &seen)]).await?;
        self.finish(tx, sign, &signed, None).await?;
        let (deploy, mut shipped) = self.job_run(tx, ("deploy", run), &[("app", app)], &[(sign, &signed)]).await?;
        let production = self.version(tx, "production", &number.to_string(), Some(deploy)).await?;
        shipped.insert(0, (self.resources["production"], production, 0));
        deployments::create(tx, (self.workspace, self.pipeline), deploy, (self.resources["production"], production), "user:ada").await?;
        self.finish(tx, deploy, &shipped, Some(("production", production))).await?;
        Ok((source, production))
    }
}

/// The versions to trace: the first commit, the last one, what all stand on, what runs last.
struct Marks {
    first: VersionId,
    last: VersionId,
    settings: VersionId,
    production: VersionId,
    /// Milliseconds since 1970 UTC, when 500 commits had gone down the line, and when half of all had.
    early: i64,
    middle: i64,
}

async fn generate(db: &Db) -> anyhow::Result<Marks> {
    let document = document::read(LINE, "andon.yml").document.context("the line reads")?;
    let mut tx = db.begin("bench").await?;
    let generator = Generator::new(&mut tx, &document).await?;
    tx.commit().await?;
    let (mut ends, mut times) = (Vec::new(), Vec::new());
    for batch in 0..COMMITS / PER_TRANSACTION {
        let mut tx = db.begin("bench").await?;
        for number in 0..PER_TRANSACTION {
            ends.push(generator.commit(&mut tx, batch * PER_TRANSACTION + number).await?);
        }
        times.push(tx.at());
        tx.commit().await?;
    }
    for batch in 0..OTHERS / 1_000 {
        let mut tx = db.begin("bench").await?;
        for number in 0..1_000 {
            generator.version(&mut tx, "other", &(batch * 1_000 + number).to_string(), None).await?;
        }
        tx.commit().await?;
    }
    let (first, last) = (ends[0], ends[ends.len() - 1]);
    let (early, middle) = (times[0], times[times.len() / 2]);
    Ok(Marks { first: first.0, last: last.0, settings: generator.settings, production: last.1, early, middle })
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures the real time")]
fn now() -> Instant {
    Instant::now()
}

async fn measure(db: &Db, what: &str, (version, at_ms): (VersionId, i64), down: bool) -> anyhow::Result<()> {
    let mut taken = Vec::new();
    let mut found = trace::Lineage::default();
    let mut reader = db.read().await?;
    for _ in 0..REPEATS {
        let begun = now();
        found = match down {
            true => trace::trace_down(&mut reader.connection(), version, at_ms).await?,
            false => trace::trace_up(&mut reader.connection(), version, at_ms).await?,
        };
        taken.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    taken.sort_by(f64::total_cmp);
    let more = if found.truncated { ", and more" } else { "" };
    let (runs, deployments) = (found.job_runs.len(), found.environments.len());
    println!("{what:<52} {:>8.2} ms of {TRACE_AIM}  {runs} job runs{more}, {deployments} deployments", taken[REPEATS / 2]);
    Ok(())
}

/// What the scheduler does at its start: the rows, and the index of them.
async fn measure_start(db: &Db) -> anyhow::Result<()> {
    let mut taken = Vec::new();
    let mut reader = db.read().await?;
    for _ in 0..5 {
        let begun = now();
        let mut history = History::default();
        history.add_versions(loading::list_versions(&mut reader.connection()).await?);
        let mut intake = history.take_in(loading::count_job_runs(&mut reader.connection()).await?);
        loading::read_job_runs(&mut reader.connection(), |part| _ = intake.add(part)).await?;
        let read = begun.elapsed();
        intake.finish();
        taken.push((begun.elapsed(), read));
        drop(history);
    }
    taken.sort_unstable();
    let (all, read) = taken[taken.len() / 2];
    let millis = |time: std::time::Duration| time.as_secs_f64() * 1_000.0;
    let (name, all, read) = ("the index of the line", millis(all), millis(read));
    println!("{name:<52} {all:>8.0} ms of {START_AIM}  of which reading the rows {read:.0} ms");
    Ok(())
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let db = Db::open(&Target::Sqlite(folder.path().join("andon.sqlite")), Arc::clone(&clock), Random::system(clock)).await?;
    let begun = now();
    let marks = generate(&db).await?;
    println!("{} job runs, {} versions, made in {:.0} s", COMMITS * 5, COMMITS * 3 + OTHERS + 1, begun.elapsed().as_secs_f64());
    let (always, under_all) = (i64::MAX, marks.settings);
    measure(&db, "down from the first commit", (marks.first, always), true).await?;
    measure(&db, "down from the last commit", (marks.last, always), true).await?;
    measure(&db, "up from what runs in production", (marks.production, always), false).await?;
    measure(&db, "down from the settings that all stand on", (under_all, always), true).await?;
    measure(&db, "down from them, as of the first commits", (under_all, marks.early), true).await?;
    measure(&db, "down from them, as of half of the commits", (under_all, marks.middle), true).await?;
    measure(&db, "up from what runs in production, as of the first", (marks.production, marks.early), false).await?;
    measure_start(&db).await
}
