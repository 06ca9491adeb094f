//! The story of the job runs as the events tell it, apart from what the engine remembers and what stands in the tables.

use super::player::Checked;
use crate::app::App;
use crate::store::events;
use andon_pipelines::event::{Event, JobRunFacts};
use andon_pipelines::ids::{JobRunId, PromotionId, ResourceId, VersionId};
use andon_pipelines::state::JobRunStatus;
use std::collections::{BTreeMap, BTreeSet};

/// A job run by its events.
#[derive(Clone, Debug)]
pub struct Told {
    pub facts: JobRunFacts,
    pub status: JobRunStatus,
    pub outputs: BTreeSet<VersionId>,
    /// It was at work, or before people, so its set is final.
    pub begun: bool,
    /// The line gave it a set that has not been looked at yet.
    pub fresh: bool,
    /// Its end has not been looked at yet.
    pub just_ended: bool,
    /// Its set was taken away from it, because its job asks for something else by now.
    pub withdrawn: bool,
}

/// A promotion, or a roll back, by its events.
#[derive(Clone, Debug)]
pub struct ToldPromotion {
    pub environment: ResourceId,
    pub gates: Vec<JobRunId>,
    /// What came of it: `None` while it waits, then the job run that it started, if any.
    pub closed: Option<Option<JobRunId>>,
}

#[derive(Clone, Debug, Default)]
pub struct Journal {
    /// By identifier, which is by age.
    pub job_runs: BTreeMap<JobRunId, Told>,
    pub promotions: BTreeMap<PromotionId, ToldPromotion>,
    /// The job runs that put something into an environment, oldest first.
    pub deployments: Vec<(ResourceId, JobRunId)>,
    /// The environments that are locked.
    pub locked: BTreeSet<ResourceId>,
    /// Job runs that were made, or went on to the runners, under locks, with what was locked then. Not looked at yet.
    pub under_locks: Vec<(JobRunId, BTreeSet<ResourceId>)>,
    sequence: i64,
}

impl Journal {
    /// Reads on. The events must be without a gap, and each must be possible after those before it.
    pub async fn read(&mut self, app: &App) -> Checked {
        let mut reader = app.db.read().await.unwrap();
        let found = events::list_after(&mut reader.connection(), self.sequence, 100_000).await.unwrap();
        for recorded in found {
            if recorded.sequence != self.sequence + 1 {
                return Err(format!("after event {} comes event {}", self.sequence, recorded.sequence));
            }
            self.sequence = recorded.sequence;
            self.take(recorded.event)?;
        }
        let newest = events::newest_sequence(&mut reader.connection()).await.unwrap();
        if newest == self.sequence {
            Ok(())
        } else {
            Err(format!("the counter of events stands at {newest}, the last is {}", self.sequence))
        }
    }

    fn take(&mut self, event: Event) -> Checked {
        match event {
            Event::JobRunCreated(facts) => {
                self.note_locks(facts.job_run);
                let fresh = facts.automatic;
                let told = Told {
                    status: JobRunStatus::Waiting,
                    outputs: BTreeSet::new(),
                    begun: false,
                    fresh,
                    just_ended: false,
                    withdrawn: false,
                    facts,
                };
                match self.job_runs.insert(told.facts.job_run, told) {
                    None => Ok(()),
                    Some(_) => Err("a job run was made twice".to_owned()),
                }
            }
            Event::JobRunSuperseded(facts) => {
                let told = self.job_runs.get_mut(&facts.job_run).ok_or("what was superseded was never made")?;
                let given_back = !facts.automatic && facts.inputs.is_empty();
                if told.status.is_terminal() || (told.begun && !given_back) {
                    return Err(format!("two sets share a job run: {told:?} was given {facts:?}"));
                }
                told.fresh = facts.automatic;
                told.withdrawn = given_back;
                told.facts = facts;
                Ok(())
            }
            Event::JobRunMoved { job_run, status, outputs, .. } => {
                let told = self.job_runs.get_mut(&job_run).ok_or("what moved was never made")?;
                if told.status.is_terminal() {
                    return Err(format!("{told:?} had ended, and then became {status}"));
                }
                let is_given_back = told.status == JobRunStatus::Running && status == JobRunStatus::Queued;
                told.status = status;
                told.begun = !is_given_back && (told.begun || matches!(status, JobRunStatus::Running | JobRunStatus::Awaiting));
                told.just_ended = status.is_terminal();
                told.outputs = outputs.into_iter().collect();
                if status == JobRunStatus::Queued && !is_given_back {
                    self.note_locks(job_run);
                }
                Ok(())
            }
            event => self.take_of_environment(event),
        }
    }

    fn note_locks(&mut self, job_run: JobRunId) {
        if !self.locked.is_empty() {
            self.under_locks.push((job_run, self.locked.clone()));
        }
    }

    fn take_of_environment(&mut self, event: Event) -> Checked {
        let once = |is_first: bool, what: &str| if is_first { Ok(()) } else { Err(what.to_owned()) };
        match event {
            Event::EnvironmentLocked { environment, locked: true, .. } => once(self.locked.insert(environment), "locked twice"),
            Event::EnvironmentLocked { environment, .. } => once(self.locked.remove(&environment), "unlocked, and was not locked"),
            Event::EnvironmentDeployed { environment, job_run, .. } => {
                self.deployments.push((environment, job_run));
                Ok(())
            }
            Event::PromotionOpened { promotion, environment, gates, .. } => {
                let told = ToldPromotion { environment, gates, closed: None };
                once(self.promotions.insert(promotion, told).is_none(), "a promotion was asked for twice")
            }
            Event::PromotionClosed { promotion, job_run, .. } => {
                let told = self.promotions.get_mut(&promotion).ok_or("a promotion was closed that nobody asked for")?;
                once(told.closed.replace(job_run).is_none(), "a promotion was closed twice")
            }
            _ => Ok(()),
        }
    }
}
