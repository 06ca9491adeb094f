//! What the resources of a pipeline file are, and where their versions come from.

use super::approval::Approval;
use super::model::{Millis, Param};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A named thing with versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    pub name: String,
    /// What it was called before: it goes on with that history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    pub description: Option<String>,
    pub kind: ResourceKind,
    /// Of an environment: what every job that deploys to it has to pass first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum ResourceKind {
    Git(GitSource),
    Cron(CronSource),
    /// Values that an edit of the file changes.
    Params {
        values: BTreeMap<String, String>,
    },
    /// A button: each press is a version.
    Trigger {
        params: BTreeMap<String, Param>,
    },
    /// A content-addressed archive.
    File,
    /// Shared key-values and files, changed by compare-and-set.
    State,
    /// A release number.
    Semver {
        /// The first version, made when the resource is.
        initial: String,
    },
    /// What runs where; written by the server when a job with this output succeeds.
    Environment,
}

impl ResourceKind {
    /// The word in the file's `type`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Git(_) => "git",
            Self::Cron(_) => "cron",
            Self::Params { .. } => "params",
            Self::Trigger { .. } => "trigger",
            Self::File => "file",
            Self::State => "state",
            Self::Semver { .. } => "semver",
            Self::Environment => "environment",
        }
    }
}

/// A branch or a pattern of tags, of a repository elsewhere or of one that the built-in server hosts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitSource {
    pub origin: GitOrigin,
    pub follow: GitFollow,
    /// Globs; `!` excludes. A commit that changes nothing they match makes no version. Empty takes every commit.
    pub paths: Vec<String>,
    pub submodules: bool,
    /// Name of the secret with `user:password` or a bare token, for a `url`.
    pub credentials: Option<String>,
    /// How often a `url` is polled at least; absent takes the server's default.
    pub check_every: Option<Millis>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GitOrigin {
    /// `url:` (https, http, ssh, git, file or an scp-like address).
    Url(String),
    /// `repository:` of the built-in server, in the pipeline's workspace.
    Repository(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GitFollow {
    /// `branch:`; the default is `main`.
    Branch(String),
    /// `tag:`, a glob.
    Tag(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CronSource {
    /// Five fields as in crontab(5).
    pub schedule: String,
    /// An IANA name; the default is `UTC`.
    pub timezone: String,
    pub missed: MissedTicks,
}

/// What happens to ticks that passed while no server ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MissedTicks {
    Skip,
    #[default]
    Once,
    All,
}
