//! What was delivered into environments, and how well: read from the lineage, judged by rules that people can follow.
//!
//! - A *change* is an attempt to put something into an environment, successful or not; going back to older commits is a *rollback* and no change.
//! - A change *failed* when its job run failed, when a job behind it failed on what it had put there, or when a rollback took it away.
//! - An *incident* begins with the first failed change while none is open, and ends with the next deployment that did not fail itself.
//! - The *lead time* of a commit is from when it was committed until it first reached the environment. One deployment brings every version
//!   of its git resources since the one that was there before.

use crate::app::App;
use crate::store::line::monitor::{self, Commit, Deployed, Environment, Failure, Scope, Stretch};
use crate::store::{Connection, Result};
use andon_pipelines::document::Document;
use andon_pipelines::ids::{PipelineId, ResourceId, RunId};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

/// An attempt to put something into an environment, within the time that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub run: RunId,
    /// When it was there, or when the attempt failed.
    pub at: i64,
    pub deployed: bool,
    pub rollback: bool,
    /// When it turned out to be a failure.
    pub failed_at: Option<i64>,
    /// How long each commit took that came with it.
    pub lead_times_ms: Vec<i64>,
    /// How long the incident had lasted that it ended.
    pub restored_ms: Option<i64>,
}

impl Delivery {
    /// Counts among the changes, of which so many fail.
    #[must_use]
    pub const fn is_change(&self) -> bool {
        !self.rollback
    }
}

/// Everything about one environment, by time.
#[derive(Clone, Debug)]
pub struct Deliveries {
    pub environment: Environment,
    pub list: Vec<Delivery>,
    /// When the incident began that is not over at the end of the time.
    pub open_since: Option<i64>,
}

/// What was delivered into the environments of the scope's pipelines in its time.
///
/// # Errors
/// Whatever the database says.
pub async fn list_deliveries(app: &App, connection: &mut Connection<'_>, scope: &Scope) -> Result<Vec<Deliveries>> {
    let environments = monitor::list_environments(connection, scope).await?;
    if environments.is_empty() {
        return Ok(Vec::new());
    }
    let mut deployed: BTreeMap<ResourceId, Vec<Deployed>> = BTreeMap::new();
    for each in monitor::list_deployed(connection, scope).await? {
        deployed.entry(each.environment).or_default().push(each);
    }
    let failures = monitor::list_failures(connection, scope).await?;
    let mut documents = BTreeMap::new();
    for environment in &environments {
        if let Entry::Vacant(unread) = documents.entry(environment.pipeline) {
            unread.insert(app.documents.get(connection, environment.pipeline, environment.revision).await?);
        }
    }
    let mut judged = Vec::new();
    for environment in environments {
        let history = deployed.remove(&environment.id).unwrap_or_default();
        let failures = sort_failures(&environment, &failures, &documents);
        judged.push((environment, judge(scope.from, &history, &failures)));
    }
    let stretches: Vec<Stretch> =
        judged.iter().flat_map(|(_, judgement)| judgement.stretches.iter().map(|(_, stretch)| *stretch)).collect();
    let commits = Commits::new(monitor::list_commits(connection, &widen(&stretches)).await?);
    let told = judged.into_iter().map(|(environment, judgement)| {
        let mut list = judgement.list;
        for (place, stretch) in judgement.stretches {
            let at = list[place].at;
            list[place].lead_times_ms.extend(commits.within(stretch).map(|commit| (at - commit).max(0)));
        }
        let list = list.into_iter().filter(|delivery| delivery.at >= scope.from).collect();
        Deliveries { environment, list, open_since: judgement.open_since }
    });
    Ok(told.collect())
}

/// What failures mean for one environment.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// An attempt to deploy.
    Attempt { run: RunId, at: i64 },
    /// A job behind the deployment of this version.
    Behind { version: andon_pipelines::ids::VersionId, at: i64 },
}

/// A failed job that deploys itself says nothing about what it builds on. Of several environments in a lineage the nearest is meant.
fn sort_failures(environment: &Environment, failures: &[Failure], documents: &BTreeMap<PipelineId, Arc<Document>>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for failure in failures {
        let document = documents.get(&failure.pipeline);
        let outputs = document.map(|document| environments_of(document, &failure.job)).unwrap_or_default();
        if failure.pipeline == environment.pipeline && outputs.contains(&environment.name.as_str()) {
            faults.push(Fault::Attempt { run: failure.run, at: failure.at });
        } else if outputs.is_empty() {
            let nearest = failure.environments.iter().map(|(_, _, distance)| *distance).min();
            let own = failure.environments.iter().find(|(id, _, distance)| *id == environment.id && Some(*distance) == nearest);
            faults.extend(own.map(|(_, version, _)| Fault::Behind { version: *version, at: failure.at }));
        }
    }
    faults
}

/// The environments that a job puts out.
fn environments_of<'d>(document: &'d Document, job: &str) -> Vec<&'d str> {
    let is_environment = |name: &str| {
        let kind = document.resources.iter().find(|resource| resource.name == name).map(|resource| &resource.kind);
        matches!(kind, Some(andon_pipelines::document::ResourceKind::Environment))
    };
    let job = document.jobs.iter().find(|known| known.name == job);
    let outputs = job.map(|job| job.outputs.as_slice()).unwrap_or_default();
    outputs.iter().map(|output| output.resource.as_str()).filter(|name| is_environment(name)).collect()
}

/// Deliveries before their lead times are known.
#[derive(Debug, Default)]
struct Judgement {
    /// By time; it may begin with what was there before the time that was asked for.
    list: Vec<Delivery>,
    /// Which versions came first with which delivery.
    stretches: Vec<(usize, Stretch)>,
    open_since: Option<i64>,
}

fn judge(from: i64, history: &[Deployed], faults: &[Fault]) -> Judgement {
    let mut judgement = Judgement::default();
    let mut reached: BTreeMap<ResourceId, i64> = BTreeMap::new();
    for (place, deployed) in history.iter().enumerate() {
        let before = place.checked_sub(1).map(|before| &history[before].commits);
        let rollback = before.is_some_and(|before| goes_back(before, &deployed.commits));
        if rollback {
            let taken_away = &mut judgement.list[place - 1];
            taken_away.failed_at.get_or_insert(taken_away.at);
        }
        for (resource, order) in &deployed.commits {
            // Of a first deployment only what it names: everything before is history.
            let known = reached.insert(*resource, *order.max(reached.get(resource).unwrap_or(order)));
            let after = known.unwrap_or(order - 1);
            if after < *order && deployed.at >= from {
                judgement.stretches.push((place, (*resource, after, *order)));
            }
        }
        judgement.list.push(Delivery {
            run: deployed.run,
            at: deployed.at,
            deployed: true,
            rollback,
            failed_at: None,
            lead_times_ms: Vec::new(),
            restored_ms: None,
        });
    }
    for fault in faults {
        if let Fault::Behind { version, at } = fault {
            let meant = history.iter().rposition(|deployed| deployed.version == *version && deployed.at <= *at);
            if let Some(place) = meant {
                let failed_at = &mut judgement.list[place].failed_at;
                *failed_at = Some(failed_at.map_or(*at, |known| known.min(*at)));
            }
        }
    }
    judgement.open_since = find_incidents(&mut judgement.list, faults);
    add_attempts(&mut judgement, faults);
    judgement
}

/// Older in something and newer in nothing.
fn goes_back(before: &BTreeMap<ResourceId, i64>, now: &BTreeMap<ResourceId, i64>) -> bool {
    let shared = || before.iter().filter_map(|(resource, old)| Some((old, now.get(resource)?)));
    shared().any(|(old, new)| new < old) && !shared().any(|(old, new)| new > old)
}

/// Notes with each good deployment which incident it ended; answers since when one is open.
fn find_incidents(deployed: &mut [Delivery], faults: &[Fault]) -> Option<i64> {
    // What failed when something else was there already hurt nobody.
    let hurt = |place: usize| {
        let failed_at = deployed[place].failed_at?;
        let replaced = deployed.get(place + 1).is_some_and(|next| next.at <= failed_at);
        Some(failed_at).filter(|_| !replaced)
    };
    let mut moments: Vec<(i64, Option<usize>)> = (0..deployed.len()).filter_map(hurt).map(|at| (at, None)).collect();
    moments.extend(faults.iter().filter_map(|fault| match fault {
        Fault::Attempt { at, .. } => Some((*at, None)),
        Fault::Behind { .. } => None,
    }));
    moments.extend(deployed.iter().enumerate().filter(|(_, each)| each.failed_at.is_none()).map(|(place, each)| (each.at, Some(place))));
    moments.sort_unstable();
    let mut open = None;
    for (at, restored_by) in moments {
        match (restored_by, open) {
            (Some(place), Some(began)) => {
                deployed[place].restored_ms = Some(at - began);
                open = None;
            }
            (None, None) => open = Some(at),
            (Some(_), None) | (None, Some(_)) => {}
        }
    }
    open
}

/// Puts the failed attempts between the deployments.
fn add_attempts(judgement: &mut Judgement, faults: &[Fault]) {
    let attempts = faults.iter().filter_map(|fault| match fault {
        Fault::Attempt { run, at } => Some(Delivery {
            run: *run,
            at: *at,
            deployed: false,
            rollback: false,
            failed_at: Some(*at),
            lead_times_ms: Vec::new(),
            restored_ms: None,
        }),
        Fault::Behind { .. } => None,
    });
    // Behind the deployments, so that the places of the stretches stay right.
    judgement.list.extend(attempts);
}

/// Commits by their resource and place.
#[derive(Debug)]
struct Commits(BTreeMap<ResourceId, BTreeMap<i64, i64>>);

impl Commits {
    fn new(list: Vec<Commit>) -> Self {
        let mut sorted: BTreeMap<ResourceId, BTreeMap<i64, i64>> = BTreeMap::new();
        for commit in list {
            sorted.entry(commit.resource).or_default().insert(commit.order, commit.at);
        }
        Self(sorted)
    }

    /// When each one in the stretch was committed.
    fn within(&self, (resource, after, until): Stretch) -> impl Iterator<Item = i64> {
        self.0.get(&resource).into_iter().flat_map(move |orders| orders.range(after + 1..=until).map(|(_, at)| *at))
    }
}

/// One stretch for each resource, which holds all of its stretches.
fn widen(stretches: &[Stretch]) -> Vec<Stretch> {
    let mut wide: BTreeMap<ResourceId, (i64, i64)> = BTreeMap::new();
    for (resource, after, until) in stretches {
        let known = wide.entry(*resource).or_insert((*after, *until));
        *known = (known.0.min(*after), known.1.max(*until));
    }
    wide.into_iter().map(|(resource, (after, until))| (resource, after, until)).collect()
}

#[cfg(test)]
mod tests;
