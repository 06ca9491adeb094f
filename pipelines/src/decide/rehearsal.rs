//! What would happen: a copy of the line runs on as if everything that starts succeeded at once, wave by wave, until it is quiet. The
//! judgement is [`Line::decide`], as in earnest.

use super::decision::{Action, Start};
use super::line::Line;
use crate::document::ResourceKind;
use crate::event::{Event, JobRunFacts};
use crate::ids::{JobId, JobRunId, PipelineId, ResourceId, RunId, VersionId};
use crate::state::JobRunStatus;
use std::collections::{BTreeMap, BTreeSet, HashMap};

const MOST_WAVES: usize = 200;
const MOST_STARTS: usize = 2_000;
/// Later than every job run in earnest.
const FIRST_SEQUENCE: i64 = i64::MAX / 2;

/// A version that does not exist yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pretended {
    pub resource: ResourceId,
    pub map: BTreeMap<String, String>,
}

/// What would happen.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    /// One after the other: what starts in one wave waits for something in the wave before.
    pub waves: Vec<Wave>,
    /// The versions that were made up, and the job that would make them; `None` for those that were published.
    pub made: HashMap<VersionId, Option<JobId>>,
    pub started: BTreeSet<JobId>,
    /// It would go on for longer than this was followed.
    pub truncated: bool,
    /// The line as it would be.
    pub line: Line,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wave {
    pub starts: Vec<RehearsedStart>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RehearsedStart {
    pub job: JobId,
    pub inputs: Vec<RehearsedInput>,
    /// The job run that waits now, and whose place this one would take.
    pub replaces: Option<JobRunId>,
    /// All slots of its group are taken at that time.
    pub waits_for_slot: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RehearsedInput {
    pub name: String,
    pub version: VersionId,
}

/// Lets the line run on, after these versions have come.
#[must_use]
pub fn rehearse(line: Line, published: &[Pretended]) -> Rehearsal {
    let rehearsal = Rehearsal { waves: Vec::new(), made: HashMap::new(), started: BTreeSet::new(), truncated: false, line };
    let mut stage = Stage { rehearsal, drawn: 0, starts: 0 };
    for version in published {
        stage.make(version.resource, version.map.clone(), None);
    }
    while let Some(wave) = stage.play_wave() {
        stage.rehearsal.waves.push(wave);
        if stage.rehearsal.waves.len() >= MOST_WAVES || stage.starts >= MOST_STARTS {
            stage.rehearsal.truncated = true;
            break;
        }
    }
    stage.rehearsal
}

struct Stage {
    rehearsal: Rehearsal,
    /// How many identifiers were made up. They are counted down from the largest plain number, where no real one stands.
    drawn: u64,
    starts: usize,
}

impl Stage {
    fn draw(&mut self) -> u64 {
        self.drawn += 1;
        u64::MAX - self.drawn
    }

    /// A version comes.
    fn make(&mut self, resource: ResourceId, values: BTreeMap<String, String>, by: Option<(JobId, JobRunId)>) -> Option<VersionId> {
        let version = VersionId::from_number(self.draw());
        let line = &mut self.rehearsal.line;
        let pipeline = line.resource(resource)?.pipeline;
        let order = line.history.versions(resource).next_back().map_or(1, |newest| newest.order + 1);
        let event = Event::VersionCreated { pipeline, resource, version, order, values: values.clone(), made_by: by.map(|(_, run)| run) };
        if !line.apply(&event).is_empty() {
            self.repin(pipeline, (resource, version), &values);
        }
        self.rehearsal.made.insert(version, by.map(|(job, _)| job));
        Some(version)
    }

    /// Inputs that name a version by its entries take the new one.
    fn repin(&mut self, pipeline: PipelineId, (resource, version): (ResourceId, VersionId), values: &BTreeMap<String, String>) {
        let Some(mut facts) = self.rehearsal.line.pipeline(pipeline).cloned() else { return };
        for pinned in facts.pinned_inputs.iter_mut().filter(|pinned| pinned.resource == resource) {
            if pinned.entries.iter().all(|(key, value)| values.get(key) == Some(value)) {
                pinned.version = Some(version);
            }
        }
        self.rehearsal.line.set_pipeline(facts);
    }

    /// Everything that starts now, ended well. `None` when nothing starts.
    fn play_wave(&mut self) -> Option<Wave> {
        let mut wave = Wave::default();
        let mut runs = Vec::new();
        // Jobs that settle are looked at only when nothing else is left, and then once more.
        loop {
            let (dirty, _) = self.rehearsal.line.take_dirty();
            if dirty.is_empty() {
                break;
            }
            for job in dirty {
                let Some(action) = self.rehearsal.line.decide(job).and_then(|evaluation| evaluation.action) else { continue };
                let (run, start) = self.begin(action);
                runs.push((job, run));
                wave.starts.push(start);
            }
        }
        self.starts += wave.starts.len();
        for (job, run) in runs {
            self.succeed(job, run);
        }
        (!wave.starts.is_empty()).then_some(wave)
    }

    fn begin(&mut self, action: Action) -> (JobRunId, RehearsedStart) {
        let action = match action {
            Action::CancelRunning { running, then } => {
                for cancelled in running {
                    let of = self.rehearsal.line.history.run(cancelled).map(|run| run.job);
                    self.move_run(of.unwrap_or(JobId::from_number(0)), cancelled, (JobRunStatus::Stopped, Vec::new()));
                }
                *then
            }
            action => action,
        };
        let (replaces, start, in_place) = match action {
            // One cancellation stands around an action, never around another.
            Action::CancelRunning { then, .. } => return self.begin(*then),
            Action::Start(start) => (None, start, false),
            Action::Supersede { job_run, start } => (Some(job_run), start, true),
            Action::Reopen { job_run, start } => (Some(job_run), start, false),
        };
        let waits_for_slot = !in_place && self.rehearsal.line.free_slots(start.job).is_some_and(|(_, free)| free == 0);
        if let (Some(withdrawn), false) = (replaces, in_place) {
            self.move_run(start.job, withdrawn, (JobRunStatus::Stopped, Vec::new()));
        }
        let drawn = self.draw();
        let run = replaces.filter(|_| in_place).unwrap_or(JobRunId::from_number(drawn));
        let facts = self.facts_of(run, &start);
        self.rehearsal.line.apply(&if in_place { Event::JobRunSuperseded(facts) } else { Event::JobRunCreated(facts) });
        self.rehearsal.started.insert(start.job);
        let inputs = start.inputs.into_iter().map(|(name, version)| RehearsedInput { name, version }).collect();
        (run, RehearsedStart { job: start.job, inputs, replaces, waits_for_slot })
    }

    fn facts_of(&self, run: JobRunId, start: &Start) -> JobRunFacts {
        let count = i64::try_from(self.drawn).unwrap_or(i64::MAX / 4);
        JobRunFacts {
            job_run: run,
            run: RunId::from_number(u64::MAX),
            pipeline: self.rehearsal.line.job(start.job).map_or(PipelineId::from_number(0), |job| job.pipeline),
            job: start.job,
            sequence: FIRST_SEQUENCE + count,
            number: String::new(),
            rerun_of: None,
            inputs: start.inputs.iter().cloned().collect(),
            automatic: true,
            follows: start.follows.clone(),
        }
    }

    /// The run ends well, with a version of everything that its job puts out.
    fn succeed(&mut self, job: JobId, run: JobRunId) {
        let outputs = self.list_outputs(job);
        let made = outputs.into_iter().filter_map(|resource| self.make(resource, BTreeMap::new(), Some((job, run)))).collect();
        self.move_run(job, run, (JobRunStatus::Succeeded, made));
    }

    fn list_outputs(&self, job: JobId) -> Vec<ResourceId> {
        let line = &self.rehearsal.line;
        let Some(facts) = line.job(job) else { return Vec::new() };
        let Some(pipeline) = line.pipeline(facts.pipeline) else { return Vec::new() };
        let is_state =
            |name: &str| pipeline.document.resources.iter().any(|resource| resource.name == name && resource.kind == ResourceKind::State);
        let declared = pipeline.document.jobs.iter().find(|declared| declared.name == facts.name);
        let outputs = declared.into_iter().flat_map(|declared| &declared.outputs).filter(|output| !is_state(&output.resource));
        outputs.filter_map(|output| pipeline.resources.get(&output.resource).copied()).collect()
    }

    fn move_run(&mut self, job: JobId, run: JobRunId, (status, outputs): (JobRunStatus, Vec<VersionId>)) {
        let pipeline = self.rehearsal.line.job(job).map_or(PipelineId::from_number(0), |job| job.pipeline);
        let event = Event::JobRunMoved { job_run: run, run: RunId::from_number(u64::MAX), pipeline, job, status, reason: None, outputs };
        self.rehearsal.line.apply(&event);
    }
}
