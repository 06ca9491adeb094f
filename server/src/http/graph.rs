//! The picture of a line: jobs, resources, what leads from one to the other, how each stands; and the same for a run.

use super::routes::{Routes, routes};
use super::timeline::{Span, spans};
use super::view::PauseView;
use super::{Error, Problem, Result, enter, pipelines as pipeline_routes, runs as run_routes};
use crate::accounts::{Caller, Permission};
use crate::app::App;
use crate::engine;
use crate::store::Connection;
use crate::store::line::pipelines::Pipeline;
use crate::store::line::stations::{self, StationRun, StationVersion};
use crate::store::line::{gates, job_runs, jobs};
use andon_pipelines::decide::Verdict;
use andon_pipelines::document::{self, Document, GraphEdge, StationKind};
use andon_pipelines::ids::{JobRunId, RunId, VersionId};
use andon_pipelines::state::JobRunStatus;
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// Of how many open gates the picture counts the approvals.
const COUNTED_GATES: usize = 50;

/// A line as a picture.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LineGraph {
    pub pipeline: String,
    /// The revision that is shown.
    pub revision: i64,
    /// The revision in force.
    pub newest_revision: i64,
    /// The run whose states are shown; absent for the present state of the line.
    pub run: Option<RunId>,
    pub paused: Option<PauseView>,
    /// In the order of the file.
    pub jobs: Vec<LineJob>,
    pub resources: Vec<LineResource>,
    pub edges: Vec<GraphEdge>,
    /// The versions that the rest names, by their identifiers.
    pub versions: BTreeMap<String, LineVersion>,
}

/// A job of the line.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LineJob {
    pub name: String,
    pub description: Option<String>,
    pub kind: StationKind,
    /// The environment that it writes.
    pub environment: Option<String>,
    pub paused: Option<PauseView>,
    /// What the scheduler concluded last; absent in the picture of a run.
    pub verdict: Option<Verdict>,
    /// Its first reason, and the smallest thing that would unblock it.
    pub cause: Option<String>,
    pub unblock: Option<String>,
    /// The newest job run that has not ended, else the newest.
    pub latest: Option<LineJobRun>,
    /// How many of its job runs have not ended.
    pub active: usize,
    /// The median of its last good durations, milliseconds.
    pub usual_ms: Option<i64>,
    /// Resource → the version that its newest good run took or made.
    pub passed: BTreeMap<String, VersionId>,
    /// That run.
    pub passed_run: Option<JobRunId>,
}

/// A job run in the picture.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LineJobRun {
    pub id: JobRunId,
    pub run: RunId,
    /// `12`, or `12.1` for a rerun.
    pub number: String,
    pub status: JobRunStatus,
    pub reason: Option<String>,
    pub detail: Option<String>,
    pub created_at: i64,
    pub started_at: Option<i64>,
    pub ended_at: Option<i64>,
    /// Resource → the version that it took or made.
    pub versions: BTreeMap<String, VersionId>,
    /// For an open gate: how far its approvals have come.
    pub approvals: Option<ApprovalCount>,
    /// Where its time went; only in the picture of a run.
    pub spans: Vec<Span>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ApprovalCount {
    pub have: u32,
    pub needed: u32,
}

/// A resource that stands in the picture by itself.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LineResource {
    pub name: String,
    /// The word in the file's `type`.
    pub kind: String,
    pub newest: Option<VersionId>,
    pub pinned: bool,
    pub check_error: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LineVersion {
    pub resource: String,
    pub values: BTreeMap<String, String>,
    pub made_by: Option<JobRunId>,
    pub created_at: i64,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct GraphQuery {
    /// The revision to show; the one in force by default.
    pub revision: Option<i64>,
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(get)).routes(routes!(get_of_run)).routes(routes!(list_of_job))
}

/// The line as a picture, as it stands now.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/pipelines/{pipeline}/graph", operation_id = "getGraph", tag = "pipelines",
    params(GraphQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = LineGraph), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn get(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, name)): Path<(String, String)>,
    query: Query<GraphQuery>,
) -> Result<Json<LineGraph>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let pipeline = pipeline_routes::find(&app, &workspace, &name).await?;
    let revision = query.revision.unwrap_or(pipeline.revision);
    if !(1..=pipeline.revision).contains(&revision) {
        return Err(Error::not_found(format!("{name} has no revision {revision}; the newest is {}", pipeline.revision)));
    }
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let document = app.documents.get(&mut connection, pipeline.id, revision).await?;
    let runs = stations::list_recent_runs(&mut connection, pipeline.id).await?;
    let active = stations::list_active_runs(&mut connection, pipeline.id).await?;
    let mut picture = Picture::new(&document, pipeline, (revision, None));
    picture.place_runs(runs, active);
    picture.read_versions(&mut connection).await?;
    picture.read_resources(&mut connection).await?;
    picture.read_decisions(&mut connection).await?;
    picture.count_approvals(&app, &mut connection).await?;
    Ok(Json(picture.graph))
}

/// The line as a picture, on the revision that ran, with the states of one run. The identifier, or `PIPELINE#NUMBER`.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/runs/{run}/graph", operation_id = "getRunGraph", tag = "runs",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = LineGraph), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn get_of_run(State(app): State<App>, caller: Caller, Path((workspace, run)): Path<(String, String)>) -> Result<Json<LineGraph>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let run = run_routes::find(&app, &workspace, &run).await?;
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let pipeline = crate::store::line::pipelines::get(&mut connection, run.pipeline).await?;
    let document = app.documents.get(&mut connection, run.pipeline, run.revision).await?;
    let of_run = stations::list_runs_of(&mut connection, run.id).await?;
    let active = of_run.iter().filter(|found| !found.status.is_terminal()).cloned().collect();
    let mut times: HashMap<JobRunId, Vec<_>> = HashMap::new();
    for (id, execution) in stations::list_execution_times(&mut connection, run.id).await? {
        times.entry(id).or_default().push(execution);
    }
    let mut picture = Picture::new(&document, pipeline, (run.revision, Some(run.id)));
    picture.times = times;
    picture.place_runs(of_run, active);
    picture.read_versions(&mut connection).await?;
    picture.count_approvals(&app, &mut connection).await?;
    Ok(Json(picture.graph))
}

/// The newest job runs of a job.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobHistory {
    /// Newest first.
    pub items: Vec<LineJobRun>,
    /// The versions that they name, by their identifiers.
    pub versions: BTreeMap<String, LineVersion>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct HistoryQuery {
    /// 1 to 100, 20 by default.
    pub limit: Option<i64>,
}

/// The newest job runs of a job, newest first.
#[utoipa::path(get, path = "/api/v1/workspaces/{workspace}/pipelines/{pipeline}/jobs/{job}/runs", operation_id = "listJobRuns", tag = "runs",
    params(HistoryQuery), security(("bearer" = []), ("session" = [])),
    responses((status = 200, body = JobHistory), (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn list_of_job(
    State(app): State<App>,
    caller: Caller,
    Path((workspace, name, job)): Path<(String, String, String)>,
    query: Query<HistoryQuery>,
) -> Result<Json<JobHistory>> {
    let workspace = enter(&app, &caller, &workspace, Permission::View).await?;
    let pipeline = pipeline_routes::find(&app, &workspace, &name).await?;
    let limit = query.limit.unwrap_or(20);
    if !(1..=100).contains(&limit) {
        return Err(Error::invalid("limit is a number from 1 to 100"));
    }
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let known = jobs::list(&mut connection, pipeline.id).await?;
    // A job that a later revision left out keeps its history.
    let job = known.into_iter().find(|known| known.name == job).ok_or_else(|| Error::not_found(format!("{name} has no job {job}")))?;
    let found = stations::list_runs_of_job(&mut connection, job.id, limit).await?;
    let mut items: Vec<LineJobRun> = found.into_iter().map(|run| show_run(run, Vec::new())).collect();
    let ids: Vec<JobRunId> = items.iter().map(|run| run.id).collect();
    let mut versions = BTreeMap::new();
    for (job_run, version) in stations::list_versions_of(&mut connection, &ids).await? {
        if let Some(run) = items.iter_mut().find(|run| run.id == job_run) {
            run.versions.insert(version.resource.clone(), version.id);
        }
        versions.insert(version.id.to_string(), show_version(version));
    }
    Ok(Json(JobHistory { items, versions }))
}

/// A graph while it is put together.
struct Picture {
    graph: LineGraph,
    pipeline: Pipeline,
    /// The newest good job run of each job, by the job's place.
    good: HashMap<JobRunId, usize>,
    /// The job run that each job shows.
    shown: HashMap<JobRunId, usize>,
    times: HashMap<JobRunId, Vec<stations::ExecutionTimes>>,
}

impl Picture {
    fn new(document: &Document, pipeline: Pipeline, (revision, run): (i64, Option<RunId>)) -> Self {
        let graph = document::graph(document);
        let jobs = graph.jobs.into_iter().map(|job| LineJob {
            name: job.name,
            description: job.description,
            kind: job.kind,
            environment: job.environment,
            paused: None,
            verdict: None,
            cause: None,
            unblock: None,
            latest: None,
            active: 0,
            usual_ms: None,
            passed: BTreeMap::new(),
            passed_run: None,
        });
        let resources = graph.resources.into_iter().map(|resource| LineResource {
            name: resource.name,
            kind: resource.kind.to_owned(),
            newest: None,
            pinned: false,
            check_error: None,
        });
        let graph = LineGraph {
            pipeline: pipeline.name.clone(),
            revision,
            newest_revision: pipeline.revision,
            run,
            paused: pipeline.paused.clone().map(PauseView::from),
            jobs: jobs.collect(),
            resources: resources.collect(),
            edges: graph.edges,
            versions: BTreeMap::new(),
        };
        Self { graph, pipeline, good: HashMap::new(), shown: HashMap::new(), times: HashMap::new() }
    }

    /// `recent` and `active` oldest first.
    fn place_runs(&mut self, recent: Vec<StationRun>, active: Vec<StationRun>) {
        let places: HashMap<String, usize> = self.graph.jobs.iter().enumerate().map(|(at, job)| (job.name.clone(), at)).collect();
        let mut lengths: HashMap<usize, Vec<i64>> = HashMap::new();
        let mut good: HashMap<usize, JobRunId> = HashMap::new();
        for (run, is_active) in recent.into_iter().map(|run| (run, false)).chain(active.into_iter().map(|run| (run, true))) {
            let Some(at) = places.get(&run.job).copied() else { continue };
            self.graph.jobs[at].active += usize::from(is_active);
            if run.status == JobRunStatus::Succeeded {
                good.insert(at, run.id);
                lengths.entry(at).or_default().extend(run.started_at.zip(run.ended_at).map(|(from, to)| to - from));
            }
            let times = self.times.get(&run.id).map_or(&[][..], Vec::as_slice);
            let spans = if self.graph.run.is_some() { spans(&run, times) } else { Vec::new() };
            self.graph.jobs[at].latest = Some(show_run(run, spans));
        }
        for (at, id) in &good {
            self.graph.jobs[*at].passed_run = Some(*id);
        }
        self.good = good.into_iter().map(|(at, id)| (id, at)).collect();
        for (at, mut lengths) in lengths {
            lengths.sort_unstable();
            self.graph.jobs[at].usual_ms = lengths.get(lengths.len() / 2).copied();
        }
        let shown = self.graph.jobs.iter().enumerate().filter_map(|(at, job)| Some((job.latest.as_ref()?.id, at)));
        self.shown = shown.collect();
    }

    async fn read_versions(&mut self, connection: &mut Connection<'_>) -> Result<()> {
        let mut of: Vec<JobRunId> = self.good.keys().chain(self.shown.keys()).copied().collect();
        of.sort_unstable();
        of.dedup();
        for (job_run, version) in stations::list_versions_of(connection, &of).await? {
            if let Some(at) = self.good.get(&job_run) {
                self.graph.jobs[*at].passed.insert(version.resource.clone(), version.id);
            }
            if let Some(latest) = self.shown.get(&job_run).and_then(|at| self.graph.jobs[*at].latest.as_mut()) {
                latest.versions.insert(version.resource.clone(), version.id);
            }
            self.keep(version);
        }
        Ok(())
    }

    fn keep(&mut self, version: StationVersion) {
        self.graph.versions.insert(version.id.to_string(), show_version(version));
    }

    async fn read_resources(&mut self, connection: &mut Connection<'_>) -> Result<()> {
        for found in stations::list_resources(connection, self.pipeline.id).await? {
            let Some(shown) = self.graph.resources.iter_mut().find(|shown| shown.name == found.name) else { continue };
            shown.pinned = found.pinned;
            shown.check_error = found.check_error;
            shown.newest = found.newest.as_ref().map(|version| version.id);
            if let Some(version) = found.newest {
                self.keep(version);
            }
        }
        Ok(())
    }

    async fn read_decisions(&mut self, connection: &mut Connection<'_>) -> Result<()> {
        let mut known: HashMap<String, jobs::Job> = HashMap::new();
        for job in jobs::list(connection, self.pipeline.id).await? {
            known.insert(job.name.clone(), job);
        }
        for shown in &mut self.graph.jobs {
            let Some(job) = known.remove(&shown.name) else { continue };
            shown.paused = job.paused.map(PauseView::from);
            let Some(decision) = job.decision else { continue };
            shown.verdict = Some(decision.verdict);
            if let Some(first) = decision.reasons.into_iter().next() {
                shown.cause = Some(first.text);
                shown.unblock = first.unblock;
            }
        }
        Ok(())
    }

    async fn count_approvals(&mut self, app: &App, connection: &mut Connection<'_>) -> Result<()> {
        let awaiting = self.graph.jobs.iter_mut().filter(|job| job.kind == StationKind::Gate).filter_map(|job| job.latest.as_mut());
        for latest in awaiting.filter(|latest| latest.status == JobRunStatus::Awaiting).take(COUNTED_GATES) {
            let Some(gate) = gates::find_by_job_run(connection, latest.id).await? else { continue };
            let view = engine::view_gate(app, connection, gate.id).await?;
            let rules = &view.verdict.requirements;
            latest.approvals = Some(ApprovalCount {
                have: rules.iter().map(|rule| u32::try_from(rule.have.len()).unwrap_or(u32::MAX).min(rule.needed)).sum(),
                needed: rules.iter().map(|rule| rule.needed).sum(),
            });
        }
        Ok(())
    }
}

fn show_version(version: StationVersion) -> LineVersion {
    LineVersion { resource: version.resource, values: version.map, made_by: version.made_by, created_at: version.created_at }
}

fn show_run(run: StationRun, spans: Vec<Span>) -> LineJobRun {
    LineJobRun {
        id: run.id,
        run: run.run,
        number: job_runs::label(run.number, run.attempt),
        status: run.status,
        reason: run.reason,
        detail: run.detail,
        created_at: run.created_at,
        started_at: run.started_at,
        ended_at: run.ended_at,
        versions: BTreeMap::new(),
        approvals: None,
        spans,
    }
}
