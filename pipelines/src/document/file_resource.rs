//! The kinds of resources; `type` says which keys a resource has.

use super::file::ParamFile;
use super::file_approval::ApprovalFile;
use super::findings::Findings;
use super::model::MissedTicks;
use super::shape::{Definitions, Map, Shape, choice, read_word, record, report_type};
use super::tree::{Content, Node};
use super::words::{Duration, FieldName, Glob, PipelineName, ValueName, Word};
use serde_json::{Value, json};

record! {
    /// A branch, or the tags that match a pattern, of a git repository.
    GitFile as "a git resource" {
        required kind ("type"): String,
        /// What it is, for people.
        optional description ("description"): String,
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
        /// Typed parameters of a press.
        optional params ("params"): Map<FieldName, ParamFile>,
    }
    refused []
}

record! {
    /// What runs where.
    EnvironmentFile as "an environment" {
        required kind ("type"): String,
        /// What it is, for people.
        optional description ("description"): String,
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
    Environment(Box<EnvironmentFile>),
}

/// The words of `type`, in the order that `ResourceItem::read` tells them apart.
const KINDS: [&str; 7] = ["git", "cron", "params", "trigger", "file", "state", "environment"];
/// Kinds of the language that do not work yet.
const REFUSED: [&str; 4] = ["image", "semver", "webhook", "custom"];

impl ResourceItem {
    /// The word in the file's `type`.
    pub(crate) fn kind(&self) -> &str {
        let kind = match self {
            Self::Git(git) => &git.kind,
            Self::Cron(cron) => &cron.kind,
            Self::Params(params) => &params.kind,
            Self::Trigger(trigger) => &trigger.kind,
            Self::File(bare) | Self::State(bare) => &bare.kind,
            Self::Environment(environment) => &environment.kind,
        };
        kind.as_ref().map_or("", |kind| kind.value.as_str())
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
