//! Processes of an execution: started apart from the runner's own, and ended without remains.

mod cgroup;
mod porter;
mod room;
mod sandbox;
mod spawner;
mod tree;

pub(crate) use room::{Ended, ProcessRoom, ProcessSpec};
pub(crate) use sandbox::Sandbox;
