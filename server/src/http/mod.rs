//! The API: thin handlers that check who asks, call the store or the engine, and say what came of it.

mod access;
mod caller;
pub mod csrf;
mod error;
mod limit;

pub use access::Access;
pub use caller::{Workspace, enter, git_caller, identify_password, peer_address};
pub use error::{Error, Problem, Result};
pub use limit::SignIns;
