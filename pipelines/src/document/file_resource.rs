//! The kinds of resources; `type` says which keys a resource has.

use super::file::ParamFile;
use super::file_approval::ApprovalFile;
use super::findings::Findings;
use super::resource::MissedTicks;
use super::shape::{At, Definitions, Map, Shape, choice, read_word, record, report_type};
use super::tree::{Content, Node};
use super::words::{Duration, FieldName, Glob, Name, PipelineName, ValueName, Word};
use serde_json::{Value, json};

record! {
    /// A branch, or the tags that match a pattern, of a git repository.
    GitFile as "a git resource" {
        required kind ("type"): String,
        /// What it is, for people.
        optional description ("description"): String,
        /// What it was called before: it goes on with that resource's history.
        optional was ("was"): Name,
        /// A repository elsewhere: https, http, ssh, git, file or an scp-like address.
        optional url ("url"): String,
        /// A repository of the built-in server; the first push creates it.
        optional repository ("repository"): PipelineName,
        /// The branch to follow; the default is `main`.
        optional branch ("branch"): String,
        /// Follow tags that match this glob instead.
        optional tag ("tag"): Glob,
        /// Only commits that change files which these globs match; `!` excludes.
        optional paths ("paths"): super::shape::List<Glob>,
        /// Whether submodules are checked out; the default is false.
        optional submodules ("submodules"): bool,
        /// The secret with `user:password` or a token for the `url`.
        optional credentials ("credentials"): Word,
        /// How often the `url` is polled at least.
        optional check_every ("check_every"): Duration,
    }
    refused []
}

record! {
    /// A schedule.
    CronFile as "a cron resource" {
        required kind ("type"): String,
        /// What it is, for people.
        optional description ("description"): String,
        /// What it was called before: it goes on with that resource's history.
        optional was ("was"): Name,
        /// Five fields as in crontab(5): minute, hour, day of month, month, day of week.
        required schedule ("schedule"): String,
        /// An IANA name such as Europe/Berlin; the default is UTC.
        optional timezone ("timezone"): String,
        /// What happens to ticks that passed while no server ran; the default is `once`.
        optional missed ("missed"): MissedTicks,
    }
    refused []
}

choice! {
    MissedTicks { "skip" => MissedTicks::Skip, "once" => MissedTicks::Once, "all" => MissedTicks::All }
    refused []
}

record! {
    /// Values that an edit of the file changes.
    ParamsFile as "a params resource" {
        required kind ("type"): String,
        /// What they are, for people.
        optional description ("description"): String,
        /// What it was called before: it goes on with that resource's history.
        optional was ("was"): Name,
        /// The values.
        required values ("values"): Map<ValueName, String>,
    }
    refused []
}

record! {
    /// A button: each press is a version.
    TriggerFile as "a trigger resource" {
        required kind ("type"): String,
        /// What it starts, for people.
        optional description ("description"): String,
        /// What it was called before: it goes on with that resource's history.
        optional was ("was"): Name,
        /// Typed parameters of a press.
        optional params ("params"): Map<FieldName, ParamFile>,
    }
    refused []
}

record! {
    /// A release number that jobs and people move on.
    SemverFile as "a semver resource" {
        required kind ("type"): String,
        /// What it numbers, for people.
        optional description ("description"): String,
        /// What it was called before: it goes on with that resource's history.
        optional was ("was"): Name,
        /// The first version, made when the resource is; the default is 0.0.0.
        optional initial ("initial"): String,
    }
    refused []
}

record! {
    /// What runs where.
    EnvironmentFile as "an environment" {
        required kind ("type"): String,
        /// What it is, for people.
        optional description ("description"): String,
        /// What it was called before: it goes on with that resource's history.
        optional was ("was"): Name,
        /// What every job that deploys to it has to pass first, whatever the pipeline says.
        optional approval ("approval"): ApprovalFile,
    }
    refused []
}

record! {
    /// A content-addressed archive (`file`), or shared key-values and files (`state`).
    BareFile as "this resource" {
        required kind ("type"): String,
        /// What it is, for people.
        optional description ("description"): String,
        /// What it was called before: it goes on with that resource's history.
        optional was ("was"): Name,
    }
    refused []
}

/// A resource of any kind.
#[derive(Clone, Debug)]
pub(crate) enum ResourceItem {
    Git(Box<GitFile>),
    Cron(CronFile),
    Params(ParamsFile),
    Trigger(TriggerFile),
    File(BareFile),
    State(BareFile),
    Semver(SemverFile),
    Environment(Box<EnvironmentFile>),
}

/// The words of `type`, in the order that `ResourceItem::read` tells them apart.
const KINDS: [&str; 8] = ["git", "cron", "params", "trigger", "file", "state", "semver", "environment"];
/// Kinds of the language that do not work yet.
const REFUSED: [&str; 3] = ["image", "webhook", "custom"];

impl ResourceItem {
    /// The word in the file's `type`.
    pub(crate) fn kind(&self) -> &str {
        let kind = match self {
            Self::Git(git) => &git.kind,
            Self::Cron(cron) => &cron.kind,
            Self::Params(params) => &params.kind,
            Self::Trigger(trigger) => &trigger.kind,
            Self::Semver(semver) => &semver.kind,
            Self::File(bare) | Self::State(bare) => &bare.kind,
            Self::Environment(environment) => &environment.kind,
        };
        kind.as_ref().map_or("", |kind| kind.value.as_str())
    }

    /// What it was called before.
    pub(crate) fn was(&self) -> Option<&At<Name>> {
        match self {
            Self::Git(git) => git.was.as_ref(),
            Self::Cron(cron) => cron.was.as_ref(),
            Self::Params(params) => params.was.as_ref(),
            Self::Trigger(trigger) => trigger.was.as_ref(),
            Self::Semver(semver) => semver.was.as_ref(),
            Self::File(bare) | Self::State(bare) => bare.was.as_ref(),
            Self::Environment(environment) => environment.was.as_ref(),
        }
    }
}

impl Shape for ResourceItem {
    fn read(node: &Node, findings: &mut Findings<'_>) -> Option<Self> {
        let Content::Map(entries) = &node.content else {
            report_type(node, "a resource, a mapping with `type`", findings);
            return None;
        };
        let Some(kind) = entries.iter().find(|entry| entry.key == "type") else {
            let help = format!("one of {}", KINDS.join(", "));
            findings.error_with("missing-key", node.owner, "a resource needs the key \"type\"", Some(help));
            return None;
        };
        match KINDS.get(read_word(&kind.value, &KINDS, &REFUSED, findings)?).copied()? {
            "git" => GitFile::read(node, findings).map(|git| Self::Git(Box::new(git))),
            "cron" => CronFile::read(node, findings).map(Self::Cron),
            "params" => ParamsFile::read(node, findings).map(Self::Params),
            "trigger" => TriggerFile::read(node, findings).map(Self::Trigger),
            "file" => BareFile::read(node, findings).map(Self::File),
            "state" => BareFile::read(node, findings).map(Self::State),
            "semver" => SemverFile::read(node, findings).map(Self::Semver),
            _ => EnvironmentFile::read(node, findings).map(|environment| Self::Environment(Box::new(environment))),
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        definitions.define("Resource", |definitions| {
            let kinds = [
                (GitFile::schema(definitions), json!({ "const": "git" })),
                (CronFile::schema(definitions), json!({ "const": "cron" })),
                (ParamsFile::schema(definitions), json!({ "const": "params" })),
                (TriggerFile::schema(definitions), json!({ "const": "trigger" })),
                (SemverFile::schema(definitions), json!({ "const": "semver" })),
                (BareFile::schema(definitions), json!({ "enum": ["file", "state"] })),
                (EnvironmentFile::schema(definitions), json!({ "const": "environment" })),
            ];
            let kinds: Vec<Value> = kinds
                .into_iter()
                .map(|(mut schema, kind)| {
                    if let Some(object) = schema.as_object_mut() {
                        object.insert("properties".to_owned(), json!({ "type": kind }));
                    }
                    schema
                })
                .collect();
            json!({ "description": "A named thing with versions.", "oneOf": kinds })
        })
    }
}
