//! What an execution prints: commands taken out, secrets masked, cut at its limit.

mod command;
mod sink;
mod stream;

pub(crate) use sink::ExecutionLog;
pub(crate) use stream::LogStream;
