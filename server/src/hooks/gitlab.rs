//! GitLab's payloads, of projects and of groups.

use super::field::Field;
use super::github::{ignored, sort_push};
use super::{HookError, HookEvent, HookRepository, PullRequest, Push};

/// Reads one event by its header's word (`Push Hook`); system hooks name theirs in the payload.
pub(super) fn read_event(event: &str, root: Field<'_>) -> Result<HookEvent, HookError> {
    let kind = root.find_text("object_kind").or_else(|| root.find_text("event_name")).unwrap_or_default();
    match (event, kind.as_str()) {
        ("Push Hook" | "Tag Push Hook", _) | ("System Hook", "push" | "tag_push") => read_push(&root),
        ("Merge Request Hook", _) | ("System Hook", "merge_request") => read_merge_request(&root),
        ("System Hook", other) => Ok(HookEvent::Ignored { why: ignored(other) }),
        (other, _) => Ok(HookEvent::Ignored { why: ignored(other) }),
    }
}

fn read_push(root: &Field<'_>) -> Result<HookEvent, HookError> {
    let reference = root.get("ref")?.reference()?;
    let repository = read_project(&root.get("project")?)?;
    let before = root.find("before").map(|field| field.commit()).transpose()?.flatten();
    let Some(after) = root.get("after")?.commit()? else {
        return Ok(HookEvent::Ignored { why: format!("{reference} was deleted") });
    };
    // For an annotated tag `after` is the tag's own id, and this the commit's.
    let after = root.find("checkout_sha").map(|field| field.commit()).transpose()?.flatten().unwrap_or(after);
    let commits = root.find_items("commits")?.iter().map(Field::hook_commit).collect::<Result<_, _>>()?;
    let pusher = root.find_text("user_username").or_else(|| root.find_text("user_name"));
    Ok(sort_push(Push { repository, reference, before, after, commits, pusher }))
}

fn read_merge_request(root: &Field<'_>) -> Result<HookEvent, HookError> {
    let merge = root.get("object_attributes")?;
    let head = merge.get("last_commit.id")?;
    // Without an action it is a test from the settings' page, which sends what the latest one is.
    let Some(action) = merge.find_text("action") else {
        return Ok(HookEvent::Ignored { why: "the merge request event names no action".into() });
    };
    Ok(HookEvent::PullRequest(PullRequest {
        repository: read_project(&merge.find("target").map_or_else(|| root.get("project"), Ok)?)?,
        number: merge.get("iid")?.number()?,
        action,
        title: merge.find_text("title").unwrap_or_default(),
        head_ref: merge.get("source_branch")?.text()?,
        base_ref: merge.get("target_branch")?.text()?,
        head_sha: head.commit()?.ok_or_else(|| head.wrong("it is only zeros"))?,
        author: root.find_text("user.username"),
    }))
}

fn read_project(field: &Field<'_>) -> Result<HookRepository, HookError> {
    let mut urls: Vec<String> = Vec::new();
    for name in ["git_http_url", "http_url", "git_ssh_url", "ssh_url", "url", "web_url"] {
        urls.extend(field.find_text(name).filter(|url| !urls.contains(url)));
    }
    Ok(HookRepository { full_name: field.get("path_with_namespace")?.text()?, urls })
}
