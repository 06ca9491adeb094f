//! Bitbucket's payloads: the cloud's (`repo:push`) and the data centre's (`repo:refs_changed`).

use super::field::Field;
use super::github::{ignored, sort_push};
use super::{HookCommit, HookError, HookEvent, HookRepository, PullRequest, Push};

/// Reads the events of one delivery by its header's word; one push may move many refs.
pub(super) fn read_events(event: &str, root: Field<'_>) -> Result<Vec<HookEvent>, HookError> {
    let mut events = match event {
        "repo:push" => {
            let repository = read_cloud_repository(&root.get("repository")?)?;
            let changes = root.get("push.changes")?.items()?;
            changes.iter().map(|change| read_cloud_change(&root, change, &repository)).collect::<Result<Vec<_>, _>>()?
        }
        "repo:refs_changed" => {
            let repository = read_own_repository(&root.get("repository")?)?;
            let changes = root.get("changes")?.items()?;
            changes.iter().map(|change| read_own_change(&root, change, &repository)).collect::<Result<Vec<_>, _>>()?
        }
        "diagnostics:ping" => vec![HookEvent::Ping],
        _ if event.starts_with("pullrequest:") && root.find("pullrequest").is_some() => vec![read_cloud_pull_request(event, &root)?],
        _ if event.starts_with("pr:") && root.find("pullRequest").is_some() => vec![read_own_pull_request(event, &root)?],
        other => vec![HookEvent::Ignored { why: ignored(other) }],
    };
    if events.is_empty() {
        events.push(HookEvent::Ignored { why: "the push changed no ref".into() });
    }
    Ok(events)
}

fn read_cloud_change(root: &Field<'_>, change: &Field<'_>, repository: &HookRepository) -> Result<HookEvent, HookError> {
    let Some(new) = change.find("new") else {
        let name = change.find_text("old.name").unwrap_or_default();
        return Ok(HookEvent::Ignored { why: format!("{name} was deleted") });
    };
    let folder = match new.get("type")?.text()?.as_str() {
        "branch" => "refs/heads",
        "tag" | "annotated_tag" => "refs/tags",
        other => return Ok(HookEvent::Ignored { why: format!("a {other} is neither a branch nor a tag") }),
    };
    let after = new.get("target.hash")?;
    let mut commits = change.find_items("commits")?.iter().map(read_cloud_commit).collect::<Result<Vec<_>, _>>()?;
    // The newest stands first there.
    commits.reverse();
    Ok(sort_push(Push {
        repository: repository.clone(),
        reference: format!("{folder}/{}", new.get("name")?.text()?),
        before: change.find_way("old.target.hash").map(|field| field.commit()).transpose()?.flatten(),
        after: after.commit()?.ok_or_else(|| after.wrong("it is only zeros"))?,
        commits,
        pusher: root.find_text("actor.nickname").or_else(|| root.find_text("actor.display_name")),
    }))
}

fn read_cloud_commit(field: &Field<'_>) -> Result<HookCommit, HookError> {
    let id = field.get("hash")?;
    let raw = field.find_text("author.raw").unwrap_or_default();
    let (name, email) = raw.split_once('<').map_or((raw.as_str(), None), |(name, email)| (name, Some(email.trim_end_matches(['>', ' ']))));
    Ok(HookCommit {
        id: id.commit()?.ok_or_else(|| id.wrong("it is only zeros"))?,
        author_name: name.trim().to_owned(),
        author_email: email.map(str::to_owned),
        message: field.find_text("message").unwrap_or_default(),
        paths: Vec::new(),
    })
}

fn read_cloud_repository(field: &Field<'_>) -> Result<HookRepository, HookError> {
    let full_name = field.get("full_name")?.text()?;
    let mut urls: Vec<String> = field.find_text("links.html.href").into_iter().collect();
    // The payload carries no clone addresses; the cloud's are made from the name.
    urls.push(format!("https://bitbucket.org/{full_name}.git"));
    urls.push(format!("git@bitbucket.org:{full_name}.git"));
    Ok(HookRepository { full_name, urls })
}

fn read_cloud_pull_request(event: &str, root: &Field<'_>) -> Result<HookEvent, HookError> {
    let pull = root.get("pullrequest")?;
    Ok(HookEvent::PullRequest(PullRequest {
        repository: read_cloud_repository(&root.get("repository")?)?,
        number: pull.get("id")?.number()?,
        action: event.trim_start_matches("pullrequest:").to_owned(),
        title: pull.find_text("title").unwrap_or_default(),
        head_ref: pull.get("source.branch.name")?.text()?,
        base_ref: pull.get("destination.branch.name")?.text()?,
        head_sha: pull.get("source.commit.hash")?.text()?,
        author: pull.find_text("author.nickname").or_else(|| pull.find_text("author.display_name")),
    }))
}

fn read_own_change(root: &Field<'_>, change: &Field<'_>, repository: &HookRepository) -> Result<HookEvent, HookError> {
    let reference = change.find("refId").map_or_else(|| change.get("ref.id"), Ok)?.reference()?;
    let Some(after) = change.get("toHash")?.commit()? else {
        return Ok(HookEvent::Ignored { why: format!("{reference} was deleted") });
    };
    let before = change.find("fromHash").map(|field| field.commit()).transpose()?.flatten();
    Ok(sort_push(Push {
        repository: repository.clone(),
        reference,
        before,
        after,
        commits: Vec::new(),
        pusher: root.find_text("actor.name"),
    }))
}

fn read_own_repository(field: &Field<'_>) -> Result<HookRepository, HookError> {
    let links = field.find("links").map(|links| links.find_items("clone")).transpose()?.unwrap_or_default();
    let full_name = format!("{}/{}", field.get("project.key")?.text()?, field.get("slug")?.text()?);
    Ok(HookRepository { full_name, urls: links.iter().filter_map(|link| link.find_text("href")).collect() })
}

fn read_own_pull_request(event: &str, root: &Field<'_>) -> Result<HookEvent, HookError> {
    let pull = root.get("pullRequest")?;
    let head = pull.get("fromRef.latestCommit")?;
    Ok(HookEvent::PullRequest(PullRequest {
        repository: read_own_repository(&pull.get("toRef.repository")?)?,
        number: pull.get("id")?.number()?,
        action: event.trim_start_matches("pr:").to_owned(),
        title: pull.find_text("title").unwrap_or_default(),
        head_ref: pull.get("fromRef.displayId")?.text()?,
        base_ref: pull.get("toRef.displayId")?.text()?,
        head_sha: head.commit()?.ok_or_else(|| head.wrong("it is only zeros"))?,
        author: pull.find_text("author.user.name"),
    }))
}
