//! People's tasks: the states of a task and the legal moves, who may do what to it, when it is due, and when a checklist is complete.

mod assignee;
mod due;
mod limits;
mod permission;
mod progress;
mod status;

pub use assignee::{Assignee, AssigneeError, parse_assignee};
pub use due::{Told, due_after, next_look, what_to_tell};
pub use limits::{LONGEST_DESCRIPTION, LONGEST_NOTE, LONGEST_TITLE, MOST_NOTES, MOST_TASKS, MOST_WITH_ADDED};
pub use permission::{Act, Person, Role as PersonRole, Standing, may_act};
pub use progress::{Fact, Progress, list_blockers, progress};
pub use status::{MoveError, TaskStatus, check_move};
