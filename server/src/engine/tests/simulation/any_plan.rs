//! Plans at random.

use super::plan::{Body, ENVIRONMENTS, InputPlan, JobPlan, Limit, On, OnNew, Passed, Plan};
use proptest::prelude::*;

pub fn any_on() -> impl Strategy<Value = On> {
    prop_oneof![6 => Just(On::Passed), 1 => Just(On::Succeeded), 1 => Just(On::Failed), 1 => Just(On::Finished)]
}

pub fn any_limit() -> impl Strategy<Value = Limit> {
    prop_oneof![5 => Just(Limit::None), 2 => (1..3_u8).prop_map(Limit::Own), 2 => (1..3_u8).prop_map(Limit::Group)]
}

/// The number of a commit, most often of none.
pub fn any_pin() -> impl Strategy<Value = Option<u8>> {
    prop_oneof![14 => Just(None), 1 => (1..8_u8).prop_map(Some)]
}

fn any_input() -> impl Strategy<Value = InputPlan> {
    let picks = || prop::collection::vec(any::<u8>(), 1..3);
    let passed = prop_oneof![
        6 => Just(Passed::Implied),
        1 => Just(Passed::Free),
        3 => picks().prop_map(Passed::All),
        1 => picks().prop_map(Passed::Any)
    ];
    let chosen = (prop::bool::weighted(0.85), prop::bool::weighted(0.2), any_pin());
    (0..12_u8, passed, chosen).prop_map(|(resource, passed, (trigger, every, pin))| InputPlan { resource, passed, trigger, every, pin })
}

fn any_job() -> impl Strategy<Value = JobPlan> {
    let body = prop_oneof![6 => Just(Body::Steps), 1 => Just(Body::Matrix), 2 => Just(Body::Gate)];
    let on_new = prop_oneof![1 => Just(OnNew::Queue), 1 => Just(OnNew::Cancel), 2 => Just(OnNew::Supersede)];
    let priority = prop_oneof![3 => Just(0_i8), 1 => -2..3_i8];
    let handles = (prop::bool::weighted(0.15), on_new, priority, 0..3_u8, prop::option::weighted(0.3, 0..ENVIRONMENTS));
    let shape = (prop::collection::vec(any_input(), 0..4), prop::collection::vec((any::<u8>(), any_on()), 0..3));
    (shape, prop::bool::weighted(0.2), prop::bool::weighted(0.5), body, any_limit(), prop::bool::weighted(0.1), handles).prop_map(
        |((inputs, after), second, output, body, limit, when, (settle, on_new, priority, people, deploys))| JobPlan {
            second,
            inputs,
            after,
            output,
            body,
            limit,
            settle,
            on_new,
            when,
            renamed: 0,
            removed: false,
            touched: 0,
            priority,
            people,
            deploys,
        },
    )
}

pub fn any_plan() -> impl Strategy<Value = Plan> {
    prop::collection::vec(any_job(), 1..7).prop_map(|mut jobs| {
        // Something has to begin the line.
        if jobs[0].inputs.is_empty() {
            jobs[0].inputs.push(InputPlan { resource: 0, passed: Passed::Implied, trigger: true, every: false, pin: None });
        }
        Plan { jobs }
    })
}
