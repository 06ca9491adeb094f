//! Given the history and one job's demands, which versions would it run on, or why none.
//!
//! [`History`] holds the facts and what follows from them; [`resolve`] answers a [`Question`]. The way of a question:
//! it is taken apart into slots, one per upstream job (`slots`); what no search could get over is named (`obstacles`); the
//! slots are put into groups that can be solved apart (`groups`); each group is searched, newest upstream run first
//! (`candidates`, `search`, `trail`), under `version: every` what is due first (`next`); and the answer is put together
//! (`answer`). Upstream runs must agree on versions (`lineage`) and on the runs that they follow (`ancestry`).

mod ancestry;
mod answer;
mod candidates;
mod case;
mod case_answer;
mod case_runs;
mod groups;
mod hashing;
mod history;
mod index;
mod job_line;
mod lineage;
mod loading;
mod lookup;
mod next;
mod number;
mod obstacles;
mod position;
mod question;
mod runs;
mod search;
mod shelf;
mod slots;
mod trail;
mod upkeep;
mod version_line;
mod view;
mod vouchers;

pub use answer::{STEP_LIMIT, list_sets, resolve, resolve_within};
pub use case::{CaseError, MAX_CASE_BYTES, replay};
pub use history::{Run, RunInput, RunStatus, Version};
pub use index::History;
pub use lineage::LineageEntry;
pub use loading::{Intake, RunPart};
pub use question::*;
pub use view::RunView;
