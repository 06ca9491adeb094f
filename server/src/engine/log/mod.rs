//! Logs: who waits for more of one, how one that has ended becomes one compressed blob, and how pieces of it are read.

mod frames;
mod live;
mod read;
mod seal;

pub use live::LiveLogs;
pub use read::read_log;
pub use seal::tick;
