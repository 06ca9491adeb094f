//! The slow resolver: it tries every combination of runs, in order of preference, and checks each whole combination against
//! the rules as they are written.

use crate::world::World;
use andon_pipelines::document::AfterOutcome;
use andon_pipelines::ids::{JobId, JobRunId, ResourceId, VersionId};
use andon_pipelines::resolve::{Choice, InputQuestion, PassedQuestion, Run, RunStatus, Version};
use std::collections::{BTreeMap, BTreeSet};

/// The slow resolver. Everything is looked up by walking lists.
pub struct Reference<'a>(pub &'a World);

/// Per input its version and upstream runs; and the runs that are followed.
pub type Answer = (Vec<(VersionId, BTreeSet<JobRunId>)>, Vec<JobRunId>);

/// One upstream run is wanted: of one of these jobs, for these inputs.
struct Wanted {
    jobs: Vec<JobId>,
    inputs: Vec<usize>,
}

impl Reference<'_> {
    fn version(&self, id: VersionId) -> Option<&Version> {
        self.0.versions.iter().find(|version| version.id == id)
    }

    /// Forgotten ones too.
    fn run(&self, id: JobRunId) -> Option<&Run> {
        self.0.runs.iter().find(|run| run.id == id)
    }

    /// Those that are not forgotten.
    fn runs(&self) -> impl Iterator<Item = &Run> {
        self.0.runs.iter().filter(|run| !self.0.removed.contains(&run.id))
    }

    fn upstream<'b>(&'b self, run: &'b Run) -> impl Iterator<Item = &'b Run> {
        run.consumed_runs.iter().filter_map(|id| self.run(*id))
    }

    /// Oldest first: the original's sequence, the original before its reruns.
    fn place(&self, run: &Run) -> (i64, bool, i64) {
        let mut original = run;
        while let Some(earlier) = original.rerun_of.and_then(|id| self.run(id)) {
            original = earlier;
        }
        (original.sequence, run.rerun_of.is_some(), run.sequence)
    }

    fn lineage(&self, run: &Run) -> BTreeMap<ResourceId, (VersionId, u32)> {
        let mut lineage = BTreeMap::new();
        if run.status == RunStatus::Active {
            return lineage;
        }
        let mut outputs: Vec<&Version> = run.outputs.iter().filter_map(|id| self.version(*id)).collect();
        outputs.sort_by_key(|version| -version.order);
        let inputs: Vec<&Version> = run.inputs.iter().filter_map(|input| self.version(input.version)).collect();
        for version in outputs.iter().chain(&inputs) {
            lineage.entry(version.resource).or_insert((version.id, 0));
        }
        let mut upstream: BTreeSet<(i64, JobRunId)> = self.upstream(run).map(|run| (run.sequence, run.id)).collect();
        for input in inputs {
            let vouched = self.upstream(run).any(|upstream| self.vouched(upstream, input.resource) == Some(input.id));
            let made = |maker: &&Run| maker.outputs.contains(&input.id) && maker.sequence < run.sequence;
            if let Some(maker) = self.0.runs.iter().filter(made).max_by_key(|maker| self.place(maker)).filter(|_| !vouched) {
                upstream.insert((maker.sequence, maker.id));
            }
        }
        for upstream in upstream.into_iter().rev().filter_map(|(_, id)| self.run(id)) {
            for (resource, (version, distance)) in self.lineage(upstream) {
                let standing = lineage.entry(resource).or_insert((version, distance + 1));
                if distance + 1 < standing.1 {
                    *standing = (version, distance + 1);
                }
            }
        }
        lineage
    }

    /// The nearest run of each job that the run follows, itself included; of equally near ones the newest.
    fn ancestry(&self, run: &Run) -> BTreeMap<JobId, JobRunId> {
        let mut distances = BTreeMap::from([(run.id, 0_u32)]);
        // Longer than any way through the runs there are.
        for _ in 0..self.0.runs.len() {
            for (id, distance) in distances.clone() {
                let Some(run) = self.run(id) else { continue };
                for upstream in self.upstream(run).filter(|upstream| !self.0.quiet.contains(&(run.job, upstream.job))) {
                    let standing = distances.entry(upstream.id).or_insert(distance + 1);
                    *standing = (*standing).min(distance + 1);
                }
            }
        }
        let mut runs: Vec<(u32, std::cmp::Reverse<i64>, &Run)> = Vec::new();
        runs.extend(
            distances.iter().filter_map(|(id, distance)| self.run(*id).map(|run| (*distance, std::cmp::Reverse(run.sequence), run))),
        );
        runs.sort_by_key(|(distance, sequence, _)| (*distance, *sequence));
        let mut nearest = BTreeMap::new();
        for (_, _, run) in runs {
            nearest.entry(run.job).or_insert(run.id);
        }
        nearest
    }

    /// Whether the run that is chosen there must follow the same runs as the others.
    fn is_loud(&self, wanted: &Wanted, job: JobId) -> bool {
        let triggers = |index: &usize| self.0.question.inputs[*index].trigger && !self.0.question.inputs[*index].state;
        wanted.inputs.iter().any(triggers) || !self.outcomes(job).is_empty()
    }

    fn vouched(&self, run: &Run, resource: ResourceId) -> Option<VersionId> {
        self.lineage(run).get(&resource).map(|(version, _)| *version)
    }

    fn is_eligible(&self, input: &InputQuestion, id: VersionId) -> bool {
        let pin = if let Choice::Pin(pin) = input.version { Some(pin) } else { input.resource_pin };
        self.version(id).is_some_and(|version| version.resource == input.resource && pin.map_or(!version.disabled, |pin| pin == id))
    }

    fn takes_every(input: &InputQuestion) -> bool {
        input.version == Choice::Every && input.resource_pin.is_none()
    }

    pub fn had(&self, input: &InputQuestion, version: VersionId) -> bool {
        let has = |run: &&Run| run.inputs.iter().any(|had| had.name == input.name && had.version == version);
        self.runs().filter(|run| run.job == self.0.question.job).any(|run| has(&run))
    }

    pub fn followed(&self, upstream: JobRunId) -> bool {
        self.runs().any(|run| run.job == self.0.question.job && run.consumed_runs.contains(&upstream))
    }

    /// The runs of the asking job that had the input, oldest first, with its version.
    fn uses(&self, input: &InputQuestion) -> Vec<(&Run, VersionId)> {
        let own = self.runs().filter(|run| run.job == self.0.question.job);
        let had = own.filter_map(|run| Some((run, run.inputs.iter().find(|had| had.name == input.name)?.version)));
        let mut uses: Vec<_> = had.filter(|(_, version)| self.version(*version).is_some()).collect();
        uses.sort_by_key(|(run, _)| self.place(run));
        uses
    }

    fn outcomes(&self, job: JobId) -> Vec<AfterOutcome> {
        self.0.question.after.iter().filter(|after| after.job == job).map(|after| after.on).collect()
    }

    fn ended_well(&self, run: &Run) -> bool {
        let mut outcomes = self.outcomes(run.job);
        if outcomes.is_empty() {
            outcomes.push(AfterOutcome::Succeeded);
        }
        outcomes.iter().all(|on| match on {
            AfterOutcome::Passed => matches!(run.status, RunStatus::Succeeded | RunStatus::Skipped),
            AfterOutcome::Succeeded => run.status == RunStatus::Succeeded,
            AfterOutcome::Failed => run.status == RunStatus::Failed,
            AfterOutcome::Finished => run.status != RunStatus::Active,
        })
    }

    fn list_wanted(&self) -> Vec<Wanted> {
        let mut wanted: Vec<Wanted> = Vec::new();
        let mut single = |job: JobId, input: Option<usize>| {
            let standing = wanted.iter_mut().find(|wanted| wanted.jobs == [job]);
            match standing {
                Some(standing) => standing.inputs.extend(input),
                None => wanted.push(Wanted { jobs: vec![job], inputs: input.into_iter().collect() }),
            }
        };
        let mut anys = Vec::new();
        for (index, input) in self.0.question.inputs.iter().enumerate() {
            match &input.passed {
                PassedQuestion::Any(jobs) if jobs.iter().collect::<BTreeSet<_>>().len() > 1 => anys.push((index, jobs.clone())),
                PassedQuestion::Any(jobs) | PassedQuestion::All(jobs) => {
                    jobs.iter().for_each(|job| single(*job, Some(index)));
                }
            }
        }
        self.0.question.after.iter().for_each(|after| single(after.job, None));
        wanted.extend(anys.into_iter().map(|(index, jobs)| Wanted { jobs, inputs: vec![index] }));
        // In the order of declaration: by the first input that asks; inside one input in the order that it lists.
        wanted.sort_by_key(|wanted| wanted.inputs.iter().min().copied().unwrap_or(usize::MAX));
        wanted
    }

    /// All runs that a place could take, whatever the others take, in the order of preference.
    fn list_preferred(&self, wanted: &Wanted) -> Vec<&Run> {
        let mut runs: Vec<&Run> = self.runs().filter(|run| wanted.jobs.contains(&run.job) && self.ended_well(run)).collect();
        runs.sort_by_key(|run| std::cmp::Reverse(self.place(run)));
        let inputs: Vec<&InputQuestion> = wanted.inputs.iter().map(|index| &self.0.question.inputs[*index]).collect();
        let every: Vec<&InputQuestion> = inputs.into_iter().filter(|input| Self::takes_every(input)).collect();
        let alive = |id: &JobRunId| self.runs().find(|run| run.id == *id && wanted.jobs.contains(&run.job));
        let first_followed = |input: &&InputQuestion| self.uses(input).iter().find_map(|(own, _)| own.consumed_runs.iter().find_map(alive));
        let Some(floor) = every.iter().find_map(first_followed) else { return runs };
        let is_news = |run: &&&Run| {
            let unseen = |input: &&InputQuestion| {
                self.vouched(run, input.resource).is_some_and(|version| !self.had(input, version) && self.is_eligible(input, version))
            };
            let is_after = !self.outcomes(run.job).is_empty();
            self.place(run) > self.place(floor) && !self.followed(run.id) && (every.iter().any(unseen) || is_after)
        };
        let next: Vec<&Run> = runs.iter().rev().filter(is_news).copied().collect();
        let rest: Vec<&Run> = runs.iter().filter(|run| !is_news(run)).copied().collect();
        next.into_iter().chain(rest).collect()
    }

    fn fits(&self, wanted: &[Wanted], chosen: &[&Run]) -> bool {
        let inputs = &self.0.question.inputs;
        let triggering = |resource: ResourceId| {
            if self.0.untriggering.contains(&resource) {
                return false;
            }
            let named: Vec<&InputQuestion> = inputs.iter().filter(|input| input.resource == resource).collect();
            named.is_empty() || named.iter().any(|input| input.trigger && !input.state)
        };
        let lineages: Vec<_> = chosen.iter().map(|run| self.lineage(run)).collect();
        let agree = lineages.iter().all(|left| {
            lineages.iter().all(|right| {
                left.iter()
                    .all(|(resource, (version, _))| !triggering(*resource) || right.get(resource).is_none_or(|(other, _)| other == version))
            })
        });
        let loud = wanted.iter().zip(chosen).filter(|(wanted, run)| self.is_loud(wanted, run.job));
        let ancestries: Vec<_> = loud.map(|(_, run)| self.ancestry(run)).collect();
        let same_runs = ancestries
            .iter()
            .all(|left| ancestries.iter().all(|right| left.iter().all(|(job, run)| right.get(job).is_none_or(|other| other == run))));
        let one_run = chosen.iter().all(|left| chosen.iter().all(|right| left.job != right.job || left.id == right.id));
        let versions = inputs.iter().enumerate().all(|(index, input)| {
            let runs = wanted.iter().zip(&lineages).filter(|(wanted, _)| wanted.inputs.contains(&index));
            let versions: Vec<_> = runs.map(|(_, lineage)| lineage.get(&input.resource).map(|(version, _)| *version)).collect();
            versions.iter().all(|version| *version == versions[0] && version.is_some_and(|version| self.is_eligible(input, version)))
        });
        agree && same_runs && one_run && versions
    }

    pub fn free_version(&self, input: &InputQuestion) -> Option<(VersionId, bool)> {
        let mut versions: Vec<&Version> = self.0.versions.iter().filter(|version| self.is_eligible(input, version.id)).collect();
        versions.sort_by_key(|version| version.order);
        let newest = versions.last()?.id;
        let uses = self.uses(input);
        let Some((_, first)) = uses.first().filter(|_| Self::takes_every(input)) else { return Some((newest, false)) };
        let floor = self.version(*first)?.order;
        let next: Vec<VersionId> =
            versions.iter().filter(|version| version.order > floor && !self.had(input, version.id)).map(|version| version.id).collect();
        Some(next.first().map_or((newest, false), |version| (*version, next.len() > 1)))
    }

    /// Input → version and upstream runs, and the runs that are followed, for every combination that fits, best first.
    pub fn list_all(&self) -> Vec<Answer> {
        let wanted = self.list_wanted();
        let preferred: Vec<Vec<&Run>> = wanted.iter().map(|wanted| self.list_preferred(wanted)).collect();
        let mut combinations: Vec<Vec<&Run>> = vec![Vec::new()];
        for runs in &preferred {
            combinations = combinations.iter().flat_map(|head| runs.iter().map(|run| [head.as_slice(), &[*run]].concat())).collect();
        }
        let mut answers = Vec::new();
        for chosen in combinations.into_iter().filter(|chosen| self.fits(&wanted, chosen)) {
            let answer = |(index, input): (usize, &InputQuestion)| {
                let runs: Vec<&Run> =
                    wanted.iter().zip(&chosen).filter(|(wanted, _)| wanted.inputs.contains(&index)).map(|(_, run)| *run).collect();
                let version = match runs.first() {
                    Some(run) => self.vouched(run, input.resource),
                    None => self.free_version(input).map(|(version, _)| version),
                };
                version.map(|version| (version, runs.iter().map(|run| run.id).collect()))
            };
            let inputs: Option<Vec<_>> = self.0.question.inputs.iter().enumerate().map(answer).collect();
            let follow = |job| chosen.iter().find(|run| run.job == job).map(|run| run.id);
            let follows = self.0.question.after.iter().filter_map(|after| follow(after.job)).collect();
            answers.extend(inputs.map(|inputs| (inputs, follows)));
        }
        answers
    }
}
