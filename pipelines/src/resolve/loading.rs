//! Taking in many versions and runs at once.

use super::history::{Run, RunInput, RunStatus, Version};
use super::index::History;
use super::number::{NameNo, Number, ResourceNo, RunNo, VersionNo};
use super::runs::Standing;
use crate::ids::{JobId, JobRunId, VersionId};

impl History {
    /// Takes in versions in any order, and answers how many were new.
    pub fn add_versions(&mut self, versions: Vec<Version>) -> usize {
        if !self.awaiting.is_empty() {
            return versions.into_iter().map(|version| usize::from(self.add_version(version))).sum();
        }
        self.versions.reserve(versions.len());
        let mut touched: Vec<ResourceNo> = Vec::new();
        let mut added = 0;
        for version in versions {
            let number = self.versions.number(version.id);
            if self.versions.is_known(number) {
                continue;
            }
            let resource = self.number_resource(version.resource);
            self.versions.arrive(number, resource, &version);
            self.resources[resource.place()].append(number, version.disabled);
            touched.push(resource);
            added += 1;
        }
        touched.sort_unstable();
        touched.dedup();
        touched.into_iter().for_each(|resource| self.resources[resource.place()].sort(&self.versions));
        added
    }

    /// Takes in runs in any order, and answers how many were new.
    pub fn add_runs(&mut self, runs: Vec<Run>) -> usize {
        let mut intake = self.take_in(runs.len());
        for Run { id, job, sequence, rerun_of, status, inputs, outputs, consumed_runs } in runs {
            if !intake.add(RunPart::Run { id, job, sequence, rerun_of, status }) {
                continue;
            }
            for RunInput { name, version } in inputs {
                intake.add(RunPart::Input { run: id, name: &name, version });
            }
            for version in outputs {
                intake.add(RunPart::Output { run: id, version });
            }
            for upstream in consumed_runs {
                intake.add(RunPart::Followed { run: id, upstream });
            }
        }
        intake.finish()
    }

    /// Begins to take in so many runs, part by part.
    pub fn take_in(&mut self, runs: usize) -> Intake<'_> {
        self.runs.reserve(runs);
        Intake {
            history: self,
            arriving: Vec::with_capacity(runs),
            inputs: Vec::new(),
            outputs: Vec::new(),
            follows: Vec::new(),
            last_run: RunNo::NONE,
            last_version: VersionNo::NONE,
        }
    }
}

/// One thing about a run, as it comes out of a table.
#[derive(Clone, Copy, Debug)]
pub enum RunPart<'a> {
    /// The run itself, see [`Run`].
    Run {
        id: JobRunId,
        job: JobId,
        sequence: i64,
        rerun_of: Option<JobRunId>,
        status: RunStatus,
    },
    Input {
        run: JobRunId,
        name: &'a str,
        version: VersionId,
    },
    Output {
        run: JobRunId,
        version: VersionId,
    },
    /// An upstream run that it followed.
    Followed {
        run: JobRunId,
        upstream: JobRunId,
    },
}

/// Runs on their way into a history, part by part. The runs come in any order, and so does what each names, once the run itself has come.
/// Nothing follows from any of them before [`Self::finish`].
#[derive(Debug)]
pub struct Intake<'a> {
    history: &'a mut History,
    arriving: Vec<RunNo>,
    inputs: Vec<(RunNo, NameNo, VersionNo)>,
    outputs: Vec<(RunNo, VersionNo)>,
    follows: Vec<(RunNo, RunNo)>,
    last_run: RunNo,
    last_version: VersionNo,
}

impl Intake<'_> {
    /// `false` for a run that is there already, or on its way, and for a part of a run that is not on its way: then nothing is taken in.
    pub fn add(&mut self, part: RunPart<'_>) -> bool {
        let (RunPart::Run { id, .. }
        | RunPart::Input { run: id, .. }
        | RunPart::Output { run: id, .. }
        | RunPart::Followed { run: id, .. }) = part;
        let history = &mut *self.history;
        let run = match part {
            RunPart::Run { .. } => history.runs.number(id),
            _ => history.runs.find_near(id, self.last_run).unwrap_or(RunNo::NONE),
        };
        self.last_run = run;
        let standing = if run == RunNo::NONE { Standing::Unheard } else { history.runs.get(run).standing };
        match part {
            RunPart::Run { .. } if matches!(standing, Standing::Known | Standing::Arriving) => return false,
            RunPart::Run { job, sequence, rerun_of, status, .. } => {
                let arrival = history.number_arrival(job, (sequence, status), rerun_of);
                history.runs.arrive(run, arrival);
                self.arriving.push(run);
            }
            _ if standing != Standing::Arriving => return false,
            RunPart::Input { name, version, .. } => {
                self.last_version = history.versions.number_near(version, self.last_version);
                self.inputs.push((run, history.runs.number_name(name), self.last_version));
            }
            RunPart::Output { version, .. } => {
                self.last_version = history.versions.number_near(version, self.last_version);
                self.outputs.push((run, self.last_version));
            }
            RunPart::Followed { upstream, .. } => self.follows.push((run, history.runs.number(upstream))),
        }
        true
    }

    /// Lets everything follow from them. Answers how many they were.
    pub fn finish(self) -> usize {
        let Self { history, mut arriving, mut inputs, mut outputs, mut follows, .. } = self;
        // Stable, and of what is sorted already no work.
        arriving.sort_by_key(|run| history.runs.get(*run).sequence);
        inputs.sort_by_key(|(run, ..)| *run);
        outputs.sort_by_key(|(run, _)| *run);
        follows.sort_by_key(|(run, _)| *run);
        let (mut of_inputs, mut of_outputs, mut of_follows) = (Vec::new(), Vec::new(), Vec::new());
        let mut numbers = arriving.clone();
        numbers.sort_unstable();
        let (mut input, mut output, mut follow) = (inputs.iter().peekable(), outputs.iter().peekable(), follows.iter().peekable());
        for run in numbers {
            of_inputs.clear();
            of_outputs.clear();
            of_follows.clear();
            of_inputs.extend(std::iter::from_fn(|| input.next_if(|(of, ..)| *of == run)).map(|(_, name, version)| (*name, *version)));
            of_outputs.extend(std::iter::from_fn(|| output.next_if(|(of, _)| *of == run)).map(|(_, version)| *version));
            of_follows.extend(std::iter::from_fn(|| follow.next_if(|(of, _)| *of == run)).map(|(_, upstream)| *upstream));
            history.runs.link(run, &of_inputs, &of_outputs, &of_follows);
        }
        drop((inputs, outputs, follows));
        let count = arriving.len();
        history.enter_all(arriving);
        count
    }
}
