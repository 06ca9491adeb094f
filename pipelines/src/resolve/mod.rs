//! Given the history and one job's demands, which versions would it run on, or why none.

mod history;
mod question;

pub use history::{Run, RunInput, RunStatus, Version};
pub use question::*;
