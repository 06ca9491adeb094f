//! The order of everything that an execution may do, so that each step has its place before the first one runs.

use andon_pipelines::wire::{AssignedAction, AssignedStep, Assignment, Fetch, Phase};

pub struct Plan<'a> {
    pub steps: Vec<Planned<'a>>,
    pub on_success: Vec<Planned<'a>>,
    pub on_failure: Vec<Planned<'a>>,
    pub on_stop: Vec<Planned<'a>>,
    pub always: Vec<Planned<'a>>,
}

/// A step with its position. A parallel block has none of its own; its children do.
pub struct Planned<'a> {
    pub index: u32,
    pub phase: Phase,
    pub step: &'a AssignedStep,
    pub children: Vec<Planned<'a>>,
}

impl<'a> Plan<'a> {
    pub fn new(assignment: &'a Assignment) -> Self {
        let fetched = assignment.inputs.iter().filter(|input| input.fetch != Fetch::Nothing).count();
        let mut next = u32::try_from(fetched).unwrap_or(u32::MAX);
        Self {
            steps: number(&assignment.steps, Phase::Step, &mut next),
            on_success: number(&assignment.on_success, Phase::OnSuccess, &mut next),
            on_failure: number(&assignment.on_failure, Phase::OnFailure, &mut next),
            on_stop: number(&assignment.on_stop, Phase::OnStop, &mut next),
            always: number(&assignment.always, Phase::Always, &mut next),
        }
    }
}

fn number<'a>(steps: &'a [AssignedStep], phase: Phase, next: &mut u32) -> Vec<Planned<'a>> {
    let mut planned = Vec::with_capacity(steps.len());
    for step in steps {
        let index = *next;
        let children = match &step.action {
            AssignedAction::Parallel { steps } => number(steps, phase, next),
            _ => {
                *next = next.saturating_add(1);
                Vec::new()
            }
        };
        planned.push(Planned { index, phase, step, children });
    }
    planned
}
