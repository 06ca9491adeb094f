//! Resources and parameters, each by itself.

use crate::cron::{CronError, Schedule};
use crate::document::file::{ParamFile, PipelineFile};
use crate::document::file_resource::{CronFile, GitFile, ResourceItem, SemverFile};
use crate::document::findings::Findings;
use crate::document::lower::typed_value;
use crate::document::model::ParamKind;
use crate::document::position::Span;
use crate::document::shape::{At, Map, Record};
use crate::document::suggestion::find_nearest;
use crate::document::syntax::shorten;
use crate::document::words::FieldName;

pub(super) fn check_resources(file: &PipelineFile, findings: &mut Findings<'_>) {
    check_params(&file.params, findings);
    for (name, item) in file.resources.iter().flat_map(|map| &map.value.entries) {
        match item.as_ref().map(|item| &item.value) {
            Some(ResourceItem::Git(git)) => check_git(git, name.span, findings),
            Some(ResourceItem::Cron(cron)) => check_cron(cron, findings),
            Some(ResourceItem::Semver(semver)) => check_initial(semver, findings),
            Some(ResourceItem::Trigger(trigger)) => check_params(&trigger.params, findings),
            _ => {}
        }
    }
}

fn check_git(git: &GitFile, name: Span, findings: &mut Findings<'_>) {
    match (&git.url, &git.repository) {
        (Some(_), Some(repository)) => {
            let help = "keep `url` for a repository elsewhere, or `repository` for one of the built-in server".to_owned();
            findings.error_with("conflicting-keys", repository.span, "`url` and `repository` exclude each other", Some(help));
        }
        (None, None) if !git.has("url") && !git.has("repository") => {
            let help = "give `url`, or `repository` for one that the built-in server hosts".to_owned();
            findings.error_with("missing-key", name, "a git resource needs `url` or `repository`", Some(help));
        }
        _ => {}
    }
    if let (Some(_), Some(tag)) = (&git.branch, &git.tag) {
        findings.error("conflicting-keys", tag.span, "`branch` and `tag` exclude each other");
    }
    if let Some(url) = &git.url
        && let Err(reason) = check_url(&url.value)
    {
        findings.error("bad-url", url.span, format!("\"{}\" is not a usable address: {reason}", shorten(&url.value)));
    }
    if let Some(branch) = git.branch.as_ref().filter(|branch| !is_branch(&branch.value)) {
        findings.error("bad-branch", branch.span, format!("\"{}\" is not a branch name", shorten(&branch.value)));
    }
    for (key, span) in
        [("credentials", git.credentials.as_ref().map(|at| at.span)), ("check_every", git.check_every.as_ref().map(|at| at.span))]
    {
        if let (Some(span), Some(_)) = (span, &git.repository) {
            let message = format!("`{key}` belongs to a `url`; the built-in server needs none");
            findings.error("conflicting-keys", span, message);
        }
    }
    if let Some(paths) = git.paths.as_ref().filter(|paths| !paths.value.0.is_empty())
        && paths.value.0.iter().all(|glob| glob.value.0.starts_with('!'))
    {
        let help = "add \"**\" in front to take everything else".to_owned();
        findings.error_with("empty", paths.span, "`paths` only excludes, so no commit could ever match", Some(help));
    }
}

/// An address that git takes, and that is no option for its command line.
fn check_url(url: &str) -> Result<(), &'static str> {
    if url.is_empty() || url.len() > 2000 || url.chars().any(|c| c.is_control() || c == ' ') {
        return Err("it is empty, too long, or holds blanks");
    }
    if let Some((scheme, rest)) = url.split_once("://") {
        if !["https", "http", "ssh", "git", "file"].contains(&scheme) {
            return Err("known schemes are https, http, ssh, git and file");
        }
        let authority = rest.split('/').next().unwrap_or_default();
        if authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':')) {
            return Err("it holds a password; keep that in a secret and name it under `credentials`");
        }
        if authority.is_empty() && scheme != "file" {
            return Err("it names no host");
        }
        // A host with a leading dash would reach ssh as an option.
        let host = authority.rsplit('@').next().unwrap_or_default();
        return if host.starts_with('-') || authority.starts_with('-') { Err("the host begins with a dash") } else { Ok(()) };
    }
    let scp = url.split_once(':').filter(|(host, path)| !host.is_empty() && !host.contains('/') && !path.is_empty());
    match scp {
        Some((host, path)) if !host.starts_with('-') && !path.starts_with(':') => Ok(()),
        _ => Err("write https://…, ssh://…, git://…, file://… or user@host:path"),
    }
}

/// The rules of git-check-ref-format(1) that a branch can break.
fn is_branch(name: &str) -> bool {
    let forbidden = |c: char| c.is_control() || c.is_whitespace() || "~^:?*[\\".contains(c);
    let parts_fit = name.split('/').all(|part| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock"));
    parts_fit
        && name.len() <= 250
        && !name.starts_with('-')
        && !name.contains(forbidden)
        && !name.contains("..")
        && !name.contains("@{")
        && !name.ends_with('.')
}

/// Whether a time zone is known; if not, says so.
pub(super) fn check_timezone(zone: &At<String>, findings: &mut Findings<'_>) {
    if zone.value.parse::<chrono_tz::Tz>().is_ok() {
        return;
    }
    let known = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    let lower = zone.value.to_lowercase();
    let known = known.filter(|_| findings.wants_suggestions());
    let same = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).find(|name| name.to_lowercase() == lower);
    let near = same.or_else(|| find_nearest(&zone.value, known));
    let help = near.map_or_else(|| "use an IANA name such as Europe/Berlin".to_owned(), |near| format!("did you mean \"{near}\"?"));
    findings.error_with("unknown-time-zone", zone.span, format!("unknown time zone \"{}\"", shorten(&zone.value)), Some(help));
}

fn check_cron(cron: &CronFile, findings: &mut Findings<'_>) {
    if let Some(zone) = &cron.timezone {
        check_timezone(zone, findings);
    }
    let Some(schedule) = &cron.schedule else { return };
    if let Err(error) = Schedule::parse(&schedule.value, "UTC") {
        let help = match error {
            CronError::FieldCount(_) => "`0 2 * * 1-5` is two o'clock from Monday to Friday",
            _ => "fields are numbers, ranges, lists, `*` and steps such as `*/15`",
        };
        findings.error_with("bad-schedule", schedule.span, error.to_string(), Some(help.to_owned()));
    }
}

fn check_initial(semver: &SemverFile, findings: &mut Findings<'_>) {
    if let Some(initial) = &semver.initial
        && let Err(error) = crate::number::parse(&initial.value)
    {
        findings.error_with("bad-number", initial.span, error.to_string(), Some("write three numbers, such as 1.0.0".to_owned()));
    }
}

pub(in crate::document) fn check_params(params: &Option<At<Map<FieldName, ParamFile>>>, findings: &mut Findings<'_>) {
    for (_, param) in params.iter().flat_map(|map| &map.value.entries) {
        let Some(param) = param.as_ref().map(|param| &param.value) else { continue };
        if param.has("type") && param.kind.is_none() {
            continue;
        }
        let kind = param.kind.as_ref().map_or(ParamKind::String, |kind| kind.value);
        let noun = match kind {
            ParamKind::String => "text",
            ParamKind::Boolean => "true or false",
            ParamKind::Integer => "a whole number",
            ParamKind::Number => "a number",
        };
        let options: Vec<_> = param.options.iter().flat_map(|list| &list.value.0).collect();
        for value in options.iter().copied().chain(&param.default) {
            if typed_value(kind, &value.value.0).is_none() {
                let message = format!("\"{}\" is not {noun}, which this parameter wants", shorten(&value.value.0.text));
                findings.error("wrong-type", value.span, message);
            }
        }
        if let Some(default) = param.default.as_ref().filter(|_| !options.is_empty())
            && !options.iter().any(|option| option.value.0.text == default.value.0.text)
        {
            findings.error("unknown-value", default.span, "the default is none of the options");
        }
    }
}
