//! What is asked, and what is answered.

use crate::document::AfterOutcome;
use crate::ids::{JobId, JobRunId, ResourceId, VersionId};

/// One job's demands, with `after` already spelled out: the `passed` that it implies stand on the inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub job: JobId,
    pub inputs: Vec<InputQuestion>,
    pub after: Vec<AfterQuestion>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputQuestion {
    pub name: String,
    /// Other names under which what the job has had counts as well: those that a renamed resource gave the input before.
    pub former: Vec<String>,
    pub resource: ResourceId,
    pub passed: PassedQuestion,
    pub version: Choice,
    /// A resource-level pin; the input's own pin goes before it.
    pub resource_pin: Option<VersionId>,
    pub trigger: bool,
    /// A `state` resource: no part in triggering and agreement.
    pub state: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PassedQuestion {
    /// A run of every one; empty asks nothing.
    All(Vec<JobId>),
    Any(Vec<JobId>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    Latest,
    Every,
    Pin(VersionId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AfterQuestion {
    pub job: JobId,
    pub on: AfterOutcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    Resolved(Resolved),
    /// In the order of the question; only those that block.
    Blocked(Vec<Blocked>),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// In the order of the question.
    pub inputs: Vec<ResolvedInput>,
    /// For each `after`, in order: the upstream run that is followed.
    pub follows: Vec<JobRunId>,
    /// Some `after` run has not been followed by this job yet.
    pub follows_new_run: bool,
    /// An `every` input has further versions behind this one.
    pub more: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedInput {
    pub name: String,
    pub version: VersionId,
    /// This job has not had the version under this input name.
    pub first_occurrence: bool,
    /// The upstream runs that vouch for it: one for each job in `passed`.
    pub passed_runs: Vec<JobRunId>,
    pub trigger: bool,
}

impl Question {
    /// The upstream jobs that it names only in `passed` of inputs that do not trigger.
    #[must_use]
    pub fn quiet_upstream(&self) -> Vec<JobId> {
        let named = |triggers: bool| {
            let inputs = self.inputs.iter().filter(move |input| (input.trigger && !input.state) == triggers);
            inputs.flat_map(|input| match &input.passed {
                PassedQuestion::All(jobs) | PassedQuestion::Any(jobs) => jobs.iter().copied(),
            })
        };
        let is_loud = |job: JobId| named(true).any(|loud| loud == job) || self.after.iter().any(|after| after.job == job);
        named(false).filter(|job| !is_loud(*job)).collect()
    }
}

impl Resolved {
    /// Whether the set is one that starts a job run by itself: some triggering input, or some upstream run, is new to the job.
    #[must_use]
    pub fn triggers(&self) -> bool {
        self.follows_new_run || self.inputs.iter().any(|input| input.trigger && input.first_occurrence)
    }

    /// Every upstream run that it takes, through `after` or `passed`, each once.
    #[must_use]
    pub fn runs(&self) -> Vec<JobRunId> {
        let mut runs: Vec<JobRunId> = self.follows.iter().chain(self.inputs.iter().flat_map(|input| &input.passed_runs)).copied().collect();
        runs.sort_unstable();
        runs.dedup();
        runs
    }
}

/// Why an input, or an `after`, finds nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// The input's name; `None` when an `after` job blocks on its own.
    pub input: Option<String>,
    pub reason: BlockReason,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockReason {
    /// The resource has no version at all.
    NoVersion { resource: ResourceId },
    /// It has versions, all of them disabled.
    AllDisabled { resource: ResourceId },
    /// The pinned version does not exist (any more) in the resource.
    PinMissing { resource: ResourceId },
    /// No run of the job ended as demanded.
    NoPassedRun { job: JobId, on: AfterOutcome },
    /// The job has runs that passed, but none vouches for any version of the resource.
    NotVouched { job: JobId, resource: ResourceId },
    /// The pinned version exists, but no passed run of the job vouches for it.
    PinNotVouched { job: JobId, version: VersionId },
    /// Each job has runs that passed, but no combination of them agrees: on `resource`, in the closest attempt, `left` has one version and
    /// `right` another.
    NoAgreement { resource: ResourceId, left: (JobRunId, VersionId), right: (JobRunId, VersionId) },
    /// Each job has runs that passed, and versions agree, but no combination follows the same runs: in the closest attempt the
    /// first run of `left` follows the second, a run of `job`, and `right` follows another run of it.
    NoRunAgreement { job: JobId, left: (JobRunId, JobRunId), right: (JobRunId, JobRunId) },
    /// The search was given up after so many steps; there may be a combination that satisfies.
    SearchLimit { steps: usize },
}
