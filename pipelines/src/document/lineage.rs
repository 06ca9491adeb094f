//! What follows from a document's shape: the `passed` that `after` implies, the environment below a gate, the line's ends.

use super::ancestry::Lineages;
use super::line::Line;
use super::model::{Document, Passed};
use super::resource::ResourceKind;
use super::surroundings::Surroundings;
use std::collections::{BTreeMap, BTreeSet};

/// The effective `passed` of every input of every job: job name → input name → rule. An input that names its own `passed`
/// keeps it (`passed: []` asks nothing). Otherwise each job `a` of `after` is required of it, whatever the outcome that
/// `after` waits for, if the input's resource lies in `a`'s lineage: what `a`, or anything upstream of it at any distance,
/// consumes or makes. Inputs of `state` resources ask nothing.
#[must_use]
pub fn implied_passed(document: &Document) -> BTreeMap<String, BTreeMap<String, Passed>> {
    implied_passed_among(document, &Surroundings::default())
}

/// As [`implied_passed`], with lineages that reach through other pipelines: `after: [platform/release]` implies `passed` on
/// what lies in the lineage of that job, wherever it is defined.
#[must_use]
pub fn implied_passed_among(document: &Document, surroundings: &Surroundings) -> BTreeMap<String, BTreeMap<String, Passed>> {
    let line = Line::among(document, surroundings);
    let lineages = Lineages::of(&line);
    let implied = |job: &super::Job, resource: &str| {
        let through = job.after.iter().filter(|after| lineages.contains(&after.job, resource));
        let mut jobs: Vec<String> = Vec::new();
        for after in through {
            if !jobs.contains(&after.job) {
                jobs.push(after.job.clone());
            }
        }
        Passed::All(jobs)
    };
    let of_job = |job: &super::Job| {
        let rules = job.inputs.iter().map(|input| {
            let rule = match &input.passed {
                _ if line.is_state(&input.resource) => Passed::All(Vec::new()),
                Some(own) => own.clone(),
                None => implied(job, &input.resource),
            };
            (input.name.clone(), rule)
        });
        (job.name.clone(), rules.collect())
    };
    document.jobs.iter().map(of_job).collect()
}

/// The environment that the nearest job downstream of `job` writes; of several equally near, the one of the job that
/// stands first in the file.
#[must_use]
pub fn downstream_environment(document: &Document, job: &str) -> Option<String> {
    let line = Line::of_document(document);
    let is_environment = |name: &String| {
        document.resources.iter().any(|resource| resource.name == *name && matches!(resource.kind, ResourceKind::Environment))
    };
    let levels = line.list_levels_below(job);
    let mut outputs = levels.iter().flatten().flat_map(|index| &line.stations[*index].outputs);
    outputs.find(|output| is_environment(output)).cloned()
}

/// The jobs that nothing follows. A job that only follows a failure does not count as following.
#[must_use]
pub fn ends_of_line(document: &Document) -> BTreeSet<String> {
    Line::of_document(document).ends()
}
