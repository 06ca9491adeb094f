//! What the simulation has found, each as the case that shows it.

use super::act::{Act, Case, Edit, End, Place, Request, Step};
use super::plan::{Body, InputPlan, JobPlan, Limit, On, OnNew, Passed, Plan};
use super::run;

fn job(inputs: &[u8], after: &[u8]) -> JobPlan {
    let input = |resource: &u8| InputPlan { resource: *resource, passed: Passed::Implied, trigger: true, every: false, pin: None };
    JobPlan {
        second: false,
        inputs: inputs.iter().map(input).collect(),
        after: after.iter().map(|upstream| (*upstream, On::Passed)).collect(),
        output: false,
        body: Body::Steps,
        limit: Limit::None,
        settle: false,
        on_new: OnNew::Supersede,
        when: false,
        renamed: 0,
        removed: false,
        touched: 0,
        priority: 0,
        people: 0,
        deploys: None,
    }
}

fn woken(act: Act) -> Step {
    Step { act, wakes: true }
}

fn unnoticed(act: Act) -> Step {
    Step { act, wakes: false }
}

/// A pipeline was edited, and the first who asked for the line went away while it was read again: it was never read again.
#[test]
fn who_goes_away_while_an_edit_is_read_does_not_lose_it() {
    let round = |polls| {
        [
            woken(Act::Publish { source: 0 }),
            unnoticed(Act::PauseJob { job: 0, paused: true }),
            unnoticed(Act::Edit(Edit::Remove(0))),
            unnoticed(Act::Left { act: Request::Look, polls }),
            woken(Act::Publish { source: 0 }),
            woken(Act::Edit(Edit::Remove(0))),
            woken(Act::PauseJob { job: 0, paused: false }),
        ]
    };
    let case = Case { plan: Plan { jobs: vec![job(&[0], &[])] }, steps: (0..24).flat_map(round).collect() };
    assert_eq!(run(&case), Ok(()));
}

/// Somebody went away while the transaction of their request was being opened: no other could be opened ever after.
#[test]
fn who_goes_away_while_a_transaction_begins_leaves_the_store_usable() {
    let round =
        |polls| [woken(Act::Left { act: Request::Publish(0), polls }), woken(Act::Publish { source: 0 }), woken(Act::Claim { free: 1 })];
    let case = Case { plan: Plan { jobs: vec![job(&[0], &[])] }, steps: (0..12).flat_map(round).collect() };
    assert_eq!(run(&case), Ok(()));
}

/// Two jobs asked for different versions of one resource, neither of which was there: one was told what the other asked for.
#[test]
fn each_job_is_told_of_the_version_that_it_asks_for_itself() {
    let mut asking = [job(&[2], &[]), job(&[2], &[])];
    for (pin, asks) in asking.iter_mut().enumerate() {
        asks.second = pin == 1;
        asks.inputs[0].trigger = false;
        asks.inputs[0].pin = Some(u8::try_from(pin + 1).unwrap());
    }
    let steps = (0..8).map(|_| woken(Act::Publish { source: 0 })).collect();
    let case = Case { plan: Plan { jobs: asking.into() }, steps };
    assert_eq!(run(&case), Ok(()));
}

/// A job that deploys was removed, and its environment locked: a rerun of what it had done deployed there all the same.
#[test]
fn a_rerun_of_a_removed_job_does_not_go_round_a_lock() {
    let mut deploy = job(&[0], &[]);
    deploy.deploys = Some(0);
    let place = Place { second: false, number: 0 };
    let steps = vec![
        woken(Act::Publish { source: 0 }),
        woken(Act::Claim { free: 1 }),
        woken(Act::End { pick: 0, end: End::Succeeded }),
        woken(Act::Edit(Edit::Remove(0))),
        woken(Act::Lock { place, hours: None }),
        woken(Act::Rerun { pick: 0 }),
        woken(Act::Unlock { place }),
        woken(Act::Rerun { pick: 0 }),
    ];
    assert_eq!(run(&Case { plan: Plan { jobs: vec![deploy] }, steps }), Ok(()));
}
