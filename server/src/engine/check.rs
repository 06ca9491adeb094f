//! Looks for versions where nobody pushes them: polls repositories elsewhere, and watches the clock.

use super::assign::open_secret;
use super::inbound::{Arrival, describe, follows};
use crate::app::App;
use crate::git;
use crate::store::line::resources::{Checked, Resource};
use crate::store::line::versions::{self, NewVersion};
use crate::store::line::{pipelines, resources};
use andon_pipelines::cron;
use andon_pipelines::document::{CronSource, GitFollow, GitOrigin, GitSource, MissedTicks, ResourceKind};
use andon_pipelines::ids::WorkspaceId;
use anyhow::bail;
use futures::StreamExt;
use std::collections::BTreeMap;

/// How many resources are looked at in one go, and how many at once.
const BATCH: i64 = 200;
const AT_ONCE: usize = 8;

/// The longest pause between checks of a resource that keeps failing.
const LONGEST_PAUSE_MS: i64 = 3_600_000;

/// Missed ticks are made up for up to this many.
const TICKS: usize = 1_000;

/// Checks everything that is due. Answers how many resources that were.
///
/// # Errors
/// When the store fails; a check that fails is recorded with its resource instead.
pub async fn tick(app: &App) -> anyhow::Result<usize> {
    let due = resources::list_due(&mut app.db.read().await?.connection(), app.clock.now_ms(), BATCH).await?;
    let count = due.len();
    let mut checks = futures::stream::iter(due).map(|resource| async move { check(app, &resource).await }).buffer_unordered(AT_ONCE);
    while let Some(checked) = checks.next().await {
        checked?;
    }
    Ok(count)
}

/// What somebody who asked for a check is told.
#[derive(Debug, Default)]
pub struct CheckedNow {
    /// The versions that were not known, oldest first.
    pub new: Vec<versions::Version>,
    /// Why the resource could not be looked at.
    pub error: Option<String>,
    /// When it is looked at next.
    pub next_at: Option<i64>,
}

/// Checks one resource, due or not, and says what came of it.
///
/// # Errors
/// When the store fails; a check that fails is an answer, and recorded with the resource.
pub async fn check_now(app: &App, resource: &Resource) -> anyhow::Result<CheckedNow> {
    check(app, resource).await
}

async fn check(app: &App, resource: &Resource) -> anyhow::Result<CheckedNow> {
    let workspace = pipelines::get(&mut app.db.read().await?.connection(), resource.pipeline).await?.workspace;
    let found = match &resource.source {
        ResourceKind::Git(source) => poll(app, workspace, resource, source).await,
        ResourceKind::Cron(source) => watch(app, resource, source),
        _ => Ok(Found { next_at: None, cursor: None, versions: Vec::new() }),
    };
    let checked = match &found {
        Ok(found) => Checked { next_at: found.next_at, failures: 0, error: None, cursor: found.cursor.clone() },
        Err(error) => failed(app, resource, &format!("{error:#}")),
    };
    let origin = if matches!(resource.source, ResourceKind::Cron(_)) { "cron" } else { "check" };
    let mut answer = CheckedNow { new: Vec::new(), error: checked.error.clone(), next_at: checked.next_at };
    let mut tx = app.db.begin("andon").await?;
    for (map, metadata) in found.map(|found| found.versions).unwrap_or_default() {
        let new = NewVersion {
            workspace,
            pipeline: resource.pipeline,
            resource: resource.id,
            map,
            metadata,
            archive: None,
            origin,
            made_by: None,
        };
        let (version, is_new) = versions::create(&mut tx, new).await?;
        if is_new {
            answer.new.push(versions::get(&mut tx.connection(), version).await?);
        }
    }
    resources::set_checked(&mut tx, workspace, resource, &checked).await?;
    tx.commit().await?;
    Ok(answer)
}

/// What a check has found, oldest first.
struct Found {
    next_at: Option<i64>,
    cursor: Option<String>,
    versions: Vec<(BTreeMap<String, String>, BTreeMap<String, String>)>,
}

/// Each failure in a row doubles the pause, up to an hour, with a spread so that a host that comes back is not stormed.
fn failed(app: &App, resource: &Resource, error: &str) -> Checked {
    let usual = interval(app, resource);
    let failures = resource.check_failures + 1;
    let doubled = usual.saturating_mul(1 << failures.clamp(0, 12)).min(LONGEST_PAUSE_MS.max(usual));
    tracing::warn!(resource = resource.name, failures, error, "a check failed");
    let next_at = Some(app.clock.now_ms() + spread(app, doubled));
    Checked { next_at, failures, error: Some(error.to_owned()), cursor: resource.cursor.clone() }
}

fn interval(app: &App, resource: &Resource) -> i64 {
    match &resource.source {
        ResourceKind::Git(source) => source.check_every.and_then(|every| i64::try_from(every).ok()).unwrap_or(app.settings.check_every_ms),
        _ => app.settings.check_every_ms,
    }
}

/// Between nine and eleven tenths of an interval.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "an interval in milliseconds is far below 2^52")]
fn spread(app: &App, interval: i64) -> i64 {
    (interval as f64 * (0.9 + 0.2 * app.random.jitter())) as i64
}

async fn poll(app: &App, workspace: WorkspaceId, resource: &Resource, source: &GitSource) -> anyhow::Result<Found> {
    let GitOrigin::Url(url) = &source.origin else { bail!("a built-in repository is not polled") };
    let credentials = match &source.credentials {
        Some(name) => Some(open_secret(app, workspace, name).await?),
        None => None,
    };
    let pattern = match &source.follow {
        GitFollow::Branch(branch) => format!("refs/heads/{branch}"),
        GitFollow::Tag(_) => "refs/tags/*".to_owned(),
    };
    let refs = git::list_remote(url, credentials.as_deref(), &[pattern]).await?;
    if refs.is_empty() && matches!(source.follow, GitFollow::Branch(_)) {
        bail!("the repository answered, and has no such branch");
    }
    let known = known_commits(app, resource).await?;
    let mut versions = Vec::new();
    for (reference, commit) in refs {
        if !follows(&source.follow, &reference)? || known.contains(&commit) {
            continue;
        }
        let arrival = learn(app, (url, credentials.as_deref()), source, resource, (&reference, &commit)).await?;
        let Some(arrival) = arrival else { continue };
        versions.push((BTreeMap::from([("commit".to_owned(), arrival.commit), ("ref".to_owned(), arrival.reference)]), arrival.metadata));
    }
    let next_at = Some(app.clock.now_ms() + spread(app, interval(app, resource)));
    Ok(Found { next_at, cursor: resource.cursor.clone(), versions })
}

async fn known_commits(app: &App, resource: &Resource) -> anyhow::Result<Vec<String>> {
    let mut reader = app.db.read().await?;
    let newest = versions::list(&mut reader.connection(), resource.id, i64::MAX, 1_000).await?;
    Ok(newest.into_iter().filter_map(|version| version.map.get("commit").cloned()).collect())
}

/// Fetches what is needed to describe a commit, and to know whether it touches the paths that count.
async fn learn(
    app: &App,
    (url, credentials): (&str, Option<&str>),
    source: &GitSource,
    resource: &Resource,
    (reference, commit): (&str, &str),
) -> anyhow::Result<Option<Arrival>> {
    let cache = app.settings.data.join("mirrors");
    let path = git::fetch_commit(&cache, url, credentials, reference, commit).await?;
    let newest = versions::find_newest(&mut app.db.read().await?.connection(), resource.id).await?;
    let old = newest.and_then(|version| version.map.get("commit").cloned());
    let (globs, commit, reference) = (source.paths.clone(), commit.to_owned(), reference.to_owned());
    tokio::task::spawn_blocking(move || {
        // An old commit that the mirror does not have (a rewritten branch) counts as no old commit.
        let old = old.filter(|old| git::commit_info(&path, old).is_ok());
        let Some(commit) = git::newest_relevant_commit(&path, old.as_deref(), &commit, &globs)? else { return Ok(None) };
        let metadata = describe(&git::commit_info(&path, &commit)?);
        Ok(Some(Arrival { commit, reference, metadata }))
    })
    .await?
}

/// RFC 3339 in UTC, to the second.
fn format_time(at_ms: i64) -> String {
    let at = chrono::DateTime::from_timestamp_millis(at_ms).unwrap_or_default();
    at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// The ticks of a schedule up to now.
fn watch(app: &App, resource: &Resource, source: &CronSource) -> anyhow::Result<Found> {
    let now = app.clock.now_ms();
    let due = resource.check_at.unwrap_or(now);
    let mut ticks = cron::ticks_between(&source.schedule, &source.timezone, due - 1, now, TICKS)?;
    let next_at = cron::next_after(&source.schedule, &source.timezone, now)?;
    // A tick that is less than a minute old was not missed: the server was just about to look.
    let (missed, fresh): (Vec<i64>, Vec<i64>) = ticks.drain(..).partition(|tick| now - tick >= 60_000);
    let kept = match source.missed {
        MissedTicks::All => missed,
        MissedTicks::Once if fresh.is_empty() => missed.into_iter().next_back().into_iter().collect(),
        MissedTicks::Once | MissedTicks::Skip => Vec::new(),
    };
    let versions = kept.into_iter().chain(fresh).map(|tick| (BTreeMap::from([("at".to_owned(), format_time(tick))]), BTreeMap::new()));
    Ok(Found { next_at, cursor: Some(now.to_string()), versions: versions.collect() })
}
