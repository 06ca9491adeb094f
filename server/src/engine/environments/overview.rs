//! What runs where, since when, by whom; what is on its way there, and how far it is behind.

use super::candidates::{Behind, Candidate, Lineage, MOST_SETS, Named, agree, distinguish, list_candidates};
use super::plan::{find_failed, find_last_good};
use crate::app::App;
use crate::engine::gate::count_commits;
use crate::store::line::deployments::{self, Deployment};
use crate::store::line::job_runs::JobRun;
use crate::store::line::pipelines::Pipeline;
use crate::store::line::resources::Resource;
use crate::store::line::{environment_locks, gates as gate_rows, job_runs, pipelines, resources};
use crate::store::{Connection, Result};
use andon_pipelines::decide::{Line, Lock};
use andon_pipelines::ids::{GateId, JobId, ResourceId, VersionId, WorkspaceId};
use std::collections::BTreeMap;

/// Most sets that the list of all environments looks at, for each.
const MOST_BEHIND: usize = 50;
/// Most sets that one environment's page shows.
const MOST_SHOWN: usize = 30;

/// One environment.
#[derive(Clone, Debug)]
pub struct Overview {
    pub pipeline: Pipeline,
    pub resource: Resource,
    pub description: Option<String>,
    /// How many jobs stand before it: what comes first on the line comes first in the list.
    pub rank: usize,
    /// The jobs that deploy to it.
    pub jobs: Vec<String>,
    /// The gates before them.
    pub gates: Vec<String>,
    /// It has rules of its own, which every job that deploys to it has to pass.
    pub own_rules: bool,
    pub current: Option<Deployment>,
    /// Since when it runs that without a break.
    pub since: Option<i64>,
    pub lock: Option<Lock>,
    pub under_way: Vec<UnderWay>,
    /// The newest attempt, where it is newer than what runs and has not succeeded.
    pub failed: Option<Failure>,
    pub behind: Behind,
    /// Where a roll back goes to.
    pub last_good: Option<Deployment>,
}

/// A job run on the way to an environment that has not ended.
#[derive(Clone, Debug)]
pub struct UnderWay {
    pub job_run: JobRun,
    /// What people decide, where it waits for them.
    pub gate: Option<GateId>,
}

/// An attempt that brought nothing there.
#[derive(Clone, Debug)]
pub struct Failure {
    pub job_run: JobRun,
}

/// One environment with everything that could be brought there.
#[derive(Clone, Debug)]
pub struct Detail {
    pub overview: Overview,
    /// Newest first.
    pub candidates: Vec<Candidate>,
}

/// What the line says about an environment.
struct OnLine {
    deploying: Vec<JobId>,
    gates: Vec<JobId>,
    sets: Vec<Lineage>,
    more: bool,
    rank: usize,
}

impl OnLine {
    fn look(line: &Line, environment: &Resource, limit: usize) -> Self {
        let deploying = line.list_deploying(environment.id);
        let mut gates: Vec<JobId> = deploying.iter().flat_map(|job| line.list_gates_before(*job)).collect();
        gates.sort_unstable();
        gates.dedup();
        let sets: Vec<Lineage> = match deploying.first() {
            Some(job) => list_candidates(line, *job, limit).into_iter().map(|(_, lineage)| lineage).collect(),
            None => Vec::new(),
        };
        let rank = deploying.iter().map(|job| line.list_upstream(*job).len()).min().unwrap_or_default();
        Self { deploying, gates, more: sets.len() >= limit, sets, rank }
    }
}

/// Every environment of a workspace: by pipeline, those that come first on the line first.
///
/// # Errors
/// Whatever the database says.
pub async fn list_environments(app: &App, workspace: WorkspaceId) -> Result<Vec<Overview>> {
    let mut found = Vec::new();
    let all = resources::list_in_workspace(&mut app.db.read().await?.connection(), workspace, "environment").await?;
    for resource in all {
        found.push(look(app, resource, MOST_BEHIND).await?.0);
    }
    found.sort_by(|one, other| {
        let key = |overview: &Overview| (overview.pipeline.name.clone(), overview.rank, overview.resource.name.clone());
        key(one).cmp(&key(other))
    });
    Ok(found)
}

/// One environment with what could be brought there.
///
/// # Errors
/// Whatever the database says.
pub async fn show_environment(app: &App, resource: Resource) -> Result<Detail> {
    let (overview, sets) = look(app, resource, MOST_SETS).await?;
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let running = vouchers_of(&mut connection, overview.current.as_ref()).await?;
    let (mut named, own) = (Named::default(), distinguish(&sets));
    let mut candidates = Vec::new();
    for (lineage, version) in sets.iter().zip(own).take(MOST_SHOWN) {
        candidates.push(Candidate {
            version,
            values: named.values(&mut connection, overview.pipeline.id, lineage).await?,
            current: agree(&running, lineage),
        });
    }
    Ok(Detail { overview, candidates })
}

async fn look(app: &App, resource: Resource, limit: usize) -> Result<(Overview, Vec<Lineage>)> {
    let (on_line, (jobs, gates, active), last_good, failed, current) = {
        let turn = app.scheduler.turn(app).await?;
        let line = &turn.line;
        let on_line = OnLine::look(line, &resource, limit);
        let mut reader = app.db.read().await?;
        let mut connection = reader.connection();
        let current = deployments::find_current(&mut connection, resource.id).await?;
        let last_good = find_last_good(line, &mut connection, &resource).await?;
        let failed = find_failed(line, &mut connection, (&resource, current.as_ref())).await?;
        let name_of = |ids: &[JobId]| ids.iter().filter_map(|id| Some(line.job(*id)?.name.clone())).collect::<Vec<_>>();
        let both: Vec<JobId> = on_line.deploying.iter().chain(&on_line.gates).copied().collect();
        let names = (name_of(&on_line.deploying), name_of(&on_line.gates), line.list_active_of(&both));
        (on_line, names, last_good, failed, current)
    };
    let mut reader = app.db.read().await?;
    let mut connection = reader.connection();
    let pipeline = pipelines::get(&mut connection, resource.pipeline).await?;
    let document = app.documents.get(&mut connection, pipeline.id, pipeline.revision).await?;
    let declared = document.resources.iter().find(|declared| declared.name == resource.name);
    let overview = Overview {
        description: declared.and_then(|declared| declared.description.clone()),
        own_rules: declared.is_some_and(|declared| declared.approval.is_some()),
        rank: on_line.rank,
        gates,
        jobs,
        since: match &current {
            Some(current) => Some(deployments::find_since(&mut connection, current).await?),
            None => None,
        },
        lock: environment_locks::find(&mut connection, resource.id).await?,
        under_way: list_under_way(&mut connection, &active).await?,
        failed: failed.map(|job_run| Failure { job_run }),
        behind: count_behind(app, &mut connection, (&pipeline, current.as_ref()), (&on_line.sets, on_line.more)).await?,
        last_good,
        current,
        pipeline,
        resource,
    };
    Ok((overview, on_line.sets))
}

async fn list_under_way(connection: &mut Connection<'_>, active: &[andon_pipelines::ids::JobRunId]) -> Result<Vec<UnderWay>> {
    let mut under_way = Vec::new();
    for id in active {
        let job_run = job_runs::get(connection, *id).await?;
        if job_run.status.is_terminal() {
            continue;
        }
        let gate = gate_rows::find_by_job_run(connection, *id).await?.map(|gate| gate.id);
        under_way.push(UnderWay { job_run, gate });
    }
    Ok(under_way)
}

async fn vouchers_of(connection: &mut Connection<'_>, current: Option<&Deployment>) -> Result<BTreeMap<ResourceId, VersionId>> {
    match current {
        Some(current) => job_runs::list_vouchers(connection, current.job_run).await,
        None => Ok(BTreeMap::new()),
    }
}

async fn count_behind(
    app: &App,
    connection: &mut Connection<'_>,
    (pipeline, current): (&Pipeline, Option<&Deployment>),
    (sets, more): (&[Lineage], bool),
) -> Result<Behind> {
    let running = vouchers_of(connection, current).await?;
    let place = sets.iter().position(|lineage| agree(&running, lineage));
    let newest = match sets.first() {
        Some(newest) => Named::default().values(connection, pipeline.id, newest).await?,
        None => BTreeMap::new(),
    };
    let commits = match (sets.first(), place) {
        (_, Some(0)) | (None, _) => None,
        (Some(newest), _) => count_commits(app, connection, pipeline.workspace, (&running, newest)).await?,
    };
    Ok(Behind { sets: place.unwrap_or(sets.len()), more: more && place.is_none(), newest, commits })
}
