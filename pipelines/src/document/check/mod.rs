//! What the parts of a file mean together: references, cycles, kinds of jobs, expressions.

mod flow;
mod formulas;
mod jobs;
mod names;
mod notifications;
mod resources;
mod steps;

use super::file::PipelineFile;
use super::findings::Findings;
use names::Names;
pub(crate) use notifications::{RuleParts, check_rule};

/// Most jobs, and most resources, of one pipeline.
const MOST_PARTS: usize = 1000;

/// Checks everything that needs more than one key to judge.
pub(crate) fn check(file: &PipelineFile, findings: &mut Findings<'_>) {
    let names = Names::of(file);
    for (what, count, at) in [
        ("jobs", names.jobs.len(), file.jobs.as_ref().map(|map| map.span)),
        ("resources", names.resources.len(), file.resources.as_ref().map(|map| map.span)),
    ] {
        if let Some(span) = at.filter(|_| count > MOST_PARTS) {
            findings.error("too-large", span, format!("a pipeline has at most {MOST_PARTS} {what}, but this one has {count}"));
            return;
        }
    }
    resources::check_resources(file, findings);
    jobs::check_jobs(file, &names, findings);
    notifications::check_notify(file, &names, findings);
    flow::check_flow(file, &names, findings);
    formulas::check_formulas(file, &names, findings);
}
