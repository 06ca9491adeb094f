//! What can happen to a line, as numbers: picks among what is there at the time. What cannot be done then is refused, and does no harm.

use super::any_plan::{any_limit, any_plan};
use super::plan::{ENVIRONMENTS, Limit, Plan};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

/// A line and everything that happens to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    pub plan: Plan,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub act: Act,
    /// Whether the scheduler wakes afterwards; otherwise the wake-up is lost.
    pub wakes: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    /// A new version of a source.
    Publish {
        source: u8,
    },
    /// A check finds a list, oldest first: known versions and a new one, which moves it to the top.
    Check {
        source: u8,
        known: Vec<u8>,
    },
    Claim {
        free: u8,
    },
    /// An execution that the runner holds comes to its end.
    End {
        pick: u8,
        end: End,
    },
    /// Somebody says something at an open gate.
    Decide {
        gate: u8,
        person: u8,
        ballot: Vote,
    },
    /// The time of every open gate runs out.
    Expire,
    Rerun {
        pick: u8,
    },
    RerunFailed {
        pick: u8,
    },
    RerunRun {
        pick: u8,
    },
    Stop {
        pick: u8,
    },
    StopRun {
        pick: u8,
    },
    Pin {
        source: u8,
        pick: u8,
    },
    Unpin {
        source: u8,
    },
    Enable {
        source: u8,
        pick: u8,
        enabled: bool,
    },
    PauseJob {
        job: u8,
        paused: bool,
    },
    PausePipeline {
        second: bool,
        paused: bool,
    },
    PauseWorkspace {
        paused: bool,
    },
    /// Somebody wants a version of a source in an environment, or the newest set.
    Promote {
        place: Place,
        version: Option<(u8, u8)>,
    },
    /// Somebody wants an earlier deployment back, or the last good one.
    RollBack {
        place: Place,
        to: Option<u8>,
    },
    /// Keeps everything away from an environment, for so many hours or until it is unlocked.
    Lock {
        place: Place,
        hours: Option<u8>,
    },
    Unlock {
        place: Place,
    },
    Edit(Edit),
    Start {
        job: u8,
    },
    LoseRunner,
    Delete {
        pick: u8,
    },
    /// The process dies and comes back: nothing but the store is left.
    Restart,
    /// The process dies in the midst of a look at the line, after so many waits for the store.
    Torn {
        polls: u8,
    },
    /// Somebody who asked for something goes away before the answer, after so many waits for the store; the server goes on.
    Left {
        act: Request,
        polls: u8,
    },
    /// Another server on the same store looks at the line.
    Rival,
}

/// An environment of one of the pipelines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Of `q`.
    pub second: bool,
    pub number: u8,
}

impl Place {
    pub const fn pipeline(self) -> &'static str {
        if self.second { "q" } else { "p" }
    }
}

/// What somebody says at a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Vote {
    Approve,
    Reject,
    RequestChanges,
    /// Takes back what they said before.
    Revoke,
}

/// What a caller may go away from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    Publish(u8),
    Start(u8),
    Rerun(u8),
    Promote(Place),
    /// Asks what would happen, and changes nothing.
    Look,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    Succeeded,
    /// With the archive that others had already.
    Same,
    Failed,
    Errored,
    Stopped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Edit {
    Rename(u8),
    /// Removes a job, or brings it back.
    Remove(u8),
    Touch(u8),
    Trigger(u8),
    Every(u8),
    Unfollow(u8),
    Limit(u8, Limit),
    /// Pins the first input to a commit, or to none.
    Pin(u8, Option<u8>),
    /// How many people a gate asks for.
    People(u8, u8),
}

impl Edit {
    pub fn apply(self, plan: &mut Plan) {
        let (Self::Rename(pick)
        | Self::Remove(pick)
        | Self::Touch(pick)
        | Self::Trigger(pick)
        | Self::Every(pick)
        | Self::Unfollow(pick)
        | Self::Limit(pick, _)
        | Self::Pin(pick, _)
        | Self::People(pick, _)) = self;
        let index = usize::from(pick) % plan.jobs.len();
        let job = &mut plan.jobs[index];
        match self {
            Self::Rename(_) if !job.removed => job.renamed += 1,
            Self::Rename(_) => {}
            Self::Remove(_) => job.removed = !job.removed,
            Self::Touch(_) => job.touched += 1,
            Self::Trigger(_) => job.inputs.iter_mut().take(1).for_each(|input| input.trigger = !input.trigger),
            Self::Every(_) => job.inputs.iter_mut().take(1).for_each(|input| input.every = !input.every),
            Self::Unfollow(_) => drop(job.after.pop()),
            Self::Limit(_, limit) => job.limit = limit,
            Self::Pin(_, pin) => job.inputs.iter_mut().take(1).for_each(|input| input.pin = pin),
            Self::People(_, people) => job.people = people,
        }
    }
}

fn any_edit() -> impl Strategy<Value = Edit> {
    let job = || any::<u8>();
    prop_oneof![
        job().prop_map(Edit::Rename),
        job().prop_map(Edit::Remove),
        job().prop_map(Edit::Touch),
        job().prop_map(Edit::Trigger),
        job().prop_map(Edit::Every),
        job().prop_map(Edit::Unfollow),
        (job(), any_limit()).prop_map(|(job, limit)| Edit::Limit(job, limit)),
        (job(), prop::option::of(1..8_u8)).prop_map(|(job, pin)| Edit::Pin(job, pin)),
        (job(), 0..3_u8).prop_map(|(job, people)| Edit::People(job, people)),
    ]
}

fn any_request() -> impl Strategy<Value = Request> {
    let pick = || any::<u8>();
    prop_oneof![
        pick().prop_map(Request::Publish),
        pick().prop_map(Request::Start),
        pick().prop_map(Request::Rerun),
        any_place().prop_map(Request::Promote),
        Just(Request::Look)
    ]
}

/// Any environment, for all pipelines.
pub fn list_places() -> impl Iterator<Item = Place> {
    [false, true].into_iter().flat_map(|second| (0..ENVIRONMENTS).map(move |number| Place { second, number }))
}

fn any_place() -> impl Strategy<Value = Place> {
    // Most lines have their environments in the first pipeline.
    (prop::bool::weighted(0.25), 0..ENVIRONMENTS).prop_map(|(second, number)| Place { second, number })
}

fn any_end() -> impl Strategy<Value = End> {
    prop_oneof![8 => Just(End::Succeeded), 2 => Just(End::Same), 2 => Just(End::Failed), 1 => Just(End::Errored), 1 => Just(End::Stopped)]
}

fn any_vote() -> impl Strategy<Value = Vote> {
    prop_oneof![6 => Just(Vote::Approve), 2 => Just(Vote::Reject), 1 => Just(Vote::RequestChanges), 2 => Just(Vote::Revoke)]
}

fn any_act() -> impl Strategy<Value = Act> {
    let pick = || any::<u8>();
    let usual = prop_oneof![
        6 => (0..3_u8).prop_map(|source| Act::Publish { source }),
        1 => (0..3_u8, prop::collection::vec(pick(), 0..3)).prop_map(|(source, known)| Act::Check { source, known }),
        8 => (1..6_u8).prop_map(|free| Act::Claim { free }),
        14 => (pick(), any_end()).prop_map(|(pick, end)| Act::End { pick, end }),
        5 => (pick(), pick(), any_vote()).prop_map(|(gate, person, ballot)| Act::Decide { gate, person, ballot }),
        2 => Just(Act::Expire),
    ];
    let handles = prop_oneof![
        2 => pick().prop_map(|pick| Act::Rerun { pick }),
        1 => pick().prop_map(|pick| Act::RerunFailed { pick }),
        1 => pick().prop_map(|pick| Act::RerunRun { pick }),
        2 => pick().prop_map(|pick| Act::Stop { pick }),
        1 => pick().prop_map(|pick| Act::StopRun { pick }),
        1 => (0..3_u8, pick()).prop_map(|(source, pick)| Act::Pin { source, pick }),
        1 => (0..3_u8).prop_map(|source| Act::Unpin { source }),
        2 => (0..3_u8, pick(), any::<bool>()).prop_map(|(source, pick, enabled)| Act::Enable { source, pick, enabled }),
        2 => (pick(), any::<bool>()).prop_map(|(job, paused)| Act::PauseJob { job, paused }),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(second, paused)| Act::PausePipeline { second, paused }),
        1 => any::<bool>().prop_map(|paused| Act::PauseWorkspace { paused }),
        3 => any_edit().prop_map(Act::Edit),
        2 => pick().prop_map(|job| Act::Start { job }),
        1 => pick().prop_map(|pick| Act::Delete { pick }),
    ];
    let environments = prop_oneof![
        3 => (any_place(), prop::option::of((0..3_u8, pick()))).prop_map(|(place, version)| Act::Promote { place, version }),
        2 => (any_place(), prop::option::of(pick())).prop_map(|(place, to)| Act::RollBack { place, to }),
        2 => (any_place(), prop::option::of(1..80_u8)).prop_map(|(place, hours)| Act::Lock { place, hours }),
        1 => any_place().prop_map(|place| Act::Unlock { place }),
    ];
    let faults = prop_oneof![
        1 => Just(Act::LoseRunner),
        1 => Just(Act::Restart),
        2 => (0..60_u8).prop_map(|polls| Act::Torn { polls }),
        2 => (any_request(), 0..30_u8).prop_map(|(act, polls)| Act::Left { act, polls }),
        1 => Just(Act::Rival),
    ];
    prop_oneof![8 => usual, 4 => handles, 2 => environments, 3 => faults]
}

pub fn any_case() -> impl Strategy<Value = Case> {
    let step = (any_act(), prop::bool::weighted(0.7)).prop_map(|(act, wakes)| Step { act, wakes });
    (any_plan(), prop::collection::vec(step, 1..60)).prop_map(|(plan, steps)| Case { plan, steps })
}
