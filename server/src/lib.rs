//! x

pub mod git;
pub mod hooks;
