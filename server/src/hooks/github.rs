//! GitHub's payloads; Gitea and Forgejo send the same shapes.

use super::field::Field;
use super::{HookError, HookEvent, HookRepository, PullRequest, Push};

/// Reads one event by its header's word.
pub(super) fn read_event(event: &str, root: Field<'_>) -> Result<HookEvent, HookError> {
    match event {
        "push" => read_push(&root),
        "pull_request" => read_pull_request(&root).map(HookEvent::PullRequest),
        "ping" => Ok(HookEvent::Ping),
        "create" | "delete" => Ok(HookEvent::Ignored { why: format!("\"{event}\" tells what a push event tells too") }),
        other => Ok(HookEvent::Ignored { why: ignored(other) }),
    }
}

pub(super) fn ignored(event: &str) -> String {
    let event: String = event.chars().filter(|c| !c.is_control()).take(100).collect();
    format!("\"{event}\" makes no version: push, tag and pull request events do")
}

/// Sorts a moved ref into branch, tag, and what is neither.
pub(super) fn sort_push(push: Push) -> HookEvent {
    if push.reference.starts_with("refs/heads/") {
        HookEvent::Push(push)
    } else if push.reference.starts_with("refs/tags/") {
        HookEvent::TagPush(push)
    } else {
        HookEvent::Ignored { why: format!("{} is neither a branch nor a tag", push.reference) }
    }
}

fn read_push(root: &Field<'_>) -> Result<HookEvent, HookError> {
    let reference = root.get("ref")?.reference()?;
    let repository = read_repository(&root.get("repository")?)?;
    let before = root.find("before").map(|field| field.commit()).transpose()?.flatten();
    let after = root.get("after")?.commit()?;
    let (Some(after), false) = (after, root.is_true("deleted")) else {
        return Ok(HookEvent::Ignored { why: format!("{reference} was deleted") });
    };
    let commits = root.find_items("commits")?.iter().map(Field::hook_commit).collect::<Result<_, _>>()?;
    let pusher = ["pusher.login", "pusher.username", "pusher.name", "sender.login"].iter().find_map(|way| root.find_text(way));
    Ok(sort_push(Push { repository, reference, before, after, commits, pusher }))
}

fn read_pull_request(root: &Field<'_>) -> Result<PullRequest, HookError> {
    let pull = root.get("pull_request")?;
    Ok(PullRequest {
        repository: read_repository(&root.get("repository")?)?,
        number: root.find("number").map_or_else(|| pull.get("number"), Ok)?.number()?,
        action: root.get("action")?.text()?,
        title: pull.find_text("title").unwrap_or_default(),
        head_ref: pull.get("head.ref")?.text()?,
        base_ref: pull.get("base.ref")?.text()?,
        head_sha: pull.get("head.sha")?.commit()?.ok_or_else(|| pull.wrong("its head is only zeros"))?,
        author: pull.find_text("user.login"),
    })
}

fn read_repository(field: &Field<'_>) -> Result<HookRepository, HookError> {
    let urls = ["clone_url", "ssh_url", "git_url", "html_url"].iter().filter_map(|name| field.find_text(name)).collect();
    Ok(HookRepository { full_name: field.get("full_name")?.text()?, urls })
}
