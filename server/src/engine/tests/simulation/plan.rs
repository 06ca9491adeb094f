//! Lines as numbers, so that they can be made at random and shrunk: what each job takes, follows and makes, and the text that says so.
//! Numbers that name something are picks among what there is, so every plan means something.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The resources that versions come into from outside; all of `p`.
pub const SOURCES: u8 = 3;
/// How many environments each pipeline has.
pub const ENVIRONMENTS: u8 = 2;

/// A line in two pipelines, `p` and `q`. The jobs of `q` may use what `p` has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub jobs: Vec<JobPlan>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobPlan {
    /// Of `q`.
    pub second: bool,
    pub inputs: Vec<InputPlan>,
    /// Picks among the jobs before it, and what is waited for.
    pub after: Vec<(u8, On)>,
    pub output: bool,
    pub body: Body,
    pub limit: Limit,
    pub settle: bool,
    pub on_new: OnNew,
    /// Its `when` is false for every third run.
    pub when: bool,
    pub renamed: u8,
    pub removed: bool,
    /// Changes what the steps say.
    pub touched: u8,
    /// What is queued is taken by it.
    pub priority: i8,
    /// How many people have to approve, where it is a gate that does not wait for its time alone.
    pub people: u8,
    /// The environment of its pipeline that it deploys to.
    #[serde(default)]
    pub deploys: Option<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputPlan {
    pub resource: u8,
    pub passed: Passed,
    pub trigger: bool,
    pub every: bool,
    /// The commit with this number, which may not be there yet; only of what comes from outside.
    pub pin: Option<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Passed {
    Implied,
    Free,
    All(Vec<u8>),
    Any(Vec<u8>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum On {
    Passed,
    Succeeded,
    Failed,
    Finished,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    Steps,
    Matrix,
    Gate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Limit {
    None,
    Own(u8),
    Group(u8),
}

/// What becomes of what has been started when a newer set comes; only for jobs with a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnNew {
    Queue,
    Cancel,
    Supersede,
}

/// A resource of the plan: from outside, or made by a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Resource {
    Source(u8),
    Made(usize),
}

/// An input with its picks made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    pub name: String,
    pub resource: Resource,
    /// Every one of them, or any one; with what `after` implies.
    pub passed: (Vec<usize>, bool),
    /// What stands in the text, if anything.
    pub written: Option<(Vec<usize>, bool)>,
    pub trigger: bool,
    pub every: bool,
    pub pin: Option<u8>,
}

impl Plan {
    pub fn name(&self, job: usize) -> String {
        match self.jobs[job].renamed {
            0 => format!("j{job}"),
            times => format!("j{job}-{times}"),
        }
    }

    pub fn pipeline_of(&self, job: usize) -> &'static str {
        if self.jobs[job].second { "q" } else { "p" }
    }

    pub fn standing(&self) -> impl Iterator<Item = usize> {
        (0..self.jobs.len()).filter(|job| !self.jobs[*job].removed)
    }

    pub fn owner(&self, resource: Resource) -> &'static str {
        match resource {
            Resource::Source(_) => "p",
            Resource::Made(job) => self.pipeline_of(job),
        }
    }

    /// The jobs that a job can see, of those before it.
    fn earlier(&self, job: usize) -> Vec<usize> {
        (0..job).filter(|other| !self.jobs[*other].removed && (self.jobs[job].second || !self.jobs[*other].second)).collect()
    }

    pub fn after(&self, job: usize) -> Vec<(usize, On)> {
        let earlier = self.earlier(job);
        let mut after: Vec<(usize, On)> = Vec::new();
        for (pick, on) in self.jobs[job].after.iter().filter(|_| !earlier.is_empty()) {
            let upstream = earlier[usize::from(*pick) % earlier.len()];
            if !after.iter().any(|(other, _)| *other == upstream) {
                after.push((upstream, *on));
            }
        }
        after
    }

    pub fn inputs(&self, job: usize) -> Vec<Input> {
        let earlier = self.earlier(job);
        let sources = (0..SOURCES).map(Resource::Source);
        let all: Vec<Resource> =
            sources.chain(earlier.iter().filter(|other| self.makes(**other)).map(|other| Resource::Made(*other))).collect();
        let mut inputs: Vec<Input> = Vec::new();
        for input in &self.jobs[job].inputs {
            let resource = all[usize::from(input.resource) % all.len()];
            if inputs.iter().any(|other| other.resource == resource) {
                continue;
            }
            let vouching: Vec<usize> = earlier.iter().copied().filter(|other| self.lineage(*other).contains(&resource)).collect();
            let picked = |picks: &[u8]| {
                let picked: BTreeSet<usize> = picks.iter().map(|pick| vouching[usize::from(*pick) % vouching.len()]).collect();
                picked.into_iter().collect::<Vec<usize>>()
            };
            let written = match &input.passed {
                Passed::Free => Some((Vec::new(), false)),
                Passed::All(picks) if !vouching.is_empty() && !picks.is_empty() => Some((picked(picks), false)),
                Passed::Any(picks) if !vouching.is_empty() && !picks.is_empty() => Some((picked(picks), true)),
                _ => None,
            };
            let implied =
                || self.after(job).into_iter().map(|(upstream, _)| upstream).filter(|upstream| vouching.contains(upstream)).collect();
            inputs.push(Input {
                name: resource_name(resource),
                resource,
                passed: written.clone().unwrap_or_else(|| (implied(), false)),
                written,
                trigger: input.trigger,
                every: input.every,
                pin: input.pin.filter(|_| matches!(resource, Resource::Source(_))),
            });
        }
        inputs
    }

    pub fn makes(&self, job: usize) -> bool {
        self.jobs[job].output && self.jobs[job].body != Body::Gate
    }

    /// The environment that the job deploys to, as long as it stands.
    pub fn environment(&self, job: usize) -> Option<u8> {
        self.jobs[job].deploys.filter(|_| self.jobs[job].body == Body::Steps).map(|number| number % ENVIRONMENTS)
    }

    /// What the job, or anything upstream of it, consumes or makes.
    pub fn lineage(&self, job: usize) -> BTreeSet<Resource> {
        let mut lineage: BTreeSet<Resource> = self.makes(job).then_some(Resource::Made(job)).into_iter().collect();
        let mut upstream: BTreeSet<usize> = self.after(job).into_iter().map(|(upstream, _)| upstream).collect();
        for input in self.inputs(job) {
            lineage.insert(input.resource);
            upstream.extend(input.passed.0);
            if let Resource::Made(maker) = input.resource {
                upstream.insert(maker);
            }
        }
        for upstream in upstream {
            lineage.extend(self.lineage(upstream));
        }
        lineage
    }

    /// How many job runs of the job may be at work at once, and with whom that is shared.
    pub fn limit(&self, job: usize) -> Option<(usize, Vec<usize>)> {
        match self.jobs[job].limit {
            Limit::None => None,
            Limit::Own(limit) => Some((usize::from(limit), vec![job])),
            Limit::Group(_) => {
                let group = self.standing().filter(|other| self.jobs[*other].limit == self.jobs[job].limit);
                let group: Vec<usize> = group.collect();
                group.iter().filter_map(|other| self.written_limit(*other)).min().map(|limit| (limit, group))
            }
        }
    }

    /// The pipelines do not agree on a group's limit: the lowest counts.
    fn written_limit(&self, job: usize) -> Option<usize> {
        match self.jobs[job].limit {
            Limit::None => None,
            Limit::Own(limit) => Some(usize::from(limit)),
            Limit::Group(limit) => Some(usize::from(limit) + usize::from(self.jobs[job].second)),
        }
    }

    /// The texts of `p` and `q`.
    pub fn texts(&self) -> [String; 2] {
        ["p", "q"].map(|pipeline| {
            let mut text = format!("pipeline: {pipeline}\nresources:\n");
            if pipeline == "p" {
                for source in 0..SOURCES {
                    let _ = writeln!(text, "  s{source}: {{ type: git, repository: shop{source} }}");
                }
            } else {
                text.push_str("  unused: { type: trigger }\n");
            }
            // What a removed job made stays: its versions may be in use.
            for job in (0..self.jobs.len()).filter(|job| self.pipeline_of(*job) == pipeline && self.makes(*job)) {
                let _ = writeln!(text, "  made{job}: {{ type: file }}");
            }
            for number in 0..ENVIRONMENTS {
                let _ = writeln!(text, "  {}: {{ type: environment }}", environment_name(number));
            }
            text.push_str("jobs:\n  idle: { steps: [{ run: make }] }\n");
            for job in self.standing().filter(|job| self.pipeline_of(*job) == pipeline) {
                let _ = writeln!(text, "  {}: {}", self.name(job), self.job_text(job));
            }
            text
        })
    }

    fn job_text(&self, job: usize) -> String {
        let plan = &self.jobs[job];
        let here = self.pipeline_of(job);
        let job_called =
            |other: &usize| if self.pipeline_of(*other) == here { self.name(*other) } else { format!("p/{}", self.name(*other)) };
        let mut parts = Vec::new();
        if plan.renamed > 0 {
            let was =
                Self { jobs: self.jobs.iter().map(|job| JobPlan { renamed: job.renamed.saturating_sub(1), ..job.clone() }).collect() };
            parts.push(format!("was: {}", was.name(job)));
        }
        let inputs = self.inputs(job).into_iter().map(|input| {
            let owner = self.owner(input.resource);
            let mut shown = format!("{{ resource: {}{}", if owner == here { "" } else { "p/" }, input.name);
            if let Some((jobs, any)) = &input.written {
                let jobs = jobs.iter().map(job_called).collect::<Vec<_>>().join(", ");
                shown.push_str(&if *any { format!(", passed: {{ any: [{jobs}] }}") } else { format!(", passed: [{jobs}]") });
            }
            shown.push_str(if input.trigger { "" } else { ", trigger: false" });
            shown.push_str(&match input.pin {
                Some(number) => format!(", version: {{ commit: \"{}\" }} }}", commit(usize::from(number))),
                None if input.every => ", version: every }".to_owned(),
                None => " }".to_owned(),
            });
            shown
        });
        let inputs: Vec<String> = inputs.collect();
        if !inputs.is_empty() {
            parts.push(format!("inputs: [{}]", inputs.join(", ")));
        }
        let after = self.after(job).into_iter().map(|(upstream, on)| match on {
            On::Passed => job_called(&upstream),
            on => format!("{{ job: {}, on: {} }}", job_called(&upstream), format!("{on:?}").to_lowercase()),
        });
        let after: Vec<String> = after.collect();
        if !after.is_empty() {
            parts.push(format!("after: [{}]", after.join(", ")));
        }
        let made = self.makes(job).then(|| format!("made{job}"));
        let outputs: Vec<String> = made.into_iter().chain(self.environment(job).map(environment_name)).collect();
        if !outputs.is_empty() {
            parts.push(format!("outputs: [{}]", outputs.join(", ")));
        }
        if let Some(limit) = self.written_limit(job) {
            let group = if let Limit::Group(group) = plan.limit { format!(", group: g{group}") } else { String::new() };
            let on_new = match plan.on_new {
                OnNew::Queue => "queue",
                // Refused where nothing could be cancelled, or nothing may be.
                OnNew::Cancel if plan.body == Body::Gate || self.inputs(job).iter().any(|input| input.every && input.pin.is_none()) => {
                    "supersede"
                }
                OnNew::Cancel => "cancel-running",
                OnNew::Supersede => "supersede",
            };
            parts.push(format!("concurrency: {{ limit: {limit}{group}, on_new: {on_new} }}"));
        }
        if plan.settle && (!inputs.is_empty() || !after.is_empty()) {
            parts.push("settle: true".to_owned());
        }
        if plan.when {
            parts.push("when: \"run.number % 3 != 0\"".to_owned());
        }
        if plan.body == Body::Matrix {
            parts.push("matrix: { n: [1, 2] }".to_owned());
        }
        if plan.priority != 0 && plan.body != Body::Gate {
            parts.push(format!("priority: {}", plan.priority));
        }
        parts.push(match plan.body {
            Body::Gate if plan.people > 0 => format!(
                "approval: {{ require: [{{ from: [\"user:ada\", \"user:ben\"], count: {} }}], timeout: {}h, on_timeout: approve }}",
                plan.people,
                plan.touched + 1
            ),
            Body::Gate => format!("approval: {{ timeout: {}h, on_timeout: approve }}", plan.touched + 1),
            Body::Steps | Body::Matrix => format!("steps: [{{ run: make {} }}]", plan.touched),
        });
        format!("{{ {} }}", parts.join(", "))
    }
}

pub fn resource_name(resource: Resource) -> String {
    match resource {
        Resource::Source(source) => format!("s{source}"),
        Resource::Made(job) => format!("made{job}"),
    }
}

pub fn environment_name(number: u8) -> String {
    format!("e{number}")
}

/// The identifier of the commit with that number.
pub fn commit(number: usize) -> String {
    format!("{number:040x}")
}
