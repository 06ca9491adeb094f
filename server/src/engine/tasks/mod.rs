//! People's tasks: how a checklist opens, what people do to its tasks, what time does, and when it is complete.
//!
//! A checklist opens (`open`) with the tasks of its file and waits for people like a gate: it holds no runner. People change its tasks
//! (`change`), add some (`add`), or act on several (`batch`); time tells when one is due and ends what took too long (`timer`). Each of
//! them ends in `settle`, which says whose turn it is now and ends the job run once nothing required is left. `team` knows who there is.

mod add;
mod batch;
mod change;
mod open;
mod settle;
mod team;
mod tell;
mod timer;

pub use add::{NewTask, add_task};
pub use batch::{Batched, MOST_AT_ONCE, change_tasks};
pub use change::{TaskChange, change_task};
pub(super) use open::open_checklist;
pub(super) use settle::close_checklist;
pub use team::{Team, facts_of};
pub use timer::tick;
