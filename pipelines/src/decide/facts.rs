//! What the line knows about pipelines, resources, jobs and job runs.

use super::bindings::Bindings;
use super::decision::Reason;
use super::holds::Pauses;
use crate::document::{self, Document, Input, Job, LoopGuard, OnNew, Passed, Supersede, VersionChoice};
use crate::ids::{JobId, PipelineId, ResourceId, RunId, VersionId, WorkspaceId};
use crate::resolve::{AfterQuestion, Choice, InputQuestion, PassedQuestion, Question, RunStatus};
use crate::state::JobRunStatus;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A pipeline as its current revision says, with the identifiers of what it names.
#[derive(Clone, Debug)]
pub struct PipelineFacts {
    pub id: PipelineId,
    pub workspace: WorkspaceId,
    pub workspace_name: String,
    pub revision: i64,
    pub document: Arc<Document>,
    /// Where the cord is pulled, of all that holds a job of this pipeline.
    pub pauses: Pauses,
    pub resources: BTreeMap<String, ResourceId>,
    pub jobs: BTreeMap<String, JobId>,
    /// The pinned versions of resources.
    pub pins: HashMap<ResourceId, VersionId>,
    /// For inputs with `version: {…}`: the newest version that matches.
    pub pinned_inputs: Vec<PinnedInput>,
    /// What the document uses of other pipelines.
    pub bindings: Bindings,
}

/// An input that names entries of a version's map.
#[derive(Clone, Debug)]
pub struct PinnedInput {
    pub job: JobId,
    pub input: String,
    pub resource: ResourceId,
    pub entries: BTreeMap<String, String>,
    pub version: Option<VersionId>,
}

#[derive(Clone, Debug)]
pub struct ResourceFacts {
    pub pipeline: PipelineId,
    pub name: String,
    pub pin: Option<VersionId>,
}

#[derive(Clone, Debug)]
pub struct JobFacts {
    pub pipeline: PipelineId,
    pub workspace: WorkspaceId,
    pub name: String,
    /// People approve it before anything happens: it is a gate, or deploys to an environment that asks for it.
    pub is_gate: bool,
    /// Whether people do its work; a newer set then goes on beside it, like beside a program that runs.
    pub is_checklist: bool,
    /// Starts by itself: it has inputs or `after`.
    pub is_automatic: bool,
    /// Some input takes every version, or its gate does not let newer sets replace older ones: so sets queue up.
    pub takes_every_version: bool,
    /// How many may be active at once, and among whom.
    pub limit: Option<(u32, SlotKey)>,
    /// What it uses of other pipelines and is not there any more; then it does not start.
    pub missing: Vec<Reason>,
    pub on_new: OnNew,
    /// Held until nothing upstream of it is at work.
    pub settle: bool,
    /// The highest of those that wait gets the slot first.
    pub priority: i32,
    pub loop_guard: LoopGuard,
    /// What it makes versions of, states left out.
    pub outputs: Vec<ResourceId>,
    pub question: Question,
}

/// Who shares slots: one job, or the jobs of a workspace that name one group.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SlotKey {
    Job(JobId),
    Group(WorkspaceId, String),
}

/// A job run that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRunFact {
    pub job: JobId,
    pub run: RunId,
    pub sequence: i64,
    pub status: JobRunStatus,
    /// The line made it, and may replace its inputs by newer ones until it begins.
    pub automatic: bool,
}

impl JobFacts {
    /// Whose slots it needs; without a limit its own, of which there are as many as it likes.
    pub(super) fn slot_key(&self, id: JobId) -> SlotKey {
        self.limit.as_ref().map_or(SlotKey::Job(id), |(_, key)| key.clone())
    }
}

impl PipelineFacts {
    /// The facts of each job of the pipeline.
    pub(super) fn jobs(&self) -> Vec<(JobId, JobFacts)> {
        let implied = document::implied_passed_among(&self.document, &self.bindings.surroundings);
        let known = self.document.jobs.iter().filter_map(|job| Some((*self.jobs.get(&job.name)?, job)));
        known.map(|(id, job)| (id, self.job_facts(id, job, implied.get(&job.name)))).collect()
    }

    fn job_facts(&self, id: JobId, job: &Job, implied: Option<&BTreeMap<String, Passed>>) -> JobFacts {
        let key = |group: &Option<String>| match group {
            Some(group) => SlotKey::Group(self.workspace, group.clone()),
            None => SlotKey::Job(id),
        };
        let approval = document::approval_of(&self.document, job);
        let supersede = approval.map_or(Supersede::Newest, |approval| approval.supersede);
        let limit = job.concurrency.as_ref().map(|limit| (limit.limit, key(&limit.group)));
        // A set that waits until the gate before it is closed waits for its only slot.
        let limit = limit.or_else(|| (supersede == Supersede::Queue).then_some((1, SlotKey::Job(id))));
        JobFacts {
            pipeline: self.id,
            workspace: self.workspace,
            name: job.name.clone(),
            is_gate: approval.is_some(),
            is_checklist: matches!(job.body, document::JobBody::Tasks(_)),
            is_automatic: !(job.inputs.is_empty() && job.after.is_empty()),
            takes_every_version: supersede != Supersede::Newest || job.inputs.iter().any(|input| input.version == VersionChoice::Every),
            limit,
            missing: self.bindings.missing_of(names_of(job)),
            on_new: job.concurrency.as_ref().map(|limit| limit.on_new).unwrap_or_default(),
            settle: job.settle,
            priority: job.priority,
            loop_guard: job.loop_guard,
            outputs: self.outputs(job),
            question: self.question(id, job, implied),
        }
    }

    fn question(&self, id: JobId, job: &Job, implied: Option<&BTreeMap<String, Passed>>) -> Question {
        let inputs = job.inputs.iter().filter_map(|input| {
            let resource = self.find_resource(&input.resource)?;
            let passed = implied.and_then(|implied| implied.get(&input.name)).or(input.passed.as_ref());
            Some(InputQuestion {
                name: input.name.clone(),
                former: self.former_names(input, resource),
                resource,
                passed: passed.map_or(PassedQuestion::All(Vec::new()), |passed| self.passed_question(passed)),
                version: self.choice(id, &input.name, &input.version),
                resource_pin: self.pins.get(&resource).copied(),
                trigger: input.trigger,
                state: self.is_state(&input.resource),
            })
        });
        let after = job.after.iter().filter_map(|after| Some(AfterQuestion { job: self.find_job(&after.job)?, on: after.on }));
        Question { job: id, inputs: inputs.collect(), after: after.collect() }
    }

    fn outputs(&self, job: &Job) -> Vec<ResourceId> {
        let lasting = job.outputs.iter().filter(|output| !self.is_state(&output.resource));
        lasting.filter_map(|output| self.resources.get(&output.resource).copied()).collect()
    }

    /// The resource that a name of the document means, in this pipeline or another.
    #[must_use]
    pub fn find_resource(&self, name: &str) -> Option<ResourceId> {
        self.resources.get(name).or_else(|| self.bindings.resources.get(name)).copied()
    }

    /// The job that a name of the document means, in this pipeline or another.
    #[must_use]
    pub fn find_job(&self, name: &str) -> Option<JobId> {
        self.jobs.get(name).or_else(|| self.bindings.jobs.get(name)).copied()
    }

    /// What an input was called while it had its name from a resource that was renamed.
    fn former_names(&self, input: &Input, resource: ResourceId) -> Vec<String> {
        let takes_its_name = document::short_name(&input.resource) == input.name;
        let former = self.bindings.former.get(&resource).filter(|_| takes_its_name);
        former.into_iter().flatten().filter(|name| **name != input.name).cloned().collect()
    }

    pub(super) fn is_state(&self, resource: &str) -> bool {
        let own = self.document.resources.iter().find(|candidate| candidate.name == resource);
        own.or_else(|| self.bindings.surroundings.find_resource(resource))
            .is_some_and(|resource| resource.kind == document::ResourceKind::State)
    }

    fn passed_question(&self, passed: &Passed) -> PassedQuestion {
        let ids = |names: &[String]| names.iter().filter_map(|name| self.find_job(name)).collect();
        match passed {
            Passed::All(names) => PassedQuestion::All(ids(names)),
            Passed::Any(names) => PassedQuestion::Any(ids(names)),
        }
    }

    fn choice(&self, job: JobId, input: &str, version: &VersionChoice) -> Choice {
        match version {
            VersionChoice::Latest => Choice::Latest,
            VersionChoice::Every => Choice::Every,
            VersionChoice::Pinned(_) => {
                let pinned = self.pinned_inputs.iter().find(|pinned| pinned.job == job && pinned.input == input);
                // An identifier that nothing has: the resolver answers that the pinned version is missing.
                Choice::Pin(pinned.and_then(|pinned| pinned.version).unwrap_or(VersionId::from_number(0)))
            }
        }
    }
}

impl From<JobRunStatus> for RunStatus {
    fn from(status: JobRunStatus) -> Self {
        match status {
            JobRunStatus::Succeeded => Self::Succeeded,
            JobRunStatus::Failed => Self::Failed,
            JobRunStatus::Skipped => Self::Skipped,
            JobRunStatus::Errored | JobRunStatus::Stopped => Self::Aborted,
            JobRunStatus::Waiting | JobRunStatus::Queued | JobRunStatus::Running | JobRunStatus::Awaiting | JobRunStatus::Stopping => {
                Self::Active
            }
        }
    }
}

/// The resources and jobs that a job names.
fn names_of(job: &Job) -> impl Iterator<Item = &str> {
    let inputs = job.inputs.iter().flat_map(|input| {
        let passed = match &input.passed {
            Some(passed) => passed.jobs(),
            None => &[],
        };
        std::iter::once(input.resource.as_str()).chain(passed.iter().map(String::as_str))
    });
    inputs.chain(job.after.iter().map(|after| after.job.as_str()))
}
