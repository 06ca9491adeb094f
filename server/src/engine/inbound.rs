//! Commits arrive: by a push to the built-in server, a forge's webhook, or a poll.

use super::schedule::Attempt;
use super::sync::{Commit, SetFiles, repair, sync_pipelines};
use crate::app::App;
use crate::git::{self, RefUpdate};
use crate::hooks::Push;
use crate::store::line::resources::Resource;
use crate::store::line::versions::{self, NewVersion};
use crate::store::line::workspaces::Workspace;
use crate::store::line::{repositories, resources};
use andon_pipelines::document::{GitFollow, GitOrigin, GitSource, ResourceKind};
use andon_pipelines::ids::WorkspaceId;
use anyhow::Context;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The branch whose files set pipelines.
const SYNCED: &str = "refs/heads/main";

/// A commit that a resource takes as a version.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub commit: String,
    /// In full: `refs/heads/main`.
    pub reference: String,
    pub metadata: BTreeMap<String, String>,
}

/// Makes versions of commits, in one transaction. Answers how many were new.
///
/// # Errors
/// Whatever the database says; then none was made.
pub async fn arrive(
    app: &App,
    actor: &str,
    (workspace, origin): (WorkspaceId, &'static str),
    arrivals: Vec<(Resource, Arrival)>,
) -> crate::store::Result<usize> {
    arrive_with(app, actor, (workspace, origin), (arrivals, &[])).await
}

/// The same, with what became of the pipeline files of the commits.
async fn arrive_with(
    app: &App,
    actor: &str,
    (workspace, origin): (WorkspaceId, &'static str),
    (arrivals, reports): (Vec<(Resource, Arrival)>, &[SetFiles<'_>]),
) -> crate::store::Result<usize> {
    if arrivals.is_empty() && reports.is_empty() {
        return Ok(0);
    }
    let mut attempt = Attempt::begin(app, actor).await?;
    loop {
        for report in reports {
            report.write(attempt.tx()).await?;
        }
        let mut made = 0;
        for (resource, arrival) in &arrivals {
            let map = BTreeMap::from([("commit".to_owned(), arrival.commit.clone()), ("ref".to_owned(), arrival.reference.clone())]);
            let new = NewVersion {
                workspace,
                pipeline: resource.pipeline,
                resource: resource.id,
                map,
                metadata: arrival.metadata.clone(),
                archive: None,
                origin,
                made_by: None,
            };
            made += usize::from(versions::create(attempt.tx(), new).await?.1);
        }
        attempt = match attempt.end().await? {
            Some(next) => next,
            None => return Ok(made),
        };
    }
}

/// What a push to the built-in server led to, for the person who pushed.
pub async fn take_push(
    app: &App,
    actor: &str,
    workspace: &Workspace,
    repository: &str,
    updates: &[RefUpdate],
) -> anyhow::Result<Vec<String>> {
    let path = app.repositories.get_path(&workspace.name, repository)?;
    let mut lines = Vec::new();
    // The pipeline's file first: the same push already runs by it.
    let mut defined = false;
    let mut reports = Vec::new();
    for update in updates.iter().filter(|update| update.reference == SYNCED) {
        if let Some(commit) = &update.new {
            let (said, set) = sync_pipelines(app, actor, Commit { workspace, repository, path: &path, commit }).await?;
            defined |= !said.is_empty();
            lines.extend(said);
            reports.extend((!set.is_empty()).then_some(set));
        }
    }
    let sources = {
        let mut reader = app.db.read().await?;
        resources::list_in_workspace(&mut reader.connection(), workspace.id, "git").await?
    };
    let mut arrivals = Vec::new();
    for resource in sources {
        let ResourceKind::Git(source) = resource.source.clone() else { continue };
        if source.origin != GitOrigin::Repository(repository.to_owned()) {
            continue;
        }
        for update in updates {
            if let Some(arrival) = arrival_of(&path, &source, update).await? {
                lines.push(format!("{} is at {} now", resource.name, &arrival.commit[..7]));
                arrivals.push((resource.clone(), arrival));
            }
        }
    }
    let made = arrive_with(app, actor, (workspace.id, "push"), (arrivals, &reports)).await?;
    if defined {
        // New resources may follow refs that were there before this push.
        reconcile(app, workspace).await?;
    }
    if made > 0 {
        lines.push(format!("watch it at {}/w/{}/runs", app.public_url(), workspace.name));
    }
    Ok(lines)
}

/// The version that a moved ref makes, if the resource follows the ref and its paths changed.
async fn arrival_of(path: &Path, source: &GitSource, update: &RefUpdate) -> anyhow::Result<Option<Arrival>> {
    let Some(new) = update.new.clone() else { return Ok(None) };
    if !follows(&source.follow, &update.reference)? {
        return Ok(None);
    }
    let (path, globs, old, reference) = (path.to_owned(), source.paths.clone(), update.old.clone(), update.reference.clone());
    tokio::task::spawn_blocking(move || {
        let Some(commit) = git::newest_relevant_commit(&path, old.as_deref(), &new, &globs)? else { return Ok(None) };
        let metadata = describe(&git::commit_info(&path, &commit)?);
        Ok(Some(Arrival { commit, reference, metadata }))
    })
    .await?
}

pub(super) fn follows(follow: &GitFollow, reference: &str) -> anyhow::Result<bool> {
    Ok(match follow {
        GitFollow::Branch(branch) => reference.strip_prefix("refs/heads/") == Some(branch),
        GitFollow::Tag(pattern) => reference.starts_with("refs/tags/") && git::tag_matches(pattern, reference)?,
    })
}

pub(super) fn describe(info: &git::CommitInfo) -> BTreeMap<String, String> {
    BTreeMap::from([
        ("author".to_owned(), info.author_name.clone()),
        ("email".to_owned(), info.author_email.clone()),
        ("message".to_owned(), info.message.clone()),
        ("date".to_owned(), info.date_ms.to_string()),
    ])
}

/// Takes the push that a forge's webhook tells of. Answers how many versions it made, and of how many resources that follow the repository.
///
/// # Errors
/// Whatever the database says; then nothing was made.
pub async fn take_hook(app: &App, workspace: &Workspace, push: &Push) -> anyhow::Result<(usize, usize)> {
    let urls: Vec<_> = push.repository.urls.iter().map(|url| git::normalise_url(url)).collect();
    let sources = {
        let mut reader = app.db.read().await?;
        resources::list_in_workspace(&mut reader.connection(), workspace.id, "git").await?
    };
    let mut arrivals = Vec::new();
    let mut concerned = 0;
    for resource in sources {
        let ResourceKind::Git(source) = &resource.source else { continue };
        let GitOrigin::Url(url) = &source.origin else { continue };
        if !urls.contains(&git::normalise_url(url)) {
            continue;
        }
        concerned += 1;
        if let Some(arrival) = hook_arrival(source, push)? {
            arrivals.push((resource, arrival));
        }
    }
    let actor = push.pusher.as_ref().map_or_else(|| "push".to_owned(), |pusher| format!("push:{pusher}"));
    let made = arrive(app, &actor, (workspace.id, "webhook"), arrivals).await.context("the versions cannot be stored")?;
    Ok((made, concerned))
}

fn hook_arrival(source: &GitSource, push: &Push) -> anyhow::Result<Option<Arrival>> {
    if !follows(&source.follow, &push.reference)? {
        return Ok(None);
    }
    let touched: Vec<_> = push.commits.iter().flat_map(|commit| &commit.paths).collect();
    // A forge that lists no paths leaves the question open; then the commit counts.
    if !source.paths.is_empty() && !touched.is_empty() && !git::paths_match(&source.paths, &touched)? {
        return Ok(None);
    }
    let head = push.commits.iter().find(|commit| commit.id == push.after);
    let metadata = match head {
        Some(commit) => BTreeMap::from([
            ("author".to_owned(), commit.author_name.clone()),
            ("email".to_owned(), commit.author_email.clone().unwrap_or_default()),
            ("message".to_owned(), commit.message.clone()),
        ]),
        None => BTreeMap::new(),
    };
    Ok(Some(Arrival { commit: push.after.clone(), reference: push.reference.clone(), metadata }))
}

/// Finds commits that are not versions yet, because a crash came between, or because the resource came after the push: looks at the refs of
/// every repository that a resource follows.
///
/// # Errors
/// Whatever the database or git says.
pub async fn reconcile(app: &App, workspace: &Workspace) -> anyhow::Result<usize> {
    let sources = {
        let mut reader = app.db.read().await?;
        resources::list_in_workspace(&mut reader.connection(), workspace.id, "git").await?
    };
    let mut made = 0;
    for resource in sources {
        let ResourceKind::Git(source) = resource.source.clone() else { continue };
        let GitOrigin::Repository(name) = &source.origin else { continue };
        if !app.repositories.exists(&workspace.name, name)? {
            continue;
        }
        let path = app.repositories.get_path(&workspace.name, name)?;
        let (repositories, of, named) = (Arc::clone(&app.repositories), workspace.name.clone(), name.clone());
        let refs = tokio::task::spawn_blocking(move || repositories.refs(&of, &named)).await??;
        let newest = versions::find_newest(&mut app.db.read().await?.connection(), resource.id).await?;
        let old = newest.and_then(|version| version.map.get("commit").cloned());
        for (reference, commit) in refs {
            if !follows(&source.follow, &reference)? || Some(&commit) == old.as_ref() {
                continue;
            }
            let update = RefUpdate { reference, old: old.clone(), new: Some(commit) };
            if let Some(arrival) = arrival_of(&path, &source, &update).await? {
                made += arrive(app, "andon", (workspace.id, "push"), vec![(resource.clone(), arrival)]).await?;
            }
        }
    }
    Ok(made)
}

/// As [`reconcile`], and first sets the pipelines from files that a crash kept from being looked at.
///
/// # Errors
/// Whatever the database or git says.
pub async fn recover(app: &App, workspace: &Workspace) -> anyhow::Result<usize> {
    let known = repositories::list(&mut app.db.read().await?.connection(), workspace.id).await?;
    for repository in known {
        if !app.repositories.exists(&workspace.name, &repository)? {
            continue;
        }
        let path = app.repositories.get_path(&workspace.name, &repository)?;
        let (repositories, of, named) = (Arc::clone(&app.repositories), workspace.name.clone(), repository.clone());
        let refs = tokio::task::spawn_blocking(move || repositories.refs(&of, &named)).await??;
        if let Some((_, commit)) = refs.into_iter().find(|(reference, _)| reference == SYNCED) {
            repair(app, Commit { workspace, repository: &repository, path: &path, commit: &commit }).await?;
        }
    }
    reconcile(app, workspace).await
}
