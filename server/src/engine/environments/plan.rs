//! What bringing something into an environment means: which job runs are started, on which sets, and with what the job that deploys begins
//! once its gates are passed.

use super::candidates::{Lineage, MOST_SETS, Named, agree, list_candidates};
use super::place::{choose_job, list_starts};
use crate::engine::names;
use crate::http;
use crate::store::Connection;
use crate::store::line::deployments::{self, Deployment};
use crate::store::line::job_runs::{JobRun, NewInput};
use crate::store::line::promotions::PromotionKind;
use crate::store::line::resources::Resource;
use crate::store::line::{job_runs, runs};
use andon_pipelines::decide::{Line, PastDeployment, find_rollback};
use andon_pipelines::ids::{JobId, JobRunId, VersionId};
use andon_pipelines::resolve::Resolved;
use andon_pipelines::state::JobRunStatus;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Most deployments that a roll back looks at.
const MOST_DEPLOYMENTS: i64 = 1_000;
/// The longest beginning of a version.
const LONGEST_VERSION: usize = 400;

/// What somebody wants in an environment.
#[derive(Clone, Debug)]
pub struct Wish {
    pub kind: PromotionKind,
    /// For a promotion a version of the set: its identifier, or the beginning of its main value; the newest set when absent. For a roll
    /// back the job run of a deployment; the last good one when absent.
    pub version: Option<String>,
    /// The job that deploys, where several do.
    pub job: Option<String>,
}

/// A job run to be.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub job: JobId,
    pub inputs: Vec<NewInput>,
    pub follows: Vec<JobRunId>,
    pub params: Option<Map<String, Value>>,
}

/// All that is to be done for a wish.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub kind: PromotionKind,
    /// The job that deploys.
    pub job: JobId,
    /// The gates before it, or itself.
    pub starts: Vec<Planned>,
    /// Input of the job that deploys → version.
    pub pins: BTreeMap<String, VersionId>,
    /// What would run there.
    pub lineage: Lineage,
    /// What runs there.
    pub current: Option<Deployment>,
}

impl Plan {
    /// Whether people decide first, at gates of their own.
    pub(super) fn has_gates(&self) -> bool {
        self.starts.iter().all(|start| start.job != self.job)
    }
}

/// Plans what a wish asks for.
///
/// # Errors
/// 400 for a version that is unknown or ambiguous, 409 where nothing can be started on it, or it runs there already.
pub(super) async fn plan(line: &Line, connection: &mut Connection<'_>, environment: &Resource, wish: &Wish) -> http::Result<Plan> {
    let current = deployments::find_current(connection, environment.id).await?;
    let job = choose_job(line, (environment, current.as_ref()), wish.job.as_deref())?;
    if let Some(missing) = line.job(job).and_then(|job| job.missing.first()) {
        return Err(http::Error::conflict(format!("Nothing can be deployed to {}: {}.", environment.name, missing.text)));
    }
    if wish.version.as_ref().is_some_and(|text| text.is_empty() || text.len() > LONGEST_VERSION) {
        return Err(http::Error::invalid(format!("A version is named by 1 to {LONGEST_VERSION} characters")));
    }
    match wish.kind {
        PromotionKind::Promote => plan_promotion(line, connection, (environment, job, current), wish.version.as_deref()).await,
        PromotionKind::Rollback => plan_rollback(line, connection, (environment, job, current), wish).await,
    }
}

async fn plan_promotion(
    line: &Line,
    connection: &mut Connection<'_>,
    (environment, job, current): (&Resource, JobId, Option<Deployment>),
    version: Option<&str>,
) -> http::Result<Plan> {
    let starts = list_starts(line, job);
    let name_of = |id: JobId| line.job(id).map_or("", |job| job.name.as_str());
    let candidates = list_candidates(line, job, MOST_SETS);
    let found = match version {
        Some(text) => find_named(line, connection, &candidates, (text, environment)).await?,
        None => candidates.first(),
    };
    let Some((set, lineage)) = found else {
        let first = starts.first().map_or("", |first| name_of(*first));
        let what = version.map_or_else(|| "anything".to_owned(), |text| format!("{text:?}"));
        return Err(http::Error::conflict(format!(
            "Nothing can be brought to {}: {first} may not take {what} yet. `andon why {}/{first}` says what is missing.",
            environment.name,
            pipeline_of(line, starts.first().copied()),
        )));
    };
    if version.is_none() && runs_already(connection, current.as_ref(), lineage).await? {
        return Err(http::Error::conflict(format!("{} runs the newest set already.", environment.name)));
    }
    let mut whole = lineage.clone();
    let mut planned = Vec::new();
    for (index, start) in starts.iter().enumerate() {
        let set = match index {
            0 => set.clone(),
            _ => find_agreeing(line, *start, lineage).ok_or_else(|| nothing_agrees(name_of(*start), environment))?,
        };
        for (resource, version) in line.lineage_of_set(*start, &set) {
            whole.entry(resource).or_insert(version);
        }
        planned.push(as_planned(line, *start, &set));
    }
    let pins = pins_of(line, job, &whole);
    Ok(Plan { kind: PromotionKind::Promote, job, starts: planned, pins, lineage: whole, current })
}

fn nothing_agrees(gate: &str, environment: &Resource) -> http::Error {
    http::Error::conflict(format!("Nothing can be brought to {}: {gate} may not take these versions.", environment.name))
}

fn pipeline_of(line: &Line, job: Option<JobId>) -> String {
    let facts = job.and_then(|job| line.pipeline(line.job(job)?.pipeline));
    facts.map_or_else(String::new, |facts| facts.document.pipeline.clone())
}

/// The newest candidate that has the version.
async fn find_named<'a>(
    line: &Line,
    connection: &mut Connection<'_>,
    candidates: &'a [(Resolved, Lineage)],
    (text, environment): (&str, &Resource),
) -> http::Result<Option<&'a (Resolved, Lineage)>> {
    let id = text.parse::<VersionId>().ok().filter(|id| line.history().version(*id).is_some());
    let mut named = Named::default();
    let mut meant: BTreeSet<VersionId> = id.into_iter().collect();
    if meant.is_empty() {
        let distinct: BTreeSet<VersionId> = candidates.iter().flat_map(|(_, lineage)| lineage.values().copied()).collect();
        for version in distinct {
            if names::main_value(&named.version(connection, version).await?.map).starts_with(text) {
                meant.insert(version);
            }
        }
    }
    if meant.len() > 1 {
        let wrong = format!("{text:?} is the beginning of several versions that could go to {}; give more of it", environment.name);
        return Err(http::Error::invalid(wrong));
    }
    Ok(candidates.iter().find(|(_, lineage)| lineage.values().any(|version| meant.contains(version))))
}

/// Whether an environment runs these versions.
pub(super) async fn runs_already(
    connection: &mut Connection<'_>,
    current: Option<&Deployment>,
    lineage: &Lineage,
) -> crate::store::Result<bool> {
    match current {
        Some(current) => Ok(agree(&job_runs::list_vouchers(connection, current.job_run).await?, lineage)),
        None => Ok(false),
    }
}

fn find_agreeing(line: &Line, job: JobId, lineage: &Lineage) -> Option<Resolved> {
    let sets = line.list_sets_with(job, &BTreeMap::new(), MOST_SETS);
    sets.into_iter().find(|set| agree(&line.lineage_of_set(job, set), lineage))
}

fn as_planned(line: &Line, job: JobId, set: &Resolved) -> Planned {
    let asked = line.job(job).map(|facts| facts.question.inputs.as_slice()).unwrap_or_default();
    let with_resource = set.inputs.iter().filter_map(|input| {
        let resource = asked.iter().find(|asked| asked.name == input.name)?.resource;
        Some(NewInput { name: input.name.clone(), resource, version: input.version })
    });
    Planned { job, inputs: with_resource.collect(), follows: set.runs(), params: None }
}

/// The inputs of the job that deploys whose versions are settled.
fn pins_of(line: &Line, job: JobId, lineage: &Lineage) -> BTreeMap<String, VersionId> {
    let inputs = line.job(job).map(|facts| facts.question.inputs.as_slice()).unwrap_or_default();
    inputs.iter().filter_map(|input| Some((input.name.clone(), *lineage.get(&input.resource)?))).collect()
}

async fn plan_rollback(
    line: &Line,
    connection: &mut Connection<'_>,
    (environment, job, current): (&Resource, JobId, Option<Deployment>),
    wish: &Wish,
) -> http::Result<Plan> {
    let target = match &wish.version {
        Some(text) => {
            let id =
                text.parse::<JobRunId>().map_err(|_| http::Error::invalid("The deployment to roll back to is named by its job run"))?;
            deployments::get(connection, environment.id, id).await.map_err(|_| unknown_deployment(environment))?
        }
        None => find_last_good(line, connection, environment).await?.ok_or_else(|| {
            http::Error::conflict(format!("Nothing can be rolled back: {} has run nothing good before.", environment.name))
        })?,
    };
    // By the job that deployed it, as long as that does.
    let job = if wish.job.is_none() && line.list_deploying(environment.id).contains(&target.job) { target.job } else { job };
    let mut lineage = job_runs::list_vouchers(connection, target.job_run).await?;
    lineage.retain(|resource, _| line.is_deployable(*resource));
    let asked = line.job(job).map(|facts| facts.question.inputs.as_slice()).unwrap_or_default();
    let had = job_runs::list_inputs(connection, target.job_run).await?;
    let kept =
        had.iter().filter(|input| asked.iter().any(|asked| asked.name == input.name && asked.resource == input.resource && !asked.state));
    let mut pins: BTreeMap<String, VersionId> = kept.map(|input| (input.name.clone(), input.version)).collect();
    pins.extend(pins_of(line, job, &lineage));
    let upstream = job_runs::list_upstream(connection, target.job_run).await?;
    let mut planned = Vec::new();
    for start in list_starts(line, job) {
        let before = if start == job {
            Some(job_runs::get(connection, target.job_run).await?).filter(|run| run.job == job && pins.len() == asked.len())
        } else {
            upstream.iter().rfind(|run| run.job == start && run.status == JobRunStatus::Succeeded).cloned()
        };
        planned.push(match before {
            Some(before) => repeat(connection, &before).await?,
            None => plan_anew(line, (start, job), (&pins, &lineage))
                .ok_or_else(|| nothing_agrees(line.job(start).map_or("", |job| job.name.as_str()), environment))?,
        });
    }
    Ok(Plan { kind: PromotionKind::Rollback, job, starts: planned, pins, lineage, current })
}

fn unknown_deployment(environment: &Resource) -> http::Error {
    http::Error::not_found(format!("nothing was deployed to {} by that job run", environment.name))
}

/// The very same set again, with the same parameters.
async fn repeat(connection: &mut Connection<'_>, before: &JobRun) -> http::Result<Planned> {
    let inputs = job_runs::list_inputs(connection, before.id).await?;
    let follows = job_runs::list_follows(connection, before.id).await?.into_iter().map(|run| run.id).collect();
    let mut params = runs::get(connection, before.run).await?.params;
    params.extend(before.params.clone());
    Ok(Planned { job: before.job, inputs, follows, params: Some(params) })
}

/// Where the line had another shape then: the newest set of the job that has these versions.
fn plan_anew(line: &Line, (start, job): (JobId, JobId), (pins, lineage): (&BTreeMap<String, VersionId>, &Lineage)) -> Option<Planned> {
    let set = match start == job {
        true => line.list_sets_with(job, pins, 1).into_iter().next()?,
        false => find_agreeing(line, start, lineage)?,
    };
    Some(as_planned(line, start, &set))
}

/// The deployment that a roll back goes to, if there is one.
///
/// # Errors
/// Whatever the database says.
pub(super) async fn find_last_good(
    line: &Line,
    connection: &mut Connection<'_>,
    environment: &Resource,
) -> crate::store::Result<Option<Deployment>> {
    let mut history = deployments::list(connection, environment.id, None, MOST_DEPLOYMENTS).await?;
    let failed = find_failed(line, connection, (environment, history.first())).await?.is_some();
    history.reverse();
    let past = |deployment: &Deployment| PastDeployment {
        version: deployment.version,
        is_rollback: deployment.kind == Some(PromotionKind::Rollback),
    };
    let facts: Vec<PastDeployment> = history.iter().map(past).collect();
    Ok(find_rollback(&facts, failed).map(|index| history.swap_remove(index)))
}

/// The newest attempt to deploy, if it has begun, has not brought anything there, and is newer than what runs.
///
/// # Errors
/// Whatever the database says.
pub(super) async fn find_failed(
    line: &Line,
    connection: &mut Connection<'_>,
    (environment, current): (&Resource, Option<&Deployment>),
) -> crate::store::Result<Option<JobRun>> {
    let when = |run: &JobRun| (run.ended_at, run.sequence);
    let mut newest: Option<JobRun> = None;
    for job in line.list_deploying(environment.id) {
        let ended = job_runs::list_ended(connection, job, 20).await?;
        let begun = ended.into_iter().filter(|run| run.started_at.is_some() && run.status != JobRunStatus::Skipped);
        newest = newest.into_iter().chain(begun).max_by_key(when);
    }
    // Several things may happen within one millisecond.
    let place_of = |current: &Deployment| line.history().run(current.job_run).map_or(i64::MAX, |run| run.sequence);
    let after = |run: &JobRun| current.is_none_or(|current| when(run) > (Some(current.at), place_of(current)));
    Ok(newest.filter(|run| run.status != JobRunStatus::Succeeded && after(run)))
}
