//! One execution, from its assignment to its last report.

mod artifacts;
mod checkout;
mod conduct;
mod context;
mod executor;
mod fetch;
mod halt;
mod host;
mod junit;
mod key_values;
mod nearby;
mod outputs;
mod plan;
mod push;
mod script;
mod steps;
mod verdict;
mod workspace;

pub(crate) use executor::{Control, DummyExecutor, Executor};
pub(crate) use halt::{Halt, HaltCause};
pub(crate) use host::HostExecutor;
