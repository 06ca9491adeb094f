//! What the parts of a file mean together: references, cycles, kinds of jobs, expressions.

mod approval;
mod checklist;
mod flow;
mod formulas;
mod handles;
mod jobs;
mod names;
mod notifications;
mod renames;
mod resources;
mod steps;

use super::file::{JobFile, PipelineFile, StepFile};
use super::findings::Findings;
use super::position::Span;
use super::shape::List;
use super::surroundings::Surroundings;
use names::Names;
pub(crate) use notifications::{RuleParts, check_rule};
pub(super) use resources::check_params;

/// Most jobs, and most resources, of one pipeline.
const MOST_PARTS: usize = 1000;

/// Checks everything that needs more than one key to judge.
pub(crate) fn check(file: &PipelineFile, surroundings: &Surroundings, findings: &mut Findings<'_>) {
    let names = Names::of(file, surroundings);
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
    checklist::check_closing_reasons(file, findings);
    jobs::check_jobs(file, &names, findings);
    approval::check_environments(file, &names, findings);
    renames::check_renames(file, findings);
    notifications::check_notify(file, &names, findings);
    flow::check_flow(file, &names, findings);
    formulas::check_formulas(file, &names, findings);
}

/// Checks what can be judged of steps without the pipeline around them.
pub(super) fn check_steps_alone(steps: &List<StepFile>, findings: &mut Findings<'_>) {
    steps.0.iter().for_each(|step| steps::check_step(step, findings));
}

/// Checks what can be judged of a job without the pipeline around it.
pub(super) fn check_job_alone(job: &JobFile, (name, span): (&str, Span), findings: &mut Findings<'_>) {
    jobs::check_kind((name, span), job, findings);
    steps::check_steps_body(job, findings);
}
