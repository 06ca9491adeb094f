//! Whether a job run's set is one that its job may have: asked of the plan and the rows, slowly, and without the resolver.

use super::act::{Place, list_places};
use super::plan::{Input, On, Plan, Resource, commit, environment_name, resource_name};
use super::player::Checked;
use andon_pipelines::decide::Line;
use andon_pipelines::ids::{JobId, JobRunId, PipelineId, ResourceId, VersionId};
use andon_pipelines::resolve::{Run, RunStatus, Version};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What stands in the store, with the identifiers of what the plan names.
pub struct Rows {
    pub versions: HashMap<VersionId, Version>,
    pub runs: BTreeMap<JobRunId, Run>,
    /// By the plan's numbers; those that are removed have none.
    pub jobs: BTreeMap<usize, JobId>,
    pub resources: BTreeMap<Resource, ResourceId>,
    pub pins: BTreeMap<ResourceId, VersionId>,
    pub environments: BTreeMap<Place, ResourceId>,
    /// What came from outside, by source and commit.
    pub commits: BTreeMap<(u8, String), VersionId>,
}

type Lineage = BTreeMap<ResourceId, (VersionId, u32)>;

impl Rows {
    pub fn new(plan: &Plan, line: &Line, pipelines: [PipelineId; 2], versions: Vec<Version>, runs: Vec<Run>) -> Self {
        let facts = |name: &str| line.pipeline(pipelines[usize::from(name == "q")]).expect("the pipeline is loaded");
        let jobs = plan.standing().filter_map(|job| Some((job, *facts(plan.pipeline_of(job)).jobs.get(&plan.name(job))?))).collect();
        let made = (0..plan.jobs.len()).filter(|job| plan.makes(*job)).map(Resource::Made);
        let all = (0..super::plan::SOURCES).map(Resource::Source).chain(made);
        let known = |resource| Some((resource, *facts(plan.owner(resource)).resources.get(&resource_name(resource))?));
        let resources: BTreeMap<Resource, ResourceId> = all.filter_map(known).collect();
        let environment = |place: Place| {
            let name = environment_name(place.number);
            Some((place, *facts(place.pipeline()).resources.get(&name)?))
        };
        let pins = resources.values().filter_map(|id| Some((*id, line.resource(*id)?.pin?))).collect();
        Self {
            versions: versions.into_iter().map(|version| (version.id, version)).collect(),
            runs: runs.into_iter().map(|run| (run.id, run)).collect(),
            jobs,
            resources,
            pins,
            environments: list_places().filter_map(environment).collect(),
            commits: BTreeMap::new(),
        }
    }

    pub fn of_job(&self, job: JobId) -> impl Iterator<Item = &Run> {
        self.runs.values().filter(move |run| run.job == job)
    }

    /// Oldest first: a rerun just after its original.
    fn place(&self, run: &Run) -> (i64, bool, i64) {
        let mut original = run;
        while let Some(earlier) = original.rerun_of.and_then(|id| self.runs.get(&id)) {
            original = earlier;
        }
        (original.sequence, run.rerun_of.is_some(), run.sequence)
    }

    /// What a run vouches for, and how far away that is.
    fn lineage(&self, run: &Run) -> Lineage {
        if run.status == RunStatus::Active { Lineage::new() } else { self.gather(run) }
    }

    /// What a run stands on, whether it has ended or not.
    fn gather(&self, run: &Run) -> Lineage {
        let mut lineage = Lineage::new();
        let mut outputs: Vec<&Version> = run.outputs.iter().map(|id| &self.versions[id]).collect();
        outputs.sort_by_key(|version| -version.order);
        let inputs: Vec<&Version> = run.inputs.iter().map(|input| &self.versions[&input.version]).collect();
        for version in outputs.iter().chain(&inputs) {
            lineage.entry(version.resource).or_insert((version.id, 0));
        }
        let followed: Vec<&Run> = run.consumed_runs.iter().map(|id| &self.runs[id]).collect();
        let mut upstream: BTreeSet<(i64, JobRunId)> = followed.iter().map(|run| (run.sequence, run.id)).collect();
        for input in inputs {
            let vouched =
                followed.iter().any(|run| self.lineage(run).get(&input.resource).is_some_and(|(version, _)| *version == input.id));
            let made = |maker: &&Run| maker.outputs.contains(&input.id) && maker.sequence < run.sequence;
            if let Some(maker) = self.runs.values().filter(made).max_by_key(|maker| self.place(maker)).filter(|_| !vouched) {
                upstream.insert((maker.sequence, maker.id));
            }
        }
        for (_, id) in upstream.into_iter().rev() {
            for (resource, (version, distance)) in self.lineage(&self.runs[&id]) {
                let standing = lineage.entry(resource).or_insert((version, distance + 1));
                if distance + 1 < standing.1 {
                    *standing = (version, distance + 1);
                }
            }
        }
        lineage
    }

    /// The version of the resource that a run stands on, whether it has ended or not.
    pub fn stands_on(&self, run: &Run, resource: ResourceId) -> Option<VersionId> {
        self.gather(run).get(&resource).map(|(version, _)| *version)
    }

    pub fn vouched(&self, run: &Run, resource: ResourceId) -> Option<VersionId> {
        self.lineage(run).get(&resource).map(|(version, _)| *version)
    }
}

/// One job run's set against its job's definition.
pub struct Claimed<'a> {
    pub plan: &'a Plan,
    pub rows: &'a Rows,
    pub job: usize,
    pub run: &'a Run,
}

impl Claimed<'_> {
    /// # Errors
    /// Which rule the set breaks.
    pub fn check(&self) -> Checked {
        let inputs = self.plan.inputs(self.job);
        let asked: BTreeSet<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
        let had: BTreeSet<&str> = self.run.inputs.iter().map(|input| input.name.as_str()).collect();
        if asked != had {
            return Err(format!("it asks for {asked:?} and has {had:?}"));
        }
        for input in &inputs {
            self.check_input(input).map_err(|error| format!("input {}: {error}", input.name))?;
        }
        for (upstream, on) in self.plan.after(self.job) {
            if !self.followed(upstream).any(|run| ended_as(run, on)) {
                return Err(format!("it follows no run of {} that {on:?}", self.plan.name(upstream)));
            }
        }
        self.check_agreement(&inputs)
    }

    fn followed(&self, upstream: usize) -> impl Iterator<Item = &Run> {
        let job = self.rows.jobs.get(&upstream).copied();
        self.run.consumed_runs.iter().map(|id| &self.rows.runs[id]).filter(move |run| Some(run.job) == job)
    }

    fn version_of(&self, input: &Input) -> &Version {
        let had = self.run.inputs.iter().find(|had| had.name == input.name).expect("the names have been compared");
        &self.rows.versions[&had.version]
    }

    fn check_input(&self, input: &Input) -> Checked {
        let version = self.version_of(input);
        let resource = self.rows.resources[&input.resource];
        if version.resource != resource {
            return Err("the version is another resource's".to_owned());
        }
        let pinned = input.pin.map(|number| match input.resource {
            Resource::Source(source) => self.rows.commits.get(&(source, commit(usize::from(number)))).copied(),
            Resource::Made(_) => None,
        });
        match pinned {
            Some(pin) if pin != Some(version.id) => return Err("the input is pinned to another version".to_owned()),
            Some(_) => return self.check_vouched(input, version),
            None => {}
        }
        match self.rows.pins.get(&resource) {
            Some(pin) if *pin != version.id => return Err("the resource is pinned to another version".to_owned()),
            None if version.disabled => return Err("the version is disabled".to_owned()),
            _ => {}
        }
        self.check_vouched(input, version)?;
        let is_free = input.passed.0.is_empty() && !self.rows.pins.contains_key(&resource);
        if input.every && is_free { self.check_next(input, version) } else { Ok(()) }
    }

    fn check_vouched(&self, input: &Input, version: &Version) -> Checked {
        let (jobs, any) = &input.passed;
        let vouches = |upstream: &usize| {
            let ends: Vec<On> = self.plan.after(self.job).into_iter().filter(|(job, _)| job == upstream).map(|(_, on)| on).collect();
            let ended =
                |run: &&Run| if ends.is_empty() { run.status == RunStatus::Succeeded } else { ends.iter().all(|on| ended_as(run, *on)) };
            self.followed(*upstream).filter(ended).any(|run| self.rows.vouched(run, version.resource) == Some(version.id))
        };
        let enough = if *any { jobs.iter().any(vouches) } else { jobs.iter().all(vouches) };
        if enough { Ok(()) } else { Err(format!("version {} is not vouched for by what it follows", version.order)) }
    }

    /// Under `every`: the oldest that is due, behind the first that the job had.
    fn check_next(&self, input: &Input, taken: &Version) -> Checked {
        let mut before: Vec<(&Run, VersionId)> = Vec::new();
        for run in self.rows.of_job(self.run.job).filter(|run| run.sequence < self.run.sequence) {
            before.extend(run.inputs.iter().find(|had| had.name == input.name).map(|had| (run, had.version)));
        }
        before.sort_by_key(|(run, _)| self.rows.place(run));
        let Some((_, first)) = before.first() else { return Ok(()) };
        let floor = self.rows.versions[first].order;
        let had = |version: &Version| before.iter().any(|(_, other)| *other == version.id);
        let due = self.rows.versions.values().filter(|version| version.resource == taken.resource && !version.disabled);
        let next = due.filter(|version| version.order > floor && !had(version)).min_by_key(|version| version.order);
        match next {
            Some(next) if next.id != taken.id => Err(format!("version {} was due, and it took {}", next.order, taken.order)),
            _ => Ok(()),
        }
    }

    /// Does the resource count when upstream runs are compared?
    fn triggers(&self, inputs: &[Input], resource: ResourceId) -> bool {
        let all = self.plan.standing().flat_map(|job| self.plan.inputs(job));
        let mut uses = all.filter(|input| self.rows.resources.get(&input.resource) == Some(&resource)).peekable();
        if uses.peek().is_some() && uses.all(|input| !input.trigger) {
            return false;
        }
        let mut named = inputs.iter().filter(|input| self.rows.resources[&input.resource] == resource).peekable();
        named.peek().is_none() || named.any(|input| input.trigger)
    }

    fn check_agreement(&self, inputs: &[Input]) -> Checked {
        let followed: Vec<&Run> = self.run.consumed_runs.iter().map(|id| &self.rows.runs[id]).collect();
        let after: BTreeSet<usize> = self.plan.after(self.job).into_iter().map(|(job, _)| job).collect();
        let loud_jobs = inputs.iter().filter(|input| input.trigger).flat_map(|input| &input.passed.0).chain(&after);
        let loud_jobs: BTreeSet<JobId> = loud_jobs.filter_map(|job| self.rows.jobs.get(job).copied()).collect();
        for (index, left) in followed.iter().enumerate() {
            for right in &followed[..index] {
                let theirs = self.rows.lineage(right);
                for (resource, (version, _)) in self.rows.lineage(left) {
                    let differs = theirs.get(&resource).is_some_and(|(other, _)| *other != version);
                    if differs && self.triggers(inputs, resource) {
                        let name =
                            self.rows.resources.iter().find(|(_, id)| **id == resource).map(|(resource, _)| resource_name(*resource));
                        return Err(format!("what it follows does not agree on {name:?}"));
                    }
                }
                if loud_jobs.contains(&left.job) && loud_jobs.contains(&right.job) {
                    let (one, other) = (self.ancestry(left), self.ancestry(right));
                    if one.iter().any(|(job, run)| other.get(job).is_some_and(|other| other != run)) {
                        return Err("what it follows follows different runs of one job".to_owned());
                    }
                }
            }
        }
        Ok(())
    }

    /// The upstream jobs that a job names only where it is not triggered.
    fn quiet(&self, job: JobId) -> BTreeSet<JobId> {
        let Some((index, _)) = self.rows.jobs.iter().find(|(_, id)| **id == job) else { return BTreeSet::new() };
        let inputs = self.plan.inputs(*index);
        let named = |trigger: bool| inputs.iter().filter(move |input| input.trigger == trigger).flat_map(|input| &input.passed.0);
        let after: BTreeSet<usize> = self.plan.after(*index).into_iter().map(|(job, _)| job).collect();
        let loud: BTreeSet<usize> = named(true).copied().chain(after).collect();
        named(false).filter(|job| !loud.contains(job)).filter_map(|job| self.rows.jobs.get(job).copied()).collect()
    }

    /// The nearest run of each job that a run follows, itself included; of equally near ones the newest.
    fn ancestry(&self, run: &Run) -> BTreeMap<JobId, JobRunId> {
        let mut nearest = BTreeMap::new();
        let mut level = vec![run];
        let mut seen = BTreeSet::from([run.id]);
        while !level.is_empty() {
            level.sort_by_key(|run| std::cmp::Reverse(run.sequence));
            for run in &level {
                nearest.entry(run.job).or_insert(run.id);
            }
            let followed = level.iter().flat_map(|run| {
                let quiet = self.quiet(run.job);
                run.consumed_runs.iter().map(|id| &self.rows.runs[id]).filter(move |upstream| !quiet.contains(&upstream.job))
            });
            level = followed.filter(|upstream| seen.insert(upstream.id)).collect();
        }
        nearest
    }
}

fn ended_as(run: &Run, on: On) -> bool {
    match on {
        On::Passed => matches!(run.status, RunStatus::Succeeded | RunStatus::Skipped),
        On::Succeeded => run.status == RunStatus::Succeeded,
        On::Failed => run.status == RunStatus::Failed,
        On::Finished => run.status != RunStatus::Active,
    }
}
