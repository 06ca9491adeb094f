//! What an explanation takes from the store.

use crate::ids::{GateId, JobRunId, ResourceId, VersionId};
use std::collections::{BTreeSet, HashMap};

/// What the store knows and the line does not.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    pub versions: HashMap<VersionId, VersionNote>,
    pub runs: HashMap<JobRunId, RunNote>,
    pub pins: HashMap<ResourceId, PinNote>,
}

#[derive(Clone, Debug, Default)]
pub struct VersionNote {
    /// What people call it: `3f2a1c9`.
    pub label: String,
    /// The value that commands take, whole.
    pub value: String,
    /// Why it was disabled, if somebody said so.
    pub disabled_reason: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct RunNote {
    /// `12`, or `12.1`.
    pub number: String,
    /// Machine-readable: `exit-code`, `rejected`, …
    pub reason: Option<String>,
    /// For people: the end's own words.
    pub detail: Option<String>,
    /// When it got where it is: queued, started, or ended; milliseconds since 1970 UTC.
    pub at: Option<i64>,
    /// How many newer sets took the place of its inputs while it waited.
    pub superseded: i64,
    pub gate: Option<GateNote>,
    /// Of a checklist: the titles of the required tasks that are left.
    pub tasks: Vec<String>,
    /// Why no runner takes it, if that is so: what is the matter, and what would be right.
    pub stuck: Option<(String, String)>,
}

#[derive(Clone, Debug)]
pub struct GateNote {
    pub id: GateId,
    /// `1 of 2 from group:release`, one for each rule that does not hold yet.
    pub missing: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct PinNote {
    pub by: Option<String>,
    pub comment: Option<String>,
}

/// What an explanation mentions, and would say more about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub versions: BTreeSet<VersionId>,
    pub runs: BTreeSet<JobRunId>,
    pub pins: BTreeSet<ResourceId>,
}

impl Asked {
    /// Both together.
    pub fn extend(&mut self, other: Self) {
        self.versions.extend(other.versions);
        self.runs.extend(other.runs);
        self.pins.extend(other.pins);
    }
}
