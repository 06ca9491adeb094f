//! What a gate would change: what its environment runs now, what is proposed, and who wrote the commits between.

use super::view::{GateView, view_known};
use crate::app::App;
use crate::engine::assign::open_secret;
use crate::git::{self, CommitRange};
use crate::store::line::deployments::{self, Deployment};
use crate::store::line::resources::{self, Resource};
use crate::store::line::versions::{self, Version};
use crate::store::line::{gate_decisions, gates, job_runs, runs, workspaces};
use crate::store::{Connection, Result};
use andon_pipelines::document::{Exclusion, GitOrigin, GitSource, JobBody, ResourceKind, approval_of, downstream_environment};
use andon_pipelines::gate::Author;
use andon_pipelines::ids::{GateId, ResourceId, VersionId, WorkspaceId};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Most commits that are read between two versions.
const MOST_COMMITS: usize = 10_000;
/// Most versions whose makers are looked at, for one resource.
const MOST_VERSIONS: i64 = 1_000;
/// How many stretches of history are kept in memory.
const KEPT: usize = 500;

/// A repository, and the commits between which it was read.
type Stretch = (PathBuf, Option<String>, String);

/// Stretches of history that were read lately. What lies between two commits never changes.
#[derive(Debug, Default)]
pub struct Histories(Mutex<HashMap<Stretch, Arc<CommitRange>>>);

/// What is there and what would be, without the commits between.
#[derive(Clone, Debug)]
pub struct Comparison {
    pub workspace: WorkspaceId,
    /// What is compared with; absent where nothing downstream is an environment.
    pub environment: Option<Resource>,
    pub current: Option<Deployment>,
    /// Everything that is proposed, with what is there of the same resource.
    pub pairs: Vec<(Resource, Option<Version>, Version)>,
}

/// One resource of what is proposed.
#[derive(Clone, Debug)]
pub struct Change {
    pub resource: Resource,
    /// What is there now.
    pub from: Option<Version>,
    pub to: Version,
    /// For git: every commit between, merged ones included.
    pub commits: Option<Arc<CommitRange>>,
    /// Who made the versions between: `push:ada`, `user:bob`.
    pub actors: Vec<(String, Version)>,
    /// Why the commits cannot all be known.
    pub unknown: Option<String>,
}

/// What a gate would change.
#[derive(Clone, Debug)]
pub struct Changes {
    pub environment: Option<Resource>,
    pub current: Option<Deployment>,
    pub changes: Vec<Change>,
}

/// Who wrote what is proposed, as of one comparison.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// Of [`Comparison::key`]; empty where nobody asks for authors.
    pub key: String,
    pub authors: Vec<Author>,
    pub unknown: Option<String>,
}

impl Comparison {
    /// Two comparisons with the same key have the same commits between.
    pub(super) fn key(&self) -> String {
        let pair = |(_, from, to): &(Resource, Option<Version>, Version)| {
            format!("{}>{}", from.as_ref().map(|from| from.id.to_string()).unwrap_or_default(), to.id)
        };
        self.pairs.iter().map(pair).collect::<Vec<_>>().join(" ")
    }
}

/// Finds out who wrote what the gate lets through, if that matters to it. Not to be called inside a transaction: it reads repositories.
pub(super) async fn learn_authors(app: &App, connection: &mut Connection<'_>, id: GateId) -> Result<Known> {
    let gate = gates::get(connection, id).await?;
    let job_run = job_runs::get(connection, gate.job_run).await?;
    let rules = super::binding::rules_at(app, connection, &job_run, gate.revision).await?;
    let asks = rules.is_some_and(|rules| rules.approval.exclude.contains(&Exclusion::Authors));
    if !asks {
        return Ok(Known::default());
    }
    let run = runs::get(connection, job_run.run).await?;
    let comparison = compare_parts(app, connection, (&job_run, run.workspace), gate.revision).await?;
    let key = comparison.key();
    let changes = find_changes(app, connection, comparison).await?;
    let mut known = Known { key, ..Known::default() };
    for change in &changes.changes {
        known.unknown = known.unknown.or_else(|| change.unknown.clone());
        for commit in change.commits.iter().flat_map(|range| &range.commits) {
            let what = format!("commit {} of {}", &commit.commit[..7.min(commit.commit.len())], change.resource.name);
            known.authors.push(Author { name: commit.author_name.clone(), email: Some(commit.author_email.clone()), what });
        }
        for (actor, version) in &change.actors {
            for name in people_behind(connection, actor).await? {
                let what = format!("{} {}", change.resource.name, crate::engine::names::short(&version.map));
                known.authors.push(Author { name, email: None, what });
            }
        }
    }
    Ok(known)
}

/// The accounts behind an actor: `user:ada` and `push:ada` are ada, `token:ci` whoever owns it.
pub(super) async fn people_behind(connection: &mut Connection<'_>, actor: &str) -> Result<Vec<String>> {
    match actor.split_once(':') {
        Some(("user" | "push", name)) => Ok(vec![name.to_owned()]),
        Some(("token", name)) => gate_decisions::list_token_owners(connection, name).await,
        _ => Ok(Vec::new()),
    }
}

/// Compares what the gate lets through with what is there now.
///
/// # Errors
/// Whatever the database says.
pub(super) async fn compare(app: &App, connection: &mut Connection<'_>, view: &GateView) -> Result<Comparison> {
    compare_parts(app, connection, (&view.job_run, view.run.workspace), view.gate.revision).await
}

async fn compare_parts(
    app: &App,
    connection: &mut Connection<'_>,
    (job_run, workspace): (&job_runs::JobRun, WorkspaceId),
    revision: i64,
) -> Result<Comparison> {
    let document = app.documents.get(connection, job_run.pipeline, revision).await?;
    let own = app.documents.get(connection, job_run.pipeline, job_run.revision).await?;
    let job = document.jobs.iter().chain(&own.jobs).find(|job| job.name == job_run.job_name);
    let name = job.and_then(|job| match &job.body {
        JobBody::Approval(approval) => approval.environment.clone().or_else(|| downstream_environment(&document, &job.name)),
        JobBody::Tasks(_) => None,
        JobBody::Steps(_) => {
            let asks = |output: &&andon_pipelines::document::Output| {
                let only = andon_pipelines::document::Job { outputs: vec![(*output).clone()], ..job.clone() };
                approval_of(&document, &only).is_some()
            };
            job.outputs.iter().find(asks).map(|output| output.resource.clone())
        }
    });
    let environment = match name {
        Some(name) => resources::find_by_name(connection, job_run.pipeline, &name).await?,
        None => None,
    };
    let current = match &environment {
        Some(environment) => deployments::find_current(connection, environment.id).await?,
        None => None,
    };
    // Where there is no environment, what this gate let through last is what is there.
    let standing = match (&current, &environment) {
        (Some(current), _) => Some(current.job_run),
        (None, Some(_)) => None,
        (None, None) => {
            let ended = job_runs::list_ended(connection, job_run.job, 100).await?;
            let passed =
                |ended: &&job_runs::JobRun| ended.status == andon_pipelines::state::JobRunStatus::Succeeded && ended.id != job_run.id;
            ended.iter().find(passed).map(|ended| ended.id)
        }
    };
    let old = match standing {
        Some(standing) => job_runs::list_vouchers(connection, standing).await?,
        None => BTreeMap::new(),
    };
    let mut pairs = Vec::new();
    for version in list_lineage(connection, job_run).await? {
        let resource = resources::get(connection, version.resource).await?;
        if matches!(resource.source, ResourceKind::Environment | ResourceKind::State) {
            continue;
        }
        let from = match old.get(&version.resource) {
            Some(from) => Some(versions::get(connection, *from).await?),
            None => None,
        };
        pairs.push((resource, from, version));
    }
    pairs.sort_by(|(one, _, _), (other, _, _)| (&one.name, one.id).cmp(&(&other.name, other.id)));
    Ok(Comparison { workspace, environment, current, pairs })
}

/// What a job run stands on: its inputs, then what it inherits, one version of each resource, the nearest.
pub(in crate::engine) async fn list_lineage(connection: &mut Connection<'_>, job_run: &job_runs::JobRun) -> Result<Vec<Version>> {
    let mut lineage: Vec<Version> = Vec::new();
    let inputs = versions::list_inputs_of(connection, job_run.id).await?.into_iter().map(|(_, version)| version);
    for version in inputs.chain(versions::list_inherited_of(connection, job_run.id).await?) {
        if !lineage.iter().any(|known| known.resource == version.resource) {
            lineage.push(version);
        }
    }
    Ok(lineage)
}

/// Reads what lies between. Not to be called inside a transaction.
pub(super) async fn find_changes(app: &App, connection: &mut Connection<'_>, comparison: Comparison) -> Result<Changes> {
    let workspace = workspaces::get(connection, comparison.workspace).await?.name;
    let mut changes = Vec::new();
    for (resource, from, to) in comparison.pairs {
        let mut change = Change { resource, from, to, commits: None, actors: Vec::new(), unknown: None };
        if change.from.as_ref().is_none_or(|from| from.id != change.to.id) {
            let after = change.from.as_ref().map_or(i64::MIN, |from| from.order);
            let between = versions::list_between(connection, change.resource.id, (after, change.to.order), MOST_VERSIONS).await?;
            change.actors = between.into_iter().map(|version| (version.actor.clone(), version)).collect();
            if let ResourceKind::Git(source) = change.resource.source.clone() {
                match read_range(app, (comparison.workspace, &workspace), &source, &change).await {
                    Ok(range) => {
                        let asked = range.cut_off && change.from.is_some();
                        change.unknown =
                            asked.then(|| format!("the history of {} is not here as far back as it would be needed", change.resource.name));
                        change.commits = Some(range);
                    }
                    Err(error) => change.unknown = Some(format!("the commits of {} cannot be read: {error:#}", change.resource.name)),
                }
            }
        }
        changes.push(change);
    }
    Ok(Changes { environment: comparison.environment, current: comparison.current, changes })
}

/// How many commits lie between two lineages, in repositories of the built-in server; `None` where nothing of them is there, or the history
/// does not reach back so far. Not to be called inside a transaction.
pub(in crate::engine) async fn count_commits(
    app: &App,
    connection: &mut Connection<'_>,
    workspace: WorkspaceId,
    (old, new): (&BTreeMap<ResourceId, VersionId>, &BTreeMap<ResourceId, VersionId>),
) -> Result<Option<usize>> {
    let pairs = pair_up(connection, (old, new)).await?;
    let here =
        |resource: &Resource| matches!(&resource.source, ResourceKind::Git(source) if matches!(source.origin, GitOrigin::Repository(_)));
    let pairs: Vec<_> = pairs.into_iter().filter(|(resource, from, _)| here(resource) && from.is_some()).collect();
    if pairs.is_empty() {
        return Ok(None);
    }
    let comparison = Comparison { workspace, environment: None, current: None, pairs };
    let changes = find_changes(app, connection, comparison).await?.changes;
    let unknown = changes.iter().any(|change| change.unknown.is_some());
    Ok((!unknown).then(|| changes.iter().flat_map(|change| &change.commits).map(|range| range.commits.len()).sum()))
}

/// What would change between two lineages. Not to be called inside a transaction: it reads repositories.
pub(in crate::engine) async fn compare_lineages(
    app: &App,
    connection: &mut Connection<'_>,
    workspace: WorkspaceId,
    (old, new): (&BTreeMap<ResourceId, VersionId>, &BTreeMap<ResourceId, VersionId>),
) -> Result<Vec<Change>> {
    let pairs = pair_up(connection, (old, new)).await?;
    let comparison = Comparison { workspace, environment: None, current: None, pairs };
    Ok(find_changes(app, connection, comparison).await?.changes)
}

async fn pair_up(
    connection: &mut Connection<'_>,
    (old, new): (&BTreeMap<ResourceId, VersionId>, &BTreeMap<ResourceId, VersionId>),
) -> Result<Vec<(Resource, Option<Version>, Version)>> {
    let mut pairs = Vec::new();
    for (resource, version) in new {
        let from = match old.get(resource) {
            Some(from) => Some(versions::get(connection, *from).await?),
            None => None,
        };
        pairs.push((resources::get(connection, *resource).await?, from, versions::get(connection, *version).await?));
    }
    pairs.sort_by(|(one, _, _), (other, _, _)| (&one.name, one.id).cmp(&(&other.name, other.id)));
    Ok(pairs)
}

async fn read_range(
    app: &App,
    (workspace, workspace_name): (WorkspaceId, &str),
    source: &GitSource,
    change: &Change,
) -> anyhow::Result<Arc<CommitRange>> {
    let commit = |version: &Version| version.map.get("commit").cloned();
    let new = commit(&change.to).ok_or_else(|| anyhow::anyhow!("the version names no commit"))?;
    let old = change.from.as_ref().and_then(commit);
    let path = match &source.origin {
        GitOrigin::Repository(repository) => app.repositories.get_path(workspace_name, repository)?,
        GitOrigin::Url(url) => {
            let credentials = match &source.credentials {
                Some(name) => Some(open_secret(app, workspace, name).await?),
                None => None,
            };
            let reference = change.to.map.get("ref").map_or("HEAD", String::as_str);
            git::fetch_commit(&app.settings.data.join("mirrors"), url, credentials.as_deref(), reference, &new).await?
        }
    };
    let key = (path.clone(), old.clone(), new.clone());
    if let Some(range) = app.histories.lock().get(&key) {
        return Ok(Arc::clone(range));
    }
    let read = move || git::commit_range(&path, old.as_deref(), &new, MOST_COMMITS);
    let range = Arc::new(tokio::task::spawn_blocking(read).await??);
    // What is missing may still be fetched.
    if !range.cut_off {
        app.histories.keep(key, &range);
    }
    Ok(range)
}

impl Histories {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Stretch, Arc<CommitRange>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, key: Stretch, range: &Arc<CommitRange>) {
        let mut kept = self.lock();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, Arc::clone(range));
    }
}

/// The versions of a lineage by resource, for comparing it with another.
pub(super) fn by_resource(lineage: &[Version]) -> BTreeMap<ResourceId, &Version> {
    lineage.iter().map(|version| (version.resource, version)).collect()
}

/// Reads a gate for somebody who looks at it, with everything that would change.
pub(super) async fn view_with_changes(app: &App, connection: &mut Connection<'_>, id: GateId) -> Result<(GateView, Changes)> {
    let known = learn_authors(app, connection, id).await?;
    let view = view_known(app, connection, id, &known).await?;
    let comparison = compare(app, connection, &view).await?;
    let changes = find_changes(app, connection, comparison).await?;
    Ok((view, changes))
}
