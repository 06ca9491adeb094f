//! Commit statuses at forges: for each run, what every commit that it takes in should show; and what is sent when its turn comes.

use super::channel::ChannelSettings;
use super::deliver::{PreparedCall, prepare_post, put_off, refuse};
use crate::app::App;
use crate::notify::{SendError, StatusRequest, StatusState, is_about, judge_run, render_status, token_header};
use crate::store::line::{job_runs, runs, workspaces};
use crate::store::people::channels::{self, Channel};
use crate::store::people::commit_statuses::{self, CommitStatus, StatusKey};
use crate::store::people::deliveries::{self, Delivery, DeliveryState};
use crate::store::{Connection, Result, StoreError, Tx};
use andon_pipelines::document::{GitOrigin, ResourceKind};
use andon_pipelines::ids::{RunId, WorkspaceId};
use andon_pipelines::state::JobRunStatus;
use secrecy::ExposeSecret;
use std::collections::BTreeSet;

/// The event's word of these deliveries.
pub(super) const EVENT: &str = "commit-status";

/// A forge channel with what it is about.
#[derive(Debug)]
pub(super) struct Forge {
    workspace: WorkspaceId,
    channel: String,
    repository: String,
}

/// Every forge channel, opened. One that cannot be opened shows nothing; setting it again mends it.
pub(super) async fn list_forges(app: &App, connection: &mut Connection<'_>) -> Result<Vec<Forge>> {
    let stored = channels::list_of_kind(connection, "forge").await?;
    let open = |(workspace, channel): (WorkspaceId, Channel)| match ChannelSettings::open(&app.vault, workspace, &channel) {
        Ok(ChannelSettings::Forge { repository, .. }) => Some(Forge { workspace, channel: channel.name, repository }),
        _ => None,
    };
    Ok(stored.into_iter().filter_map(open).collect())
}

/// The statuses of a run's commits that are not as they should be.
pub(super) async fn find_changes(app: &App, connection: &mut Connection<'_>, forges: &[Forge], run: RunId) -> Result<Vec<CommitStatus>> {
    let run = runs::get(connection, run).await?;
    let forges: Vec<&Forge> = forges.iter().filter(|forge| forge.workspace == run.workspace).collect();
    if forges.is_empty() {
        return Ok(Vec::new());
    }
    let context = format!("andon/{}", run.pipeline_name);
    let mut keys = BTreeSet::new();
    for (source, commit) in commit_statuses::list_commits(connection, run.id).await? {
        let ResourceKind::Git(source) = source else { continue };
        let GitOrigin::Url(repository) = source.origin else { continue };
        for forge in forges.iter().filter(|forge| is_about(&forge.repository, &repository)) {
            let (channel, repository, commit) = (forge.channel.clone(), repository.clone(), commit.clone());
            keys.insert(StatusKey { channel, repository, commit, context: context.clone() });
        }
    }
    // Commits that a newer set took the place of: the run still answers for what it began.
    keys.extend(commit_statuses::list_of_run(connection, run.id).await?.into_iter().map(|status| status.key));
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let jobs = list_jobs(connection, run.id).await?;
    let (state, description) = judge_run(run.outcome, &jobs);
    let workspace = workspaces::get(connection, run.workspace).await?.name;
    let link = format!("{}/w/{workspace}/runs/{}", app.public_url(), run.id);
    let mut changes = Vec::new();
    for key in keys {
        let known = commit_statuses::find(connection, run.workspace, &key).await?;
        let as_it_is = known.as_ref().is_some_and(|known| {
            // A later run of the same commit speaks for it.
            known.run_number > run.number || (known.run == Some(run.id) && known.state == state.name() && known.description == description)
        });
        if !as_it_is {
            let (state, description, link) = (state.name().to_owned(), description.clone(), link.clone());
            changes.push(CommitStatus { key, run: Some(run.id), run_number: run.number, state, description, link });
        }
    }
    Ok(changes)
}

/// By name, without those that a rerun stands for or a newer set replaced.
async fn list_jobs(connection: &mut Connection<'_>, run: RunId) -> Result<Vec<(String, JobRunStatus)>> {
    let all = job_runs::list_of_run(connection, run).await?;
    let replaced: BTreeSet<_> = all.iter().filter_map(|job_run| job_run.rerun_of).collect();
    let counts = |job_run: &&job_runs::JobRun| !replaced.contains(&job_run.id) && job_run.reason.as_deref() != Some("superseded");
    let mut jobs: Vec<_> = all.iter().filter(counts).map(|job_run| (job_run.job_name.clone(), job_run.status)).collect();
    jobs.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(jobs)
}

/// Sets the statuses and queues what tells the forges.
pub(super) async fn queue(app: &App, tx: &mut Tx, workspace: WorkspaceId, changes: &[CommitStatus]) -> Result<()> {
    for status in changes {
        commit_statuses::set(tx, workspace, status).await?;
        let target = format!("channel:{}", status.key.channel);
        let message = serde_json::to_string(&status.key).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        // One that waits already will say what is true then.
        if deliveries::is_waiting(&mut tx.connection(), workspace, &target, &message).await? {
            continue;
        }
        let delivery = Delivery {
            id: app.random.new_id(),
            workspace,
            target,
            event: EVENT.to_owned(),
            job_run: None,
            message,
            state: DeliveryState::Pending,
            attempts: 0,
            next_at: tx.at(),
            answer: None,
            created_at: tx.at(),
            ended_at: None,
            channel: None,
            user: None,
            collected: false,
        };
        deliveries::create(tx, &[delivery]).await?;
    }
    Ok(())
}

/// What to tell a forge now, which may be more than was known when the delivery was written.
pub(super) async fn prepare(app: &App, delivery: &Delivery) -> std::result::Result<PreparedCall, SendError> {
    let key: StatusKey =
        serde_json::from_str(&delivery.message).map_err(|error| refuse(format!("the stored status cannot be read: {error}")))?;
    let read = async {
        let mut reader = app.db.read().await?;
        let status = commit_statuses::find(&mut reader.connection(), delivery.workspace, &key).await?;
        let channel = channels::find(&mut reader.connection(), delivery.workspace, &key.channel).await?;
        Ok::<_, StoreError>((status, channel))
    };
    let (status, channel) = read.await.map_err(|error| put_off(format!("the store did not answer: {error}")))?;
    let channel = channel.ok_or_else(|| refuse(format!("there is no channel {} in the workspace", key.channel)))?;
    let status = status.ok_or_else(|| refuse("nothing is known of this commit any more".to_owned()))?;
    let settings = ChannelSettings::open(&app.vault, delivery.workspace, &channel).map_err(|error| refuse(error.to_string()))?;
    let ChannelSettings::Forge { forge, api, token, .. } = &settings else {
        return Err(refuse(format!("the channel {} is no forge any more", key.channel)));
    };
    let state = StatusState::from_name(&status.state).ok_or_else(|| refuse(format!("{:?} is no status", status.state)))?;
    let request = StatusRequest {
        repository: &key.repository,
        commit: &key.commit,
        state,
        context: &key.context,
        description: &status.description,
        link: &status.link,
    };
    let post = render_status(*forge, api, &request);
    let mut post = post.ok_or_else(|| refuse(format!("{} has no OWNER/NAME, or {} is no commit", key.repository, key.commit)))?;
    post.headers.push(token_header(*forge, token.to_secret().expose_secret()));
    let mut prepared = prepare_post(post.url.clone(), post.headers, post.body, (&settings, None));
    // Here the address is no secret, and says which commit it is about.
    prepared.request = prepared.request.replacen(prepared.request.lines().next().unwrap_or_default(), &format!("POST {}", post.url), 1);
    Ok(prepared)
}
