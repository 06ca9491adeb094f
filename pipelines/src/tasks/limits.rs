//! How much there may be of everything.

/// Most tasks that a file gives one checklist.
pub const MOST_TASKS: usize = 200;
/// Most tasks of one checklist, those that people added included.
pub const MOST_WITH_ADDED: usize = 500;
/// The longest title, in characters.
pub const LONGEST_TITLE: usize = 200;
/// The longest description, in characters.
pub const LONGEST_DESCRIPTION: usize = 10_000;
/// The longest note, in characters.
pub const LONGEST_NOTE: usize = 10_000;
/// Most entries in the history of one task.
pub const MOST_NOTES: i64 = 2_000;
