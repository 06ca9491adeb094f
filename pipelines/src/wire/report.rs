//! From the runner to the server: what happened.

use super::Assignment;
use crate::ids::{ExecutionId, RunnerId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `POST /api/v1/runner/report`. Also the heartbeat: an empty list of reports renews the leases of `running`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReportBatch {
    pub runner: RunnerId,
    /// Every execution that the runner holds.
    pub running: Vec<ExecutionId>,
    /// In order of `sequence` within each execution.
    pub reports: Vec<Report>,
    /// The runner takes no further work and leaves when what it holds has ended.
    pub draining: bool,
    /// So many executions the answer may bring: for the slots of those that end with this batch, which no claim has offered, and, while jobs are
    /// brief, a few that wait in the runner until a slot is free.
    #[serde(default)]
    pub takes: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Report {
    pub execution: ExecutionId,
    /// 1, 2, 3, … within the execution. The server takes each once, in order, and ignores what it has already taken.
    pub sequence: u64,
    /// The runner's clock, milliseconds since 1970 UTC.
    pub at: i64,
    pub body: ReportBody,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum ReportBody {
    /// The workspace is made and inputs are about to be fetched. Until `StepsBegun` the execution may be given to another runner.
    Started,
    /// The first step is about to run.
    StepsBegun,
    /// A piece of the log, already masked. `offset` counts the bytes before it, so pieces join without gaps.
    Log {
        offset: u64,
        #[serde(with = "log_bytes")]
        #[schema(value_type = String)]
        bytes: Vec<u8>,
    },
    /// A step began, ended or was left out; the newest report of an index replaces the earlier ones.
    Step(StepReport),
    /// A version that the job made. The server publishes it when the execution's end allows that.
    Output {
        resource: String,
        values: BTreeMap<String, String>,
        /// The blob, already stored, for outputs with files.
        archive: Option<Blob>,
    },
    /// Key-values that the job appended to `ANDON_STATE`.
    State {
        values: BTreeMap<String, String>,
    },
    /// The Markdown in `ANDON_SUMMARY`.
    Summary {
        markdown: String,
    },
    /// A kept file; the blob is already stored (the file as it is, compressed with zstd).
    Artifact {
        path: String,
        size: u64,
        blob: Blob,
    },
    Tests {
        suites: Vec<TestSuite>,
    },
    Annotation(Annotation),
    /// The execution has waited for a slot of the runner for too long, and nothing of it has begun: another runner may have it. Its only report.
    Returned,
    /// The last report of an execution.
    Finished {
        outcome: Outcome,
        /// Machine-readable: `exit-code`, `timed-out`, `log-limit`, `disk-limit`, `output-limit`, `fetch-failed`, `hook-failed`, `stopped`,
        /// `runner-stopped`, …
        reason: Option<String>,
        /// One sentence for people.
        detail: Option<String>,
    },
}

impl ReportBody {
    /// Whether nothing follows it.
    #[must_use]
    pub const fn is_last(&self) -> bool {
        matches!(self, Self::Returned | Self::Finished { .. })
    }
}

/// Log bytes travel as base64: JSON has no bytes, and logs need not be UTF-8.
mod log_bytes {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        use base64::Engine;
        serializer.serialize_str(&base64::engine::general_purpose::STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        use base64::Engine;
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        base64::engine::general_purpose::STANDARD.decode(text.as_bytes()).map_err(D::Error::custom)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Succeeded,
    /// The job's own fault.
    Failed,
    /// The platform's fault: the job never had a fair try.
    Errored,
    Stopped,
}

/// A blob of the store: content-addressed by the SHA-256 of its bytes, lower-case hex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Blob {
    pub digest: String,
    pub size: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StepReport {
    /// Position in the order of execution, from 0: fetches, steps (a parallel block's children each have one), hooks.
    pub index: u32,
    pub phase: Phase,
    pub name: String,
    pub status: StepStatus,
    pub attempt: u32,
    pub started_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub exit_code: Option<i32>,
    pub reason: Option<String>,
    /// Where its lines begin and, once ended, end in the log, bytes.
    pub log_start: Option<u64>,
    pub log_end: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    Fetch,
    Step,
    OnSuccess,
    OnFailure,
    OnStop,
    Always,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepStatus {
    Running,
    Succeeded,
    Failed,
    Stopped,
    Skipped,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TestSuite {
    pub name: String,
    pub cases: Vec<TestCase>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TestCase {
    pub name: String,
    pub class: Option<String>,
    pub status: TestStatus,
    pub duration_ms: Option<u64>,
    /// The failure's message and trace, at most 64 KiB.
    pub detail: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TestStatus {
    Passed,
    Failed,
    Errored,
    Skipped,
}

/// `::error file=…,line=…::message` and its siblings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Annotation {
    pub level: AnnotationLevel,
    pub message: String,
    pub file: Option<String>,
    pub line: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AnnotationLevel {
    Notice,
    Warning,
    Error,
}

/// The server's answer to a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReportAnswer {
    /// For each execution named in the batch: the highest sequence the server has on disk. The runner forgets those.
    pub acknowledged: Vec<Acknowledgement>,
    /// Executions that people asked to stop.
    pub stop: Vec<ExecutionId>,
    /// Executions that are not this runner's (any more): end them, report nothing further.
    pub abandon: Vec<ExecutionId>,
    /// Work for slots that the batch offered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assignments: Vec<Assignment>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Acknowledgement {
    pub execution: ExecutionId,
    pub sequence: u64,
}
