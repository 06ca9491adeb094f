//! Logs: who waits for more of one, how one that has ended becomes one compressed blob, how pieces of it are read, and when
//! each was written.

mod frames;
mod live;
mod read;
mod seal;
mod times;

pub use live::LiveLogs;
pub use read::{list_marks, read_log};
pub use seal::tick;
pub use times::LogMark;
